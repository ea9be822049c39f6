import type { Terminal } from "../../domain/terminal.ts";
import { limits as protocolLimits } from "../../protocol/v1/limits.ts";
import type { CommandRefusal, RefusalCode, Role } from "../../protocol/v1/messages.ts";
import type { Hmac, SharedSecret } from "../../protocol/v1/signing.ts";
import type { Clock } from "../../transport/clock.ts";
import type { Channel, ChannelFaultCode, ListenOptions, Transport } from "../../transport/transport.ts";
import { checkKnownKeys, type Keys } from "../known-keys.ts";
import type { JournalStore } from "./journal-store.ts";

/** A client that the agent admits. */
export interface AgentClient {
  /** Permanent public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The most that its sessions may be. @default "trade" */
  readonly role?: Role;
  /** For logs. */
  readonly name?: string;
}

/** The named points of the agent's work at which a test can look, stall or kill. */
export type AgentPoint =
  /** A command with a valid mac arrived; nothing is decided yet. */
  | "commandReceived"
  /** All checks passed; the command is about to be written to the journal. */
  | "beforeJournal"
  /** The command is durable and not sent yet. */
  | "journalled"
  /** The terminal has taken the command (or refused it locally). */
  | "sent"
  /** The trade server's answer arrived. */
  | "resultReceived"
  /** The outcome is known and about to be written. */
  | "beforeOutcome"
  /** The outcome is durable (or its write has failed) and not published yet. */
  | "outcomeJournalled"
  | "outcomePublished"
  /** A lookup of an unknown id is about to write a tombstone. */
  | "beforeTombstone"
  /** The tombstone is durable and the lookup not answered yet. */
  | "tombstoned"
  | "requestReceived"
  | "replied";

/** What a hook is told. */
export interface AgentPointInfo {
  /** The client's public key, hex. */
  readonly client: string;
  /** The command, where there is one. */
  readonly id?: string;
  /** The operation of a request. */
  readonly op?: string;
}

/** Looks into the agent's work. */
export interface AgentHooks {
  /**
   * Called at each point. If it calls `kill()`, the agent stops right there. If it returns a promise, the whole agent
   * stands still until the promise is settled, as a stalled process would.
   */
  at(point: AgentPoint, info: AgentPointInfo): void | Promise<void>;
}

/** Why a connection did not become one: `HANDSHAKE_AUTHENTICATION` for keys that are wrong or not listed, and so on. */
export type HandshakeRefusal =
  `HANDSHAKE_${Uppercase<Exclude<ChannelFaultCode, "handshake-timeout">> | "TIMEOUT"}`;

/** A refusal, for counting and for the audit. */
export interface AgentRefusal {
  readonly channel: Channel;
  readonly code: RefusalCode | CommandRefusal | HandshakeRefusal;
  /** The client's public key, hex; empty for a connection that did not get so far as to prove one. */
  readonly client: string;
  readonly address: string;
  readonly message: string;
  readonly agentMs: number;
  readonly session?: string;
  readonly op?: string;
  readonly rid?: string;
  readonly id?: string;
}

/** The agent's bounds and intervals. */
export interface AgentLimits {
  readonly maxSessionsPerClient: number;
  readonly maxSessions: number;
  readonly maxPendingRequests: number;
  readonly maxPendingCommands: number;
  /** Commands handed to the terminal whose answer has not come; more would overflow its queue of transactions. */
  readonly maxInFlight: number;
  readonly maxChallengesPerClient: number;
  readonly maxOutcomesInHello: number;
  readonly maxSymbolsPerSession: number;
  readonly maxReplyBytes: number;
  readonly ledgerRingEvents: number;
  /** Deals remembered so that one that is changed or withdrawn can be told. */
  readonly rememberedDeals: number;
  readonly challengeTtlMs: number;
  readonly cursorTtlMs: number;
  readonly requestMaxAgeMs: number;
  readonly requestMaxAheadMs: number;
  readonly commandTtlMs: number;
  readonly leaseMs: number;
  readonly journalRetentionMs: number;
  readonly pulseIntervalMs: number;
  readonly accountIntervalMs: number;
  readonly dealsWaitMs: number;
  /** Silence of the trade server after which an outcome is published as unknown. */
  readonly resultTimeoutMs: number;
  /** Least time between two looks at the terminal's tables or ticks; the first one is immediate. */
  readonly scanGapMs: number;
  /** Least time between two publications of market depth. */
  readonly bookIntervalMs: number;
  /** Period of looking at the tables although no transaction hinted at them. */
  readonly scanIntervalMs: number;
  /** For so long a finished order or deal may still appear below a higher ticket. */
  readonly lateTicketMs: number;
  /** Requests of one client on `sync`, per second; the burst is twice that. */
  readonly requestsPerSecond: number;
  /** Commands of one client, per second; the burst is twice that. Closes are never held back. */
  readonly commandsPerSecond: number;
  /** Largest volume of one market order; closes are never held back. */
  readonly maxVolumeLots: number;
  readonly ticksPerBatch: number;
  /** Entries of the journal beyond which only closes are taken. */
  readonly journalMaxEntries: number;
  /** The journal is rewritten when it is larger than this and than twice what it would be. */
  readonly journalCompactBytes: number;
  readonly journalRetryMs: number;
  /** Period of looking whether the terminal is ready, while it is not. */
  readonly readyPollMs: number;
  /** For so long the deal that closed a vanished position is looked for. */
  readonly closingDealWaitMs: number;
  /** How long `stop` waits for answers of the trade server. */
  readonly drainMs: number;
}

/** The limits that hold unless told otherwise. */
export const defaultAgentLimits: AgentLimits = {
  maxSessionsPerClient: protocolLimits.maxSessionsPerClient,
  maxSessions: protocolLimits.maxSessions,
  maxPendingRequests: protocolLimits.maxPendingRequests,
  maxPendingCommands: protocolLimits.maxPendingCommands,
  maxInFlight: 128,
  maxChallengesPerClient: protocolLimits.maxChallengesPerClient,
  maxOutcomesInHello: protocolLimits.maxOutcomesInHello,
  maxSymbolsPerSession: protocolLimits.maxSymbolsPerSession,
  maxReplyBytes: protocolLimits.maxReplyBytes,
  ledgerRingEvents: protocolLimits.ledgerRingEvents,
  rememberedDeals: 1_024,
  challengeTtlMs: protocolLimits.challengeTtlMs,
  cursorTtlMs: protocolLimits.cursorTtlMs,
  requestMaxAgeMs: protocolLimits.requestMaxAgeMs,
  requestMaxAheadMs: protocolLimits.requestMaxAheadMs,
  commandTtlMs: protocolLimits.commandTtlMs,
  leaseMs: protocolLimits.leaseMs,
  journalRetentionMs: protocolLimits.journalRetentionMs,
  pulseIntervalMs: protocolLimits.pulseIntervalMs,
  accountIntervalMs: protocolLimits.accountIntervalMs,
  dealsWaitMs: protocolLimits.dealsWaitMs,
  resultTimeoutMs: protocolLimits.resultWaitMs,
  scanGapMs: 1,
  bookIntervalMs: 50,
  scanIntervalMs: 250,
  lateTicketMs: 10_000,
  requestsPerSecond: 2_000,
  commandsPerSecond: 20_000,
  maxVolumeLots: Number.POSITIVE_INFINITY,
  ticksPerBatch: 1_000,
  journalMaxEntries: 1_000_000,
  journalCompactBytes: 4_194_304,
  journalRetryMs: 1_000,
  readyPollMs: 100,
  closingDealWaitMs: 5_000,
  drainMs: 5_000,
};

/** All that an agent is made of. */
export interface AgentOptions {
  readonly terminal: Terminal;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Secure random bytes. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly journal: JournalStore;
  /** The agent's permanent secret key, 32 bytes. */
  readonly serverSecretKey: Uint8Array;
  readonly clients: readonly AgentClient[];
  readonly host: string;
  /** 0 means any free port. */
  readonly ports: ListenOptions["ports"];
  /** The daylight-saving rule of broker time, if known: `eet-us`, `eet-eu`, `utc`, `fixed:+120`. */
  readonly brokerZone?: string;
  readonly name: string;
  readonly version: string;
  readonly limits?: Partial<AgentLimits>;
  /**
   * How long the terminal may leave out the newest deals that the journal knows before its tables are believed all the
   * same, in milliseconds. 0 for a broker that starts afresh beside a journal that stays. @default 120_000
   */
  readonly historyWaitMs?: number;
  /** Settings of the transport's listening side. */
  readonly listen?: Omit<ListenOptions, "host" | "ports" | "serverSecretKey" | "authorize">;
  readonly hooks?: AgentHooks;
  /** Told about each refusal; the seam for an audit. */
  readonly onRefusal?: (refusal: AgentRefusal) => void;
  /** Told about faults of the agent's surroundings that have no one to answer to: the disk, the terminal, a bug. */
  readonly onFault?: (fault: unknown, where: string) => void;
  /** HMAC-SHA256 of the runtime. @default noble's */
  readonly hmac?: Hmac;
  /** X25519 of the runtime. @default noble's */
  readonly sharedSecret?: SharedSecret;
}

/** What an agent can be told where its terminal, name and version are given. */
export const simulatorAgentKeys: Keys<Omit<AgentOptions, "terminal" | "name" | "version">> = {
  transport: true,
  clock: true,
  randomBytes: true,
  journal: true,
  serverSecretKey: true,
  clients: true,
  host: true,
  ports: true,
  brokerZone: true,
  limits: true,
  historyWaitMs: true,
  listen: true,
  hooks: true,
  onRefusal: true,
  onFault: true,
  hmac: true,
  sharedSecret: true,
};
const agentKeys: Keys<AgentOptions> = { ...simulatorAgentKeys, terminal: true, name: true, version: true };
const clientKeys: Keys<AgentClient> = { publicKey: true, role: true, name: true };
const hookKeys: Keys<AgentHooks> = { at: true };
const portKeys: Keys<ListenOptions["ports"]> = { command: true, events: true, sync: true };
const listenKeys: Keys<NonNullable<AgentOptions["listen"]>> = {
  handshakeTimeoutMs: true,
  heartbeatIntervalMs: true,
  heartbeatTimeoutMs: true,
  maxMessageBytes: true,
  subscriberDropBytes: true,
  subscriberCapBytes: true,
  maxConnections: true,
  maxHandshakes: true,
  maxConnectionsPerClient: true,
};

/** Throws `RangeError` for options of an agent that there are not. */
export function checkAgentOptions(options: AgentOptions): void {
  const action = "make an agent";
  checkKnownKeys(options, agentKeys, action);
  checkKnownKeys(options.limits, defaultAgentLimits, `${action} with its limits`);
  checkKnownKeys(options.ports, portKeys, `${action} with its ports`);
  checkKnownKeys(options.listen, listenKeys, `${action} with listen`);
  checkKnownKeys(options.hooks, hookKeys, `${action} with its hooks`);
  for (const client of options.clients) checkKnownKeys(client, clientKeys, `${action} with its clients`);
}
