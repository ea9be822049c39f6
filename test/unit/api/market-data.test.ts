import { describe, expect, test } from "vitest";
import { tradingSessions } from "../../../src/api/sessions.ts";
import { BrokerTimeZone, newYorkCloseTime } from "../../../src/domain/broker-time.ts";
import type { BookRecord } from "../../../src/domain/market.ts";
import { packBook, unpackBook } from "../../../src/protocol/v1/bulk.ts";
import { connectedWorld } from "../../kit/connector-world.ts";
import { symbolRecord } from "../../kit/fake-agent.ts";

const levels: BookRecord[] = [
  { side: "sellMarket", price: 0, volume: 1, volumeReal: 0 },
  { side: "sell", price: 1.1002, volume: 5, volumeReal: 5.5 },
  { side: "buy", price: 1.1, volume: 3, volumeReal: 0 },
  { side: "buyMarket", price: 0, volume: 2, volumeReal: 0 },
];

describe("bars and ticks", () => {
  test("getBars and getLastBars give bars in UTC, oldest first, over pages", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const fromUtc = Date.UTC(2024, 0, 9, 10);
    fake.market.makeBars(10, fromUtc + 7_200_000);
    fake.market.pageSize = 3;
    const bars = await settle(
      agent.marketData.getBars("EURUSD", "M1", new Date(fromUtc + 60_000), new Date(fromUtc + 480_000)),
    );
    expect(bars.map((bar) => bar.time.getTime())).toEqual(
      Array.from({ length: 8 }, (_, index) => fromUtc + (index + 1) * 60_000),
    );
    expect(bars[0]).toMatchObject({
      symbol: "EURUSD",
      timeframe: "M1",
      tickVolume: 11,
      spread: 2,
      realVolume: 0,
    });
    const last = await settle(agent.marketData.getLastBars("EURUSD", "M1", 4));
    expect(last.map((bar) => bar.tickVolume)).toEqual([16, 17, 18, 19]);
  });

  test.each([
    ["M7", 1, "timeframe M7 does not exist"],
    ["M1", 0, "count 0 is not a whole number from 1 to 100000"],
    ["M1", 100_001, "count 100001 is not a whole number"],
  ])("getLastBars(%s, %d) is refused", async (timeframe, count, message) => {
    const { agent, failure } = await connectedWorld();
    expect(await failure(agent.marketData.getLastBars("EURUSD", timeframe as "M1", count))).toMatchObject({
      name: "InvalidRequestError",
      message: expect.stringContaining(message),
    });
  });

  test("ticks of the past come page by page, several of one millisecond included, and none twice", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const fromUtc = Date.UTC(2024, 0, 9, 10);
    fake.market.ticks = Array.from({ length: 12 }, (_, index) => ({
      timeBrokerMs: fromUtc + 7_200_000 + Math.floor(index / 5) * 10,
      bid: 1.1 + index / 1e5,
      ask: 1.2,
      last: 0,
      volume: 0,
      volumeReal: 0,
      flags: 6,
    }));
    fake.market.pageSize = 2;
    const bids: number[] = [];
    const reading = (async (): Promise<void> => {
      const ticks = agent.marketData.ticks("EURUSD", new Date(fromUtc), new Date(fromUtc + 60_000));
      for await (const tick of ticks) {
        bids.push(tick.bid);
        if (bids.length === 3 || bids.length === 9) fake.market.forgetCursors();
      }
    })();
    await settle(reading);
    expect(bids).toEqual(fake.market.ticks.map((tick) => tick.bid));
    expect(await settle(agent.marketData.ticks("EURUSD", new Date(0), new Date(1)).toArray())).toEqual([]);
  });

  test.each(["ticks", "bars"] as const)(
    "%s end with the caller's abort in the middle of a page, and ask no more",
    async (kind) => {
      const { agent, fake, failure } = await connectedWorld();
      const { marketData } = agent;
      const from = new Date("2024-01-09T10:00:00Z");
      const to = new Date("2024-01-09T11:00:00Z");
      const first = from.getTime() + 7_200_000;
      fake.market.makeBars(9, first);
      fake.market.ticks = Array.from({ length: 9 }, (_, index) => ({
        timeBrokerMs: first + index,
        bid: 1.1,
        ask: 1.2,
        last: 0,
        volume: 0,
        volumeReal: 0,
        flags: 6,
      }));
      fake.market.pageSize = 4;
      const aborting = new AbortController();
      const { signal } = aborting;
      const pages: AsyncIterable<unknown> =
        kind === "ticks"
          ? marketData.ticks("EURUSD", from, to, { signal })
          : marketData.bars("EURUSD", "M1", from, to, { signal });
      let count = 0;
      const reading = (async (): Promise<void> => {
        for await (const _ of pages) if (++count === 2) aborting.abort(new Error("enough"));
      })();
      expect(await failure(reading)).toMatchObject({
        name: "ConnectionError",
        code: "ABORTED",
        cause: { message: "enough" },
      });
      expect(count).toBe(2);
      expect(fake.requests.filter(({ op }) => op === kind)).toHaveLength(1);
    },
  );

  test("bulk that does not match its head is a ProtocolError, not fewer bars", async () => {
    const { agent, fake, failure } = await connectedWorld();
    fake.market.makeBars(2, fake.brokerMs - 600_000);
    const operate = fake.market.operate.bind(fake.market);
    fake.market.operate = (op, args) => {
      const answer = operate(op, args);
      return op === "bars" && answer !== undefined ? { ...answer, bulk: new Uint8Array(60) } : answer;
    };
    expect(await failure(agent.marketData.getLastBars("EURUSD", "M1", 2))).toMatchObject({
      name: "ProtocolError",
      message: expect.stringContaining("2 announced, 1 sent"),
    });
    fake.market.operate = (op, args) => {
      const answer = operate(op, args);
      return op === "bars" && answer !== undefined ? { ...answer, bulk: new Uint8Array(61) } : answer;
    };
    expect(await failure(agent.marketData.getLastBars("EURUSD", "M1", 2))).toMatchObject({
      code: "BAD_REPLY",
    });
  });

  test("getPrice gives the spread without the noise of floating point", async () => {
    const { agent, fake, settle, failure } = await connectedWorld();
    expect(await failure(agent.marketData.getPrice("EURUSD"))).toMatchObject({ code: "NO_QUOTE" });
    fake.tick("EURUSD", 1.1);
    expect(await settle(agent.marketData.getPrice("EURUSD"))).toMatchObject({
      bid: 1.1,
      ask: 1.1001,
      spread: 0.0001,
    });
  });
});

describe("what an exchange tells besides bid and ask", () => {
  const tick = { timeBrokerMs: 0, bid: 99, ask: 101, last: 0, volume: 0, volumeReal: 0, flags: 6 };

  test("a tick's last price and volume are given where there are any, the exact volume first", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const timeBrokerMs = fake.brokerMs - 1_000;
    fake.market.ticks = [
      { ...tick, timeBrokerMs },
      { ...tick, timeBrokerMs, last: 100, volume: 3, volumeReal: 2.5 },
      { ...tick, timeBrokerMs, last: 100, volume: 3 },
    ];
    const from = new Date(timeBrokerMs - 7_200_000);
    const [quote, exact, whole] = await settle(
      agent.marketData.ticks("EURUSD", from, new Date(from.getTime() + 1)).toArray(),
    );
    expect(quote).not.toHaveProperty("last");
    expect(quote).not.toHaveProperty("volume");
    expect(exact).toMatchObject({ last: 100, volume: 2.5 });
    expect(whole).toMatchObject({ last: 100, volume: 3 });
  });

  test("getPrice gives the last price where there is one", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.ticks.set("EURUSD", { ...tick, timeBrokerMs: fake.brokerMs, last: 100 });
    expect(await settle(agent.marketData.getPrice("EURUSD"))).toMatchObject({ spread: 2, last: 100 });
    fake.ticks.set("EURUSD", { ...tick, timeBrokerMs: fake.brokerMs });
    expect(await settle(agent.marketData.getPrice("EURUSD"))).not.toHaveProperty("last");
  });
});

describe("history that the terminal has yet to load", () => {
  const from = new Date("2024-01-09T10:00:00Z");
  const to = new Date("2024-01-09T11:00:00Z");

  test("is asked for again until it is there", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.market.makeBars(3, from.getTime() + 7_200_000);
    fake.market.loading = 4;
    expect(await settle(agent.marketData.getBars("EURUSD", "M1", from, to))).toHaveLength(3);
  });

  test("is not asked for any more once its caller has aborted", async () => {
    const { agent, fake, clock } = await connectedWorld();
    fake.market.loading = 1_000;
    const aborting = new AbortController();
    const { signal } = aborting;
    const bars = agent.marketData.getBars("EURUSD", "M1", from, to, { signal, timeoutMs: 60_000 });
    const reading = bars.catch((error: unknown) => error);
    await clock.advance(50);
    aborting.abort(new Error("enough"));
    await clock.advance(200);
    expect(await reading).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    const asked = fake.requests.length;
    await clock.advance(5_000);
    expect(fake.requests.slice(asked).filter(({ op }) => op === "bars")).toEqual([]);
  });
});

describe("subscriptions", () => {
  test("a subscription that one of its callbacks ends hears nothing more of the same batch of ticks", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    const heard: number[] = [];
    const subscription = agent.marketData.subscribe(["EURUSD"], ({ bid }) => {
      heard.push(bid);
      subscription.unsubscribe();
    });
    await settle(subscription.ready);
    fake.tick("EURUSD", 1.1, 1.2, 1.3);
    await clock.advance(10);
    expect([heard, subscription.active]).toEqual([[1.1], false]);
  });

  test("a depth subscription that another's callback ends does not hear the book that ended it", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    fake.market.books.set("EURUSD", []);
    let late = 0;
    const first = agent.marketData.subscribeDepth(["EURUSD"], () => second.unsubscribe());
    const second = agent.marketData.subscribeDepth(["EURUSD"], () => void late++);
    await settle(Promise.all([first.ready, second.ready]));
    fake.market.book("EURUSD", levels);
    await clock.advance(10);
    expect([late, first.active, second.active]).toEqual([0, true, false]);
  });

  test.each(["subscribe", "subscribeDepth"] as const)(
    "%s beyond the most that a session takes is told once, by symbol and as an error, and costs nobody else",
    async (name) => {
      const { agent, fake, clock, errors } = await connectedWorld();
      const names = Array.from({ length: 1_024 }, (_, index) => `S${index}`);
      for (const symbol of names) {
        fake.symbols.set(symbol, symbolRecord(symbol));
        fake.market.books.set(symbol, []);
      }
      agent.marketData[name](names, () => undefined);
      const beyond = agent.marketData[name](["S0", "ONE"], () => undefined);
      await expect(beyond.ready).rejects.toMatchObject({ code: "TOO_MANY_SUBSCRIPTIONS" });
      await clock.advance(100);
      expect([...beyond.errors.keys()]).toEqual(["ONE"]);
      expect(errors).toMatchObject([{ code: "TOO_MANY_SUBSCRIPTIONS" }]);
      expect(beyond.active).toBe(true);
    },
  );

  test.each(["subscribe", "subscribeDepth"] as const)(
    "%s is ended although the agent does not take its symbols back",
    async (name) => {
      const { agent, fake, clock, settle, errors } = await connectedWorld();
      fake.market.books.set("EURUSD", []);
      const subscription = agent.marketData[name](["EURUSD"], () => undefined);
      await settle(subscription.ready);
      fake.refuseRequest = (op): string | undefined => (op.endsWith("unsubscribe") ? "RATE" : undefined);
      subscription.unsubscribe();
      subscription.unsubscribe();
      await clock.advance(20_000);
      expect([subscription.active, errors]).toEqual([false, []]);
    },
  );

  test("a subscription that is ended before it is confirmed is told so, which is no error", async () => {
    const { agent, clock, errors } = await connectedWorld();
    const closed = agent.marketData.subscribe(["EURUSD"], () => undefined);
    closed.unsubscribe();
    await expect(closed.ready).rejects.toMatchObject({ code: "CLOSED" });
    await clock.advance(10);
    expect([closed.errors.size, errors]).toEqual([0, []]);
  });
});

describe("market depth", () => {
  test("subscribeDepth gives whole books, through a reconnect and a new session, until it is unsubscribed", async () => {
    const { agent, fake, clock, settle } = await connectedWorld();
    fake.market.books.set("EURUSD", []);
    const heard: number[][] = [];
    const subscription = agent.marketData.subscribeDepth(["EURUSD"], (depth) =>
      heard.push([...depth.bids, ...depth.asks].map((level) => level.volume)),
    );
    await settle(subscription.ready);
    fake.market.book("EURUSD", levels);
    await clock.advance(10);
    expect(heard).toEqual([[3, 2, 1, 5.5]]);
    fake.endSessions();
    fake.market.depth.clear();
    fake.cut();
    await clock.advance(5_000);
    expect([...fake.market.depth]).toEqual(["EURUSD"]);
    fake.market.book("EURUSD", levels.slice(2));
    await clock.advance(10);
    expect(heard.at(-1)).toEqual([3, 2]);
    expect(subscription.active).toBe(true);
    agent.marketData.unsubscribe(subscription);
    subscription.unsubscribe();
    await clock.advance(10);
    expect([subscription.active, fake.market.depth.size]).toEqual([false, 0]);
  });

  test("a symbol without depth is told by its error, and does not cost the others", async () => {
    const { agent, fake, clock, errors } = await connectedWorld();
    fake.market.books.set("EURUSD", []);
    let books = 0;
    const subscription = agent.marketData.subscribeDepth(["GBPUSD", "EURUSD"], () => {
      books++;
      throw new Error("mine");
    });
    await clock.advance(50);
    expect(subscription.errors.get("GBPUSD")).toMatchObject({ code: "NO_DEPTH" });
    await expect(subscription.ready).rejects.toMatchObject({ code: "NO_DEPTH" });
    fake.market.book("EURUSD", levels);
    await clock.advance(10);
    expect(books).toBe(1);
    expect(errors.map((error) => error.message)).toEqual([expect.stringContaining("GBPUSD"), "mine"]);
    expect(subscription.active).toBe(true);
    agent.marketData.unsubscribeAll();
    expect(subscription.active).toBe(false);
  });

  test("a depth subscription that is closed before it is confirmed, or whose agent disconnects, is told so", async () => {
    const { agent, mt5, fake, clock, settle } = await connectedWorld();
    fake.market.books.set("EURUSD", []);
    const closed = agent.marketData.subscribeDepth(["EURUSD"], () => undefined);
    closed.unsubscribe();
    await expect(closed.ready).rejects.toMatchObject({ code: "CLOSED" });
    fake.cut();
    await clock.advance(1);
    const waiting = agent.marketData.subscribeDepth(["EURUSD"], () => undefined);
    await settle(mt5.disconnect());
    await expect(waiting.ready).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    expect(() => agent.marketData.subscribeDepth([], () => undefined)).toThrow("a symbol's name is missing");
  });

  test("a book that is none is told as an error, and the stream goes on", async () => {
    const { agent, fake, clock, settle, errors } = await connectedWorld();
    fake.market.books.set("EURUSD", []);
    let books = 0;
    await settle(
      agent.marketData.subscribeDepth(["EURUSD"], () => {
        books++;
      }).ready,
    );
    const head = { v: 1, epoch: fake.epoch, symbol: "EURUSD", agentMs: fake.agentMs };
    fake.sendBook("EURUSD", { ...head, n: 2 }, packBook(levels));
    fake.sendBook("EURUSD", { ...head, n: 5_000 }, packBook(levels));
    fake.sendBook("EURUSD", { ...head, symbol: "GBPUSD", n: 4 }, packBook(levels));
    const broken = packBook(levels);
    broken[0] = 9;
    fake.sendBook("EURUSD", { ...head, n: 4 }, broken);
    await clock.advance(20);
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(Array(4).fill("BAD_MESSAGE"));
    fake.market.book("EURUSD", levels);
    await clock.advance(20);
    expect(books).toBe(1);
    expect(unpackBook(packBook(levels))).toEqual(levels);
  });
});

describe("calendar and sessions", () => {
  test("calendar gives events in UTC, without the numbers that are not known", async () => {
    const { agent, fake, settle } = await connectedWorld();
    const event = {
      id: "1",
      eventId: "840030016",
      name: "Nonfarm Payrolls",
      country: "US",
      currency: "USD",
      importance: "high",
      timeBrokerMs: Date.UTC(2024, 0, 5, 15, 30),
      periodBrokerMs: 0,
      revision: 0,
      unit: "job",
      multiplier: "thousands",
      digits: 0,
      actual: 216,
      forecast: 170,
      previous: 199,
      revisedPrevious: 173,
      impact: "positive",
    } as const;
    fake.market.events = [
      event,
      {
        ...event,
        id: "2",
        currency: "EUR",
        country: "EU",
        periodBrokerMs: Date.UTC(2023, 11, 1),
        actual: null,
        forecast: null,
        previous: null,
        revisedPrevious: null,
      },
    ];
    const range = { from: new Date("2024-01-01"), to: new Date("2024-01-31") };
    const [us, eu] = await settle(agent.marketData.calendar(range).toArray());
    expect(us).toMatchObject({ time: new Date("2024-01-05T13:30:00Z"), actual: 216, previous: 199 });
    expect(us).toMatchObject({ unit: "job", multiplier: "thousands", digits: 0, revision: 0 });
    expect(us).not.toHaveProperty("period");
    expect(eu).toMatchObject({ period: new Date("2023-11-30T22:00:00Z") });
    expect(Object.keys(eu ?? {})).not.toContain("actual");
    const euro = await settle(
      agent.marketData.calendar({ ...range, currency: "EUR", country: "EU" }).toArray(),
    );
    expect(euro.map((one) => one.id)).toEqual(["2"]);
  });

  const zone = new BrokerTimeZone(newYorkCloseTime);
  const dayMinutes = 1_440;
  const week = symbolRecord("EURUSD", {
    tradeSessions: [1, 2, 3, 4, 5].map((day) => ({
      fromMinute: day * dayMinutes,
      toMinute: (day + 1) * dayMinutes,
    })),
  });

  test.each([
    // Friday 2024-01-12, 22:00 UTC is Saturday 00:00 of the broker: closed.
    ["2024-01-12T21:59:00Z", true, "2024-01-14T22:00:00.000Z", "2024-01-12T22:00:00.000Z"],
    ["2024-01-12T22:00:00Z", false, "2024-01-14T22:00:00.000Z", undefined],
    ["2024-01-14T22:00:00Z", true, "2024-01-21T22:00:00.000Z", "2024-01-19T22:00:00.000Z"],
    ["2024-07-12T20:59:00Z", true, "2024-07-14T21:00:00.000Z", "2024-07-12T21:00:00.000Z"],
  ])("sessions at %s: open %s, next %s, closes %s", (now, isOpen, nextOpen, closes) => {
    const sessions = tradingSessions(week, zone, Date.parse(now));
    expect([sessions.isOpen, sessions.nextOpen?.toISOString(), sessions.closes?.toISOString()]).toEqual([
      isOpen,
      nextOpen,
      closes,
    ]);
  });

  test("a session across the week's end is one, a symbol without pause never closes, one without sessions never opens", () => {
    const at = (minute: number): number => zone.toUtc(Date.UTC(2024, 0, 7) + minute * 60_000);
    const across = symbolRecord("X", {
      tradeSessions: [
        { fromMinute: 0, toMinute: 100 },
        { fromMinute: 10_000, toMinute: 10_080 },
      ],
    });
    const inside = tradingSessions(across, zone, at(50));
    expect([inside.isOpen, inside.closes?.getTime()]).toEqual([true, at(100)]);
    expect(tradingSessions(across, zone, at(10_050)).closes?.getTime()).toBe(at(10_180));
    const always = symbolRecord("X", { tradeSessions: [{ fromMinute: 0, toMinute: 10_080 }] });
    expect(tradingSessions(always, zone, at(5))).toMatchObject({
      isOpen: true,
      nextOpen: undefined,
      closes: undefined,
    });
    expect(tradingSessions(symbolRecord("X"), zone, at(5))).toMatchObject({
      isOpen: false,
      nextOpen: undefined,
    });
  });

  test("sessions with a pause at noon: the next opening is the nearest, today's or next week's first", () => {
    const at = (minute: number): number => zone.toUtc(Date.UTC(2024, 0, 7) + minute * 60_000);
    const monday = dayMinutes;
    const paused = symbolRecord("X", {
      tradeSessions: [
        { fromMinute: monday + 800, toMinute: monday + 1_000 },
        { fromMinute: monday + 540, toMinute: monday + 720 },
      ],
    });
    const state = (minute: number): unknown => {
      const { isOpen, nextOpen, closes } = tradingSessions(paused, zone, at(monday + minute));
      return [isOpen, nextOpen?.getTime(), closes?.getTime()];
    };
    expect(state(500)).toEqual([false, at(monday + 540), undefined]);
    expect(state(600)).toEqual([true, at(monday + 800), at(monday + 720)]);
    expect(state(750)).toEqual([false, at(monday + 800), undefined]);
    expect(state(900)).toEqual([true, at(monday + 540 + 7 * dayMinutes), at(monday + 1_000)]);
  });

  test("getTradingSessions reads the symbol's own", async () => {
    const { agent, fake, settle } = await connectedWorld();
    fake.symbols.set("EURUSD", week);
    expect(await settle(agent.marketData.getTradingSessions("EURUSD"))).toMatchObject({
      symbol: "EURUSD",
      isOpen: true,
      trade: week.tradeSessions,
    });
  });
});
