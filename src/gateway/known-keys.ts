import { InvalidRequestError } from "../connector/errors.ts";
import { nearest } from "../connector/nearest.ts";
import type { CircuitBreakerOptions } from "../connector/options.ts";
import type { LiveClose, LiveOrder, MT5LiveConnectorOptions } from "./client-options.ts";
import type { RiskLimits } from "./risk-monitor.ts";

type Keys<T> = Readonly<Record<keyof T, true>>;

/** What each kind of object may hold; the compiler keeps the lists complete. */
interface Shapes {
  readonly order: Keys<LiveOrder>;
  readonly close: Keys<LiveClose>;
  readonly options: Keys<MT5LiveConnectorOptions>;
  readonly risk: Keys<RiskLimits>;
  readonly circuitBreaker: Keys<CircuitBreakerOptions>;
  readonly curve: Keys<NonNullable<MT5LiveConnectorOptions["curve"]>>;
}

const shapes: Shapes = {
  order: {
    symbol: true,
    type: true,
    volume: true,
    price: true,
    sl: true,
    tp: true,
    comment: true,
    uuid: true,
  },
  close: { symbol: true, volume: true, uuid: true },
  options: {
    gatewayHost: true,
    gatewayPort: true,
    initialBalance: true,
    risk: true,
    dayStartEquity: true,
    riskStore: true,
    riskMaxAgeMs: true,
    circuitBreaker: true,
    signatureSecret: true,
    curve: true,
    account: true,
    requestTimeoutMs: true,
    orderTimeoutMs: true,
  },
  risk: {
    maxDailyLossPercent: true,
    maxDrawdownPercent: true,
    maxOrderLots: true,
    maxExposureLots: true,
    maxSymbolExposureLots: true,
    maxOrdersPerMinute: true,
  },
  circuitBreaker: {
    failureThreshold: true,
    recoveryTimeoutMs: true,
    monitoringPeriodMs: true,
  },
  curve: { serverKey: true, clientKey: true },
};

/** The SDK's and other libraries' names of what v4.3 calls otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  stoploss: "sl",
  takeprofit: "tp",
  lots: "volume",
  side: "type",
};

/**
 * Throws unless a value is an object with known keys only. A misspelt `sl` would otherwise be an order without one, and
 * a misspelt limit none at all; TypeScript sees that in literals only.
 */
export function checkKnownKeys(given: unknown, shape: keyof Shapes, action: string): void {
  const known = Object.keys(shapes[shape]);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw refusal(action, `${String(given)} is no object`, known);
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const alias = otherNames[key.toLowerCase()];
    const meant = alias !== undefined && known.includes(alias) ? alias : nearest(key, known);
    throw refusal(action, `unknown key "${key}"`, known, meant);
  }
}

function refusal(
  action: string,
  state: string,
  known: readonly string[],
  meant?: string,
): InvalidRequestError {
  return new InvalidRequestError(`Cannot ${action}: ${state}`, {
    code: "INVALID_REQUEST",
    remedy: meant === undefined ? `Known here: ${known.join(", ")}` : `Did you mean ${meant}?`,
  });
}
