import * as v from "valibot";
import { Timeframe } from "../../domain/market.ts";
import { BodyError, decodeBody } from "./codec.ts";
import { limits } from "./limits.ts";
import type {
  CalcMarginArgs,
  CalcProfitArgs,
  CommandRequest,
  HelloArgs,
  Intent,
  SyncOp,
  SyncRequest,
} from "./messages.ts";

const encoder = new TextEncoder();

/** What reading foreign data gives: the value, or why it is none. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: "BAD_REQUEST" | "REVISION"; readonly message: string };

/** What `history.orders` and `history.deals` select by: a span of time, an order, or a position; one of them. */
export interface HistorySelection {
  readonly fromBrokerMs?: number | undefined;
  readonly toBrokerMs?: number | undefined;
  readonly ticket?: string | undefined;
  readonly position?: string | undefined;
  readonly symbol?: string | undefined;
  readonly cursor?: string | undefined;
}

/** The arguments of each operation of `sync`, after validation. */
export interface SyncArgs {
  readonly challenge: { readonly instance: string };
  readonly hello: HelloArgs;
  readonly ping: object;
  readonly bye: object;
  readonly barrier: { readonly token: string };
  readonly account: object;
  readonly terminal: object;
  readonly positions: { readonly symbol?: string | undefined; readonly cursor?: string | undefined };
  readonly orders: { readonly symbol?: string | undefined; readonly cursor?: string | undefined };
  readonly symbols: {
    readonly names?: readonly string[] | undefined;
    readonly cursor?: string | undefined;
  };
  readonly tick: { readonly symbol: string };
  readonly snapshot: {
    readonly since?: { readonly brokerMs: number; readonly orders: readonly string[] } | undefined;
    readonly cursor?: string | undefined;
  };
  readonly "ledger.since": { readonly epoch: number; readonly seq: number };
  readonly subscribe: { readonly symbols: readonly string[] };
  readonly unsubscribe: { readonly symbols: readonly string[] };
  readonly "depth.subscribe": { readonly symbols: readonly string[] };
  readonly "depth.unsubscribe": { readonly symbols: readonly string[] };
  readonly outcome: {
    readonly id: string;
    readonly peek?: boolean | undefined;
    readonly epoch?: number | undefined;
    readonly issuedAt?: number | undefined;
  };
  readonly outcomes: { readonly cursor?: string | undefined };
  readonly "outcome.ack": { readonly ids: readonly string[] };
  readonly "history.orders": HistorySelection;
  readonly "history.deals": HistorySelection;
  readonly bars: {
    readonly symbol: string;
    readonly timeframe: Timeframe;
    readonly fromBrokerMs?: number | undefined;
    readonly toBrokerMs?: number | undefined;
    readonly count?: number | undefined;
    readonly cursor?: string | undefined;
  };
  readonly ticks: {
    readonly symbol: string;
    readonly fromBrokerMs: number;
    readonly toBrokerMs: number;
    readonly cursor?: string | undefined;
  };
  readonly "order.check": { readonly intent: string };
  readonly "calc.margin": CalcMarginArgs;
  readonly "calc.profit": CalcProfitArgs;
  readonly calendar: {
    readonly fromBrokerMs: number;
    readonly toBrokerMs: number;
    readonly currency?: string | undefined;
    readonly country?: string | undefined;
    readonly cursor?: string | undefined;
  };
}

/** Tickets, magic numbers and positions are signed 64-bit integers in MQL5 where they matter (DEAL_MAGIC). */
const maxInteger = 9_223_372_036_854_775_807n;
/** A comment of MqlTradeRequest, in characters. */
const maxCommentLength = 31;
const maxSymbolLength = 64;

/** A schema that says in plain words what it takes; of what is wrong only its kind is told. */
function said<Output>(
  what: string,
  schema: v.GenericSchema<unknown, Output>,
): v.GenericSchema<unknown, Output> {
  return v.message(schema, what);
}

function oneOf<const Name extends string>(...names: readonly Name[]): v.GenericSchema<unknown, Name> {
  return said(`one of ${names.map((name) => `"${name}"`).join(", ")}`, v.picklist(names));
}

const whole = said("a whole number from 0", v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
const counter = said("a whole number from 1", v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
/** What one side makes and the other repeats. */
const label = said(
  "1 to 64 printable ASCII characters without space",
  v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/)),
);
const text = said(
  "text of at most 128 characters, without control characters",
  v.pipe(v.string(), v.maxLength(128), v.check(isPlainText)),
);
const symbolName = said(
  `a symbol's name: text of 1 to ${maxSymbolLength} characters`,
  v.pipe(v.string(), v.minLength(1), v.maxLength(maxSymbolLength), v.check(isPlainText)),
);
const symbolNames = said(
  `a list of 1 to ${limits.maxSymbolsPerSession} symbols`,
  v.pipe(v.array(symbolName), v.minLength(1), v.maxLength(limits.maxSymbolsPerSession)),
);
const ticket = said(
  'a whole number below 2^63 as text, such as "1000001"',
  v.pipe(v.string(), v.regex(/^(?:0|[1-9]\d{0,18})$/), v.check(isSigned64)),
);
const amount = said("a number from 0", v.pipe(v.number(), v.finite(), v.minValue(0)));
const positive = said("a number above 0", v.pipe(v.number(), v.finite(), v.gtValue(0)));
const points = said(
  "a whole number of points from 0",
  v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(2_147_483_647)),
);
const comment = said(
  `text of at most ${maxCommentLength} characters`,
  v.pipe(v.string(), v.maxLength(maxCommentLength), v.check(isPlainText)),
);
const json = said("a JSON text", v.string());
const filling = oneOf("auto", "fok", "ioc", "return");
const tag = oneOf("comment", "magic", "none");

const syncRequest = v.object({
  v: v.literal(limits.revision),
  op: label,
  rid: label,
  session: v.optional(label),
  n: v.optional(counter),
  epoch: v.optional(counter),
  at: v.optional(whole),
  args: v.optional(
    said(
      "an object",
      v.pipe(
        v.custom<Readonly<Record<string, unknown>>>((value) => typeof value === "object" && value !== null),
        v.check((value) => !Array.isArray(value)),
      ),
    ),
  ),
});

const commandRequest = v.object({
  v: v.literal(limits.revision),
  op: said('"trade"', v.literal("trade")),
  session: label,
  n: counter,
  epoch: counter,
  issuedAt: whole,
  notAfter: whole,
  id: label,
  intent: json,
});

const namedTicket = said(
  "a ticket: a whole number above 0 as text",
  v.pipe(
    ticket,
    v.check((text) => text !== "0"),
  ),
);
const timeInForce = oneOf("gtc", "day", "specified", "specifiedDay");

const intent = v.variant("kind", [
  v.object({
    kind: v.literal("market"),
    symbol: symbolName,
    side: oneOf("buy", "sell"),
    volume: positive,
    stopLoss: amount,
    takeProfit: amount,
    deviation: points,
    magic: ticket,
    comment,
    filling,
    tag,
  }),
  v.object({
    kind: v.literal("close"),
    position: namedTicket,
    volume: amount,
    deviation: points,
    comment,
    filling,
    tag,
  }),
  v.object({
    kind: v.literal("pending"),
    symbol: symbolName,
    orderKind: oneOf("buyLimit", "sellLimit", "buyStop", "sellStop", "buyStopLimit", "sellStopLimit"),
    volume: positive,
    price: positive,
    priceStopLimit: amount,
    stopLoss: amount,
    takeProfit: amount,
    timeInForce,
    expirationBrokerMs: whole,
    magic: ticket,
    comment,
    filling,
    tag,
  }),
  v.object({
    kind: v.literal("modifyOrder"),
    order: namedTicket,
    price: v.exactOptional(positive),
    priceStopLimit: v.exactOptional(amount),
    stopLoss: v.exactOptional(amount),
    takeProfit: v.exactOptional(amount),
    timeInForce: v.exactOptional(timeInForce),
    expirationBrokerMs: v.exactOptional(whole),
  }),
  v.object({
    kind: v.literal("modifyPosition"),
    position: namedTicket,
    stopLoss: v.exactOptional(amount),
    takeProfit: v.exactOptional(amount),
  }),
  v.object({ kind: v.literal("cancel"), order: namedTicket }),
  v.object({ kind: v.literal("closeBy"), position: namedTicket, positionBy: namedTicket }),
]);

const none = v.object({});
const bySymbol = v.object({ symbol: v.optional(symbolName), cursor: v.optional(label) });
const side = oneOf("buy", "sell");
const history = v.pipe(
  v.object({
    fromBrokerMs: v.optional(whole),
    toBrokerMs: v.optional(whole),
    ticket: v.optional(ticket),
    position: v.optional(ticket),
    symbol: v.optional(symbolName),
    cursor: v.optional(label),
  }),
  v.check(
    ({ fromBrokerMs, toBrokerMs, ticket: order, position }) =>
      (fromBrokerMs === undefined) === (toBrokerMs === undefined) &&
      [fromBrokerMs, order, position].filter((given) => given !== undefined).length === 1,
    "needs fromBrokerMs and toBrokerMs, or a ticket, or a position",
  ),
);
const argSchemas = {
  challenge: v.object({ instance: label }),
  hello: v.object({
    challenge: label,
    instance: label,
    role: oneOf("trade", "read"),
    name: text,
    version: text,
  }),
  ping: none,
  bye: none,
  barrier: v.object({ token: label }),
  account: none,
  terminal: none,
  positions: bySymbol,
  orders: bySymbol,
  symbols: v.object({
    names: v.optional(
      said(
        `a list of at most ${limits.maxSymbolsPerSession} symbols`,
        v.pipe(v.array(symbolName), v.maxLength(limits.maxSymbolsPerSession)),
      ),
    ),
    cursor: v.optional(label),
  }),
  tick: v.object({ symbol: symbolName }),
  snapshot: v.object({
    since: v.optional(
      said(
        "an object",
        v.object({
          brokerMs: whole,
          orders: said(
            `a list of at most ${limits.maxTrackedOrders} tickets`,
            v.pipe(v.array(ticket), v.maxLength(limits.maxTrackedOrders)),
          ),
        }),
      ),
    ),
    cursor: v.optional(label),
  }),
  "ledger.since": v.object({ epoch: counter, seq: whole }),
  subscribe: v.object({ symbols: symbolNames }),
  unsubscribe: v.object({ symbols: symbolNames }),
  "depth.subscribe": v.object({ symbols: symbolNames }),
  "depth.unsubscribe": v.object({ symbols: symbolNames }),
  outcome: v.object({
    id: label,
    peek: v.optional(said("true or false", v.boolean())),
    epoch: v.optional(counter),
    issuedAt: v.optional(whole),
  }),
  outcomes: v.object({ cursor: v.optional(label) }),
  "outcome.ack": v.object({
    ids: said(
      `a list of at most ${limits.maxOutcomesInHello} ids`,
      v.pipe(v.array(label), v.maxLength(limits.maxOutcomesInHello)),
    ),
  }),
  "history.orders": history,
  "history.deals": history,
  bars: v.pipe(
    v.object({
      symbol: symbolName,
      timeframe: oneOf(...Object.values(Timeframe)),
      fromBrokerMs: v.optional(whole),
      toBrokerMs: v.optional(whole),
      count: v.optional(
        said(
          `a whole number from 1 to ${limits.maxBarsCount}`,
          v.pipe(counter, v.maxValue(limits.maxBarsCount)),
        ),
      ),
      cursor: v.optional(label),
    }),
    v.check(
      ({ fromBrokerMs, toBrokerMs, count }) =>
        (fromBrokerMs === undefined) === (toBrokerMs === undefined) &&
        (fromBrokerMs === undefined) !== (count === undefined),
      "needs fromBrokerMs and toBrokerMs, or a count",
    ),
  ),
  ticks: v.object({
    symbol: symbolName,
    fromBrokerMs: whole,
    toBrokerMs: whole,
    cursor: v.optional(label),
  }),
  "order.check": v.object({ intent: json }),
  "calc.margin": v.object({ symbol: symbolName, side, volume: positive, price: positive }),
  "calc.profit": v.object({
    symbol: symbolName,
    side,
    volume: positive,
    priceOpen: positive,
    priceClose: positive,
  }),
  calendar: v.object({
    fromBrokerMs: whole,
    toBrokerMs: whole,
    currency: v.optional(
      said("three capital letters, such as USD", v.pipe(v.string(), v.regex(/^[A-Z]{3}$/))),
    ),
    country: v.optional(said("two capital letters, such as US", v.pipe(v.string(), v.regex(/^[A-Z]{2}$/)))),
    cursor: v.optional(label),
  }),
} as const satisfies { readonly [Op in SyncOp]: v.GenericSchema<unknown, SyncArgs[Op]> };

/** All operations of `sync`. */
export const syncOps: readonly SyncOp[] = Object.keys(argSchemas) as SyncOp[];

/** Reads a request on `sync`. All but `challenge` and `hello` must name session, counter, epoch and time. */
export function readSyncRequest(body: Readonly<Record<string, unknown>>): Read<SyncRequest> {
  const revision = checkRevision(body);
  if (revision !== undefined) return revision;
  const parsed = v.safeParse(syncRequest, body);
  if (!parsed.success) return refusal("request", parsed.issues);
  const { v: _, op, rid, session, n, epoch, at, args } = parsed.output;
  const head = { v: 1 as const, op, rid, ...(args === undefined ? {} : { args }) };
  if (opensSession(op)) return { ok: true, value: head };
  if (session === undefined || n === undefined || epoch === undefined || at === undefined) {
    return {
      ok: false,
      code: "BAD_REQUEST",
      message: "Cannot read the request: it needs session, n, epoch and at",
    };
  }
  return { ok: true, value: { ...head, session, n, epoch, at } };
}

/** Whether an operation comes before there is a session. */
export function opensSession(op: string): boolean {
  return op === "challenge" || op === "hello";
}

/** Whether the protocol has this operation. */
export function isSyncOp(op: string): op is SyncOp {
  return Object.hasOwn(argSchemas, op);
}

/** Reads the arguments of an operation. */
export function readArgs<Op extends SyncOp>(
  op: Op,
  args: Readonly<Record<string, unknown>> | undefined,
): Read<SyncArgs[Op]> {
  const schema: v.GenericSchema<unknown, SyncArgs[SyncOp]> = argSchemas[op];
  const parsed = v.safeParse(schema, args ?? {});
  if (!parsed.success) return refusal(`arguments of ${op}`, parsed.issues);
  return { ok: true, value: parsed.output as SyncArgs[Op] };
}

/** Reads a request on `command`; the intent inside stays text. */
export function readCommand(body: Readonly<Record<string, unknown>>): Read<CommandRequest> {
  const revision = checkRevision(body);
  if (revision !== undefined) return revision;
  const parsed = v.safeParse(commandRequest, body);
  if (!parsed.success) return refusal("command", parsed.issues);
  return { ok: true, value: { ...parsed.output, v: 1 } };
}

/** What can be read of a command even if it is faulty. */
export interface CommandHead {
  readonly session: string | undefined;
  readonly n: number | undefined;
  readonly id: string | undefined;
  readonly epoch: number | undefined;
  readonly issuedAt: number | undefined;
  readonly notAfter: number | undefined;
  readonly intent: string | undefined;
}

/** Reads what names a command, member by member: a faulty one is refused under its name (docs/protocol.md, 6.2). */
export function readCommandHead(body: Readonly<Record<string, unknown>>): CommandHead {
  const read = <T>(schema: v.GenericSchema<unknown, T>, name: string): T | undefined => {
    const parsed = v.safeParse(schema, body[name]);
    return parsed.success ? parsed.output : undefined;
  };
  return {
    session: read(label, "session"),
    n: read(counter, "n"),
    id: read(label, "id"),
    epoch: read(counter, "epoch"),
    issuedAt: read(whole, "issuedAt"),
    notAfter: read(whole, "notAfter"),
    intent: read(v.string(), "intent"),
  };
}

/** Reads the JSON text of an intent. */
export function readIntent(text: string): Read<Intent> {
  let body: Readonly<Record<string, unknown>>;
  try {
    body = decodeBody(encoder.encode(text), limits.maxRequestBytes);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    return { ok: false, code: "BAD_REQUEST", message: `Cannot read the intent: ${error.message}` };
  }
  const parsed = v.safeParse(intent, body);
  if (!parsed.success) return refusal("intent", parsed.issues);
  return { ok: true, value: parsed.output };
}

function checkRevision(body: Readonly<Record<string, unknown>>): Read<never> | undefined {
  const revision = body["v"];
  if (revision === limits.revision || !Number.isSafeInteger(revision)) return undefined;
  return {
    ok: false,
    code: "REVISION",
    message: `Cannot serve revision ${String(revision)}: this agent speaks revision ${limits.revision}`,
  };
}

function refusal(what: string, issues: readonly v.BaseIssue<unknown>[]): Read<never> {
  const first = issues[0];
  const path = first === undefined ? undefined : v.getDotPath(first);
  const member = path === undefined || path === null ? "it" : `"${path}"`;
  return {
    ok: false,
    code: "BAD_REQUEST",
    message: `Cannot read the ${what}: ${member} ${first === undefined ? "is wrong" : faultOf(first)}`,
  };
}

/** What is wrong with a member. The value itself may be a secret or a megabyte: only its kind is repeated. */
function faultOf(issue: v.BaseIssue<unknown>): string {
  if (issue.input === undefined) return "is missing";
  if (issue.type === "variant") {
    return `must be ${issue.expected?.replaceAll(/[()]/g, "").replaceAll(" | ", ", ")}`;
  }
  if (issue.message.startsWith("needs ")) return issue.message;
  const isSaid = !issue.message.startsWith("Invalid ");
  const expected = isSaid ? issue.message : (issue.expected ?? "another value");
  return `must be ${expected}${issue.kind === "schema" ? `, not ${kindOf(issue.input)}` : ""}`;
}

/** What a JSON value is. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const kinds: Readonly<Record<string, string>> = {
    string: "this text",
    number: "this number",
    boolean: String(value),
    object: "an object",
  };
  return kinds[typeof value] ?? typeof value;
}

function isSigned64(text: string): boolean {
  return text.length < 19 || BigInt(text) <= maxInteger;
}

/** Neither control characters nor lone surrogates: MQL5 would cut or change the text. */
function isPlainText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return false;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    // A high surrogate followed by a low one is one character; anything else is half of one.
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i++;
  }
  return true;
}
