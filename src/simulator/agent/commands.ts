import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal } from "../../domain/terminal.ts";
import { BodyError, decodeBody } from "../../protocol/v1/codec.ts";
import { limits as protocolLimits } from "../../protocol/v1/limits.ts";
import {
  type CommandRefusal,
  type CommandRequest,
  certainRefusals,
  type Intent,
  type Outcome,
  type RefusedOutcome,
} from "../../protocol/v1/messages.ts";
import {
  type CommandHead,
  readCommand,
  readCommandHead,
  readIntent,
} from "../../protocol/v1/request-schemas.ts";
import { intentDigest } from "../../protocol/v1/signing.ts";
import type { Peer } from "../../transport/transport.ts";
import type { AgentLimits } from "./agent-options.ts";
import type { Client } from "./clients.ts";
import type { BuiltRequest } from "./intent-checks.ts";
import { buildRequest, lessensRisk, planIntent } from "./intents.ts";
import type { Journal } from "./journal.ts";
import { evidenceOf, type JournalEntry, outcomeHead, type Traits } from "./journal-entry.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Readiness } from "./readiness.ts";
import type { Refusals } from "./refusals.ts";
import { RefusedIds } from "./refused-ids.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { Shadow } from "./shadow.ts";
import type { World } from "./world.ts";

/** A stored outcome is repeated at most this often. */
const republishMs = 1_000;

/** What the commands need. */
export interface CommandsOptions {
  readonly world: World;
  readonly terminal: Terminal;
  readonly limits: Pick<
    AgentLimits,
    "commandTtlMs" | "requestMaxAheadMs" | "maxPendingCommands" | "maxInFlight" | "maxVolumeLots"
  >;
  readonly readiness: Readiness;
  readonly sessions: Sessions;
  readonly journal: Journal;
  readonly shadow: Shadow;
  readonly outcomes: Outcomes;
  readonly refusals: Refusals;
  /** Into the ledger. */
  readonly publish: (client: string, outcome: Outcome) => void;
  /** To one client, outside the ledger. */
  readonly hint: (client: string, outcome: RefusedOutcome) => void;
}

/** A message whose mac is right. */
interface Received {
  readonly client: Client;
  readonly peer: Peer;
  readonly head: CommandHead;
  /** The command, or what is wrong with it. */
  readonly command: CommandRequest | undefined;
  readonly fault: string;
  readonly digest: string;
}

/** A command that is well formed. */
interface Wellformed extends Received {
  readonly command: CommandRequest;
  readonly session: Session;
}

/** A command whose turn to be journalled and sent has not come. */
interface Waiting {
  readonly received: Wellformed;
  readonly intent: Intent;
}

interface Refusal {
  readonly code: CommandRefusal;
  readonly reason: string;
  readonly expected?: number;
}

/** The command channel (docs/protocol.md, 6.2). The order of the checks is the protocol's. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #refused: RefusedIds;
  /** In the order of their coming. What waits here is in no journal: it was not sent if the agent dies. */
  readonly #queue: Waiting[] = [];
  /** Commands that stand still right before the journal: none passes them. */
  #staging = 0;
  #pumping = false;

  constructor(options: CommandsOptions) {
    this.#options = options;
    options.outcomes.onAnswered = (): void => options.world.enter("queue", () => this.#pump());
    const { world, limits } = options;
    this.#refused = new RefusedIds(() => world.now(), limits.commandTtlMs + limits.requestMaxAheadMs);
  }

  /** Commands that wait for their turn. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Takes a message of the command channel. */
  receive(client: Client, peer: Peer, frames: readonly Uint8Array[]): void {
    const { world, sessions } = this.#options;
    const body = this.#authenticate(client, peer, frames);
    if (body === undefined) return;
    const head = readCommandHead(body);
    const read = readCommand(body);
    const session = head.session === undefined ? undefined : sessions.find(client, head.session);
    if (session !== undefined) sessions.touch(session);
    const received: Received = {
      client,
      peer,
      head,
      command: read.ok ? read.value : undefined,
      fault: read.ok ? "" : read.message,
      digest: head.intent === undefined ? "" : intentDigest(head.intent),
    };
    const info = { client: client.key, ...(head.id === undefined ? {} : { id: head.id }) };
    world.at("commandReceived", info, () => this.#check(received));
  }

  /** Step 1: size, JSON, mac. A failure is counted and has no other effect. */
  #authenticate(
    client: Client,
    peer: Peer,
    frames: readonly Uint8Array[],
  ): Readonly<Record<string, unknown>> | undefined {
    const [bytes, mac] = frames;
    if (frames.length !== 2 || bytes === undefined || mac === undefined) {
      return this.#drop(client, peer, "BAD_REQUEST", `Cannot read the command: ${frames.length} frames`);
    }
    let body: Readonly<Record<string, unknown>>;
    try {
      body = decodeBody(bytes, protocolLimits.maxRequestBytes);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return this.#drop(client, peer, "BAD_REQUEST", error.message);
    }
    if (client.commandSigner.verify(bytes, mac)) return body;
    return this.#drop(client, peer, "MAC", "Cannot accept the command: its mac is wrong");
  }

  #drop(client: Client, peer: Peer, code: "BAD_REQUEST" | "MAC", message: string): undefined {
    const { refusals, world } = this.#options;
    const { address } = peer;
    refusals.note({ channel: "command", code, client: client.key, address, message, agentMs: world.now() });
  }

  #check(received: Received): void {
    const { sessions, journal } = this.#options;
    const { client, peer, head, command } = received;
    const session = head.session === undefined ? undefined : sessions.find(client, head.session);
    const known = head.id === undefined ? undefined : journal.get(client.key, head.id);
    // Step 2: session, client and role.
    if (session?.role !== "trade") {
      if (known !== undefined) this.#answerKnown(received, known);
      else if (session !== undefined) {
        this.#refuse(received, { code: "ROLE", reason: "The session may only read" });
      } else {
        this.#refuse(received, { code: "NO_SESSION", reason: "The session does not exist" });
      }
      return;
    }
    // Step 3: the next counter is used up, whatever follows.
    const expected = session.commandCounter + 1;
    if (head.n === expected) session.commandCounter = expected;
    if (command === undefined) {
      // "Not executed" must never be said of an id that was taken before, however broken this copy is.
      if (known !== undefined) this.#answerKnown(received, known);
      else if (head.id === undefined) this.#drop(client, peer, "BAD_REQUEST", received.fault);
      else this.#refuse(received, { code: "BAD_REQUEST", reason: received.fault });
      return;
    }
    // Step 4: the journal.
    if (known !== undefined) {
      this.#answerKnown(received, known);
      return;
    }
    const refusal = this.#judgeCounter(session, command, expected) ?? this.#judgeAge(client, command);
    if (refusal !== undefined) this.#refuse(received, refusal);
    else this.#plan({ ...received, command, session });
  }

  /** Step 5. */
  #judgeCounter(session: Session, command: CommandRequest, expected: number): Refusal | undefined {
    const { id: name } = session;
    if (command.n < expected) {
      return { code: "REPLAYED", reason: `Counter ${command.n} of session ${name} has been used` };
    }
    if (command.n === expected) return undefined;
    return { code: "COUNTER", reason: `Commands from ${expected} on are missing`, expected };
  }

  /** Step 6. */
  #judgeAge(client: Client, command: CommandRequest): Refusal | undefined {
    const { world, journal, limits } = this.#options;
    const { id, epoch, issuedAt, notAfter } = command;
    const now = world.now();
    if (journal.isBelowFloor({ epoch, issuedAt })) {
      return { code: "EXPIRED_ID", reason: "The journal does not reach back to this time" };
    }
    if (epoch !== journal.epoch) return { code: "EXPIRED", reason: `Epoch ${epoch} is not the present one` };
    if (now > notAfter) return { code: "EXPIRED", reason: `It came ${now - notAfter} ms too late` };
    if (issuedAt > now + limits.requestMaxAheadMs) {
      return { code: "STALE", reason: `It was issued ${issuedAt - now} ms in the future` };
    }
    if (notAfter - issuedAt > limits.commandTtlMs) {
      return { code: "BAD_REQUEST", reason: `A command may live at most ${limits.commandTtlMs} ms` };
    }
    return this.#refused.find(client.key, id, issuedAt);
  }

  /** Step 7: intent, limits, permissions. */
  #plan(received: Wellformed): void {
    const { limits, world, outcomes } = this.#options;
    const { client, command } = received;
    const read = readIntent(command.intent);
    if (!read.ok) {
      this.#refuse(received, { code: "BAD_REQUEST", reason: read.message });
      return;
    }
    const intent = read.value;
    const lessens = lessensRisk(intent);
    if (!lessens && !client.commands.take(world.now())) {
      this.#refuse(received, { code: "RATE_LIMITED", reason: "Too many commands per second" });
      return;
    }
    // The transport cannot be told to stop reading, so what does not fit is handed back to be sent again.
    if (!lessens && outcomes.waiting + this.#queue.length >= limits.maxPendingCommands) {
      this.#refuse(received, { code: "BUSY", reason: "Too many commands are waiting" });
      return;
    }
    // What waits while there is room is held by changes before it, so nothing is overtaken.
    if (!this.#pumping && this.#hasSlot() && !this.#isHeld(intent)) this.#admit(received, intent);
    else this.#queue.push({ received, intent });
  }

  /**
   * A change carries all levels of its order or position, those too that it leaves alone: sent before the answer to the
   * change before it, it would take that one back.
   */
  #isHeld(intent: Intent): boolean {
    const { outcomes } = this.#options;
    if (intent.kind === "modifyOrder") return outcomes.isChanging("order", intent.order);
    return intent.kind === "modifyPosition" && outcomes.isChanging("position", intent.position);
  }

  /** The first that may go. One that is held holds up those of its own target only. */
  #next(): Waiting | undefined {
    const at = this.#queue.findIndex(({ intent }) => !this.#isHeld(intent));
    return at === -1 ? undefined : this.#queue.splice(at, 1)[0];
  }

  /** A burst would push its own answers out of the terminal's queue of transactions. */
  #hasSlot(): boolean {
    const { outcomes, limits } = this.#options;
    return this.#staging === 0 && outcomes.unanswered < limits.maxInFlight;
  }

  /** Takes up what has waited for its turn. Much may have happened meanwhile: steps 4 and 6 are gone through again. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#hasSlot()) {
        const next = this.#next();
        if (next === undefined) return;
        const { received, intent } = next;
        const { client, command } = received;
        const known = this.#options.journal.get(client.key, command.id);
        const refusal = known === undefined ? this.#judgeAge(client, command) : undefined;
        if (known !== undefined) this.#answerKnown(received, known);
        else if (refusal !== undefined) this.#refuse(received, refusal);
        else this.#admit(received, intent);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** The rest of step 7. */
  #admit(received: Wellformed, intent: Intent): void {
    const { terminal, limits, journal } = this.#options;
    const { client, command } = received;
    const name = { clientPublicKey: client.publicKey, id: command.id };
    const plan = planIntent(terminal, intent, name, limits.maxVolumeLots);
    if (!plan.ok) this.#refuse(received, { code: plan.code, reason: plan.reason });
    else if (!journal.hasRoom(lessensRisk(intent))) {
      this.#refuse(received, { code: "JOURNAL", reason: "The journal has no room for more commands" });
    } else if (!this.#refused.hasRoom(client.key, command.id)) {
      // It might have to be refused for good yet, and that could not be remembered.
      this.#refuse(received, { code: "BUSY", reason: "Too many commands have been refused" });
    } else this.#stage(received, intent, plan.traits);
  }

  /** Step 8: into the journal, with the highest tickets so far. */
  #stage(received: Wellformed, intent: Intent, traits: Traits): void {
    const { world, terminal, journal, shadow, outcomes } = this.#options;
    const { client, command, digest, session } = received;
    const receivedMs = world.now();
    this.#staging++;
    world.at("beforeJournal", { client: client.key, id: command.id }, () => {
      this.#staging--;
      const { order, deal } = shadow.highest();
      const evidence = evidenceOf(traits, {
        afterOrder: order,
        afterDeal: deal,
        brokerMs: terminal.brokerMs(),
      });
      const { id, issuedAt } = command;
      const { instance } = session;
      const entry = journal.addCommand(
        { client: client.key, instance, id, digest, issuedAt, receivedMs, evidence },
        (staged, fault) => {
          if (fault === undefined) this.#journalled(received, intent, staged);
          else this.#notJournalled(received, staged);
        },
      );
      outcomes.begin(entry);
      this.#pump();
    });
  }

  #notJournalled(received: Received, entry: JournalEntry): void {
    this.#options.outcomes.forget(entry);
    this.#refuse(received, { code: "JOURNAL", reason: "The journal cannot be written" });
  }

  /** Step 9: durable, and only now sent. */
  #journalled(received: Wellformed, intent: Intent, entry: JournalEntry): void {
    const { world } = this.#options;
    world.at("journalled", { client: entry.client, id: entry.id }, () => this.#send(received, intent, entry));
  }

  #send(received: Wellformed, intent: Intent, entry: JournalEntry): void {
    const { world, terminal, outcomes, journal } = this.#options;
    const { id, digest, evidence } = entry;
    if (evidence === undefined) throw new Error("Cannot send a tombstone");
    const lateMs = world.now() - received.command.notAfter;
    if (lateMs > 0) {
      const expired = { code: "EXPIRED", reason: `The journal was written ${lateMs} ms too late` } as const;
      const tombstone = { id, digest, state: "void", sinceUtcMs: journal.sinceUtcMs } as const;
      outcomes.unsent(entry, tombstone, this.#note(received, expired));
      return;
    }
    const built = this.#build(intent, entry);
    if (built.ok) {
      outcomes.send(entry, () => terminal.orderSendAsync(built.request));
      return;
    }
    const { retcode, comment } = built;
    outcomes.unsent(entry, { state: "rejected", ...outcomeHead(entry, world.now()), retcode, comment });
  }

  #build(intent: Intent, entry: JournalEntry): BuiltRequest {
    const { readiness, terminal } = this.#options;
    const { evidence } = entry;
    const unready = readiness.fault();
    // Not handed to the terminal at all, so this code is as certain here as any other.
    if (unready !== undefined) return { ok: false, retcode: Retcode.CONNECTION, comment: unready };
    if (evidence === undefined) throw new Error("Cannot send a tombstone");
    return buildRequest(terminal, intent, evidence);
  }

  /** Step 4 for an id that the journal knows. */
  #answerKnown(received: Received, known: JournalEntry): void {
    const { publish, world } = this.#options;
    const { outcome, digest } = known;
    if (known.evidence === undefined || (outcome?.state === "void" && digest === received.digest)) {
      this.#refuse(received, { code: "VOID", reason: "The id is void" });
    } else if (digest !== received.digest) {
      this.#refuse(received, { code: "ID_REUSED", reason: "The id names another command" });
    } else if (outcome !== undefined && world.now() - known.repeatedMs >= republishMs) {
      known.repeatedMs = world.now();
      publish(known.client, outcome);
    }
  }

  #refuse(received: Received, refusal: Refusal): void {
    const { client, head } = received;
    const final = certainRefusals.has(refusal.code) && refusal.code !== "VOID";
    const remembers = final && head.id !== undefined && head.epoch === this.#options.journal.epoch;
    if (remembers && !this.#refused.hasRoom(client.key, head.id ?? "")) {
      this.#tell(received, { code: "BUSY", reason: "Too many commands have been refused" });
    } else this.#tell(received, refusal);
  }

  #tell(received: Received, refusal: Refusal): void {
    const { publish, hint, sessions } = this.#options;
    const { client, head } = received;
    const outcome = this.#note(received, refusal);
    if (outcome.id === "") return;
    switch (refusal.code) {
      case "COUNTER": {
        // One hint for each missing counter: thousands may be under way behind it.
        const session = head.session === undefined ? undefined : sessions.find(client, head.session);
        if (session === undefined || session.hintedCounter === refusal.expected) return;
        session.hintedCounter = refusal.expected ?? 0;
        hint(client.key, outcome);
        return;
      }
      case "NO_SESSION":
      case "STALE":
      case "REPLAYED":
      case "BUSY":
        hint(client.key, outcome);
        return;
      default:
        publish(client.key, outcome);
    }
  }

  /** Counts a refusal, remembers one for good, and words it. */
  #note(received: Received, refusal: Refusal): RefusedOutcome {
    const { refusals, world, journal } = this.#options;
    const { client, peer, head, digest } = received;
    const { code, reason, expected } = refusal;
    const { id = "", session = "", n = 0, epoch = 0, issuedAt = 0, notAfter = 0 } = head;
    const final = certainRefusals.has(code) && code !== "VOID";
    if (final && id !== "" && epoch === journal.epoch) {
      this.#refused.note(client.key, id, { code, reason, issuedAt });
    }
    refusals.note({
      channel: "command",
      code,
      client: client.key,
      address: peer.address,
      message: reason,
      agentMs: world.now(),
      session,
      id,
    });
    const copy = { session, n, epoch, issuedAt, notAfter };
    return {
      id,
      digest,
      state: "refused",
      code,
      reason,
      ...copy,
      ...(expected === undefined ? {} : { expected }),
    };
  }
}
