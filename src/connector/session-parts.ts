import type { LedgerEvent } from "../protocol/v1/messages.ts";
import { readNothing } from "../protocol/v1/reply-schemas.ts";
import { createSigner, type Signer, toHex } from "../protocol/v1/signing.ts";
import { AgentClock } from "./agent-clock.ts";
import { randomName } from "./backoff.ts";
import { Books } from "./books.ts";
import { CatchUp } from "./catch-up.ts";
import { Convergence } from "./convergence.ts";
import { EventDesk } from "./event-desk.ts";
import { GoingLive } from "./going-live.ts";
import { Handshake } from "./handshake.ts";
import { Health } from "./health.ts";
import { Inquiries } from "./inquiries.ts";
import { MirrorState } from "./mirror.ts";
import { Outbox } from "./outbox.ts";
import { OutcomeDesk } from "./outcomes.ts";
import { Requests } from "./requests.ts";
import type { SessionDeps } from "./session-deps.ts";
import { SessionState } from "./session-state.ts";
import { Subscriptions, type SubscriptionsDeps } from "./subscriptions.ts";

/** What the agent can answer without looking anything up is asked again after so long. */
const shortAnswerMs = 2_000;

/** What concerns several parts, and is therefore the session's to do. */
export interface SessionActs {
  sessionLost(reason: string): void;
  /** Asks the ledger for what is missing. */
  fill(): void;
  /** The next event of the ledger. */
  applied(event: LedgerEvent): void;
  /** The agent could not be brought to live. True: time alone may help. */
  failed(error: Error): boolean;
}

/** The parts of a session, each with a file of its own. */
export interface SessionParts {
  /** This client's public key, as topics and outcomes name it. */
  readonly clientHex: string;
  readonly state: SessionState;
  readonly agentClock: AgentClock;
  readonly mirror: MirrorState;
  readonly requests: Requests;
  readonly inquiries: Inquiries;
  readonly outbox: Outbox;
  readonly outcomes: OutcomeDesk;
  readonly catchUp: CatchUp;
  readonly health: Health;
  readonly subscriptions: Subscriptions;
  readonly books: Books;
  readonly convergence: Convergence;
  readonly events: EventDesk;
}

/** Puts the parts of a session together. */
export function sessionParts(deps: SessionDeps, acts: SessionActs): SessionParts {
  const { clock, timers, agent, options, slots, hooks, log, randomBytes } = deps;
  const { requestTimeoutMs, healthCheckTimeoutMs } = options.timeouts;
  const clientHex = toHex(deps.clientPublicKey);
  const state = new SessionState(slots, clock);
  const mirror = new MirrorState();
  const agentClock = new AgentClock(() => clock.nowMs());
  const sessionLost = (reason: string): void => acts.sessionLost(reason);
  const fatal = (error: Error): void => hooks.fatal(error);
  const fill = (): void => acts.fill();
  const shared = { agentId: agent.id, clock, timers, agentClock };
  const requests = new Requests({ ...shared, signer: signerOf(deps, "sync") });
  const inquiries: Inquiries = new Inquiries({
    ...shared,
    requests,
    state,
    requestTimeoutMs,
    reached: (place) => catchUp.reached(place),
    fill,
    sessionLost,
    fatal,
  });
  const outbox = new Outbox({
    ...shared,
    log: log.child("outbox"),
    signer: signerOf(deps, "command"),
    askOutcome: (id, stamps, peek) => inquiries.commandOutcome(id, stamps, peek),
    reopenChannel: (message): void => slots.command.reopen({ code: "heartbeat", message }),
    sessionLost,
    remeasure: () => inquiries.remeasure(),
    settled: (command, result): void => outcomes.settled(command, result),
  });
  const outcomes = new OutcomeDesk({
    timers,
    log,
    outbox: () => outbox,
    ask: (op, args, read) => inquiries.ask(op, args, read),
    tell: (id, outcome, recovered): void => hooks.outcome(id, outcome, recovered),
  });
  const catchUp: CatchUp = new CatchUp({
    mirror,
    timers,
    randomBytes,
    log,
    resyncGate: deps.resyncGate,
    ask: (op, args, read, timeoutMs) =>
      inquiries.ask(op, args, read, timeoutMs === undefined ? {} : { timeoutMs }),
    epoch: () => state.established?.epoch,
    brokerMs: () => state.established?.hello.brokerMs ?? 0,
    applied: (event): void => acts.applied(event),
    recovered: (event): void => hooks.ledger(event, true),
    replaced: (): void => hooks.account(),
    interrupted: (): void => outbox.repeatAll(),
  });
  const health = new Health({
    timers,
    log,
    intervalMs: options.healthCheckIntervalMs,
    timeoutMs: healthCheckTimeoutMs,
    isOpen: () => state.isOpen,
    idleMs: () => clock.nowMs() - requests.lastSentMs,
    ping: (timeoutMs) => inquiries.ask("ping", {}, readNothing, { timeoutMs }),
    halfOpen: (message): void => slots.sync.reopen({ code: "heartbeat", message }),
  });
  const streams: SubscriptionsDeps = {
    requests,
    requestTimeoutMs,
    log: log.child("ticks"),
    ready: () => state.isOpen,
    retry: (): void => convergence.retrySoon(),
    topicAdded: (topic): void => slots.events.subscribe(topic),
    topicRemoved: (topic): void => slots.events.unsubscribe(topic),
  };
  const subscriptions = new Subscriptions(streams);
  const books = new Books(streams);
  const common = { state, outbox, mirror, subscriptions, books, catchUp };
  const handshakeTimeoutMs = Math.min(shortAnswerMs, agent.connectTimeoutMs);
  const goingLive = new GoingLive({
    ...common,
    slots,
    log,
    requests,
    outcomes,
    health,
    handshake: new Handshake({
      agent,
      clock,
      agentClock,
      instance: randomName(randomBytes),
      ask: (op, args, read) =>
        inquiries.ask(op, args, read, { withoutSession: true, timeoutMs: handshakeTimeoutMs }),
      fatal,
    }),
    ask: (op, args, read, asked) => inquiries.ask(op, args, read, asked),
    begun: (): void => events.pollLedger(),
    changed: (): void => hooks.changed(),
  });
  const convergence = new Convergence({
    timers,
    stopped: () => state.stopped,
    converge: () => goingLive.converge(),
    failed: (error) => acts.failed(error),
  });
  const events = new EventDesk({
    ...common,
    clientHex,
    timers,
    agentClock,
    slot: slots.events,
    hooks,
    sessionLost,
    run: (): void => convergence.run(),
    fill,
  });
  return {
    clientHex,
    state,
    agentClock,
    mirror,
    requests,
    inquiries,
    outbox,
    outcomes,
    catchUp,
    health,
    subscriptions,
    books,
    convergence,
    events,
  };
}

function signerOf(deps: SessionDeps, channel: "command" | "sync"): Signer {
  const { agent, clientPublicKey, hmac, sharedSecret } = deps;
  return createSigner({
    secretKey: agent.clientSecretKey,
    clientPublicKey,
    serverPublicKey: agent.serverPublicKey,
    side: "client",
    channel,
    ...(hmac === undefined ? {} : { hmac }),
    ...(sharedSecret === undefined ? {} : { sharedSecret }),
  });
}
