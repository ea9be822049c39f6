import type { AgentCore } from "../connector/agent-core.ts";
import { toError } from "../connector/errors.ts";
import type { DealRecord } from "../domain/records.ts";
import { retcode } from "../domain/retcodes.ts";
import { readDeals } from "../protocol/v1/market-schemas.ts";
import type { PendingIntent } from "../protocol/v1/messages.ts";
import type { Sent } from "./command-sender.ts";
import { safeNumber, toDate } from "./convert.ts";
import { outcomeTicket } from "./outcome-view.ts";
import type { OrderResult } from "./trade-types.ts";
import type { TradeResult } from "./types.ts";

/** What is known of a trade besides its outcome. */
export interface TradeKnowledge {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly requested: number;
  readonly openPrice: number;
  readonly stopLoss: number;
  readonly takeProfit: number;
  readonly comment: string;
  readonly magic: string;
  readonly openBrokerMs: number | undefined;
}

/** How a position was opened, from its deals. */
export interface Opening {
  /** The average price of the deals that opened it. */
  readonly price: number;
  readonly side: "buy" | "sell";
  readonly openBrokerMs: number;
  readonly symbol: string;
  readonly magic: string;
}

const volumeNoise = 1e-9;

/** A trade for callers. */
export function toTradeResult(
  core: AgentCore,
  sent: Sent,
  known: TradeKnowledge,
  ticket: string = outcomeTicket(sent.outcome),
): TradeResult {
  const { id, outcome } = sent;
  const openTimeBrokerMs = known.openBrokerMs ?? Math.floor(core.zone.toBroker(core.utcMs));
  let profit = 0;
  let commission = 0;
  let swap = 0;
  for (const deal of outcome.deals) {
    profit += deal.profit;
    commission += deal.commission + deal.fee;
    swap += deal.swap;
  }
  return {
    id,
    ticket: safeNumber(ticket),
    ticketText: ticket,
    orderTicketText: outcome.order,
    dealTicketText: outcome.deal,
    symbol: known.symbol,
    type: known.side,
    volume: outcome.volume,
    requestedVolume: known.requested,
    partial: outcome.volume < known.requested - volumeNoise,
    price: outcome.price,
    openPrice: known.openPrice,
    ...(known.stopLoss === 0 ? {} : { stopLoss: known.stopLoss }),
    ...(known.takeProfit === 0 ? {} : { takeProfit: known.takeProfit }),
    profit,
    commission,
    swap,
    comment: known.comment,
    magic: safeNumber(known.magic),
    magicText: known.magic,
    openTime: toDate(core.zone, openTimeBrokerMs),
    openTimeBrokerMs,
    executionTime: sent.executionMs,
    latency: latencyOf(sent),
    retcode: outcome.retcode,
    retcodeName: retcode(outcome.retcode).name,
  };
}

/** A pending order for callers. */
export function toOrderResult(core: AgentCore, sent: Sent, intent: PendingIntent): OrderResult {
  const { id, outcome, executionMs } = sent;
  const { expirationBrokerMs } = intent;
  return {
    id,
    ticket: safeNumber(outcome.order),
    ticketText: outcome.order,
    symbol: intent.symbol,
    type: intent.orderKind,
    volume: intent.volume,
    price: intent.price,
    ...(intent.priceStopLimit === 0 ? {} : { stopLimitPrice: intent.priceStopLimit }),
    ...(intent.stopLoss === 0 ? {} : { stopLoss: intent.stopLoss }),
    ...(intent.takeProfit === 0 ? {} : { takeProfit: intent.takeProfit }),
    timeInForce: intent.timeInForce,
    ...(expirationBrokerMs === 0 ? {} : { expiration: toDate(core.zone, expirationBrokerMs) }),
    comment: core.mirror.orders.get(outcome.order)?.comment ?? intent.comment,
    magic: safeNumber(intent.magic),
    magicText: intent.magic,
    executionTime: executionMs,
    latency: latencyOf(sent),
    retcode: outcome.retcode,
    retcodeName: retcode(outcome.retcode).name,
  };
}

/**
 * How a position that the mirror does not hold was opened, from the history. Undefined if the agent cannot tell: the
 * close has been executed by then, and must not fail for it.
 */
export async function findOpening(core: AgentCore, position: string): Promise<Opening | undefined> {
  try {
    const { result } = await core.query("query", "history.deals", { position }, readDeals);
    return openingOf(result.deals);
  } catch (error) {
    core.log.warn("A position was closed whose opening price cannot be told", {
      position,
      error: toError(error),
    });
    return undefined;
  }
}

/** How a position was opened, from its deals. */
export function openingOf(deals: readonly DealRecord[]): Opening | undefined {
  const opening = deals.filter((deal) => deal.entry === "in" || deal.entry === "inOut");
  const first = opening[0];
  if (first === undefined) return undefined;
  let value = 0;
  let volume = 0;
  for (const deal of opening) {
    value += deal.price * deal.volume;
    volume += deal.volume;
  }
  return {
    // Without the noise of floating point: prices have at most eight decimals.
    price: volume === 0 ? first.price : Math.round((value / volume) * 1e8) / 1e8,
    side: first.kind === "sell" ? "sell" : "buy",
    openBrokerMs: first.timeBrokerMs,
    symbol: first.symbol,
    magic: first.magic,
  };
}

function latencyOf({ outcome }: Sent): TradeResult["latency"] {
  return {
    agentMs: Math.max(0, outcome.sentMs - outcome.receivedMs),
    brokerMs: Math.max(0, outcome.doneMs - outcome.sentMs),
  };
}
