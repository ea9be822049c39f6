import { afterEach, expect, test } from "vitest";
import {
  AuthenticationError,
  CircuitOpenError,
  ConnectionError,
  InvalidRequestError,
  LimitExceededError,
  OutcomeUnknownError,
  ProtocolError,
  RateLimitError,
  RequestRefusedError,
  TimeoutError,
  TradeRejectedError,
} from "../../../src/connector/errors.ts";
import type { ConnectionStatus } from "../../../src/connector/status.ts";
import { retcodes } from "../../../src/domain/retcodes.ts";
import { agentBackend, type BackendAgent, tradeFailure } from "../../../src/gateway/agent-backend.ts";
import { retcodeError } from "../../../src/gateway/error-codes.ts";
import { keepConnected } from "../../../src/gateway/keep-connected.ts";
import { type AccountWorld, accountWorld } from "./account-world.ts";
import { openRequest, TestClient, testGateway, testLog } from "./kit.ts";

const cleanups: (() => Promise<unknown>)[] = [];
let world: AccountWorld | undefined;
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await world?.clock.runUntil(cleanup(), 600_000);
  await world?.close();
  world = undefined;
});

/** A gateway over the SDK over a simulated account, and a client of it. */
async function serve() {
  world = await accountWorld();
  const { clock, context, mt5, terminal } = world;
  const agent = mt5.getAgent("main");
  const log = testLog();
  const keeper = keepConnected(agent, { clock, log });
  const gateway = await testGateway(context, [agentBackend(agent)]);
  const client = new TestClient(context, clock, gateway.endpoint);
  cleanups.push(
    () => keeper.stop(),
    () => gateway.stop(0),
    () => client.socket.close(),
  );
  await clock.runUntil(() => agent.isConnected, 30_000);
  return { world, clock, terminal, client, log, agent };
}

const options = { code: "X", remedy: "" };
const rejection = { ...options, commandId: "u", retcode: 0 };

test.each([
  [
    "a broker's no",
    new TradeRejectedError("m", { ...rejection, code: "REJECTED", retcode: 10_019, retcodeName: "NO_MONEY" }),
    { state: "rejected", retcode: 10_019 },
  ],
  [
    "an id that is taken",
    new TradeRejectedError("m", { ...rejection, code: "ID_REUSED", retcodeName: "ID_REUSED" }),
    { state: "id-taken" },
  ],
  [
    "never sent",
    new TradeRejectedError("m", { ...rejection, retcodeName: "NOT_SENT" }),
    { state: "refused", code: "NOT_CONNECTED" },
  ],
  [
    "expired",
    new TradeRejectedError("m", { ...rejection, retcodeName: "EXPIRED" }),
    { state: "refused", code: "TIMEOUT" },
  ],
  [
    "void",
    new TradeRejectedError("m", { ...rejection, retcodeName: "VOID" }),
    { state: "refused", code: "NOT_EXECUTED" },
  ],
  [
    "unknown",
    new OutcomeUnknownError("m", { commandId: "u", retcode: 0, retcodeName: "NONE" }),
    { state: "unknown" },
  ],
  [
    "a wrong volume",
    new InvalidRequestError("Cannot buy: volume 7 is below", options),
    { state: "refused", code: "INVALID_VOLUME" },
  ],
  [
    "wrong stops",
    new InvalidRequestError("Cannot buy: stopLoss 7 is not below", options),
    { state: "refused", code: "INVALID_STOPS" },
  ],
  [
    "another argument",
    new InvalidRequestError("Cannot buy: the comment is longer", options),
    { state: "refused", code: "INVALID_REQUEST" },
  ],
  ["a limit", new LimitExceededError("m", options), { state: "refused", code: "LIMIT_EXCEEDED" }],
  ["a rate", new RateLimitError("m", options), { state: "refused", code: "RATE_LIMITED" }],
  [
    "no such symbol",
    new RequestRefusedError("m", { ...options, code: "UNKNOWN_SYMBOL" }),
    { state: "refused", code: "UNKNOWN_SYMBOL" },
  ],
  ["a query's timeout", new TimeoutError("m", options), { state: "refused", code: "TIMEOUT" }],
  ["no connection", new ConnectionError("m", options), { state: "refused", code: "NOT_CONNECTED" }],
  ["a refused key", new AuthenticationError("m", options), { state: "refused", code: "NOT_CONNECTED" }],
  [
    "an open breaker",
    new CircuitOpenError("m", { ...options, retryAfterMs: 1 }),
    { state: "refused", code: "NOT_CONNECTED" },
  ],
  ["nonsense of the agent", new ProtocolError("m", options), { state: "unknown" }],
  ["a bug", new TypeError("m"), { state: "unknown" }],
  ["no error at all", "text", { state: "unknown" }],
])("tradeFailure reads %s", (_, error, outcome) => {
  expect(tradeFailure(error)).toMatchObject(outcome);
});

test("agentBackend opens, lists and closes on a simulated account", async () => {
  const { client, clock, terminal } = await serve();
  const opened = await client.ask(openRequest(clock, "o", { volume: 0.1, sl: 1.05, tp: 1.2 }));
  expect(opened).toMatchObject({ status: "FILLED", symbol: "EURUSD", volume: 0.1, price: 1.1002 });
  const listed = await client.ask({ uuid: "p", action: "GET_POSITIONS" });
  expect(listed["positions"]).toMatchObject([
    { ticket: opened["ticket"], type: "BUY", volume: 0.1, open_price: 1.1002, current_price: 1.1 },
  ]);
  expect(terminal.positions()).toMatchObject([{ stopLoss: 1.05, takeProfit: 1.2 }]);
  expect(await client.ask({ uuid: "a", action: "GET_ACCOUNT" })).toMatchObject({
    status: "ok",
    balance: 100_000,
    currency: "USD",
  });
  expect(
    await client.ask({ uuid: "c", action: "CLOSE", ticket: opened["ticket"], volume: 0.04 }),
  ).toMatchObject({ status: "FILLED", close_price: 1.1 });
  expect(await client.ask({ uuid: "d", action: "CLOSE", ticket: opened["ticket"] })).toMatchObject({
    status: "FILLED",
  });
  expect(terminal.positions()).toEqual([]);
});

test("gateway tells the broker's words of an order that it rejects the first time, and the second", async () => {
  const { client, clock, terminal } = await serve();
  terminal.setHooks({ before: () => ({ retcode: 10_006, comment: "Desk closed for this symbol" }) });
  const unknown = await client.ask(openRequest(clock, "u", { sl: 0, tp: 0 }));
  expect(unknown).toMatchObject({ status: "UNKNOWN" });
  terminal.setHooks({ before: () => ({ retcode: 10_017, comment: "Desk closed for this symbol" }) });
  const reply = await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }));
  expect(reply).toMatchObject({ status: "REJECTED", error_code: "TRADE_DISABLED" });
  expect(reply["error_msg"]).toMatch(/\(Desk closed for this symbol\)$/);
  expect(await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }))).toEqual(reply);
});

test("gateway finds an order that was executed although the trade server told a timeout", async () => {
  const { client, clock, terminal } = await serve();
  terminal.setHooks({ after: () => ({ retcode: 10_012 }) });
  const reply = await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }));
  expect(reply).toMatchObject({ status: "FILLED" });
  expect(terminal.positions()).toHaveLength(1);
});

test("gateway says UNKNOWN, not REJECTED, of an order that the trade server never answered, and the truth once it is known", async () => {
  const { client, clock, terminal } = await serve();
  terminal.setHooks({ before: () => "silence" });
  expect(await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }))).toMatchObject({
    status: "UNKNOWN",
    error_code: "OUTCOME_UNKNOWN",
  });
  expect(await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }))).toMatchObject({ status: "UNKNOWN" });
  expect(terminal.positions()).toEqual([]);
});

test.each(retcodes.filter(({ certainty }) => certainty !== "yes"))(
  "gateway answers an order that the broker answers with $name by what that proves",
  async ({ code, certainty }) => {
    const { client, clock, terminal } = await serve();
    terminal.setHooks({ before: () => ({ retcode: code }) });
    const reply = await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }));
    if (certainty === "no")
      expect(reply).toMatchObject({ status: "REJECTED", error_code: retcodeError(code).code });
    else expect(reply).toMatchObject({ status: "UNKNOWN", error_code: "OUTCOME_UNKNOWN" });
    expect(terminal.positions()).toEqual([]);
  },
);

test("gateway answers with an error while the agent is away, and trades again by itself when it is back", async () => {
  const { world: account, client, clock, agent } = await serve();
  const opened = await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }));
  account.killAgent();
  await clock.runUntil(() => !agent.isConnected, 30_000);
  expect(await client.ask(openRequest(clock, "p", { sl: 0, tp: 0 }))).toMatchObject({
    status: "REJECTED",
    error_code: "NOT_CONNECTED",
  });
  const askedMs = clock.nowMs();
  expect(await client.ask({ uuid: "a", action: "GET_ACCOUNT" })).toMatchObject({
    error_code: "NOT_CONNECTED",
  });
  expect(await client.ask({ uuid: "l", action: "GET_POSITIONS" })).toMatchObject({
    error_code: "NOT_CONNECTED",
  });
  expect(await client.ask({ uuid: "c", action: "CLOSE", ticket: opened["ticket"] })).toMatchObject({
    status: "REJECTED",
    error_code: "NOT_CONNECTED",
  });
  expect(clock.nowMs() - askedMs, "milliseconds until all of that was told").toBeLessThan(100);
  expect(await client.ask({ uuid: "i", action: "PING" })).toMatchObject({ status: "ok" });
  await account.startAgent();
  await clock.runUntil(() => agent.isConnected, 120_000);
  expect(await client.ask(openRequest(clock, "o", { sl: 0, tp: 0 }))).toEqual(opened);
  expect(await client.ask(openRequest(clock, "q", { sl: 0, tp: 0 }))).toMatchObject({ status: "FILLED" });
});

test("gateway answers an order under way when the agent crashes, once it is certain, and it is executed once", async () => {
  const { world: account, client, clock, terminal } = await serve();
  terminal.setHooks({ after: () => "silence" });
  await client.send(openRequest(clock, "o", { sl: 0, tp: 0 }));
  await clock.advance(40);
  terminal.setHooks({});
  account.killAgent();
  await clock.advance(1_000);
  await account.startAgent();
  const reply = await client.receive();
  expect(reply).toMatchObject({ status: "FILLED" });
  expect(terminal.positions()).toHaveLength(1);
});

/** An agent that is what it is told to be. */
function fakeAgent(
  status: ConnectionStatus,
  parts: Partial<Record<keyof BackendAgent["trade"], unknown>> & { getInfo?: unknown; getAll?: unknown } = {},
) {
  const faults: Error[] = [];
  const agent = {
    id: "main",
    connectionStatus: status,
    trade: parts,
    account: { getInfo: parts.getInfo },
    positions: { getAll: parts.getAll },
  } as unknown as BackendAgent;
  return { faults, backend: agentBackend(agent, { login: "7", onFault: (error) => faults.push(error) }) };
}

const connected = { state: "connected" } as ConnectionStatus;
const degraded = (trading: boolean, queries: boolean) =>
  ({
    state: "degraded",
    works: { trading, queries },
    reasons: ["no prices", "slow"],
  }) as unknown as ConnectionStatus;

test("agentBackend says whether orders can be sent, and of a degraded agent what is wrong", () => {
  expect(fakeAgent(connected).backend.status()).toEqual({ up: true });
  expect(fakeAgent(degraded(true, false)).backend.status()).toEqual({ up: true });
  expect(fakeAgent(degraded(false, true)).backend.status()).toEqual({
    up: false,
    reason: 'MetaTrader account "main" is not connected (no prices; slow)',
  });
  expect(fakeAgent({ state: "disconnected" } as ConnectionStatus).backend.status()).toMatchObject({
    up: false,
  });
  expect(fakeAgent(connected).backend.login).toBe("7");
});

test.each([
  [new TimeoutError("m", options), "TIMEOUT"],
  [new ConnectionError("m", options), "NOT_CONNECTED"],
  [new RateLimitError("m", options), "RATE_LIMITED"],
  [new ProtocolError("m", options), "INTERNAL_ERROR"],
])("agentBackend answers a query that ends with %s by an error", async (error, code) => {
  const { backend } = fakeAgent(degraded(false, true), { getAll: () => Promise.reject(error) });
  await expect(backend.positions()).rejects.toMatchObject({ name: "BackendError", code });
});

test("agentBackend asks no agent that cannot answer, and hides no fault of its own", async () => {
  const getInfo = () => Promise.reject(new TypeError("a bug"));
  await expect(fakeAgent(connected, { getInfo }).backend.account()).rejects.toThrow("a bug");
  await expect(fakeAgent(degraded(true, false), { getInfo }).backend.account()).rejects.toMatchObject({
    code: "NOT_CONNECTED",
  });
});

test.each([
  [
    { state: "executed", orderTicketText: "1", ticketText: "2", volume: 3, price: 4 },
    { state: "filled", order: "1", position: "2", volume: 3, price: 4 },
  ],
  [
    { state: "rejected", retcode: 10_019, comment: "c" },
    { state: "rejected", retcode: 10_019, comment: "c" },
  ],
  [
    { state: "notExecuted", reason: "r" },
    { state: "refused", code: "NOT_EXECUTED", message: "r" },
  ],
  [{ state: "pending" }, { state: "unknown", message: "The order is on its way" }],
  [
    { state: "unknown", retcodeName: "TIMEOUT" },
    { state: "unknown", message: "The trade server answered TIMEOUT" },
  ],
])("agentBackend tells the outcome %j", async (outcome, expected) => {
  expect(await fakeAgent(connected, { outcome: async () => outcome }).backend.outcome("u")).toEqual(expected);
});

test("agentBackend calls an outcome unknown that cannot be asked for", async () => {
  const outcome = () => Promise.reject(new Error("no route"));
  expect(await fakeAgent(connected, { outcome }).backend.outcome("u")).toEqual({
    state: "unknown",
    message: "no route",
  });
});

test("agentBackend calls an order unknown that ended in a fault, and tells the fault; an unknown outcome is none", async () => {
  const order = { id: "u", symbol: "EURUSD", type: "SELL", volume: 1, sl: 0, tp: 0, comment: "" } as const;
  const broken = fakeAgent(connected, { marketOrder: () => Promise.reject(new TypeError("a bug")) });
  expect(await broken.backend.open(order)).toEqual({ state: "unknown", message: "a bug" });
  expect(broken.faults.map(({ message }) => message)).toEqual(["a bug"]);
  const unknown = new OutcomeUnknownError("m", { commandId: "u", retcode: 0, retcodeName: "NONE" });
  const open = fakeAgent(connected, { marketOrder: () => Promise.reject(unknown) });
  expect(await open.backend.open(order)).toMatchObject({ state: "unknown" });
  expect(open.faults).toEqual([]);
});
