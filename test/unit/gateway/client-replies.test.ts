import { expect, test } from "vitest";
import { ProtocolError, RequestRefusedError } from "../../../src/connector/errors.ts";
import {
  readAccountReply,
  readOrderReply,
  readPingReply,
  readPositionsReply,
} from "../../../src/gateway/client-replies.ts";
import type { PyObject, PyValue } from "../../../src/gateway/python-json.ts";

const position = {
  ticket: 7n,
  symbol: "EURUSD",
  type: "SELL",
  volume: 1n,
  open_price: 1.5,
  current_price: 1.5,
  profit: -1.5,
};
const positions = (list: PyValue): PyObject => ({ uuid: "u", status: "ok", positions: list, timestamp: "t" });
const account = {
  uuid: "u",
  status: "ok",
  balance: 1n,
  equity: 1.5,
  margin: 0n,
  free_margin: 1.5,
  margin_level: 0n,
  currency: "USD",
  timestamp: "t",
};

test("readOrderReply takes a fill that tells nothing else for a fill", () => {
  expect(readOrderReply("u", { status: "FILLED" })).toMatchObject({
    status: "FILLED",
    ticket: Number.NaN,
    ticketText: "",
    volume: undefined,
    price: Number.NaN,
    executionTime: "",
    latencyMs: Number.NaN,
  });
});

test("readOrderReply takes a refusal without reasons for a refusal", () => {
  expect(readOrderReply("u", { status: "REJECTED" })).toMatchObject({
    status: "REJECTED",
    errorCode: "REJECTED",
    errorMessage: "",
  });
});

test("readPositionsReply and readAccountReply take ints where floats are meant", () => {
  expect(readPositionsReply(positions([position]))).toMatchObject([
    { ticket: 7, type: "SELL", volume: 1, profit: -1.5 },
  ]);
  expect(readAccountReply(account)).toMatchObject({ balance: 1, marginLevel: 0 });
});

test.each([
  ["no list", {}],
  ["no objects", [1n]],
  ["nothing for a position", [null]],
  ["a ticket that is a text", [{ ...position, ticket: "7" }]],
  ["another type", [{ ...position, type: "buy" }]],
  ["no symbol", [{ ...position, symbol: null }]],
  ["a price that is a text", [{ ...position, open_price: "1.5" }]],
] as const)("readPositionsReply refuses positions with %s", (_, list) => {
  expect(() => readPositionsReply(positions(list as PyValue))).toThrow(ProtocolError);
});

test.each(["balance", "equity", "margin", "free_margin", "margin_level", "currency", "timestamp"])(
  "readAccountReply refuses an account without %s",
  (name) => {
    expect(() => readAccountReply({ ...account, [name]: null })).toThrow(`its ${name} is missing`);
  },
);

test.each([
  [
    { status: "REJECTED", error_code: "NOT_CONNECTED", error_msg: "away" },
    "NOT_CONNECTED",
    "Cannot PING: away",
  ],
  [{ status: ["no"] }, "REJECTED", 'Cannot PING: status ["no"]'],
  [{}, "REJECTED", "Cannot PING: status nothing"],
])("readPingReply tells why %j is no answer", (raw, code, message) => {
  expect(() => readPingReply(raw, 1)).toThrow(RequestRefusedError);
  expect(() => readPingReply(raw, 1)).toThrow(expect.objectContaining({ code, message }));
});

test("results can be written to a log as JSON, and keep the reply as it came beside it", () => {
  const raw = { uuid: "u", status: "FILLED", ticket: 2n ** 60n, price: 1.5 };
  const filled = readOrderReply("u", raw);
  expect(JSON.parse(JSON.stringify(filled))).toMatchObject({
    status: "FILLED",
    ticketText: "1152921504606846976",
  });
  expect(filled.raw).toBe(raw);
  const rejected = readOrderReply("u", { status: "REJECTED", error_code: "X", retcode: 10019n });
  expect(JSON.stringify(rejected)).not.toContain("retcode");
  expect(rejected.raw).toMatchObject({ retcode: 10019n });
});
