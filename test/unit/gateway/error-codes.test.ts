import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { retcodes } from "../../../src/domain/retcodes.ts";
import { GatewayErrorCode, retcodeError } from "../../../src/gateway/error-codes.ts";

test("retcodeError has a code of its own for every return code, in the letters v4.3 uses", () => {
  const codes = retcodes.map(({ code }) => retcodeError(code).code);
  expect(new Set(codes).size).toBe(retcodes.length);
  for (const code of codes) expect(code).toMatch(/^[A-Z][A-Z_]+$/);
});

test("retcodeError speaks of margin as the spec does", () => {
  expect(retcodeError(10_019)).toEqual({
    code: "INSUFFICIENT_MARGIN",
    message: "Not enough margin to open position",
  });
});

test("retcodeError adds the broker's comment", () => {
  expect(retcodeError(10_018, "holiday").message).toBe("The market is closed (holiday)");
});

test("retcodeError names a return code that nobody has documented by its number", () => {
  expect(retcodeError(10_099).code).toBe("RETCODE_10099");
});

test("docs/gateway.md names every error code", () => {
  const docs = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8");
  const signature = (code: string): string => code.replace(/^RISK_SIGNATURE(?=_)(?!_MISSING)/, "");
  const told = [
    ...retcodes.filter(({ certainty }) => certainty !== "yes").map(({ code }) => retcodeError(code).code),
    ...Object.keys(GatewayErrorCode),
  ];
  expect(told.filter((code) => !docs.includes(`\`${signature(code)}\``))).toEqual([]);
});
