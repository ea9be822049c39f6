import { readParameters } from "../symbols.ts";
import { eachNode, type Lint } from "./lint.ts";

/** A parameter by reference takes no default in MQL5. */
export const referenceDefaults: Lint = {
  rule: "L05",
  title: "No default value for a reference",
  check(context) {
    eachNode(context, ["function_declarator"], (node, file) => {
      for (const parameter of readParameters(node)) {
        if (parameter.reference && parameter.optional)
          context.report(file, parameter.node, `"${parameter.name}" is a reference with a default`);
      }
    });
  },
};
