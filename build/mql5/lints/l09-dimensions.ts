import { eachNode, type Lint } from "./lint.ts";

/** A row of a two-dimensional array cannot be passed on in MQL5, so arrays have one dimension. */
export const dimensions: Lint = {
  rule: "L09",
  title: "Arrays have one dimension",
  check(context) {
    eachNode(context, ["array_declarator"], (node, file) => {
      if (node.childForFieldName("declarator")?.type === "array_declarator")
        context.report(file, node, "array of more than one dimension");
    });
  },
};
