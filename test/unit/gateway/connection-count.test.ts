import { expect, test } from "vitest";
import { ConnectionCount } from "../../../src/gateway/connection-count.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { ZmtpFault } from "../../../src/zmtp/fault.ts";
import { testLog } from "./kit.ts";

const endpoint = "tcp://127.0.0.1:5555";
const fault = new ZmtpFault("refused-by-us", "The client is refused");

function count() {
  const clock = new VirtualClock();
  const log = testLog();
  return { clock, log, connections: new ConnectionCount(clock, log) };
}

test("ConnectionCount counts each address's connections from accepting to their end, whatever that is", () => {
  const { connections } = count();
  for (const address of ["10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1"])
    connections.note({ type: "accepted", endpoint, address });
  connections.note({ type: "listening", endpoint });
  expect([
    connections.from("10.0.0.1:9"),
    connections.from("10.0.0.2:9"),
    connections.from("10.0.0.3:9"),
  ]).toEqual([2, 1, 0]);
  connections.note({ type: "handshake-failed", endpoint, address: "10.0.0.1:1", fault });
  connections.note({ type: "disconnected", endpoint, address: "10.0.0.1:2", fault });
  expect([connections.from("10.0.0.1:9"), connections.from("10.0.0.2:9")]).toEqual([0, 1]);
});

test("ConnectionCount tells of an address that is refused again and again once a minute, with the number", async () => {
  const { clock, connections, log } = count();
  const refuse = (address: string): void => {
    connections.note({ type: "accepted", endpoint, address });
    connections.note({ type: "handshake-failed", endpoint, address, fault });
  };
  for (let port = 1; port <= 100; port++) refuse(`10.0.0.1:${port}`);
  refuse("10.0.0.2:1");
  expect(log.lines).toEqual([
    "WARNING A client was not let in 10.0.0.1:1 The client is refused",
    "WARNING A client was not let in 10.0.0.2:1 The client is refused",
  ]);
  await clock.advance(60_000);
  refuse("10.0.0.1:200");
  expect(log.lines.at(-1)).toBe("WARNING A client was not let in 10.0.0.1:200 The client is refused 99");
});

test("ConnectionCount forgets the addresses that were refused longest ago", () => {
  const { connections, log } = count();
  const refuse = (address: string): void => {
    connections.note({ type: "accepted", endpoint, address });
    connections.note({ type: "handshake-failed", endpoint, address, fault });
  };
  for (let host = 0; host < 5_000; host++) refuse(`10.0.${host >> 8}.${host & 255}:1`);
  const before = log.lines.length;
  refuse("10.0.19.135:2");
  expect(log.lines).toHaveLength(before);
  refuse("10.0.0.0:2");
  expect(log.lines).toHaveLength(before + 1);
});
