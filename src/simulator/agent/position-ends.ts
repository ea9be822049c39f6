import { toVolumeUnits } from "../../domain/decimal.ts";
import type { DealRecord, PositionRecord } from "../../domain/records.ts";

/**
 * Says when a position that has vanished from the table is closed for certain: when its deals have taken out what was
 * left of it. An empty table alone proves nothing.
 */
export class PositionEnds {
  readonly #waitMs: number;
  /** Volume units that deals have taken out of a position and its record has not shown yet, by identifier. */
  readonly #takenOut: Map<string, number> = new Map();
  /** Vanished positions, with the time at which each was missed first, by ticket. */
  readonly #missedMs: Map<string, number> = new Map();

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Takes note of a deal, before the positions are compared. */
  deal(deal: DealRecord): void {
    if (deal.entry === "in") return;
    const before = this.#takenOut.get(deal.position) ?? 0;
    this.#takenOut.set(deal.position, before + toVolumeUnits(deal.volume));
  }

  /** The position stands in the table. */
  present(position: PositionRecord, known: PositionRecord | undefined): void {
    this.#missedMs.delete(position.ticket);
    const taken = this.#takenOut.get(position.identifier);
    if (taken === undefined) return;
    const shown = toVolumeUnits(known?.volume ?? position.volume) - toVolumeUnits(position.volume);
    if (known === undefined || taken <= shown) this.#takenOut.delete(position.identifier);
    else this.#takenOut.set(position.identifier, taken - Math.max(0, shown));
  }

  /** Whether a position that is not in the table any more is closed; if not, it is looked for a while. */
  isClosed(position: PositionRecord, nowMs: number): boolean {
    const taken = this.#takenOut.get(position.identifier) ?? 0;
    const missedMs = this.#missedMs.get(position.ticket) ?? nowMs;
    if (taken < toVolumeUnits(position.volume) && nowMs - missedMs < this.#waitMs) {
      this.#missedMs.set(position.ticket, missedMs);
      return false;
    }
    this.#missedMs.delete(position.ticket);
    this.#takenOut.delete(position.identifier);
    return true;
  }

  /** Forgets what deals took out of positions that nobody knows. */
  keepOnly(identifiers: ReadonlySet<string>): void {
    for (const identifier of this.#takenOut.keys()) {
      if (!identifiers.has(identifier)) this.#takenOut.delete(identifier);
    }
  }
}
