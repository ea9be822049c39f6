import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Language, Parser, type Tree } from "web-tree-sitter";

/** Parses prepared MQL5 text with the C++ grammar. */
export type Parse = (code: string) => Tree;

let loading: Promise<Parse> | undefined;

async function load(): Promise<Parse> {
  await Parser.init();
  const wasm = createRequire(import.meta.url).resolve("tree-sitter-cpp/tree-sitter-cpp.wasm");
  const language = await Language.load(new Uint8Array(await readFile(wasm)));
  const parser = new Parser();
  parser.setLanguage(language);
  return (code: string): Tree => {
    const tree = parser.parse(code);
    if (tree === null) throw new Error("Cannot parse: the grammar gave no tree");
    return tree;
  };
}

/** Loads the grammar once per process. */
export function loadParser(): Promise<Parse> {
  loading ??= load();
  return loading;
}
