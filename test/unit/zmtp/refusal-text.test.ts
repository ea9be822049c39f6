import { expect, test } from "vitest";
import { decodeError } from "../../../src/zmtp/wire/command.ts";

test.each([
  ["", "no reason given"],
  ["300", "it cannot authenticate anybody at the moment (300)"],
  ["400", "it does not accept this key or password (400)"],
  ["500", "its authentication failed within (500)"],
  ["Too many", "Too many"],
])("a peer's ERROR %j reads in words, and its reason stays as it came", (reason, words) => {
  const fault = decodeError(Uint8Array.of(reason.length, ...new TextEncoder().encode(reason)));
  expect(fault).toMatchObject({ code: "refused-by-peer", reason });
  expect(fault.message).toBe(`The peer refused the connection: ${words}`);
});
