import type {
  BarrierMessage,
  CloseIntent,
  Intent,
  LedgerEvent,
  MarketIntent,
  Outcome,
  PendingIntent,
  Role,
} from "../../../src/protocol/v1/messages.ts";
import { accountTopic, clientTopic, ledgerTopic, pulseTopic } from "../../../src/protocol/v1/topics.ts";
import { type RawClient, result } from "../../kit/raw-client.ts";
import type { AgentWorld } from "./world.ts";

/** A market order of 0.1 lots EURUSD. */
export function marketIntent(changes: Partial<MarketIntent> = {}): MarketIntent {
  return {
    kind: "market",
    symbol: "EURUSD",
    side: "buy",
    volume: 0.1,
    stopLoss: 0,
    takeProfit: 0,
    deviation: 10,
    magic: "0",
    comment: "",
    filling: "auto",
    tag: "comment",
    ...changes,
  };
}

/** Closing a position, all of it unless told otherwise. */
export function closeIntent(position: string, changes: Partial<CloseIntent> = {}): CloseIntent {
  return {
    kind: "close",
    position,
    volume: 0,
    deviation: 10,
    comment: "",
    filling: "auto",
    tag: "comment",
    ...changes,
  };
}

/** A buy limit of 0.1 lots EURUSD, well below the market. */
export function limitIntent(changes: Partial<PendingIntent> = {}): PendingIntent {
  return {
    kind: "pending",
    symbol: "EURUSD",
    orderKind: "buyLimit",
    volume: 0.1,
    price: 1.09,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "gtc",
    expirationBrokerMs: 0,
    magic: "0",
    comment: "",
    filling: "auto",
    tag: "comment",
    ...changes,
  };
}

/** Sends an intent and waits for its first outcome. */
export async function send(world: AgentWorld, raw: RawClient, id: string, intent: Intent): Promise<Outcome> {
  raw.sendCommand(raw.command(id, intent));
  return await outcomeOf(world, raw, id);
}

/** The order of an outcome that must be executed. */
export function orderOf(outcome: Outcome): string {
  if (outcome.state !== "executed") throw new Error(`Not executed: ${JSON.stringify(outcome)}`);
  return outcome.order;
}

/** A raw client that has become live as docs/protocol.md, 4.2 says. */
export async function live(
  world: AgentWorld,
  options: { readonly client?: "main" | "other"; readonly instance?: string; readonly role?: Role } = {},
): Promise<RawClient> {
  const raw = await world.raw(options);
  await world.settle(raw.hello(options.role));
  const events = raw.channel("events");
  for (const topic of [ledgerTopic(), pulseTopic(), accountTopic(), clientTopic(raw.publicKeyHex)]) {
    events.subscribe(topic);
  }
  for (let attempt = 1; ; attempt++) {
    const token = `live-${attempt}`;
    result(await world.settle(raw.request("barrier", { token })));
    await world.pass(20);
    if (raw.ledger.some((event) => event.type === "barrier" && event.token === token)) return raw;
    if (attempt === 50) throw new Error("No barrier came through");
  }
}

/** Ledger messages of one type. */
export function ledgerOf<T extends (LedgerEvent | BarrierMessage)["type"]>(
  raw: RawClient,
  type: T,
): Extract<LedgerEvent | BarrierMessage, { type: T }>[] {
  return raw.ledger.filter((event) => event.type === type) as Extract<
    LedgerEvent | BarrierMessage,
    { type: T }
  >[];
}

/** Waits for the `nth` outcome of an id, from ledger or hints. */
export async function outcomeOf(world: AgentWorld, raw: RawClient, id: string, nth = 1): Promise<Outcome> {
  await world.until(() => raw.outcomes(id).length >= nth, `outcome ${nth} of ${id}`, 30_000);
  const outcome = raw.outcomes(id)[nth - 1];
  if (outcome === undefined) throw new Error(`No outcome of ${id}`);
  return outcome;
}

/** Waits until an id is executed and gives its position. */
export async function openPosition(world: AgentWorld, raw: RawClient, id: string): Promise<string> {
  raw.sendCommand(raw.command(id, marketIntent()));
  const outcome = await outcomeOf(world, raw, id);
  if (outcome.state !== "executed") throw new Error(`Expected ${id} to be executed, it is ${outcome.state}`);
  return outcome.position;
}
