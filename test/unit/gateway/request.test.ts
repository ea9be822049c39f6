import { expect, test } from "vitest";
import { readRequest } from "../../../src/gateway/request.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (value: unknown) =>
  readRequest([bytes(typeof value === "string" ? value : JSON.stringify(value))]);

const open = {
  uuid: "550e8400-e29b-41d4-a716-446655440001",
  action: "OPEN",
  symbol: "EURUSD",
  type: "BUY",
  volume: 0.01,
  price: 0.0,
  sl: 1.05,
  tp: 1.06,
  comment: "Strategy_v1",
  risk_signature: "RISK_PASS:7a3f9e8b:2026-01-15T02:08:33Z",
  timestamp: "2026-01-15T02:08:34.123456Z",
};
const close = { uuid: "u2", action: "CLOSE", ticket: 12_345_678, symbol: "EURUSD", volume: 0.01 };

test("readRequest reads the spec's OPEN", () => {
  expect(read(open)).toEqual({
    ok: true,
    request: {
      uuid: open.uuid,
      account: undefined,
      action: "OPEN",
      symbol: "EURUSD",
      type: "BUY",
      volume: 0.01,
      price: 0,
      sl: 1.05,
      tp: 1.06,
      comment: "Strategy_v1",
      riskSignature: open.risk_signature,
    },
  });
});

test("readRequest reads the spec's CLOSE, and keeps a 64-bit ticket exact", () => {
  const text = JSON.stringify(close).replace("12345678", "9007199254740993");
  expect(read(text)).toMatchObject({
    ok: true,
    request: { ticket: "9007199254740993", volume: 0.01, symbol: "EURUSD" },
  });
});

test.each(["price", "sl", "tp", "comment", "timestamp"])(
  "readRequest takes an OPEN whose %s is missing or null",
  (name) => {
    for (const value of [undefined, null]) expect(read({ ...open, [name]: value }).ok).toBe(true);
  },
);

test("readRequest takes ints where floats are meant, and a CLOSE of everything", () => {
  expect(read({ ...open, volume: 1, sl: 0, tp: 2 })).toMatchObject({
    ok: true,
    request: { volume: 1, sl: 0, tp: 2 },
  });
  expect(read({ uuid: "u", action: "CLOSE", ticket: 1 })).toMatchObject({
    ok: true,
    request: { volume: undefined, symbol: undefined },
  });
});

const malformed: readonly (readonly [string, unknown, string, string])[] = [
  ["empty text", "", "INVALID_JSON", ""],
  ["no JSON", "hello", "INVALID_JSON", ""],
  ["a list", [], "INVALID_REQUEST", ""],
  ["a number", 1, "INVALID_REQUEST", ""],
  ["null", "null", "INVALID_REQUEST", ""],
  ["no uuid", { action: "PING" }, "MISSING_UUID", ""],
  ["an empty uuid", { uuid: "", action: "PING" }, "MISSING_UUID", ""],
  ["a null uuid", { uuid: null, action: "PING" }, "MISSING_UUID", ""],
  ["a uuid that is a number", { uuid: 7, action: "PING" }, "INVALID_REQUEST", ""],
  ["a uuid that is too long", { uuid: "x".repeat(129), action: "PING" }, "INVALID_REQUEST", ""],
  ["a uuid with a line end", { uuid: "a\nb", action: "PING" }, "INVALID_REQUEST", ""],
  ["no action", { uuid: "u" }, "INVALID_REQUEST", "u"],
  ["an action that is a number", { uuid: "u", action: 1 }, "INVALID_REQUEST", "u"],
  ["an unknown action", { uuid: "u", action: "DESTROY" }, "UNKNOWN_ACTION", "u"],
  ["an action in small letters", { uuid: "u", action: "ping" }, "UNKNOWN_ACTION", "u"],
  ["an action that every object has", { uuid: "u", action: "constructor" }, "UNKNOWN_ACTION", "u"],
  ["NaN", '{"uuid": "u", "action": "OPEN", "volume": NaN}', "INVALID_JSON", ""],
  ["Infinity", '{"uuid": "u", "action": "OPEN", "volume": Infinity}', "INVALID_JSON", ""],
  ["a number that overflows", '{"uuid": "u", "volume": 1e999}', "INVALID_JSON", ""],
  ["a member twice", '{"uuid": "u", "volume": 0.01, "volume": 100.0}', "INVALID_JSON", ""],
  ["deep nesting", `{"uuid": "u", "x": ${"[".repeat(200_00)}`, "INVALID_JSON", ""],
  ["a timestamp that is a number", { ...open, timestamp: 1_768_442_914 }, "INVALID_REQUEST", open.uuid],
  ["no symbol", { ...open, symbol: undefined }, "INVALID_REQUEST", open.uuid],
  ["an empty symbol", { ...open, symbol: "" }, "INVALID_REQUEST", open.uuid],
  ["a symbol that is a list", { ...open, symbol: ["EURUSD"] }, "INVALID_REQUEST", open.uuid],
  ["a symbol with a zero", { ...open, symbol: "EUR\u0000USD" }, "INVALID_REQUEST", open.uuid],
  [
    "half a letter",
    `${JSON.stringify({ ...open, comment: "" }).slice(0, -1)},"account":"\\ud800"}`,
    "INVALID_REQUEST",
    open.uuid,
  ],
  ["type HOLD", { ...open, type: "HOLD" }, "INVALID_REQUEST", open.uuid],
  ["type in small letters", { ...open, type: "buy" }, "INVALID_REQUEST", open.uuid],
  ["no type", { ...open, type: undefined }, "INVALID_REQUEST", open.uuid],
  ["no volume", { ...open, volume: undefined }, "INVALID_REQUEST", open.uuid],
  ["volume as text", { ...open, volume: "0.01" }, "INVALID_REQUEST", open.uuid],
  ["volume true", { ...open, volume: true }, "INVALID_REQUEST", open.uuid],
  ["volume 0", { ...open, volume: 0 }, "INVALID_VOLUME", open.uuid],
  ["a negative volume", { ...open, volume: -1 }, "INVALID_VOLUME", open.uuid],
  ["a negative stop", { ...open, sl: -1 }, "INVALID_REQUEST", open.uuid],
  ["a comment that is a number", { ...open, comment: 5 }, "INVALID_REQUEST", open.uuid],
  ["a signature that is a list", { ...open, risk_signature: [] }, "INVALID_REQUEST", open.uuid],
  ["no ticket", { ...close, ticket: undefined }, "INVALID_REQUEST", "u2"],
  ["ticket as text", { ...close, ticket: "12345678" }, "INVALID_REQUEST", "u2"],
  ["a ticket with a fraction", { ...close, ticket: 1.5 }, "INVALID_REQUEST", "u2"],
  ["ticket 0", { ...close, ticket: 0 }, "INVALID_REQUEST", "u2"],
  ["a negative ticket", { ...close, ticket: -1 }, "INVALID_REQUEST", "u2"],
  ["CLOSE of volume 0", { ...close, volume: 0 }, "INVALID_VOLUME", "u2"],
];

test.each(malformed)("readRequest refuses %s", (_, value, code, uuid) => {
  const result = read(value);
  expect(result).toMatchObject({ ok: false, uuid, refusal: { code } });
  expect(result.ok ? "" : result.refusal.message).not.toBe("");
});

test("readRequest refuses ten megabytes by their size alone", () => {
  expect(readRequest([new Uint8Array(10 * 1024 * 1024)])).toMatchObject({
    ok: false,
    refusal: { code: "REQUEST_TOO_LARGE" },
  });
});

test("readRequest refuses binary, no part and several parts", () => {
  expect(readRequest([Uint8Array.of(0xff, 0xfe, 0x00)])).toMatchObject({ refusal: { code: "INVALID_JSON" } });
  expect(readRequest([])).toMatchObject({ refusal: { code: "INVALID_REQUEST" } });
  expect(readRequest([bytes("{}"), bytes("{}")])).toMatchObject({ refusal: { code: "INVALID_REQUEST" } });
});
