import { Retcode } from "../../../domain/retcodes.ts";
import type { Terminal, TradeCheckResult } from "../../../domain/terminal.ts";
import type { OrderCheckResult } from "../../../protocol/v1/messages.ts";
import { readIntent } from "../../../protocol/v1/request-schemas.ts";
import { buildRequest, planIntent } from "../intents.ts";
import type { Operations, SessionContext } from "../requests.ts";
import { refuseSymbol } from "./state-operations.ts";

/** What the calculations need. */
export interface TradeOperationsOptions {
  readonly terminal: Terminal;
  readonly maxVolumeLots: number;
}

/** `order.check`, `calc.margin` and `calc.profit` (docs/protocol.md, 4.3). */
export function tradeOperations(
  options: TradeOperationsOptions,
): Pick<Operations, "order.check" | "calc.margin" | "calc.profit"> {
  const { terminal, maxVolumeLots } = options;

  function verdict(retcode: number, comment: string, check?: TradeCheckResult): OrderCheckResult {
    const { balance, equity, profit, margin, freeMargin, marginLevel } = check ?? terminal.account();
    return { retcode, comment, balance, equity, profit, margin, freeMargin, marginLevel };
  }

  function calculate(
    context: SessionContext,
    symbol: string,
    reckon: () => number | undefined,
    name: "margin" | "profit",
  ): void {
    if (terminal.symbol(symbol) === undefined) {
      refuseSymbol(terminal, context, symbol);
      return;
    }
    terminal.selectSymbol(symbol);
    const amount = reckon();
    if (amount !== undefined) context.answer({ [name]: amount });
    else
      context.refuse("HISTORY_LOADING", `Cannot reckon the ${name}: there are no quotes to convert it yet`);
  }

  return {
    "order.check"({ intent: text }, context): void {
      const read = readIntent(text);
      if (!read.ok) {
        context.refuse("BAD_REQUEST", read.message);
        return;
      }
      const name = { clientPublicKey: context.client.publicKey, id: "check" };
      const plan = planIntent(terminal, read.value, name, maxVolumeLots);
      if (!plan.ok) {
        // The agent's own limit is told as the terminal would tell the broker's.
        if (plan.code === "LIMIT") context.answer(verdict(Retcode.LIMIT_VOLUME, plan.reason));
        else context.refuse("BAD_REQUEST", plan.reason);
        return;
      }
      const evidence = { ...plan.traits, afterOrder: "0", afterDeal: "0", brokerMs: terminal.brokerMs() };
      const built = buildRequest(terminal, read.value, evidence);
      if (!built.ok) {
        context.answer(verdict(built.retcode, built.comment));
        return;
      }
      const check = terminal.orderCheck(built.request);
      context.answer(verdict(check.retcode, check.comment, check));
    },

    "calc.margin"({ symbol, side, volume, price }, context): void {
      calculate(context, symbol, () => terminal.calcMargin(side, symbol, volume, price), "margin");
    },

    "calc.profit"({ symbol, side, volume, priceOpen, priceClose }, context): void {
      const reckon = (): number | undefined =>
        terminal.calcProfit(side, symbol, volume, priceOpen, priceClose);
      calculate(context, symbol, reckon, "profit");
    },
  };
}
