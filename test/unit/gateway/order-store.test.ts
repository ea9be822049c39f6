import { expect, test } from "vitest";
import {
  memoryOrderFile,
  OrderStore,
  OrderStoreDamagedError,
  type StoredOrder,
} from "../../../src/gateway/order-store.ts";
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

test.each([
  ["no JSON", "x"],
  ["no object", "[1]"],
  ["no texts", '{"uuid": 1, "digest": "d", "backend": "b", "at": 1}'],
  ["no time", '{"uuid": "u", "digest": "d", "backend": "b", "at": 1.5}'],
  ["no reply", '{"uuid": "u", "digest": "d", "backend": "b", "at": 1, "reply": []}'],
])("OrderStore refuses a line with %s", async (_, line) => {
  const file = memoryOrderFile();
  await file.append(
    new TextEncoder().encode(`{"uuid": "u", "digest": "d", "backend": "b", "at": 1}\n${line}\n`),
  );
  await expect(open(file)).rejects.toThrow("line 2 is damaged");
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

/** A store that writes its file anew from 2,000 bytes on, over all orders that were written to it. */
async function compacting(file: ReturnType<typeof memoryOrderFile>, compactFromBytes = 2_000) {
  const clock = new VirtualClock({ wallStartMs: 1_000 });
  const { store } = await OrderStore.open(file, { clock, retentionMs: 500, compactFromBytes });
  const orders = new Map<string, StoredOrder>();
  store.compactWith(() => orders.values());
  let replaced = 0;
  const { replace } = file;
  file.replace = (bytes) => {
    replaced++;
    return replace(bytes);
  };
  const write = (one: StoredOrder): Promise<void> => {
    orders.set(one.uuid, one);
    return store.write(one);
  };
  return { clock, store, orders, write, times: () => replaced };
}

/** Writes orders until the next one begins to write the file anew, which takes several turns. */
async function fill(file: ReturnType<typeof memoryOrderFile>) {
  const made = await compacting(file, 30_000);
  let count = 0;
  while ((await file.read()).length < 30_000) await made.write(order(`a${count++}`));
  expect(count).toBeGreaterThan(300);
  expect(made.times()).toBe(0);
  return { ...made, count };
}

test("OrderStore writes its file anew while it runs, and what is written meanwhile is in it", async () => {
  const file = memoryOrderFile();
  const { clock, store, orders, write, times, count } = await fill(file);
  for (let number = 0; number < count; number++) if (number % 4 !== 0) orders.delete(`a${number}`);
  await write(order("late"));
  store.settle({ ...order("late"), reply: { uuid: "late" } });
  await write(order("later"));
  expect(times()).toBe(0);
  await clock.advance(1_000);
  expect(times()).toBe(1);
  await write(order("last"));
  expect((await file.read()).length).toBeLessThan(30_000);
  const kept = (await open(file)).orders;
  expect(kept).toContainEqual({ ...order("late"), reply: { uuid: "late" } });
  for (const one of [order("later"), order("last"), order("a0"), order("a300")])
    expect(kept).toContainEqual(one);
});

test("OrderStore stays within twice of what it remembers, however long it runs", async () => {
  const file = memoryOrderFile();
  const { clock, orders, write } = await compacting(file);
  let longest = 0;
  for (let number = 0; number < 2_000; number++) {
    await write(order(`u${number}`));
    orders.delete(`u${number - 10}`);
    if (number % 20 === 0) await clock.advance(1);
    longest = Math.max(longest, (await file.read()).length);
  }
  expect(longest).toBeLessThan(2_000 + 30 * 100);
});

test("OrderStore writing anew leaves out what is older than its retention", async () => {
  const file = memoryOrderFile();
  const { clock, write } = await compacting(file);
  for (let number = 0; number < 50; number++) await write(order(`u${number}`));
  await clock.advance(1_000);
  const fresh = Array.from({ length: 20 }, (_, number) => order(`new${number}`, 1_900));
  for (const one of fresh) await write(one);
  await clock.advance(10);
  expect((await text(file)).length).toBeLessThan(2_000);
  expect((await open(file, 2_000)).orders).toEqual(fresh);
});

test("OrderStore keeps the old file if it cannot be written anew, tells it, and loses nothing", async () => {
  const file = memoryOrderFile();
  const { clock, store, write } = await compacting(file);
  const told: unknown[] = [];
  store.onFailure((error) => told.push(error));
  file.replace = async () => {
    throw new Error("disk full");
  };
  for (let number = 0; number < 60; number++) await write(order(`u${number}`));
  await clock.advance(10);
  await write(order("after"));
  expect(told).toHaveLength(1);
  expect((await open(file)).orders).toHaveLength(61);
});

test("OrderStore closes in the middle of writing anew, and the old file stays whole", async () => {
  const file = memoryOrderFile();
  const { clock, store, times, count } = await fill(file);
  await store.close();
  await clock.advance(100);
  expect(times()).toBe(0);
  expect((await open(file)).orders).toHaveLength(count);
});
