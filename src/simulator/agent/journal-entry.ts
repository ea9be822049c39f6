import type { OrderKind, PositionSide, TimeInForce } from "../../domain/records.ts";
import type {
  ExecutedOutcome,
  Outcome,
  PendingOutcome,
  RejectedOutcome,
  UnknownOutcome,
  VoidOutcome,
} from "../../protocol/v1/messages.ts";

/** What can stand in the journal as an outcome. */
export type StoredOutcome = ExecutedOutcome | RejectedOutcome | UnknownOutcome | VoidOutcome;

/** What a position is to be; what is missing stays. */
export interface PositionTerms {
  readonly stopLoss?: number;
  readonly takeProfit?: number;
}

/** What a pending order is to be; what is missing stays. */
export interface OrderTerms extends PositionTerms {
  readonly price?: number;
  readonly priceStopLimit?: number;
  readonly timeInForce?: TimeInForce;
  readonly expirationBrokerMs?: number;
}

/** What a modification or a cancellation is about. */
export type Target =
  | { readonly what: "order"; readonly ticket: string; readonly want: OrderTerms }
  | { readonly what: "position"; readonly ticket: string; readonly want: PositionTerms }
  | { readonly what: "cancel"; readonly ticket: string };

/** What an order or a deal of a command looks like. */
export interface Traits {
  readonly symbol: string;
  readonly side: PositionSide;
  /** Lots. */
  readonly volume: number;
  readonly magic: string;
  /** The position that is closed or changed; `"0"` for an order that opens. */
  readonly position: string;
  /** The kind of its order, where that is no market order. */
  readonly orderKind?: OrderKind;
  /** The opposite position of a close-by. */
  readonly positionBy?: string;
  /** What it changes, if it makes no order of its own. */
  readonly target?: Target;
  /** The tag at the end of the comment, or empty. */
  readonly commentTag: string;
  /** Whether the magic is the command's tag. */
  readonly magicTag: boolean;
}

/** By what an order or a deal of a command can be known again (docs/protocol.md, 6.4). */
export interface Evidence extends Traits {
  /** The highest tickets before the command was sent. */
  readonly afterOrder: string;
  readonly afterDeal: string;
  readonly brokerMs: number;
}

/** What is known of a command when it is journalled. */
export function evidenceOf(
  traits: Traits,
  before: Pick<Evidence, "afterOrder" | "afterDeal" | "brokerMs">,
): Evidence {
  const { symbol, side, volume, magic, position, commentTag, magicTag } = traits;
  const { orderKind, positionBy, target } = traits;
  const { afterOrder, afterDeal, brokerMs } = before;
  // Written out, not spread: hundreds of thousands of entries then share one hidden class.
  const common = {
    symbol,
    side,
    volume,
    magic,
    position,
    commentTag,
    magicTag,
    afterOrder,
    afterDeal,
    brokerMs,
  };
  return orderKind === undefined && positionBy === undefined && target === undefined
    ? common
    : { ...traits, ...before };
}

/** A command or a tombstone in the journal. */
export interface JournalEntry {
  /** The client's public key, hex. */
  readonly client: string;
  readonly id: string;
  /** The connector that sent it; empty in a tombstone. */
  readonly instance: string;
  /** Hex; empty in a tombstone for an unknown id. */
  readonly digest: string;
  readonly epoch: number;
  readonly issuedAt: number;
  readonly receivedMs: number;
  /** The journal's own clock, which runs while the agent does and never jumps. */
  readonly storedMs: number;
  /** The wall clock's reading then. */
  readonly utcMs: number;
  /** Missing in a tombstone. */
  readonly evidence: Evidence | undefined;
  /** Agent clock; 0: not yet. */
  sentMs: number;
  /** Missing while the command is pending. */
  outcome: StoredOutcome | undefined;
  /** Whether the entry itself is durable. */
  durable: boolean;
  acknowledged: boolean;
  /** When its outcome was last told again to a repeated command, on the agent clock. */
  repeatedMs: number;
}

/** The stamp of a command: ids are ordered by it, across epochs. */
export interface Stamp {
  readonly epoch: number;
  readonly issuedAt: number;
}

/** The name of an entry: ids are unique within a client. */
export function entryKey(client: string, id: string): string {
  return `${client} ${id}`;
}

/** What the journal says about an entry. */
export function outcomeOf(entry: JournalEntry): StoredOutcome | PendingOutcome {
  return entry.outcome ?? { state: "pending", ...outcomeHead(entry, 0) };
}

/** The members that all outcomes of a sent command share. */
export function outcomeHead(
  entry: JournalEntry,
  doneMs: number,
): Pick<PendingOutcome, "id" | "digest" | "epoch" | "receivedMs" | "sentMs" | "doneMs"> {
  const { id, digest, epoch, receivedMs, sentMs } = entry;
  return { id, digest, epoch, receivedMs, sentMs, doneMs };
}

/** The order that an executed command accounts for: the one that it made, not one that it changed. */
export function ownOrder(entry: JournalEntry, outcome: StoredOutcome | undefined): string | undefined {
  if (outcome?.state !== "executed" || entry.evidence?.target !== undefined) return undefined;
  return outcome.order === "0" || outcome.order === "" ? undefined : outcome.order;
}

/** Whether an outcome is final: it is never replaced. */
export function isCertain(outcome: Outcome | undefined): boolean {
  return isAwaited(outcome) || outcome?.state === "void";
}

/** Whether an outcome waits for its client's acknowledgement. */
export function isAwaited(outcome: Outcome | undefined): boolean {
  return outcome?.state === "executed" || outcome?.state === "rejected";
}

/** Whether stamp `a` is before `b`. */
export function isBefore(a: Stamp, b: Stamp): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.issuedAt < b.issuedAt);
}
