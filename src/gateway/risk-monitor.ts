import type { Clock } from "../transport/clock.ts";
import type { Refusal } from "./request.ts";

/** Limits kept before an order is signed. Each may be left out; none ever stops a close. */
export interface RiskLimits {
  /** Loss since the day's first look at the account (UTC), in percent of the equity then; see `RiskStore`. */
  readonly maxDailyLossPercent?: number;
  /** Fall of the equity below its peak, the initial balance included, in percent. */
  readonly maxDrawdownPercent?: number;
  /** Lots of one order. */
  readonly maxOrderLots?: number;
  /** Lots of all open positions and of orders on their way, bought and sold alike. */
  readonly maxExposureLots?: number;
  /** The same for one symbol. */
  readonly maxSymbolExposureLots?: number;
  /** Orders in any minute. */
  readonly maxOrdersPerMinute?: number;
}

/** What the monitor looks at. */
export interface RiskSnapshot {
  /** Balance and floating profit. */
  readonly equity: number;
  /** The open positions; `volume` in lots. */
  readonly positions: readonly { readonly symbol: string; readonly volume: number }[];
  /** When the snapshot was asked for, on the monitor's clock. */
  readonly askedMs: number;
}

/** What losses are measured from. */
export interface RiskBaseline {
  /** The day, in UTC: `2026-01-15`. */
  readonly day: string;
  /** Equity at the day's first look at the account. */
  readonly dayEquity: number;
  /** Highest equity seen, the initial balance included. */
  readonly peakEquity: number;
}

/** Keeps the baseline beyond the process, so that a restart forgives no loss. One store for each account. */
export interface RiskStore {
  /** What was saved last; undefined if nothing ever was. */
  load(): Promise<RiskBaseline | undefined>;
  /** Resolves when a restart would find it. */
  save(baseline: RiskBaseline): Promise<void>;
}

/** The part of an order that is judged. */
export interface JudgedOrder {
  /** The order's name. */
  readonly uuid: string;
  /** The broker's exact name. */
  readonly symbol: string;
  /** Lots. */
  readonly volume: number;
}

/** Why the monitor refuses an order, as `errorCode` of the result. */
export const RiskCode = {
  STATE_UNKNOWN: "RISK_STATE_UNKNOWN",
  DAILY_LOSS: "RISK_DAILY_LOSS",
  DRAWDOWN: "RISK_DRAWDOWN",
  ORDER_SIZE: "RISK_ORDER_SIZE",
  EXPOSURE: "RISK_EXPOSURE",
  ORDER_RATE: "RISK_ORDER_RATE",
} as const;

interface Pending {
  readonly symbol: string;
  readonly volume: number;
  /** When its fill was told; undefined: nobody knows yet, so it counts. */
  filledMs: number | undefined;
}

const minuteMs = 60_000;
/** Volumes are sums of decimal fractions. */
const noiseLots = 1e-9;

/** Judges orders by the account's state as last seen, and by what is on its way. */
export class RiskMonitor {
  readonly #clock: Clock;
  readonly #limits: RiskLimits;
  readonly #pending = new Map<string, Pending>();
  #orderTimesMs: number[] = [];
  #snapshot: RiskSnapshot | undefined;
  #peak: number;
  #day = "";
  #dayEquity = 0;

  /**
   * Knows nothing of the account yet. `dayStartEquity` is what the first day's loss is measured from, for a process that
   * begins in the middle of a day. @throws RangeError for a limit or a balance that is no number above 0
   */
  constructor(
    clock: Clock,
    limits: RiskLimits,
    initialBalance: number | undefined,
    dayStartEquity?: number | undefined,
  ) {
    for (const [name, value] of Object.entries({ ...limits, initialBalance, dayStartEquity })) {
      if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
        throw new RangeError(`Cannot use ${name}: ${value} is not a number above 0`);
      }
    }
    this.#clock = clock;
    this.#limits = limits;
    this.#peak = initialBalance ?? 0;
    if (dayStartEquity === undefined) return;
    this.#day = this.#today();
    this.#dayEquity = dayStartEquity;
  }

  /** What losses are measured from now; undefined while the account has not been seen. */
  get baseline(): RiskBaseline | undefined {
    if (this.#day === "") return undefined;
    return { day: this.#day, dayEquity: this.#dayEquity, peakEquity: this.#peak };
  }

  /** Takes up what an earlier process measured from. A day that is over counts no more; the peak always does. */
  restore({ day, dayEquity, peakEquity }: RiskBaseline): void {
    this.#peak = Math.max(this.#peak, peakEquity);
    if (day !== this.#today()) return;
    this.#day = day;
    this.#dayEquity = dayEquity;
  }

  /** Whether the limits need the account's state. */
  get needsSnapshot(): boolean {
    const { maxDailyLossPercent, maxDrawdownPercent, maxExposureLots, maxSymbolExposureLots } = this.#limits;
    return [maxDailyLossPercent, maxDrawdownPercent, maxExposureLots, maxSymbolExposureLots].some(
      (limit) => limit !== undefined,
    );
  }

  /** Age of the last snapshot. */
  get snapshotAgeMs(): number {
    return this.#snapshot === undefined
      ? Number.POSITIVE_INFINITY
      : this.#clock.nowMs() - this.#snapshot.askedMs;
  }

  /** Takes what was seen of the account. Orders that were filled before it was asked for are among its positions. */
  update(snapshot: RiskSnapshot): void {
    this.#snapshot = snapshot;
    this.#peak = Math.max(this.#peak, snapshot.equity);
    const day = this.#today();
    if (day !== this.#day) {
      this.#day = day;
      this.#dayEquity = snapshot.equity;
    }
    for (const [uuid, { filledMs }] of this.#pending) {
      if (filledMs !== undefined && filledMs < snapshot.askedMs) this.#pending.delete(uuid);
    }
  }

  /** Admits an order, which then counts as on its way, or says why not. */
  admit(order: JudgedOrder): Refusal | undefined {
    const nowMs = this.#clock.nowMs();
    this.#orderTimesMs = this.#orderTimesMs.filter((at) => nowMs - at < minuteMs);
    const refusal = this.#judge(order);
    if (refusal !== undefined) return refusal;
    this.#orderTimesMs.push(nowMs);
    this.#pending.set(order.uuid, { symbol: order.symbol, volume: order.volume, filledMs: undefined });
    return undefined;
  }

  /** The order was filled; it counts until a later snapshot shows it. */
  filled(uuid: string): void {
    const pending = this.#pending.get(uuid);
    if (pending !== undefined) pending.filledMs = this.#clock.nowMs();
  }

  /** The order was certainly not executed. One whose outcome is unknown goes on counting. */
  notExecuted(uuid: string): void {
    this.#pending.delete(uuid);
  }

  #today(): string {
    return new Date(this.#clock.wallMs()).toISOString().slice(0, 10);
  }

  #judge({ uuid, symbol, volume }: JudgedOrder): Refusal | undefined {
    const limits = this.#limits;
    if (limits.maxOrderLots !== undefined && volume > limits.maxOrderLots + noiseLots) {
      return {
        code: RiskCode.ORDER_SIZE,
        message: `${volume} lots are more than the ${limits.maxOrderLots} of one order`,
      };
    }
    if (limits.maxOrdersPerMinute !== undefined && this.#orderTimesMs.length >= limits.maxOrdersPerMinute) {
      return {
        code: RiskCode.ORDER_RATE,
        message: `More than ${limits.maxOrdersPerMinute} orders in a minute`,
      };
    }
    if (!this.needsSnapshot) return undefined;
    const snapshot = this.#snapshot;
    if (snapshot === undefined) {
      return {
        code: RiskCode.STATE_UNKNOWN,
        message: "The account has not been seen yet, so its limits cannot be judged",
      };
    }
    return this.#judgeLoss(snapshot.equity) ?? this.#judgeExposure(snapshot, uuid, symbol, volume);
  }

  #judgeLoss(equity: number): Refusal | undefined {
    const { maxDailyLossPercent, maxDrawdownPercent } = this.#limits;
    const loss = percent(this.#dayEquity - equity, this.#dayEquity);
    if (maxDailyLossPercent !== undefined && loss >= maxDailyLossPercent) {
      return {
        code: RiskCode.DAILY_LOSS,
        message: `The day's loss is ${loss.toFixed(2)} %, at most ${maxDailyLossPercent} % are allowed`,
      };
    }
    const drawdown = percent(this.#peak - equity, this.#peak);
    if (maxDrawdownPercent !== undefined && drawdown >= maxDrawdownPercent) {
      return {
        code: RiskCode.DRAWDOWN,
        message: `The drawdown is ${drawdown.toFixed(2)} %, at most ${maxDrawdownPercent} % are allowed`,
      };
    }
    return undefined;
  }

  #judgeExposure(snapshot: RiskSnapshot, uuid: string, symbol: string, volume: number): Refusal | undefined {
    const { maxExposureLots, maxSymbolExposureLots } = this.#limits;
    const others = [...this.#pending].filter(([other]) => other !== uuid).map(([, pending]) => pending);
    const all = [...snapshot.positions, ...others];
    const total = sum(all) + volume;
    if (maxExposureLots !== undefined && total > maxExposureLots + noiseLots) {
      return {
        code: RiskCode.EXPOSURE,
        message: `${total.toFixed(2)} lots would be open, at most ${maxExposureLots} are allowed`,
      };
    }
    const ofSymbol = sum(all.filter((position) => position.symbol === symbol)) + volume;
    if (maxSymbolExposureLots !== undefined && ofSymbol > maxSymbolExposureLots + noiseLots) {
      return {
        code: RiskCode.EXPOSURE,
        message: `${ofSymbol.toFixed(2)} lots of ${symbol} would be open, at most ${maxSymbolExposureLots} are allowed`,
      };
    }
    return undefined;
  }
}

function sum(items: readonly { readonly volume: number }[]): number {
  return items.reduce((total, { volume }) => total + volume, 0);
}

function percent(part: number, whole: number): number {
  return whole > 0 ? (part / whole) * 100 : 0;
}
