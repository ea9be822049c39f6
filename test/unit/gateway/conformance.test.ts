import { afterEach, expect, test } from "vitest";
import { checkServer } from "../../../src/gateway/conformance.ts";
import { Exchange } from "../../../src/gateway/exchange.ts";
import type { GatewayOptions } from "../../../src/gateway/gateway.ts";
import { Reply as ReplySocket } from "../../../src/zmtp/mod.ts";
import { FakeBackend, testGateway, testWorld } from "./kit.ts";

const cleanups: (() => Promise<unknown>)[] = [];
let world = testWorld();
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await world.clock.runUntil(cleanup(), 600_000);
  world = testWorld();
});

const secretText = "a secret of both machines";
let number = 0;
const trade = { symbol: "EURUSD", volumeLots: 0.01 };

async function check(endpoint: string, options: { trade?: typeof trade; secret?: string } = {}) {
  const exchange = new Exchange(world.context, endpoint, { mechanism: "NULL" });
  cleanups.push(() => exchange.close());
  const { secret } = options;
  const results = await world.clock.runUntil(
    checkServer(world.context, exchange, {
      timeoutMs: 1_000,
      trade: options.trade,
      secret: secret === undefined ? undefined : new TextEncoder().encode(secret),
      newUuid: () => `check-${number++}`,
    }),
    600_000,
  );
  return (results ?? []).map(({ name, outcome, detail }) => ({ name, outcome, detail }));
}

async function gateway(
  options: Partial<GatewayOptions> = {},
): Promise<{ endpoint: string; backend: FakeBackend }> {
  const backend = new FakeBackend();
  const made = await testGateway(world.context, [backend], options);
  cleanups.push(() => made.stop(0));
  return { endpoint: made.endpoint, backend };
}

type Message = Record<string, unknown>;

/** A REP server that answers as this gateway does, but for what `change` makes of single replies. */
async function server(change: (reply: Message, request: Message) => Message | string): Promise<string> {
  const { clock, context } = world;
  const socket = new ReplySocket(context, { lingerMs: 0 });
  cleanups.push(() => socket.close());
  const endpoint = await socket.bind("tcp://127.0.0.1:*");
  const positions: Message[] = [];
  const float = (value: number): string => `<${value.toFixed(5)}>`;
  const answer = (request: Message): Message => {
    const { uuid, action, symbol } = request;
    const timestamp = `${new Date(clock.wallMs()).toISOString().slice(0, -1)}000Z`;
    const times = { execution_time: timestamp, latency_ms: float(0.1) };
    const position = {
      ticket: 7,
      symbol,
      type: "BUY",
      volume: float(0.01),
      open_price: float(1),
      current_price: float(1),
      profit: float(0),
    };
    const signature = String(request["risk_signature"]);
    const reject = (code: string): Message => ({
      uuid,
      status: "REJECTED",
      error_code: code,
      error_msg: code,
      timestamp,
    });
    switch (action) {
      case "PING":
        return { uuid, status: "ok", server_time: timestamp, latency_ms: float(0.1) };
      case "GET_ACCOUNT": {
        const amounts = ["balance", "equity", "margin", "free_margin", "margin_level"].map((name) => [
          name,
          float(1),
        ]);
        return { uuid, status: "ok", ...Object.fromEntries(amounts), currency: "USD", timestamp };
      }
      case "GET_POSITIONS":
        return {
          uuid,
          status: "ok",
          positions: positions.filter((one) => symbol === undefined || one["symbol"] === symbol),
          timestamp,
        };
      case "OPEN": {
        const stamp = Date.parse(signature.slice(19));
        if (!signature.startsWith("RISK_PASS:7a3f9e8b:") || Math.abs(stamp - clock.wallMs()) > 5_000)
          return reject("RISK");
        positions.push(position);
        return { uuid, status: "FILLED", ticket: 7, symbol, volume: float(0.01), price: float(1), ...times };
      }
      case "CLOSE":
        positions.length = 0;
        return { uuid, status: "FILLED", ticket: 8, close_price: float(1), ...times };
      default:
        return reject("UNKNOWN_ACTION");
    }
  };
  const serve = async (): Promise<void> => {
    for await (const [frame] of socket) {
      const request = JSON.parse(new TextDecoder().decode(frame)) as Message;
      const reply = change(answer(request), request);
      await socket.send(
        typeof reply === "string" ? reply : JSON.stringify(reply).replace(/"<([^>]*)>"/g, "$1"),
      );
    }
  };
  void serve();
  return endpoint;
}

test("checkServer passes this gateway, and trades only when it is told to", async () => {
  const { endpoint, backend } = await gateway();
  const results = await check(endpoint);
  expect(results.filter(({ outcome }) => outcome !== "pass")).toEqual([
    { name: "OPEN and CLOSE", outcome: "skip", detail: "give --trade SYMBOL to really trade" },
  ]);
  expect(backend.executed).toEqual([]);
  const traded = await check(endpoint, { trade });
  expect(traded.every(({ outcome }) => outcome === "pass")).toBe(true);
  expect(backend.executed).toHaveLength(2);
});

test("checkServer signs with the secret of a gateway that verifies it", async () => {
  const { endpoint } = await gateway({ signatures: { secret: new TextEncoder().encode(secretText) } });
  const right = await check(endpoint, { trade, secret: secretText });
  expect(right.at(-1)).toMatchObject({ outcome: "pass" });
  const wrong = await check(endpoint, { trade });
  expect(wrong.at(-1)).toMatchObject({
    outcome: "fail",
    detail: expect.stringContaining("RISK_SIGNATURE_MISMATCH"),
  });
});

test("checkServer warns of a gateway that looks at no signature", async () => {
  const { endpoint, backend } = await gateway({ signatures: "off" });
  backend.answer = () => ({ state: "refused", code: "UNKNOWN_SYMBOL", message: "No such symbol" });
  const results = await check(endpoint);
  expect(results.filter(({ outcome }) => outcome === "warn").map(({ name }) => name)).toEqual([
    "OPEN without a signature is rejected",
    "OPEN with a signature of another form is rejected",
    "OPEN with a checksum of 3 letters is rejected",
    "OPEN with a signature of yesterday is rejected",
    "OPEN with a signature of tomorrow is rejected",
  ]);
});

test("checkServer passes a server that is right, and stops at one that does not answer PING", async () => {
  const results = await check(await server((reply) => reply), { trade });
  expect(results.filter(({ outcome }) => outcome !== "pass")).toEqual([]);
  const silent = await check("tcp://127.0.0.1:1");
  expect(silent).toEqual([
    { name: "PING", outcome: "fail", detail: expect.stringContaining("Cannot reach the gateway") },
  ]);
});

const of = (action: string, more: Message) => (reply: Message, request: Message) =>
  request["action"] === action ? { ...reply, ...more } : reply;

test.each<[string, (reply: Message, request: Message) => Message | string, string, string, RegExp]>([
  [
    "an int for a float",
    of("PING", { latency_ms: 1 }),
    "PING",
    "fail",
    /latency_ms is "1", which is no float/,
  ],
  ["a time of another form", of("PING", { server_time: "now" }), "PING", "fail", /which is no stamp/],
  [
    "a clock that is off",
    of("PING", { server_time: "2026-01-15T02:09:34.000000Z" }),
    "PING",
    "warn",
    /clocks differ by/,
  ],
  [
    "no latency",
    (reply, { action }) => (action === "PING" ? { ...reply, latency_ms: undefined } : reply) as Message,
    "PING",
    "fail",
    /latency_ms is missing/,
  ],
  ["one member more", of("GET_ACCOUNT", { leverage: 100 }), "GET_ACCOUNT", "warn", /beyond v4.3: leverage/],
  [
    "an error for figures",
    of("GET_ACCOUNT", { status: "REJECTED", error_code: "X", error_msg: "Y" }),
    "GET_ACCOUNT",
    "fail",
    /status REJECTED instead of ok \(X: Y\)/,
  ],
  [
    "a text for a float",
    of("GET_ACCOUNT", { balance: "1.0" }),
    "GET_ACCOUNT",
    "fail",
    /balance is "1.0", which is no float/,
  ],
  [
    "positions that are no list",
    of("GET_POSITIONS", { positions: {} }),
    "GET_POSITIONS",
    "fail",
    /which is no list/,
  ],
  [
    "positions that are no objects",
    of("GET_POSITIONS", { positions: [1] }),
    "GET_POSITIONS",
    "fail",
    /a position is no object/,
  ],
  [
    "a ticket that is a text",
    of("GET_POSITIONS", { positions: [{ ticket: "7" }] }),
    "GET_POSITIONS",
    "fail",
    /ticket is "7", which is no int/,
  ],
  [
    "a filter that filters nothing",
    (reply, { action, symbol }) =>
      action === "GET_POSITIONS" && symbol !== undefined
        ? {
            ...reply,
            positions: [
              {
                ticket: 1,
                symbol: "EURUSD",
                type: "BUY",
                volume: "<1.5>",
                open_price: "<1.5>",
                current_price: "<1.5>",
                profit: "<1.5>",
              },
            ],
          }
        : reply,
    "GET_POSITIONS by symbol",
    "fail",
    /1 positions of a symbol that nobody has/,
  ],
  [
    "an order that should be refused",
    (reply, { action, uuid }) => (action === "OPEN" ? { uuid, status: "FILLED" } : reply),
    "OPEN without a signature is rejected",
    "fail",
    /status FILLED instead of REJECTED/,
  ],
  [
    "an unknown action that succeeds",
    (reply, { action, uuid }) => (action === "NO_SUCH_ACTION" ? { uuid, status: "ok" } : reply),
    "An unknown action is answered",
    "fail",
    /status ok/,
  ],
])("checkServer finds %s", async (_, change, name, outcome, detail) => {
  const results = await check(await server(change));
  expect(results.find((result) => result.name === name)).toMatchObject({
    outcome,
    detail: expect.stringMatching(detail),
  });
});

test.each<[string, (reply: Message, request: Message) => Message | string, RegExp]>([
  [
    "a ticket that is no int",
    (reply, { action, symbol }) =>
      action === "OPEN" && symbol === "EURUSD" ? { ...reply, ticket: "7" } : reply,
    /ticket 7 is no int: close the position by hand/,
  ],
  [
    "a position that is not closed",
    of("CLOSE", { status: "REJECTED", error_msg: "market closed" }),
    /position 7 was opened and NOT closed: market closed/,
  ],
  [
    "a position that is not listed",
    (reply, { action, symbol }) =>
      action === "GET_POSITIONS" && symbol === "EURUSD" ? { ...reply, positions: [] } : reply,
    /position 7 was not among the open ones/,
  ],
  [
    "a fill of another form",
    (reply, { action, symbol }) =>
      action === "OPEN" && symbol === "EURUSD" ? { ...reply, price: 1 } : reply,
    /price is "1", which is no float/,
  ],
])("checkServer that trades finds %s", async (_, change, detail) => {
  const results = await check(await server(change), { trade });
  expect(results.at(-1)).toMatchObject({ outcome: "fail", detail: expect.stringMatching(detail) });
});

test("checkServer finds a position that is still open after its close", async () => {
  let kept: unknown;
  const endpoint = await server((reply, { action, symbol }) => {
    if (action !== "GET_POSITIONS" || symbol !== "EURUSD") return reply;
    kept ??= reply["positions"];
    return { ...reply, positions: kept };
  });
  expect((await check(endpoint, { trade })).at(-1)).toMatchObject({
    outcome: "fail",
    detail: expect.stringContaining("still open after its close"),
  });
});

test("checkServer warns of PINGs that take longer than v4.3 aims at", async () => {
  const socket = new ReplySocket(world.context, { lingerMs: 0 });
  cleanups.push(() => socket.close());
  const endpoint = await socket.bind("tcp://127.0.0.1:*");
  const serve = async (): Promise<void> => {
    for await (const [frame] of socket) {
      await new Promise<void>((resolve) => world.clock.setTimer(resolve, 20));
      const { uuid } = JSON.parse(new TextDecoder().decode(frame)) as { uuid: string };
      const stamp = `${new Date(world.clock.wallMs()).toISOString().slice(0, -1)}000Z`;
      await socket.send(`{"uuid": "${uuid}", "status": "ok", "server_time": "${stamp}", "latency_ms": 0.1}`);
    }
  };
  void serve();
  const results = await check(endpoint);
  expect(results.find(({ name }) => name === "20 PINGs in a row")).toMatchObject({
    outcome: "warn",
    detail: expect.stringContaining("aims at less than 10 ms"),
  });
});
