import { limits } from "../protocol/v1/limits.ts";
import type { SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readNothing } from "../protocol/v1/reply-schemas.ts";
import type { Channel } from "../transport/transport.ts";
import type { Books } from "./books.ts";
import type { CatchUp } from "./catch-up.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import type { Established, Handshake } from "./handshake.ts";
import type { Health } from "./health.ts";
import type { Log } from "./log.ts";
import type { MirrorState } from "./mirror.ts";
import type { Outbox } from "./outbox.ts";
import type { OutcomeDesk } from "./outcomes.ts";
import type { Answer, RequestOptions, Requests } from "./requests.ts";
import type { SessionState } from "./session-state.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** The agent answers a ping without looking anything up. */
const pingTimeoutMs = 2_000;
/** Short at first: the agent may have taken the question before the subscription, on which the token travels. */
const barrierWaitMs = 50;
const maxBarrierWaitMs = 2_000;

/** The parts of a session, as far as the way to live concerns them. */
export interface GoingLiveDeps {
  readonly state: SessionState;
  readonly slots: Readonly<Record<Channel, ChannelSlot>>;
  readonly log: Log;
  readonly handshake: Handshake;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly outcomes: OutcomeDesk;
  readonly subscriptions: Subscriptions;
  readonly books: Books;
  readonly mirror: MirrorState;
  readonly catchUp: CatchUp;
  readonly health: Health;
  ask<T>(
    op: SyncOp,
    args: Readonly<Record<string, unknown>>,
    read: Reader<T>,
    options?: Partial<RequestOptions>,
  ): Promise<Answer<T>>;
  /** Commands may be sent in a session. */
  begun(): void;
  /** Whether the agent is live may have changed. */
  changed(): void;
}

/** The steps in which an agent is brought to live, in their order (docs/protocol.md, 4 to 6). */
export class GoingLive {
  readonly #deps: GoingLiveDeps;

  constructor(deps: GoingLiveDeps) {
    this.#deps = deps;
  }

  /** Does every step that is to be done on the connections as they are. */
  async converge(): Promise<void> {
    const { state, slots, subscriptions, books, catchUp, outbox } = this.#deps;
    const { sync, events } = slots;
    if (!sync.isUp || state.stopped) return;
    if (state.established === undefined) await this.#open();
    else if (state.checkedGeneration !== sync.generation) await this.#check(sync.generation);
    const { established } = state;
    if (established === undefined) return;
    if (state.begun !== established) await this.#begin(established);
    await subscriptions.restore();
    await books.restore();
    if (events.isUp && state.liveGeneration !== events.generation) await this.#goLive(events.generation);
    else if (catchUp.hasGap) await catchUp.fill();
    outbox.askPending();
  }

  /** Challenge and hello (4.1). */
  async #open(): Promise<void> {
    const { state, slots, requests, subscriptions, books, mirror, health, log, changed } = this.#deps;
    const { generation } = slots.sync;
    const established = await this.#deps.handshake.open();
    const { id, epoch, hello } = established;
    state.open(established, generation);
    requests.setSession(established);
    subscriptions.invalidate();
    books.invalidate();
    mirror.terminal = hello.terminal;
    // The terminal may have been changed meanwhile.
    mirror.symbols.clear();
    health.keep(hello.leaseMs);
    const brokerTime = state.brokerTime?.source;
    log.info("A session is open", { session: id, epoch, agent: hello.agent, brokerTime });
    changed();
  }

  /** A session outlives the connection that it was opened on. */
  async #check(generation: number): Promise<void> {
    const { state, ask, changed } = this.#deps;
    await ask("ping", {}, readNothing, { timeoutMs: pingTimeoutMs });
    state.checkedGeneration = generation;
    changed();
  }

  /** Before commands are sent in a session: everything that this client has not been told of its earlier ones. */
  async #begin(established: Established): Promise<void> {
    const { state, catchUp, outcomes, outbox, begun } = this.#deps;
    const { untold, hello } = established;
    // What the ledger says about open commands is heard before any of them is sent again.
    if (catchUp.follows) await catchUp.fill();
    if (untold !== undefined) await outcomes.deliverUntold(untold.outcomes, untold.moreOutcomes);
    established.untold = undefined;
    if (state.established !== established) return;
    state.begun = established;
    outbox.startSession(established, hello.limits);
    begun();
  }

  /** Barrier, then gap fill or snapshot (4.2). */
  async #goLive(generation: number): Promise<void> {
    const { state, slots, catchUp, log, changed } = this.#deps;
    const { events } = slots;
    const { established } = state;
    const still = (): boolean =>
      !state.stopped && state.established === established && events.isUp && events.generation === generation;
    let waitMs = barrierWaitMs;
    let waitedMs = 0;
    while (!(await catchUp.barrier(waitMs))) {
      if (!still()) return;
      waitedMs += waitMs;
      if (waitedMs > limits.silentAfterMs) {
        const message = `no barrier came through in ${waitedMs} ms`;
        events.reopen({ code: "heartbeat", message });
        return;
      }
      waitMs = Math.min(maxBarrierWaitMs, waitMs * 2);
    }
    await catchUp.run();
    if (!still()) return;
    state.liveGeneration = generation;
    state.lastError = undefined;
    log.debug("The ledger is followed", { position: catchUp.position });
    changed();
  }
}
