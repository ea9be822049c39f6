import { describe, expect, test } from "vitest";
import { advice, checkKnownKeys, nearestNames } from "../../../src/simulator/known-keys.ts";
import {
  createAgent,
  generatedCalendar,
  generatedMarket,
  MemoryJournalStore,
  openMarket,
  openSimulation,
  QuoteParser,
  recordedMarket,
  SimulatedTerminal,
  startSimulator,
  symbolSpec,
  VirtualClock,
} from "../../../src/simulator/mod.ts";
import { FakeTransport } from "../../kit/fake-transport.ts";

/** Settings as plain JavaScript may give them. */
const odd = (value: unknown): never => value as never;
const clock = new VirtualClock();
const terminal = (options: object): unknown => new SimulatedTerminal({ clock, ...options });
const market = { source: generatedMarket(), clock };
const agent = (options: object): unknown =>
  createAgent({
    terminal: new SimulatedTerminal({ clock }),
    transport: new FakeTransport(clock),
    clock,
    randomBytes: (length) => new Uint8Array(length),
    journal: new MemoryJournalStore(),
    serverSecretKey: new Uint8Array(32).fill(1),
    clients: [],
    host: "127.0.0.1",
    ports: { command: 0, events: 0, sync: 0 },
    name: "agent",
    version: "1",
    ...options,
  });

describe("a misspelt option of the simulator is refused with the one that is meant", () => {
  test.each<readonly [string, () => unknown, string]>([
    [
      "symbolSpec",
      () => symbolSpec("EURUSD", odd({ volumeStp: 1 })),
      '"volumeStp"; did you mean volumeStep?',
    ],
    [
      "a contract of one's own",
      () => terminal({ symbols: [{ ...symbolSpec("EURUSD"), digit: 5 }] }),
      '"digit"; did you mean digits?',
    ],
    [
      "marginRates",
      () => symbolSpec("EURUSD", { marginRates: odd({ buyLimt: { initial: 1 } }) }),
      '"buyLimt"; did you mean buyLimit?',
    ],
    [
      "one of marginRates",
      () => symbolSpec("EURUSD", { marginRates: { buy: odd({ initial: 1, maintenence: 1 }) } }),
      "did you mean maintenance?",
    ],
    ["terminal", () => terminal({ latency: 5 }), '"latency"; did you mean latencyMs?'],
    ["account", () => terminal({ account: { balanec: 5 } }), '"balanec"; did you mean balance?'],
    ["execution", () => terminal({ execution: { slippagePoint: () => 1 } }), "did you mean slippagePoints?"],
    ["permissions", () => terminal({ terminal: { conected: true } }), "did you mean connected?"],
    ["generatedMarket", () => generatedMarket(odd({ sed: 1 })), "did you mean seed?"],
    [
      "a generated symbol",
      () => generatedMarket({ symbols: [odd({ name: "EURUSD", digit: 5 })] }),
      "quotes of EURUSD: unknown key",
    ],
    ["generatedCalendar", () => generatedCalendar(odd({ sed: 1 })), "did you mean seed?"],
    ["QuoteParser", () => new QuoteParser(odd({ symbol: "EURUSD", formt: "mt5" })), "did you mean format?"],
    ["recordedMarket", () => recordedMarket("", odd({ symbl: "A", source: "EURUSD.csv" })), "mean symbol?"],
    ["MemoryJournalStore", () => new MemoryJournalStore(odd({ flushMS: 1 })), "did you mean flushMs?"],
    ["agent", () => agent({ brokerZoen: "utc" }), "did you mean brokerZone?"],
    ["agent limits", () => agent({ limits: { maxSesions: 1 } }), "did you mean maxSessions?"],
    ["agent ports", () => agent({ ports: { command: 0, event: 0, sync: 0 } }), "did you mean events?"],
    ["agent listen", () => agent({ listen: { maxConections: 1 } }), "did you mean maxConnections?"],
    ["agent hooks", () => agent({ hooks: { att: () => undefined } }), "did you mean at?"],
    ["agent clients", () => agent({ clients: [{ rol: "observe" }] }), "did you mean role?"],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
  });

  test.each<readonly [string, () => Promise<unknown>, string]>([
    ["openMarket", () => openMarket(odd({ ...market, sped: 5 })), '"sped"; did you mean speed?'],
    [
      "openSimulation",
      () => openSimulation(odd({ market, balance: 5 })),
      'unknown key "balance"; known here: ',
    ],
    ["openSimulation and clock", () => openSimulation(odd({ market, clock })), 'unknown key "clock"'],
    ["startSimulator", () => startSimulator(odd({ simulaton: {} })), "did you mean simulation?"],
    [
      "the simulator's agent",
      () => startSimulator(odd({ simulation: { market }, agent: { name: "mine" } })),
      'agent: unknown key "name"',
    ],
  ])("%s", async (_, open, message) => {
    await expect(open()).rejects.toThrow(RangeError);
    await expect(open()).rejects.toThrow(message);
  });
});

describe("openSimulation", () => {
  test("refuses a market of symbols that the broker does not have, and closes its source", async () => {
    let closed = 0;
    const source = { symbols: ["EURUDS"], nextBatch: () => undefined, close: (): void => void closed++ };
    const open = (): Promise<unknown> =>
      openSimulation({ market: { source, clock }, symbols: [symbolSpec("EURUSD")] });
    await expect(open()).rejects.toThrow(
      "the market quotes EURUDS, which is not among the broker's symbols; did you mean EURUSD?",
    );
    expect(closed).toBe(1);
  });

  test("takes a broker with more symbols than the market quotes", async () => {
    const source = { symbols: ["EURUSD"], nextBatch: () => undefined };
    const symbols = [symbolSpec("EURUSD"), symbolSpec("NOPE")];
    const simulation = await openSimulation({ market: { source, clock }, symbols });
    expect(simulation.terminal.symbols().map(({ name }) => name)).toEqual(["EURUSD", "NOPE"]);
    await simulation.close();
  });
});

test("symbolSpec of a name that says nothing is a CFD in US dollars, as documented", () => {
  expect(symbolSpec("NOPE")).toMatchObject({
    calcMode: "cfd",
    currencyBase: "USD",
    currencyProfit: "USD",
    contractSize: 1,
    digits: 2,
  });
});

describe("checkKnownKeys", () => {
  const known = { speed: true };

  test.each([[null], [[]], ["fast"], [5]])("refuses %j, which is no object", (given) => {
    expect(() => checkKnownKeys(given, known, "play")).toThrow(TypeError);
  });

  test("takes nothing, objects without a prototype, and instances with fields of their own", () => {
    class Model {
      readonly memory: number = 1;
    }
    const bare: unknown = Object.assign(Object.create(null), { speed: 1 });
    for (const given of [undefined, {}, bare, new Model()]) {
      expect(() => checkKnownKeys(given, known, "play")).not.toThrow();
    }
    const wrong: unknown = Object.assign(Object.create(null), { sped: 1 });
    expect(() => checkKnownKeys(wrong, known, "play")).toThrow("did you mean speed?");
  });
});

test("nearestNames counts two letters swapped as one change, and gives the closest first", () => {
  const names = ["EURUSDxx", "GBPUSD", "EURUAD", "EURUSD", "eurusd", "EURGBP"];
  expect(nearestNames("EURUDS", names, 2)).toEqual(["EURUSD", "eurusd", "EURUAD"]);
  expect(nearestNames("", ["ab", "abc"], 2)).toEqual(["ab"]);
  expect(advice("zzz", ["alpha", "beta"])).toBe("known here: alpha, beta");
});
