import { afterEach, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { retcodes } from "../../../src/domain/retcodes.ts";
import { addressFilter } from "../../../src/gateway/allow-list.ts";
import type { BackendOutcome } from "../../../src/gateway/backend.ts";
import { retcodeError } from "../../../src/gateway/error-codes.ts";
import type { GatewayOptions } from "../../../src/gateway/gateway.ts";
import { memoryOrderFile } from "../../../src/gateway/order-store.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { Dealer, Request } from "../../../src/zmtp/mod.ts";
import { FakeBackend, openRequest, TestClient, testGateway, testWorld } from "./kit.ts";

const cleanups: (() => Promise<unknown>)[] = [];
let world = testWorld();
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await world.clock.runUntil(cleanup(), 600_000);
  world = testWorld();
});

async function serve(options: Partial<GatewayOptions> = {}, backends = [new FakeBackend()]) {
  const gateway = await testGateway(world.context, backends, options);
  cleanups.push(() => gateway.stop(0));
  const connect = (): TestClient => {
    const client = new TestClient(world.context, world.clock, gateway.endpoint);
    cleanups.push(() => client.socket.close());
    return client;
  };
  const [backend] = backends as [FakeBackend];
  return { gateway, backend, client: connect(), connect, clock: world.clock };
}

const ping = (uuid: string) => ({ uuid, action: "PING", timestamp: "2026-01-15T02:08:34.123456Z" });
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

test("gateway answers the spec's PING, member by member", async () => {
  const { client } = await serve();
  await client.send(ping("550e8400-e29b-41d4-a716-446655440000"));
  const text = await client.text();
  expect(text).toMatch(
    /^\{"uuid": "550e8400-e29b-41d4-a716-446655440000", "status": "ok", "server_time": "[^"]+", "latency_ms": \d+\.\d{1,3}\}$/,
  );
  expect((JSON.parse(text) as { server_time: string }).server_time).toMatch(stamp);
});

test("gateway answers the spec's OPEN, GET_POSITIONS and CLOSE with its members, types and order", async () => {
  const { client, clock } = await serve();
  await client.send(openRequest(clock, "u-open"));
  const opened = await client.text();
  expect(opened).toMatch(
    /^\{"uuid": "u-open", "status": "FILLED", "ticket": 12345678, "symbol": "EURUSD", "volume": 0\.01, "price": 1\.0523, "execution_time": "[^"]+Z", "latency_ms": \d+\.\d+\}$/,
  );
  await client.send({ uuid: "u-pos", action: "GET_POSITIONS", symbol: "EURUSD" });
  expect(await client.text()).toMatch(
    /^\{"uuid": "u-pos", "status": "ok", "positions": \[\{"ticket": 12345678, "symbol": "EURUSD", "type": "BUY", "volume": 0\.01, "open_price": 1\.0523, "current_price": 1\.0528, "profit": 5\.0\}\], "timestamp": "[^"]+Z"\}$/,
  );
  await client.send({ uuid: "u-close", action: "CLOSE", ticket: 12_345_678, symbol: "EURUSD", volume: 0.01 });
  expect(await client.text()).toMatch(
    /^\{"uuid": "u-close", "status": "FILLED", "ticket": 87654321, "close_price": 1\.0528, "execution_time": "[^"]+Z", "latency_ms": \d+\.\d+\}$/,
  );
  await client.send({ uuid: "u-none", action: "GET_POSITIONS", symbol: "" });
  expect(await client.text()).toContain('"positions": []');
});

test("gateway answers the spec's GET_ACCOUNT with points in every amount", async () => {
  const { client } = await serve();
  await client.send({ uuid: "u", action: "GET_ACCOUNT" });
  expect(await client.text()).toMatch(
    /^\{"uuid": "u", "status": "ok", "balance": 100000\.0, "equity": 100500\.5, "margin": 500\.0, "free_margin": 99500\.5, "margin_level": 20100\.1, "currency": "USD", "timestamp": "[^"]+Z"\}$/,
  );
});

test("gateway filters positions by symbol", async () => {
  const { client, backend } = await serve();
  const position = { ticket: "1", type: "BUY", volume: 1, openPrice: 1, currentPrice: 1, profit: 0 } as const;
  backend.positionsNow.push(
    { ...position, symbol: "EURUSD" },
    { ...position, ticket: "2", symbol: "EURUSDm" },
  );
  const reply = await client.ask({ uuid: "u", action: "GET_POSITIONS", symbol: "EURUSDm" });
  expect((reply["positions"] as { ticket: number }[]).map(({ ticket }) => ticket)).toEqual([2]);
});

test("gateway prints a ticket beyond 2^53 exactly", async () => {
  const { client, backend } = await serve();
  backend.positionsNow.push({
    ticket: "9007199254740993",
    symbol: "EURUSD",
    type: "SELL",
    volume: 1,
    openPrice: 1,
    currentPrice: 1,
    profit: 0,
  });
  await client.send({ uuid: "u", action: "GET_POSITIONS" });
  expect(await client.text()).toContain('"ticket": 9007199254740993,');
  await client.send('{"uuid": "c", "action": "CLOSE", "ticket": 9007199254740993}');
  expect(await client.receive()).toMatchObject({ status: "FILLED" });
  expect(backend.executed).toEqual([{ id: "c", ticket: "9007199254740993", volume: undefined }]);
});

test("gateway closes a part, and tells the volume only when it is less than what was asked for", async () => {
  const { client, backend, clock } = await serve();
  const opened = await client.ask(openRequest(clock, "o", { volume: 1 }));
  const part = await client.ask({ uuid: "c1", action: "CLOSE", ticket: opened["ticket"], volume: 0.25 });
  expect(part).not.toHaveProperty("volume");
  expect(backend.positionsNow[0]?.volume).toBe(0.75);
  backend.answer = () => ({ state: "filled", order: "5", position: "1", volume: 0.5, price: 1 });
  const less = await client.ask({ uuid: "c2", action: "CLOSE", ticket: opened["ticket"], volume: 0.75 });
  expect(less).toMatchObject({ status: "FILLED", volume: 0.5 });
});

test.each(retcodes.filter(({ certainty }) => certainty === "no"))(
  "gateway turns retcode $name into REJECTED with its error code",
  async ({ code }) => {
    const { client, backend, clock } = await serve();
    backend.answer = () => ({ state: "rejected", retcode: code, comment: "" });
    const reply = await client.ask(openRequest(clock, "u"));
    expect(Object.keys(reply)).toEqual(["uuid", "status", "error_code", "error_msg", "timestamp"]);
    expect(reply).toMatchObject({ uuid: "u", status: "REJECTED", error_code: retcodeError(code).code });
    expect(reply["timestamp"]).toMatch(stamp);
  },
);

test("gateway refuses an OPEN without a valid signature and sends nothing", async () => {
  const { client, backend, clock } = await serve();
  expect(await client.ask(openRequest(clock, "a", { risk_signature: undefined }))).toMatchObject({
    status: "REJECTED",
    error_code: "RISK_SIGNATURE_MISSING",
  });
  const old = new Date(clock.wallMs() - 6_000).toISOString();
  expect(
    await client.ask(openRequest(clock, "b", { risk_signature: `RISK_PASS:7a3f9e8b:${old}` })),
  ).toMatchObject({
    error_code: "RISK_SIGNATURE_EXPIRED",
  });
  expect(backend.executed).toEqual([]);
});

test("gateway without signature validation takes any OPEN", async () => {
  const { client, clock } = await serve({ signatures: "off" });
  expect(await client.ask(openRequest(clock, "a", { risk_signature: undefined }))).toMatchObject({
    status: "FILLED",
  });
});

test("gateway answers one slow order while others go on, each exactly once", async () => {
  const { connect, backend, clock } = await serve();
  let release: (outcome: BackendOutcome) => void = () => undefined;
  backend.answer = (id) =>
    id === "slow"
      ? new Promise((resolve) => {
          release = resolve;
        })
      : undefined;
  const [slow, quick] = [connect(), connect()];
  await slow.send(openRequest(clock, "slow"));
  expect(await quick.ask(ping("p"))).toMatchObject({ status: "ok" });
  expect(await quick.ask(openRequest(clock, "quick"))).toMatchObject({ status: "FILLED" });
  release({ state: "filled", order: "1", position: "1", volume: 0.01, price: 1 });
  expect(await slow.receive()).toMatchObject({ uuid: "slow", status: "FILLED" });
  expect(await slow.silent()).toBe(true);
  expect(await quick.silent()).toBe(true);
});

test("gateway forgets a client that dies between request and reply, and nobody else notices", async () => {
  const { gateway, connect, backend, clock } = await serve();
  let release: (outcome: BackendOutcome) => void = () => undefined;
  backend.answer = (id) =>
    id === "orphan"
      ? new Promise((resolve) => {
          release = resolve;
        })
      : undefined;
  const [dying, living] = [connect(), connect()];
  await dying.send(openRequest(clock, "orphan"));
  expect(await living.ask(ping("before"))).toMatchObject({ status: "ok" });
  await clock.runUntil(dying.socket.close({ lingerMs: 0 }), 10_000);
  await clock.advance(100);
  release({ state: "filled", order: "1", position: "1", volume: 0.01, price: 1 });
  expect(await living.ask(ping("after"))).toMatchObject({ status: "ok" });
  expect(gateway.log.lines.some((line) => line.includes("did not wait for its reply"))).toBe(true);
  expect(await living.ask(openRequest(clock, "orphan"))).toMatchObject({ status: "FILLED", ticket: 1 });
});

test("gateway answers envelopes as REP does, and a DEALER without a delimiter too", async () => {
  const { gateway, clock } = await serve();
  const dealer = new Dealer(world.context, { lingerMs: 0 });
  cleanups.push(() => dealer.close());
  dealer.connect(gateway.endpoint);
  const text = (frames: readonly Uint8Array[]) => frames.map((frame) => new TextDecoder().decode(frame));
  const ask = async (frames: string[]): Promise<string[]> => {
    await dealer.send(frames);
    return text((await clock.runUntil(dealer.receive(), 10_000)) ?? []);
  };
  const body = JSON.stringify(ping("p"));
  expect((await ask(["hop1", "hop2", "", body])).slice(0, 3)).toEqual(["hop1", "hop2", ""]);
  expect(await ask([body])).toHaveLength(1);
  expect(await ask([""])).toEqual(["", expect.stringContaining("INVALID_REQUEST")]);
  expect(await ask(["", ""])).toEqual(["", expect.stringContaining("INVALID_JSON")]);
  expect(await ask(["", body, body])).toEqual(["", expect.stringContaining("INVALID_REQUEST")]);
  expect(await ask(["a", "b"])).toEqual([expect.stringContaining("INVALID_REQUEST")]);
});

test("gateway answers a REQ socket", async () => {
  const { gateway, clock } = await serve();
  const request = new Request(world.context, { lingerMs: 0 });
  cleanups.push(() => request.close());
  request.connect(gateway.endpoint);
  for (const uuid of ["1", "2"]) {
    await request.send(JSON.stringify(ping(uuid)));
    const [frame] = (await clock.runUntil(request.receive(), 10_000)) ?? [];
    expect(new TextDecoder().decode(frame)).toContain(`"uuid": "${uuid}"`);
  }
});

test("gateway answers ten megabytes with one error, and goes on", async () => {
  const { client } = await serve();
  expect(await client.ask(new Uint8Array(10 * 1024 * 1024).fill(0x20))).toMatchObject({
    uuid: "",
    status: "REJECTED",
    error_code: "REQUEST_TOO_LARGE",
  });
  expect(await client.ask(ping("p"))).toMatchObject({ status: "ok" });
});

test("gateway answers with an error while MetaTrader is away, and settles the uuid by that", async () => {
  const { client, backend, clock } = await serve();
  backend.up = false;
  expect(await client.ask(openRequest(clock, "u"))).toMatchObject({
    status: "REJECTED",
    error_code: "NOT_CONNECTED",
  });
  backend.up = true;
  expect(await client.ask(openRequest(clock, "u"))).toMatchObject({
    status: "REJECTED",
    error_code: "NOT_CONNECTED",
  });
  expect(await client.ask(openRequest(clock, "v"))).toMatchObject({ status: "FILLED" });
  expect(backend.executed).toHaveLength(1);
});

test("gateway stopping refuses new orders, answers those in work, then closes", async () => {
  const { gateway, client, connect, backend, clock } = await serve();
  let release: (outcome: BackendOutcome) => void = () => undefined;
  backend.answer = (id) =>
    id === "slow"
      ? new Promise((resolve) => {
          release = resolve;
        })
      : undefined;
  await client.send(openRequest(clock, "slow"));
  const other = connect();
  await other.ask(ping("p"));
  const stopped = gateway.stop(5_000);
  expect(await other.ask(openRequest(clock, "late"))).toMatchObject({ error_code: "SHUTTING_DOWN" });
  release({ state: "filled", order: "1", position: "1", volume: 0.01, price: 1 });
  expect(await client.receive()).toMatchObject({ uuid: "slow", status: "FILLED" });
  await clock.runUntil(stopped, 10_000);
  expect(backend.executed).toHaveLength(1);
});

test("gateway limits requests per connection and orders in all, and never a close", async () => {
  const { client, connect, backend, clock } = await serve({ requestsPerSecond: 3, ordersPerSecond: 1 });
  expect(await client.ask(openRequest(clock, "o1"))).toMatchObject({ status: "FILLED" });
  expect(await connect().ask(openRequest(clock, "o2"))).toMatchObject({ error_code: "RATE_LIMITED" });
  await client.ask(ping("p1"));
  await client.ask(ping("p2"));
  expect(await client.ask(ping("p3"))).toMatchObject({ status: "REJECTED", error_code: "RATE_LIMITED" });
  const ticket = Number(backend.positionsNow[0]?.ticket);
  expect(await client.ask({ uuid: "c", action: "CLOSE", ticket })).toMatchObject({ status: "FILLED" });
  expect(await connect().ask(ping("p4"))).toMatchObject({ status: "ok" });
});

test("gateway lets in only the addresses on its list", async () => {
  const { client, gateway, clock } = await serve({ allow: addressFilter(["10.0.0.0/8"]) });
  await client.send(ping("p"));
  await clock.advance(1_000);
  expect(gateway.log.lines.some((line) => line.includes("was not let in"))).toBe(true);
});

test("gateway lets in so many connections of one address, and the next one when one has gone", async () => {
  const { gateway, client, connect, clock } = await serve({ connectionsPerAddress: 2 });
  expect(await client.ask(ping("a"))).toMatchObject({ status: "ok" });
  const second = connect();
  expect(await second.ask(ping("b"))).toMatchObject({ status: "ok" });
  const third = connect();
  await third.send(ping("c"));
  expect(await third.silent()).toBe(true);
  expect(gateway.log.lines.some((line) => line.includes("was not let in"))).toBe(true);
  await clock.runUntil(second.socket.close({ lingerMs: 0 }), 1_000);
  expect(await third.receive()).toMatchObject({ uuid: "c", status: "ok" });
});

test("gateway limits the requests of one address, whatever connections they come over", async () => {
  const { connect } = await serve({ requestsPerSecondOfAddress: 2 });
  expect(await connect().ask(ping("a"))).toMatchObject({ status: "ok" });
  expect(await connect().ask(ping("b"))).toMatchObject({ status: "ok" });
  expect(await connect().ask(ping("c"))).toMatchObject({ error_code: "RATE_LIMITED" });
});

test("gateway writes an order file anew that has grown, and knows all of it after a restart", async () => {
  const orderFile = memoryOrderFile();
  const backend = new FakeBackend();
  const first = await serve({ orderFile }, [backend]);
  let replaced = 0;
  const { replace } = orderFile;
  orderFile.replace = (bytes) => {
    replaced++;
    return replace(bytes);
  };
  const { client, clock, gateway } = first;
  const filled = await client.ask(openRequest(clock, "filled"));
  const unsigned = await client.ask(openRequest(clock, "unsigned", { risk_signature: "x" }));
  backend.up = false;
  const refused = await client.ask(openRequest(clock, "refused"));
  backend.up = true;
  const comment = "x".repeat(31);
  for (let batch = 0; batch < 40; batch++) {
    for (let index = 0; index < 100; index++)
      await client.send(openRequest(clock, `${batch}-${index}`, { comment }));
    for (let index = 0; index < 100; index++) await client.receive();
    backend.positionsNow.length = 0;
    await clock.advance(10);
  }
  expect(replaced).toBeGreaterThan(0);
  await clock.runUntil(gateway.stop(0), 10_000);
  expect(new TextDecoder().decode(await orderFile.read())).not.toContain('"unsigned"');
  const second = await serve({ orderFile }, [backend]);
  expect(await second.client.ask(openRequest(clock, "filled"))).toEqual(filled);
  expect(await second.client.ask(openRequest(clock, "refused"))).toEqual(refused);
  expect(await second.client.ask(openRequest(clock, "39-99", { comment }))).toMatchObject({
    status: "FILLED",
  });
  expect(unsigned).toMatchObject({ error_code: "RISK_SIGNATURE_INVALID" });
  expect(backend.executed).toHaveLength(4_001);
});

test("gateway tells the trade server's own words, where it gave any", async () => {
  const { client, backend, clock } = await serve();
  backend.answer = () => ({ state: "rejected", retcode: 10_019, comment: "margin call" });
  expect(await client.ask(openRequest(clock, "u"))).toMatchObject({
    error_code: "INSUFFICIENT_MARGIN",
    error_msg: "Not enough margin to open position (margin call)",
  });
});

test("gateway answers a fault of its own with one error, tells it in the log, and goes on", async () => {
  const { gateway, client, backend, clock } = await serve();
  const positions = backend.positions.bind(backend);
  backend.positions = () => Promise.reject(new TypeError("a bug"));
  expect(await client.ask({ uuid: "u", action: "GET_POSITIONS" })).toMatchObject({
    uuid: "u",
    status: "REJECTED",
    error_code: "INTERNAL_ERROR",
    error_msg: "Internal error of the gateway",
  });
  expect(await client.ask({ uuid: "c", action: "CLOSE", ticket: 1 })).toMatchObject({
    error_code: "INTERNAL_ERROR",
  });
  backend.positions = positions;
  expect(gateway.log.lines.filter((line) => line.startsWith("ERROR"))).toHaveLength(2);
  expect(await client.ask(openRequest(clock, "v"))).toMatchObject({ status: "FILLED" });
});

test("gateway records address and connection of every command, the key of an encrypted one, and no member named like a secret", async () => {
  const server = nodeCrypto.keyAgreement.generateKeyPair();
  const keys = nodeCrypto.keyAgreement.generateKeyPair();
  const { gateway, clock } = await serve({
    curve: { secretKey: server.secretKey, clients: [keys.publicKey] },
  });
  const dealer = new Dealer(world.context, {
    lingerMs: 0,
    security: { mechanism: "CURVE", role: "client", serverKey: server.publicKey, secretKey: keys.secretKey },
  });
  cleanups.push(() => dealer.close());
  dealer.connect(gateway.endpoint);
  await dealer.send(["", '{"uuid": "u", "action": "PING", "password": "hunter2"}']);
  await clock.runUntil(dealer.receive(), 10_000);
  const [, command, reply] = gateway.audit.entries;
  expect(command).toMatchObject({
    kind: "command",
    address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    client: encodeKey(keys.publicKey),
    request: '{"uuid": "u", "action": "PING", "password": "***"}',
  });
  expect(reply).toMatchObject({
    kind: "reply",
    peer: command?.peer,
    address: command?.address,
    client: command?.client,
  });
});

test("gateway records every command and every reply, malformed ones too", async () => {
  const { gateway, client, clock } = await serve();
  await client.ask("not json");
  await client.ask(openRequest(clock, "u"));
  const told = gateway.audit.entries.map(
    ({ kind, request, reply }) => `${kind} ${request ?? reply?.["status"] ?? ""}`,
  );
  expect(told.slice(0, 4)).toEqual([
    "start ",
    "command not json",
    "reply REJECTED",
    expect.stringContaining('command {"uuid":"u"'),
  ]);
  expect(told[4]).toBe("reply FILLED");
});

test("gateway that must audit opens nothing while it cannot, and still closes", async () => {
  const { gateway, client, backend, clock } = await serve({ auditRequired: true });
  await client.ask(openRequest(clock, "o"));
  gateway.audit.failure = new Error("disk full");
  expect(await client.ask(openRequest(clock, "p"))).toMatchObject({ error_code: "AUDIT_UNAVAILABLE" });
  const ticket = Number(backend.positionsNow[0]?.ticket);
  expect(await client.ask({ uuid: "c", action: "CLOSE", ticket })).toMatchObject({ status: "FILLED" });
});

test("gateway whose order file fails opens nothing, and still closes", async () => {
  const orderFile = memoryOrderFile();
  const { client, backend, clock } = await serve({ orderFile });
  await client.ask(openRequest(clock, "o"));
  orderFile.append = async () => {
    throw new Error("disk full");
  };
  expect(await client.ask(openRequest(clock, "p"))).toMatchObject({ error_code: "STORE_UNAVAILABLE" });
  const ticket = Number(backend.positionsNow[0]?.ticket);
  expect(await client.ask({ uuid: "c", action: "CLOSE", ticket })).toMatchObject({ status: "FILLED" });
  expect(backend.executed).toHaveLength(2);
});

test("gateway with several accounts routes by account, by symbol, and by ticket", async () => {
  const first = new FakeBackend("first", "111");
  const second = new FakeBackend("second", "222");
  const { client, clock } = await serve({ routes: [{ symbol: "XAU*", backend: "second" }] }, [first, second]);
  expect(await client.ask(openRequest(clock, "a", { symbol: "XAUUSD" }))).toMatchObject({ status: "FILLED" });
  expect(await client.ask(openRequest(clock, "b", { account: 222 }))).toMatchObject({ status: "FILLED" });
  expect(await client.ask(openRequest(clock, "c"))).toMatchObject({ status: "FILLED" });
  expect([first.executed.length, second.executed.length]).toEqual([1, 2]);
  expect(await client.ask(openRequest(clock, "d", { account: "333" }))).toMatchObject({
    error_code: "UNKNOWN_ACCOUNT",
  });
  const all = await client.ask({ uuid: "e", action: "GET_POSITIONS" });
  expect(all["positions"]).toHaveLength(3);
  // both fakes count from the same ticket, as two brokers may
  expect(await client.ask({ uuid: "f", action: "CLOSE", ticket: 12_345_678 })).toMatchObject({
    error_code: "AMBIGUOUS_TICKET",
  });
  expect(
    await client.ask({ uuid: "g", action: "CLOSE", ticket: 12_345_678, symbol: "XAUUSD" }),
  ).toMatchObject({ status: "FILLED" });
  expect(
    await client.ask({ uuid: "h", action: "CLOSE", ticket: 12_345_679, symbol: "GBPUSD" }),
  ).toMatchObject({ error_code: "SYMBOL_MISMATCH" });
  expect(await client.ask({ uuid: "i", action: "CLOSE", ticket: 99 })).toMatchObject({
    error_code: "POSITION_NOT_FOUND",
  });
});

test("gateway that cannot bind gives its order file up, and says why", async () => {
  const { gateway } = await serve();
  const orderFile = memoryOrderFile();
  let closed = 0;
  orderFile.close = async () => {
    closed++;
  };
  const port = Number(gateway.endpoint.split(":").at(-1));
  await expect(testGateway(world.context, [new FakeBackend()], { port, orderFile })).rejects.toThrow(
    "Cannot bind",
  );
  expect(closed).toBe(1);
});

test("gateway is disposed of at once, and stopping it again waits for the same end", async () => {
  const gateway = await testGateway(world.context, [new FakeBackend()]);
  await world.clock.runUntil(Promise.all([gateway[Symbol.asyncDispose](), gateway.stop()]), 10_000);

  await world.clock.runUntil(gateway.stop(), 10_000);
  expect(gateway.audit.entries.filter(({ kind }) => kind === "stop")).toHaveLength(1);
});

test("gateway answers queries for an account that it does not have", async () => {
  const { client } = await serve();
  for (const action of ["GET_ACCOUNT", "GET_POSITIONS"]) {
    expect(await client.ask({ uuid: "u", action, account: "999" })).toMatchObject({
      error_code: "UNKNOWN_ACCOUNT",
    });
    expect(await client.ask({ uuid: "u", action, account: "" })).toMatchObject({ status: "ok" });
  }
});

test("gateway refuses a number too large for any price", async () => {
  const { client, clock } = await serve();
  const text = JSON.stringify(openRequest(clock, "u")).replace(
    '"volume":0.01',
    `"volume":1${"0".repeat(309)}`,
  );
  expect(await client.ask(text)).toMatchObject({ uuid: "u", error_code: "INVALID_REQUEST" });
});

test("gateway answers with an error where a terminal has figures that are none, and never calls an order so REJECTED", async () => {
  const { gateway, client, backend, clock } = await serve();
  backend.equity = Number.NaN;
  expect(await client.ask({ uuid: "a", action: "GET_ACCOUNT" })).toMatchObject({
    uuid: "a",
    status: "REJECTED",
    error_code: "INTERNAL_ERROR",
  });
  backend.answer = () => ({ state: "filled", order: "1", position: "1", volume: 0.01, price: Number.NaN });
  expect(await client.ask(openRequest(clock, "o"))).toMatchObject({ uuid: "o", status: "UNKNOWN" });
  backend.answer = () => undefined;
  backend.tell = () => ({ state: "filled", order: "1", position: "1", volume: 0.01, price: 1 });
  expect(await client.ask(openRequest(clock, "o"))).toMatchObject({ status: "UNKNOWN" });
  backend.journal.set("o", { state: "filled", order: "1", position: "1", volume: 0.01, price: 1 });
  expect(await client.ask(openRequest(clock, "o"))).toMatchObject({ status: "FILLED", price: 1 });
  expect(gateway.log.lines.filter((line) => line.startsWith("ERROR")).length).toBeGreaterThan(1);
  expect(await client.ask(ping("p"))).toMatchObject({ status: "ok" });
});

test("gateway answers with an error and goes on after a fault that nobody foresaw", async () => {
  const { gateway, client, backend, clock } = await serve();
  const { record } = gateway.audit;
  gateway.audit.record = () => {
    throw new TypeError("a bug");
  };
  expect(await client.ask(openRequest(clock, "lost"))).toMatchObject({
    status: "REJECTED",
    error_code: "INTERNAL_ERROR",
  });
  expect(backend.executed).toEqual([]);
  gateway.audit.record = record;
  expect(await client.ask(ping("p"))).toMatchObject({ uuid: "p", status: "ok" });
  expect(gateway.log.lines.some((line) => line.startsWith("ERROR A message could not be taken"))).toBe(true);
});
