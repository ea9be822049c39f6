import type { AgentEvents, ConnectorEvents, TradeEvent } from "../../../src/connector/mod.ts";
import { type Certainty, retcodes } from "../../../src/domain/retcodes.ts";
import type { Intent, LedgerEvent, Outcome, SyncOp } from "../../../src/protocol/v1/messages.ts";
import { syncOps } from "../../../src/protocol/v1/request-schemas.ts";
import type { parseTopic } from "../../../src/protocol/v1/topics.ts";

type ChangeOf<Type extends LedgerEvent["type"]> =
  Extract<LedgerEvent, { type: Type }> extends { readonly change: infer Change extends string }
    ? `${Type} ${Change}`
    : Type;
type LedgerChange = { [Type in LedgerEvent["type"]]: ChangeOf<Type> }[LedgerEvent["type"]];
type Topic = NonNullable<ReturnType<typeof parseTopic>>["kind"];

/** Something that an agent must do and that a case shows: an operation, a class of return codes, an event. */
export type Covered =
  | `op ${SyncOp}`
  | `intent ${Intent["kind"]}`
  | `outcome ${Outcome["state"]}`
  | `retcode ${Certainty}`
  | `ledger ${LedgerChange}`
  | `topic ${Topic}`
  | `trade ${TradeEvent["type"]}`
  | `agent ${keyof AgentEvents}`
  | `connector ${keyof ConnectorEvents}`;

/** Every member of a union: the compiler refuses a table that lacks one. */
type Table<Name extends string> = Readonly<Record<Name, true>>;

const intents: Table<Intent["kind"]> = {
  market: true,
  close: true,
  pending: true,
  modifyOrder: true,
  modifyPosition: true,
  cancel: true,
  closeBy: true,
};
const outcomes: Table<Outcome["state"]> = {
  pending: true,
  executed: true,
  rejected: true,
  unknown: true,
  refused: true,
  void: true,
};
const ledger: Table<LedgerChange> = {
  "order placed": true,
  "order modified": true,
  "order partiallyFilled": true,
  "order filled": true,
  "order cancelled": true,
  "order expired": true,
  "order rejected": true,
  "deal made": true,
  "deal updated": true,
  "deal deleted": true,
  "position opened": true,
  "position modified": true,
  "position closed": true,
  balance: true,
  outcome: true,
};
const topics: Table<Topic> = {
  ledger: true,
  pulse: true,
  account: true,
  client: true,
  tick: true,
  book: true,
};
const tradeEvents: Table<TradeEvent["type"]> = {
  orderPlaced: true,
  orderModified: true,
  orderPartiallyFilled: true,
  orderFilled: true,
  orderCancelled: true,
  orderExpired: true,
  orderRejected: true,
  stopLossHit: true,
  takeProfitHit: true,
  stoppedOut: true,
};
/** The events of an agent. */
export const agentEvents: Table<keyof AgentEvents> = {
  connected: true,
  disconnected: true,
  connectionStatus: true,
  trade: true,
  orderFilled: true,
  orderUpdate: true,
  positionUpdate: true,
  dealUpdate: true,
  accountUpdate: true,
  tick: true,
  outcome: true,
  error: true,
};
/** The events of a connector. */
export const connectorEvents: Table<keyof ConnectorEvents> = {
  connected: true,
  disconnected: true,
  agentConnected: true,
  agentDisconnected: true,
  reconnecting: true,
  connectionStatus: true,
  error: true,
};

function named<Kind extends string, Name extends string>(
  kind: Kind,
  names: readonly Name[],
): readonly `${Kind} ${Name}`[] {
  return names.map((name) => `${kind} ${name}` as const);
}

function keysOf<Name extends string>(table: Table<Name>): readonly Name[] {
  return Object.keys(table) as Name[];
}

/** All that the cases must cover, from the tables of the code itself. */
export const everything: readonly Covered[] = [
  ...named("op", syncOps),
  ...named("intent", keysOf(intents)),
  ...named("outcome", keysOf(outcomes)),
  ...named("retcode", [...new Set(retcodes.map((info) => info.certainty))]),
  ...named("ledger", keysOf(ledger)),
  ...named("topic", keysOf(topics)),
  ...named("trade", keysOf(tradeEvents)),
  ...named("agent", keysOf(agentEvents)),
  ...named("connector", keysOf(connectorEvents)),
];
