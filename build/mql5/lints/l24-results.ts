import { eachNode, type Lint } from "./lint.ts";

const mustUse: ReadonlySet<string> = new Set([
  "OrderSend",
  "OrderSendAsync",
  "OrderCheck",
  "ArrayResize",
  "CryptEncode",
  "FileOpen",
  "FileWriteArray",
  "FileReadArray",
  "FileSeek",
  "FileMove",
  "FolderCreate",
  "HistorySelect",
  "SymbolSelect",
  "SymbolInfoTick",
  "CopyTicks",
  "CopyTicksRange",
  "CopyRates",
  "PositionSelectByTicket",
  "EventSetMillisecondTimer",
]);

/** What can fail says so in its result only: there are no exceptions. */
export const results: Lint = {
  rule: "L24",
  title: "Results of functions that can fail, and of all imports, are used",
  check(context) {
    eachNode(context, ["expression_statement"], (node, file) => {
      const call = node.namedChildren[0];
      if (call?.type !== "call_expression") return;
      const callee = context.typing.callee(call);
      const ignored =
        (callee.kind === "builtin" && callee.candidates.some((one) => mustUse.has(one.name))) ||
        (callee.kind === "own" &&
          callee.candidates.some((one) => one.dll !== undefined && one.returns.name !== "void"));
      if (ignored)
        context.report(file, call, `the result of ${call.childForFieldName("function")?.text} is dropped`);
    });
  },
};
