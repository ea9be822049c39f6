import { eachNode, type Lint } from "./lint.ts";

/** MQL5 documents neither suffixes nor octal, binary or separated digits. */
export const numberLiterals: Lint = {
  rule: "L04",
  title: "Numbers are plain decimal, hexadecimal or floating",
  check(context) {
    eachNode(context, ["number_literal", "user_defined_literal"], (node, file) => {
      if (!/^-?(0|[1-9]\d*|0x[0-9A-Fa-f]+|\d+\.\d+([eE][-+]?\d+)?)$/.test(node.text))
        context.report(file, node, `number ${node.text} is not in the subset: cast instead of a suffix`);
      else if (/^\d+$/.test(node.text) && Number(node.text) > 2_147_483_647)
        context.report(file, node, `${node.text} is no int: build it from casts`);
    });
  },
};
