import { afterEach, expect, test } from "vitest";
import type { BackendOutcome } from "../../../src/gateway/backend.ts";
import { commandId } from "../../../src/gateway/order-memory.ts";
import { memoryOrderFile, type OrderFile } from "../../../src/gateway/order-store.ts";
import { FakeBackend, openRequest, type Reply, TestClient, testGateway, testWorld } from "./kit.ts";

const cleanups: (() => Promise<unknown>)[] = [];
let world = testWorld();
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await world.clock.runUntil(cleanup(), 600_000);
  world = testWorld();
});

/** A gateway over the given journal and order file, and a client of it. */
async function start(backend: FakeBackend, orderFile: OrderFile) {
  const gateway = await testGateway(world.context, [backend], { orderFile });
  const client = new TestClient(world.context, world.clock, gateway.endpoint);
  cleanups.push(
    () => gateway.stop(0),
    () => client.socket.close(),
  );
  return { gateway, client };
}

const unknown: BackendOutcome = { state: "unknown", message: "" };
const never = (): Promise<BackendOutcome> => new Promise(() => undefined);
const without = ({ latency_ms: _, ...reply }: Reply): Reply => reply;

test("OrderDesk answers a repeated uuid with the first reply, letter by letter, and trades once", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  await client.send(openRequest(world.clock, "u"));
  const first = await client.text();
  await world.clock.advance(60_000);
  await client.send(openRequest(world.clock, "u", { timestamp: undefined, risk_signature: undefined }));
  expect(await client.text()).toBe(first);
  expect(backend.executed).toHaveLength(1);
});

test("OrderDesk sends two copies that come at once only once, and answers both", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  await client.send(openRequest(world.clock, "u"));
  await client.send(openRequest(world.clock, "u"));
  const [first, second] = [await client.receive(), await client.receive()];
  expect(first).toMatchObject({ status: "FILLED" });
  expect(second).toEqual(first);
  expect(backend.executed).toHaveLength(1);
});

test("OrderDesk refuses a uuid that comes back with another order, and keeps the first reply", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  const first = await client.ask(openRequest(world.clock, "u"));
  expect(await client.ask(openRequest(world.clock, "u", { volume: 0.02 }))).toMatchObject({
    status: "REJECTED",
    error_code: "DUPLICATE_UUID",
  });
  expect(await client.ask({ uuid: "u", action: "CLOSE", ticket: first["ticket"] })).toMatchObject({
    error_code: "DUPLICATE_UUID",
  });
  expect(await client.ask(openRequest(world.clock, "u"))).toEqual(first);
  expect(backend.executed).toHaveLength(1);
});

test("OrderDesk keeps a uuid REJECTED for ever, also when it comes back with a good signature", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  const refused = await client.ask(openRequest(world.clock, "u", { risk_signature: undefined }));
  expect(refused).toMatchObject({ status: "REJECTED", error_code: "RISK_SIGNATURE_MISSING" });
  expect(await client.ask(openRequest(world.clock, "u"))).toEqual(refused);
  expect(backend.executed).toEqual([]);
});

test("OrderDesk does not fill the order file with unsigned orders", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  const { client } = await start(backend, file);
  for (let index = 0; index < 10; index++)
    await client.ask(openRequest(world.clock, `u${index}`, { risk_signature: "x" }));
  expect((await file.read()).length).toBe(0);
});

test("OrderDesk does not send an order late whose note in the order file took too long", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  const { append } = file;
  let release: () => void = () => undefined;
  file.append = async (bytes) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await append(bytes);
  };
  const { client } = await start(backend, file);
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "UNKNOWN" });
  release();
  file.append = append;
  await world.clock.advance(10);
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({
    status: "REJECTED",
    error_code: "TIMEOUT",
  });
  expect(backend.executed).toEqual([]);
});

test("OrderDesk waits for the resolver, and answers FILLED when it finds the order", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  backend.answer = () => unknown;
  backend.tell = () =>
    backend.asked < 3 ? unknown : { state: "filled", order: "7", position: "7", volume: 0.01, price: 1 };
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "FILLED", ticket: 7 });
});

test("OrderDesk answers UNKNOWN, never REJECTED, when nobody can tell in time, and the truth later", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  backend.answer = () => unknown;
  backend.tell = () => unknown;
  const reply = await client.ask(openRequest(world.clock, "u"));
  expect(Object.keys(reply)).toEqual(["uuid", "status", "error_code", "error_msg", "timestamp"]);
  expect(reply).toMatchObject({ uuid: "u", status: "UNKNOWN", error_code: "OUTCOME_UNKNOWN" });
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "UNKNOWN" });
  backend.tell = () => ({ state: "filled", order: "7", position: "7", volume: 0.01, price: 1 });
  const truth = await client.ask(openRequest(world.clock, "u"));
  expect(truth).toMatchObject({ status: "FILLED", ticket: 7 });
  expect(await client.ask(openRequest(world.clock, "u"))).toEqual(truth);
});

test("OrderDesk answers UNKNOWN for a backend that never answers", async () => {
  const backend = new FakeBackend();
  const { client } = await start(backend, memoryOrderFile());
  backend.answer = never;
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "UNKNOWN" });
});

test("OrderDesk answers with the first reply after a restart of the gateway", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  const before = await start(backend, file);
  const filled = await before.client.ask(openRequest(world.clock, "u"));
  backend.up = false;
  const refused = await before.client.ask(openRequest(world.clock, "v"));
  backend.up = true;
  await world.clock.runUntil(before.gateway.stop(0), 10_000);

  const { client } = await start(backend, file);
  await world.clock.advance(60_000);
  expect(await client.ask(openRequest(world.clock, "u"))).toEqual(filled);
  expect(await client.ask(openRequest(world.clock, "v"))).toEqual(refused);
  expect(backend.executed).toHaveLength(1);
});

/** Starts an OPEN and kills the gateway in the middle: the order file has the order, and no reply. */
async function killInTheMiddle(
  backend: FakeBackend,
  file: OrderFile,
  request: Reply,
  reached: boolean,
): Promise<void> {
  const copy = memoryOrderFile();
  const { client } = await start(backend, {
    ...copy,
    append: async (bytes) => {
      await copy.append(bytes);
      await file.append(bytes);
      // what comes after the crash is not written
      file = memoryOrderFile();
    },
  });
  backend.answer = (id) => {
    if (reached) {
      backend.executed.push({ id, ticket: "0", volume: 0 });
      backend.journal.set(id, { state: "filled", order: "7", position: "7", volume: 0.01, price: 1 });
    }
    return never();
  };
  await client.send(request);
  await world.clock.advance(100);
  backend.answer = () => undefined;
}

test("OrderDesk after a crash finds the order that had reached the account, and sends no second one", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  await killInTheMiddle(backend, file, openRequest(world.clock, "u"), true);
  const { client } = await start(backend, file);
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "FILLED", ticket: 7 });
  expect(backend.executed).toHaveLength(1);
});

test("OrderDesk after a crash finds it for a repetition whose signature has expired too", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  const request = openRequest(world.clock, "u");
  await killInTheMiddle(backend, file, request, true);
  await world.clock.advance(10_000);
  const { client } = await start(backend, file);
  expect(await client.ask(request)).toMatchObject({ status: "FILLED", ticket: 7 });
  expect(backend.executed).toHaveLength(1);
});

test("OrderDesk after a crash sends an order that had not reached the account, once, if it is signed afresh", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  await killInTheMiddle(backend, file, openRequest(world.clock, "u"), false);
  const { client } = await start(backend, file);
  const reply = await client.ask(openRequest(world.clock, "u"));
  expect(reply).toMatchObject({ status: "FILLED" });
  expect(await client.ask(openRequest(world.clock, "u"))).toEqual(reply);
  expect(backend.executed).toHaveLength(1);
});

test("OrderDesk after a crash voids an order that had not reached the account and is signed too long ago", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  const request = openRequest(world.clock, "u");
  await killInTheMiddle(backend, file, request, false);
  await world.clock.advance(10_000);
  const { client } = await start(backend, file);
  expect(await client.ask(request)).toMatchObject({ status: "REJECTED", error_code: "NOT_EXECUTED" });
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({
    status: "REJECTED",
    error_code: "NOT_EXECUTED",
  });
  expect(backend.executed).toEqual([]);
});

test("OrderDesk after a crash answers UNKNOWN while the account is away, not NOT_CONNECTED", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  await killInTheMiddle(backend, file, openRequest(world.clock, "u"), true);
  backend.up = false;
  const { client } = await start(backend, file);
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "UNKNOWN" });
  backend.up = true;
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "FILLED", ticket: 7 });
});

test("OrderDesk after a crash asks for what was left open, without being asked", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  await killInTheMiddle(backend, file, openRequest(world.clock, "u"), true);
  const { gateway } = await start(backend, file);
  await world.clock.advance(31_000);
  expect(gateway.log.lines.some((line) => line.includes("has its outcome u filled"))).toBe(true);
});

test("OrderDesk answers a repeated CLOSE FILLED although its position is gone and the order file is lost", async () => {
  const backend = new FakeBackend();
  const before = await start(backend, memoryOrderFile());
  const opened = await before.client.ask(openRequest(world.clock, "o"));
  const close = { uuid: "c", action: "CLOSE", ticket: opened["ticket"] };
  const closed = await before.client.ask(close);
  const { client } = await start(backend, memoryOrderFile());
  const again = await client.ask(close);
  expect(again).toMatchObject({ status: "FILLED" });
  expect(Object.keys(without(again))).toEqual(Object.keys(without(closed)));
  expect(backend.executed).toHaveLength(2);
});

test("commandId takes a uuid as it is, and hashes one that no agent would take", () => {
  expect(commandId("550e8400-e29b-41d4-a716-446655440001")).toBe("550e8400-e29b-41d4-a716-446655440001");
  for (const odd of ["with space", "é", "x".repeat(65)]) expect(commandId(odd)).toMatch(/^v43-[0-9a-f]{60}$/);
  expect(commandId("a b")).not.toBe(commandId("a c"));
});

test("OrderDesk calls a repeated CLOSE UNKNOWN whose order file is lost while its account cannot tell, and never REJECTED", async () => {
  const backend = new FakeBackend();
  const before = await start(backend, memoryOrderFile());
  const opened = await before.client.ask(openRequest(world.clock, "o"));
  const close = { uuid: "c", action: "CLOSE", ticket: opened["ticket"] };
  await before.client.ask(close);
  const { client } = await start(backend, memoryOrderFile());
  backend.tell = () => unknown;
  expect(await client.ask(close)).toMatchObject({ status: "UNKNOWN" });
  backend.tell = () => undefined;
  await world.clock.advance(10_000);
  expect(await client.ask(close)).toMatchObject({ status: "FILLED" });
  expect(backend.executed).toHaveLength(2);
});

test("OrderDesk after a crash asks for a CLOSE whose position is gone, and sends one again whose position is open", async () => {
  for (const reached of [true, false]) {
    const backend = new FakeBackend();
    const { client: earlier } = await start(backend, memoryOrderFile());
    const { ticket } = await earlier.ask(openRequest(world.clock, "o"));
    const file = memoryOrderFile();
    const close = { uuid: "c", action: "CLOSE", ticket };
    await killInTheMiddle(backend, file, close, reached);
    if (reached) backend.positionsNow.length = 0;
    const { client } = await start(backend, file);
    expect(await client.ask(close)).toMatchObject({ status: "FILLED" });
    expect(backend.executed).toHaveLength(2);
    expect(backend.positionsNow).toEqual([]);
  }
});

test("OrderDesk after a crash takes no refusal of the second copy for an outcome of the first", async () => {
  const backend = new FakeBackend();
  const file = memoryOrderFile();
  await killInTheMiddle(backend, file, openRequest(world.clock, "u"), false);
  backend.answer = () => ({ state: "refused", code: "NOT_CONNECTED", message: "away" });
  backend.tell = () => ({ state: "filled", order: "7", position: "7", volume: 0.01, price: 1 });
  const { client } = await start(backend, file);
  expect(await client.ask(openRequest(world.clock, "u"))).toMatchObject({ status: "FILLED", ticket: 7 });
});
