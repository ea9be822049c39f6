import type { AgentCore } from "../connector/agent-core.ts";
import { ConnectionError, OutcomeUnknownError, RequestRefusedError, toError } from "../connector/errors.ts";
import type { ConnectionStatus } from "../connector/status.ts";
import type { TickListener } from "../connector/subscriptions.ts";
import type { PositionRecord, SymbolRecord, TickRecord } from "../domain/records.ts";
import type { LedgerPayload } from "../protocol/v1/messages.ts";
import { invalid, normalisePrice, ticketText } from "./normalise.ts";
import type { OrderManagement } from "./order-management.ts";
import type { TrailingStop, TrailingStopEnd, TrailingStopParams } from "./trade-types.ts";
import type { Ticket } from "./types.ts";

/** After the trade server refused a move, it is tried again at the earliest so much later. */
const refusedPauseMs = 1_000;
/** Refusals in a row that end it. */
const maxRefusals = 5;

/** Begins to trail. Rejects if the position is not open, the agent not connected in full, or the symbol unknown. */
export async function startTrailingStop(
  core: AgentCore,
  orders: OrderManagement,
  ticket: Ticket,
  params: TrailingStopParams,
): Promise<TrailingStop> {
  const text = ticketText(ticket, "trail a stop");
  const action = `trail the stop of position ${text}`;
  for (const [name, value] of Object.entries({ ...params, onMove: undefined })) {
    if (value === undefined) continue;
    const least = name === "activateAt" ? 0 : Number.MIN_VALUE;
    if (typeof value !== "number" || !Number.isFinite(value) || value < least) {
      throw invalid(action, `${name} ${String(value)} is not a distance`, `Give ${name} as a price distance`);
    }
  }
  if (params.distance === undefined) throw invalid(action, "distance is not given", "Give it as a price");
  core.requireStarted(action);
  requireWhole(core, action);
  const position = core.mirror.positions.get(text);
  if (position === undefined) {
    throw new RequestRefusedError(`Cannot ${action}: it is not open`, {
      code: "POSITION_NOT_FOUND",
      remedy: "Read positions.getAll() for what is open",
    });
  }
  const spec = await core.symbol(position.symbol);
  // The answer may have come while the events were lost.
  requireWhole(core, action);
  const trailing = new ClientTrailingStop(core, orders, position, spec, params);
  await trailing.begin();
  return trailing;
}

function requireWhole(core: AgentCore, action: string): void {
  if (isWhole(core.link.status)) return;
  throw new ConnectionError(`Cannot ${action}: agent "${core.agent.id}" is ${core.link.status.state}`, {
    code: "NOT_CONNECTED",
    remedy: "Wait for the agent's `connected` event: a trailing stop needs ticks and trading",
  });
}

/** Trailing needs ticks and trading; whatever is degraded lacks one of the two, or what makes them certain. */
function isWhole(status: ConnectionStatus): boolean {
  return status.state === "connected";
}

class ClientTrailingStop implements TrailingStop {
  readonly ticketText: string;
  readonly ended: Promise<TrailingStopEnd>;
  readonly #core: AgentCore;
  readonly #orders: OrderManagement;
  readonly #position: PositionRecord;
  readonly #spec: SymbolRecord;
  readonly #params: TrailingStopParams;
  readonly #listener: TickListener;
  #resolve: (end: TrailingStopEnd) => void = () => undefined;
  #end: TrailingStopEnd | undefined;
  #stopLoss: number | undefined;
  #moving = false;
  #refusals = 0;
  #notBeforeMs = 0;

  constructor(
    core: AgentCore,
    orders: OrderManagement,
    position: PositionRecord,
    spec: SymbolRecord,
    params: TrailingStopParams,
  ) {
    this.#core = core;
    this.#orders = orders;
    this.#position = position;
    this.#spec = spec;
    this.#params = params;
    this.ticketText = position.ticket;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#listener = {
      tick: (_symbol, tick): void => this.#tick(tick),
      // Only the newest price matters.
      lost: (): void => undefined,
      failed: (_symbol, error): void => this.#finish({ reason: "failed", error }),
    };
  }

  get active(): boolean {
    return this.#end === undefined;
  }

  get stopLoss(): number | undefined {
    return this.#stopLoss;
  }

  stop(): void {
    this.#finish({ reason: "stopped" });
  }

  async begin(): Promise<void> {
    const { observers, link } = this.#core;
    observers.ledger.add(this.#ledger);
    observers.status.add(this.#status);
    const { subscriptions } = link.session;
    const confirmed = subscriptions.add(this.#position.symbol, this.#listener);
    subscriptions.restoreSoon();
    try {
      await confirmed;
    } catch (error) {
      this.#finish({ reason: "failed", error: toError(error) });
      // Where it ended while it began, that took its symbol back: `ended` says why.
      if (this.#end?.reason === "failed") throw error;
      return;
    }
    const known = this.#core.mirror.prices.get(this.#position.symbol);
    if (known !== undefined) this.#tick(known);
  }

  readonly #ledger = (event: LedgerPayload): void => {
    if (event.type !== "position" || event.position.ticket !== this.ticketText) return;
    if (event.change === "closed") this.#finish({ reason: "positionClosed" });
  };

  readonly #status = (status: ConnectionStatus): void => {
    if (isWhole(status)) return;
    this.#finish({ reason: "disconnected" });
  };

  #tick(tick: TickRecord): void {
    if (!this.active || this.#moving || this.#core.clock.nowMs() < this.#notBeforeMs) return;
    const position = this.#core.mirror.positions.get(this.ticketText);
    if (position === undefined) {
      this.#finish({ reason: "positionClosed" });
      return;
    }
    const wanted = this.#wanted(position, tick);
    if (wanted === undefined) return;
    this.#moving = true;
    this.#orders.modifyPosition(this.ticketText, { stopLoss: wanted }).then(
      () => this.#moved(wanted),
      (error: unknown) => this.#refused(toError(error)),
    );
  }

  /** Where the stop loss should be; undefined while it is good where it is. A stop loss never moves back. */
  #wanted(position: PositionRecord, tick: TickRecord): number | undefined {
    const { distance, activateAt = 0, step = this.#spec.tickSize } = this.#params;
    const isBuy = position.side === "buy";
    // A buy is closed at the bid, a sell at the ask.
    const price = isBuy ? tick.bid : tick.ask;
    const gained = isBuy ? price - position.priceOpen : position.priceOpen - price;
    if (!(price > 0) || (activateAt > 0 && gained < activateAt)) return undefined;
    const raw = isBuy ? price - distance : price + distance;
    if (raw <= 0) return undefined;
    const wanted = normalisePrice(this.#spec, raw, "stopLoss", `trail position ${this.ticketText}`);
    const present = position.stopLoss;
    if (present === 0) return wanted;
    // Half a tick of tolerance for the noise of floating point.
    const least = step - this.#spec.tickSize / 2;
    return (isBuy ? wanted - present : present - wanted) >= least ? wanted : undefined;
  }

  #moved(stopLoss: number): void {
    this.#moving = false;
    this.#refusals = 0;
    this.#stopLoss = stopLoss;
    // The mirror may hear of it a moment later; until then the same move must not be asked again.
    if (!this.active) return;
    try {
      this.#params.onMove?.(stopLoss);
    } catch (error) {
      this.#core.fault(toError(error));
    }
  }

  #refused(error: Error): void {
    this.#moving = false;
    if (!this.active) return;
    if (error instanceof OutcomeUnknownError || ++this.#refusals >= maxRefusals) {
      this.#finish({ reason: "failed", error });
      return;
    }
    this.#core.log.warn("A trailing stop could not be moved", { position: this.ticketText, error });
    this.#notBeforeMs = this.#core.clock.nowMs() + refusedPauseMs;
  }

  #finish(end: TrailingStopEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const { observers, link, log, agent } = this.#core;
    observers.ledger.delete(this.#ledger);
    observers.status.delete(this.#status);
    link.session.subscriptions.remove([this.#position.symbol], this.#listener).catch((error: unknown) => {
      log.debug("A symbol could not be unsubscribed at the agent", { error: toError(error) });
    });
    if (end.reason === "disconnected" || end.reason === "failed") {
      const why = end.reason === "failed" ? end.error.message : `agent "${agent.id}" is ${link.status.state}`;
      const { mirror } = this.#core;
      const at = mirror.positions.get(this.ticketText)?.stopLoss;
      this.#core.fault(
        new ConnectionError(
          `Cannot go on trailing the stop of position ${this.ticketText}: ${why}; its stop loss stays ${at ? `at ${at}` : "unset"}`,
          {
            code: "TRAILING_STOPPED",
            remedy: "Start it again once the agent is connected",
            ...(end.reason === "failed" ? { cause: end.error } : {}),
          },
        ),
      );
    }
    this.#resolve(end);
  }
}
