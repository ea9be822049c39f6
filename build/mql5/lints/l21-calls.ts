import type { Node } from "web-tree-sitter";
import type { Parameter } from "../signatures.ts";
import { oldestBuild } from "../signatures.ts";
import type { Type } from "../symbols.ts";
import { isInteger } from "../typing.ts";
import { type Context, eachNode, type Lint } from "./lint.ts";

function numeric(context: Context, type: Type): boolean {
  return (
    isInteger(type) ||
    type.name === "double" ||
    type.name === "float" ||
    context.symbols.enumerations.has(type.name)
  );
}

function fits(context: Context, parameter: Parameter, type: Type): boolean {
  if (parameter.array !== type.array) return false;
  if (parameter.type === "any") return true;
  if (parameter.type === type.name) return true;
  if (parameter.array || parameter.reference) return false;
  if (context.symbols.enumerations.has(parameter.type) || parameter.type === "string") return false;
  if (parameter.type === "bool") return false;
  if (parameter.type === "double") return type.name === "float" || isInteger(type);
  return numeric(context, type) && type.name !== "double" && type.name !== "float";
}

function checkCall(context: Context, node: Node): string | undefined {
  const callee = context.typing.callee(node);
  if (callee.kind === "unknown") return `"${callee.name}" is neither ours nor in the signature table`;
  const given =
    node.childForFieldName("arguments")?.namedChildren.filter((one) => one.type !== "comment") ?? [];
  if (callee.kind === "cast") return given.length === 1 ? undefined : "a conversion takes one value";
  if (callee.kind === "own") {
    const fitting = callee.candidates.some((one) => {
      const required = one.parameters.filter((parameter) => !parameter.optional).length;
      return given.length >= required && given.length <= one.parameters.length;
    });
    return fitting
      ? undefined
      : `${given.length} arguments fit no declaration of ${callee.candidates[0]?.name}`;
  }
  const types = given.map((one) => context.typing.typeOf(one));
  const missing = types.indexOf(undefined);
  if (missing >= 0) return `the type of argument ${missing + 1} cannot be told`;
  for (const one of callee.candidates) {
    if (one.sinceBuild > oldestBuild) return `${one.name} needs build ${one.sinceBuild}`;
    const required = one.parameters.filter((parameter) => !parameter.optional).length;
    if (given.length < required) continue;
    if (one.variadic === undefined && given.length > one.parameters.length) continue;
    const fitting = one.parameters.every((parameter, index) => {
      const type = types[index];
      return type === undefined || fits(context, parameter, type);
    });
    if (fitting) return undefined;
  }
  const shown = types.map((type) => `${type?.name ?? "?"}${type?.array ? "[]" : ""}`).join(", ");
  return `${callee.candidates[0]?.name}(${shown}) fits no signature of the table`;
}

/** Every call is one that the terminal of the oldest build has, with arguments that need no doubtful conversion. */
export const calls: Lint = {
  rule: "L21",
  title: "Calls fit a declaration of ours or the signature table",
  check(context) {
    eachNode(context, ["call_expression"], (node, file) => {
      const message = checkCall(context, node);
      if (message !== undefined) context.report(file, node, message);
    });
  },
};
