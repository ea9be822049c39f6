import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import {
  formatSignature,
  judgeSignature,
  orderChecksum,
  type SignedOrder,
} from "../../../src/gateway/risk-signature.ts";

const order: SignedOrder = {
  uuid: "550e8400-e29b-41d4-a716-446655440001",
  symbol: "EURUSD",
  type: "BUY",
  volume: 0.01,
  price: 0,
  sl: 1.05,
  tp: 1.06,
  comment: "Strategy_v1",
};
const now = Date.UTC(2026, 0, 15, 2, 8, 34, 123);
const policy = { ttlMs: 5_000, futureMs: 1_000 };
const codeOf = (signature: string | undefined, wallMs = now) =>
  judgeSignature(signature, order, policy, wallMs)?.code;

test("judgeSignature accepts the spec's example within five seconds", () => {
  expect(codeOf("RISK_PASS:7a3f9e8b:2026-01-15T02:08:33Z")).toBeUndefined();
});

test.each([
  [undefined, "RISK_SIGNATURE_MISSING"],
  ["", "RISK_SIGNATURE_MISSING"],
  ["RISK_PASS", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f9e8b", "RISK_SIGNATURE_INVALID"],
  ["RISK_FAIL:7a3f9e8b:2026-01-15T02:08:33Z", "RISK_SIGNATURE_INVALID"],
  ["risk_pass:7a3f9e8b:2026-01-15T02:08:33Z", "RISK_SIGNATURE_INVALID"],
  [" RISK_PASS:7a3f9e8b:2026-01-15T02:08:33Z", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f9e8:2026-01-15T02:08:33Z", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS::2026-01-15T02:08:33Z", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f 9e8b:2026-01-15T02:08:33Z", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f9e8b:", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f9e8b:yesterday", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f9e8b:2026-01-15T02:08:33Z:more", "RISK_SIGNATURE_INVALID"],
  ["RISK_PASS:7a3f9e8b:2026-01-15T02:08:29Z", "RISK_SIGNATURE_EXPIRED"],
  ["RISK_PASS:7a3f9e8b:2026-01-15T02:08:36Z", "RISK_SIGNATURE_FUTURE"],
  ["RISK_PASS:7a3f9e8b:2099-01-01T00:00:00Z", "RISK_SIGNATURE_FUTURE"],
])("judgeSignature judges %j as %s", (signature, code) => {
  expect(codeOf(signature)).toBe(code);
});

test("judgeSignature draws the line exactly at the TTL and at the skew", () => {
  const signature = "RISK_PASS:7a3f9e8b:2026-01-15T02:08:33Z";
  const stamp = Date.UTC(2026, 0, 15, 2, 8, 33);
  expect(codeOf(signature, stamp + 5_000)).toBeUndefined();
  expect(codeOf(signature, stamp + 5_001)).toBe("RISK_SIGNATURE_EXPIRED");
  expect(codeOf(signature, stamp - 1_000)).toBeUndefined();
  expect(codeOf(signature, stamp - 1_001)).toBe("RISK_SIGNATURE_FUTURE");
});

test("judgeSignature with a secret accepts the HMAC of this order only", () => {
  const secret = new TextEncoder().encode("a secret of both machines");
  const strict = { ...policy, secret };
  const stamp = "2026-01-15T02:08:33Z";
  const signature = formatSignature(orderChecksum(order, stamp, secret), stamp);
  expect(judgeSignature(signature, order, strict, now)).toBeUndefined();
  expect(judgeSignature("RISK_PASS:7a3f9e8b:2026-01-15T02:08:33Z", order, strict, now)?.code).toBe(
    "RISK_SIGNATURE_MISMATCH",
  );
  const changes: Partial<SignedOrder>[] = [
    { uuid: "other" },
    { symbol: "GBPUSD" },
    { type: "SELL" },
    { volume: 0.1 },
    { price: 1.1 },
    { sl: 1.04 },
    { tp: 1.07 },
    { comment: "x" },
    { account: "2" },
  ];
  for (const change of changes) {
    expect(judgeSignature(signature, { ...order, ...change }, strict, now)?.code).toBe(
      "RISK_SIGNATURE_MISMATCH",
    );
  }
  const later = signature.replace("02:08:33Z", "02:08:34Z");
  expect(judgeSignature(later, order, strict, now)?.code).toBe("RISK_SIGNATURE_MISMATCH");
});

test("orderChecksum is the HMAC over the text that docs/gateway.md gives for Python", () => {
  const text =
    '["550e8400-e29b-41d4-a716-446655440001", "EURUSD", "BUY", 0.01, 0.0, 1.05, 1.06, "Strategy_v1", "", "2026-01-15T02:08:33Z"]';
  const expected = createHmac("sha256", "a secret of both machines").update(text).digest("hex");
  expect(
    orderChecksum(order, "2026-01-15T02:08:33Z", new TextEncoder().encode("a secret of both machines")),
  ).toBe(expected);
});
