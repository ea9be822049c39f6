import { eachNode, type Lint } from "./lint.ts";

const endings = ["break_statement", "return_statement", "continue_statement"];

/** MetaEditor refuses declarations directly in a case (error 179), and a missing break is a bug anyway. */
export const cases: Lint = {
  rule: "L19",
  title: "Each case ends with break, return or continue, and declares only inside braces",
  check(context) {
    eachNode(context, ["case_statement"], (node, file) => {
      const value = node.childForFieldName("value");
      const body = node.namedChildren.filter(
        (child) => child.type !== "comment" && child.startIndex !== value?.startIndex,
      );
      for (const child of body) {
        if (child.type === "declaration") context.report(file, child, "declaration directly in a case");
      }
      const last = body[body.length - 1];
      if (last === undefined) return;
      const inner =
        last.type === "compound_statement" ? last.namedChildren[last.namedChildren.length - 1] : last;
      if (inner === undefined || !endings.includes(inner.type))
        context.report(file, node, "the case falls through or ends without break");
    });
  },
};
