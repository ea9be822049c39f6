import { decodeBody } from "../protocol/v1/codec.ts";
import { limits } from "../protocol/v1/limits.ts";
import { readBook } from "../protocol/v1/market-schemas.ts";
import type {
  AccountMessage,
  BarrierMessage,
  BookMessage,
  HintMessage,
  LedgerEvent,
  PulseMessage,
  TicksMessage,
} from "../protocol/v1/messages.ts";
import {
  readAccountMessage,
  readHint,
  readLedgerMessage,
  readPulse,
  readTicks,
  ShapeError,
} from "../protocol/v1/reply-schemas.ts";
import { parseTopic } from "../protocol/v1/topics.ts";

/** Who takes the messages of the `events` channel. */
export interface EventTaker {
  ledger(event: LedgerEvent): void;
  barrier(message: BarrierMessage): void;
  pulse(message: PulseMessage): void;
  account(message: AccountMessage): void;
  hint(message: HintMessage, client: string): void;
  ticks(head: TicksMessage, bulk: Uint8Array | undefined): void;
  book(head: BookMessage, bulk: Uint8Array | undefined): void;
}

/**
 * Reads one message of the `events` channel (docs/protocol.md, 5) and hands it over. Topics of other revisions are
 * passed over. Throws a ShapeError, BodyError or RangeError for what is no message of this protocol.
 */
export function readEvent(frames: readonly Uint8Array[], taker: EventTaker): void {
  const [topicFrame, body, bulk] = frames;
  if (topicFrame === undefined || body === undefined) throw new ShapeError(`${frames.length} frames`);
  const topic = parseTopic(topicFrame);
  if (topic === undefined) return;
  const message = decodeBody(body, limits.maxReplyBytes);
  switch (topic.kind) {
    case "tick": {
      const head = readTicks(message);
      if (head.symbol !== topic.symbol) throw new ShapeError(`ticks of ${head.symbol} under ${topic.symbol}`);
      taker.ticks(head, bulk);
      return;
    }
    case "book": {
      const head = readBook(message);
      if (head.symbol !== topic.symbol) throw new ShapeError(`depth of ${head.symbol} under ${topic.symbol}`);
      taker.book(head, bulk);
      return;
    }
    case "account":
      taker.account(readAccountMessage(message));
      return;
    case "client":
      taker.hint(readHint(message), topic.client);
      return;
    case "pulse":
      taker.pulse(readPulse(message));
      return;
    case "ledger": {
      const event = readLedgerMessage(message);
      if (event.type === "barrier") taker.barrier(event);
      else taker.ledger(event);
      return;
    }
  }
}
