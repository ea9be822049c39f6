import type { Node } from "web-tree-sitter";
import { declaratorsOf, hasWord, readDeclarator, typeText } from "../symbols.ts";
import { type Context, eachNode, type Lint } from "./lint.ts";

const operators = ["binary_expression", "unary_expression", "parenthesized_expression", "initializer_list"];

function isConstant(context: Context, node: Node): boolean {
  switch (node.type) {
    case "number_literal":
    case "string_literal":
    case "char_literal":
    case "true":
    case "false":
      return true;
    case "identifier":
      return (
        context.symbols.constantNames.has(node.text) ||
        (context.symbols.values.get(node.text)?.constant === true &&
          context.typing.local(node.text, node) === undefined)
      );
    case "cast_expression": {
      const value = node.childForFieldName("value");
      return value !== null && isConstant(context, value);
    }
    case "call_expression": {
      if (context.typing.callee(node).kind !== "cast") return false;
      return (node.childForFieldName("arguments")?.namedChildren ?? []).every((one) =>
        isConstant(context, one),
      );
    }
    default:
      return (
        operators.includes(node.type) &&
        node.namedChildren.every((child) => {
          if (context.typing.isType(child.text)) return true;
          return isConstant(context, child);
        })
      );
  }
}

/** Globals, statics and defaults take constants; a global scalar without a value is a mistake waiting. */
export const initialisers: Lint = {
  rule: "L18",
  title: "Constant initialisers for globals, statics and defaults; none in class bodies",
  check(context) {
    eachNode(context, ["declaration"], (node, file) => {
      const global = node.parent?.type === "translation_unit";
      if (!global && !hasWord(node, "static")) return;
      for (const declarator of declaratorsOf(node)) {
        if (declarator.type === "function_declarator" || declarator.type === "qualified_identifier") continue;
        const value = declarator.type === "init_declarator" ? declarator.childForFieldName("value") : null;
        const declared = readDeclarator(declarator);
        if (value === null) {
          const object = context.symbols.aggregates.has(typeText(node));
          if (declared?.array !== true && !object && declared !== undefined)
            context.report(file, declarator, `"${declared.name}" has no initial value`);
        } else if (!isConstant(context, value)) {
          context.report(file, value, "the initial value is not constant");
        }
      }
    });
    eachNode(context, ["optional_parameter_declaration"], (node, file) => {
      const value = node.childForFieldName("default_value");
      if (value !== null && !isConstant(context, value))
        context.report(file, value, "the default is not constant");
    });
    eachNode(context, ["field_declaration"], (node, file) => {
      if (node.childForFieldName("default_value") !== null)
        context.report(file, node, "initial value inside a class body");
    });
  },
};
