import type { Node } from "web-tree-sitter";
import { eachNode, type Lint } from "./lint.ts";

const labelLimit = 63;

/** Inputs are read-only, need a default, and their trailing comment is the label that the user sees. */
export const inputs: Lint = {
  rule: "L07",
  title: "Inputs have a default and a label and are never written",
  check(context) {
    const names = new Set<string>();
    for (const file of context.program.files) {
      for (const input of file.inputs) {
        names.add(input.name);
        if (input.value === undefined)
          context.report(file, input.start, `input ${input.name} has no default`);
        if (input.label.trim() === "")
          context.report(file, input.start, `input ${input.name} has no label comment`);
        if (input.label.length > labelLimit)
          context.report(file, input.start, `label of ${input.name} is longer than ${labelLimit} characters`);
        if (!input.name.startsWith("Inp"))
          context.report(file, input.start, `input ${input.name} does not begin with Inp`);
      }
    }
    const written = (node: Node | null): string | undefined =>
      node?.type === "identifier" && names.has(node.text) ? node.text : undefined;
    eachNode(context, ["assignment_expression", "update_expression"], (node, file) => {
      const name = written(node.childForFieldName("left")) ?? written(node.childForFieldName("argument"));
      if (name !== undefined) context.report(file, node, `input ${name} is written`);
    });
  },
};
