import { eachMatch, eachNode, type Lint } from "./lint.ts";

/** Arrays of objects suffice here, so that nothing leaks and no pointer dangles. */
export const pointers: Lint = {
  rule: "L22",
  title: "No new, no delete, no object pointers",
  check(context) {
    eachMatch(context, /\b(new|delete|GetPointer|CheckPointer)\b/g, (match, file) => {
      context.report(file, match.index ?? 0, `"${match[1]}" is not in the subset`);
    });
    eachNode(
      context,
      ["pointer_declarator", "abstract_pointer_declarator", "pointer_expression"],
      (node, file) => {
        context.report(file, node, "pointers are not in the subset");
      },
    );
  },
};
