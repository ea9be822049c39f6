import { toVolumeUnits } from "../../domain/decimal.ts";
import type { DealRecord, OrderRecord } from "../../domain/records.ts";
import { Retcode, retcode } from "../../domain/retcodes.ts";
import type { SendAccepted, Terminal, TradeRequestResult, TradeTransaction } from "../../domain/terminal.ts";
import type { ExecutedOutcome, Outcome } from "../../protocol/v1/messages.ts";
import type { Timer } from "../../transport/clock.ts";
import type { AgentLimits, AgentPointInfo } from "./agent-options.ts";
import { executedOutcome } from "./executed.ts";
import type { Journal } from "./journal.ts";
import { isCertain, type JournalEntry, outcomeHead, ownOrder, type StoredOutcome } from "./journal-entry.ts";
import { isPendingOrder } from "./order-kind.ts";
import type { Resolver } from "./resolver.ts";
import { isTicket, ticketBefore } from "./tickets.ts";
import type { World } from "./world.ts";

/** A command between its journal entry and its certain outcome. */
interface Flight {
  readonly entry: JournalEntry;
  requestId: number | undefined;
  /** The last answer of the trade server. */
  result: TradeRequestResult | undefined;
  /** Ends the wait for an answer. */
  timer: Timer | undefined;
  /** Lets the resolver look again. */
  lookTimer: Timer | undefined;
  /** Whether neither an answer has come nor the wait for it has ended. */
  unanswered: boolean;
  /** Whether an outcome has been published. */
  told: boolean;
  /** Whether a certain outcome is on its way: nothing replaces it any more. */
  decided: boolean;
}

/** A flight that is executed for certain, and whose outcome is published when the ledger has told of its deals. */
interface Dealing {
  readonly flight: Flight;
  readonly result: TradeRequestResult;
  /** What was journalled, once it was. */
  journalled: ExecutedOutcome | undefined;
  /** Scans done when the answer came: one more must be done, so that the ledger has told of all that came with it. */
  readonly scans: number;
  readonly untilMs: number;
  readonly timer: Timer;
}

/** What the outcomes need. */
export interface OutcomesOptions {
  readonly world: World;
  readonly terminal: Terminal;
  readonly limits: Pick<AgentLimits, "resultTimeoutMs" | "dealsWaitMs">;
  readonly journal: Journal;
  readonly resolver: Resolver;
  /** Asks for a scan; `afterScan` follows it. */
  readonly askScan: () => void;
  readonly publish: (client: string, outcome: Outcome) => void;
}

/** Follows each command to its outcome, writes that to the journal and publishes it (docs/protocol.md, 6.3). */
export class Outcomes {
  readonly #options: OutcomesOptions;
  readonly #flights: Map<JournalEntry, Flight> = new Map();
  readonly #byRequest: Map<number, Flight> = new Map();
  readonly #dealing: Map<Flight, Dealing> = new Map();
  /** Results that came while their request was still being sent. */
  #early: Map<number, TradeRequestResult> | undefined;
  #scans = 0;
  #waiting = 0;
  #unanswered = 0;
  /** How many unanswered changes an order or position has. */
  readonly #changing: Map<string, number> = new Map();
  /** Told whenever one command fewer is unanswered. */
  onAnswered: (() => void) | undefined;
  #idle: (() => void)[] = [];

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** Commands without any outcome yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Commands that were staged, and neither answered nor given up by now. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether a change of this order or position was staged, and neither answered nor given up by now. */
  isChanging(what: "order" | "position", ticket: string): boolean {
    return this.#changing.has(`${what} ${ticket}`);
  }

  /** Commands without a certain outcome. */
  get open(): number {
    return this.#flights.size;
  }

  /** Resolves when no command waits for its first outcome. */
  idle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Takes up a command that has been staged. */
  begin(entry: JournalEntry): void {
    this.#flights.set(entry, {
      entry,
      requestId: undefined,
      result: undefined,
      timer: undefined,
      lookTimer: undefined,
      unanswered: true,
      told: false,
      decided: false,
    });
    this.#waiting++;
    this.#unanswered++;
    this.#countChange(entry, 1);
    this.#options.resolver.watch(entry);
  }

  /** Takes up a command of an earlier run whose outcome is unknown. */
  resume(entry: JournalEntry): void {
    this.begin(entry);
    const flight = this.#flights.get(entry);
    if (flight !== undefined) this.#tell(flight);
    this.#options.resolver.touch(entry);
  }

  /** Forgets a command: it could not be made durable and was not sent, or the journal has dropped it. */
  forget(entry: JournalEntry): void {
    const flight = this.#flights.get(entry);
    if (flight !== undefined) this.#end(flight);
  }

  /** Gives a command that was never sent its outcome; `shown` is published in place of a tombstone. */
  unsent(entry: JournalEntry, outcome: StoredOutcome, shown: Outcome = outcome): void {
    const flight = this.#flights.get(entry);
    if (flight !== undefined) this.#settle(flight, outcome, shown);
  }

  /** Sends, and follows what comes of it. An answer may come before the call returns. */
  send(entry: JournalEntry, send: () => SendAccepted): void {
    const flight = this.#flights.get(entry);
    if (flight === undefined) throw new Error("Cannot send a command: it has no flight");
    const { world, limits } = this.#options;
    entry.sentMs = world.now();
    const early = new Map<number, TradeRequestResult>();
    this.#early = early;
    let accepted: SendAccepted;
    try {
      accepted = send();
    } catch (fault) {
      // Whether it went out before the call failed, nobody can tell.
      world.fault(fault, "orderSendAsync");
      this.#unknown(flight, 0, "The terminal failed while sending");
      return;
    } finally {
      this.#early = undefined;
    }
    if (accepted.sent) {
      flight.requestId = accepted.requestId;
      this.#byRequest.set(accepted.requestId, flight);
      flight.timer = world.timer("result timeout", () => this.#timedOut(flight), limits.resultTimeoutMs);
    }
    world.at("sent", pointInfo(entry), () => {
      const result = early.get(accepted.requestId);
      if (!accepted.sent) this.#refusedLocally(flight, accepted);
      else if (result !== undefined) this.#answered(flight, result);
    });
  }

  /** Takes a transaction of type `request`. */
  transaction(transaction: TradeTransaction): void {
    const { result } = transaction;
    if (result === undefined) return;
    const flight = this.#byRequest.get(result.requestId);
    if (flight === undefined) this.#early?.set(result.requestId, result);
    else this.#answered(flight, result);
  }

  /** Settles what the last scan has made certain. The ledger has told of orders, deals, positions and balance before. */
  afterScan(): void {
    this.#scans++;
    for (const dealing of this.#dealing.values()) this.#publishExecuted(dealing);
    for (const entry of this.#options.resolver.takeTouched()) {
      const flight = this.#flights.get(entry);
      // One that still waits for its answer is judged when that fails to come.
      if (flight?.told === true) this.#resolve(flight, () => undefined);
    }
  }

  /** Makes room for the next command. */
  #release(flight: Flight): void {
    if (!flight.unanswered) return;
    flight.unanswered = false;
    this.#unanswered--;
    this.#countChange(flight.entry, -1);
    this.onAnswered?.();
  }

  #countChange(entry: JournalEntry, by: 1 | -1): void {
    const target = entry.evidence?.target;
    if (target === undefined || target.what === "cancel") return;
    const key = `${target.what} ${target.ticket}`;
    const count = (this.#changing.get(key) ?? 0) + by;
    if (count === 0) this.#changing.delete(key);
    else this.#changing.set(key, count);
  }

  #refusedLocally(flight: Flight, accepted: SendAccepted): void {
    const { retcode: code, comment } = accepted;
    if (settlesAsDone(flight.entry, code, "0")) {
      const rest = { deal: "0", order: "0", volume: 0, price: 0, bid: 0, ask: 0, retcodeExternal: 0 };
      this.#executed(flight, { retcode: code, comment, requestId: accepted.requestId, ...rest });
    } else if (retcode(code).certainty === "no") this.#rejected(flight, code, comment);
    else this.#unknown(flight, code, comment);
  }

  #answered(flight: Flight, result: TradeRequestResult): void {
    const { world } = this.#options;
    world.at("resultReceived", pointInfo(flight.entry), () => {
      flight.result = result;
      const { certainty } = retcode(result.retcode);
      if (certainty === "yes" || settlesAsDone(flight.entry, result.retcode, result.order))
        this.#executed(flight, result);
      else if (certainty === "no") this.#rejected(flight, result.retcode, result.comment);
      else this.#answeredOpen(flight, result);
      this.#release(flight);
    });
  }

  /** The answer proves nothing. */
  #answeredOpen(flight: Flight, result: TradeRequestResult): void {
    if (isTicket(result.order)) this.#options.resolver.bind(flight.entry, result.order);
    // A market order that is placed is not settled: its execution is still to come.
    if (result.retcode === Retcode.PLACED) return;
    flight.timer?.cancel();
    // What the history shows may tell more than the answer does.
    this.#resolve(flight, () => this.#unknown(flight, result.retcode, result.comment));
  }

  /** The answer is journalled at once; its publication waits for the deals. */
  #executed(flight: Flight, result: TradeRequestResult): void {
    const { world, limits, journal, askScan } = this.#options;
    const { entry } = flight;
    if (flight.decided) return;
    flight.decided = true;
    flight.timer?.cancel();
    if (isTicket(result.order) && entry.evidence?.target === undefined) journal.claim(result.order, entry);
    const dealing: Dealing = {
      flight,
      result,
      journalled: undefined,
      scans: this.#scans,
      untilMs: world.now() + limits.dealsWaitMs,
      timer: world.timer("deals", () => this.#publishExecuted(dealing), limits.dealsWaitMs),
    };
    this.#dealing.set(flight, dealing);
    askScan();
    const { outcome } = this.#execution(dealing);
    world.at("beforeOutcome", pointInfo(entry), () => {
      journal.settle(entry, outcome, () => {
        world.at("outcomeJournalled", pointInfo(entry), () => {
          dealing.journalled = outcome;
          this.#publishExecuted(dealing);
        });
      });
    });
  }

  #publishExecuted(dealing: Dealing): void {
    const { world, journal, publish } = this.#options;
    const { flight, journalled } = dealing;
    const { entry } = flight;
    if (journalled === undefined || !this.#dealing.has(flight)) return;
    const { outcome, complete } = this.#execution(dealing);
    if (world.now() < dealing.untilMs && !(complete && this.#scans > dealing.scans)) return;
    this.#dealing.delete(flight);
    dealing.timer.cancel();
    if (outcome.deals.length > journalled.deals.length) journal.complete(entry, outcome);
    publish(entry.client, outcome);
    world.at("outcomePublished", pointInfo(entry), () => this.#end(flight));
  }

  #execution(dealing: Dealing): { readonly outcome: ExecutedOutcome; readonly complete: boolean } {
    const { flight, result } = dealing;
    const { entry } = flight;
    const target = entry.evidence?.target;
    if (target !== undefined) {
      const named = { ...result, order: target.what === "position" ? "0" : target.ticket, deal: "0" };
      const nowMs = dealing.journalled?.doneMs ?? this.#options.world.now();
      const nothing = { order: undefined, deals: [] };
      return { outcome: executedOutcome(entry, named, nothing, nowMs), complete: true };
    }
    const deals = this.#dealsOf(entry, result);
    const dealt = deals.reduce((sum, deal) => sum + toVolumeUnits(deal.volume), 0);
    const ticket = isTicket(result.order) ? result.order : deals[0]?.order;
    const order = isTicket(ticket) ? this.#finishedOrder(ticket) : undefined;
    const doneMs = dealing.journalled?.doneMs ?? this.#options.world.now();
    const waits = isPendingOrder(entry);
    return {
      outcome: executedOutcome(entry, result, { order, deals }, doneMs),
      // A pending order that was only placed has no deals yet.
      complete:
        (waits && !isTicket(result.deal)) || (deals.length > 0 && dealt >= toVolumeUnits(result.volume)),
    };
  }

  #dealsOf(entry: JournalEntry, result: TradeRequestResult): readonly DealRecord[] {
    const deals = this.#options.terminal.historyDeals(entry.evidence?.afterDeal ?? "0");
    if (isTicket(result.order)) return deals.filter((deal) => deal.order === result.order);
    const named = deals.find((deal) => deal.ticket === result.deal);
    return named === undefined ? [] : deals.filter((deal) => deal.order === named.order);
  }

  #finishedOrder(ticket: string): OrderRecord | undefined {
    const first = this.#options.terminal.historyOrders(ticketBefore(ticket))[0];
    return first?.ticket === ticket ? first : undefined;
  }

  #timedOut(flight: Flight): void {
    const { result } = flight;
    this.#resolve(flight, () =>
      this.#unknown(flight, result?.retcode ?? 0, result?.comment ?? "No answer came"),
    );
  }

  /** Lets the resolver judge; `open` is what to do if it cannot. */
  #resolve(flight: Flight, open: () => void): void {
    if (flight.decided) return;
    const { world, resolver, askScan } = this.#options;
    const verdict = resolver.verdict(flight.entry, false);
    if (verdict.state === "settled") {
      this.#settle(flight, verdict.outcome);
      return;
    }
    if (verdict.lookAgainMs !== undefined && flight.lookTimer === undefined) {
      const lookAgain = (): void => {
        flight.lookTimer = undefined;
        resolver.touch(flight.entry);
        askScan();
      };
      flight.lookTimer = world.timer("resolver", lookAgain, verdict.lookAgainMs);
    }
    open();
  }

  #rejected(flight: Flight, code: number, comment: string): void {
    const head = outcomeHead(flight.entry, this.#options.world.now());
    this.#settle(flight, { state: "rejected", ...head, retcode: code, comment });
  }

  #unknown(flight: Flight, code: number, comment: string): void {
    const { outcome } = flight.entry;
    if (outcome?.state === "unknown" && outcome.retcode === code) return;
    const head = outcomeHead(flight.entry, this.#options.world.now());
    this.#settle(flight, { state: "unknown", ...head, retcode: code, comment });
  }

  /**
   * Writes an outcome and publishes it, whether the write succeeded or not: what was done must be told. Outcomes of one
   * command pass in the order of their settling, since the journal's queue does.
   */
  #settle(flight: Flight, outcome: StoredOutcome, shown: Outcome = outcome): void {
    const { world, journal, publish } = this.#options;
    const { entry } = flight;
    if (flight.decided) return;
    flight.decided = isCertain(outcome);
    if (flight.decided) flight.timer?.cancel();
    const own = ownOrder(entry, outcome);
    if (own !== undefined) journal.claim(own, entry);
    world.at("beforeOutcome", pointInfo(entry), () => {
      journal.settle(entry, outcome, () => {
        world.at("outcomeJournalled", pointInfo(entry), () => {
          publish(entry.client, shown);
          world.at("outcomePublished", pointInfo(entry), () => {
            if (isCertain(outcome)) this.#end(flight);
            else this.#tell(flight);
          });
        });
      });
    });
  }

  /** The command has an outcome; without a certain one the search goes on. */
  #tell(flight: Flight): void {
    this.#release(flight);
    if (flight.told) return;
    flight.told = true;
    this.#waiting--;
    this.#options.resolver.touch(flight.entry);
    if (this.#waiting > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #end(flight: Flight): void {
    const { entry, requestId } = flight;
    flight.decided = true;
    flight.timer?.cancel();
    flight.lookTimer?.cancel();
    this.#flights.delete(entry);
    if (requestId !== undefined && this.#byRequest.get(requestId) === flight)
      this.#byRequest.delete(requestId);
    this.#dealing.get(flight)?.timer.cancel();
    this.#dealing.delete(flight);
    this.#tell(flight);
    this.#options.resolver.unwatch(entry);
  }
}

function pointInfo(entry: JournalEntry): AgentPointInfo {
  return { client: entry.client, id: entry.id };
}

/** Whether a return code that settles nothing of itself settles this kind of command (docs/protocol.md, 6.1). */
function settlesAsDone(entry: JournalEntry, code: number, order: string): boolean {
  const target = entry.evidence?.target;
  if (code === Retcode.NO_CHANGES) return target?.what === "order" || target?.what === "position";
  // "Placed" without a ticket names no order that stands.
  return code === Retcode.PLACED && isTicket(order) && isPendingOrder(entry);
}
