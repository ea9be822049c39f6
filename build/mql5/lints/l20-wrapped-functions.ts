import { eachNode, type Lint } from "./lint.ts";

/** Built-ins with traps, and the one file that may call each. */
const homes: Readonly<Record<string, string>> = {
  StringToCharArray: "Include/MT5Connector/Json/Utf8.mqh",
  CharArrayToString: "Include/MT5Connector/Json/Utf8.mqh",
  CryptEncode: "Include/MT5Connector/Crypto/Sha256.mqh",
  StringToDouble: "Include/MT5Connector/Json/Number.mqh",
  StringToInteger: "",
  MathRand: "",
  rand: "",
};

/** Functions whose edges the terminal does not document are called from one wrapper each. */
export const wrappedFunctions: Lint = {
  rule: "L20",
  title: "Functions with traps only in their wrapper; no (string) of a double",
  check(context) {
    eachNode(context, ["call_expression"], (node, file) => {
      const name = node.childForFieldName("function")?.text ?? "";
      const home = homes[name];
      if (home !== undefined && file.path !== home)
        context.report(
          file,
          node,
          home === "" ? `${name} is not to be used` : `${name} belongs into ${home}`,
        );
      const callee = context.typing.callee(node);
      const argument = node.childForFieldName("arguments")?.namedChildren[0];
      if (callee.kind === "cast" && callee.type === "string" && argument !== undefined)
        report(argument.text, context.typing.typeOf(argument)?.name);
      function report(text: string, type: string | undefined): void {
        if (type === "double" || type === "float" || type === undefined)
          context.report(file, node, `(string) of ${text}: use DoubleToString`);
      }
    });
    eachNode(context, ["cast_expression"], (node, file) => {
      const value = node.childForFieldName("value");
      if (node.childForFieldName("type")?.text !== "string" || value === null) return;
      const type = context.typing.typeOf(value)?.name;
      if (type === "double" || type === "float" || type === undefined)
        context.report(file, node, "(string) of a double: use DoubleToString");
    });
  },
};
