import type { TradeRequest } from "../../../src/domain/terminal.ts";
import type { AgentPoint } from "../../../src/simulator/agent/agent-options.ts";
import { type FaultHandle, type FaultOptions, FaultSet } from "../../../src/simulator/faults/fault.ts";

/** Comes between a program's call and its answer; the program stands still until the answer is there. */
export type Intercept = (name: string, value: unknown, next: () => unknown) => unknown;

/** What is told at a point: the command, where there is one. */
export interface GateInfo {
  readonly client: string;
  readonly id?: string;
}

/** What gates need to know. */
export interface GateOptions {
  /** Called at each point that an expert passes; while a promise is pending the expert stands still. */
  at(point: AgentPoint, info: GateInfo): void | Promise<void>;
  /** The port of the command channel. */
  commandPort(): number;
}

/** The disk under an expert's journal. */
export class ExpertDisk {
  readonly #full: FaultSet<{ freeBytes: number }> = new FaultSet();

  /** While it stands the disk takes only so many bytes more, and the program is not told. */
  full(freeBytes = 0, options: FaultOptions = {}): FaultHandle {
    return this.#full.add({ freeBytes }, options);
  }

  /** How many bytes of a write fit. */
  room(bytes: number): number {
    const full = this.#full.find(() => true);
    if (full === undefined) return bytes;
    const room = Math.min(bytes, full.what.freeBytes);
    full.what.freeBytes -= room;
    if (room < bytes) full.strike();
    return room;
  }
}

/** Members of a journal's record that the gates look at. */
interface JournalRecord {
  readonly k: string;
  readonly c?: string;
  readonly id?: string;
  readonly ev?: { readonly commentTag?: string };
}

interface JournalledCommand extends Required<GateInfo> {
  /** The end of its request's comment; empty if it has none. */
  readonly tag: string;
}

interface Write {
  readonly commands: readonly JournalledCommand[];
  readonly outcomes: readonly Required<GateInfo>[];
  readonly whole: boolean;
}

/** Fewer bytes than a signed command has, and more than a heartbeat. */
const commandBytes = 200;
const never: Promise<never> = new Promise(() => undefined);

/** The records in a piece of a journal: lines of checksum, place, durable count and JSON. */
function recordsIn(text: string): readonly JournalRecord[] {
  return text.split("\n").flatMap((line) => {
    const json = /^[0-9a-f]{8} \d+ \d+ (\{.*\})$/.exec(line)?.[1];
    return json === undefined ? [] : [JSON.parse(json) as JournalRecord];
  });
}

/**
 * The named points of an agent's work, as far as they show outside an expert: in what its sockets receive, in what it
 * writes to its journal and in what it hands to the terminal.
 */
export class Gates {
  readonly disk: ExpertDisk = new ExpertDisk();
  readonly #options: GateOptions;
  /** Durable commands that have not been handed to the terminal, in order. */
  readonly #unsent: JournalledCommand[] = [];
  readonly #durable = new Set<string>();
  readonly #settled = new Set<string>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** The gates of one life of the expert; what asks after its death gets no answer. */
  intercept(alive: () => boolean): Intercept {
    let write: Write | undefined;
    const pass = async (point: AgentPoint, commands: readonly GateInfo[]): Promise<void> => {
      for (const info of commands) {
        await this.#options.at(point, info);
        if (!alive()) await never;
      }
    };
    return (name, value, next) => {
      switch (name) {
        case "received": {
          const { port, bytes } = value as { port: number; bytes: number };
          if (port !== this.#options.commandPort() || bytes < commandBytes) return null;
          return pass("commandReceived", [{ client: "" }]);
        }
        case "fileWrite": {
          const { name: file, text } = value as { name: string; text: string };
          if (!file.includes("journal-")) return null;
          return (async (): Promise<unknown> => {
            const { commands, outcomes } = this.#fresh(text);
            await pass("beforeJournal", commands);
            await pass("beforeOutcome", outcomes);
            const bytes = Buffer.byteLength(text);
            const room = this.disk.room(bytes);
            write = { commands, outcomes, whole: room === bytes };
            return { room };
          })();
        }
        case "fileWritten": {
          const { commands = [], outcomes = [], whole = false } = write ?? {};
          write = undefined;
          for (const command of whole ? commands : []) {
            this.#durable.add(command.id);
            this.#unsent.push(command);
          }
          for (const { id } of outcomes) this.#settled.add(id);
          return (async (): Promise<void> => {
            if (whole) await pass("journalled", commands);
            await pass("outcomeJournalled", outcomes);
          })();
        }
        case "orderSendAsync": {
          const answer = next();
          const command = this.#sent((value as TradeRequest).comment ?? "");
          return (async (): Promise<unknown> => {
            await pass("sent", command === undefined ? [] : [command]);
            return answer;
          })();
        }
        default:
          return next();
      }
    };
  }

  /** The command of a request: what carries no tag is sent in the order of the journal. */
  #sent(comment: string): GateInfo | undefined {
    const tagged = /~.{10}$/.test(comment);
    const at = this.#unsent.findIndex(({ tag }) => (tag === "" ? !tagged : comment.endsWith(tag)));
    return at < 0 ? undefined : this.#unsent.splice(at, 1)[0];
  }

  /** What a write makes durable that was not before; a journal that is written anew holds much that was. */
  #fresh(text: string): Pick<Write, "commands" | "outcomes"> {
    const commands: JournalledCommand[] = [];
    const outcomes: Required<GateInfo>[] = [];
    for (const { k, c: client = "", id = "", ev } of recordsIn(text)) {
      if (k === "command" && !this.#durable.has(id)) commands.push({ client, id, tag: ev?.commentTag ?? "" });
      if (k === "outcome" && !this.#settled.has(id)) outcomes.push({ client, id });
    }
    return { commands, outcomes };
  }
}
