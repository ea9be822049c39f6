import { eachNode, type Lint } from "./lint.ts";

/** `\x` takes a varying number of digits, and MetaEditor's reading of it differs from C++. */
export const escapes: Lint = {
  rule: "L02",
  title: "Only the escapes \\\\ \\\" \\' \\n \\r \\t in literals",
  check(context) {
    eachNode(context, ["escape_sequence"], (node, file) => {
      if (!/^\\[\\"'nrt]$/.test(node.text))
        context.report(file, node, `escape ${node.text} is not in the subset`);
    });
  },
};
