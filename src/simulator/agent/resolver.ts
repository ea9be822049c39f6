import { toVolumeUnits } from "../../domain/decimal.ts";
import type { DealRecord, OrderRecord } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal } from "../../domain/terminal.ts";
import { executedOutcome } from "./executed.ts";
import type { Evidence, JournalEntry, StoredOutcome } from "./journal-entry.ts";
import { outcomeHead } from "./journal-entry.ts";
import { isOfKind, isPendingOrder } from "./order-kind.ts";
import { judgeTarget } from "./targets.ts";
import { compareTickets, isTicket, ticketBefore } from "./tickets.ts";

/** A fingerprint is looked for in this span around the time at which the command was journalled, in broker time. */
const beforeMs = 2_000;
const afterMs = 300_000;

const tagPattern = /~[A-Za-z0-9_-]{10}$/;

/** An order, with its deals, that may be a command's. */
interface Candidate {
  order: OrderRecord | undefined;
  finished: boolean;
  readonly deals: DealRecord[];
  readonly firstSeenMs: number;
  /** The unsettled entries that it may belong to. */
  readonly claimants: Set<JournalEntry>;
}

/** What the resolver needs. */
export interface ResolverOptions {
  readonly terminal: Terminal;
  readonly now: () => number;
  readonly dealsWaitMs: number;
  /** The entry that accounts for an order already. */
  readonly claimant: (order: string) => JournalEntry | undefined;
}

/** What the resolver makes of an entry. */
export type Verdict =
  | { readonly state: "settled"; readonly outcome: StoredOutcome }
  /** Nothing can be told, or not yet. */
  | { readonly state: "open"; readonly lookAgainMs?: number };

/** Finds what became of commands whose answer is missing, by the traces that they left (docs/protocol.md, 6.4). */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #watched: Map<JournalEntry, Set<string>> = new Map();
  readonly #byTag: Map<string, JournalEntry> = new Map();
  readonly #byMagic: Map<string, JournalEntry> = new Map();
  /** Entries without a tag, by symbol. */
  readonly #bySymbol: Map<string, Set<JournalEntry>> = new Map();
  /** Entries that change an order or a position, by its ticket. */
  readonly #byTarget: Map<string, Set<JournalEntry>> = new Map();
  readonly #candidates: Map<string, Candidate> = new Map();
  /** Entries whose order an answer has named. */
  readonly #byOrder: Map<string, JournalEntry> = new Map();
  readonly #orderOf: Map<JournalEntry, string> = new Map();
  /** Entries about which something new is known. */
  readonly #touched: Set<JournalEntry> = new Set();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Watches out for traces of an entry. */
  watch(entry: JournalEntry): void {
    const { evidence } = entry;
    if (evidence === undefined || this.#watched.has(entry)) return;
    this.#watched.set(entry, new Set());
    const { target } = evidence;
    if (target !== undefined) addTo(this.#byTarget, target.ticket, entry);
    else if (evidence.commentTag !== "") this.#byTag.set(evidence.commentTag, entry);
    else if (evidence.magicTag) this.#byMagic.set(evidence.magic, entry);
    else addTo(this.#bySymbol, evidence.symbol, entry);
  }

  /** Ties an entry to the order that the trade server has named: nothing else is its trace from now on. */
  bind(entry: JournalEntry, order: string): void {
    if (!this.#watched.has(entry) || this.#orderOf.has(entry)) return;
    if (entry.evidence?.target !== undefined) return;
    this.#orderOf.set(entry, order);
    this.#byOrder.set(order, entry);
    this.#candidate(order, entry);
    const { terminal } = this.#options;
    const active = terminal.orders().find((record) => record.ticket === order);
    if (active !== undefined) this.observeOrder(active, false);
    for (const deal of terminal.historyDeals(entry.evidence?.afterDeal ?? "0")) {
      if (deal.order === order) this.observeDeal(deal);
    }
  }

  /** Forgets an entry that is settled. */
  unwatch(entry: JournalEntry): void {
    const { evidence } = entry;
    const orders = this.#watched.get(entry);
    if (evidence === undefined || orders === undefined) return;
    this.#watched.delete(entry);
    this.#touched.delete(entry);
    if (this.#byTag.get(evidence.commentTag) === entry) this.#byTag.delete(evidence.commentTag);
    if (this.#byMagic.get(evidence.magic) === entry) this.#byMagic.delete(evidence.magic);
    const bound = this.#orderOf.get(entry);
    if (bound !== undefined) this.#byOrder.delete(bound);
    this.#orderOf.delete(entry);
    removeFrom(this.#bySymbol, evidence.symbol, entry);
    if (evidence.target !== undefined) removeFrom(this.#byTarget, evidence.target.ticket, entry);
    for (const order of orders) {
      const candidate = this.#candidates.get(order);
      candidate?.claimants.delete(entry);
      if (candidate?.claimants.size === 0) {
        this.#candidates.delete(order);
      }
      // What two could claim may now be the other's alone.
      for (const other of candidate?.claimants ?? []) this.#touched.add(other);
    }
  }

  /** Looks through the terminal's tables and history for all watched entries. */
  recall(): void {
    let afterOrder: string | undefined;
    let afterDeal: string | undefined;
    for (const { evidence } of this.#watched.keys()) {
      if (evidence === undefined) continue;
      if (afterOrder === undefined || compareTickets(evidence.afterOrder, afterOrder) < 0) {
        afterOrder = evidence.afterOrder;
      }
      if (afterDeal === undefined || compareTickets(evidence.afterDeal, afterDeal) < 0) {
        afterDeal = evidence.afterDeal;
      }
    }
    if (afterOrder === undefined || afterDeal === undefined) return;
    const { terminal } = this.#options;
    for (const order of terminal.orders()) this.observeOrder(order, false);
    for (const order of terminal.historyOrders(afterOrder)) this.observeOrder(order, true);
    for (const deal of terminal.historyDeals(afterDeal)) this.observeDeal(deal);
  }

  /** Takes note of a position that is not as it was. */
  observePosition(ticket: string): void {
    for (const entry of this.#byTarget.get(ticket) ?? []) this.#touched.add(entry);
  }

  /** Takes note of an order. */
  observeOrder(order: OrderRecord, finished: boolean): void {
    if (this.#watched.size === 0) return;
    for (const entry of this.#byTarget.get(order.ticket) ?? []) this.#touched.add(entry);
    for (const entry of this.#matchOrder(order)) {
      const candidate = this.#candidate(order.ticket, entry);
      candidate.order = order;
      candidate.finished ||= finished;
    }
  }

  /** Takes note of a deal. */
  observeDeal(deal: DealRecord): void {
    if (this.#watched.size === 0 || !isTicket(deal.order)) return;
    for (const entry of this.#matchDeal(deal)) {
      const candidate = this.#candidate(deal.order, entry);
      if (!candidate.deals.some((known) => known.ticket === deal.ticket)) candidate.deals.push(deal);
    }
  }

  /** Takes the entries about which something is new. */
  takeTouched(): readonly JournalEntry[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  /** Looks at an entry again next time. */
  touch(entry: JournalEntry): void {
    if (this.#watched.has(entry)) this.#touched.add(entry);
  }

  /** What the traces prove. `atOnce`: what is there must do, nothing more is waited for. */
  verdict(entry: JournalEntry, atOnce: boolean): Verdict {
    const target = entry.evidence?.target;
    if (target !== undefined) {
      const { terminal, now } = this.#options;
      const outcome = judgeTarget(terminal, entry, target, now());
      return outcome === undefined ? { state: "open" } : { state: "settled", outcome };
    }
    const order = this.#orderOf.get(entry) ?? this.#onlyCandidate(entry);
    const candidate = order === undefined ? undefined : this.#candidates.get(order);
    if (order === undefined || candidate === undefined) return { state: "open" };
    if (!candidate.finished) this.#lookUp(order, candidate);
    return this.#judge(entry, order, candidate, atOnce);
  }

  /** Several candidates, or one that several commands could have made: then nobody can tell. */
  #onlyCandidate(entry: JournalEntry): string | undefined {
    const orders = [...(this.#watched.get(entry) ?? [])].filter((order) => {
      const claimant = this.#options.claimant(order) ?? this.#byOrder.get(order) ?? entry;
      return claimant === entry && this.#kindFits(entry, order) && !this.#closesAnother(entry, order);
    });
    const [order] = orders;
    if (order === undefined || orders.length > 1) return undefined;
    return (this.#candidates.get(order)?.claimants.size ?? 0) > 1 ? undefined : order;
  }

  /** What only its deals have shown so far may be another kind of order. */
  #kindFits(entry: JournalEntry, ticket: string): boolean {
    const candidate = this.#candidates.get(ticket);
    const { evidence } = entry;
    if (candidate === undefined || evidence === undefined) return false;
    candidate.order ??= this.#options.terminal.orders().find((order) => order.ticket === ticket);
    if (!candidate.finished) this.#lookUp(ticket, candidate);
    return candidate.order === undefined || isOfKind(candidate.order, evidence);
  }

  /** An order whose deals go out has closed something: it is no market order's, however alike it looks. */
  #closesAnother(entry: JournalEntry, order: string): boolean {
    if (entry.evidence?.position !== "0" || !this.#hedging()) return false;
    const deals = this.#options.terminal.historyDeals(entry.evidence.afterDeal);
    return deals.some((deal) => deal.order === order && goesOut(deal));
  }

  #hedging(): boolean {
    return this.#options.terminal.account().marginMode === "hedging";
  }

  /** That an order stands or has stood in the book is what was asked, however it ended. */
  #judgePending(entry: JournalEntry, order: string, candidate: Candidate): Verdict {
    const { order: record, deals } = candidate;
    const isTaken = deals.length > 0 || (record !== undefined && takenStates.has(record.state));
    if (isTaken) {
      const { volumeInitial: volume = 0, price = 0 } = record ?? {};
      const result = { retcode: Retcode.DONE, comment: "", order, deal: "0", volume, price };
      const execution = { order: record, deals };
      return {
        state: "settled",
        outcome: executedOutcome(entry, result, execution, this.#options.now()),
      };
    }
    return record?.state === "rejected"
      ? { state: "settled", outcome: notExecuted(entry, record, this.#options.now()) }
      : { state: "open" };
  }

  #judge(entry: JournalEntry, order: string, candidate: Candidate, atOnce: boolean): Verdict {
    if (isPendingOrder(entry)) return this.#judgePending(entry, order, candidate);
    const { deals, finished } = candidate;
    const record = candidate.order;
    const filled =
      record === undefined ? 0 : toVolumeUnits(record.volumeInitial) - toVolumeUnits(record.volumeCurrent);
    if (deals.length === 0 && filled <= 0) {
      return finished && record !== undefined && isDeadState(record)
        ? { state: "settled", outcome: notExecuted(entry, record, this.#options.now()) }
        : { state: "open" };
    }
    const dealt = deals.reduce((sum, deal) => sum + toVolumeUnits(deal.volume), 0);
    const waitMs = candidate.firstSeenMs + this.#options.dealsWaitMs - this.#options.now();
    if (!atOnce && waitMs > 0 && !(finished && dealt >= filled)) {
      return { state: "open", lookAgainMs: waitMs };
    }
    // Still being filled: what there is so far may not be all.
    if (!finished && record !== undefined && !atOnce) return { state: "open" };
    const wanted = toVolumeUnits(entry.evidence?.volume ?? 0);
    const retcode = Math.max(filled, dealt) >= wanted ? Retcode.DONE : Retcode.DONE_PARTIAL;
    const outcome = executedOutcome(
      entry,
      { retcode, comment: "", order, deal: "0", volume: 0, price: 0 },
      { order: record, deals },
      this.#options.now(),
    );
    return { state: "settled", outcome };
  }

  /** The order may have finished without having been seen, or have been matched by its deals alone. */
  #lookUp(ticket: string, candidate: Candidate): void {
    const first = this.#options.terminal.historyOrders(ticketBefore(ticket))[0];
    if (first?.ticket !== ticket) return;
    candidate.order = first;
    candidate.finished = true;
  }

  #candidate(order: string, entry: JournalEntry): Candidate {
    let candidate = this.#candidates.get(order);
    if (candidate === undefined) {
      candidate = {
        order: undefined,
        finished: false,
        deals: [],
        firstSeenMs: this.#options.now(),
        claimants: new Set(),
      };
      this.#candidates.set(order, candidate);
    }
    candidate.claimants.add(entry);
    this.#watched.get(entry)?.add(order);
    this.#touched.add(entry);
    return candidate;
  }

  #matchOrder(order: OrderRecord): readonly JournalEntry[] {
    const named = this.#byOrder.get(order.ticket);
    if (named !== undefined) return [named];
    const tagged = this.#tagged(order);
    if (tagged !== undefined) {
      const { evidence } = tagged;
      const fits = evidence !== undefined && isOfKind(order, evidence);
      return fits && isNewer(order.ticket, evidence.afterOrder) ? [tagged] : [];
    }
    return this.#untagged(
      order.symbol,
      (evidence) =>
        isNewer(order.ticket, evidence.afterOrder) &&
        isOfKind(order, evidence) &&
        (evidence.positionBy === undefined
          ? order.magic === evidence.magic &&
            toVolumeUnits(order.volumeInitial) === toVolumeUnits(evidence.volume)
          : order.positionBy === evidence.positionBy) &&
        order.reason === "expert" &&
        (evidence.position === "0" || order.position === evidence.position) &&
        isInTime(order.setupBrokerMs, evidence),
    );
  }

  #matchDeal(deal: DealRecord): readonly JournalEntry[] {
    const named = this.#byOrder.get(deal.order);
    if (named !== undefined) return [named];
    const tagged = this.#tagged(deal);
    if (tagged !== undefined) {
      const { evidence } = tagged;
      return evidence?.side === deal.kind && isNewer(deal.ticket, evidence.afterDeal) ? [tagged] : [];
    }
    const opens = !(this.#hedging() && goesOut(deal));
    return this.#untagged(
      deal.symbol,
      (evidence) =>
        isNewer(deal.ticket, evidence.afterDeal) &&
        (evidence.positionBy === undefined
          ? deal.kind === evidence.side &&
            toVolumeUnits(deal.volume) <= toVolumeUnits(evidence.volume) &&
            deal.magic === evidence.magic &&
            (evidence.position === "0" ? opens : deal.position === evidence.position)
          : deal.entry === "outBy" && deal.position === evidence.position) &&
        deal.reason === "expert" &&
        isInTime(deal.timeBrokerMs, evidence),
    );
  }

  /** What closes a position may inherit its comment and magic; the side tells it from what opened it. */
  #tagged(record: OrderRecord | DealRecord): JournalEntry | undefined {
    const tag = tagPattern.exec(record.comment)?.[0];
    const entry = (tag === undefined ? undefined : this.#byTag.get(tag)) ?? this.#byMagic.get(record.magic);
    return entry?.evidence?.symbol === record.symbol ? entry : undefined;
  }

  #untagged(symbol: string, matches: (evidence: Evidence) => boolean): readonly JournalEntry[] {
    const found: JournalEntry[] = [];
    for (const entry of this.#bySymbol.get(symbol) ?? []) {
      if (entry.evidence !== undefined && matches(entry.evidence)) found.push(entry);
    }
    return found;
  }
}

function addTo(index: Map<string, Set<JournalEntry>>, key: string, entry: JournalEntry): void {
  const same = index.get(key);
  if (same === undefined) index.set(key, new Set([entry]));
  else same.add(entry);
}

function removeFrom(index: Map<string, Set<JournalEntry>>, key: string, entry: JournalEntry): void {
  const same = index.get(key);
  same?.delete(entry);
  if (same?.size === 0) index.delete(key);
}

/** States of an order that the trade server has taken into its book, whatever became of it. */
const takenStates: ReadonlySet<OrderRecord["state"]> = new Set([
  "placed",
  "partial",
  "filled",
  "cancelled",
  "expired",
  "requestModify",
  "requestCancel",
] as const);

function goesOut(deal: DealRecord): boolean {
  return deal.entry === "out" || deal.entry === "outBy";
}

function isNewer(ticket: string, after: string | undefined): boolean {
  return after !== undefined && compareTickets(ticket, after) > 0;
}

function isInTime(brokerMs: number, evidence: Evidence): boolean {
  return brokerMs >= evidence.brokerMs - beforeMs && brokerMs <= evidence.brokerMs + afterMs;
}

function isDeadState(order: OrderRecord): boolean {
  return order.state === "cancelled" || order.state === "rejected" || order.state === "expired";
}

/** The trade server took the order and ended it without a fill: nothing was done, and nothing more can come. */
function notExecuted(entry: JournalEntry, order: OrderRecord, nowMs: number): StoredOutcome {
  return {
    state: "rejected",
    ...outcomeHead(entry, nowMs),
    retcode: order.state === "rejected" ? Retcode.REJECT : Retcode.CANCEL,
    comment: `Order ${order.ticket} ended as ${order.state} without a fill`,
  };
}
