import type { Node } from "web-tree-sitter";
import { eachNode, type Lint } from "./lint.ts";

function isVariable(node: Node, constants: ReadonlySet<string>): boolean {
  switch (node.type) {
    case "identifier":
      return !constants.has(node.text);
    case "this":
      return true;
    case "field_expression":
    case "subscript_expression": {
      const object = node.childForFieldName("argument");
      return object !== null && isVariable(object, constants);
    }
    default:
      return false;
  }
}

/** C++ binds temporaries to `const T &`; MetaEditor wants a variable (error 200). */
export const lvalues: Lint = {
  rule: "L13",
  title: "An argument for a reference is a variable",
  check(context) {
    eachNode(context, ["call_expression"], (node, file) => {
      const callee = context.typing.callee(node);
      if (callee.kind !== "own" && callee.kind !== "builtin") return;
      const given = node.childForFieldName("arguments")?.namedChildren ?? [];
      const fitting =
        callee.candidates.find((one) => one.parameters.length >= given.length) ?? callee.candidates[0];
      given.forEach((argument, index) => {
        if (
          fitting?.parameters[index]?.reference === true &&
          !isVariable(argument, context.symbols.constantNames)
        )
          context.report(file, argument, `argument ${index + 1} is taken by reference and is no variable`);
      });
    });
  },
};
