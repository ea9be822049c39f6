import type { AgentCore } from "../connector/agent-core.ts";
import { randomName } from "../connector/backoff.ts";
import type { PositionRecord } from "../domain/records.ts";
import { retcode } from "../domain/retcodes.ts";
import type { CloseIntent, ExecutedOutcome, MarketIntent } from "../protocol/v1/messages.ts";
import { intentDigest } from "../protocol/v1/signing.ts";
import { safeNumber, toDate } from "./convert.ts";
import {
  checkedComment,
  checkedDeviation,
  checkStops,
  invalid,
  magicText,
  normalisePrice,
  normaliseVolume,
  ticketText,
} from "./normalise.ts";
import { outcomeTicket, toCommandOutcome } from "./outcome-view.ts";
import type {
  CloseOptions,
  CommandOutcome,
  MarketOrderParams,
  Ticket,
  TradeOptions,
  TradeResult,
} from "./types.ts";

/** Trading. Every promise ends with an execution, a certain no (`TradeRejectedError`), or `OutcomeUnknownError`. */
export interface TradeAPI {
  /** Sends a market order. */
  marketOrder(params: MarketOrderParams): Promise<TradeResult>;
  /** Buys at the market. */
  marketBuy(symbol: string, volume: number, options?: TradeOptions): Promise<TradeResult>;
  /** Sells at the market. */
  marketSell(symbol: string, volume: number, options?: TradeOptions): Promise<TradeResult>;
  /** Closes a position, wholly or by `volume` lots. No limit and no breaker stops it. */
  closePosition(ticket: Ticket, volume?: number, options?: CloseOptions): Promise<TradeResult>;
  /**
   * What became of a command, from the agent's journal. An id that the journal does not know is declared void by
   * asking, so `notExecuted` is certain for ever; so ask only for commands that nobody is about to send.
   */
  outcome(
    id: string,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<CommandOutcome>;
}

/** CTrade's own default, in points. */
const standardDeviationPoints = 10;

interface Sending {
  readonly intent: MarketIntent | CloseIntent;
  readonly action: string;
  readonly symbol: string;
  readonly reduces: boolean;
  readonly options: TradeOptions;
}

/** Trading on one agent. */
export class AgentTrade implements TradeAPI {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  marketBuy(symbol: string, volume: number, options: TradeOptions = {}): Promise<TradeResult> {
    return this.marketOrder({ ...options, symbol, volume, type: "buy" });
  }

  marketSell(symbol: string, volume: number, options: TradeOptions = {}): Promise<TradeResult> {
    return this.marketOrder({ ...options, symbol, volume, type: "sell" });
  }

  async marketOrder(params: MarketOrderParams): Promise<TradeResult> {
    const core = this.#core;
    const { type: side, symbol } = params;
    const action = `${String(side)} ${params.volume} ${String(symbol)}`;
    if (side !== "buy" && side !== "sell") {
      throw invalid(
        action,
        `type ${String(side)} is not a market order's`,
        "Use TradeType.BUY or TradeType.SELL",
      );
    }
    if (typeof symbol !== "string" || symbol === "") {
      throw invalid(action, "no symbol is given", "Give the symbol's exact name, such as EURUSD");
    }
    core.requireStarted(action);
    const startMs = core.clock.nowMs();
    const spec = await core.symbol(symbol, params.signal === undefined ? {} : { signal: params.signal });
    const volume = normaliseVolume(spec, params.volume, action);
    const stopLoss = normalisePrice(spec, params.stopLoss, "stopLoss", action);
    const takeProfit = normalisePrice(spec, params.takeProfit, "takeProfit", action);
    checkStops(side, stopLoss, takeProfit, action);
    const intent: MarketIntent = {
      kind: "market",
      symbol,
      side,
      volume,
      stopLoss,
      takeProfit,
      deviation: checkedDeviation(params.deviation, standardDeviationPoints, action),
      magic: magicText(params.magic, action),
      comment: checkedComment(params.comment, action),
      filling: params.filling ?? "auto",
      tag: params.tag ?? "comment",
    };
    const { id, outcome } = await this.#send({ intent, action, symbol, reduces: false, options: params });
    const position = core.mirror.positions.get(outcome.position);
    return this.#result(id, outcome, startMs, {
      symbol,
      side,
      requested: volume,
      openPrice: outcome.price,
      stopLoss,
      takeProfit,
      comment: position?.comment ?? intent.comment,
      magic: position?.magic ?? intent.magic,
      openBrokerMs: outcome.deals[0]?.timeBrokerMs ?? position?.openBrokerMs,
    });
  }

  async closePosition(ticket: Ticket, volume?: number, options: CloseOptions = {}): Promise<TradeResult> {
    const core = this.#core;
    const text = ticketText(ticket, "close a position");
    const action = `close ${volume === undefined ? "" : `${volume} lots of `}position ${text}`;
    core.requireStarted(action);
    const startMs = core.clock.nowMs();
    const position = core.mirror.positions.get(text);
    const lots = volume === undefined ? 0 : this.#closeVolume(position, volume, action);
    const intent: CloseIntent = {
      kind: "close",
      position: text,
      volume: lots,
      deviation: checkedDeviation(options.deviation, standardDeviationPoints, action),
      comment: checkedComment(options.comment, action),
      filling: options.filling ?? "auto",
      tag: options.tag ?? "comment",
    };
    const symbol = position?.symbol ?? "";
    const { id, outcome } = await this.#send({ intent, action, symbol, reduces: true, options });
    const deal = outcome.deals[0];
    return this.#result(
      id,
      outcome,
      startMs,
      {
        symbol: position?.symbol ?? deal?.symbol ?? "",
        // The deal that closes a position has the other direction.
        side: position?.side ?? (deal?.kind === "buy" ? "sell" : "buy"),
        requested: lots === 0 ? (position?.volume ?? outcome.volume) : lots,
        openPrice: position?.priceOpen ?? Number.NaN,
        stopLoss: position?.stopLoss ?? 0,
        takeProfit: position?.takeProfit ?? 0,
        comment: position?.comment ?? intent.comment,
        magic: position?.magic ?? deal?.magic ?? "0",
        openBrokerMs: position?.openBrokerMs ?? deal?.timeBrokerMs,
      },
      text,
    );
  }

  async outcome(
    id: string,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<CommandOutcome> {
    const action = `tell the outcome of "${String(id)}"`;
    checkId(id, action);
    const core = this.#core;
    core.requireStarted(action);
    const open = core.link.session.outbox.find(id);
    // Asking could void a command that is still on its way; whoever sent it is told in time.
    if (open !== undefined && !open.abandoned) return { state: "pending", id };
    const timeoutMs = options.timeoutMs ?? core.options.timeouts.requestTimeoutMs;
    return toCommandOutcome(id, await core.link.session.askOutcome(id, timeoutMs, options.signal));
  }

  /** A close must not wait for a specification: what is not known here, the broker checks. */
  #closeVolume(position: PositionRecord | undefined, volume: number, action: string): number {
    const spec = position === undefined ? undefined : this.#core.mirror.symbols.get(position.symbol);
    if (spec !== undefined) return normaliseVolume(spec, volume, action);
    if (typeof volume !== "number" || !Number.isFinite(volume) || volume <= 0) {
      throw invalid(
        action,
        `volume ${volume} is not a number of lots above 0`,
        "Leave it out to close all of it",
      );
    }
    return Number(volume.toFixed(8));
  }

  async #send(sending: Sending): Promise<{ readonly id: string; readonly outcome: ExecutedOutcome }> {
    const core = this.#core;
    const { action, options, symbol, reduces } = sending;
    const id = options.id ?? `o-${randomName(core.randomBytes)}`;
    checkId(id, action);
    const intent = JSON.stringify(sending.intent);
    const timeoutMs = this.#timeoutMs(options, action);
    const input = {
      id,
      action,
      intent,
      digest: intentDigest(intent),
      reduces,
      timeoutMs,
      signal: options.signal,
    };
    return { id, outcome: await core.command(input, sending.intent.volume, symbol) };
  }

  #timeoutMs(options: TradeOptions, action: string): number {
    const { expiration, timeoutMs = this.#core.options.timeouts.tradeTimeoutMs } = options;
    if (!Number.isFinite(timeoutMs) || timeoutMs <= 0 || timeoutMs > 60_000) {
      throw invalid(
        action,
        `timeoutMs ${timeoutMs} is not from 1 to 60000`,
        "Give milliseconds, at most a minute",
      );
    }
    if (expiration === undefined) return timeoutMs;
    const left = expiration.getTime() - this.#core.clock.wallMs();
    if (Number.isNaN(left)) throw invalid(action, "expiration is no date", "Give a Date");
    if (left <= 0) throw invalid(action, "its expiration has passed", "Give an expiration in the future");
    return Math.min(timeoutMs, Math.ceil(left));
  }

  #result(
    id: string,
    outcome: ExecutedOutcome,
    startMs: number,
    known: {
      readonly symbol: string;
      readonly side: "buy" | "sell";
      readonly requested: number;
      readonly openPrice: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
      readonly comment: string;
      readonly magic: string;
      readonly openBrokerMs: number | undefined;
    },
    ticket: string = outcomeTicket(outcome),
  ): TradeResult {
    const core = this.#core;
    const openTimeBrokerMs = known.openBrokerMs ?? core.zone.toBroker(core.clock.wallMs());
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
      partial: outcome.volume < known.requested - 1e-9,
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
      executionTime: core.clock.nowMs() - startMs,
      latency: {
        agentMs: Math.max(0, outcome.sentMs - outcome.receivedMs),
        brokerMs: Math.max(0, outcome.doneMs - outcome.sentMs),
      },
      retcode: outcome.retcode,
      retcodeName: retcode(outcome.retcode).name,
    };
  }
}

function checkId(id: string, action: string): void {
  if (typeof id === "string" && /^[\x21-\x7e]{1,64}$/.test(id)) return;
  throw invalid(
    action,
    "its id is not 1 to 64 printable ASCII characters without space",
    "Choose another id",
  );
}
