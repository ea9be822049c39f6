import { MT5Connector } from "../../src/connector/mod.ts";
import { encodeKey } from "../../src/security/keys.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { VirtualClock } from "../../src/transport/virtual-clock.ts";
import { seededBytes } from "./connector-world.ts";
import { FakeAgent, testKeys } from "./fake-agent.ts";

/** A connector with several fake agents in virtual time. */
export interface FleetWorld {
  readonly clock: VirtualClock;
  readonly fakes: readonly FakeAgent[];
  readonly mt5: MT5Connector;
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
}

/** A connector with so many agents, `agent-0` and on, each behind a host name of its own; nothing is connected yet. */
export function fleetWorld(count: number): FleetWorld {
  const clock = new VirtualClock();
  const fakes = Array.from({ length: count }, () => new FakeAgent(clock));
  const transport: Transport = {
    name: "fleet",
    connect: (channel, options, events) => {
      const fake = fakes[Number(options.host.slice(1))];
      if (fake === undefined) throw new Error(`No agent at ${options.host}`);
      return fake.transport.connect(channel, options, events);
    },
    listen: () => Promise.reject(new Error("Cannot listen: these are the agents")),
  };
  const mt5 = new MT5Connector(
    {
      agents: fakes.map((_, index) => ({
        id: `agent-${index}`,
        connection: { host: `h${index}`, ports: { command: 1, events: 2, sync: 3 } },
        credentials: {
          serverKey: encodeKey(testKeys.serverPublic),
          clientKey: encodeKey(testKeys.clientSecret),
        },
      })),
    },
    { transport, clock, randomBytes: seededBytes(7) },
  );
  mt5.on("error", () => undefined);
  return {
    clock,
    fakes,
    mt5,
    settle: async (promise, limitMs = 60_000) => {
      await clock.runUntil(
        promise.then(
          () => undefined,
          () => undefined,
        ),
        limitMs,
      );
      return await promise;
    },
  };
}
