import type { WeekSpan } from "../../domain/records.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import type { MarginKind, MarginRate, SymbolSpec } from "./symbol-spec.ts";

const weekMinutes = 7 * 1440;
const calcModes: readonly string[] = [
  "forex",
  "forexNoLeverage",
  "futures",
  "cfd",
  "cfdIndex",
  "cfdLeverage",
  "stocks",
];
const swapModes: readonly string[] = [
  "disabled",
  "points",
  "money",
  "moneyBase",
  "moneyMargin",
  "interest",
  "interestOpen",
];
const tradeModes: readonly string[] = ["disabled", "longOnly", "shortOnly", "closeOnly", "full"];
const executions: readonly string[] = ["request", "instant", "market", "exchange"];
const fillings: readonly string[] = ["fok", "ioc", "boc", "return"];
const specKeys: Keys<SymbolSpec> = {
  name: true,
  description: true,
  path: true,
  currencyBase: true,
  currencyProfit: true,
  currencyMargin: true,
  digits: true,
  tickSize: true,
  tickValue: true,
  contractSize: true,
  volumeMin: true,
  volumeMax: true,
  volumeStep: true,
  volumeLimit: true,
  stopsLevel: true,
  freezeLevel: true,
  tradeMode: true,
  execution: true,
  filling: true,
  timeInForce: true,
  calcMode: true,
  marginInitial: true,
  marginMaintenance: true,
  marginHedged: true,
  hedgedByLargerLeg: true,
  marginRate: true,
  marginRates: true,
  swapMode: true,
  swapLong: true,
  swapShort: true,
  swapTripleDay: true,
  swapRatios: true,
  commissionPerLot: true,
  quoteSessions: true,
  tradeSessions: true,
};
const marginKinds: Keys<SymbolSpec["marginRates"]> = {
  buy: true,
  sell: true,
  buyLimit: true,
  sellLimit: true,
  buyStop: true,
  sellStop: true,
  buyStopLimit: true,
  sellStopLimit: true,
};
const rateKeys: Keys<MarginRate> = { initial: true, maintenance: true };
const lifetimes: readonly string[] = ["gtc", "day", "specified", "specifiedDay"];

/** Throws `RangeError` for a contract that cannot be traded as it says, naming the property and what was expected. */
export function checkSpec(spec: SymbolSpec): void {
  const expect = (fits: boolean, property: keyof SymbolSpec, expected: string): void => {
    if (fits) return;
    const shown = JSON.stringify(spec[property]) ?? String(spec[property]);
    throw new RangeError(
      `Cannot define symbol ${JSON.stringify(spec.name)}: ${property} is ${shown}, expected ${expected}`,
    );
  };
  const action = `define symbol ${JSON.stringify(spec.name)}`;
  checkKnownKeys(spec, specKeys, action);
  checkKnownKeys(spec.marginRates, marginKinds, `${action} with its marginRates`);
  for (const rate of Object.values(spec.marginRates)) {
    checkKnownKeys(rate, rateKeys, `${action} with its marginRates`);
  }
  expect(spec.name.trim() !== "", "name", "a name");
  expect(calcModes.includes(spec.calcMode), "calcMode", calcModes.join(", "));
  expect(
    swapModes.includes(spec.swapMode),
    "swapMode",
    `${swapModes.join(", ")} (swap by opening positions anew is not simulated)`,
  );
  expect(tradeModes.includes(spec.tradeMode), "tradeMode", tradeModes.join(", "));
  expect(executions.includes(spec.execution), "execution", executions.join(", "));
  expect(
    spec.filling.every((mode) => fillings.includes(mode)),
    "filling",
    `some of ${fillings.join(", ")}`,
  );
  const lives = spec.timeInForce.length > 0 && spec.timeInForce.every((mode) => lifetimes.includes(mode));
  expect(lives, "timeInForce", `one or more of ${lifetimes.join(", ")}`);

  expect(isWhole(spec.digits) && spec.digits <= 10, "digits", "a whole number from 0 to 10");
  const points = spec.tickSize * 10 ** spec.digits;
  const onGrid = points >= 1 - 1e-6 && Math.abs(points - Math.round(points)) < 1e-6;
  expect(onGrid, "tickSize", "a whole number of points");
  expect(isAbove(spec.contractSize), "contractSize", "a number above 0");
  expect(isAbove(spec.volumeMin), "volumeMin", "a number above 0");
  expect(spec.volumeStep >= 1e-8, "volumeStep", "at least 0.00000001 lots");
  expect(spec.volumeMax >= spec.volumeMin, "volumeMax", `at least volumeMin, which is ${spec.volumeMin}`);
  for (const property of ["volumeLimit", "marginInitial", "marginMaintenance", "marginHedged"] as const) {
    expect(isAtLeast0(spec[property]), property, "0 or more");
  }
  for (const property of ["stopsLevel", "freezeLevel"] as const) {
    expect(isWhole(spec[property]), property, "a whole number of points, 0 or more");
  }
  for (const property of ["swapLong", "swapShort", "commissionPerLot"] as const) {
    expect(Number.isFinite(spec[property]), property, "a number");
  }
  expect(
    isWhole(spec.swapTripleDay) && spec.swapTripleDay <= 6,
    "swapTripleDay",
    "0 (Sunday) to 6 (Saturday)",
  );
  const ratios = spec.swapRatios.length === 0 || spec.swapRatios.length === 7;
  expect(ratios && spec.swapRatios.every(isAtLeast0), "swapRatios", "seven factors of 0 or more, or none");
  for (const property of ["quoteSessions", "tradeSessions"] as const) {
    expect(
      spec[property].every(isSpan),
      property,
      "spans from 0 to 10080 minutes of the week, from before to",
    );
  }
  checkMargin(spec, expect);
}

function checkMargin(
  spec: SymbolSpec,
  expect: (fits: boolean, property: keyof SymbolSpec, expected: string) => void,
): void {
  const needsTickValue = spec.calcMode === "futures" || spec.calcMode === "cfdIndex";
  expect(!needsTickValue || isAbove(spec.tickValue), "tickValue", `a number above 0 for ${spec.calcMode}`);
  const set = spec.marginInitial > 0;
  expect(set || spec.calcMode !== "futures", "marginInitial", "a number above 0 for futures");
  expect(set || spec.marginMaintenance === 0, "marginMaintenance", "0 without marginInitial");
  expect(isAtLeast0(spec.marginRate), "marginRate", "0 or more");
  for (const kind of Object.keys(spec.marginRates) as MarginKind[]) {
    const rate = spec.marginRates[kind];
    const fits = rate === undefined || (isAtLeast0(rate.initial) && isAtLeast0(rate.maintenance ?? 0));
    expect(fits, "marginRates", `factors of 0 or more for ${kind}`);
  }
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isAbove(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function isAtLeast0(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function isSpan({ fromMinute, toMinute }: WeekSpan): boolean {
  return isWhole(fromMinute) && isWhole(toMinute) && fromMinute < toMinute && toMinute <= weekMinutes;
}
