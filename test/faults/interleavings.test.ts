import { describe, expect, test } from "vitest";
import {
  type LogEntry,
  OutcomeUnknownError,
  RateLimitError,
  TradeRejectedError,
  type TradeResult,
} from "../../src/connector/mod.ts";
import { decodeBody } from "../../src/protocol/v1/codec.ts";
import type { Outcome } from "../../src/protocol/v1/messages.ts";
import { result } from "../kit/raw-client.ts";
import { buyIntent, closeAll, nthOutcome, rawClient } from "./kit/raw.ts";
import { createWorld, type World, type WorldOptions } from "./kit/world.ts";

async function inWorld(options: WorldOptions, act: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld({ record: false, ...options });
  try {
    await act(world);
  } finally {
    await world.close();
  }
}

/** What a trade ended with. */
async function ending(world: World, trade: Promise<TradeResult>): Promise<unknown> {
  return await world.time.settle(endingOf(trade));
}

function endingOf(trade: Promise<unknown>): Promise<unknown> {
  return trade.then(
    () => "executed",
    (error: unknown) => error,
  );
}

function commandIdOf(frames: readonly Uint8Array[]): string {
  const [body] = frames;
  return body === undefined ? "" : String(decodeBody(body)["id"]);
}

describe("interleavings that an adversarial reading of the protocol found", () => {
  test("T1a: a refusal for good holds for the copy in the next session, although its reason has passed", () =>
    inWorld({ limits: { commandsPerSecond: 1 } }, async (world) => {
      const first = await rawClient(world, "p1");
      for (const id of ["fill-1", "fill-2"]) first.sendCommand(first.command(id, buyIntent()));
      const command = first.command("x", buyIntent());
      first.sendCommand(command);
      expect(await nthOutcome(world, first, "x")).toBe("RATE_LIMITED");
      const second = await rawClient(world, "p1");
      await world.time.pass(5_000);
      second.sendCommand({ ...command, session: second.session, n: 1 });
      expect(await nthOutcome(world, second, "x")).toBe("RATE_LIMITED");
      expect(world.executions("x")).toBe(0);
      await closeAll(world, first, second);
    }));

  test("T1b: after a refusal for good, the copy that another process left on its way is not executed", () =>
    inWorld({ limits: { commandsPerSecond: 1 } }, async (world) => {
      const died = await rawClient(world, "p1");
      const left = died.command("x", buyIntent());
      await world.time.pass(10);
      const living = await rawClient(world, "p2");
      for (const id of ["fill-1", "fill-2"]) living.sendCommand(living.command(id, buyIntent()));
      living.sendCommand(living.command("x", buyIntent()));
      expect(await nthOutcome(world, living, "x")).toBe("RATE_LIMITED");
      await world.time.pass(5_000);
      died.sendCommand(left);
      expect(await nthOutcome(world, died, "x", 2)).toBe("RATE_LIMITED");
      expect(world.executions("x")).toBe(0);
      await closeAll(world, died, living);
    }));

  test("T1: a caller who is told RATE_LIMITED is told the truth", () =>
    inWorld({ limits: { commandsPerSecond: 1 } }, async (world) => {
      await world.client.connect();
      const { trade } = world.client.agent(world.site);
      const ends = await world.time.settle(
        Promise.all([1, 2, 3, 4].map((i) => endingOf(trade.marketBuy("EURUSD", 0.1, { id: `r-${i}` })))),
      );
      await world.time.pass(5_000);
      expect(ends.filter((end) => end instanceof RateLimitError).length).toBeGreaterThan(0);
      ends.forEach((end, i) => {
        expect(world.executions(`r-${i + 1}`)).toBe(end === "executed" ? 1 : 0);
      });
    }));

  test("T2: a late EXPIRED of old stamps settles nothing once the command was issued anew", () =>
    inWorld({}, async (world) => {
      await world.client.connect();
      const { messages } = world.client;
      const doubles = messages.add({ channel: "command", direction: "send", action: { kind: "duplicate" } });
      world.site.points.at("commandReceived", () => {
        restarted = world.site.restartSoon(300);
      });
      let restarted: Promise<void> | undefined;
      const end = await ending(
        world,
        world.client.agent(world.site).trade.marketBuy("EURUSD", 0.1, { id: "x", timeoutMs: 20_000 }),
      );
      await restarted;
      expect(end).toBe("executed");
      expect(doubles.fired).toBeGreaterThanOrEqual(3);
      expect(world.site.refusals.filter(({ code }) => code === "EXPIRED").length).toBeGreaterThanOrEqual(2);
      await world.agree();
      expect(world.executions("x")).toBe(1);
    }));

  test("T3: a journal that is gone makes executed commands unknown, never certain, and never new", () =>
    inWorld({}, async (world) => {
      await world.client.connect();
      const { site } = world;
      let restarted: Promise<void> | undefined;
      site.points.at("outcomeJournalled", () => {
        site.kill();
        site.journalStore.bytes = new Uint8Array(0);
        // Without its journal the epoch is the second of UTC.
        restarted = site.restartSoon(1_500);
      });
      const { trade } = world.client.agent(site);
      const end = await ending(world, trade.marketBuy("EURUSD", 0.1, { id: "x" }));
      await restarted;
      expect(end).toBeInstanceOf(OutcomeUnknownError);
      expect(site.refusals.some(({ code, id }) => code === "EXPIRED_ID" && id === "x")).toBe(true);
      await world.agree();
      expect(world.executions("x")).toBe(1);
    }));

  test("T3: asking about stamps below the floor gives unknown, not void", () =>
    inWorld({}, async (world) => {
      const raw = await rawClient(world, "p1");
      const epoch = raw.epoch - 1;
      const asked = result<{ outcome: Outcome }>(
        await world.time.settle(raw.request("outcome", { id: "old", epoch, issuedAt: 1 })),
      );
      expect(asked.outcome.state).toBe("unknown");
      await closeAll(world, raw);
    }));

  test("T4: disk full in the middle of a record, freed, and two restarts: every id is still known", () =>
    inWorld({}, async (world) => {
      const { site, time } = world;
      await world.client.connect();
      const { trade } = world.client.agent(site);
      await time.settle(trade.marketBuy("EURUSD", 0.1, { id: "before" }));
      const full = site.journal.full(70);
      expect(await ending(world, trade.marketBuy("EURUSD", 0.1, { id: "refused" }))).toBeInstanceOf(
        TradeRejectedError,
      );
      expect(full.fired).toBeGreaterThan(0);
      full.heal();
      await time.settle(trade.marketBuy("EURUSD", 0.1, { id: "after" }));
      for (let restart = 1; restart <= 2; restart++) {
        await site.restart();
        await world.agree();
        for (const id of ["before", "after"]) {
          expect(await time.settle(trade.outcome(id))).toMatchObject({ state: "executed" });
          await time.settle(trade.marketBuy("EURUSD", 0.1, { id }));
          expect(world.executions(id)).toBe(1);
        }
      }
      expect(world.executions("refused")).toBe(0);
    }));

  test("T5: a command that was lost and is void does not block the close behind it", () =>
    inWorld({}, async (world) => {
      const { time, site, client } = world;
      await client.connect();
      const { trade } = client.agent(site);
      const open = await time.settle(trade.marketBuy("EURUSD", 0.1));
      const lose = client.messages.add({
        channel: "command",
        direction: "send",
        action: { kind: "drop" },
        match: (frames) => commandIdOf(frames) === "x",
      });
      expect(
        await ending(world, trade.marketBuy("EURUSD", 0.1, { id: "x", timeoutMs: 3_000 })),
      ).toBeInstanceOf(TradeRejectedError);
      lose.heal();
      const startMs = time.clock.nowMs();
      await time.settle(trade.closePosition(open.ticketText));
      expect(time.clock.nowMs() - startMs).toBeLessThan(5_000);
      await world.agree();
      expect(world.executions("x")).toBe(0);
    }));

  test("T6: a full window in flight and the first one lost: at most three times as many messages", () =>
    inWorld({}, async (world) => {
      const { time, site, client } = world;
      await client.connect();
      const agent = client.agent(site);
      await time.settle(agent.marketData.getSymbolInfo("EURUSD"));
      client.messages.add({ channel: "command", direction: "send", action: { kind: "drop" }, times: 1 });
      const sent = client.messages.add({ channel: "command", direction: "send", action: { kind: "pass" } });
      const ids = Array.from({ length: 250 }, (_, i) => `m-${i}`);
      const trades = ids.map((id) => agent.trade.marketBuy("EURUSD", 0.01, { id, timeoutMs: 30_000 }));
      const ends = await time.settle(Promise.allSettled(trades));
      expect(ends.filter((end) => end.status === "fulfilled").length).toBe(250);
      expect(sent.fired).toBeLessThanOrEqual(750);
      await world.agree();
      expect(site.broker.executed.length).toBe(250);
    }));

  test("T7: a terminal that is connected and shows no tables for a while has closed nothing", () =>
    inWorld({}, async (world) => {
      const { site, client, time } = world;
      await client.connect();
      const { trade } = client.agent(site);
      await time.settle(trade.marketBuy("EURUSD", 0.1));
      for (const restarted of [false, true]) {
        const empty = site.view.unsynchronised();
        const start = restarted ? site.restartSoon(100) : Promise.resolve();
        await time.pass(15_000);
        empty.heal();
        await time.settle(start);
        await world.agree();
      }
      expect([...client.book(site).positions.values()]).toEqual([["opened"]]);
    }));

  test("T7: the same at a start at which the journal holds no command", () =>
    inWorld({}, async (world) => {
      const { site, client, time } = world;
      site.terminal.server.execute(
        { action: "deal", symbol: "EURUSD", kind: "buy", volume: 0.1, deviation: 10 },
        "client",
      );
      await site.restart();
      await client.connect();
      const empty = site.view.unsynchronised();
      const start = site.restartSoon(100);
      await time.pass(15_000);
      empty.heal();
      await time.settle(start);
      await world.agree();
      expect([...client.book(site).positions.values()]).toEqual([]);
    }));

  test("an agent that is killed while its start waits for the disk gives its journal up", () =>
    inWorld({}, async (world) => {
      const { site, time, client } = world;
      await client.connect();
      const slow = site.journal.delay(7_000);
      const first = endingOf(site.restartSoon(100).then(() => Promise.reject(new Error("It lives"))));
      await time.pass(1_000);
      slow.heal();
      await time.settle(site.restartSoon(100));
      expect(await time.settle(first)).toBeInstanceOf(Error);
      await world.agree();
    }));

  test("T8: a limit order that was cancelled in a gap past the ring is told as cancelled", () =>
    inWorld({ limits: { ledgerRingEvents: 16 } }, async (world) => {
      const { time, site, client, links } = world;
      await client.connect();
      const { server } = site.terminal;
      const placed = server.execute(
        { action: "pending", symbol: "EURUSD", kind: "buyLimit", volume: 0.1, price: 1.05 },
        "client",
      );
      await world.agree();
      const changes: string[] = [];
      client.agent(site).on("orderUpdate", ({ ticketText, change, recovered }) => {
        changes.push(`${ticketText} ${change} ${recovered}`);
      });
      const refuse = links.refuse();
      links.cut();
      server.execute({ action: "remove", order: placed.order }, "client");
      for (let i = 0; i < 20; i++) {
        server.execute(
          { action: "deal", symbol: "GBPUSD", kind: "buy", volume: 0.01, deviation: 9 },
          "client",
        );
      }
      await time.pass(3_000);
      refuse.heal();
      await world.agree();
      expect(changes).toContain(`${placed.order} cancelled true`);
    }));

  test("T9: 300 outcomes that nobody acknowledged: hello is answered, and all are told, once", () =>
    inWorld({}, async (world) => {
      const { time, site, client } = world;
      const raw = await rawClient(world, "before");
      const ids = Array.from({ length: 300 }, (_, i) => `u-${i}`);
      for (const id of ids) raw.sendCommand(raw.command(id, buyIntent({ volume: 0.01 })));
      await time.until(() => ids.every((id) => raw.outcomes(id).length > 0), "all outcomes");
      result(await time.settle(raw.request("bye")));
      await closeAll(world, raw);
      await client.connect();
      const { outcomes } = client.book(site);
      await time.until(() => outcomes.length >= 300, "all outcomes told");
      await time.pass(10_000);
      expect(outcomes.map(({ id }) => id).sort()).toEqual(ids.sort());
      expect(outcomes.every(({ state, recovered }) => state === "executed" && recovered)).toBe(true);
    }));

  test.each([true, false])(
    "T10: the connector's machine sleeps for ten minutes (its clock, too: %s)",
    (stopsMonotonic) =>
      inWorld({}, async (world) => {
        const { time, site, client } = world;
        await client.connect();
        const { trade } = client.agent(site);
        await time.settle(trade.marketBuy("EURUSD", 0.1));
        const sleep = client.host.suspend({ stopsMonotonic });
        await time.pass(600_000);
        sleep.heal();
        // A stamp of before may be refused as too old, which is certain; nothing stays locked out.
        const awakeMs = time.clock.nowMs();
        for (let attempt = 1; ; attempt++) {
          const end = await ending(world, trade.marketBuy("EURUSD", 0.1, { id: `awake-${attempt}` }));
          expect(world.executions(`awake-${attempt}`)).toBe(end === "executed" ? 1 : 0);
          if (end === "executed") break;
          expect(end).toBeInstanceOf(TradeRejectedError);
        }
        expect(time.clock.nowMs() - awakeMs).toBeLessThan(20_000);
        await world.agree(20_000);
      }),
  );

  test("T11: one id from two sessions while its record is on its way to the disk: one execution", () =>
    inWorld({}, async (world) => {
      const { site, time } = world;
      const [one, two] = [await rawClient(world, "p1"), await rawClient(world, "p2")];
      const stall = site.journal.stall();
      one.sendCommand(one.command("x", buyIntent()));
      two.sendCommand(two.command("x", buyIntent()));
      const asked = two.request("outcome", { id: "x" });
      await time.pass(500);
      expect(result<{ outcome: Outcome }>(await time.settle(asked)).outcome.state).toBe("pending");
      stall.heal();
      expect(await nthOutcome(world, one, "x")).toBe("executed");
      await time.pass(2_000);
      expect(world.executions("x")).toBe(1);
      await closeAll(world, one, two);
    }));

  test("T12: the answer of the trade server is lost: executed if it was, unknown if nothing shows", () =>
    inWorld({}, async (world) => {
      const { site, client } = world;
      await client.connect();
      const { trade } = client.agent(site);
      site.broker.transactions({ kind: "drop" }, { times: 1, match: ({ type }) => type === "request" });
      const found = await ending(world, trade.marketBuy("EURUSD", 0.1, { id: "x", timeoutMs: 20_000 }));
      expect(found).toBe("executed");
      site.broker.answer("before", "silence");
      const lost = await ending(world, trade.marketBuy("EURUSD", 0.1, { id: "y", timeoutMs: 20_000 }));
      expect(lost).toBeInstanceOf(OutcomeUnknownError);
      expect(world.executions("x")).toBe(1);
      expect(world.executions("y")).toBe(0);
      await world.agree();
    }));

  test("an agent that hangs up in the middle of a handshake, after many failed attempts, is connected again", () =>
    inWorld({}, async (world) => {
      const { site, client, links } = world;
      await client.connect();
      const start = site.restartSoon(20_000);
      // The kernel of a process that dies ends its connections in an orderly way, as a refusal of keys looks like.
      const cut = links.cutInFrame("receive", { skip: 1, port: site.ports.events });
      await world.time.settle(start);
      await world.agree();
      expect(cut.fired).toBe(1);
    }));

  test("a connection of events on which the ledger was not subscribed to is opened anew", () =>
    inWorld({}, async (world) => {
      const { site, client, links } = world;
      await client.connect();
      // HELLO and INITIATE pass; what the ledger is subscribed to with is lost.
      const lost = links.frames({ kind: "drop" }, "send", { port: site.ports.events, skip: 2, times: 1 });
      links.cut({ port: site.ports.events });
      await world.time.until(() => lost.fired === 1, "the loss");
      await world.agree(20_000);
    }));

  test("a caller's id that an earlier process had executed is not called certainly unexecuted by one that cannot send", () =>
    inWorld({}, async (world) => {
      const { site, client, links, time } = world;
      await client.connect();
      await time.settle(client.agent(site).trade.marketBuy("EURUSD", 0.1, { id: "x" }));
      client.renew();
      await client.connect();
      await time.settle(client.agent(site).marketData.getSymbolInfo("EURUSD"));
      const refuse = links.refuse({ port: site.ports.command });
      links.cut({ port: site.ports.command });
      const end = await ending(
        world,
        client.agent(site).trade.marketBuy("EURUSD", 0.1, { id: "x", timeoutMs: 3_000 }),
      );
      expect(end === "executed" || end instanceof OutcomeUnknownError).toBe(true);
      refuse.heal();
      await world.agree();
      expect(world.executions("x")).toBe(1);
    }));

  test("M9: an id that is called again and again within a second is answered in a fraction of it, and executed once", () =>
    inWorld({}, async (world) => {
      const { site, client, time } = world;
      await client.connect();
      const tickets = new Set<string>();
      for (let call = 1; call <= 5; call++) {
        const startMs = time.clock.nowMs();
        const { trade } = client.agent(site);
        const { ticketText } = await time.settle(trade.marketBuy("EURUSD", 0.1, { id: "x" }));
        tickets.add(ticketText);
        expect(time.clock.nowMs() - startMs).toBeLessThan(200);
      }
      expect(tickets.size).toBe(1);
      expect(world.executions("x")).toBe(1);
      await world.agree();
    }));

  test("outcomes of an earlier process are one line of the log at info, and no warning", async () => {
    const entries: LogEntry[] = [];
    const customHandler = (entry: LogEntry): void => void entries.push(entry);
    await inWorld(
      { options: { logging: { level: "info", destination: "custom", customHandler } } },
      async (world) => {
        const { time, site, client } = world;
        const raw = await rawClient(world, "before");
        const ids = Array.from({ length: 40 }, (_, i) => `u-${i}`);
        for (const id of ids) raw.sendCommand(raw.command(id, buyIntent({ volume: 0.01 })));
        await time.until(() => ids.every((id) => raw.outcomes(id).length > 0), "all outcomes");
        result(await time.settle(raw.request("bye")));
        await closeAll(world, raw);
        await client.connect();
        await time.until(() => client.book(site).outcomes.length >= 40, "all outcomes told");
        expect(entries.filter(({ level }) => level !== "info").map(({ message }) => message)).toEqual([]);
        expect(entries.filter(({ message }) => message.includes("utcome"))).toMatchObject([
          { data: { count: 40 } },
        ]);
      },
    );
  });

  test("one id for two different commands: the second is told so, and not the first one's execution", () =>
    inWorld({}, async (world) => {
      const { site, client } = world;
      await client.connect();
      const agent = client.agent(site);
      await world.time.settle(agent.marketData.getSymbolInfo("EURUSD"));
      const raw = await rawClient(world, "other-process");
      const action = { kind: "delay", delayMs: 500 } as const;
      client.messages.add({ channel: "command", direction: "send", action, times: 1 });
      const mine = endingOf(agent.trade.marketBuy("EURUSD", 0.3, { id: "x" }));
      raw.sendCommand(raw.command("x", buyIntent()));
      expect(await nthOutcome(world, raw, "x")).toBe("executed");
      const end = await world.time.settle(mine);
      expect(end).toBeInstanceOf(TradeRejectedError);
      expect(end).toMatchObject({ code: "ID_REUSED" });
      expect(world.executions("x")).toBe(1);
      await closeAll(world, raw);
    }));

  test("beyond its cap of waiting commands the agent is BUSY with orders, and never with closes", () =>
    inWorld({ limits: { maxPendingCommands: 2 } }, async (world) => {
      const { site, time } = world;
      const raw = await rawClient(world, "p1");
      raw.sendCommand(raw.command("open", buyIntent()));
      expect(await nthOutcome(world, raw, "open")).toBe("executed");
      site.broker.answer("before", "silence", { times: 2 });
      for (const id of ["a", "b", "c"]) raw.sendCommand(raw.command(id, buyIntent()));
      expect(await nthOutcome(world, raw, "c")).toBe("BUSY");
      const position = site.terminal.positions()[0]?.ticket ?? "";
      const { deviation, comment, filling, tag } = {
        deviation: 9,
        comment: "",
        filling: "auto",
        tag: "none",
      } as const;
      const close = { kind: "close", position, volume: 0, deviation, comment, filling, tag } as const;
      raw.sendCommand(raw.command("close", close));
      expect(await nthOutcome(world, raw, "close")).toBe("executed");
      await time.pass(1);
      await closeAll(world, raw);
    }));
});
