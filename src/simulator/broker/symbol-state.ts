import type { BrokerTimeZone } from "../../domain/broker-time.ts";
import type { PositionSide } from "../../domain/records.ts";
import type { MarketTick } from "../market/tick-source.ts";
import { BarStore } from "./bars.ts";
import type { SymbolSpec } from "./symbol-spec.ts";
import { TickRing } from "./tick-ring.ts";

/** Minute bars kept for each symbol: some ten weeks of them. */
const minuteBars = 100_000;

/** A symbol as it trades: its contract, its last tick and its tick history. */
export class SymbolState {
  readonly spec: SymbolSpec;
  readonly point: number;
  readonly ticks: TickRing;
  readonly bars: BarStore;
  /** Shown in Market Watch. */
  selected = false;
  #last: MarketTick | undefined;

  constructor(spec: SymbolSpec, tickHistory: number, zone: BrokerTimeZone) {
    this.spec = spec;
    this.point = 1 / 10 ** spec.digits;
    this.ticks = new TickRing(spec.name, tickHistory);
    this.bars = new BarStore(zone, this.point, minuteBars);
  }

  /** The last tick, if there has been one. */
  get last(): MarketTick | undefined {
    return this.#last;
  }

  push(tick: MarketTick): void {
    this.#last = tick;
    this.ticks.push(tick);
    this.bars.add(tick);
  }

  /** The price at which a side is opened: buying takes the ask. */
  openPrice(side: PositionSide): number {
    return (side === "buy" ? this.#last?.ask : this.#last?.bid) ?? 0;
  }

  /** The price at which a position of a side is closed: a buy is sold at the bid. */
  closePrice(side: PositionSide): number {
    return (side === "buy" ? this.#last?.bid : this.#last?.ask) ?? 0;
  }
}

/** The other side. */
export function opposite(side: PositionSide): PositionSide {
  return side === "buy" ? "sell" : "buy";
}
