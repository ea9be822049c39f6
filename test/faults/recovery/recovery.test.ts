import { describe, expect, test } from "vitest";
import { type ConnectionStatus, MT5Error, OutcomeUnknownError } from "../../../src/connector/mod.ts";
import { decodeBody } from "../../../src/protocol/v1/codec.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import { createWorld, type World, type WorldOptions } from "../kit/world.ts";

async function inWorld(options: WorldOptions, act: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld({ record: false, ...options });
  try {
    await act(world);
  } finally {
    await world.close();
  }
}

/** Whether a request asks for this operation. */
function asksFor(op: string): (frames: readonly Uint8Array[]) => boolean {
  return ([body]) => body !== undefined && decodeBody(body)["op"] === op;
}

/** What a promise was rejected with, and after how many milliseconds. */
async function failureOf(
  world: World,
  call: () => Promise<unknown>,
): Promise<{ readonly error: MT5Error; readonly afterMs: number }> {
  const startMs = world.time.clock.nowMs();
  const error = await world.time.settle(
    call().then(
      () => undefined,
      (fault: unknown) => fault,
    ),
  );
  if (!(error instanceof MT5Error))
    throw new Error(`Not rejected by an error of the library: ${String(error)}`);
  return { error, afterMs: world.time.clock.nowMs() - startMs };
}

describe("a fleet that loses all its agents at once", () => {
  test("is resynchronised a quarter at a time", () =>
    inWorld({ agents: 20 }, async (world) => {
      const { client, sites, time } = world;
      await client.connect();
      let running = 0;
      let most = 0;
      let snapshots = 0;
      client.messages.add({
        channel: "sync",
        direction: "send",
        action: { kind: "delay", delayMs: 300 },
        match: asksFor("snapshot"),
        onStrike: () => {
          running++;
          snapshots++;
          most = Math.max(most, running);
        },
      });
      for (const site of sites) {
        site.onPoint = ({ point, op }): void => {
          if (point === "replied" && op === "snapshot") running--;
        };
      }
      await time.settle(Promise.all(sites.map((site) => site.restartSoon(1_000))));
      await world.agree();
      expect(snapshots).toBeGreaterThanOrEqual(20);
      expect(most).toBe(5);
    }));

  test("does not dial all of them at the same moment", () =>
    inWorld({ agents: 20 }, async (world) => {
      const { client, sites, time, links } = world;
      await client.connect();
      const dialledMs = new Set<number>();
      client.mt5.on("reconnecting", () => dialledMs.add(time.clock.nowMs()));
      const refusals = links.refuse();
      links.cut();
      await time.pass(5_000);
      refusals.heal();
      await world.agree();
      // 20 agents, several attempts of three channels each: chance keeps them apart.
      expect(dialledMs.size).toBeGreaterThan(3 * sites.length);
    }));
});

describe("an agent that has lost one channel is degraded and says what still works", () => {
  const works: Readonly<Record<Channel, { trading: boolean; queries: boolean; events: boolean }>> = {
    command: { trading: false, queries: true, events: true },
    events: { trading: true, queries: true, events: false },
    sync: { trading: false, queries: false, events: true },
  };

  for (const channel of ["command", "events", "sync"] as const) {
    test(`${channel}: what it says is true`, () =>
      inWorld({}, async (world) => {
        const { client, site, links, time } = world;
        await client.connect();
        const agent = client.agent(site);
        const { ticketText } = await time.settle(agent.trade.marketBuy("EURUSD", 0.1));
        const statuses: ConnectionStatus[] = [];
        agent.on("connectionStatus", (status) => statuses.push(status));
        const refusal = links.refuse({ port: site.ports[channel] });
        links.cut({ port: site.ports[channel] });
        await time.until(() => agent.connectionStatus.state === "degraded", "degraded");
        expect(agent.isConnected).toBe(true);
        expect(agent.connectionStatus).toMatchObject({ state: "degraded", works: works[channel] });
        const [status] = statuses;
        expect(status?.state === "degraded" && status.reasons.join()).toContain(`channel ${channel}`);
        if (works[channel].trading) {
          await time.settle(agent.trade.marketBuy("EURUSD", 0.1, { id: "meanwhile" }));
          expect(world.executions("meanwhile")).toBe(1);
        }
        if (works[channel].queries) await time.settle(agent.account.getInfo());
        else await failureOf(world, () => agent.account.getInfo({ timeoutMs: 500 }));
        const closed = new Promise((resolve) => agent.once("positionUpdate", resolve));
        if (works[channel].events) {
          site.terminal.server.execute(
            {
              action: "deal",
              symbol: "EURUSD",
              kind: "sell",
              volume: 0.1,
              position: ticketText,
              deviation: 100,
            },
            "client",
          );
          expect(await time.settle(closed)).toMatchObject({ ticketText, change: "closed" });
        }
        refusal.heal();
        await world.agree();
        expect(agent.connectionStatus.state).toBe("connected");
      }));
  }
});

describe("each class of operation has its own time", () => {
  const timeouts = {
    connectionTimeoutMs: 700,
    requestTimeoutMs: 1_100,
    tradeTimeoutMs: 1_900,
    healthCheckTimeoutMs: 400,
  };
  const options = { errorHandling: { timeouts, retryPolicy: { maxAttempts: 1 } } };

  test("requests and trades, while nothing comes through", () =>
    inWorld({ options }, async (world) => {
      const { client, site, links } = world;
      await client.connect();
      const agent = client.agent(site);
      await world.time.settle(agent.marketData.getSymbolInfo("EURUSD"));
      const silence = links.halfOpen();
      const request = await failureOf(world, () => agent.account.getInfo());
      const trade = await failureOf(world, () => agent.trade.marketBuy("EURUSD", 0.1));
      expect(request).toMatchObject({ afterMs: 1_100, error: { code: "TIMEOUT" } });
      expect(trade.error).toBeInstanceOf(OutcomeUnknownError);
      expect(trade.afterMs).toBe(1_900);
      silence.heal();
      await world.agree();
    }));

  test("connections", () =>
    inWorld({ options }, async (world) => {
      const { client, links } = world;
      const silence = links.halfOpen();
      const { afterMs } = await failureOf(world, () => client.mt5.connect());
      // What was sent last has a moment to leave.
      expect(afterMs).toBeGreaterThanOrEqual(700);
      expect(afterMs).toBeLessThan(900);
      silence.heal();
    }));
});

describe("what waits at one place holds nothing up elsewhere", () => {
  test("200 queries without an answer: orders, closes, market data and events go on", () =>
    inWorld({}, async (world) => {
      const { client, site, time } = world;
      await client.connect();
      const agent = client.agent(site);
      const lost = client.messages.add({
        channel: "sync",
        direction: "send",
        action: { kind: "drop" },
        match: asksFor("account"),
      });
      const queries = Array.from({ length: 200 }, () =>
        agent.account.getInfo({ timeoutMs: 10_000 }).then(
          () => "answered",
          () => "not answered",
        ),
      );
      await time.pass(100);
      const startMs = time.clock.nowMs();
      const { ticketText } = await time.settle(agent.trade.marketBuy("EURUSD", 0.1));
      await time.settle(agent.trade.closePosition(ticketText));
      await time.settle(agent.marketData.getTick("EURUSD"));
      expect(time.clock.nowMs() - startMs).toBeLessThan(200);
      await time.pass(20_000);
      expect(agent.connectionStatus.state).toBe("connected");
      expect(new Set(await Promise.all(queries))).toEqual(new Set(["not answered"]));
      expect(lost.fired).toBeGreaterThanOrEqual(64);
      lost.heal();
      await time.settle(agent.account.getInfo());
    }));

  test("a breaker stops its own class at its own agent", () =>
    inWorld(
      {
        agents: 2,
        options: { errorHandling: { circuitBreaker: { failureThreshold: 2, recoveryTimeoutMs: 60_000 } } },
      },
      async (world) => {
        const { client, sites, site, time } = world;
        await client.connect();
        const agent = client.agent(site);
        const lost = client.messages.add({
          channel: "sync",
          direction: "send",
          action: { kind: "drop" },
          match: asksFor("account"),
        });
        for (let i = 0; i < 2; i++) await failureOf(world, () => agent.account.getInfo({ timeoutMs: 300 }));
        lost.heal();
        const { error } = await failureOf(world, () => agent.account.getInfo());
        expect(error.code).toBe("CIRCUIT_OPEN");
        const { ticketText } = await time.settle(agent.trade.marketBuy("EURUSD", 0.1));
        await time.settle(agent.trade.closePosition(ticketText));
        for (const other of sites.slice(1)) await time.settle(client.agent(other).account.getInfo());
        await world.agree();
      },
    ));
});
