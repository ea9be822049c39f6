import type { BarRecord, BookRecord, CalendarRecord } from "../../src/domain/market.ts";
import type { TickRecord } from "../../src/domain/records.ts";
import { packBars, packBook, packTicks } from "../../src/protocol/v1/bulk.ts";
import type { BookMessage, OrderCheckResult } from "../../src/protocol/v1/messages.ts";
import type { FakeAgent } from "./fake-agent.ts";
import { Refusal } from "./fake-refusal.ts";

/** An answer of the fake agent. */
export interface FakeAnswer {
  readonly result: object;
  readonly bulk?: Uint8Array | undefined;
}

interface Frozen {
  readonly op: string;
  readonly rows: readonly unknown[];
  readonly atMs: number;
}

const minuteMs = 60_000;

/** History, charts, depth, calculations and the calendar of the fake agent, paged. */
export class FakeMarket {
  readonly #fake: FakeAgent;
  readonly #frozen: Map<string, Frozen> = new Map();
  #serial = 0;
  /** Records of a page. */
  pageSize = 65_536;
  /** How often the next requests for history are refused as still loading. */
  loading = 0;
  bars: BarRecord[] = [];
  ticks: TickRecord[] = [];
  books: Map<string, BookRecord[]> = new Map();
  events: CalendarRecord[] = [];
  check: OrderCheckResult = {
    retcode: 0,
    comment: "Done",
    balance: 10_000,
    equity: 10_000,
    profit: 0,
    margin: 100,
    freeMargin: 9_900,
    marginLevel: 10_000,
  };
  depth: Set<string> = new Set();

  constructor(fake: FakeAgent) {
    this.#fake = fake;
  }

  /** One-minute bars from a stamp on. */
  makeBars(count: number, fromBrokerMs: number): void {
    this.bars = Array.from({ length: count }, (_, index) => ({
      timeBrokerMs: fromBrokerMs + index * minuteMs,
      open: 1.1 + index / 1e5,
      high: 1.101 + index / 1e5,
      low: 1.099 + index / 1e5,
      close: 1.1005 + index / 1e5,
      tickVolume: 10 + index,
      spread: 2,
      realVolume: 0,
    }));
  }

  /** Publishes a symbol's market depth. */
  book(symbol: string, levels: readonly BookRecord[]): void {
    this.books.set(symbol, [...levels]);
    const { epoch, agentMs } = this.#fake;
    const head: BookMessage = { v: 1, epoch, symbol, agentMs, n: levels.length };
    if (this.depth.has(symbol)) this.#fake.sendBook(symbol, head, packBook(levels));
  }

  /** Ends all frozen results, as 30 seconds would. */
  forgetCursors(): void {
    this.#frozen.clear();
  }

  /** Answers an operation; undefined if it is none of these. */
  operate(op: string, args: Readonly<Record<string, unknown>>): FakeAnswer | undefined {
    switch (op) {
      case "orders":
        return { result: { orders: [...this.#fake.orders.values()].filter(ofSymbol(args)), more: null } };
      case "history.orders": {
        const select = historyFilter(args);
        const rows = this.#fake.historyOrders.filter((order) =>
          select(order.doneBrokerMs, order.ticket, order.position, order.symbol),
        );
        return { result: this.#page(op, args, rows, "orders") };
      }
      case "history.deals": {
        const select = historyFilter(args);
        const rows = this.#fake.deals.filter((deal) =>
          select(deal.timeBrokerMs, deal.order, deal.position, deal.symbol),
        );
        return { result: this.#page(op, args, rows, "deals") };
      }
      case "calendar": {
        const rows = this.events.filter(
          (event) =>
            inRange(args, event.timeBrokerMs) &&
            (args["currency"] === undefined || event.currency === args["currency"]) &&
            (args["country"] === undefined || event.country === args["country"]),
        );
        return { result: this.#page(op, args, rows, "events") };
      }
      case "bars":
        return this.#bars(args);
      case "ticks": {
        this.#loaded();
        const rows = this.ticks.filter((tick) => inRange(args, tick.timeBrokerMs));
        const page = this.#page(op, args, rows, "rows");
        const records = page["rows"] as TickRecord[];
        const result = { symbol: args["symbol"], n: records.length, more: page["more"] };
        return { result, bulk: records.length === 0 ? undefined : packTicks(records) };
      }
      case "depth.subscribe": {
        const names = args["symbols"] as string[];
        for (const name of names) {
          if (!this.books.has(name)) throw new Refusal("NO_DEPTH", `${name} has no market depth`);
        }
        for (const name of names) this.depth.add(name);
        return { result: {} };
      }
      case "depth.unsubscribe":
        for (const name of args["symbols"] as string[]) this.depth.delete(name);
        return { result: {} };
      case "order.check":
        return { result: this.check };
      case "calc.margin":
        return { result: { margin: Number(args["volume"]) * 1_000 * Number(args["price"]) } };
      case "calc.profit": {
        const sign = args["side"] === "buy" ? 1 : -1;
        const move = Number(args["priceClose"]) - Number(args["priceOpen"]);
        return { result: { profit: sign * move * Number(args["volume"]) * 100_000 } };
      }
      default:
        return undefined;
    }
  }

  #bars(args: Readonly<Record<string, unknown>>): FakeAnswer {
    this.#loaded();
    const { count } = args;
    const rows =
      typeof count === "number"
        ? this.bars.slice(-count)
        : this.bars.filter((bar) => inRange(args, bar.timeBrokerMs));
    const page = this.#page("bars", args, rows, "rows");
    const records = page["rows"] as BarRecord[];
    const { symbol, timeframe } = args;
    return {
      result: { symbol, timeframe, n: records.length, more: page["more"] },
      bulk: packBars(records),
    };
  }

  #loaded(): void {
    if (this.loading === 0) return;
    this.loading--;
    throw new Refusal("HISTORY_LOADING", "the terminal is loading it");
  }

  #page(
    op: string,
    args: Readonly<Record<string, unknown>>,
    fresh: readonly unknown[],
    name: string,
  ): Record<string, unknown> {
    const cursor = args["cursor"] as string | undefined;
    const frozen = cursor === undefined ? undefined : this.#frozen.get(cursor);
    if (cursor !== undefined && frozen?.op !== op) throw new Refusal("BAD_CURSOR", "the cursor has run out");
    if (cursor !== undefined) this.#frozen.delete(cursor);
    const rows = frozen?.rows ?? fresh;
    const rest = rows.slice(this.pageSize);
    let more: string | null = null;
    if (rest.length > 0) {
      more = `c${++this.#serial}`;
      this.#frozen.set(more, { op, rows: rest, atMs: this.#fake.agentMs });
    }
    return { [name]: rows.slice(0, this.pageSize), more };
  }
}

function ofSymbol(args: Readonly<Record<string, unknown>>): (row: { readonly symbol: string }) => boolean {
  return (row) => args["symbol"] === undefined || row.symbol === args["symbol"];
}

function inRange(args: Readonly<Record<string, unknown>>, stamp: number): boolean {
  return stamp >= Number(args["fromBrokerMs"]) && stamp <= Number(args["toBrokerMs"]);
}

function historyFilter(
  args: Readonly<Record<string, unknown>>,
): (stamp: number, order: string, position: string, symbol: string) => boolean {
  return (stamp, order, position, symbol) => {
    if (args["symbol"] !== undefined && symbol !== args["symbol"]) return false;
    if (args["ticket"] !== undefined) return order === args["ticket"];
    if (args["position"] !== undefined) return position === args["position"];
    return inRange(args, stamp);
  };
}
