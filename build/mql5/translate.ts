import { join } from "node:path";
import type { Fault } from "./fault.ts";
import { lint } from "./lints/index.ts";
import { handlerNames, rewriteFile } from "./rewrite.ts";
import { loadProgram, type Program } from "./source.ts";
import { collectSymbols } from "./symbols.ts";

/** A program as C++, or why it was refused. */
export type Translation =
  | { readonly ok: true; readonly cpp: string; readonly program: Program }
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly program: Program };

/**
 * Translates an MQL5 program to C++ for the test host. Refuses it when any rule is broken.
 * `entry` is the program's `.mq5`, `root` the folder that mirrors a terminal's MQL5 folder.
 */
export async function translate(entry: string, root: string): Promise<Translation> {
  const program = await loadProgram(entry, root);
  const symbols = collectSymbols(program);
  const faults = lint(program, symbols);
  if (faults.length > 0) return { ok: false, faults, program };
  const parts = ['#include "mql5.hpp"', "namespace mql { namespace ea {"];
  for (const file of program.files) {
    parts.push(`#line 1 "${join("mql5", file.path)}"`, rewriteFile(file, symbols));
  }
  parts.push("} }", '#line 1 "handlers"', "namespace mql {", "void BindHandlers(Handlers &handlers) {");
  for (const name of handlerNames(symbols)) parts.push(`  handlers.${name} = &ea::${name};`);
  parts.push("}", "}", "");
  return { ok: true, cpp: parts.join("\n"), program };
}
