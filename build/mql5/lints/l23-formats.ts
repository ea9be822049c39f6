import { isInteger, isLong } from "../typing.ts";
import { eachNode, type Lint } from "./lint.ts";

const directive = /%(?:%|([-+ 0#]*\d*(?:\.\d+)?)(I64)?([a-zA-Z]))/g;

/** A format that does not say `I64` reads four bytes of an eight-byte argument. */
export const formats: Lint = {
  rule: "L23",
  title: "Formats are literals, and each directive has the size of its argument",
  check(context) {
    eachNode(context, ["call_expression"], (node, file) => {
      const name = node.childForFieldName("function")?.text;
      if (name !== "StringFormat" && name !== "PrintFormat") return;
      const [format, ...given] = node.childForFieldName("arguments")?.namedChildren ?? [];
      if (format?.type !== "string_literal") {
        context.report(file, node, "the format is not a literal");
        return;
      }
      const wanted = [...format.text.matchAll(directive)].filter((match) => match[0] !== "%%");
      if (wanted.length !== given.length) {
        context.report(file, node, `${wanted.length} directives, ${given.length} arguments`);
        return;
      }
      wanted.forEach((match, index) => {
        const argument = given[index];
        const type = argument === undefined ? undefined : context.typing.typeOf(argument);
        if (argument === undefined || type === undefined) {
          context.report(file, node, `the type of argument ${index + 2} cannot be told`);
          return;
        }
        const letter = match[3] ?? "";
        const long = match[2] !== undefined;
        const integer = isInteger(type) || context.symbols.enumerations.has(type.name);
        const fits =
          (/^[diuxX]$/.test(letter) && integer && isLong(type) === long) ||
          (/^[feEgG]$/.test(letter) && !long && type.name === "double") ||
          (letter === "s" && !long && type.name === "string" && !type.array);
        if (!fits) context.report(file, argument, `${match[0]} with a ${type.name}`);
      });
    });
  },
};
