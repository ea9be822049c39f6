import type { Node } from "web-tree-sitter";
import type { Rule } from "../fault.ts";
import type { Program, SourceFile } from "../source.ts";
import type { Symbols } from "../symbols.ts";
import type { Typing } from "../typing.ts";

/** What a lint looks at, and where it reports. */
export interface Context {
  readonly program: Program;
  readonly symbols: Symbols;
  readonly typing: Typing;
  /** `place` is a node of the file's tree or an offset into its text. */
  report(file: SourceFile, place: Node | number, message: string): void;
}

/** One rule. */
export interface Lint {
  readonly rule: Rule;
  /** What the rule asks, in one sentence. */
  readonly title: string;
  check(context: Context): void;
}

/** Calls `visit` with every node of the kinds, in every file. */
export function eachNode(
  context: Context,
  kinds: readonly string[],
  visit: (node: Node, file: SourceFile) => void,
): void {
  for (const file of context.program.files) {
    for (const node of file.tree.rootNode.descendantsOfType([...kinds])) visit(node, file);
  }
}

/** Calls `visit` with every match of a pattern in every file, comments and literals blanked. */
export function eachMatch(
  context: Context,
  pattern: RegExp,
  visit: (match: RegExpMatchArray, file: SourceFile) => void,
): void {
  for (const file of context.program.files) {
    for (const match of file.masked.matchAll(pattern)) visit(match, file);
  }
}
