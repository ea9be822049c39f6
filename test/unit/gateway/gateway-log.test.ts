import { expect, test } from "vitest";
import { type GatewayLogLevel, lineLog } from "../../../src/gateway/gateway-log.ts";

function lines(lowest: GatewayLogLevel) {
  const written: string[] = [];
  const log = lineLog(
    (line, level) => written.push(`${level}|${line}`),
    () => "now",
    lowest,
  );
  return { written, log };
}

test("lineLog writes a line for each entry from its lowest level on, as Python's logging does", () => {
  const { written, log } = lines("INFO");
  log.debug("hidden");
  log.info("told", { account: "main", count: 3, open: true, list: [1, "a"], nothing: undefined });
  log.warning("careful", { file: "C:\\a b" });
  log.error("broken", {
    error: new Error("disk full"),
    wrapped: new Error("cannot write", { cause: new Error("EIO") }),
  });
  expect(written).toEqual([
    'INFO|now - INFO - told account=main count=3 open=true list=[1,"a"] nothing=undefined',
    'WARNING|now - WARNING - careful file="C:\\\\a b"',
    'ERROR|now - ERROR - broken error="disk full" wrapped="cannot write: Error: EIO"',
  ]);
  expect(log.debugs).toBe(false);
});

test("lineLog keeps one line to each entry, whatever a client has put into its request", () => {
  const { written, log } = lines("DEBUG");
  log.debug("Rejected", { uuid: "a\nERROR - forged" });
  expect(written).toEqual(['DEBUG|now - DEBUG - Rejected uuid="a\\nERROR - forged"']);
  expect(log.debugs).toBe(true);
});
