import { expect, test } from "vitest";
import { maxInFlight, maxInFlightPerAddress, maxInFlightPerPeer } from "../../../src/gateway/limits.ts";
import { LoadLimits, type LoadOptions } from "../../../src/gateway/load-limits.ts";
import type { GatewayPeer } from "../../../src/gateway/socket.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

const peer = (id: string, host = "10.0.0.1"): GatewayPeer => ({
  id,
  host,
  identity: new Uint8Array(),
  address: `${host}:1`,
  publicKey: undefined,
});

function limits(options: Partial<LoadOptions> = {}) {
  const clock = new VirtualClock();
  const none = { requestsPerSecond: 0, requestsPerSecondOfAddress: 0, ordersPerSecond: 0 };
  const load = new LoadLimits(clock, { ...none, ...options });
  const ask = (who: GatewayPeer) => load.request(who)?.code;
  return { clock, load, ask };
}

test("LoadLimits without limits lets everything pass", () => {
  const { load, ask } = limits();
  for (let count = 0; count < 10_000; count++) {
    expect(ask(peer("a"))).toBeUndefined();
    expect(load.order()).toBeUndefined();
  }
});

test("LoadLimits counts requests a second by connection, and gives them back in time", async () => {
  const { clock, ask } = limits({ requestsPerSecond: 2 });
  expect([ask(peer("a")), ask(peer("a")), ask(peer("a"))]).toEqual([undefined, undefined, "RATE_LIMITED"]);
  expect(ask(peer("b"))).toBeUndefined();
  await clock.advance(500);
  expect([ask(peer("a")), ask(peer("a"))]).toEqual([undefined, "RATE_LIMITED"]);
});

test("LoadLimits counts requests a second by address: a new connection begins no new count, another machine does", async () => {
  const { clock, ask } = limits({ requestsPerSecondOfAddress: 2 });
  expect([ask(peer("a")), ask(peer("b")), ask(peer("c"))]).toEqual([undefined, undefined, "RATE_LIMITED"]);
  expect(ask(peer("d", "10.0.0.2"))).toBeUndefined();
  await clock.advance(1_000);
  expect(ask(peer("e"))).toBeUndefined();
});

test("LoadLimits counts OPENs of all together", async () => {
  const { clock, load } = limits({ ordersPerSecond: 1 });
  expect(load.order()).toBeUndefined();
  expect(load.order()?.code).toBe("RATE_LIMITED");
  await clock.advance(1_000);
  expect(load.order()).toBeUndefined();
});

test.each([
  ["one connection", maxInFlightPerPeer, () => peer("a")],
  ["one address", maxInFlightPerAddress, (index: number) => peer(String(index))],
  ["all", maxInFlight, (index: number) => peer(String(index), `10.0.0.${index % 250}`)],
] as const)(
  "LoadLimits says BUSY when more requests of %s are in work than may be, until one is answered",
  (_, most, who) => {
    const { load, ask } = limits();
    for (let index = 0; index < most; index++) {
      load.enter(who(index));
      expect(ask(who(index))).toBeUndefined();
    }
    load.enter(who(most));
    expect(ask(who(most))).toBe("BUSY");
    load.leave(who(0));
    expect(ask(who(most))).toBeUndefined();
  },
);
