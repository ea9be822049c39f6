import type { AgentCore } from "../connector/agent-core.ts";
import type { PositionRecord } from "../domain/records.ts";
import type { CloseByIntent, CloseIntent } from "../protocol/v1/messages.ts";
import { type OnLeaving, sendCommand } from "./command-sender.ts";
import { checkedComment, checkedDeviation, invalid, normaliseVolume, ticketText } from "./normalise.ts";
import { checkMarketParams, marketIntent, standardDeviationPoints } from "./order-intents.ts";
import { findOpening, toTradeResult } from "./trade-results.ts";
import type { CommandOptions } from "./trade-types.ts";
import type { CloseOptions, MarketOrderParams, Ticket, TradeResult } from "./types.ts";

/** What is traded at once: market orders and closes. */
export class Executions {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  async marketOrder(params: MarketOrderParams, onLeaving?: OnLeaving): Promise<TradeResult> {
    const core = this.#core;
    const { type: side, symbol, signal } = params;
    const action = `${String(side)} ${params.volume} ${String(symbol)}`;
    checkMarketParams(params, action);
    core.requireStarted(action);
    const startMs = core.clock.nowMs();
    const spec = await core.symbol(symbol, signal === undefined ? {} : { signal });
    const intent = marketIntent(spec, params, action);
    const sent = await sendCommand(core, startMs, {
      intent,
      action,
      opens: { lots: intent.volume, symbol },
      options: params,
      onLeaving,
    });
    const { outcome } = sent;
    const position = core.mirror.positions.get(outcome.position);
    return toTradeResult(core, sent, {
      symbol,
      side,
      requested: intent.volume,
      openPrice: outcome.price,
      stopLoss: intent.stopLoss,
      takeProfit: intent.takeProfit,
      comment: position?.comment ?? intent.comment,
      magic: position?.magic ?? intent.magic,
      openBrokerMs: outcome.deals[0]?.timeBrokerMs ?? position?.openBrokerMs,
    });
  }

  async closePosition(
    ticket: Ticket,
    volume?: number,
    options: CloseOptions = {},
    onLeaving?: OnLeaving,
  ): Promise<TradeResult> {
    const text = ticketText(ticket, "close a position");
    const action = `close ${volume === undefined ? "" : `${volume} lots of `}position ${text}`;
    const position = this.#core.mirror.positions.get(text);
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
    const requested = volume === undefined ? position?.volume : lots;
    return await this.#close(intent, action, position, requested, options, onLeaving);
  }

  async closeBy(
    ticket: Ticket,
    by: Ticket,
    options: CommandOptions = {},
    onLeaving?: OnLeaving,
  ): Promise<TradeResult> {
    const text = ticketText(ticket, "close a position by another");
    const other = ticketText(by, "close a position by another");
    const action = `close position ${text} by ${other}`;
    if (text === other) throw invalid(action, "both are the same", "Give the ticket of an opposite position");
    const { positions } = this.#core.mirror;
    const position = positions.get(text);
    const opposite = positions.get(other);
    let requested: number | undefined;
    if (position !== undefined && opposite !== undefined) {
      if (position.symbol !== opposite.symbol)
        throw invalid(
          action,
          `one is ${position.symbol}, the other ${opposite.symbol}`,
          "Use positions of one symbol",
        );
      if (position.side === opposite.side)
        throw invalid(action, `both are ${position.side} positions`, "Use an opposite position");
      requested = Math.min(position.volume, opposite.volume);
    }
    const intent: CloseByIntent = { kind: "closeBy", position: text, positionBy: other };
    return await this.#close(intent, action, position, requested, options, onLeaving);
  }

  async #close(
    intent: CloseIntent | CloseByIntent,
    action: string,
    position: PositionRecord | undefined,
    requested: number | undefined,
    options: CloseOptions,
    onLeaving: OnLeaving | undefined,
  ): Promise<TradeResult> {
    const core = this.#core;
    core.requireStarted(action);
    const startMs = core.clock.nowMs();
    const sent = await sendCommand(core, startMs, { intent, action, reduces: true, options, onLeaving });
    const { outcome } = sent;
    const deal = outcome.deals.find((one) => one.position === intent.position) ?? outcome.deals[0];
    const opening = position === undefined ? await findOpening(core, intent.position) : undefined;
    return toTradeResult(
      core,
      sent,
      {
        symbol: position?.symbol ?? opening?.symbol ?? deal?.symbol ?? "",
        // The deal that closes a position has the other direction.
        side: position?.side ?? opening?.side ?? (deal?.kind === "buy" ? "sell" : "buy"),
        requested: requested ?? outcome.volume,
        openPrice: position?.priceOpen ?? opening?.price ?? Number.NaN,
        stopLoss: position?.stopLoss ?? 0,
        takeProfit: position?.takeProfit ?? 0,
        comment: position?.comment ?? ("comment" in intent ? intent.comment : ""),
        magic: position?.magic ?? opening?.magic ?? deal?.magic ?? "0",
        openBrokerMs: position?.openBrokerMs ?? opening?.openBrokerMs ?? deal?.timeBrokerMs,
      },
      intent.position,
    );
  }

  /** A close must not wait for a specification: what is not known here, the broker checks. */
  #closeVolume(position: PositionRecord | undefined, volume: number, action: string): number {
    const spec = position === undefined ? undefined : this.#core.mirror.symbols.get(position.symbol);
    if (spec !== undefined && spec.volumeStep > 0) return normaliseVolume(spec, volume, action);
    const lots = typeof volume === "number" && Number.isFinite(volume) ? Number(volume.toFixed(8)) : 0;
    // A volume of 0 would close all of it.
    if (lots > 0) return lots;
    throw invalid(
      action,
      `volume ${String(volume)} is not a number of lots above 0`,
      "Leave it out to close all of it",
    );
  }
}
