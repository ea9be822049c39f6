import { readFunction, readParameters } from "../symbols.ts";
import { eachNode, type Lint } from "./lint.ts";

/** MQL5 passes arrays, structures and objects by reference only; the subset returns none either. */
export const byValue: Lint = {
  rule: "L12",
  title: "Arrays, structures and objects go by reference",
  check(context) {
    eachNode(context, ["function_declarator"], (node, file) => {
      for (const parameter of readParameters(node)) {
        const aggregate = context.symbols.aggregates.has(parameter.type.name);
        if (!parameter.reference && (parameter.type.array || aggregate))
          context.report(file, parameter.node, `"${parameter.name}" goes by value`);
      }
    });
    eachNode(context, ["function_definition", "declaration", "field_declaration"], (node, file) => {
      const own = readFunction(node, file, undefined, undefined);
      if (own !== undefined && context.symbols.aggregates.has(own.returns.name))
        context.report(file, node, `${own.name} returns a ${own.returns.name}`);
    });
  },
};
