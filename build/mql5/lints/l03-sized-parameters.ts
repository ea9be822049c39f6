import { eachNode, type Lint } from "./lint.ts";

/** `T &x[32]` as a parameter has meant different things in different builds. */
export const sizedParameters: Lint = {
  rule: "L03",
  title: "Array parameters carry no size",
  check(context) {
    eachNode(context, ["parameter_declaration", "optional_parameter_declaration"], (node, file) => {
      for (const array of node.descendantsOfType("array_declarator")) {
        if (array.childForFieldName("size") !== null)
          context.report(file, array, "array parameter with a size");
      }
    });
  },
};
