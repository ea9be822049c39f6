import { encodeBody } from "../protocol/v1/codec.ts";
import type { Signer } from "../protocol/v1/signing.ts";
import type { Clock } from "../transport/clock.ts";
import type { ClientChannel } from "../transport/transport.ts";
import type { Command, CommandCopy, CommandStamps } from "./command.ts";
import type { Log } from "./log.ts";
import type { RequestSession } from "./requests.ts";

/** What the window needs from its surroundings. */
export interface CommandWindowDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signer: Signer;
  /** The channel stands, but nothing sent on it arrives. */
  reopenChannel(reason: string): void;
  /** The session cannot go on. */
  sessionLost(reason: string): void;
}

/** Rounds of sending again without progress, before the connection is given up, and then the session. */
const roundsBeforeReopening = 3;

/**
 * The counters of one session's commands (docs/protocol.md, 6.5). Each copy is kept until the agent has used its number
 * up, settled or not, because the agent takes no number before the one that is missing: go-back-N.
 */
export class CommandWindow {
  readonly #deps: CommandWindowDeps;
  /** Numbered and not yet seen to be used up, by number. */
  #copies: CommandCopy[] = [];
  /** Index of the next copy to write; the length when all are written. */
  #next = 0;
  #session: RequestSession | undefined;
  #channel: ClientChannel | undefined;
  #blocked = false;
  #counter = 0;
  #used = 0;
  #askedFor = 0;
  #lastPulse: { readonly used: number; readonly atMs: number } | undefined;
  #rounds = 0;
  #reopened = false;

  constructor(deps: CommandWindowDeps) {
    this.#deps = deps;
  }

  /** Whether a new copy can be written now. */
  get ready(): boolean {
    return this.#canWrite && this.#next === this.#copies.length;
  }

  /** The channel is up. */
  attach(channel: ClientChannel): void {
    this.#channel = channel;
    this.#blocked = false;
    this.#askedFor = 0;
    this.#next = 0;
  }

  /** The channel is gone. */
  detach(): void {
    this.#channel = undefined;
  }

  /** The channel takes messages again. */
  writable(): void {
    this.#blocked = false;
  }

  /** Numbering starts anew. */
  startSession(session: RequestSession): void {
    this.#session = session;
    this.#copies = [];
    this.#next = 0;
    this.#counter = 0;
    this.#used = 0;
    this.#askedFor = 0;
    this.#lastPulse = undefined;
    this.#rounds = 0;
    this.#reopened = false;
  }

  /** Nothing is written until the next session. */
  endSession(): void {
    this.#session = undefined;
  }

  /** Writes copies again that are to be written again. */
  flush(): void {
    while (this.#canWrite) {
      const copy = this.#copies[this.#next];
      if (copy === undefined || !this.#write(copy)) return;
      this.#next++;
    }
  }

  /**
   * Gives a command the next number and writes it. Undefined if it could not be written: the number is then not used,
   * so that a command which never left can be given up with certainty. Only when `ready`.
   */
  send(command: Command, stamps: CommandStamps): CommandCopy | undefined {
    const copy: CommandCopy = { n: this.#counter + 1, command, stamps, sentMs: 0 };
    if (!this.#write(copy)) return undefined;
    this.#counter = copy.n;
    this.#copies.push(copy);
    this.#next = this.#copies.length;
    return copy;
  }

  /** The agent misses a number and refuses what follows. One refusal of many is answered; the pulse covers its loss. */
  missing(n: number): void {
    this.#usedUpTo(n - 1);
    if (n <= this.#used || n === this.#askedFor) return;
    this.#askedFor = n;
    const first = this.#copies[0];
    if (first === undefined || first.n !== n) {
      this.#deps.sessionLost(`the agent misses command ${n} of the session, which was not sent`);
      return;
    }
    this.#next = 0;
  }

  /** A pulse tells the highest number used up. It proves a loss only if nothing has moved since the pulse before. */
  pulse(used: number): void {
    const before = this.#lastPulse;
    this.#lastPulse = { used, atMs: this.#deps.clock.nowMs() };
    if (used > this.#used) {
      this.#rounds = 0;
      this.#reopened = false;
    }
    this.#usedUpTo(used);
    const first = this.#copies[0];
    const stands = before !== undefined && before.used >= used && this.#next > 0;
    if (!stands || first === undefined || first.sentMs > before.atMs) return;
    this.#stuck(first.n);
  }

  get #canWrite(): boolean {
    return this.#session !== undefined && this.#channel !== undefined && !this.#blocked;
  }

  #stuck(n: number): void {
    const { log } = this.#deps;
    this.#rounds++;
    if (this.#rounds <= roundsBeforeReopening) {
      log.warn("Commands do not arrive at the agent: sending again", { from: n, round: this.#rounds });
      this.#next = 0;
      return;
    }
    this.#rounds = 0;
    if (this.#reopened) this.#deps.sessionLost(`command ${n} does not arrive at the agent`);
    else {
      this.#reopened = true;
      this.#deps.reopenChannel(`command ${n} does not arrive at the agent`);
    }
  }

  #usedUpTo(n: number): void {
    if (n <= this.#used) return;
    this.#used = n;
    const at = this.#copies.findIndex((copy) => copy.n > n);
    const gone = at < 0 ? this.#copies.length : at;
    this.#copies.splice(0, gone);
    this.#next = Math.max(0, this.#next - gone);
  }

  #write(copy: CommandCopy): boolean {
    const { signer, clock, log } = this.#deps;
    const session = this.#session;
    const channel = this.#channel;
    if (session === undefined || channel === undefined) return false;
    const { command, n, stamps } = copy;
    const { id, intent } = command;
    const { epoch, issuedAt, notAfter } = stamps;
    const body = encodeBody({
      v: 1,
      op: "trade",
      session: session.id,
      n,
      epoch,
      issuedAt,
      notAfter,
      id,
      intent,
    });
    try {
      if (!channel.send([body, signer.sign(body)])) this.#blocked = true;
      copy.sentMs = clock.nowMs();
      command.sent = true;
      return true;
    } catch (error) {
      // A channel that is not up says so before it takes the message; its `down` follows.
      log.debug("A command could not be written: the channel is going down", { id, error });
      this.#channel = undefined;
      return false;
    }
  }
}
