import type { CommandOutcome } from "../../../src/connector/mod.ts";
import type { Stage, Told } from "./bench.ts";

/** What a cell must come to. */
export interface Expected {
  readonly executions: 0 | 1;
  readonly told: Told;
  readonly finally: CommandOutcome["state"] | "";
  /** Why it is not an execution. */
  readonly why?: string;
}

const executedOnce: Expected = { executions: 1, told: "executed", finally: "" };

/** The cells in which the command is not executed, each with its reason. */
const others: Readonly<Record<string, Expected>> = {
  "agent restart, journal to send": {
    executions: 0,
    told: "unknown",
    finally: "unknown",
    why: "the agent died with the command in its journal: nobody can tell whether it was sent, so it is not sent again",
  },
  "disk full, before journal": {
    executions: 0,
    told: "rejected",
    finally: "",
    why: "what cannot be journalled is not sent: refused `JOURNAL`, which is certain",
  },
};

/** What this fault in this stage must come to, whatever the operation. */
export function expectedOf(fault: string, stage: Stage): Expected {
  return others[`${fault}, ${stage}`] ?? executedOnce;
}
