import type { LedgerEvent, LedgerPayload, SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readNothing, readSince, readSnapshot } from "../protocol/v1/reply-schemas.ts";
import type { Timer } from "../transport/clock.ts";
import { type RandomBytes, randomName } from "./backoff.ts";
import { MT5Error, ProtocolError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { LedgerFeed, type LedgerPosition } from "./ledger-feed.ts";
import type { Log } from "./log.ts";
import type { MirrorState } from "./mirror.ts";
import type { Answer } from "./requests.ts";
import type { TimerScope } from "./timers.ts";

/** What catching up needs from the session. */
export interface CatchUpDeps {
  readonly mirror: MirrorState;
  readonly timers: TimerScope;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly resyncGate: Gate;
  ask<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    timeoutMs?: number,
  ): Promise<Answer<T>>;
  /** The session's epoch, while there is one. */
  epoch(): number | undefined;
  /** Broker time when the session was opened. */
  brokerMs(): number;
  /** The next event of the ledger. */
  applied(event: LedgerEvent): void;
  /** What a snapshot shows to have happened unheard. */
  recovered(event: LedgerPayload): void;
  /** A snapshot is in the mirror. */
  replaced(): void;
  /** The ledger goes on at a snapshot: what outcomes it told before is not heard. */
  interrupted(): void;
}

/** The agent answers a barrier without looking anything up. */
const maxBarrierAnswerMs = 2_000;
/** Listings whose cursor ran out are begun again so often. */
const maxListings = 3;
/** Rounds of asking for a gap in which nothing comes. */
const maxIdleRounds = 3;

/** Keeps the ledger without holes: barrier, gap fill and snapshot (docs/protocol.md, 4.2 and 5.1). */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  readonly #feed: LedgerFeed;
  readonly #barriers: Map<string, (heard: boolean) => void> = new Map();
  /** Something is known to be missing that no parked event shows. */
  needed = false;

  constructor(deps: CatchUpDeps) {
    this.#deps = deps;
    this.#feed = new LedgerFeed((event) => deps.applied(event));
  }

  /** The last event applied. */
  get position(): LedgerPosition | undefined {
    return this.#feed.position;
  }

  /** Whether the ledger of the session's epoch is followed from some point on. */
  get follows(): boolean {
    return this.#feed.position !== undefined && this.#feed.position.epoch === this.#deps.epoch();
  }

  /** Whether events are known to be missing. */
  get hasGap(): boolean {
    return this.follows && (this.needed || this.#feed.hasGap);
  }

  /** Takes an event from the channel. */
  push(event: LedgerEvent): void {
    this.#feed.push(event);
  }

  /** Resolves when everything up to a place is applied; undefined if it is. */
  reached(place: LedgerPosition): Promise<void> | undefined {
    return this.#feed.reached(place);
  }

  /** Takes a token from the channel. */
  barrierHeard(token: string): void {
    this.#barriers.get(token)?.(true);
  }

  /** Ends the waiting for a barrier: its connection is gone. */
  cancel(): void {
    for (const end of [...this.#barriers.values()]) end(false);
  }

  /** Lets everything that waits go on; nothing more will come. */
  end(): void {
    this.cancel();
    this.#feed.end();
  }

  /** Asks for a barrier with a fresh token. True when it came. */
  async barrier(waitMs: number): Promise<boolean> {
    const token = randomName(this.#deps.randomBytes);
    let timer: Timer | undefined;
    let give: (heard: boolean) => void = () => undefined;
    const heard = new Promise<boolean>((resolve) => {
      give = resolve;
      this.#barriers.set(token, resolve);
    });
    try {
      await this.#deps.ask("barrier", { token }, readNothing, maxBarrierAnswerMs);
      // The token was published before the answer was sent: it is here by now, or soon.
      timer = this.#deps.timers.set(() => give(false), waitMs);
      return await heard;
    } finally {
      timer?.cancel();
      this.#barriers.delete(token);
    }
  }

  /** Brings the mirror to the ledger's present. */
  async run(): Promise<void> {
    if (this.follows) await this.fill();
    else await this.#snapshot();
  }

  /** Asks for the events that are missing, until none is. */
  async fill(): Promise<void> {
    const { ask } = this.#deps;
    let idleRounds = 0;
    try {
      while (this.follows) {
        this.needed = false;
        const position = this.#feed.position;
        if (position === undefined) return;
        const { result } = await ask("ledger.since", { ...position }, readSince);
        for (const event of result.events) this.#feed.push(event);
        if (result.complete && !this.hasGap) return;
        idleRounds = this.#feed.position?.seq === position.seq ? idleRounds + 1 : 0;
        if (idleRounds >= maxIdleRounds) {
          throw new ProtocolError(
            "Cannot fill a gap of the ledger: the agent gives no events behind the last one",
            {
              code: "BAD_LEDGER",
              remedy: "Restart the agent; the connector takes a snapshot then",
            },
          );
        }
      }
    } catch (error) {
      this.needed = true;
      if (!(error instanceof MT5Error) || error.code !== "LEDGER_GONE") throw error;
      await this.#snapshot();
    }
  }

  /** The first snapshot is taken at once; later ones take turns with the other agents. */
  async #snapshot(): Promise<void> {
    if (this.#deps.mirror.filled) await this.#deps.resyncGate.run(() => this.#takeSnapshot());
    else await this.#takeSnapshot();
  }

  async #takeSnapshot(): Promise<void> {
    const { ask, mirror } = this.#deps;
    const args = { since: mirror.since(this.#deps.brokerMs()) };
    for (let attempt = 1; ; attempt++) {
      try {
        const first = await ask("snapshot", args, readSnapshot);
        const { account } = first.result;
        const positions = [...first.result.positions];
        const orders = [...first.result.orders];
        const historyOrders = [...first.result.historyOrders];
        const deals = [...first.result.deals];
        for (let cursor = first.result.more; cursor !== null; ) {
          const { result } = await ask("snapshot", { ...args, cursor }, readSnapshot);
          positions.push(...result.positions);
          orders.push(...result.orders);
          historyOrders.push(...result.historyOrders);
          deals.push(...result.deals);
          cursor = result.more;
        }
        this.#replace({ account, positions, orders, historyOrders, deals }, first);
        return;
      } catch (error) {
        const again = error instanceof MT5Error && error.code === "BAD_CURSOR" && attempt < maxListings;
        if (!again) throw error;
      }
    }
  }

  #replace(
    snapshot: Parameters<MirrorState["replace"]>[0],
    at: { readonly epoch: number; readonly seq: number; readonly agentMs: number },
  ): void {
    const { mirror, log, recovered, replaced, interrupted } = this.#deps;
    const differences = mirror.replace(snapshot, at.epoch, at.agentMs);
    this.needed = false;
    if (differences.length > 0) {
      log.warn("The ledger was interrupted: what happened was worked out from a snapshot", {
        differences: differences.length,
      });
    }
    for (const difference of differences) recovered(difference);
    this.#feed.reset({ epoch: at.epoch, seq: at.seq });
    replaced();
    // Also in a new epoch: an outcome may have been told between hello and the snapshot's place.
    interrupted();
  }
}
