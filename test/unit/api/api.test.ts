import { expect, test } from "vitest";
import {
  InvalidRequestError,
  LimitExceededError,
  RateLimitError,
  RequestRefusedError,
  TradeType,
} from "../../../src/connector/mod.ts";
import { connectedWorld } from "../../kit/connector-world.ts";
import { symbolRecord } from "../../kit/fake-agent.ts";

test("marketOrder sends what was asked, on the symbol's grid", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const trade = await settle(
    agent.trade.marketOrder({
      symbol: "EURUSD",
      type: TradeType.SELL,
      volume: 0.1 + 0.2,
      stopLoss: 1.105_004_9,
      takeProfit: 1.09,
      deviation: 7,
      comment: "strategy 1",
      magic: 12_345,
      filling: "ioc",
      tag: "magic",
    }),
  );
  expect(fake.executed).toEqual([
    {
      kind: "market",
      symbol: "EURUSD",
      side: "sell",
      volume: 0.3,
      stopLoss: 1.105,
      takeProfit: 1.09,
      deviation: 7,
      magic: "12345",
      comment: "strategy 1",
      filling: "ioc",
      tag: "magic",
    },
  ]);
  expect(trade).toMatchObject({
    magic: 12_345,
    stopLoss: 1.105,
    takeProfit: 1.09,
    type: "sell",
    retcodeName: "DONE",
  });
});

test("a volume off the grid is refused with the two that lie on it", async () => {
  const { agent, failure } = await connectedWorld();
  for (const [volume, advice] of [
    [0.014, "Use 0.01 or 0.02"],
    [0.015, "Use 0.01 or 0.02"],
    [0.299, "Use 0.29 or 0.3"],
    [0.004, "Use 0.01 or more"],
  ] as const) {
    const error = await failure(agent.trade.marketBuy("EURUSD", volume));
    expect(error).toMatchObject({ remedy: expect.stringContaining(advice) });
  }
});

test.each([
  [{ volume: 0.015 }, "volume 0.015 is no multiple of step 0.01"],
  [{ volume: 0 }, "volume 0 is not a number of lots above 0"],
  [{ volume: Number.NaN }, "volume NaN is not a number of lots above 0"],
  [{ volume: 51 }, "volume 51 is above the maximum 50"],
  [{ stopLoss: 1.2, takeProfit: 1.1 }, "stopLoss 1.2 is not below takeProfit 1.1"],
  [{ stopLoss: -1 }, "stopLoss -1 is not a price"],
  [{ takeProfit: 0.000_001 }, "takeProfit 0.000001 is below one tick of 0.00001"],
  [{ comment: "x".repeat(32) }, "the comment is longer than 31 characters"],
  [{ magic: -1 }, "magic -1 is not a whole number from 0"],
  [{ magic: 2 ** 53 }, "magic 9007199254740992 is not a whole number from 0"],
  [{ deviation: 1.5 }, "deviation 1.5 is not a whole number of points"],
  [{ id: "with space" }, "its id is not 1 to 64 printable ASCII characters without space"],
  [{ timeoutMs: 0 }, "timeoutMs 0 is not from 1 to 60000"],
  [{ expiration: new Date(0) }, "its expiration has passed"],
  [{ type: "hold" }, "type hold is not a market order's"],
  [{ symbol: "" }, "no symbol is given"],
])("marketOrder refuses %j before anything is sent", async (change, reason) => {
  const { agent, fake, failure } = await connectedWorld();
  const order = { symbol: "EURUSD", type: TradeType.BUY, volume: 0.1, ...change } as never;
  const error = await failure(agent.trade.marketOrder(order));
  expect(error).toBeInstanceOf(InvalidRequestError);
  expect((error as InvalidRequestError).message).toContain(reason);
  expect((error as InvalidRequestError).remedy).not.toBe("");
  expect(fake.commands).toEqual([]);
});

test("volumes on a coarse step and prices on a quarter tick keep their grid", async () => {
  const { agent, fake, settle } = await connectedWorld();
  fake.symbols.set(
    "US500",
    symbolRecord("US500", { volumeMin: 1, volumeStep: 1, tickSize: 0.25, digits: 2 }),
  );
  await settle(agent.trade.marketBuy("US500", 3, { stopLoss: 5_000.3 }));
  expect(fake.executed).toMatchObject([{ volume: 3, stopLoss: 5_000.25 }]);
});

test("an unknown symbol is refused with the names that were probably meant", async () => {
  const { agent, fake, failure } = await connectedWorld();
  fake.symbols.set("EURUSDm", symbolRecord("EURUSDm"));
  fake.symbols.delete("EURUSD");
  const error = await failure(agent.trade.marketBuy("EURUSD", 0.1));
  expect(error).toBeInstanceOf(RequestRefusedError);
  expect(error).toMatchObject({ code: "UNKNOWN_SYMBOL", remedy: expect.stringContaining("EURUSDm") });
});

test("limits.maxVolume and maxPositions refuse opens with the reason, and never a close", async () => {
  const limits = { maxVolume: 0.5, maxPositions: 1 };
  const { agent, failure, settle } = await connectedWorld({ limits });
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.6))).toMatchObject({ code: "MAX_VOLUME" });
  const trade = await settle(agent.trade.marketBuy("EURUSD", 0.5));
  const error = await failure(agent.trade.marketBuy("EURUSD", 0.1));
  expect(error).toBeInstanceOf(LimitExceededError);
  expect(error).toMatchObject({ code: "MAX_POSITIONS" });
  await settle(agent.trade.closePosition(trade.ticket));
  await settle(agent.trade.marketBuy("EURUSD", 0.1));
});

test("limits.maxPositions counts orders that are on their way", async () => {
  const { agent, settle } = await connectedWorld({ limits: { maxPositions: 2 } });
  await settle(agent.marketData.getSymbolInfo("EURUSD"));
  const results = await settle(
    Promise.allSettled(Array.from({ length: 5 }, () => agent.trade.marketBuy("EURUSD", 0.1))),
  );
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(2);
});

test("limits.maxOrdersPerSecond refuses what is too much in any second, and never a close", async () => {
  const { agent, clock, failure, settle } = await connectedWorld({ limits: { maxOrdersPerSecond: 2 } });
  const trades = [
    await settle(agent.trade.marketBuy("EURUSD", 0.1)),
    await settle(agent.trade.marketBuy("EURUSD", 0.1)),
  ];
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toBeInstanceOf(RateLimitError);
  for (const trade of trades) await settle(agent.trade.closePosition(trade.ticket));
  await clock.advance(1_000);
  await settle(agent.trade.marketBuy("EURUSD", 0.1));
});

test("an open breaker stops opens, and lets closes pass", async () => {
  const options = { errorHandling: { circuitBreaker: { failureThreshold: 2, recoveryTimeoutMs: 60_000 } } };
  const { agent, fake, failure, settle } = await connectedWorld({ options });
  const trade = await settle(agent.trade.marketBuy("EURUSD", 0.1));
  for (let i = 0; i < 2; i++) {
    fake.answers.push({ kind: "silence" });
    await failure(agent.trade.marketBuy("EURUSD", 0.1, { timeoutMs: 100 }));
  }
  expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toMatchObject({ code: "CIRCUIT_OPEN" });
  await settle(agent.trade.closePosition(trade.ticket));
  await settle(agent.account.getInfo());
});

test("closePosition closes a part, takes the exact text of a ticket, and leaves the rest open", async () => {
  const { agent, settle } = await connectedWorld();
  const trade = await settle(agent.trade.marketBuy("EURUSD", 0.3));
  const part = await settle(agent.trade.closePosition(trade.ticketText, 0.1));
  expect(part).toMatchObject({
    ticket: trade.ticket,
    volume: 0.1,
    requestedVolume: 0.1,
    openPrice: trade.price,
  });
  expect((await settle(agent.positions.get(trade.ticket))).volume).toBe(0.2);
  await settle(agent.trade.closePosition(trade.ticket));
  expect(await settle(agent.positions.getAll())).toEqual([]);
});

test("a foreign ticket above 2^53 fails nothing: its number is undefined, and its text closes it", async () => {
  const { agent, clock, fake, failure, settle } = await connectedWorld();
  const position = fake.openPosition();
  fake.positions.delete(position.ticket);
  const huge = {
    ...position,
    ticket: "9007199254740993",
    identifier: "9007199254740993",
    magic: "4611686018427387905",
  };
  fake.positions.set(huge.ticket, huge);
  fake.publish({ type: "position", change: "opened", position: huge });
  await clock.advance(5);
  const [info] = await settle(agent.positions.getAll());
  expect(info).toMatchObject({ ticketText: "9007199254740993", magicText: "4611686018427387905" });
  expect([info?.ticket, info?.magic]).toEqual([undefined, undefined]);
  expect(await failure(agent.trade.closePosition(info?.ticket as number))).toBeInstanceOf(
    InvalidRequestError,
  );
  const closed = await settle(agent.trade.closePosition(info?.ticketText ?? ""));
  expect(closed.ticketText).toBe("9007199254740993");
});

test("times are UTC by the broker's daylight-saving rule, with the broker's own stamp beside", async () => {
  const { agent, clock, fake, settle } = await connectedWorld();
  fake.openPosition();
  await clock.advance(5);
  const [position] = await settle(agent.positions.getAll());
  expect(position?.openTime.getTime()).toBe((position?.openTimeBrokerMs ?? 0) - 7_200_000);
  expect(agent.brokerTime).toMatchObject({ source: "agent", rule: { daylight: "us" } });
});

test("account getters give the terminal's account, and the mirror follows its stream", async () => {
  const { agent, clock, fake, settle } = await connectedWorld();
  fake.publishAccount({ equity: 10_050, margin: 100, freeMargin: 9_950, marginLevel: 10_050 });
  const updates: number[] = [];
  agent.on("accountUpdate", (account) => updates.push(account.equity));
  await clock.advance(5);
  expect(updates).toEqual([10_050]);
  expect(agent.mirror.account).toMatchObject({ equity: 10_050, login: 1001 });
  expect(await settle(agent.account.getBalance())).toBe(10_000);
  expect(await settle(agent.account.getEquity())).toBe(10_050);
  expect(await settle(agent.account.getFreeMargin())).toBe(9_950);
  expect(await settle(agent.account.getMarginLevel())).toBe(10_050);
  expect(await settle(agent.account.getMargin())).toEqual({
    margin: 100,
    freeMargin: 9_950,
    marginLevel: 10_050,
  });
});

test("getTick gives the last quote, and an error where there has been none", async () => {
  const { agent, fake, failure, settle } = await connectedWorld();
  expect(await failure(agent.marketData.getTick("EURUSD"))).toMatchObject({ code: "NO_QUOTE" });
  fake.tick("EURUSD", 1.1, 1.2);
  expect(await settle(agent.marketData.getTick("EURUSD"))).toMatchObject({ symbol: "EURUSD", bid: 1.2 });
  expect((await settle(agent.marketData.getAllSymbols())).map((symbol) => symbol.name)).toEqual(["EURUSD"]);
});

test("a subscription hears every tick once, through a reconnect, and counts what was lost", async () => {
  const { agent, clock, fake, settle } = await connectedWorld();
  const bids: number[] = [];
  const subscription = agent.marketData.subscribe(["EURUSD"], (tick) => bids.push(tick.bid));
  await settle(subscription.ready);
  fake.tick("EURUSD", 1, 2);
  await clock.advance(5);
  fake.cut();
  fake.tick("EURUSD", 3, 4, 5);
  await clock.advance(5_000);
  fake.tick("EURUSD", 6);
  await clock.advance(5);
  expect(bids).toEqual([1, 2, 6]);
  expect(subscription.lostTicks.get("EURUSD")).toBe(3);
  expect(agent.mirror.price("EURUSD")?.bid).toBe(6);
  subscription.unsubscribe();
  fake.tick("EURUSD", 7);
  await clock.advance(5);
  expect(bids).toEqual([1, 2, 6]);
  expect(subscription.active).toBe(false);
  expect([...fake.sessions.values()][0]?.symbols.size).toBe(0);
});

test("EURUSD does not hear EURUSDm, and two subscriptions of a symbol share its stream", async () => {
  const { agent, clock, fake, settle } = await connectedWorld();
  fake.symbols.set("EURUSDm", symbolRecord("EURUSDm"));
  const heard: string[] = [];
  const one = agent.marketData.subscribe(["EURUSD"], (tick) => heard.push(`1 ${tick.symbol}`));
  const two = agent.marketData.subscribe(["EURUSD", "EURUSDm"], (tick) => heard.push(`2 ${tick.symbol}`));
  await settle(Promise.all([one.ready, two.ready]));
  fake.tick("EURUSD", 1);
  fake.tick("EURUSDm", 1);
  await clock.advance(5);
  expect(heard.toSorted()).toEqual(["1 EURUSD", "2 EURUSD", "2 EURUSDm"]);
  agent.marketData.unsubscribe(two);
  await clock.advance(5);
  fake.tick("EURUSD", 2);
  await clock.advance(5);
  expect(heard).toHaveLength(4);
  agent.marketData.unsubscribeAll();
  expect(one.active).toBe(false);
});

test("a symbol that is refused rejects ready and is told as an error, and the others flow", async () => {
  const { agent, clock, errors, failure, fake } = await connectedWorld();
  const heard: string[] = [];
  const subscription = agent.marketData.subscribe(["EURUSD", "NONE"], (tick) => heard.push(tick.symbol));
  expect(await failure(subscription.ready)).toMatchObject({ code: "UNKNOWN_SYMBOL" });
  expect([...subscription.errors.keys()]).toEqual(["NONE"]);
  expect(errors).toMatchObject([{ code: "UNKNOWN_SYMBOL" }]);
  expect(subscription.active).toBe(true);
  fake.tick("EURUSD", 1);
  await clock.advance(5);
  expect(heard).toEqual(["EURUSD"]);
});

test("a callback that throws is told as an error and keeps hearing", async () => {
  const { agent, clock, errors, fake, settle } = await connectedWorld();
  let calls = 0;
  const subscription = agent.marketData.subscribe(["EURUSD"], () => {
    calls++;
    throw new Error("strategy");
  });
  await settle(subscription.ready);
  fake.tick("EURUSD", 1, 2);
  await clock.advance(5);
  expect(calls).toBe(2);
  expect(errors.map((error) => error.message)).toEqual(["strategy", "strategy"]);
});

test("a subscription made while disconnected flows after the connect", async () => {
  const { agent, clock, fake, mt5, settle } = await connectedWorld();
  await settle(mt5.disconnect());
  const heard: number[] = [];
  const subscription = agent.marketData.subscribe(["EURUSD"], (tick) => heard.push(tick.bid));
  await settle(mt5.connect());
  await settle(subscription.ready);
  fake.tick("EURUSD", 3);
  await clock.advance(5);
  expect(heard).toEqual([3]);
});

test("a lost reply is asked again, and a refusal is not", async () => {
  const { agent, fake, failure, settle } = await connectedWorld();
  let lost = 0;
  fake.loseToConnector = (channel, _, body): boolean =>
    channel === "sync" && JSON.stringify(body).includes('"account"') && lost++ === 0;
  expect((await settle(agent.account.getInfo())).login).toBe(1001);
  fake.refuseRequest = (op): string | undefined => (op === "account" ? "INTERNAL" : undefined);
  const before = fake.requests.filter((request) => request.op === "account").length;
  expect(await failure(agent.account.getInfo())).toMatchObject({
    name: "RequestRefusedError",
    code: "INTERNAL",
  });
  expect(fake.requests.filter((request) => request.op === "account").length).toBe(before + 1);
  fake.refuseRequest = (op): string | undefined => (op === "account" ? "BUSY" : undefined);
  expect(await failure(agent.account.getInfo())).toBeInstanceOf(RateLimitError);
});

test("trade events tell stops that were hit, and a fill is told once with its average price", async () => {
  const { agent, clock, fake } = await connectedWorld();
  const events: string[] = [];
  agent.on("trade", (event) => events.push(`${event.type} ${event.side} ${event.volume}`));
  const position = fake.openPosition("EURUSD", "buy", 0.2);
  await clock.advance(5);
  fake.closePosition(position.ticket, true, "stopOut");
  await clock.advance(5);
  expect(events).toEqual(["orderFilled buy 0.2", "stoppedOut sell 0.2", "orderFilled sell 0.2"]);
});

test("metrics count what happened", async () => {
  const { agent, mt5, settle } = await connectedWorld();
  await settle(agent.trade.marketBuy("EURUSD", 0.1));
  expect(mt5.getMetrics()).toMatchObject({
    enabled: true,
    agents: { main: { state: "connected", trades: { count: 1 }, ledgerEvents: 4, openCommands: 0 } },
  });
});
