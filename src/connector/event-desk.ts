import { limits } from "../protocol/v1/limits.ts";
import type {
  AccountMessage,
  BarrierMessage,
  BookMessage,
  HintMessage,
  LedgerEvent,
  PulseMessage,
  TicksMessage,
} from "../protocol/v1/messages.ts";
import type { Timer } from "../transport/clock.ts";
import type { AgentClock } from "./agent-clock.ts";
import type { Books } from "./books.ts";
import type { CatchUp } from "./catch-up.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import type { EventTaker } from "./event-reader.ts";
import type { MirrorState } from "./mirror.ts";
import type { Outbox } from "./outbox.ts";
import type { SessionHooks } from "./session-deps.ts";
import type { SessionState } from "./session-state.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { TimerScope } from "./timers.ts";

/** What the desk hands messages to. */
export interface EventDeskDeps {
  readonly clientHex: string;
  readonly timers: TimerScope;
  readonly agentClock: AgentClock;
  readonly state: SessionState;
  readonly slot: ChannelSlot;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly books: Books;
  readonly mirror: MirrorState;
  readonly catchUp: CatchUp;
  readonly hooks: Pick<SessionHooks, "account" | "tick" | "heartbeat" | "changed">;
  sessionLost(reason: string): void;
  /** Brings the agent to live, or goes on with it. */
  run(): void;
  /** Asks the ledger for what is missing. */
  fill(): void;
}

/** While events are down, open commands are followed by asking for the ledger. */
const pollMs = 500;

/** Takes what comes on `events`, and notices when nothing comes (docs/protocol.md, 5). */
export class EventDesk implements EventTaker {
  readonly #deps: EventDeskDeps;
  #watchdog: Timer | undefined;
  #poll: Timer | undefined;

  constructor(deps: EventDeskDeps) {
    this.#deps = deps;
  }

  /** The connection is given up when no pulse comes in time. */
  watch(): void {
    const { timers, slot } = this.#deps;
    this.#watchdog?.cancel();
    const message = `no pulse for ${limits.silentAfterMs} ms`;
    this.#watchdog = timers.set(() => slot.reopen({ code: "heartbeat", message }), limits.silentAfterMs);
  }

  /** The connection is gone. */
  lost(): void {
    this.#watchdog?.cancel();
    this.pollLedger();
  }

  /** Outcomes come in the ledger; while events are down it is asked for them. */
  pollLedger(): void {
    const { timers, state, slot, outbox, fill } = this.#deps;
    this.#poll?.cancel();
    this.#poll = timers.set(() => {
      if (state.stopped || slot.isUp || state.established === undefined) return;
      this.pollLedger();
      if (outbox.open > 0 && state.isOpen) fill();
    }, pollMs);
  }

  ledger(event: LedgerEvent): void {
    const { catchUp, state, run } = this.#deps;
    catchUp.push(event);
    if (catchUp.hasGap && state.eventsLive) run();
  }

  barrier({ token }: BarrierMessage): void {
    this.#deps.catchUp.barrierHeard(token);
  }

  pulse(pulse: PulseMessage): void {
    const { state, agentClock, mirror, outbox, catchUp, hooks, sessionLost, fill } = this.#deps;
    this.watch();
    hooks.heartbeat();
    const { established } = state;
    if (established === undefined) return;
    if (pulse.epoch !== established.epoch) {
      sessionLost("the agent has restarted");
      return;
    }
    agentClock.message(pulse.agentMs);
    // A pulse says nothing about what came after it (5.2).
    if (pulse.agentMs <= established.sinceAgentMs) return;
    mirror.terminal = pulse.terminal;
    state.terminalTime(pulse.utcMs);
    const entry = pulse.sessions.find((session) => session.session === established.id);
    if (entry === undefined) {
      sessionLost("the agent has ended the session");
      return;
    }
    outbox.pulse(entry.command);
    const { position } = catchUp;
    if (state.eventsLive && position !== undefined && pulse.seq > position.seq) fill();
    hooks.changed();
  }

  account({ account, epoch, agentMs }: AccountMessage): void {
    const { mirror, state, hooks } = this.#deps;
    const current = mirror.filled && epoch === state.established?.epoch;
    if (current && mirror.setAccount(account, epoch, agentMs)) hooks.account();
  }

  hint(hint: HintMessage, client: string): void {
    const { clientHex, state, outbox } = this.#deps;
    if (client === clientHex && hint.epoch === state.established?.epoch) outbox.outcome(hint.outcome);
  }

  ticks(head: TicksMessage, bulk: Uint8Array | undefined): void {
    const { subscriptions, mirror, hooks } = this.#deps;
    subscriptions.receive(head, bulk, (symbol, tick) => {
      mirror.prices.set(symbol, tick);
      hooks.tick(symbol, tick);
    });
  }

  book(head: BookMessage, bulk: Uint8Array | undefined): void {
    this.#deps.books.receive(head, bulk);
  }
}
