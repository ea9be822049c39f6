import type { Channel } from "../transport/transport.ts";

/** What still works while an agent is degraded. */
export interface WorkingParts {
  /** New trades reach the trade server. Trades sent meanwhile wait until their time runs out. */
  readonly trading: boolean;
  /** Queries are answered. */
  readonly queries: boolean;
  /** Events and ticks flow. */
  readonly events: boolean;
}

/** The state of one agent. Times are milliseconds since 1970 UTC by the local wall clock. */
export type ConnectionStatus =
  | {
      readonly state: "disconnected";
      readonly sinceMs: number;
      readonly reason: string;
      readonly cause?: Error;
    }
  | { readonly state: "connecting"; readonly sinceMs: number; readonly reason: string }
  | { readonly state: "connected"; readonly sinceMs: number }
  | {
      readonly state: "degraded";
      readonly sinceMs: number;
      /** Each thing that is wrong, in a sentence. */
      readonly reasons: readonly string[];
      readonly works: WorkingParts;
    }
  | {
      readonly state: "reconnecting";
      readonly sinceMs: number;
      readonly reason: string;
      /** Failed attempts of the channel that is furthest behind. */
      readonly attempt: number;
      readonly channels: readonly Channel[];
    };

/** The states of an agent and of the connector. */
export type ConnectionState = ConnectionStatus["state"];

/** The state of all agents together. */
export interface ConnectorStatus {
  /** `connected` when all agents are, `degraded` when some work, else the best state among them. */
  readonly state: ConnectionState;
  readonly agents: Readonly<Record<string, ConnectionStatus>>;
}

/** The states of several agents as one. */
export function overallState(statuses: readonly ConnectionStatus[]): ConnectionState {
  const states = new Set(statuses.map((status) => status.state));
  const [first] = states;
  if (first !== undefined && states.size === 1) return first;
  if (states.has("connected") || states.has("degraded")) return "degraded";
  if (states.has("reconnecting")) return "reconnecting";
  return states.has("connecting") ? "connecting" : "disconnected";
}
