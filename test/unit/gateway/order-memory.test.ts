import { expect, test } from "vitest";
import { maxRememberedOrders, maxRememberedRefusals } from "../../../src/gateway/limits.ts";
import { OrderMemory, orderDigest } from "../../../src/gateway/order-memory.ts";

const reply = { status: "FILLED" };

test("OrderMemory makes room by the oldest settled order, and never forgets one whose outcome is open", () => {
  const memory = new OrderMemory([{ uuid: "open", digest: "d", backend: "main", atMs: 1 }]);
  for (let number = 0; number < maxRememberedOrders + 10; number++) {
    const entry = memory.add(`u${number}`, "d", 1);
    entry.backendId = "main";
    entry.reply = reply;
  }
  expect(memory.find("open")).toBeDefined();
  expect(memory.find("u0")).toBeUndefined();
  expect(memory.find("u11")).toBeDefined();
  expect([...memory.all()]).toHaveLength(maxRememberedOrders);
  expect(memory.open().map(([uuid]) => uuid)).toEqual(["open"]);
});

test("OrderMemory takes up more than it may hold from an earlier run, and comes back to its bound", () => {
  const orders = Array.from({ length: maxRememberedOrders + 100 }, (_, number) => ({
    uuid: `u${number}`,
    digest: "d",
    backend: "main",
    atMs: 1,
    reply,
  }));
  const memory = new OrderMemory(orders);
  memory.add("new", "d", 1);
  expect(memory.find("new")).toBeDefined();
  expect(memory.find("u100")).toBeUndefined();
  expect([...memory.all()].length).toBe(maxRememberedOrders - 1);
});

test("OrderMemory keeps refusals apart, so that a flood of them evicts no order", () => {
  const memory = new OrderMemory([{ uuid: "filled", digest: "d", backend: "main", atMs: 1, reply }]);
  for (let number = 0; number < maxRememberedRefusals + 1; number++) {
    const entry = memory.add(`r${number}`, "d", 1);
    entry.reply = { status: "REJECTED" };
    memory.setAside(`r${number}`, entry);
  }
  expect(memory.find("filled")).toBeDefined();
  expect(memory.find("r0")).toBeUndefined();
  expect(memory.find("r1")).toBeDefined();
});

test("OrderMemory gives away nothing of an order that is being judged yet", () => {
  const memory = new OrderMemory([]);
  const entry = memory.add("u", "d", 5);
  expect([...memory.all()]).toEqual([]);
  entry.backendId = "main";
  expect([...memory.all()]).toEqual([{ uuid: "u", digest: "d", backend: "main", atMs: 5, reply: undefined }]);
});

test("orderDigest tells orders apart by what is ordered alone", () => {
  const open = {
    action: "OPEN",
    uuid: "u",
    account: undefined,
    symbol: "EURUSD",
    type: "BUY",
    volume: 1,
    price: 0,
    sl: 0,
    tp: 0,
    comment: "",
    riskSignature: "a",
  } as const;
  const close = {
    action: "CLOSE",
    uuid: "u",
    account: undefined,
    ticket: "1",
    symbol: undefined,
    volume: undefined,
  } as const;
  expect(orderDigest(open)).toBe(orderDigest({ ...open, uuid: "v", riskSignature: "b" }));
  const all = [
    open,
    ...[
      { volume: 2 },
      { type: "SELL" },
      { sl: 1 },
      { tp: 1 },
      { price: 1 },
      { comment: "c" },
      { account: "1" },
    ].map((more) => ({ ...open, ...more }) as typeof open),
    close,
    ...[{ ticket: "2" }, { symbol: "EURUSD" }, { volume: 1 }, { account: "1" }].map(
      (more) => ({ ...close, ...more }) as unknown as typeof close,
    ),
  ];
  expect(new Set(all.map(orderDigest)).size).toBe(all.length);
});
