import type { DealRecord, OrderRecord, TickRecord } from "../../../src/domain/records.ts";
import type { Terminal, TradeRequest, TradeTransaction } from "../../../src/domain/terminal.ts";
import type { Intercept } from "./gates.ts";
import type { Program } from "./program.ts";

function tickRow(tick: TickRecord): readonly number[] {
  return [tick.timeBrokerMs, tick.bid, tick.ask, tick.last, tick.volume, tick.volumeReal, tick.flags];
}

interface Ticketed {
  readonly ticket: string;
}

/** Fields of a call's arguments, read from what the host sent. */
interface HistoryRange {
  readonly fromBrokerMs: number;
  readonly toBrokerMs: number;
}

interface TickRange extends HistoryRange {
  readonly symbol: string;
}

/** How a program is tied to a terminal. */
export interface FeedOptions {
  /** @default EURUSD */
  readonly chartSymbol?: string;
  /** Comes between the program's calls and their answers. */
  readonly intercept?: Intercept;
}

/**
 * Keeps a program's terminal tables equal to those of a simulated terminal, and takes its orders there.
 * Tables are sent before the event that tells of them, since the terminal, too, changes first and notifies then.
 */
export class TerminalFeed {
  readonly #program: Program;
  readonly #terminal: Terminal;
  readonly #sent = new Map<string, string>();
  readonly #cursors = new Map<string, { timeBrokerMs: number; count: number }>();

  constructor(program: Program, terminal: Terminal, { chartSymbol = "EURUSD", intercept }: FeedOptions = {}) {
    // A chart's symbol is always in Market Watch.
    terminal.selectSymbol(chartSymbol);
    this.#program = program;
    this.#terminal = terminal;
    program.answer((name, value) => {
      const next = (): unknown => this.#answer(name, value);
      return intercept === undefined ? next() : intercept(name, value, next);
    });
    program.watch((message) => {
      if (message.t === "symbolSelect" && message.selected) terminal.selectSymbol(message.name);
    });
    this.refresh();
    // What was quoted before the program began is in its terminal all the same.
    for (const { name } of terminal.symbols()) this.#sendTicks(name);
    terminal.listen({
      tick: (symbol) => {
        this.#sendTicks(symbol);
        this.refresh();
      },
      transaction: (transaction) => this.#sendTransaction(transaction),
    });
  }

  /** Sends every table row that has changed. */
  refresh(): void {
    this.#sendOnce("terminal", this.#terminal.info());
    this.#sendOnce("account", this.#terminal.account());
    this.#program.send({
      t: "clock",
      v: { brokerMs: this.#terminal.brokerMs(), utcMs: this.#terminal.utcMs() },
    });
    this.#sendRows("symbols", "symbols", this.#terminal.symbols(), (symbol) => symbol.name);
    this.#sendTable("position", this.#terminal.positions());
    this.#sendTable("order", this.#terminal.orders());
  }

  /** Stops listening to the simulated terminal. */
  stop(): void {
    this.#terminal.listen(undefined);
  }

  #sendOnce(t: string, v: object): void {
    const text = JSON.stringify(v);
    if (this.#sent.get(t) === text) return;
    this.#sent.set(t, text);
    this.#program.send({ t, v });
  }

  #sendRows<Row>(t: string, prefix: string, rows: readonly Row[], key: (row: Row) => string): void {
    const changed = rows.filter((row) => {
      const name = `${prefix}:${key(row)}`;
      const text = JSON.stringify(row);
      if (this.#sent.get(name) === text) return false;
      this.#sent.set(name, text);
      return true;
    });
    if (changed.length > 0) this.#program.send({ t, v: changed });
  }

  #sendTable(t: "position" | "order", rows: readonly Ticketed[]): void {
    const alive = new Set(rows.map((row) => `${t}:${row.ticket}`));
    for (const name of [...this.#sent.keys()]) {
      if (!name.startsWith(`${t}:`) || alive.has(name)) continue;
      this.#sent.delete(name);
      this.#program.send({ t: `${t}Gone`, v: name.slice(t.length + 1) });
    }
    for (const row of rows) {
      const name = `${t}:${row.ticket}`;
      const text = JSON.stringify(row);
      if (this.#sent.get(name) === text) continue;
      this.#sent.set(name, text);
      this.#program.send({ t, v: row });
    }
  }

  /** Sends each tick once: the cursor is a time and how many of that very millisecond have gone. */
  #sendTicks(symbol: string): void {
    const cursor = this.#cursors.get(symbol) ?? { timeBrokerMs: 0, count: 0 };
    const ticks = this.#terminal.copyTicks(symbol, cursor.timeBrokerMs, 100_000);
    const fresh = ticks.slice(cursor.count);
    const last = ticks.at(-1);
    if (last === undefined || fresh.length === 0) return;
    const count = ticks.filter((tick) => tick.timeBrokerMs === last.timeBrokerMs).length;
    this.#cursors.set(symbol, { timeBrokerMs: last.timeBrokerMs, count });
    this.#sendRows("symbols", "symbols", this.#terminal.symbols(), (one) => one.name);
    this.#program.send({ t: "ticks", symbol, v: fresh.map(tickRow) });
  }

  #sendTransaction(transaction: TradeTransaction): void {
    this.refresh();
    this.#program.send({ t: "transaction", v: transaction });
  }

  #answer(name: string, value: unknown): unknown {
    switch (name) {
      case "orderSendAsync":
        return this.#ordered(this.#terminal.orderSendAsync(value as TradeRequest));
      case "orderCheck":
        return this.#terminal.orderCheck(value as TradeRequest);
      case "historySelect":
        return this.#history(value as HistoryRange);
      case "copyTicksRange": {
        const range = value as TickRange;
        const ticks = this.#terminal.copyTicks(range.symbol, range.fromBrokerMs, 1_000_000);
        return ticks.filter((tick) => tick.timeBrokerMs <= range.toBrokerMs).map(tickRow);
      }
      default:
        // The host takes null for "the terminal refused".
        return null;
    }
  }

  /** What the order changed at once must be in the tables before the program goes on. */
  #ordered<Answer>(answer: Answer): Answer {
    this.refresh();
    return answer;
  }

  #history(range: HistoryRange): {
    readonly orders: readonly OrderRecord[];
    readonly deals: readonly DealRecord[];
  } {
    const inside = (brokerMs: number): boolean =>
      brokerMs >= range.fromBrokerMs && brokerMs <= range.toBrokerMs;
    return {
      orders: this.#terminal.historyOrders("0").filter((order) => inside(order.doneBrokerMs)),
      deals: this.#terminal.historyDeals("0").filter((deal) => inside(deal.timeBrokerMs)),
    };
  }
}
