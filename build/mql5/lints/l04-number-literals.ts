import { eachNode, type Lint } from "./lint.ts";

const allowed = /^-?(0|[1-9]\d*|0x[0-9A-Fa-f]+|\d+\.\d+([eE][-+]?\d+)?)$/;
const intMax = 2_147_483_647;

function fault(text: string): string | undefined {
  if (!allowed.test(text)) return `number ${text} is not in the subset: cast instead of a suffix`;
  // What type a constant beyond int has, hexadecimal ones above all, is not documented.
  if (!text.includes(".") && Math.abs(Number(text.replace(/^-/, ""))) > intMax)
    return `${text} is no int: build it from casts`;
  return undefined;
}

/** MQL5 documents neither suffixes nor octal, binary or separated digits, nor the type of what exceeds an int. */
export const numberLiterals: Lint = {
  rule: "L04",
  title: "Numbers are ints, in decimals or hexadecimals, or plain floating ones",
  check(context) {
    eachNode(context, ["number_literal", "user_defined_literal"], (node, file) => {
      const message = fault(node.text);
      if (message !== undefined) context.report(file, node, message);
    });
    // The grammar leaves what stands behind a #define as text.
    eachNode(context, ["preproc_arg"], (node, file) => {
      for (const match of node.text.replace(/"[^"]*"/g, "").matchAll(/\b\d[\w.]*/g)) {
        const message = fault(match[0]);
        if (message !== undefined) context.report(file, node, message);
      }
    });
  },
};
