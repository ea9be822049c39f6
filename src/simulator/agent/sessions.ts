import type { Role } from "../../protocol/v1/messages.ts";
import { toHex } from "../../protocol/v1/signing.ts";
import type { Timer } from "../../transport/clock.ts";
import type { AgentLimits } from "./agent-options.ts";
import type { Client } from "./clients.ts";
import type { World } from "./world.ts";

/** A session (docs/protocol.md, 4.1). */
export interface Session {
  readonly id: string;
  readonly client: Client;
  readonly instance: string;
  readonly role: Role;
  /** Symbols whose ticks it has subscribed to. */
  readonly symbols: Set<string>;
  /** Symbols whose market depth it has subscribed to. */
  readonly books: Set<string>;
  /** The highest counter accepted on each channel. */
  syncCounter: number;
  commandCounter: number;
  /** Requests without a reply so far. */
  pending: number;
  /** When something with a valid mac last came for it, on the clock that stands still when the agent does. */
  lastMs: number;
  /** Up to here it has been told which counter is missing. */
  hintedCounter: number;
  lease: Timer | undefined;
}

interface Challenge {
  readonly instance: string;
  readonly endsMs: number;
}

/** What the sessions need. */
export interface SessionsOptions {
  readonly world: World;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly limits: Pick<
    AgentLimits,
    "challengeTtlMs" | "leaseMs" | "maxChallengesPerClient" | "maxSessions" | "maxSessionsPerClient"
  >;
  readonly onEnd: (session: Session) => void;
}

/** Who is there: challenges, sessions and their leases. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions: Map<string, Session> = new Map();
  /** Open challenges of each client, oldest first. */
  readonly #challenges: Map<string, Map<string, Challenge>> = new Map();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /**
   * A fresh challenge, 64 hex characters. It ends the earlier ones of the same instance, and the client's oldest beyond
   * its limit.
   */
  challenge(client: Client, instance: string): string {
    const { randomBytes, limits, world } = this.#options;
    let open = this.#challenges.get(client.key);
    if (open === undefined) {
      open = new Map();
      this.#challenges.set(client.key, open);
    }
    for (const [text, old] of open) {
      if (old.instance === instance || old.endsMs <= world.now()) open.delete(text);
    }
    for (const text of open.keys()) {
      if (open.size < limits.maxChallengesPerClient) break;
      open.delete(text);
    }
    const text = toHex(randomBytes(32));
    open.set(text, { instance, endsMs: world.now() + limits.challengeTtlMs });
    return text;
  }

  /** Uses a challenge up; false if it is not open for this instance. */
  useChallenge(client: Client, instance: string, text: string): boolean {
    const open = this.#challenges.get(client.key);
    const challenge = open?.get(text);
    open?.delete(text);
    return challenge?.instance === instance && challenge.endsMs > this.#options.world.now();
  }

  /** Whether a running connector of this client has a session. */
  isLive(client: Client, instance: string): boolean {
    for (const session of this.#sessions.values()) {
      if (session.client === client && session.instance === instance) return true;
    }
    return false;
  }

  /** Opens a session, ending the earlier one of the same client, instance and role. Undefined: there are too many. */
  open(client: Client, instance: string, role: Role): Session | undefined {
    const { limits, randomBytes } = this.#options;
    for (const session of this.#sessions.values()) {
      if (session.client === client && session.instance === instance && session.role === role) {
        this.end(session);
      }
    }
    const own = [...this.#sessions.values()].filter((session) => session.client === client).length;
    if (own >= limits.maxSessionsPerClient || this.#sessions.size >= limits.maxSessions) return undefined;
    const session: Session = {
      id: toHex(randomBytes(16)),
      client,
      instance,
      role,
      symbols: new Set(),
      books: new Set(),
      syncCounter: 0,
      commandCounter: 0,
      pending: 0,
      lastMs: this.#servedMs(),
      hintedCounter: 0,
      lease: undefined,
    };
    this.#sessions.set(session.id, session);
    this.#armLease(session, limits.leaseMs);
    return session;
  }

  /** The session of this id if it is this client's. */
  find(client: Client, id: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.client === client ? session : undefined;
  }

  /** Renews the lease. */
  touch(session: Session): void {
    session.lastMs = this.#servedMs();
  }

  /** Ends a session; its subscriptions are freed and nothing else. */
  end(session: Session): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    session.lease?.cancel();
    this.#options.onEnd(session);
  }

  /** Time in which the agent could serve: while it stood still nothing could renew a lease. */
  #servedMs(): number {
    const { world } = this.#options;
    return world.now() - world.stoodStillMs();
  }

  /** One timer per session, set anew only when it fires: requests are many. */
  #armLease(session: Session, delayMs: number): void {
    const { world, limits } = this.#options;
    session.lease = world.timer(
      "lease",
      () => {
        const leftMs = session.lastMs + limits.leaseMs - this.#servedMs();
        if (leftMs > 0) this.#armLease(session, leftMs);
        else this.end(session);
      },
      delayMs,
    );
  }
}
