import {
  type CommandOutcome,
  MT5Error,
  OutcomeUnknownError,
  TradeRejectedError,
} from "../../../src/connector/mod.ts";
import type { TradeRequest } from "../../../src/domain/terminal.ts";
import type { World } from "../kit/world.ts";

/** What one call for a command came to. `notSent`: this call sent nothing, which says nothing about earlier ones. */
export type Told =
  | { readonly state: "executed" }
  | { readonly state: "rejected"; readonly why: string }
  | { readonly state: "unknown"; readonly why: string }
  | { readonly state: "notSent"; readonly why: string };

/** One call, by one process. */
export interface Call {
  readonly life: number;
  readonly sentMs: number;
  readonly timeoutMs: number;
  told: Told | undefined;
}

/** A command of the search's workload, through all calls for it. */
export interface Command {
  readonly id: string;
  /** Whether the caller named it, so that another process can send it again. */
  readonly callers: boolean;
  readonly calls: Call[];
  readonly send: () => Promise<unknown>;
  /** Whether an executed request was this command's, where no tag can tell. */
  readonly isIts?: (request: TradeRequest) => boolean;
}

/** Calls for a command, and keeps what came of it. */
export function call(world: World, command: Command, timeoutMs: number): void {
  const { clock } = world.time;
  const made: Call = { life: world.client.lives, sentMs: clock.nowMs(), timeoutMs, told: undefined };
  command.calls.push(made);
  command.send().then(
    () => {
      made.told = { state: "executed" };
    },
    (error: unknown) => {
      made.told = toldOf(error);
    },
  );
}

function toldOf(error: unknown): Told {
  const why = String(error);
  if (error instanceof TradeRejectedError) return { state: "rejected", why };
  if (error instanceof OutcomeUnknownError) return { state: "unknown", why };
  if (error instanceof MT5Error) return { state: "notSent", why };
  return { state: "unknown", why: `not one of the library's errors: ${why}` };
}

/** Whether every call of the present process has been told. */
export function allTold(world: World, commands: readonly Command[]): boolean {
  const { lives } = world.client;
  return commands.every(({ calls }) => calls.every(({ told, life }) => told !== undefined || life !== lives));
}

/** What is wrong with what the callers were told, against the executions at the broker. */
export function judge(world: World, command: Command, outcome: CommandOutcome | undefined): string[] {
  const faults: string[] = [];
  const { id, isIts } = command;
  const executions =
    isIts === undefined ? world.executions(id) : world.site.broker.executed.filter(isIts).length;
  if (executions > 1) faults.push(`${id} was executed ${executions} times`);
  for (const { told, life, timeoutMs } of command.calls) {
    if (told === undefined) {
      if (life === world.client.lives)
        faults.push(`${id}: the promise of a call with ${timeoutMs} ms never settled`);
      continue;
    }
    if (told.state === "executed" && executions !== 1) {
      faults.push(`${id} was told as executed, the broker has ${executions} executions`);
    }
    if (told.state === "rejected" && executions !== 0) {
      faults.push(`${id} was told as certainly not executed, and was: ${told.why}`);
    }
    if (told.state === "notSent" && command.calls.length === 1 && executions !== 0) {
      faults.push(`${id} was told as not sent, and was executed: ${told.why}`);
    }
    if (told.state === "unknown" && told.why.startsWith("not one of")) faults.push(`${id}: ${told.why}`);
  }
  if (outcome !== undefined) {
    const { state } = outcome;
    if (state === "executed" && executions !== 1)
      faults.push(`${id}: the journal says executed, the broker not`);
    if ((state === "rejected" || state === "notExecuted") && executions !== 0) {
      faults.push(`${id}: the journal says ${state}, the broker has an execution`);
    }
    if (state === "pending") faults.push(`${id} is still pending`);
    if (state === "unknown") {
      // What carries no tag is known by its effect alone, which may have passed before it was looked for.
      if (executions !== 0 && isIts === undefined) {
        faults.push(`${id} was executed, and the journal never found out`);
      }
      if (!world.site.everStaged.has(id)) faults.push(`${id} never reached the journal, and is unknown`);
    }
  }
  return faults;
}
