/**
 * Everything that a terminal knows of its market: symbols, sessions, bars, ticks of the past, market depth, and the
 * economic calendar. Runs on a simulated account in virtual time.
 *
 *     node examples/market-data.js
 */
import { Timeframe } from "../mod.ts";
import { inSandbox, madeUpMarket, runExample, type Sandbox } from "./sandbox.ts";

async function look({ agent, pass }: Sandbox): Promise<void> {
  const { marketData } = agent;
  const symbols = await marketData.getAllSymbols();
  console.log(`${symbols.length} symbols: ${symbols.map((symbol) => symbol.name).join(", ")}`);
  const info = await marketData.getSymbolInfo("EURUSD");
  console.log(`${info.description}: ${info.digits} digits, ${info.minVolume} to ${info.maxVolume} lots`);
  const sessions = await marketData.getTradingSessions("EURUSD");
  console.log(`open ${sessions.isOpen}, closes ${sessions.closes?.toISOString()}`);

  // An hour of ticks, and the newest order book of it.
  let ticks = 0;
  let book = "";
  const stream = marketData.subscribe(["EURUSD"], () => ticks++);
  const depth = marketData.subscribeDepth(["EURUSD"], ({ bids, asks }) => {
    book = `${bids[0]?.volume} lots at ${bids[0]?.price}, ${asks[0]?.volume} at ${asks[0]?.price}`;
  });
  await Promise.all([stream.ready, depth.ready]);
  await pass(3_600_000);
  marketData.unsubscribeAll();
  console.log(`${ticks} ticks in an hour, ${stream.lostTicks.get("EURUSD") ?? 0} lost; book: ${book}`);

  const bars = await marketData.getLastBars("EURUSD", Timeframe.M15, 4);
  for (const bar of bars) {
    console.log(
      `${bar.time.toISOString()} ${bar.open} ${bar.high} ${bar.low} ${bar.close} (${bar.tickVolume} ticks)`,
    );
  }
  const last = bars.at(-1);
  if (last === undefined) throw new Error("There are no bars");
  let past = 0;
  for await (const _ of marketData.ticks("EURUSD", last.time, new Date(last.time.getTime() + 900_000)))
    past++;
  console.log(`the last bar was made of ${past} ticks`);
  if (past !== last.tickVolume) throw new Error("Bar and ticks do not agree");

  const week = 7 * 86_400_000;
  const now = last.time.getTime();
  const news = await marketData
    .calendar({ from: new Date(now - week), to: new Date(now + week), currency: "USD" })
    .toArray();
  for (const event of news) {
    const number = (value: number | undefined): string => value?.toFixed(event.digits) ?? "-";
    console.log(
      `${event.time.toISOString()} ${event.importance.padEnd(8)} ${event.name}: ` +
        `${number(event.actual)} (expected ${number(event.forecast)}, before ${number(event.previous)})`,
    );
  }
}

await runExample(() => inSandbox({ source: madeUpMarket(3, "EURUSD", "GBPUSD") }, look));
