import type { DealRecord } from "../../src/domain/records.ts";
import { limits } from "../../src/protocol/v1/limits.ts";
import type { CommandRefusal, CommandRequest, Intent, Outcome } from "../../src/protocol/v1/messages.ts";
import { intentDigest, toHex } from "../../src/protocol/v1/signing.ts";
import { clientTopic } from "../../src/protocol/v1/topics.ts";
import type { FakeAgent } from "./fake-agent.ts";
import { testKeys } from "./fake-records.ts";
import { type Execution, executeOther } from "./fake-trades.ts";

/** What the pretended trade server does with the next command. */
export type BrokerAnswer =
  | { readonly kind: "execute"; readonly volume?: number }
  | { readonly kind: "reject"; readonly retcode: number; readonly comment?: string }
  | { readonly kind: "unknown"; readonly retcode: number }
  /** Stays pending until `finish`. */
  | { readonly kind: "silence" };

/** What the journal holds about a command. */
export interface FakeEntry {
  readonly digest: string;
  readonly intent: Intent;
  outcome: Outcome;
  acknowledged: boolean;
}

/** Commands of the fake agent: counters, journal, refusals, execution and outcomes. */
export class FakeCommands {
  readonly #fake: FakeAgent;
  /** What the broker executed, in order. */
  readonly executed: Intent[] = [];
  /** Commands as they were read, before any check. */
  readonly commands: CommandRequest[] = [];
  /** Answers for the next commands; without one they are executed. */
  readonly answers: BrokerAnswer[] = [];
  readonly journal: Map<string, FakeEntry | "tombstone"> = new Map();
  readonly acknowledged: string[] = [];
  readonly #refusals: Map<
    string,
    { readonly code: CommandRefusal; readonly epoch: number; readonly issuedAt: number }
  > = new Map();

  constructor(fake: FakeAgent) {
    this.#fake = fake;
  }

  /** What was on its way to the broker when the agent died is unknown to the next. */
  restart(): void {
    this.#refusals.clear();
    for (const entry of this.journal.values()) {
      if (entry !== "tombstone" && entry.outcome.state === "pending") {
        entry.outcome = { ...entry.outcome, state: "unknown", retcode: 0, comment: "" };
      }
    }
  }

  /** The connector has taken note of outcomes. */
  acknowledge(ids: readonly string[]): void {
    for (const id of ids) {
      this.acknowledged.push(id);
      const entry = this.journal.get(id);
      if (entry !== undefined && entry !== "tombstone") entry.acknowledged = true;
    }
  }

  /** Outcomes that nobody has acknowledged. */
  untold(): Outcome[] {
    const outcomes: Outcome[] = [];
    for (const entry of this.journal.values()) {
      if (entry === "tombstone" || entry.acknowledged) continue;
      if (entry.outcome.state === "executed" || entry.outcome.state === "rejected")
        outcomes.push(entry.outcome);
    }
    return outcomes;
  }

  /** What the journal holds; an id that it does not know becomes void, unless it is only looked at. */
  asked(id: string, peek: boolean): Outcome | null {
    const entry = this.journal.get(id);
    if (entry === undefined && peek) return null;
    if (entry === undefined) this.journal.set(id, "tombstone");
    if (entry === undefined || entry === "tombstone") return { id, digest: "", state: "void", sinceUtcMs: 1 };
    return entry.outcome;
  }

  /** Lets a pending or unknown command come to an end. */
  finish(id: string, answer: BrokerAnswer = { kind: "execute" }): void {
    const entry = this.journal.get(id);
    if (entry === undefined || entry === "tombstone")
      throw new Error(`Cannot finish ${id}: not in the journal`);
    this.#end(id, entry, answer);
  }

  /** Takes a command. */
  take(command: CommandRequest): void {
    this.commands.push(command);
    const digest = intentDigest(command.intent);
    const refuse = (code: CommandRefusal, expected?: number): void =>
      this.#refuse(command, digest, code, expected);
    const session = this.#fake.sessions.get(command.session);
    const entry = this.journal.get(command.id);
    if (session === undefined) {
      if (entry === undefined) refuse("NO_SESSION");
      else this.#known(entry, digest, refuse);
      return;
    }
    session.lastMs = this.#fake.agentMs;
    const next = command.n === session.commandN + 1;
    if (next) session.commandN = command.n;
    if (entry !== undefined) {
      this.#known(entry, digest, refuse);
      return;
    }
    if (!next) {
      if (command.n <= session.commandN) refuse("REPLAYED");
      else refuse("COUNTER", session.commandN + 1);
      return;
    }
    const before = this.#refusals.get(command.id);
    // Stamps are compared as (epoch, issuedAt): each epoch has a clock of its own.
    const sticky =
      before?.epoch === command.epoch && before.issuedAt >= command.issuedAt ? before.code : undefined;
    const refused = this.#aged(command) ?? sticky ?? this.#fake.refuseCommand(command);
    if (refused === undefined) this.#execute(command, digest);
    else refuse(refused);
  }

  #aged(command: CommandRequest): CommandRefusal | undefined {
    if (command.epoch !== this.#fake.epoch || this.#fake.agentMs > command.notAfter) return "EXPIRED";
    return command.issuedAt > this.#fake.agentMs + limits.requestMaxAheadMs ? "STALE" : undefined;
  }

  #known(entry: FakeEntry | "tombstone", digest: string, refuse: (code: CommandRefusal) => void): void {
    if (entry === "tombstone") refuse("VOID");
    else if (entry.digest !== digest) refuse("ID_REUSED");
    else if (entry.outcome.state !== "pending") this.#publish(entry.outcome);
  }

  #refuse(command: CommandRequest, digest: string, code: CommandRefusal, expected?: number): void {
    const { id, session, n, epoch, issuedAt, notAfter } = command;
    const copy = { session, n, epoch, issuedAt, notAfter };
    const outcome: Outcome = { id, digest, state: "refused", code, reason: code, ...copy };
    const told = expected === undefined ? outcome : { ...outcome, expected };
    if (["COUNTER", "NO_SESSION", "STALE", "REPLAYED", "BUSY"].includes(code)) {
      const client = toHex(testKeys.clientPublic);
      const hint = { v: 1, epoch: this.#fake.epoch, agentMs: this.#fake.agentMs, outcome: told };
      this.#fake.send(`client.${client}`, clientTopic(client), hint);
      return;
    }
    if (code !== "VOID" && code !== "ID_REUSED") this.#refusals.set(id, { code, epoch, issuedAt });
    this.#publish(outcome);
  }

  #execute(command: CommandRequest, digest: string): void {
    const intent = JSON.parse(command.intent) as Intent;
    const times = {
      epoch: this.#fake.epoch,
      receivedMs: this.#fake.agentMs,
      sentMs: this.#fake.agentMs,
      doneMs: 0,
    };
    const outcome: Outcome = { id: command.id, digest, state: "pending", ...times };
    const entry: FakeEntry = { digest, intent, outcome, acknowledged: false };
    this.journal.set(command.id, entry);
    this.#end(command.id, entry, this.answers.shift() ?? { kind: "execute" });
  }

  #end(id: string, entry: FakeEntry, answer: BrokerAnswer): void {
    const { digest, intent } = entry;
    const times = {
      epoch: this.#fake.epoch,
      receivedMs: this.#fake.agentMs,
      sentMs: this.#fake.agentMs,
      doneMs: this.#fake.agentMs,
    };
    switch (answer.kind) {
      case "silence":
        return;
      case "reject": {
        const { retcode, comment = "" } = answer;
        entry.outcome = { id, digest, state: "rejected", retcode, comment, ...times };
        break;
      }
      case "unknown":
        entry.outcome = { id, digest, state: "unknown", retcode: answer.retcode, comment: "", ...times };
        break;
      case "execute": {
        this.executed.push(intent);
        const done =
          intent.kind === "market"
            ? executionOf(this.#fake.broker.open(intent, answer.volume))
            : intent.kind === "close"
              ? executionOf(this.#fake.broker.close(intent))
              : executeOther(this.#fake, intent);
        const head = { id, digest, comment: "", ...times };
        if (typeof done === "number") {
          this.executed.pop();
          entry.outcome = { ...head, state: "rejected", retcode: done };
        } else entry.outcome = { ...head, ...done, state: "executed", moreDeals: false };
      }
    }
    this.#publish(entry.outcome);
  }

  #publish(outcome: Outcome): void {
    this.#fake.publish({ type: "outcome", client: toHex(testKeys.clientPublic), outcome });
  }
}

function executionOf(deal: DealRecord): Execution {
  const { order, ticket, position, volume, price } = deal;
  return { retcode: 10009, order, deal: ticket, position, volume, price, deals: [deal] };
}
