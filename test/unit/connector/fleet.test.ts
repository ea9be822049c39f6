import { expect, test } from "vitest";
import { AgentsUnreachableError, MT5Connector } from "../../../src/connector/mod.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import type { ChannelFault, Transport } from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { seededBytes } from "../../kit/connector-world.ts";
import { FakeAgent, testKeys } from "../../kit/fake-agent.ts";

interface Fleet {
  readonly clock: VirtualClock;
  readonly fakes: readonly FakeAgent[];
  readonly mt5: MT5Connector;
}

/** A connector with so many agents, each behind a host name of its own. */
function fleet(count: number): Fleet {
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
  return { clock, fakes, mt5 };
}

test("connect names every agent that failed, leaves the others connected, and can be repeated", async () => {
  const { clock, fakes, mt5 } = fleet(3);
  const heard: string[] = [];
  mt5.on("agentConnected", (id) => heard.push(id));
  mt5.on("connected", () => heard.push("all"));
  const unreachable: ChannelFault = { code: "unreachable", message: "connection refused" };
  const [, second] = fakes;
  if (second === undefined) throw new Error("no fake");
  second.refuseConnection = (): ChannelFault => unreachable;
  const failed = await clock.runUntil(
    mt5.connect().then(
      () => undefined,
      (error: unknown) => error,
    ),
    30_000,
  );
  expect(failed).toBeInstanceOf(AgentsUnreachableError);
  expect(failed).toMatchObject({ failures: [{ agentId: "agent-1", error: { code: "UNREACHABLE" } }] });
  expect(mt5.getStatus().state).toBe("degraded");
  expect(mt5.getConnectedAgents().map((agent) => agent.id)).toEqual(["agent-0", "agent-2"]);
  second.refuseConnection = (): undefined => undefined;
  await clock.runUntil(mt5.connect(), 30_000);
  expect(heard).toEqual(["agent-0", "agent-2", "agent-1", "all"]);
  expect(mt5.getStatus().state).toBe("connected");
  await clock.runUntil(mt5[Symbol.asyncDispose](), 30_000);
  expect(mt5.getStatus().state).toBe("disconnected");
  for (const fake of fakes) expect(fake.openConnections).toBe(0);
});

test("one agent that is silent costs the others nothing", async () => {
  const { clock, fakes, mt5 } = fleet(3);
  await clock.runUntil(mt5.connect(), 30_000);
  const [silent] = fakes;
  if (silent === undefined) throw new Error("no fake");
  silent.loseToAgent = (): boolean => true;
  const stuck = mt5.getAgent("agent-0").trade.marketBuy("EURUSD", 0.1);
  stuck.catch(() => undefined);
  const started = clock.nowMs();
  const trades = await clock.runUntil(
    Promise.all(["agent-1", "agent-2"].map((id) => mt5.getAgent(id).trade.marketBuy("EURUSD", 0.1))),
    30_000,
  );
  expect(trades).toHaveLength(2);
  expect(clock.nowMs() - started).toBeLessThan(20);
  await clock.runUntil(mt5.disconnect(), 30_000);
});
