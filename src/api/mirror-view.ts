import type { AgentCore } from "../connector/agent-core.ts";
import type { TerminalRecord } from "../domain/records.ts";
import { toAccountInfo, toOrderInfo, toPositionInfo, toTickData } from "./convert.ts";
import type { AccountInfo, OrderInfo, PositionInfo, TickData } from "./types.ts";

/** How fresh the mirror is. */
export interface MirrorFreshness {
  /** Whether every ledger event is heard as it happens. */
  readonly live: boolean;
  /** The last ledger event applied; undefined before the first connect. */
  readonly position: { readonly epoch: number; readonly seq: number } | undefined;
  /** When the agent was last heard, milliseconds since 1970 UTC; undefined before the first pulse. */
  readonly heardMs: number | undefined;
  /** Milliseconds since the agent was last heard; undefined before the first pulse. A pulse comes every second. */
  readonly ageMs: number | undefined;
}

/**
 * The terminal's state as last heard, readable at any time without asking: account, positions and orders in step with
 * the agent's ledger, prices of subscribed symbols. While the agent cannot be reached it keeps its last state, and
 * `freshness.live` is false.
 */
export interface AgentMirror {
  readonly freshness: MirrorFreshness;
  /** Undefined before the first connect. */
  readonly account: AccountInfo | undefined;
  /** The terminal's permissions and connection; undefined before the first connect. */
  readonly terminal: TerminalRecord | undefined;
  /** Open positions. Their floating profit is as of the last `positions.getAll()`; the account's is live. */
  readonly positions: readonly PositionInfo[];
  /** Active orders. */
  readonly orders: readonly OrderInfo[];
  /** The last tick of a subscribed symbol, if one has come. */
  price(symbol: string): TickData | undefined;
}

/** The mirror of one agent for callers. */
export class MirrorView implements AgentMirror {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  get freshness(): MirrorFreshness {
    const { link, clock } = this.#core;
    const heardMs = link.lastHeartbeatMs;
    return {
      live: link.session.eventsLive,
      position: link.session.position,
      heardMs,
      ageMs: heardMs === undefined ? undefined : Math.max(0, clock.wallMs() - heardMs),
    };
  }

  get account(): AccountInfo | undefined {
    const { account } = this.#core.mirror;
    return account === undefined ? undefined : toAccountInfo(account);
  }

  get terminal(): TerminalRecord | undefined {
    return this.#core.mirror.terminal;
  }

  get positions(): readonly PositionInfo[] {
    const { zone, mirror } = this.#core;
    return [...mirror.positions.values()].map((record) => toPositionInfo(record, zone));
  }

  get orders(): readonly OrderInfo[] {
    const { zone, mirror } = this.#core;
    return [...mirror.orders.values()].map((record) => toOrderInfo(record, zone));
  }

  price(symbol: string): TickData | undefined {
    const tick = this.#core.mirror.prices.get(symbol);
    return tick === undefined ? undefined : toTickData(symbol, tick, this.#core.zone);
  }
}
