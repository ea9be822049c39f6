import type { Node } from "web-tree-sitter";
import { nodeKinds } from "../node-kinds.ts";
import type { Lint } from "./lint.ts";

/** Fails closed: a construct that nobody reviewed is refused, whatever it is. */
export const reviewedKinds: Lint = {
  rule: "L11",
  title: "Only constructs on the reviewed list",
  check(context) {
    for (const file of context.program.files) {
      const visit = (node: Node, offset: number): void => {
        if (node.isError || node.isMissing) {
          context.report(file, offset + node.startIndex, "the grammar cannot read this");
          return;
        }
        if (node.isNamed && !nodeKinds.has(node.type)) {
          context.report(file, offset + node.startIndex, `${node.type} is not a reviewed construct`);
          return;
        }
        const nested = node.type === "function_definition" && node.parent?.type === "compound_statement";
        if (nested) context.report(file, offset + node.startIndex, "a function inside a function");
        for (const child of node.children) visit(child, offset);
      };
      visit(file.tree.rootNode, 0);
      for (const block of file.imports) visit(block.tree.rootNode, block.start);
    }
  },
};
