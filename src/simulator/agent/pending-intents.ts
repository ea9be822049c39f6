import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal } from "../../domain/terminal.ts";
import type { PendingIntent } from "../../protocol/v1/messages.ts";
import {
  type BuiltRequest,
  bad,
  type CommandName,
  normalPrice,
  normalVolume,
  overLimit,
  type Plan,
  pricesFault,
  refused,
  tagOf,
  volumeFault,
} from "./intent-checks.ts";
import type { Evidence } from "./journal-entry.ts";

/** Checks a pending order. */
export function planPending(
  terminal: Terminal,
  intent: PendingIntent,
  name: CommandName,
  maxVolumeLots: number,
): Plan {
  const symbol = terminal.symbol(intent.symbol);
  if (symbol === undefined) return bad(`symbol ${intent.symbol} does not exist`);
  const fault =
    volumeFault(intent.volume, symbol) ??
    pricesFault(intent, ["price", "priceStopLimit", "stopLoss", "takeProfit"], symbol);
  if (fault !== undefined) return bad(fault);
  if (intent.volume > maxVolumeLots) return overLimit(intent.volume, maxVolumeLots);
  return {
    ok: true,
    traits: {
      symbol: symbol.name,
      side: intent.orderKind.startsWith("buy") ? "buy" : "sell",
      volume: normalVolume(intent.volume),
      position: "0",
      orderKind: intent.orderKind,
      ...tagOf(intent, intent.magic, name),
    },
  };
}

/** The request of a pending order. */
export function buildPending(terminal: Terminal, intent: PendingIntent, evidence: Evidence): BuiltRequest {
  const symbol = terminal.symbol(intent.symbol);
  if (symbol === undefined) return refused(Retcode.INVALID, `Symbol ${intent.symbol} does not exist`);
  // A symbol that is not shown in Market Watch has no quote to compare the price with.
  terminal.selectSymbol(symbol.name);
  return {
    ok: true,
    request: {
      action: "pending",
      symbol: symbol.name,
      kind: intent.orderKind,
      volume: evidence.volume,
      price: normalPrice(intent.price, symbol),
      priceStopLimit: normalPrice(intent.priceStopLimit, symbol),
      stopLoss: normalPrice(intent.stopLoss, symbol),
      takeProfit: normalPrice(intent.takeProfit, symbol),
      timeInForce: intent.timeInForce,
      expirationBrokerMs: intent.expirationBrokerMs,
      // What is left of a pending order stays in the book, whatever the execution (MQL5 reference, "Symbol properties").
      filling: intent.filling === "auto" ? "return" : intent.filling,
      magic: evidence.magic,
      comment: intent.comment + evidence.commentTag,
    },
  };
}
