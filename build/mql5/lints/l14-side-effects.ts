import type { Node } from "web-tree-sitter";
import { eachNode, type Lint } from "./lint.ts";

const effects = ["assignment_expression", "update_expression"];

function hasEffect(node: Node): boolean {
  return effects.includes(node.type) || node.descendantsOfType(effects).length > 0;
}

/** MetaQuotes contradict one another on the order of evaluation, so nothing may depend on it. */
export const sideEffects: Lint = {
  rule: "L14",
  title: "No assignment or increment inside arguments, operands or subscripts",
  check(context) {
    eachNode(
      context,
      [
        "argument_list",
        "binary_expression",
        "subscript_argument_list",
        "conditional_expression",
        "return_statement",
      ],
      (node, file) => {
        const inside = node.namedChildren.find((child) => hasEffect(child));
        if (inside !== undefined)
          context.report(file, inside, "assignment or increment inside an expression");
      },
    );
    eachNode(context, ["assignment_expression"], (node, file) => {
      const right = node.childForFieldName("right");
      const left = node.childForFieldName("left");
      if ((right !== null && hasEffect(right)) || (left !== null && hasEffect(left)))
        context.report(file, node, "assignment or increment inside an assignment");
    });
    eachNode(context, ["condition_clause"], (node, file) => {
      if (hasEffect(node)) context.report(file, node, "assignment or increment inside a condition");
    });
  },
};
