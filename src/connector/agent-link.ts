import { x25519 } from "@noble/curves/ed25519.js";
import type { Hmac, SharedSecret } from "../protocol/v1/signing.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import { type Channel, type ChannelFault, channels, type Transport } from "../transport/transport.ts";
import type { RandomBytes } from "./backoff.ts";
import { ChannelSlot } from "./channel-slot.ts";
import { ConnectionError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { channelError, tooLateError } from "./link-errors.ts";
import { linkStatus, sameStatus } from "./link-status.ts";
import type { Log } from "./log.ts";
import type { ResolvedAgent, ResolvedOptions } from "./options.ts";
import { Session } from "./session.ts";
import type { SessionHooks } from "./session-deps.ts";
import type { ConnectionStatus } from "./status.ts";
import { TimerScope } from "./timers.ts";

/** What a link tells its owner. */
export interface LinkHooks extends Omit<SessionHooks, "changed" | "fatal"> {
  status(status: ConnectionStatus, before: ConnectionStatus): void;
  /** A connection is being tried after a loss. */
  reconnecting(attempt: number): void;
}

/** What a link is made from. */
export interface LinkDeps {
  readonly agent: ResolvedAgent;
  readonly options: ResolvedOptions;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly hooks: LinkHooks;
  readonly resyncGate: Gate;
  readonly hmac?: Hmac | undefined;
  readonly sharedSecret?: SharedSecret | undefined;
}

interface Starting {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
  readonly timer: Timer;
}

/** A key that is refused so often in a row will not be accepted by asking again. */
const maxRefusedKeys = 5;
/** What was sent last (`bye`) gets so long to leave. */
const lingerMs = 100;

/**
 * Supervises one agent: opens its three channels, judges each for itself, opens them again after a loss, and says in
 * one status what that means.
 */
export class AgentLink {
  readonly #deps: LinkDeps;
  readonly #slots: Readonly<Record<Channel, ChannelSlot>>;
  readonly timers: TimerScope;
  readonly session: Session;
  #status: ConnectionStatus;
  #wanted = false;
  /** Whether the agent has been live since the last `start`. */
  #hasBeenLive = false;
  /** Refused keys in a row, by channel. A single one may be a process that died in the middle of the handshake. */
  readonly #refusals: Record<Channel, number> = { command: 0, events: 0, sync: 0 };
  #starting: Starting | undefined;
  #stopping: Promise<void> | undefined;
  /** When the last pulse came, wall clock. */
  lastHeartbeatMs: number | undefined;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    const { agent, clock, randomBytes, log, hooks } = deps;
    this.timers = new TimerScope(clock);
    this.#slots = { command: this.#slot("command"), events: this.#slot("events"), sync: this.#slot("sync") };
    this.#status = {
      state: "disconnected",
      sinceMs: clock.wallMs(),
      reason: "connect() has not been called",
    };
    this.session = new Session({
      agent,
      options: deps.options,
      clock,
      timers: this.timers,
      randomBytes,
      log,
      clientPublicKey: x25519.getPublicKey(agent.clientSecretKey),
      slots: this.#slots,
      resyncGate: deps.resyncGate,
      hmac: deps.hmac,
      sharedSecret: deps.sharedSecret,
      hooks: {
        ...hooks,
        changed: (): void => this.#update(),
        fatal: (error): void => this.#giveUp(error),
        heartbeat: (): void => {
          this.lastHeartbeatMs = clock.wallMs();
          hooks.heartbeat();
        },
      },
    });
  }

  /** The state of the agent. */
  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Whether the agent can be used, wholly or in part. */
  get isUsable(): boolean {
    return this.#status.state === "connected" || this.#status.state === "degraded";
  }

  /** Connects. Resolves when the agent is live; rejects with the reason, and then nothing goes on behind it. */
  async start(): Promise<void> {
    await this.#stopping;
    if (this.#starting !== undefined) return this.#starting.promise;
    if (this.#wanted) {
      if (this.isUsable) return;
      // It is reconnecting: wait for that, under the same deadline.
      return this.#begin(false);
    }
    return this.#begin(true);
  }

  /** Ends the connection. Resolves when no socket and no timer is left. */
  async stop(reason: string, cause?: Error): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping;
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#stopping = this.#end(reason, cause);
    try {
      await this.#stopping;
    } finally {
      this.#stopping = undefined;
    }
  }

  #slot(channel: Channel): ChannelSlot {
    const { agent, options, transport, randomBytes, log } = this.#deps;
    const { backoffMs, maxBackoffMs } = options.reconnect;
    return new ChannelSlot(
      {
        channel,
        transport,
        randomBytes,
        log,
        timers: this.timers,
        backoff: { baseDelayMs: backoffMs, maxDelayMs: maxBackoffMs, multiplier: 2 },
        connect: {
          host: agent.host,
          port: agent.ports[channel],
          serverPublicKey: agent.serverPublicKey,
          clientSecretKey: agent.clientSecretKey,
          handshakeTimeoutMs: agent.connectTimeoutMs,
        },
        topics: () => this.session.topics(),
      },
      {
        dialling: (_, attempt): void => this.#dialling(attempt),
        up: (name, connection): void => {
          // One channel that is up shows that the agent is back: the others need not wait any longer.
          for (const other of channels) this.#slots[other].hurry();
          this.#refusals[name] = 0;
          this.session.channelUp(name, connection);
          this.#update();
        },
        lost: (name, fault): void => {
          log.warn("A channel was lost", { channel: name, code: fault.code, reason: fault.message });
          this.session.channelLost(name, fault.message);
          this.#update();
        },
        mayRetry: (name, failures, fault): boolean => this.#mayRetry(name, failures, fault),
        message: (name, frames): void => this.session.receive(name, frames),
        writable: (name): void => this.session.writable(name),
      },
    );
  }

  #begin(open: boolean): Promise<void> {
    let resolve: () => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    if (open) {
      this.#wanted = true;
      this.#hasBeenLive = false;
      this.timers.begin();
    }
    const timer = this.timers.set(
      () => this.#startFailed(tooLateError(this.#deps.agent, this.#slots, this.session)),
      this.#deps.agent.connectTimeoutMs,
    );
    this.#starting = { promise, resolve, reject, timer };
    if (open) {
      this.session.start();
      this.#update();
      for (const channel of channels) this.#slots[channel].open();
    }
    return promise;
  }

  #startFailed(error: Error): void {
    const starting = this.#starting;
    if (starting === undefined) return;
    this.#starting = undefined;
    starting.timer.cancel();
    const failed = (): void => starting.reject(error);
    // A reconnect that goes on by itself is not ended by a caller's patience.
    if (this.#hasBeenLive) failed();
    else this.stop(error.message, error).then(failed, failed);
  }

  async #end(reason: string, cause: Error | undefined): Promise<void> {
    const starting = this.#starting;
    this.#starting = undefined;
    await this.session.stop(reason);
    await Promise.all(channels.map((channel) => this.#slots[channel].close(lingerMs)));
    this.timers.end();
    starting?.reject(
      cause ??
        new ConnectionError(`Cannot connect agent "${this.#deps.agent.id}": ${reason}`, {
          code: "DISCONNECTED",
          remedy: "Call connect() again",
        }),
    );
    const sinceMs = this.#deps.clock.wallMs();
    this.#become({ state: "disconnected", sinceMs, reason, ...(cause === undefined ? {} : { cause }) });
  }

  #giveUp(error: Error): void {
    if (!this.#wanted) return;
    if (this.#starting !== undefined && !this.#hasBeenLive) {
      this.#startFailed(error);
      return;
    }
    this.#deps.log.error("The agent is given up", { error });
    this.stop(error.message, error).then(
      () => this.#deps.hooks.fault(error),
      (failure: unknown) => this.#deps.log.error("The agent could not be disconnected cleanly", { failure }),
    );
  }

  #dialling(attempt: number): void {
    if (!this.#hasBeenLive) return;
    this.#update();
    if (this.#status.state === "reconnecting") this.#deps.hooks.reconnecting(attempt);
  }

  #mayRetry(channel: Channel, failures: number, fault: ChannelFault): boolean {
    if (!this.#wanted) return false;
    const { reconnect } = this.#deps.options;
    const error = channelError(this.#deps.agent, channel, fault);
    this.#refusals[channel] = fault.code === "authentication" ? this.#refusals[channel] + 1 : 0;
    if (this.#hasBeenLive) {
      const refused = this.#refusals[channel] > maxRefusedKeys;
      if (reconnect.enabled && failures <= reconnect.maxAttempts && !refused) {
        this.#update();
        return true;
      }
    } else {
      const hopeless = fault.code === "authentication" || fault.code === "protocol";
      if (reconnect.enabled && !hopeless && failures <= reconnect.maxAttempts) return true;
    }
    this.#giveUp(error);
    return false;
  }

  #update(): void {
    if (!this.#wanted) return;
    const next = linkStatus({
      slots: this.#slots,
      session: this.session,
      hasBeenLive: this.#hasBeenLive,
      before: this.#status,
      nowMs: this.#deps.clock.wallMs(),
    });
    const live =
      next.state === "connected" || (next.state === "degraded" && next.works.events && next.works.queries);
    if (live && this.#slots.command.isUp) {
      this.#hasBeenLive = true;
      for (const channel of channels) this.#slots[channel].settled();
    }
    this.#become(next);
    const starting = this.#starting;
    if (starting !== undefined && live && this.#slots.command.isUp) {
      this.#starting = undefined;
      starting.timer.cancel();
      starting.resolve();
    }
  }

  #become(next: ConnectionStatus): void {
    const before = this.#status;
    if (sameStatus(before, next)) return;
    this.#status = next;
    this.#deps.hooks.status(next, before);
  }
}
