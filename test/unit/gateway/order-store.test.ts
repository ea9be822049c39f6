import { expect, test } from "vitest";
import { memoryOrderFile, OrderStore, OrderStoreDamagedError } from "../../../src/gateway/order-store.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

const open = (file: ReturnType<typeof memoryOrderFile>, wallMs = 1_000) =>
  OrderStore.open(file, { clock: new VirtualClock({ wallStartMs: wallMs }), retentionMs: 500 });
const order = (uuid: string, atMs = 900) => ({ uuid, digest: `d-${uuid}`, backend: "main", atMs });
const text = async (file: ReturnType<typeof memoryOrderFile>) => new TextDecoder().decode(await file.read());

test("OrderStore gives back what was written, with types, the newest state of each order", async () => {
  const file = memoryOrderFile();
  const { store } = await open(file);
  await store.write(order("a"));
  await store.write(order("b"));
  const reply = { uuid: "a", ticket: 9_007_199_254_740_993n, price: 1, list: [true, null] };
  await store.write({ ...order("a", 950), reply });
  await store.close();
  const { orders } = await open(file);
  expect(orders).toEqual([{ ...order("a"), reply }, order("b")]);
});

test("OrderStore drops what is older than its retention, and rewrites the file", async () => {
  const file = memoryOrderFile();
  const { store } = await open(file);
  await store.write(order("old", 400));
  await store.write(order("new", 900));
  await store.write({ ...order("new", 900), reply: { uuid: "new" } });
  expect((await open(file)).orders.map(({ uuid }) => uuid)).toEqual(["new"]);
  expect((await text(file)).split("\n")).toHaveLength(2);
});

test("OrderStore ignores a torn last line, wherever it was torn, and writes behind the whole ones", async () => {
  const whole = memoryOrderFile();
  const first = await open(whole);
  await first.store.write(order("a"));
  const length = (await whole.read()).length;
  await first.store.write(order("b"));
  const bytes = await whole.read();
  for (let cut = length; cut < bytes.length; cut++) {
    const file = memoryOrderFile();
    await file.append(bytes.slice(0, cut));
    const { store, orders } = await open(file);
    expect(orders).toEqual([order("a")]);
    await store.write(order("c"));
    expect((await open(file)).orders).toEqual([order("a"), order("c")]);
  }
});

test("OrderStore refuses a file whose whole lines are damaged, and leaves it as it is", async () => {
  const file = memoryOrderFile();
  const damaged = new TextEncoder().encode('{"uuid": "a"}\n');
  await file.append(damaged);
  await expect(open(file)).rejects.toThrow(OrderStoreDamagedError);
  expect(await file.read()).toEqual(damaged);
});

test("OrderStore flushes orders that come together at once, each in its order", async () => {
  const file = memoryOrderFile();
  let flushes = 0;
  const append = file.append;
  file.append = (bytes) => {
    flushes++;
    return append(bytes);
  };
  const { store } = await open(file);
  await Promise.all(["a", "b", "c", "d"].map((uuid) => store.write(order(uuid))));
  expect(flushes).toBe(1);
  expect((await open(file)).orders.map(({ uuid }) => uuid)).toEqual(["a", "b", "c", "d"]);
});

test("OrderStore cuts off what a failed write may have left before it writes again", async () => {
  const file = memoryOrderFile();
  const { store } = await open(file);
  await store.write(order("a"));
  const { append } = file;
  file.append = async (bytes) => {
    await append(bytes.slice(0, 5));
    throw new Error("disk full");
  };
  await expect(store.write(order("b"))).rejects.toThrow("disk full");
  file.append = append;
  await store.write(order("c"));
  expect((await open(file)).orders).toEqual([order("a"), order("c")]);
});

test("OrderStore writes replies with the next order's flush, or alone a moment later, or when it closes", async () => {
  const file = memoryOrderFile();
  const clock = new VirtualClock({ wallStartMs: 1_000 });
  let flushes = 0;
  const { append } = file;
  file.append = (bytes) => {
    flushes++;
    return append(bytes);
  };
  const { store } = await OrderStore.open(file, { clock, retentionMs: 500 });
  const replied = (uuid: string) => ({ ...order(uuid), reply: { uuid } });
  await store.write(order("a"));
  store.settle(replied("a"));
  expect(flushes).toBe(1);
  await store.write(order("b"));
  expect(flushes).toBe(2);
  store.settle(replied("b"));
  await clock.advance(100);
  expect(flushes).toBe(3);
  await store.write(order("c"));
  store.settle(replied("c"));
  await store.close();
  expect((await open(file)).orders).toEqual([replied("a"), replied("b"), replied("c")]);
});

test("OrderStore keeps replies that could not be written, tells it, and writes them with the next line", async () => {
  const file = memoryOrderFile();
  const { store } = await open(file);
  const told: unknown[] = [];
  store.onFailure((error) => told.push(error));
  await store.write(order("a"));
  const { append } = file;
  file.append = async () => {
    throw new Error("disk full");
  };
  store.settle({ ...order("a"), reply: { uuid: "a" } });
  await expect(store.write(order("b"))).rejects.toThrow("disk full");
  expect(told).toHaveLength(1);
  file.append = append;
  await store.write(order("c"));
  expect((await open(file)).orders).toEqual([{ ...order("a"), reply: { uuid: "a" } }, order("c")]);
});

test("OrderStore goes on writing after the moment of replies has passed with nothing left to write", async () => {
  const clock = new VirtualClock({ wallStartMs: 1_000 });
  const file = memoryOrderFile();
  const { store } = await OrderStore.open(file, { clock, retentionMs: 500 });
  store.settle({ ...order("a"), reply: { uuid: "a" } });
  await store.write(order("b"));
  await clock.advance(200);
  expect(
    await clock.runUntil(
      store.write(order("c")).then(() => true),
      1_000,
    ),
  ).toBe(true);
  expect((await open(file)).orders.map(({ uuid }) => uuid)).toEqual(["a", "b", "c"]);
});
