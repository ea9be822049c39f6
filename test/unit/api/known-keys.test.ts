import { expect, test } from "vitest";
import { InvalidRequestError, type MT5Agent } from "../../../src/connector/mod.ts";
import { connectedWorld } from "../../kit/connector-world.ts";

/** Each call as a caller without types may write it, with what it is refused for. */
const misspelt: readonly (readonly [string, (trade: never) => Promise<unknown>, string, string])[] = [
  call("marketBuy", ["EURUSD", 0.1, { stoploss: 1 }], '"stoploss"', "Did you mean stopLoss?"),
  call("marketSell", ["EURUSD", 0.1, { tp: 1 }], '"tp"', "Did you mean takeProfit?"),
  call("marketBuy", ["EURUSD", 0.1, { volume: 5 }], '"volume"', "Known here: "),
  call("marketBuy", ["EURUSD", 0.1, 1.09], "1.09 is no object", "Give an object with some of: "),
  call("marketOrder", [{ symbol: "EURUSD", type: "buy", lots: 0.1 }], '"lots"', "Did you mean volume?"),
  call("marketOrder", [{ ...order(), stopLoss: 1, expires: 1 }], '"expires"', "Known here: "),
  call("marketOrder", [undefined], "no parameters are given", "Give them as an object"),
  call("pendingOrder", [{ ...order(), type: "buyLimit", price: 1, sl: 1 }], '"sl"', "stopLoss?"),
  call("buyLimit", ["EURUSD", 0.1, 1, { deviation: 1 }], '"deviation"', "Known here: "),
  call("sellLimit", ["EURUSD", 0.1, 1, { Stoploss: 1 }], '"Stoploss"', "stopLoss?"),
  call("buyStop", ["EURUSD", 0.1, 1, { coment: "" }], '"coment"', "comment?"),
  call("sellStop", ["EURUSD", 0.1, 1, { timeinforce: "gtc" }], '"timeinforce"', "timeInForce?"),
  call("buyStopLimit", ["EURUSD", 0.1, 1, 1, { takeprofit: 2 }], '"takeprofit"', "takeProfit?"),
  call("sellStopLimit", ["EURUSD", 0.1, 1, 1, { takeprofit: 2 }], '"takeprofit"', "takeProfit?"),
  call("modifyOrder", [1, { stoploss: 1, price: 1 }], '"stoploss"', "stopLoss?"),
  call("modifyOrder", [1, { price: 1 }, { ID: "a" }], '"ID"', "Did you mean id?"),
  call("modifyPosition", [1, { stopLoss: 1, takeprofit: 1 }], '"takeprofit"', "takeProfit?"),
  call("cancelOrder", [1, { timeout: 1 }], '"timeout"', "timeoutMs?"),
  call("closePosition", [1, 0.1, { slippage: 1 }], '"slippage"', "deviation?"),
  call("closePosition", [1, undefined, { volume: 0.1 }], '"volume"', "Known here: "),
  call("closeBy", [1, 2, { comment: "" }], '"comment"', "Known here: "),
  call("trailingStop", [1, { distance: 1, steps: 1 }], '"steps"', "step?"),
  call("orderCheck", [{ ...order(), stoploss: 1 }], '"stoploss"', "stopLoss?"),
  call("orderCheck", [order(), { timeout: 1 }], '"timeout"', "timeoutMs?"),
  call("calcMargin", [{ ...order(), prise: 1 }], '"prise"', "price?"),
  call("calcProfit", [{ ...order(), openprice: 1, closePrice: 1 }], '"openprice"', "openPrice?"),
  call(
    "marketBuy",
    ["EURUSD", 0.1, { sl: 1, tp: 2 }],
    'keys "sl", "tp"',
    "stopLoss? Did you mean takeProfit?",
  ),
  call("marketBuy", ["EURUSD", 0.1, { expiration: "2030-01-01" }], "expiration is no date", "Give a Date"),
  call("marketBuy", ["EURUSD", 0.1, { expiration: new Date(Number.NaN) }], "expiration is no date", "a Date"),
  call("buyLimit", ["EURUSD", 0.1, 1, { expiration: 1e13 }], "expiration is no date", "Give a Date"),
  call("batchOrders", [{ 0: order() }], "it is no list", "Give an array of orders"),
  call("outcome", ["id", { timeout: 1 }], '"timeout"', "timeoutMs?"),
];

test.each(misspelt)(
  "trade.%s refuses a key that it does not know before anything is sent",
  async (_, run, reason, remedy) => {
    const { agent, fake, failure } = await connectedWorld();
    const error = await failure(run(agent.trade as never));
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ code: "INVALID_REQUEST", certain: true });
    expect((error as InvalidRequestError).message).toContain(reason);
    expect((error as InvalidRequestError).remedy).toContain(remedy);
    expect(fake.commands).toEqual([]);
  },
);

type Ask = (agent: MT5Agent) => unknown;
const odd = { timeout: 5 } as never;
const span = { from: new Date(0), to: new Date(1) };

/** Each query as a caller without types may write it, with what it is refused for. */
const queries: readonly (readonly [string, Ask, string, string])[] = [
  ...Object.entries({
    "account.getInfo": ({ account }) => account.getInfo(odd),
    "account.getBalance": ({ account }) => account.getBalance(odd),
    "account.getEquity": ({ account }) => account.getEquity(odd),
    "account.getMargin": ({ account }) => account.getMargin(odd),
    "account.getFreeMargin": ({ account }) => account.getFreeMargin(odd),
    "account.getMarginLevel": ({ account }) => account.getMarginLevel(odd),
    "positions.getAll": ({ positions }) => positions.getAll(odd),
    "positions.get": ({ positions }) => positions.get(1, odd),
    "orders.getAll": ({ orders }) => orders.getAll(odd),
    "orders.get": ({ orders }) => orders.get(1, odd),
    "history.orders": ({ history }) => history.orders({ from: new Date(0) }, odd),
    "history.deals": ({ history }) => history.deals({ from: new Date(0) }, odd),
    "history.positions": ({ history }) => history.positions({ from: new Date(0) }, odd),
    "history.getPosition": ({ history }) => history.getPosition(1, odd),
    "marketData.getSymbolInfo": ({ marketData }) => marketData.getSymbolInfo("EURUSD", odd),
    "marketData.getAllSymbols": ({ marketData }) => marketData.getAllSymbols(odd),
    "marketData.getTradingSessions": ({ marketData }) => marketData.getTradingSessions("EURUSD", odd),
    "marketData.getTick": ({ marketData }) => marketData.getTick("EURUSD", odd),
    "marketData.getPrice": ({ marketData }) => marketData.getPrice("EURUSD", odd),
    "marketData.getBars": ({ marketData }) => marketData.getBars("EURUSD", "M1", span.from, span.to, odd),
    "marketData.getLastBars": ({ marketData }) => marketData.getLastBars("EURUSD", "M1", 1, odd),
    "marketData.bars": ({ marketData }) => marketData.bars("EURUSD", "M1", span.from, span.to, odd),
    "marketData.ticks": ({ marketData }) => marketData.ticks("EURUSD", span.from, span.to, odd),
    "marketData.calendar": ({ marketData }) => marketData.calendar(span, odd),
    waitForSync: (agent) => agent.waitForSync(odd),
  } satisfies Record<string, Ask>).map(
    ([name, ask]) => [name, ask, 'unknown key "timeout"', "Did you mean timeoutMs?"] as const,
  ),
  [
    "positions.getAll",
    ({ positions }) => positions.getAll({ Symbol: "EURUSD" } as never),
    '"Symbol"',
    "symbol?",
  ],
  [
    "positions.getAll",
    ({ positions }) => positions.getAll("EURUSD" as never),
    "EURUSD is no object",
    "symbol",
  ],
  ["orders.getAll", ({ orders }) => orders.getAll({ symbol: 7 } as never), "symbol is no name", "exact name"],
  [
    "history.deals",
    ({ history }) => history.deals({ form: new Date(0) } as never),
    '"form"',
    "Did you mean from?",
  ],
  [
    "history.deals",
    ({ history }) => history.deals({ symbol: "EURUSD" } as never),
    "nothing is selected",
    "ticket",
  ],
  ["history.deals", ({ history }) => history.deals(undefined as never), "undefined is no object", "from"],
  [
    "history.orders",
    ({ history }) => history.orders({ from: new Date(0), ticket: 1 } as never),
    "from and ticket exclude each other",
    "one of",
  ],
  [
    "marketData.calendar",
    ({ marketData }) => marketData.calendar({ ...span, curency: "USD" } as never),
    '"curency"',
    "currency?",
  ],
  [
    "marketData.calendar",
    ({ marketData }) => marketData.calendar({ ...span, currency: "usd" }),
    '"usd"',
    "USD",
  ],
  [
    "marketData.calendar",
    ({ marketData }) => marketData.calendar({ from: span.from } as never),
    "to is no date",
    "Date",
  ],
  [
    "account.getInfo",
    ({ account }) => account.getInfo({ timeoutMs: "5" } as never),
    'timeoutMs "5" (text)',
    "milliseconds",
  ],
  ["orders.getAll", ({ orders }) => orders.getAll({ symbol: "" }), "symbol is no name", "exact name"],
  ["positions.getAll", ({ positions }) => positions.getAll({ symbol: 5 as never }), "no name", "exact name"],
  ["account.getInfo", ({ account }) => account.getInfo({ timeoutMs: -1 }), "timeoutMs -1", "milliseconds"],
];

test.each(queries)(
  "%s refuses what it does not know before anything is asked",
  async (_, ask, reason, remedy) => {
    const { agent, fake, failure } = await connectedWorld();
    const asked = fake.requests.length;
    const error = await failure((async () => ask(agent))());
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).message).toContain(reason);
    expect((error as InvalidRequestError).remedy).toContain(remedy);
    expect(fake.requests.length).toBe(asked);
  },
);

test("a group's misspelt strategy is refused", async () => {
  const { mt5 } = await connectedWorld();
  expect(() => mt5.group(undefined, { stratgy: "round-robin" } as never)).toThrow('unknown key "stratgy"');
});

test.each([
  ["closeAllPositions", { symbol: "EURUSD" }],
  ["closeAllPositions", ""],
  ["cancelAllOrders", ["EURUSD"]],
] as const)("%s refuses %j, which would match nothing", async (name, symbol) => {
  const { agent, fake, settle, failure } = await connectedWorld();
  await settle(agent.trade.marketBuy("EURUSD", 0.1));
  const error = await failure(agent.trade[name](symbol as never));
  expect(error).toMatchObject({ message: expect.stringContaining("is no symbol's name") });
  expect(fake.executed).toHaveLength(1);
});

test.each(["subscribe", "subscribeDepth"] as const)(
  "%s refuses one symbol without its list",
  async (name) => {
    const { agent } = await connectedWorld();
    expect(() => agent.marketData[name]("EURUSD" as never, () => undefined)).toThrow(
      '"EURUSD" is no list of symbols',
    );
  },
);

test.each(["subscribe", "subscribeDepth"] as const)(
  "%s refuses a callback that is no function",
  async (name) => {
    const { agent, fake, clock } = await connectedWorld();
    const asked = fake.requests.length;
    expect(() => agent.marketData[name](["EURUSD"], undefined as never)).toThrow(
      "the callback is no function",
    );
    await clock.advance(10);
    expect(fake.requests.length).toBe(asked);
  },
);

test("a volume that is text is called so", async () => {
  const { agent, fake, failure } = await connectedWorld();
  const error = await failure(agent.trade.marketBuy("EURUSD", "0.1" as never));
  expect(error).toMatchObject({
    message: expect.stringContaining('volume "0.1" (text) is not a number of lots'),
  });
  expect(fake.commands).toEqual([]);
});

test("every trade option that the interface names is taken", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const signal = new AbortController().signal;
  await settle(
    agent.trade.marketBuy("EURUSD", 0.1, {
      stopLoss: 1.05,
      takeProfit: 1.2,
      deviation: 1,
      comment: "c",
      magic: 1,
      expiration: new Date(8.64e15),
      filling: "auto",
      tag: "comment",
      id: "mine",
      timeoutMs: 1_000,
      signal,
    }),
  );
  expect(fake.executed).toHaveLength(1);
});

test("batchOrders refuses an entry with a key or kind that it does not know, and sends the others", async () => {
  const { agent, fake, settle } = await connectedWorld();
  const entries = [
    { ...order(), stoploss: 1 },
    { ...order(), kind: "markt" },
    { ...order(), kind: "market", type: "buyLimit", price: 1 },
    { kind: "close", ticket: 1, lots: 0.1 },
    { kind: "modifyPosition", ticket: 1, stoploss: 1, takeProfit: 1 },
    null,
    order(),
  ];
  const results = await settle(agent.trade.batchOrders(entries as never));
  expect(results.map(({ status }) => status)).toEqual([...Array(6).fill("rejected"), "fulfilled"]);
  expect(fake.executed).toHaveLength(1);
  const [first, second, , fourth] = results;
  expect(first).toMatchObject({ reason: { remedy: "Did you mean stopLoss?" } });
  expect(second).toMatchObject({ reason: { message: expect.stringContaining('kind "markt"') } });
  expect(fourth).toMatchObject({ reason: { remedy: "Did you mean volume?" } });
});

function order(): { symbol: string; type: string; volume: number } {
  return { symbol: "EURUSD", type: "buy", volume: 0.1 };
}

function call(
  name: keyof MT5Agent["trade"],
  parameters: readonly unknown[],
  reason: string,
  remedy: string,
): readonly [string, (trade: never) => Promise<unknown>, string, string] {
  const run = (trade: Readonly<Record<string, (...all: readonly unknown[]) => Promise<unknown>>>) =>
    trade[name]?.(...parameters) ?? Promise.resolve();
  return [name, run as (trade: never) => Promise<unknown>, reason, remedy];
}
