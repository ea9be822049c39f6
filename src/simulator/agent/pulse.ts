import type { AccountRecord } from "../../domain/records.ts";
import type { Terminal } from "../../domain/terminal.ts";
import { encodeBody } from "../../protocol/v1/codec.ts";
import type {
  AccountMessage,
  HintMessage,
  PulseMessage,
  RefusedOutcome,
} from "../../protocol/v1/messages.ts";
import { accountTopic, clientTopic, pulseTopic } from "../../protocol/v1/topics.ts";
import type { Sessions } from "./sessions.ts";

/** What the streams beside ledger and ticks need. */
export interface PulseOptions {
  readonly terminal: Terminal;
  readonly sessions: Sessions;
  readonly epoch: number;
  readonly now: () => number;
  readonly seq: () => number;
  /** Publishes what may be dropped for a slow subscriber. */
  readonly publish: (frames: readonly Uint8Array[]) => void;
}

/** The pulse, the account stream and the hints (docs/protocol.md, 5.2 to 5.4). */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #pulseTopic: Uint8Array = pulseTopic();
  readonly #accountTopic: Uint8Array = accountTopic();
  #account: AccountRecord | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Publishes the pulse. */
  beat(): void {
    const { terminal, sessions, epoch, now, seq, publish } = this.#options;
    const message: PulseMessage = {
      v: 1,
      epoch,
      seq: seq(),
      agentMs: now(),
      brokerMs: terminal.brokerMs(),
      utcMs: terminal.utcMs(),
      sessions: [...sessions.all()].map((session) => ({
        session: session.id,
        command: session.commandCounter,
        sync: session.syncCounter,
      })),
      terminal: terminal.info(),
    };
    publish([this.#pulseTopic, encodeBody(message)]);
  }

  /** Publishes the account if it has changed. */
  account(): void {
    const { terminal, epoch, now, publish } = this.#options;
    const account = terminal.account();
    if (this.#account !== undefined && sameAccount(this.#account, account)) return;
    this.#account = account;
    const message: AccountMessage = { v: 1, epoch, agentMs: now(), account };
    publish([this.#accountTopic, encodeBody(message)]);
  }

  /** Tells one client of a refusal that its connector mends. */
  hint(client: string, outcome: RefusedOutcome): void {
    const { epoch, now, publish } = this.#options;
    const message: HintMessage = { v: 1, epoch, agentMs: now(), outcome };
    publish([clientTopic(client), encodeBody(message)]);
  }
}

function sameAccount(a: AccountRecord, b: AccountRecord): boolean {
  const keys = Object.keys(b) as (keyof AccountRecord)[];
  return keys.every((key) => a[key] === b[key]);
}
