import { expect, test } from "vitest";
import { channelFault } from "../../../src/adapters/zmtp-transport-faults.ts";
import { ZmtpFault } from "../../../src/zmtp/fault.ts";

function refused(reason: string): string {
  return channelFault(new ZmtpFault("refused-by-peer", `The peer refused: ${reason}`, { reason })).code;
}

test("channelFault tells by ERROR's reason what is not about the key, and takes any other for a refused key", () => {
  expect(refused("Too many connections of this client key")).toBe("lost");
  expect(refused("Incompatible socket type")).toBe("protocol");
  for (const reason of ["", "400", "constructor", "__proto__", "toString", "too many connections"]) {
    expect(refused(reason), reason).toBe("authentication");
  }
});

test("channelFault keeps the fault's sentence and the fault itself", () => {
  const cause = new ZmtpFault("heartbeat-timeout", "Nothing came");
  expect(channelFault(cause)).toEqual({ code: "heartbeat", message: "Nothing came", cause });
});
