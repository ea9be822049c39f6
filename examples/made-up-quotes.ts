import { generatedMarket, type TickSource } from "../src/simulator/mod.ts";

/** A session of London, at about one quote in five seconds. */
const quotes = 3_600;
const startUtcMs = Date.UTC(2024, 0, 10, 8);

/**
 * A recording of EURUSD in the format `timestamp,bid,ask`, for those who have none of their own. It is made up: a seeded
 * walk, the same in every runtime, so a backtest on it gives the same result everywhere. `--quotes FILE` plays a real
 * one instead.
 */
export async function madeUpRecording(seed: number): Promise<string> {
  const market: TickSource = generatedMarket({
    seed,
    startUtcMs,
    maxTicks: quotes,
    symbols: [
      {
        name: "EURUSD",
        digits: 5,
        startPrice: 1.0942,
        volatilityPoints: 2.4,
        spreadPoints: [2, 6],
        ticksPerSecond: 0.2,
      },
    ],
  });
  const lines = ["timestamp,bid,ask"];
  for (let batch = await market.nextBatch(); batch !== undefined; batch = await market.nextBatch()) {
    for (const { utcMs, bid, ask } of batch) lines.push(`${utcMs},${bid.toFixed(5)},${ask.toFixed(5)}`);
  }
  return `${lines.join("\n")}\n`;
}
