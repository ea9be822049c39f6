import * as v from "valibot";
import type { AccountRecord, TerminalRecord } from "../../domain/records.ts";
import { limits } from "./limits.ts";
import type {
  AccountMessage,
  BarrierMessage,
  ChallengeResult,
  HelloResult,
  HintMessage,
  LedgerEvent,
  LedgerSinceResult,
  OrdersResult,
  Outcome,
  OutcomeResult,
  OutcomesResult,
  PositionsResult,
  PulseMessage,
  SnapshotResult,
  SubscribeResult,
  SymbolsResult,
  SyncReply,
  TicksMessage,
} from "./messages.ts";
import {
  account,
  count,
  cursor,
  deal,
  digits,
  finite,
  id,
  order,
  position,
  symbol,
  terminal,
  v1,
} from "./record-schemas.ts";

/** A message of the agent that does not have the shape of this revision. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

const outcomeHead = { id, digest: v.pipe(v.string(), v.regex(/^([0-9a-f]{64})?$/)) };
const outcomeTimes = { epoch: count, receivedMs: finite, sentMs: finite, doneMs: finite };

const refused = v.object({
  ...outcomeHead,
  state: v.literal("refused"),
  code: v.picklist([
    "BAD_REQUEST",
    "NO_SESSION",
    "ROLE",
    "ID_REUSED",
    "VOID",
    "REPLAYED",
    "COUNTER",
    "EXPIRED",
    "EXPIRED_ID",
    "STALE",
    "RATE_LIMITED",
    "LIMIT",
    "JOURNAL",
    "BUSY",
  ]),
  reason: v.string(),
  session: v.string(),
  n: count,
  epoch: count,
  issuedAt: finite,
  notAfter: finite,
  expected: v.exactOptional(count),
});

const outcome: v.GenericSchema<unknown, Outcome> = v.variant("state", [
  v.object({ ...outcomeHead, ...outcomeTimes, state: v.literal("pending") }),
  v.object({
    ...outcomeHead,
    ...outcomeTimes,
    state: v.literal("executed"),
    retcode: count,
    comment: v.optional(v.string(), ""),
    order: digits,
    deal: digits,
    position: digits,
    volume: finite,
    price: finite,
    deals: v.pipe(v.array(deal), v.maxLength(limits.maxDealsInOutcome)),
    moreDeals: v.optional(v.boolean(), false),
  }),
  v.object({
    ...outcomeHead,
    ...outcomeTimes,
    state: v.literal("rejected"),
    retcode: count,
    comment: v.string(),
  }),
  v.object({
    ...outcomeHead,
    ...outcomeTimes,
    state: v.literal("unknown"),
    retcode: count,
    comment: v.string(),
  }),
  refused,
  v.object({ ...outcomeHead, state: v.literal("void"), sinceUtcMs: v.optional(finite, 0) }),
]);
const ledgerHead = { v: v1, epoch: count, seq: count, agentMs: finite };
const ledgerSchemas = [
  v.object({
    ...ledgerHead,
    type: v.literal("order"),
    change: v.picklist([
      "placed",
      "modified",
      "partiallyFilled",
      "filled",
      "cancelled",
      "expired",
      "rejected",
    ]),
    order,
  }),
  v.object({
    ...ledgerHead,
    type: v.literal("deal"),
    change: v.picklist(["made", "updated", "deleted"]),
    deal,
  }),
  v.object({
    ...ledgerHead,
    type: v.literal("position"),
    change: v.picklist(["opened", "modified", "closed"]),
    position,
  }),
  v.object({ ...ledgerHead, type: v.literal("balance"), balance: finite, credit: finite }),
  v.object({
    ...ledgerHead,
    type: v.literal("outcome"),
    client: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    outcome,
  }),
] as const;

const ledgerEvent: v.GenericSchema<unknown, LedgerEvent> = v.variant("type", ledgerSchemas);
const ledgerMessage: v.GenericSchema<unknown, LedgerEvent | BarrierMessage> = v.variant("type", [
  ...ledgerSchemas,
  v.object({ ...ledgerHead, type: v.literal("barrier"), token: v.string() }),
]);

const replyHead = { v: v1, rid: v.string(), epoch: count, seq: count, agentMs: finite };
const reply: v.GenericSchema<unknown, SyncReply> = v.variant("ok", [
  v.object({ ...replyHead, ok: v.literal(true), result: v.looseObject({}) }),
  v.object({
    ...replyHead,
    ok: v.literal(false),
    error: v.object({
      // A code that this side does not know is still a refusal.
      code: v.custom<never>((value) => typeof value === "string" && value !== ""),
      message: v.string(),
      candidates: v.exactOptional(v.array(v.string())),
    }),
  }),
]);

const challenge: v.GenericSchema<unknown, ChallengeResult> = v.object({
  revision: count,
  challenge: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

const hello: v.GenericSchema<unknown, HelloResult> = v.object({
  session: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  leaseMs: v.pipe(count, v.minValue(1)),
  agent: v.object({ name: v.string(), version: v.string() }),
  account,
  terminal,
  brokerMs: finite,
  utcMs: finite,
  brokerZone: v.nullable(v.string()),
  ledger: v.object({ oldest: count }),
  outcomes: v.optional(v.pipe(v.array(outcome), v.maxLength(limits.maxOutcomesInHello)), []),
  moreOutcomes: v.optional(v.boolean(), false),
  journalSinceUtcMs: finite,
  limits: v.object({
    commandTtlMs: v.pipe(count, v.minValue(1)),
    journalRetentionMs: count,
    maxMessageBytes: count,
    maxPending: v.pipe(count, v.minValue(1)),
  }),
});

const snapshot: v.GenericSchema<unknown, SnapshotResult> = v.object({
  account,
  positions: v.array(position),
  orders: v.array(order),
  historyOrders: v.array(order),
  deals: v.array(deal),
  more: cursor,
});

const since: v.GenericSchema<unknown, LedgerSinceResult> = v.object({
  events: v.array(ledgerEvent),
  complete: v.boolean(),
});

const pulse: v.GenericSchema<unknown, PulseMessage> = v.object({
  ...ledgerHead,
  brokerMs: finite,
  utcMs: finite,
  sessions: v.array(v.object({ session: v.string(), command: count, sync: count })),
  terminal,
});

const accountMessage: v.GenericSchema<unknown, AccountMessage> = v.object({
  v: v1,
  epoch: count,
  agentMs: finite,
  account,
});

const hint: v.GenericSchema<unknown, HintMessage> = v.object({
  v: v1,
  epoch: count,
  agentMs: finite,
  outcome: refused,
});

const ticks: v.GenericSchema<unknown, TicksMessage> = v.object({
  v: v1,
  epoch: count,
  symbol: v.string(),
  count,
  n: count,
  skipped: count,
  agentMs: finite,
});

const positions: v.GenericSchema<unknown, PositionsResult> = v.object({
  positions: v.array(position),
  more: cursor,
});
const orders: v.GenericSchema<unknown, OrdersResult> = v.object({ orders: v.array(order), more: cursor });
const symbols: v.GenericSchema<unknown, SymbolsResult> = v.object({ symbols: v.array(symbol), more: cursor });
const subscribed: v.GenericSchema<unknown, SubscribeResult> = v.object({
  symbols: v.array(v.object({ symbol: v.string(), count })),
});
const outcomeResult: v.GenericSchema<unknown, OutcomeResult> = v.object({ outcome: v.nullable(outcome) });
const outcomesResult: v.GenericSchema<unknown, OutcomesResult> = v.object({
  outcomes: v.array(outcome),
  more: cursor,
});
const accountResult = v.object({ account });
const terminalResult = v.object({ terminal });
const tickResult = v.object({ symbol: v.string(), brokerMs: finite });

/** Reads one shape out of a decoded body. Throws a ShapeError that names the member. */
export type Reader<T> = (value: unknown) => T;

/** Makes a reader of a schema. */
export function reader<T>(what: string, schema: v.GenericSchema<unknown, T>): Reader<T> {
  return (value): T => {
    const parsed = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
    if (parsed.success) return parsed.output;
    const issue = parsed.issues[0];
    throw new ShapeError(`Cannot read ${what}: ${v.getDotPath(issue) ?? "it"} - ${issue.message}`);
  };
}

/** Any reply on `sync`. */
export const readReply: Reader<SyncReply> = reader("a reply", reply);
/** Result of `challenge`. */
export const readChallenge: Reader<ChallengeResult> = reader("a challenge", challenge);
/** Result of `hello`. */
export const readHello: Reader<HelloResult> = reader("the answer to hello", hello);
/** Result of `snapshot`. */
export const readSnapshot: Reader<SnapshotResult> = reader("a snapshot", snapshot);
/** Result of `ledger.since`. */
export const readSince: Reader<LedgerSinceResult> = reader("ledger events", since);
/** Result of `positions`. */
export const readPositions: Reader<PositionsResult> = reader("positions", positions);
/** Result of `orders`. */
export const readOrders: Reader<OrdersResult> = reader("orders", orders);
/** Result of `symbols`. */
export const readSymbols: Reader<SymbolsResult> = reader("symbols", symbols);
/** Result of `subscribe`. */
export const readSubscribed: Reader<SubscribeResult> = reader("subscriptions", subscribed);
/** Result of `outcome`. */
export const readOutcome: Reader<OutcomeResult> = reader("an outcome", outcomeResult);
/** Result of `outcomes`. */
export const readOutcomes: Reader<OutcomesResult> = reader("outcomes", outcomesResult);
/** Result of `account`. */
export const readAccount: Reader<{ readonly account: AccountRecord }> = reader("the account", accountResult);
/** Result of `terminal`. */
export const readTerminal: Reader<{ readonly terminal: TerminalRecord }> = reader(
  "the terminal",
  terminalResult,
);
/** Result of `tick`. */
export const readTick: Reader<{ readonly symbol: string; readonly brokerMs: number }> = reader(
  "a tick",
  tickResult,
);
/** Result of operations that tell nothing but success. */
export const readNothing: Reader<Readonly<Record<string, unknown>>> = reader("a result", v.looseObject({}));
/** A message under the topic `ledger`. */
export const readLedgerMessage: Reader<LedgerEvent | BarrierMessage> = reader(
  "a ledger message",
  ledgerMessage,
);
/** A message under the topic `pulse`. */
export const readPulse: Reader<PulseMessage> = reader("a pulse", pulse);
/** A message under the topic `account`. */
export const readAccountMessage: Reader<AccountMessage> = reader("an account message", accountMessage);
/** A message under the topic `client.…`. */
export const readHint: Reader<HintMessage> = reader("a hint", hint);
/** The head of a message under a topic `tick.…`. */
export const readTicks: Reader<TicksMessage> = reader("a batch of ticks", ticks);
