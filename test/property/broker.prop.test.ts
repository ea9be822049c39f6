import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toMinorUnits, toVolumeUnits } from "../../src/domain/decimal.ts";
import type { AccountMarginMode, DealRecord, PositionRecord } from "../../src/domain/records.ts";
import type { TradeRequest } from "../../src/domain/terminal.ts";
import { reserves } from "../../src/simulator/broker/books.ts";
import { symbolMarginMinor } from "../../src/simulator/broker/margin.ts";
import {
  alwaysOpen,
  SimulatedTerminal,
  type SymbolSpec,
  symbolSpec,
} from "../../src/simulator/broker/mod.ts";
import { pendingKinds } from "../../src/simulator/broker/order-kinds.ts";
import { VirtualClock } from "../../src/transport/virtual-clock.ts";

const START = Date.UTC(2024, 0, 10, 8);
const SYMBOLS = ["EURUSD", "USDJPY", "EURJPY"] as const;
type SymbolName = (typeof SYMBOLS)[number];

/** One step of a random flow: prices move, or somebody does something. */
type Step =
  | { readonly do: "quote"; readonly symbol: SymbolName; readonly move: number; readonly spread: number }
  | {
      readonly do: "open";
      readonly symbol: SymbolName;
      readonly buy: boolean;
      readonly lots: number;
      readonly stop: number;
    }
  | { readonly do: "close"; readonly pick: number; readonly share: number }
  | {
      readonly do: "pending";
      readonly symbol: SymbolName;
      readonly kind: number;
      readonly away: number;
      readonly lots: number;
    }
  | { readonly do: "remove" | "closeBy"; readonly pick: number }
  | {
      readonly do: "cash";
      readonly amount: number;
      readonly kind: "balance" | "credit" | "charge" | "bonus";
    }
  | { readonly do: "wait"; readonly hours: number };

const symbol = fc.constantFrom(...SYMBOLS);
const lots = fc.integer({ min: 1, max: 300 }).map((n) => n / 100);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("quote" as const),
      symbol,
      move: fc.integer({ min: -400, max: 400 }),
      spread: fc.integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("open" as const),
      symbol,
      buy: fc.boolean(),
      lots,
      stop: fc.integer({ min: 0, max: 300 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("close" as const),
      pick: fc.nat(20),
      share: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pending" as const),
      symbol,
      kind: fc.nat(5),
      away: fc.integer({ min: 1, max: 200 }),
      lots,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("remove" as const, "closeBy" as const), pick: fc.nat(20) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("cash" as const),
      amount: fc.integer({ min: -50_000, max: 50_000 }).map((n) => n / 100),
      kind: fc.constantFrom("balance" as const, "credit" as const, "charge" as const, "bonus" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }),
  },
);

/** Most kinds of orders reserve margin, one only until it turns into another, and buys hold less than must be free for them. */
const reservingRates: SymbolSpec["marginRates"] = {
  buy: { initial: 1, maintenance: 0.8 },
  buyLimit: { initial: 1 },
  buyStop: { initial: 0.5 },
  sellStop: { initial: 0.5 },
  buyStopLimit: { initial: 0.2 },
  sellStopLimit: { initial: 0.4 },
};
const exchangeTraded: Partial<SymbolSpec> = {
  calcMode: "stocks",
  execution: "exchange",
  contractSize: 100,
  currencyProfit: "USD",
  currencyMargin: "USD",
  marginRate: 0.05,
};

const digitsOf = (name: string): number => (name.endsWith("JPY") ? 3 : 5);

class Flow {
  readonly clock: VirtualClock;
  readonly terminal: SimulatedTerminal;
  readonly #bids: Record<SymbolName, number> = { EURUSD: 110_000, USDJPY: 145_000, EURJPY: 159_500 };

  constructor(marginMode: AccountMarginMode, currency: string, seed: number) {
    this.clock = new VirtualClock({ wallStartMs: START });
    this.terminal = new SimulatedTerminal({
      clock: this.clock,
      seed,
      symbols: SYMBOLS.map((name) =>
        symbolSpec(name, {
          tradeSessions: alwaysOpen,
          commissionPerLot: 3.33,
          swapLong: -7.7,
          swapShort: 1.3,
          ...(marginMode === "exchange" ? exchangeTraded : { marginRates: reservingRates }),
        }),
      ),
      account: { marginMode, currency, balance: currency === "JPY" ? 3_000_000 : 25_000 },
      execution: {
        slippagePoints: ({ random }) => random.integer(-2, 4),
        liquidityLots: ({ random }) => random.integer(1, 400) / 100,
      },
    });
    for (const name of SYMBOLS) this.#quote(name, 10);
  }

  async take(next: Step): Promise<void> {
    const { terminal } = this;
    const positions = terminal.positions();
    const orders = terminal.orders();
    switch (next.do) {
      case "quote":
        this.#bids[next.symbol] += next.move;
        this.#quote(next.symbol, next.spread);
        return;
      case "open": {
        const bid = this.#bids[next.symbol];
        const level = (points: number): number =>
          points === 0 ? 0 : (bid + points) / 10 ** digitsOf(next.symbol);
        await this.#send({
          action: "deal",
          symbol: next.symbol,
          kind: next.buy ? "buy" : "sell",
          volume: next.lots,
          filling: "ioc",
          stopLoss: level(next.buy ? -next.stop : next.stop),
        });
        return;
      }
      case "close": {
        const position = positions[next.pick % Math.max(1, positions.length)];
        if (position === undefined) return;
        const volume = Math.max(1, Math.round(position.volume * next.share)) / 100;
        await this.#send({
          action: "deal",
          symbol: position.symbol,
          kind: position.side === "buy" ? "sell" : "buy",
          volume,
          position: position.ticket,
          filling: next.share % 2 === 0 ? "fok" : "ioc",
        });
        return;
      }
      case "pending": {
        const kind = pendingKinds[next.kind] ?? "buyLimit";
        const below = kind === "buyLimit" || kind === "sellStop" || kind === "sellStopLimit";
        const scale = 10 ** digitsOf(next.symbol);
        const points = this.#bids[next.symbol] + (below ? -next.away : next.away + 50);
        const limited = kind === "buyStopLimit" ? -40 : kind === "sellStopLimit" ? 40 : undefined;
        await this.#send({
          action: "pending",
          symbol: next.symbol,
          kind,
          volume: next.lots,
          price: points / scale,
          ...(limited === undefined ? {} : { priceStopLimit: (points + limited) / scale }),
        });
        return;
      }
      case "remove": {
        const order = orders[next.pick % Math.max(1, orders.length)];
        if (order !== undefined) await this.#send({ action: "remove", order: order.ticket });
        return;
      }
      case "closeBy": {
        const one = positions[next.pick % Math.max(1, positions.length)];
        const by = positions.find((other) => other.symbol === one?.symbol && other.side !== one.side);
        if (one === undefined || by === undefined) return;
        await this.#send({ action: "closeBy", position: one.ticket, positionBy: by.ticket });
        return;
      }
      case "cash":
        terminal.server.cash(next.amount, "", next.kind);
        return;
      case "wait":
        await this.clock.advance(next.hours * 3_600_000);
    }
  }

  async #send(request: TradeRequest): Promise<void> {
    this.terminal.orderSendAsync(request);
    await this.clock.advance(0);
  }

  #quote(name: SymbolName, spread: number): void {
    const scale = 10 ** digitsOf(name);
    const bid = this.#bids[name];
    this.terminal.quote(name, bid / scale, (bid + spread) / scale);
  }
}

const minor = (amount: number): number => toMinorUnits(amount, 2);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What must hold at every moment, whatever happened. */
function checkIdentities(terminal: SimulatedTerminal): void {
  const account = terminal.account();
  const deals = terminal.historyDeals("0");
  const positions = terminal.positions();

  const booked = deals.filter((deal) => deal.kind !== "credit");
  const parts = booked.map((d) => minor(d.profit) + minor(d.commission) + minor(d.swap) + minor(d.fee));
  expect(minor(account.balance)).toBe(sum(parts));
  const floating = sum(positions.map((p) => minor(p.profit) + minor(p.swap)));
  expect(minor(account.profit)).toBe(floating);
  expect(minor(account.equity)).toBe(minor(account.balance) + minor(account.credit) + floating);
  expect(minor(account.freeMargin)).toBe(minor(account.equity) - minor(account.margin));
  expect(account.margin).toBeGreaterThanOrEqual(0);
  if (positions.length === 0) expect(account.profit).toBe(0);
  if (positions.length + terminal.orders().length === 0)
    expect(account).toMatchObject({ margin: 0, marginLevel: 0 });

  const credits = deals.filter((deal) => deal.kind === "credit");
  expect(minor(account.credit)).toBe(sum(credits.map((deal) => minor(deal.profit))));
  const { state } = terminal.server;
  const margins = [...state.symbols.values()].map((symbol) =>
    symbolMarginMinor(
      symbol.spec,
      state.positions.ofSymbol(symbol),
      state.orders.ofSymbol(symbol).filter(reserves),
      state.account.settings,
    ),
  );
  expect(minor(account.margin)).toBe(sum(margins));

  for (const deal of deals) expect(Number(deal.profit.toFixed(2))).toBe(deal.profit);
  for (const position of positions) {
    const own = deals.filter((deal) => deal.position === position.identifier);
    expect(exposureOfDeals(own)).toEqual(exposure([position]));
  }
  expect(exposure(positions)).toEqual(exposureOfDeals(deals));
  for (const order of terminal.historyOrders("0")) {
    const filled = deals.filter((deal) => deal.order === order.ticket && deal.entry !== "outBy");
    const units = sum(filled.map((deal) => toVolumeUnits(deal.volume)));
    if (order.kind !== "closeBy")
      expect(units).toBe(toVolumeUnits(order.volumeInitial) - toVolumeUnits(order.volumeCurrent));
  }
}

/** Signed volume of each symbol, in 1e-8 lots. */
function exposure(positions: readonly PositionRecord[]): Record<string, number> {
  return total(positions.map((p) => [p.symbol, (p.side === "buy" ? 1 : -1) * toVolumeUnits(p.volume)]));
}

function exposureOfDeals(deals: readonly DealRecord[]): Record<string, number> {
  const trades = deals.filter((deal) => deal.kind === "buy" || deal.kind === "sell");
  return total(trades.map((d) => [d.symbol, (d.kind === "buy" ? 1 : -1) * toVolumeUnits(d.volume)]));
}

function total(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const name of SYMBOLS) totals[name] = 0;
  for (const [name, units] of entries) totals[name] = (totals[name] ?? 0) + units;
  return totals;
}

describe("the simulated broker under random order flow", () => {
  test.each([
    ["hedging", "USD"],
    ["netting", "USD"],
    ["hedging", "EUR"],
    ["netting", "JPY"],
    ["exchange", "USD"],
  ] as const)(
    "keeps the identities of balance, equity, margin and volume: %s in %s",
    async (mode, currency) => {
      let deals = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
          fc.nat(),
          async (steps, seed) => {
            const flow = new Flow(mode, currency, seed);
            for (const next of steps) {
              await flow.take(next);
              checkIdentities(flow.terminal);
            }
            deals += flow.terminal.historyDeals("0").length - 1;
            flow.terminal.dispose();
          },
        ),
        { numRuns: 40 },
      );
      // A flow in which nothing trades would keep every identity.
      expect(deals).toBeGreaterThan(300);
    },
  );

  test("gives the same run byte for byte for the same seed and flow", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
        const states: string[] = [];
        for (let run = 0; run < 2; run++) {
          const { terminal, clock, take } = bound(new Flow("hedging", "USD", seed));
          const heard: unknown[] = [];
          terminal.listen({ tick: (name) => heard.push(name), transaction: (t) => heard.push(t) });
          for (const next of steps) await take(next);
          await clock.advance(1000);
          terminal.dispose();
          states.push(
            JSON.stringify([
              terminal.account(),
              terminal.positions(),
              terminal.orders(),
              terminal.historyDeals("0"),
              heard,
            ]),
          );
        }
        expect(states[1]).toBe(states[0]);
      }),
      { numRuns: 25 },
    );
  });

  test("hedging and netting agree on exposure and on what was earned in all", async () => {
    const trade = fc.record({
      do: fc.constant("open" as const),
      symbol: fc.constant("EURUSD" as const),
      buy: fc.boolean(),
      lots: fc.integer({ min: 1, max: 20 }).map((n) => n / 100),
      move: fc.integer({ min: -50, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(trade, { minLength: 1, maxLength: 25 }), async (trades) => {
        const equities: number[] = [];
        const exposures: unknown[] = [];
        for (const marginMode of ["hedging", "netting"] as const) {
          const clock = new VirtualClock({ wallStartMs: START });
          const symbols = [symbolSpec("EURUSD")];
          const terminal = new SimulatedTerminal({
            clock,
            symbols,
            account: { marginMode, balance: 1_000_000 },
          });
          let bid = 110_000;
          terminal.quote("EURUSD", bid / 1e5, bid / 1e5);
          for (const { buy, lots: volume, move } of trades) {
            terminal.orderSendAsync({ action: "deal", symbol: "EURUSD", kind: buy ? "buy" : "sell", volume });
            await clock.advance(0);
            bid += move;
            terminal.quote("EURUSD", bid / 1e5, bid / 1e5);
          }
          equities.push(terminal.account().equity);
          exposures.push(exposure(terminal.positions()));
          terminal.dispose();
        }
        expect(exposures[0]).toEqual(exposures[1]);
        // Netting rounds at every deal, hedging at every position: a cent for each deal at most.
        expect(Math.abs((equities[0] ?? 0) - (equities[1] ?? 0))).toBeLessThanOrEqual(
          0.01 * trades.length + 1e-6,
        );
      }),
      { numRuns: 40 },
    );
  });
});

function bound(flow: Flow): {
  terminal: SimulatedTerminal;
  clock: VirtualClock;
  take: (next: Step) => Promise<void>;
} {
  return { terminal: flow.terminal, clock: flow.clock, take: (next) => flow.take(next) };
}
