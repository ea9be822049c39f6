import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Tree } from "web-tree-sitter";
import type { Fault, Rule } from "./fault.ts";
import { mask } from "./mask.ts";
import { loadParser, type Parse } from "./parser.ts";

/** The functions that a source imports from one DLL. */
export interface ImportBlock {
  readonly dll: string;
  /** Offset of the first prototype in the source. */
  readonly start: number;
  /** The prototypes as they stand. */
  readonly text: string;
  readonly tree: Tree;
}

/** An input variable: the declaration at `start` is a plain one in `SourceFile.code`. */
export interface Input {
  /** Offset of the word `input`. */
  readonly start: number;
  /** Offset behind the declaration's semicolon. */
  readonly end: number;
  readonly name: string;
  readonly type: string;
  /** The default's text, undefined where it is missing. */
  readonly value: string | undefined;
  /** The comment behind it, which becomes the label in the dialog. */
  readonly label: string;
}

/** One source file, made ready for the grammar. */
export interface SourceFile {
  /** Path below the MQL5 folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** `text` with comments and literals blanked. */
  readonly masked: string;
  /** `text` with directives that C++ does not know blanked; same length, same lines. */
  readonly code: string;
  readonly tree: Tree;
  readonly imports: readonly ImportBlock[];
  readonly inputs: readonly Input[];
  /** Names that the file guards against double inclusion with. */
  readonly guard: string | undefined;
  /** The `#property` lines, as `name value`. */
  readonly properties: readonly string[];
  readonly includes: readonly string[];
}

/** A program: its files in the order in which the compiler meets their contents. */
export interface Program {
  readonly files: readonly SourceFile[];
  /** What made a file unreadable for the grammar, found before any lint ran. */
  readonly faults: readonly Fault[];
}

/** A place in a text as line and column, both from 1. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

interface Preparation {
  readonly file: SourceFile;
  readonly faults: readonly Fault[];
}

const directive = /^[ ]*#[ ]*(\w+)(.*)$/gm;

/** Makes one text ready for the grammar. */
export function prepare(path: string, text: string, parse: Parse): Preparation {
  const masked = mask(text);
  const out = text.split("");
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  };
  const faults: Fault[] = [];
  const refuse = (rule: Rule, offset: number, message: string): void => {
    faults.push({ rule, path, ...positionOf(text, offset), message });
  };
  const imports: ImportBlock[] = [];
  const includes: string[] = [];
  const properties: string[] = [];
  let openImport: { dll: string; from: number } | undefined;
  let guard: string | undefined;
  const conditionals: { readonly start: number; readonly end: number; readonly word: string }[] = [];

  for (const match of masked.matchAll(directive)) {
    const start = match.index;
    const end = start + match[0].length;
    const word = match[1] ?? "";
    const rest = text.slice(end - (match[2] ?? "").length, end).trim();
    if (openImport !== undefined && word !== "import") {
      refuse("L01", start, `#${word} inside an #import block`);
      continue;
    }
    if (word === "import") {
      const dll = /^"([\w.]+)"/.exec(rest)?.[1];
      if (openImport !== undefined) {
        const body = text.slice(openImport.from, start);
        imports.push({ dll: openImport.dll, start: openImport.from, text: body, tree: parse(body) });
        blank(openImport.from, start);
      }
      openImport = dll === undefined ? undefined : { dll, from: end };
      blank(start, end);
    } else if (word === "include") {
      const target = /^<([\w./]+)>$/.exec(rest)?.[1];
      if (target === undefined) refuse("L01", start, "#include takes <path below Include> only");
      else includes.push(target);
      blank(start, end);
    } else if (word === "property") {
      properties.push(rest);
      blank(start, end);
    } else if (word === "ifndef" || word === "endif" || word === "define") {
      conditionals.push({ start, end, word });
    } else if (word !== "undef") {
      refuse("L01", start, `#${word} is not in the subset`);
      blank(start, end);
    }
  }
  if (openImport !== undefined) refuse("L01", openImport.from, "#import block is not closed");

  const opening = conditionals[0];
  if (opening?.word === "ifndef") {
    const define = conditionals[1];
    const closing = conditionals[conditionals.length - 1];
    const name = masked.slice(opening.start, opening.end).trim().split(/\s+/)[1];
    const defined = define && masked.slice(define.start, define.end).trim().split(/\s+/).slice(1).join(" ");
    if (define?.word === "define" && defined === name && closing?.word === "endif") {
      guard = name;
      for (const part of [opening, define, closing]) blank(part.start, part.end);
    }
  }
  for (const part of conditionals) {
    if (part.word !== "define" && out[part.start + text.slice(part.start).search(/#/)] === "#") {
      refuse("L01", part.start, `#${part.word} is allowed as an include guard only`);
      blank(part.start, part.end);
    }
  }

  const inputs: Input[] = [];
  for (const match of masked.matchAll(/^[ ]*(s?input)\b([^;\n]*)(;?)/gm)) {
    const start = match.index + match[0].indexOf(match[1] ?? "input");
    const end = match.index + match[0].length;
    if (match[1] === "sinput") refuse("L01", start, "sinput is not in the subset");
    const body = text.slice(start + 5, end);
    if (/^\s+group\s+"/.test(body)) {
      const lineEnd = text.indexOf("\n", start);
      blank(start, lineEnd < 0 ? text.length : lineEnd);
      continue;
    }
    const parts = /^\s+([\w]+)\s+(\w+)\s*(?:=\s*([^;]*))?;$/.exec(body);
    const lineEnd = text.indexOf("\n", end);
    const label = text.slice(end, lineEnd < 0 ? text.length : lineEnd).replace(/^\s*\/\/\s?/, "");
    if (parts === null) refuse("L07", start, "input takes a type, a name and a constant default");
    else
      inputs.push({ start, end, type: parts[1] ?? "", name: parts[2] ?? "", value: parts[3]?.trim(), label });
    blank(start, start + 5);
  }

  const code = out.join("");
  const tree = parse(code);
  const file: SourceFile = {
    path,
    text,
    masked,
    code,
    tree,
    imports,
    inputs,
    guard,
    properties,
    includes,
  };
  return { file, faults };
}

/**
 * Loads a program: the entry and, before it, everything it includes, each file once.
 * `entry` and `root` are folders of the file system; `root` mirrors a terminal's MQL5 folder.
 */
export async function loadProgram(entry: string, root: string): Promise<Program> {
  const parse = await loadParser();
  const files: SourceFile[] = [];
  const faults: Fault[] = [];
  const seen = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const path = relative(root, file).split(sep).join("/");
    const prepared = prepare(path, await readFile(file, "utf8"), parse);
    faults.push(...prepared.faults);
    for (const include of prepared.file.includes) await visit(join(root, "Include", ...include.split("/")));
    files.push(prepared.file);
  };
  await visit(entry);
  return { files, faults };
}
