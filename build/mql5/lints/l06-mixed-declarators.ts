import { declaratorsOf, readDeclarator } from "../symbols.ts";
import { eachNode, type Lint } from "./lint.ts";

/** One declaration declares one array, or scalars only: the pass rewrites the type of the whole declaration. */
export const mixedDeclarators: Lint = {
  rule: "L06",
  title: "An array stands alone in its declaration",
  check(context) {
    eachNode(context, ["declaration", "field_declaration"], (node, file) => {
      const declarators = declaratorsOf(node);
      const arrays = declarators.filter((one) => readDeclarator(one)?.array === true);
      if (arrays.length > 0 && declarators.length > 1)
        context.report(file, node, "an array is declared together with something else");
    });
  },
};
