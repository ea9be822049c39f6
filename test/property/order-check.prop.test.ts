import fc from "fast-check";
import { expect, test } from "vitest";
import { toMinorUnits } from "../../src/domain/decimal.ts";
import type { TradeRequest } from "../../src/domain/terminal.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../src/simulator/broker/mod.ts";
import { pendingKinds } from "../../src/simulator/broker/order-kinds.ts";
import { VirtualClock } from "../../src/transport/virtual-clock.ts";

const symbol = fc.constantFrom("EURUSD", "USDJPY", "NOPE");
const ticket = fc.integer({ min: 1_000_001, max: 1_000_020 }).map(String);
const volume = fc.integer({ min: 0, max: 400 }).map((n) => n / 100);
/** In points from the bid. */
const level = fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined });

interface Wish {
  readonly request: TradeRequest;
  readonly price: number | undefined;
  readonly stopLoss: number | undefined;
  readonly takeProfit: number | undefined;
  /** How far the bid of EURUSD moves before. */
  readonly move: number;
}

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 });
const wish: fc.Arbitrary<Wish> = fc.record({
  request: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        action: fc.constant("deal" as const),
        symbol,
        kind: fc.constantFrom("buy" as const, "sell" as const),
        volume,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        action: fc.constant("pending" as const),
        symbol,
        kind: fc.constantFrom(...pendingKinds),
        volume,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        action: fc.constant("deal" as const),
        symbol,
        kind: fc.constantFrom("buy" as const, "sell" as const),
        volume,
        position: ticket,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ action: fc.constantFrom("modify" as const, "remove" as const), order: ticket }),
    },
    { weight: 1, arbitrary: fc.record({ action: fc.constant("sltp" as const), position: ticket }) },
    {
      weight: 1,
      arbitrary: fc.record({ action: fc.constant("closeBy" as const), position: ticket, positionBy: ticket }),
    },
  ),
  price: level,
  stopLoss: optional(fc.integer({ min: -300, max: 300 })),
  takeProfit: optional(fc.integer({ min: -300, max: 300 })),
  move: fc.integer({ min: -60, max: 60 }),
});

test.each(["hedging", "netting"] as const)(
  "OrderCheck says what the server then does, and what margin there will be: %s",
  (marginMode) => {
    let executed = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 40, size: "max" }), (wishes) => {
        const marginRates = {
          buyLimit: { initial: 1 },
          sellStop: { initial: 0.5 },
          buyStopLimit: { initial: 0.3 },
        };
        const terminal = new SimulatedTerminal({
          clock: new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) }),
          symbols: ["EURUSD", "USDJPY"].map((name) =>
            symbolSpec(name, { marginRates, tradeSessions: alwaysOpen, stopsLevel: 5 }),
          ),
          account: { marginMode, balance: 12_000 },
        });
        let bid = 110_000;
        terminal.quote("USDJPY", 145, 145.02);
        for (const { request, price, stopLoss, takeProfit, move } of wishes) {
          bid += move;
          terminal.quote("EURUSD", bid / 1e5, (bid + 10) / 1e5);
          const scale = request.symbol === "USDJPY" ? 1e3 : 1e5;
          const base = request.symbol === "USDJPY" ? 145_000 : bid;
          const at = (points: number | undefined): number =>
            points === undefined ? 0 : (base + points) / scale;
          const wanted: TradeRequest = {
            ...request,
            price: at(price),
            priceStopLimit:
              price === undefined ? 0 : at(price + (request.kind === "buyStopLimit" ? -20 : 20)),
            stopLoss: at(stopLoss),
            takeProfit: at(takeProfit),
          };
          const before = terminal.account();
          const check = terminal.orderCheck(wanted);
          expect(terminal.account()).toEqual(before);
          const result = terminal.server.execute(wanted);
          if (result.retcode !== 10009) {
            refused++;
            expect([check.retcode, check.comment]).toEqual([result.retcode, result.comment]);
            expect(terminal.account()).toEqual(before);
            continue;
          }
          executed++;
          expect([check.retcode, check.comment]).toEqual([0, "Done"]);
          const opens = wanted.action === "deal" || wanted.action === "pending";
          // What is closed against the account's stop out may set off more than was asked.
          if (opens && terminal.historyDeals("0").every((deal) => deal.reason !== "stopOut"))
            expect(toMinorUnits(check.margin, 2)).toBe(toMinorUnits(terminal.account().margin, 2));
        }
        terminal.dispose();
      }),
      { numRuns: 60 },
    );
    expect(executed).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(200);
  },
);
