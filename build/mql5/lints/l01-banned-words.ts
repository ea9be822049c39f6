import { eachMatch, eachNode, type Lint } from "./lint.ts";

const words =
  /\b(auto|goto|try|catch|throw|using|friend|constexpr|consteval|static_cast|dynamic_cast|const_cast|reinterpret_cast|nullptr|NULL|unsigned|signed|typedef|union|extern|sinput|matrix|vector|complex|mutable|explicit|inline|noexcept|decltype|typeid|volatile|register|wchar_t|size_t|final|interface)\b/g;

/** Words and operators of C++ that MQL5 lacks, and those of MQL5 that the subset leaves out. */
export const bannedWords: Lint = {
  rule: "L01",
  title: "Only the words and operators of the subset",
  check(context) {
    eachMatch(context, words, (match, file) => {
      context.report(file, match.index ?? 0, `"${match[1]}" is not in the subset`);
    });
    eachMatch(context, /->|\bD'|\bC'/g, (match, file) => {
      context.report(file, match.index ?? 0, `"${match[0]}" is not in the subset`);
    });
    eachNode(context, ["lambda_expression", "for_range_loop", "comma_expression"], (node, file) => {
      context.report(file, node, `${node.type.replaceAll("_", " ")} is not in the subset`);
    });
    eachNode(context, ["concatenated_string"], (node, file) => {
      context.report(file, node, "literals side by side do not join: write +");
    });
    eachNode(context, ["preproc_function_def"], (node, file) => {
      context.report(file, node, "macros with parameters are not in the subset");
    });
    eachNode(context, ["init_declarator"], (node, file) => {
      const value = node.childForFieldName("value");
      if (value?.type === "initializer_list" && !node.text.includes("="))
        context.report(file, node, "brace initialisation needs =");
    });
    eachMatch(context, /(^|[^\w])::/g, (match, file) => {
      context.report(file, match.index ?? 0, "the global scope operator is not in the subset");
    });
  },
};
