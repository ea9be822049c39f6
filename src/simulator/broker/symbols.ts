import { weekdaySessions } from "./sessions.ts";
import { checkSpec } from "./symbol-checks.ts";
import type { SymbolSpec } from "./symbol-spec.ts";

/** What is known of a few instruments beyond their names. */
const known: ReadonlyMap<string, Partial<SymbolSpec>> = new Map<string, Partial<SymbolSpec>>([
  ["EURUSD", { description: "Euro vs US Dollar", swapLong: -7.2, swapShort: 2.4 }],
  ["GBPUSD", { description: "Pound Sterling vs US Dollar", swapLong: -4.1, swapShort: -1.3 }],
  ["USDJPY", { description: "US Dollar vs Yen", swapLong: 9.8, swapShort: -21.5 }],
  ["USDCHF", { description: "US Dollar vs Swiss Franc", swapLong: 4.6, swapShort: -10.2 }],
  ["AUDUSD", { description: "Australian Dollar vs US Dollar", swapLong: -3.3, swapShort: 0.6 }],
  ["EURJPY", { description: "Euro vs Yen", swapLong: 6.1, swapShort: -17.4 }],
  ["XAUUSD", { description: "Gold vs US Dollar", swapLong: -38.2, swapShort: 14.6 }],
]);

/** Digits and contract size of metals; everything else trades as a currency pair. */
const metals: ReadonlyMap<string, Partial<SymbolSpec>> = new Map<string, Partial<SymbolSpec>>([
  ["XAU", { digits: 2, contractSize: 100, calcMode: "cfdLeverage", path: "Metals", volumeMax: 50 }],
  ["XAG", { digits: 3, contractSize: 5000, calcMode: "cfdLeverage", path: "Metals", volumeMax: 50 }],
]);

/**
 * A plausible contract for a symbol, by its name: currency pairs and metals with any prefix-free suffix
 * (`EURUSD`, `EURUSDm`, `EURUSD.£`, `XAUUSD`). Other names become CFDs quoted in US dollars. Throws `RangeError` for a
 * contract that cannot be traded, naming the property.
 */
export function symbolSpec(name: string, overrides: Partial<SymbolSpec> = {}): SymbolSpec {
  const pair = /^([A-Za-z]{3})([A-Za-z]{3})(?![A-Za-z]{3})/.exec(name);
  const base = pair?.[1]?.toUpperCase() ?? "USD";
  const profit = pair?.[2]?.toUpperCase() ?? "USD";
  const isPair = pair !== null;
  const detail = { ...metals.get(base), ...known.get(`${base}${profit}`), ...overrides };
  const digits = detail.digits ?? (isPair ? (profit === "JPY" ? 3 : 5) : 2);
  const contractSize = detail.contractSize ?? (isPair ? 100_000 : 1);
  const group = detail.path ?? (isPair ? "Forex" : "CFD");
  const spec: SymbolSpec = {
    name,
    description: name,
    currencyBase: base,
    currencyProfit: profit,
    currencyMargin: base.startsWith("X") ? profit : base,
    tickSize: 1 / 10 ** digits,
    tickValue: contractSize / 10 ** digits,
    volumeMin: 0.01,
    volumeMax: 500,
    volumeStep: 0.01,
    volumeLimit: 0,
    stopsLevel: 0,
    freezeLevel: 0,
    tradeMode: "full",
    execution: "market",
    filling: ["fok", "ioc"],
    timeInForce: ["gtc", "day", "specified", "specifiedDay"],
    calcMode: isPair ? "forex" : "cfd",
    marginInitial: 0,
    marginMaintenance: 0,
    marginHedged: detail.marginInitial || contractSize,
    hedgedByLargerLeg: false,
    marginRate: 1,
    marginRates: {},
    swapMode: "points",
    swapLong: 0,
    swapShort: 0,
    swapTripleDay: 3,
    swapRatios: [],
    commissionPerLot: 0,
    quoteSessions: weekdaySessions(),
    tradeSessions: weekdaySessions(),
    ...detail,
    digits,
    contractSize,
    path: detail.path?.includes("\\") === true ? detail.path : `${group}\\${name}`,
  };
  checkSpec(spec);
  return spec;
}

/** The symbols that the generated market quotes, or those named. */
export function standardSpecs(names: readonly string[] = [...known.keys()]): readonly SymbolSpec[] {
  return names.map((name) => symbolSpec(name));
}
