import { limits } from "../protocol/v1/limits.ts";
import type { HelloResult, SyncOp } from "../protocol/v1/messages.ts";
import { type Reader, readChallenge, readHello } from "../protocol/v1/reply-schemas.ts";
import type { Clock } from "../transport/clock.ts";
import type { AgentClock } from "./agent-clock.ts";
import { ConnectionError, ProtocolError } from "./errors.ts";
import type { ResolvedAgent } from "./options.ts";
import type { Answer } from "./requests.ts";
import { productName, productVersion } from "./version.ts";

/** A session that the agent has opened. */
export interface Established {
  readonly id: string;
  readonly epoch: number;
  readonly hello: Omit<HelloResult, "outcomes" | "moreOutcomes">;
  /** What the agent listed as not told yet; let go once it is, for a session may last for weeks. */
  untold: Pick<HelloResult, "outcomes" | "moreOutcomes"> | undefined;
  /** The agent clock at hello: pulses from before know nothing of the session. */
  readonly sinceAgentMs: number;
}

/** What opening a session needs. */
export interface HandshakeDeps {
  readonly agent: ResolvedAgent;
  readonly clock: Clock;
  readonly agentClock: AgentClock;
  /** This running connector's name. */
  readonly instance: string;
  /** Asks outside of a session. */
  ask<T>(op: SyncOp, args: Readonly<Record<string, unknown>>, read: Reader<T>): Promise<Answer<T>>;
  /** Going on is pointless until a person acts. */
  fatal(error: Error): void;
}

/** Opens sessions (docs/protocol.md, 4.1), and holds the terminal to the account of the first. */
export class Handshake {
  readonly #deps: HandshakeDeps;
  #account: { readonly login: string; readonly server: string } | undefined;

  constructor(deps: HandshakeDeps) {
    this.#deps = deps;
  }

  /** Challenge and hello. Starts the agent's clock anew. */
  async open(): Promise<Established> {
    const { ask, agent, clock, agentClock, instance } = this.#deps;
    const { result } = await ask("challenge", { instance }, readChallenge);
    if (result.revision !== limits.revision) {
      const state = `it speaks revision ${result.revision}, not ${limits.revision}`;
      throw this.#fatal(
        new ProtocolError(`Cannot talk to agent "${agent.id}": ${state}`, {
          code: "REVISION",
          remedy: "Update the older of the two",
        }),
      );
    }
    const sentMs = clock.nowMs();
    const args = {
      challenge: result.challenge,
      instance,
      role: "trade",
      name: productName,
      version: productVersion,
    };
    const hello = await ask("hello", args, readHello);
    this.#requireSameAccount(hello.result);
    agentClock.reset();
    agentClock.reply(hello.agentMs, sentMs, clock.nowMs());
    const { outcomes, moreOutcomes, ...rest } = hello.result;
    return {
      id: rest.session,
      epoch: hello.epoch,
      hello: rest,
      untold: { outcomes, moreOutcomes },
      sinceAgentMs: hello.agentMs,
    };
  }

  /** A terminal that is logged in to another account must not be traded on (4.1). */
  #requireSameAccount(hello: HelloResult): void {
    const { agent } = this.#deps;
    const { login, server } = hello.account;
    const expected = agent.metadata.accountNumber;
    const first = this.#account ?? hello.account;
    const switched = login !== first.login || server !== first.server;
    if (!switched && (expected === undefined || login === String(expected))) {
      this.#account = { login, server };
      return;
    }
    const wanted = switched ? `${first.login} at ${first.server}` : `${expected}`;
    const state = `its account is ${login} at ${server}, expected ${wanted}`;
    throw this.#fatal(
      new ConnectionError(`Cannot use agent "${agent.id}": ${state}`, {
        code: "WRONG_ACCOUNT",
        remedy: "Log the terminal in to the right account, or correct metadata.accountNumber and start anew",
      }),
    );
  }

  #fatal(error: Error): Error {
    this.#deps.fatal(error);
    return error;
  }
}
