import {
  type CommandOutcome,
  OutcomeUnknownError,
  TradeRejectedError,
  type TradeResult,
} from "../../../src/connector/mod.ts";
import type { AgentPoint } from "../../../src/simulator/agent/agent-options.ts";
import type { AgentFaults } from "../../../src/simulator/faults/agent.ts";
import type { FaultHandle } from "../../../src/simulator/faults/fault.ts";
import type { JournalFaults } from "../../../src/simulator/faults/journal.ts";
import type { Site } from "../kit/site.ts";
import { createWorld, type World } from "../kit/world.ts";
import type { Operation } from "./operations.ts";

/** Where a command is when the fault strikes. */
export const stages = ["before journal", "journal to send", "send to outcome", "outcome lost"] as const;

/** Where a command is when the fault strikes. */
export type Stage = (typeof stages)[number];

/** The agent's point at which each stage can be held. */
export const stagePoints: Readonly<Record<Stage, AgentPoint>> = {
  "before journal": "beforeJournal",
  "journal to send": "journalled",
  "send to outcome": "sent",
  "outcome lost": "outcomeJournalled",
};

/** What became of a command in the eyes of its caller. */
export type Told = "executed" | "rejected" | "unknown";

/** The measured side of one cell. */
export interface CellResult {
  /** The stages in which the fault struck. */
  readonly struckIn: readonly Stage[];
  /** Whether the faults that went with it struck, too. */
  readonly allStruck: boolean;
  readonly executions: number;
  readonly told: Told;
  /** What `trade.outcome` says in the end, if the caller was told that it is unknown. */
  readonly finally: CommandOutcome["state"] | "";
  /** From the strike until connector and broker agreed again, virtual milliseconds. */
  readonly recoveryMs: number;
  readonly companionExecutions: number;
  readonly companionTold: Told;
}

/** For so long a stage is held, so that something happens while the command is in it: longer than a pulse takes. */
export const holdMs = 1_200;

/** A row of the matrix: what goes wrong, and how that is brought about in each stage. */
export interface MatrixFault {
  readonly name: string;
  inject(bench: Bench, stage: Stage): void;
}

/** The command under test. */
export const commandId = "cell";
const companionId = "companion";

/** What the matrix needs of an agent and its surroundings, whatever the agent is written in. */
export interface BenchSite
  extends Pick<
    Site,
    "name" | "ports" | "keys" | "terminal" | "broker" | "passed" | "jumpWall" | "restartSoon"
  > {
  readonly points: Pick<AgentFaults, "at">;
  readonly journal: Pick<JournalFaults, "full">;
}

/** What the matrix needs of a world. */
export interface BenchWorld extends Pick<World, "time" | "client" | "keys" | "links" | "agree"> {
  readonly site: BenchSite;
  executions(id: string): number;
}

/** One command on its way through one fault. */
export class Bench {
  readonly world: BenchWorld;
  readonly struckIn: Stage[] = [];
  readonly #standing: FaultHandle[] = [];
  readonly #required: FaultHandle[] = [];
  #struckAtMs = 0;
  #told = false;
  #send: ((id: string) => Promise<unknown>) | undefined;
  #callers = 0;
  #tell: (told: Promise<Told>) => void = () => undefined;
  readonly #answer: Promise<Told> = new Promise((resolve) => {
    this.#tell = resolve;
  });
  #companion: Promise<TradeResult> | undefined;
  #background: Promise<unknown>[] = [];

  constructor(world: BenchWorld) {
    this.world = world;
  }

  /** Where the command is now. */
  stage(): Stage {
    const passed = new Set(
      this.world.site.passed.filter(({ id }) => id === commandId).map(({ point }) => point),
    );
    if (this.#told) throw new Error("The fault strikes after the caller was told");
    if (passed.has("outcomeJournalled")) return "outcome lost";
    if (passed.has("sent")) return "send to outcome";
    return passed.has("journalled") ? "journal to send" : "before journal";
  }

  /** Notes that the fault strikes now. */
  readonly struck = (): void => {
    this.struckIn.push(this.stage());
    if (this.struckIn.length === 1) this.#struckAtMs = this.world.time.clock.nowMs();
  };

  /** A fault that is healed at the end of the cell at the latest. */
  stands(handle: FaultHandle, forMs?: number): void {
    this.#standing.push(handle);
    if (forMs !== undefined) this.later(() => handle.heal(), forMs);
  }

  /** A fault besides the one that tells its stage, which must have struck by the end. */
  mustStrike(handle: FaultHandle): void {
    this.#required.push(handle);
  }

  later(action: () => void, ms: number): void {
    this.world.time.clock.setTimer(action, ms);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.later(resolve, ms));
  }

  /** Does something once when the command reaches the point at which the stage can be held. */
  at(stage: Stage, action: () => void | Promise<void>): void {
    this.world.site.points.at(stagePoints[stage], action, { match: ({ id }) => id === commandId });
  }

  /** Another order, under way at the same time, so that there is something on the wire. */
  sendCompanion(): void {
    this.#companion ??= this.world.client
      .agent(this.world.site)
      .trade.marketSell("GBPUSD", 0.2, { id: companionId, timeoutMs: 25_000 });
    this.#companion.catch(() => undefined);
  }

  /** Work that goes on beside the command and must end well. */
  background(work: Promise<unknown>): void {
    work.catch(() => undefined);
    this.#background.push(work);
  }

  /** Sends the command; again, from a new process, in place of a caller that died. */
  send(): void {
    if (this.#send === undefined) throw new Error("The operation is not prepared");
    const caller = ++this.#callers;
    const told = toldOf(this.#send(commandId));
    told.then(
      () => {
        if (caller === this.#callers) this.#tell(told);
      },
      () => this.#tell(told),
    );
  }

  /** Sends the command into the fault, waits until the caller knows, heals, and compares with the broker. */
  async run(operation: Operation, inject: (bench: Bench) => void): Promise<CellResult> {
    const { world } = this;
    const { time, site } = world;
    const { marketData } = world.client.agent(site);
    // So that a command is the next thing that is sent, not a query.
    for (const symbol of ["EURUSD", "GBPUSD"]) await time.settle(marketData.getSymbolInfo(symbol));
    this.#send = await operation.prepare(world);
    await world.agree();
    // Not in one turn with anything that the connector does by itself.
    await time.pass(137);
    inject(this);
    this.send();
    const told = await time.settle(this.#answer);
    this.#told = true;
    for (const work of this.#background) await time.settle(work);
    for (const fault of this.#standing) fault.heal();
    await world.agree();
    const recoveryMs = time.clock.nowMs() - this.#struckAtMs;
    const companionTold =
      this.#companion === undefined ? "executed" : await time.settle(toldOf(this.#companion));
    await time.pass(15_000);
    await world.agree();
    return {
      struckIn: this.struckIn,
      allStruck: this.#required.every((fault) => fault.fired > 0),
      executions: site.broker.executed.filter((request) => operation.isIts(request, world, commandId)).length,
      told,
      finally: told === "unknown" ? await this.#outcome() : "",
      recoveryMs,
      companionExecutions: this.#companion === undefined ? 1 : world.executions(companionId),
      companionTold,
    };
  }

  async #outcome(): Promise<CommandOutcome["state"]> {
    const { world } = this;
    const { state } = await world.time.settle(world.client.agent(world.site).trade.outcome(commandId));
    return state;
  }
}

/** Runs one cell in a world of its own. */
export async function runCell(operation: Operation, fault: MatrixFault, stage: Stage): Promise<CellResult> {
  const seed = `${fault.name} ${stage} ${operation.name}`;
  const slowly = stage === "send to outcome" ? { brokerLatencyMs: holdMs + 300 } : {};
  const world = await createWorld({ seed, record: false, ...slowly });
  try {
    await world.client.connect();
    return await new Bench(world).run(operation, (bench) => fault.inject(bench, stage));
  } finally {
    await world.close();
  }
}

async function toldOf(promise: Promise<unknown>): Promise<Told> {
  try {
    await promise;
    return "executed";
  } catch (error) {
    if (error instanceof TradeRejectedError) return "rejected";
    if (error instanceof OutcomeUnknownError) return "unknown";
    throw error;
  }
}
