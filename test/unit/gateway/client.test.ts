import { afterEach, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { MT5LiveConnector } from "../../../src/gateway/client.ts";
import type { MT5LiveConnectorOptions } from "../../../src/gateway/client-options.ts";
import type { GatewayOptions } from "../../../src/gateway/gateway.ts";
import { readRequest } from "../../../src/gateway/request.ts";
import type { RiskBaseline, RiskStore } from "../../../src/gateway/risk-monitor.ts";
import { Reply as ReplySocket } from "../../../src/zmtp/mod.ts";
import { FakeBackend, testGateway, testWorld } from "./kit.ts";

const cleanups: (() => Promise<unknown>)[] = [];
let world = testWorld();
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await run(cleanup());
  world = testWorld();
});

/** Runs virtual time until the promise settles; its rejection is the caller's. */
async function run<T>(promise: Promise<T>): Promise<T> {
  await world.clock.runUntil(
    promise.then(
      () => true,
      () => true,
    ),
    600_000,
  );
  return promise;
}

function connector(port: number, options: Partial<MT5LiveConnectorOptions> = {}): MT5LiveConnector {
  const made = new MT5LiveConnector(
    { gatewayHost: "127.0.0.1", gatewayPort: port, ...options },
    { context: world.context },
  );
  cleanups.push(() => made.close());
  return made;
}

async function pair(
  options: Partial<MT5LiveConnectorOptions> = {},
  gatewayOptions: Partial<GatewayOptions> = {},
) {
  const backend = new FakeBackend();
  const gateway = await testGateway(world.context, [backend], gatewayOptions);
  cleanups.push(() => gateway.stop(0));
  const port = Number(gateway.endpoint.split(":").at(-1));
  const client = connector(port, options);
  await run(client.connect());
  return { backend, gateway, client };
}

/** A REP server that answers as it is told: undefined never, text as it is. */
async function server(answer: (request: Record<string, unknown>) => string | undefined) {
  const reply = new ReplySocket(world.context, { lingerMs: 0 });
  cleanups.push(() => reply.close());
  const endpoint = await reply.bind("tcp://127.0.0.1:*");
  const serve = async (): Promise<void> => {
    for await (const [frame] of reply) {
      const text = answer(JSON.parse(new TextDecoder().decode(frame)) as Record<string, unknown>);
      if (text === undefined) return;
      await reply.send(text);
    }
  };
  void serve();
  return Number(endpoint.split(":").at(-1));
}

const order = {
  symbol: "EURUSD",
  type: "BUY",
  volume: 0.01,
  sl: 1.05,
  tp: 1.06,
  comment: "Strategy_v1",
} as const;

test("MT5LiveConnector opens, lists and closes through the gateway", async () => {
  const { client } = await pair();
  const opened = await run(client.sendOrder(order));
  expect(opened).toMatchObject({
    status: "FILLED",
    ticket: 12_345_678,
    ticketText: "12345678",
    volume: 0.01,
    price: 1.0523,
  });
  expect(await run(client.getPositions("EURUSD"))).toEqual([
    {
      ticket: 12_345_678,
      ticketText: "12345678",
      symbol: "EURUSD",
      type: "BUY",
      volume: 0.01,
      openPrice: 1.0523,
      currentPrice: 1.0528,
      profit: 5,
    },
  ]);
  expect(await run(client.closePosition(12_345_678, { symbol: "EURUSD", volume: 0.01 }))).toMatchObject({
    status: "FILLED",
    ticket: 87_654_321,
    price: 1.0528,
  });
  expect(await run(client.getAccount())).toMatchObject({
    balance: 100_000,
    freeMargin: 99_500.5,
    currency: "USD",
  });
  expect((await run(client.ping())).roundTripMs).toBeGreaterThan(0);
});

test("MT5LiveConnector signs so that a gateway with the same secret verifies it, and another does not", async () => {
  const secret = "a secret of both machines";
  const signatures = { secret: new TextEncoder().encode(secret) };
  const good = await pair({ signatureSecret: secret }, { signatures });
  expect(await run(good.client.sendOrder(order))).toMatchObject({ status: "FILLED" });
  const bad = await pair({ signatureSecret: "another secret, as long" }, { signatures });
  expect(await run(bad.client.sendOrder(order))).toMatchObject({
    status: "REJECTED",
    errorCode: "RISK_SIGNATURE_MISMATCH",
  });
  expect(bad.backend.executed).toEqual([]);
});

test("MT5LiveConnector asks the risk monitor first, sends nothing it refuses, and closes always", async () => {
  const { backend, client } = await pair({ risk: { maxExposureLots: 0.02, maxOrdersPerMinute: 2 } });
  expect(await run(client.sendOrder({ ...order, volume: 0.03 }))).toMatchObject({
    status: "REJECTED",
    errorCode: "RISK_EXPOSURE",
  });
  const opened = await run(client.sendOrder({ ...order, volume: 0.02 }));
  expect(await run(client.sendOrder(order))).toMatchObject({ errorCode: "RISK_EXPOSURE" });
  expect(opened.status === "FILLED" && (await run(client.closePosition(opened.ticketText)))).toMatchObject({
    status: "FILLED",
  });
  await world.clock.advance(5_000);
  expect(await run(client.sendOrder(order))).toMatchObject({ status: "FILLED" });
  expect(await run(client.sendOrder(order))).toMatchObject({ errorCode: "RISK_ORDER_RATE" });
  expect(backend.executed).toHaveLength(3);
});

/** A store in memory that may be told to fail. */
function riskStore(
  kept?: RiskBaseline,
): RiskStore & { kept: RiskBaseline | undefined; failure: Error | undefined } {
  const store = {
    kept,
    failure: undefined as Error | undefined,
    load: async (): Promise<RiskBaseline | undefined> => {
      if (store.failure !== undefined) throw store.failure;
      return store.kept;
    },
    save: async (baseline: RiskBaseline): Promise<void> => {
      if (store.failure !== undefined) throw store.failure;
      store.kept = baseline;
    },
  };
  return store;
}

test("MT5LiveConnector with a risk store goes on measuring the day's loss and the drawdown after a restart", async () => {
  const store = riskStore();
  const options = { risk: { maxDailyLossPercent: 2, maxDrawdownPercent: 50 }, riskStore: store };
  const first = await pair(options);
  expect(await run(first.client.sendOrder(order))).toMatchObject({ status: "FILLED" });
  expect(store.kept).toEqual({ day: "2026-01-15", dayEquity: 100_500.5, peakEquity: 100_500.5 });

  const second = await pair(options);
  second.backend.equity = 98_000;
  expect(await run(second.client.sendOrder(order))).toMatchObject({ errorCode: "RISK_DAILY_LOSS" });
  expect(second.backend.executed).toEqual([]);
  const forgetful = await pair({ risk: options.risk });
  forgetful.backend.equity = 98_000;
  expect(await run(forgetful.client.sendOrder(order))).toMatchObject({ status: "FILLED" });
});

test("MT5LiveConnector with a risk store of yesterday begins a new day, and keeps the peak", async () => {
  const store = riskStore({ day: "2026-01-14", dayEquity: 500_000, peakEquity: 200_000 });
  const daily = await pair({ risk: { maxDailyLossPercent: 2 }, riskStore: store });
  expect(await run(daily.client.sendOrder(order))).toMatchObject({ status: "FILLED" });
  expect(store.kept).toEqual({ day: "2026-01-15", dayEquity: 100_500.5, peakEquity: 200_000 });
  const drawn = await pair({ risk: { maxDrawdownPercent: 40 }, riskStore: store });
  expect(await run(drawn.client.sendOrder(order))).toMatchObject({ errorCode: "RISK_DRAWDOWN" });
});

test("MT5LiveConnector measures the day from dayStartEquity, if it begins later than the day", async () => {
  const { client } = await pair({ risk: { maxDailyLossPercent: 2 }, dayStartEquity: 103_000 });
  expect(await run(client.sendOrder(order))).toMatchObject({ errorCode: "RISK_DAILY_LOSS" });
});

test("MT5LiveConnector opens nothing while its risk store fails, closes all the same, and goes on when it works", async () => {
  const store = riskStore();
  const { client, backend } = await pair({ risk: { maxDailyLossPercent: 2 }, riskStore: store });
  const opened = await run(client.sendOrder(order));
  store.failure = new Error("disk full");
  // a new peak is to be kept
  backend.equity = 101_000;
  await world.clock.advance(3_000);
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await run(client.sendOrder(order))).toMatchObject({
      status: "REJECTED",
      errorCode: "RISK_STATE_UNKNOWN",
      errorMessage: "The account's state cannot be told: disk full",
    });
  }
  expect(opened.status === "FILLED" && (await run(client.closePosition(opened.ticketText)))).toMatchObject({
    status: "FILLED",
  });
  store.failure = undefined;
  expect(await run(client.sendOrder(order))).toMatchObject({ status: "FILLED" });
  expect(store.kept?.peakEquity).toBe(101_000);
});

test("MT5LiveConnector refuses to connect where nobody answers, and says why", async () => {
  const client = connector(1, { requestTimeoutMs: 500 });
  await expect(run(client.connect())).rejects.toThrow(/Cannot reach the gateway at tcp:\/\/127.0.0.1:1/);
});

test("MT5LiveConnector calls an order REJECTED that could not be sent, and UNKNOWN one that nobody answered", async () => {
  const port = await server((request) => (request["action"] === "PING" ? pong(request) : undefined));
  const client = connector(port, { orderTimeoutMs: 1_000 });
  expect(await run(client.sendOrder(order))).toMatchObject({
    status: "REJECTED",
    errorCode: "NOT_CONNECTED",
  });
  await run(client.connect());
  expect(await run(client.sendOrder({ ...order, uuid: "mine" }))).toMatchObject({
    uuid: "mine",
    status: "UNKNOWN",
    errorCode: "OUTCOME_UNKNOWN",
  });
});

test.each([
  ["no JSON", () => "hello"],
  ["NaN", (uuid: string) => `{"uuid": "${uuid}", "status": "FILLED", "price": NaN}`],
  ["another uuid", () => '{"uuid": "other", "status": "REJECTED"}'],
  ["a status nobody knows", (uuid: string) => `{"uuid": "${uuid}", "status": "MAYBE"}`],
  ["a status of another type", (uuid: string) => `{"uuid": "${uuid}", "status": {}}`],
  ["a status that is a list", (uuid: string) => `{"uuid": "${uuid}", "status": ["FILLED"]}`],
  ["no object", () => "[]"],
  ["no status", (uuid: string) => `{"uuid": "${uuid}"}`],
])("MT5LiveConnector calls an order UNKNOWN whose reply is %s", async (_, answer) => {
  const port = await server((request) =>
    request["action"] === "PING" ? pong(request) : answer(String(request["uuid"])),
  );
  const client = connector(port, { orderTimeoutMs: 1_000 });
  await run(client.connect());
  expect(await run(client.sendOrder(order))).toMatchObject({ status: "UNKNOWN" });
});

test("MT5LiveConnector reads what a Python server writes: ints for floats, and requests in the protocol's form", async () => {
  const seen: Record<string, unknown>[] = [];
  const port = await server((request) => {
    seen.push(request);
    if (request["action"] === "PING") return pong(request);
    return `{"uuid":"${String(request["uuid"])}","status":"FILLED","ticket":9007199254740993,"symbol":"EURUSD","volume":1,"price":1,"execution_time":"t","latency_ms":1}`;
  });
  const client = connector(port);
  await run(client.connect());
  const result = await run(client.sendOrder(order));
  expect(result).toMatchObject({
    status: "FILLED",
    ticketText: "9007199254740993",
    ticket: Number.NaN,
    price: 1,
    volume: 1,
  });
  expect(Object.keys(seen[1] ?? {})).toEqual([
    "uuid",
    "action",
    "symbol",
    "type",
    "volume",
    "price",
    "sl",
    "tp",
    "comment",
    "risk_signature",
    "timestamp",
  ]);
  expect(seen[1]?.["risk_signature"]).toMatch(/^RISK_PASS:[0-9a-f]{8}:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  for (const request of seen) {
    expect(readRequest([new TextEncoder().encode(JSON.stringify(request))]).ok).toBe(true);
  }
});

test("MT5LiveConnector opens its circuit after failures, refuses opens at once, and still closes", async () => {
  let deaf = false;
  const port = await server((request) => {
    if (request["action"] === "CLOSE") {
      return `{"uuid":"${String(request["uuid"])}","status":"FILLED","ticket":2,"close_price":1.5,"execution_time":"t","latency_ms":1.0}`;
    }
    return deaf ? '{"uuid": "nobody"}' : pong(request);
  });
  const client = connector(port, { requestTimeoutMs: 100, circuitBreaker: { failureThreshold: 2 } });
  await run(client.connect());
  deaf = true;
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(run(client.ping())).rejects.toThrow("No reply came");
  expect(await run(client.sendOrder(order))).toMatchObject({ status: "REJECTED", errorCode: "CIRCUIT_OPEN" });
  expect(await run(client.closePosition(1))).toMatchObject({ status: "FILLED", price: 1.5 });
  deaf = false;
  await world.clock.advance(10_000);
  expect((await run(client.ping())).serverTime).toBe("now");
});

test("MT5LiveConnector reconnects to a gateway that was restarted", async () => {
  const backend = new FakeBackend();
  const first = await testGateway(world.context, [backend]);
  const port = Number(first.endpoint.split(":").at(-1));
  const client = connector(port, { requestTimeoutMs: 1_000 });
  await run(client.connect());
  await run(first.stop(0));
  await expect(run(client.ping())).rejects.toThrow();
  const second = await testGateway(world.context, [backend], { port });
  cleanups.push(() => second.stop(0));
  await world.clock.advance(5_000);
  expect(await run(client.sendOrder(order))).toMatchObject({ status: "FILLED" });
});

test.each([0, 1.5, -1, "x", "", 2 ** 53])("MT5LiveConnector refuses to close ticket %j", async (ticket) => {
  await expect(connector(1).closePosition(ticket)).rejects.toThrow("is no ticket");
});

function pong(request: Record<string, unknown>): string {
  return `{"uuid": "${String(request["uuid"])}", "status": "ok", "server_time": "now", "latency_ms": 0.1}`;
}

test.each([
  [{ volume: Number.NaN }, "volume NaN is no number"],
  [{ volume: -1 }, "volume -1 is no number"],
  [{ sl: Number.POSITIVE_INFINITY }, "sl Infinity is no number"],
])("MT5LiveConnector refuses an order with %j", async (more, message) => {
  const { client, backend } = await pair();
  await expect(run(client.sendOrder({ ...order, ...more }))).rejects.toThrow(message);
  await expect(run(client.closePosition(1, { volume: 0 }))).rejects.toThrow("volume 0 is no number above 0");
  expect(backend.executed).toEqual([]);
});

test("MT5LiveConnector names its account in every request, for gateways with several", async () => {
  const { client, gateway } = await pair({ account: "123456" });
  const opened = await run(client.sendOrder(order));
  expect(opened).toMatchObject({ status: "FILLED" });
  await run(client.getAccount());
  expect(await run(client.closePosition(opened.status === "FILLED" ? opened.ticket : 0))).toMatchObject({
    status: "FILLED",
  });
  const requests = gateway.audit.entries.flatMap(({ request }) => request ?? []);
  expect(requests).toHaveLength(4);
  for (const request of requests) expect(request).toContain('"account": "123456"');
});

test("MT5LiveConnector refuses a second request of one uuid while the first waits, and ends what waits as UNKNOWN when it is closed", async () => {
  const port = await server((request) => (request["action"] === "PING" ? pong(request) : undefined));
  const client = connector(port);
  await run(client.connect());
  const waiting = client.sendOrder({ ...order, uuid: "u" });
  await world.clock.advance(100);
  await expect(run(client.sendOrder({ ...order, uuid: "u" }))).rejects.toMatchObject({
    code: "DUPLICATE_UUID",
  });
  await run(client[Symbol.asyncDispose]());
  expect(await run(waiting)).toMatchObject({
    status: "UNKNOWN",
    errorMessage: "The connector was closed before the reply came",
  });
});

test("MT5LiveConnector writes an IPv6 address into its endpoint as one", async () => {
  const client = new MT5LiveConnector(
    { gatewayHost: "::1", gatewayPort: 1, requestTimeoutMs: 100 },
    { context: world.context },
  );
  await expect(run(client.connect())).rejects.toThrow("tcp://[::1]:1");
});

test("MT5LiveConnector talks to a gateway that encrypts", async () => {
  const keys = nodeCrypto.keyAgreement.generateKeyPair();
  const serverKeys = nodeCrypto.keyAgreement.generateKeyPair();
  const { client } = await pair(
    { curve: { serverKey: serverKeys.publicKey, clientKey: keys.secretKey } },
    { curve: { secretKey: serverKeys.secretKey, clients: [keys.publicKey] } },
  );
  expect(await run(client.sendOrder(order))).toMatchObject({ status: "FILLED" });
});

test("MT5LiveConnector looks once into its risk store for orders that come together", async () => {
  const store = riskStore();
  let loads = 0;
  const { load } = store;
  store.load = () => {
    loads++;
    return load();
  };
  const { client } = await pair({ risk: { maxDailyLossPercent: 2 }, riskStore: store });
  const results = await run(Promise.all([client.sendOrder(order), client.sendOrder(order)]));
  expect(results.map(({ status }) => status)).toEqual(["FILLED", "FILLED"]);
  await world.clock.advance(5_000);
  await run(client.sendOrder(order));
  expect(loads).toBeLessThanOrEqual(2);
});
