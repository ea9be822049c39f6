import { expect, test } from "vitest";
import { BackendError } from "../../../src/gateway/backend.ts";
import type { CloseRequest } from "../../../src/gateway/request.ts";
import { Router, type RoutingRule } from "../../../src/gateway/routing.ts";
import { FakeBackend } from "./kit.ts";

function router(rules: readonly RoutingRule[] = []) {
  const [first, second] = [new FakeBackend("first", "111"), new FakeBackend("second", "222")];
  return { first, second, router: new Router([first, second], rules) };
}

const close = (more: Partial<CloseRequest> = {}): CloseRequest => ({
  action: "CLOSE",
  uuid: "u",
  account: undefined,
  ticket: "7",
  symbol: undefined,
  volume: undefined,
  ...more,
});
const held = (symbol: string) =>
  ({ ticket: "7", symbol, type: "BUY", volume: 1, openPrice: 1, currentPrice: 1, profit: 0 }) as const;
const away = (backend: FakeBackend): void => {
  backend.positions = () => Promise.reject(new BackendError("NOT_CONNECTED", "away"));
};

test("Router refuses to be made without an account, and for a rule that names none", () => {
  expect(() => new Router([])).toThrow("there is no account");
  expect(() => router([{ symbol: "XAU*", backend: "gold" }])).toThrow(
    'Cannot route XAU*: there is no account "gold"',
  );
});

test("Router takes the named account, else the symbol's by the first rule that fits, else the first", () => {
  const {
    router: made,
    first,
    second,
  } = router([
    { symbol: "XAUUSD", backend: "first" },
    { symbol: "XAU*", backend: "second" },
  ]);
  expect(made.backends).toEqual([first, second]);
  expect(made.find("222", "EURUSD")).toBe(second);
  expect(made.find("second", "XAUUSD")).toBe(second);
  expect(made.find(undefined, "XAUUSD")).toBe(first);
  expect(made.find(undefined, "XAUEUR")).toBe(second);
  expect(made.find(undefined, "EURUSD")).toBe(first);
  expect(made.find(undefined, undefined)).toBe(first);
  expect(made.find("333", "EURUSD")).toMatchObject({ code: "UNKNOWN_ACCOUNT" });
});

test("Router lists the positions of all accounts, or of the one named", () => {
  const { router: made, first, second } = router();
  expect(made.all(undefined)).toEqual([first, second]);
  expect(made.all("second")).toEqual([second]);
  expect(made.all("333")).toMatchObject({ code: "UNKNOWN_ACCOUNT" });
});

test("Router finds the account that holds the ticket, and refuses what is not clear", async () => {
  const { router: made, first, second } = router();
  expect(await made.findPosition(close())).toMatchObject({
    refusal: { code: "POSITION_NOT_FOUND" },
    asked: [first, second],
  });
  expect(await made.findPosition(close({ account: "333" }))).toMatchObject({
    refusal: { code: "UNKNOWN_ACCOUNT" },
    asked: [],
  });
  second.positionsNow.push(held("EURUSD"));
  expect(await made.findPosition(close())).toEqual({ backend: second });
  expect(await made.findPosition(close({ symbol: "GBPUSD" }))).toMatchObject({
    refusal: { code: "SYMBOL_MISMATCH" },
  });
  first.positionsNow.push(held("GBPUSD"));
  expect(await made.findPosition(close())).toMatchObject({ refusal: { code: "AMBIGUOUS_TICKET" } });
  expect(await made.findPosition(close({ symbol: "GBPUSD" }))).toEqual({ backend: first });
  expect(await made.findPosition(close({ account: "222" }))).toEqual({ backend: second });
});

test("Router hands a close to the only account in question, though its positions cannot be read", async () => {
  const { router: made, first } = router();
  away(first);
  expect(await made.findPosition(close({ account: "first" }))).toEqual({ backend: first });
});

test("Router closes beside an account that cannot be asked only what the symbol makes clear", async () => {
  const { router: made, first, second } = router();
  away(first);
  expect(await made.findPosition(close())).toMatchObject({
    refusal: { code: "NOT_CONNECTED", message: "Position 7 may belong to first, which cannot be asked now" },
    asked: [],
  });
  second.positionsNow.push(held("EURUSD"));
  expect(await made.findPosition(close())).toMatchObject({ refusal: { code: "NOT_CONNECTED" } });
  expect(await made.findPosition(close({ symbol: "EURUSD" }))).toEqual({ backend: second });
});

test("Router hides no fault of an account", async () => {
  const { router: made, first } = router();
  first.positions = () => Promise.reject(new TypeError("a bug"));
  await expect(made.findPosition(close())).rejects.toThrow("a bug");
});
