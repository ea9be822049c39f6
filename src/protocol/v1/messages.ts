import type { CalendarRecord, Timeframe } from "../../domain/market.ts";
import type {
  AccountRecord,
  DealRecord,
  FillingMode,
  OrderRecord,
  PositionRecord,
  PositionSide,
  SymbolRecord,
  TerminalRecord,
  TimeInForce,
} from "../../domain/records.ts";

/** What a session may do: `trade` everything, `read` all but commands and outcomes. */
export type Role = "trade" | "read";

/** Operations of the sync channel. */
export type SyncOp =
  | "challenge"
  | "hello"
  | "ping"
  | "bye"
  | "barrier"
  | "account"
  | "terminal"
  | "positions"
  | "orders"
  | "symbols"
  | "tick"
  | "snapshot"
  | "ledger.since"
  | "subscribe"
  | "unsubscribe"
  | "outcome"
  | "outcomes"
  | "outcome.ack"
  | "history.orders"
  | "history.deals"
  | "bars"
  | "ticks"
  | "depth.subscribe"
  | "depth.unsubscribe"
  | "order.check"
  | "calc.margin"
  | "calc.profit"
  | "calendar";

/** A request on `sync`. `session`, `n`, `epoch` and `at` are missing in `challenge` and `hello` only. */
export interface SyncRequest {
  readonly v: 1;
  readonly op: string;
  readonly rid: string;
  readonly session?: string;
  readonly n?: number;
  readonly epoch?: number;
  readonly at?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Why a request was refused. */
export type RefusalCode =
  | "BAD_REQUEST"
  | "REVISION"
  | "MAC"
  | "NO_SESSION"
  | "EPOCH"
  | "REPLAYED"
  | "STALE"
  | "ROLE"
  | "UNKNOWN_OP"
  | "BUSY"
  | "RATE_LIMITED"
  | "UNKNOWN_SYMBOL"
  | "LEDGER_GONE"
  | "BAD_CURSOR"
  | "CHALLENGE"
  | "SESSIONS"
  /** The terminal is not logged in, not connected, or its tables are not yet there. */
  | "NOT_READY"
  /** The terminal has not loaded it yet: ask again. */
  | "HISTORY_LOADING"
  /** The symbol has no market depth. */
  | "NO_DEPTH"
  /** This agent cannot give it. */
  | "NOT_SUPPORTED"
  | "JOURNAL"
  | "INTERNAL";

/** The error of a reply. */
export interface ReplyError {
  readonly code: RefusalCode;
  readonly message: string;
  /** With `UNKNOWN_SYMBOL`: names that differ only by case, suffix or a few letters. */
  readonly candidates?: readonly string[];
}

interface ReplyHead {
  readonly v: 1;
  readonly rid: string;
  readonly epoch: number;
  readonly seq: number;
  readonly agentMs: number;
}

/** A reply on `sync`. */
export type SyncReply =
  | (ReplyHead & { readonly ok: true; readonly result: Readonly<Record<string, unknown>> })
  | (ReplyHead & { readonly ok: false; readonly error: ReplyError });

/** Result of `challenge`. */
export interface ChallengeResult {
  readonly revision: number;
  readonly challenge: string;
}

/** Arguments of `hello`. */
export interface HelloArgs {
  readonly challenge: string;
  readonly instance: string;
  readonly role: Role;
  readonly name: string;
  readonly version: string;
}

/** Result of `hello`. */
export interface HelloResult {
  readonly session: string;
  readonly leaseMs: number;
  readonly agent: { readonly name: string; readonly version: string };
  readonly account: AccountRecord;
  readonly terminal: TerminalRecord;
  readonly brokerMs: number;
  readonly utcMs: number;
  readonly brokerZone: string | null;
  readonly ledger: { readonly oldest: number };
  readonly outcomes: readonly Outcome[];
  readonly moreOutcomes: boolean;
  /** From when on the journal is complete. */
  readonly journalSinceUtcMs: number;
  readonly limits: {
    readonly commandTtlMs: number;
    readonly journalRetentionMs: number;
    readonly maxMessageBytes: number;
    readonly maxPending: number;
  };
}

/** Result of `snapshot`, all of one ledger position. */
export interface SnapshotResult {
  readonly account: AccountRecord;
  readonly positions: readonly PositionRecord[];
  readonly orders: readonly OrderRecord[];
  readonly historyOrders: readonly OrderRecord[];
  readonly deals: readonly DealRecord[];
  readonly more: string | null;
}

/** Result of `ledger.since`. */
export interface LedgerSinceResult {
  readonly events: readonly LedgerEvent[];
  readonly complete: boolean;
}

/** Results of the paged queries. */
export interface PositionsResult {
  readonly positions: readonly PositionRecord[];
  readonly more: string | null;
}
export interface OrdersResult {
  readonly orders: readonly OrderRecord[];
  readonly more: string | null;
}
export interface SymbolsResult {
  readonly symbols: readonly SymbolRecord[];
  readonly more: string | null;
}

/** Result of `outcome`; null only with `peek`. */
export interface OutcomeResult {
  readonly outcome: Outcome | null;
}
/** Result of `outcomes`. */
export interface OutcomesResult {
  readonly outcomes: readonly Outcome[];
  readonly more: string | null;
}

/** Result of `subscribe`. */
export interface SubscribeResult {
  readonly symbols: readonly { readonly symbol: string; readonly count: number }[];
}

/** What `history.orders` and `history.deals` select by: a span of time, an order, or a position. */
export type HistoryRange =
  | { readonly fromBrokerMs: number; readonly toBrokerMs: number }
  | { readonly ticket: string }
  | { readonly position: string };
/** Arguments of `history.orders` and `history.deals`. */
export type HistoryArgs = HistoryRange & { readonly symbol?: string; readonly cursor?: string };
/** Result of `history.deals`; that of `history.orders` is an `OrdersResult`. */
export interface DealsResult {
  readonly deals: readonly DealRecord[];
  readonly more: string | null;
}

/** Arguments of `bars`. */
export type BarsArgs = {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly cursor?: string;
} & ({ readonly fromBrokerMs: number; readonly toBrokerMs: number } | { readonly count: number });
/** Result of `bars`, the head of its bulk. */
export interface BarsResult {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly n: number;
  readonly more: string | null;
}

/** Arguments of `ticks`. */
export interface TickRangeArgs {
  readonly symbol: string;
  readonly fromBrokerMs: number;
  readonly toBrokerMs: number;
  readonly cursor?: string;
}
/** Result of `ticks`, the head of its bulk. */
export interface TickRangeResult {
  readonly symbol: string;
  readonly n: number;
  readonly more: string | null;
}

/** Result of `order.check`: the account as it would be, in its currency. */
export interface OrderCheckResult {
  /** 0: it would be accepted as far as the terminal can tell; else a return code of the trade server. */
  readonly retcode: number;
  readonly comment: string;
  readonly balance: number;
  readonly equity: number;
  readonly profit: number;
  readonly margin: number;
  readonly freeMargin: number;
  /** Percent. */
  readonly marginLevel: number;
}

/** Arguments of `calc.margin`. */
export interface CalcMarginArgs {
  readonly symbol: string;
  readonly side: PositionSide;
  /** Lots. */
  readonly volume: number;
  readonly price: number;
}
/** Result of `calc.margin`. */
export interface MarginResult {
  readonly margin: number;
}

/** Arguments of `calc.profit`. */
export interface CalcProfitArgs {
  readonly symbol: string;
  readonly side: PositionSide;
  /** Lots. */
  readonly volume: number;
  readonly priceOpen: number;
  readonly priceClose: number;
}
/** Result of `calc.profit`. */
export interface ProfitResult {
  readonly profit: number;
}

/** Arguments of `calendar`. */
export interface CalendarArgs {
  readonly fromBrokerMs: number;
  readonly toBrokerMs: number;
  readonly currency?: string;
  readonly country?: string;
  readonly cursor?: string;
}
/** Result of `calendar`. */
export interface CalendarResult {
  readonly events: readonly CalendarRecord[];
  readonly more: string | null;
}

/** How an order is tagged so that it can be found again. */
export type TagMode = "comment" | "magic" | "none";

/** A filling mode, or the agent's choice by what the symbol allows. */
export type FillingChoice = "auto" | Exclude<FillingMode, "boc">;

/** A market order. */
export interface MarketIntent {
  readonly kind: "market";
  readonly symbol: string;
  readonly side: PositionSide;
  /** Lots. */
  readonly volume: number;
  /** 0: none. */
  readonly stopLoss: number;
  /** 0: none. */
  readonly takeProfit: number;
  /** Points. */
  readonly deviation: number;
  readonly magic: string;
  readonly comment: string;
  readonly filling: FillingChoice;
  readonly tag: TagMode;
}

/** Closing a position, wholly or in part. */
export interface CloseIntent {
  readonly kind: "close";
  readonly position: string;
  /** Lots; 0: all. */
  readonly volume: number;
  /** Points. */
  readonly deviation: number;
  readonly comment: string;
  readonly filling: FillingChoice;
  readonly tag: TagMode;
}

/** Kinds of pending orders. */
export type PendingKind =
  | "buyLimit"
  | "sellLimit"
  | "buyStop"
  | "sellStop"
  | "buyStopLimit"
  | "sellStopLimit";

/** A pending order. */
export interface PendingIntent {
  readonly kind: "pending";
  readonly symbol: string;
  readonly orderKind: PendingKind;
  /** Lots. */
  readonly volume: number;
  readonly price: number;
  /** 0: none; the limit price of a stop-limit order. */
  readonly priceStopLimit: number;
  /** 0: none. */
  readonly stopLoss: number;
  /** 0: none. */
  readonly takeProfit: number;
  readonly timeInForce: TimeInForce;
  /** 0: none. */
  readonly expirationBrokerMs: number;
  readonly magic: string;
  readonly comment: string;
  readonly filling: FillingChoice;
  readonly tag: TagMode;
}

/** Changing a pending order; what is left out stays as it is. */
export interface ModifyOrderIntent {
  readonly kind: "modifyOrder";
  readonly order: string;
  readonly price?: number;
  readonly priceStopLimit?: number;
  /** 0: none. */
  readonly stopLoss?: number;
  /** 0: none. */
  readonly takeProfit?: number;
  readonly timeInForce?: TimeInForce;
  /** 0: none. */
  readonly expirationBrokerMs?: number;
}

/** Changing a position's stops; what is left out stays as it is. */
export interface ModifyPositionIntent {
  readonly kind: "modifyPosition";
  readonly position: string;
  /** 0: none. */
  readonly stopLoss?: number;
  /** 0: none. */
  readonly takeProfit?: number;
}

/** Deleting a pending order. */
export interface CancelIntent {
  readonly kind: "cancel";
  readonly order: string;
}

/** Closing a position by an opposite one of the same symbol. */
export interface CloseByIntent {
  readonly kind: "closeBy";
  readonly position: string;
  readonly positionBy: string;
}

/** What a command wants. */
export type Intent =
  | MarketIntent
  | CloseIntent
  | PendingIntent
  | ModifyOrderIntent
  | ModifyPositionIntent
  | CancelIntent
  | CloseByIntent;

/** A request on `command`. */
export interface CommandRequest {
  readonly v: 1;
  readonly op: "trade";
  readonly session: string;
  readonly n: number;
  readonly epoch: number;
  readonly issuedAt: number;
  readonly notAfter: number;
  readonly id: string;
  /** JSON text of an `Intent`; the digest is over its UTF-8 bytes. */
  readonly intent: string;
}

/** Why a copy of a command was refused. */
export type CommandRefusal =
  | "BAD_REQUEST"
  | "NO_SESSION"
  | "ROLE"
  | "ID_REUSED"
  | "VOID"
  | "REPLAYED"
  | "COUNTER"
  | "EXPIRED"
  | "EXPIRED_ID"
  | "STALE"
  | "RATE_LIMITED"
  | "LIMIT"
  | "JOURNAL"
  | "BUSY";

/** Refusals for good: the copy they name was not executed, nor was any issued at or before it (docs/protocol.md, 6.3). */
export const certainRefusals: ReadonlySet<CommandRefusal> = new Set([
  "EXPIRED",
  "BAD_REQUEST",
  "RATE_LIMITED",
  "LIMIT",
  "ROLE",
  "JOURNAL",
  "VOID",
] as const);

/** Refusals that the connector mends by itself; they come as hints, not in the ledger. */
export const mendableRefusals: ReadonlySet<CommandRefusal> = new Set([
  "COUNTER",
  "NO_SESSION",
  "STALE",
  "REPLAYED",
  "BUSY",
] as const);

interface OutcomeHead {
  readonly id: string;
  /** SHA-256 of the intent, hex; empty in a tombstone that was written for an unknown id. */
  readonly digest: string;
}

interface OutcomeTimes {
  /** The epoch in which the command was received. */
  readonly epoch: number;
  /** Agent clock; 0: not yet. */
  readonly receivedMs: number;
  readonly sentMs: number;
  readonly doneMs: number;
}

/** In the journal, no answer yet. */
export interface PendingOutcome extends OutcomeHead, OutcomeTimes {
  readonly state: "pending";
}

/** Certain: done, wholly or in part. */
export interface ExecutedOutcome extends OutcomeHead, OutcomeTimes {
  readonly state: "executed";
  readonly retcode: number;
  readonly comment: string;
  readonly order: string;
  readonly deal: string;
  readonly position: string;
  readonly volume: number;
  readonly price: number;
  /** At most 32. */
  readonly deals: readonly DealRecord[];
  /** True if there are more deals than are listed; all of them are in the ledger. */
  readonly moreDeals: boolean;
}

/** Certain: refused by the terminal or the trade server. */
export interface RejectedOutcome extends OutcomeHead, OutcomeTimes {
  readonly state: "rejected";
  readonly retcode: number;
  readonly comment: string;
}

/** Sent, and nobody can tell yet. */
export interface UnknownOutcome extends OutcomeHead, OutcomeTimes {
  readonly state: "unknown";
  /** 0: none came. */
  readonly retcode: number;
  readonly comment: string;
}

/** This copy was not sent. */
export interface RefusedOutcome extends OutcomeHead {
  readonly state: "refused";
  readonly code: CommandRefusal;
  readonly reason: string;
  /** The copy that was refused. */
  readonly session: string;
  readonly n: number;
  readonly epoch: number;
  readonly issuedAt: number;
  readonly notAfter: number;
  /** With `COUNTER`. */
  readonly expected?: number;
}

/** Never sent since `sinceUtcMs`, and never will be. */
export interface VoidOutcome extends OutcomeHead {
  readonly state: "void";
  readonly sinceUtcMs: number;
}

/** What became of a command (docs/protocol.md, 6.3). */
export type Outcome =
  | PendingOutcome
  | ExecutedOutcome
  | RejectedOutcome
  | UnknownOutcome
  | RefusedOutcome
  | VoidOutcome;

/** Changes of an order in the ledger. */
export type OrderChange =
  | "placed"
  | "modified"
  | "partiallyFilled"
  | "filled"
  | "cancelled"
  | "expired"
  | "rejected";

/** Changes of a deal in the ledger; brokers may correct or withdraw one. */
export type DealChange = "made" | "updated" | "deleted";

/** Changes of a position in the ledger. */
export type PositionChange = "opened" | "modified" | "closed";

interface LedgerHead {
  readonly v: 1;
  readonly epoch: number;
  readonly seq: number;
  readonly agentMs: number;
}

/** The content of a ledger event, without its place. */
export type LedgerPayload =
  | { readonly type: "order"; readonly change: OrderChange; readonly order: OrderRecord }
  | { readonly type: "deal"; readonly change: DealChange; readonly deal: DealRecord }
  | { readonly type: "position"; readonly change: PositionChange; readonly position: PositionRecord }
  | { readonly type: "balance"; readonly balance: number; readonly credit: number }
  | { readonly type: "outcome"; readonly client: string; readonly outcome: Outcome };

/** An event of the ledger. */
export type LedgerEvent = LedgerHead & LedgerPayload;

/** The barrier: in the ledger's queue, but no event itself. */
export type BarrierMessage = LedgerHead & { readonly type: "barrier"; readonly token: string };

/** The pulse. */
export interface PulseMessage {
  readonly v: 1;
  readonly epoch: number;
  readonly seq: number;
  readonly agentMs: number;
  readonly brokerMs: number;
  readonly utcMs: number;
  readonly sessions: readonly { readonly session: string; readonly command: number; readonly sync: number }[];
  readonly terminal: TerminalRecord;
}

/** A hint to one client: a refusal that its connector mends. */
export interface HintMessage {
  readonly v: 1;
  readonly epoch: number;
  readonly agentMs: number;
  readonly outcome: RefusedOutcome;
}

/** The account stream. */
export interface AccountMessage {
  readonly v: 1;
  readonly epoch: number;
  readonly agentMs: number;
  readonly account: AccountRecord;
}

/** The head of a batch of ticks. */
export interface TicksMessage {
  readonly v: 1;
  readonly epoch: number;
  readonly symbol: string;
  readonly count: number;
  readonly n: number;
  readonly skipped: number;
  readonly agentMs: number;
}

/** The head of a market depth. */
export interface BookMessage {
  readonly v: 1;
  readonly epoch: number;
  readonly symbol: string;
  readonly agentMs: number;
  readonly n: number;
}
