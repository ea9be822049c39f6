import { describe, expect, test } from "vitest";
import { Retcode, retcode, retcodes } from "../../../src/domain/retcodes.ts";

describe("retcodes", () => {
  test("the table holds every documented code once, and no 10005 or 10037", () => {
    const documented = Array.from({ length: 43 }, (_, i) => 10004 + i).filter(
      (c) => c !== 10005 && c !== 10037,
    );
    expect(retcodes.map((info) => info.code)).toEqual(documented);
  });

  test("every entry has a meaning and a remedy in a sentence of its own", () => {
    for (const info of retcodes) {
      expect(info.meaning, info.name).toMatch(/^[A-Z].{15,}[^.]$/);
      expect(info.remedy, info.name).toMatch(/^[A-Z].{8,}[^.]$/);
    }
    expect(new Set(retcodes.map((info) => info.meaning)).size).toBe(retcodes.length);
  });

  test("only the codes that prove an execution are certain to have executed", () => {
    const yes = retcodes.filter((info) => info.certainty === "yes").map((info) => info.name);
    expect(yes).toEqual(["DONE", "DONE_PARTIAL", "NO_CHANGES"]);
  });

  test("every code after which the request may have been executed is unknown", () => {
    const unknown = retcodes.filter((info) => info.certainty === "unknown").map((info) => info.name);
    expect(unknown).toEqual([
      "REJECT",
      "CANCEL",
      "PLACED",
      "ERROR",
      "TIMEOUT",
      "ORDER_CHANGED",
      "TOO_MANY_REQUESTS",
      "LOCKED",
      "CONNECTION",
    ]);
  });

  test("retcode names a known code", () => {
    expect(retcode(10019)).toMatchObject({ name: "NO_MONEY", certainty: "no", code: Retcode.NO_MONEY });
  });

  test.each([0, 10005, 10037, 10099, -1, Number.NaN])(
    "retcode answers %s as unknown, never as certain",
    (code) => {
      expect(retcode(code)).toMatchObject({ name: "UNKNOWN", certainty: "unknown", code });
    },
  );
});
