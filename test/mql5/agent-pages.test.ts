import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealRecord, OrderRecord } from "../../src/domain/records.ts";
import { refusal, result } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

describe("what the expert gives of the past, and when it does not", { timeout: 300_000 }, () => {
  let bench: AgentBench;
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("ticks: HISTORY_LOADING, never a part, while the terminal has not loaded all", async () => {
    const symbols = bench.terminal.symbols().map((symbol) => ({ ...symbol, ticksLoading: true }));
    Object.defineProperty(bench.terminal, "symbols", { configurable: true, value: () => symbols });
    await bench.start();
    const raw = await bench.raw();
    await raw.hello();
    const toBrokerMs = bench.terminal.brokerMs() + 1_000;
    const args = { symbol: "EURUSD", fromBrokerMs: 0, toBrokerMs };
    expect(refusal(await raw.request("ticks", args))).toBe("HISTORY_LOADING");
    for (const symbol of symbols) symbol.ticksLoading = false;
    bench.refresh();
    await bench.program.synced();
    expect(result<{ n: number }>(await raw.request("ticks", args)).n).toBeGreaterThan(0);
  });

  it("history: ticket or position 0 selects what has none, not everything", async () => {
    await bench.start();
    const raw = await bench.live();
    const intent = { kind: "market", symbol: "EURUSD", side: "buy", volume: 0.1, stopLoss: 0, takeProfit: 0 };
    const rest = { deviation: 10, magic: "0", comment: "", filling: "auto", tag: "comment" };
    raw.sendCommand(raw.command("made", JSON.stringify({ ...intent, ...rest })));
    expect((await bench.outcome(raw, "made")).state).toBe("executed");
    const orders = async (args: object): Promise<number> =>
      result<{ orders: OrderRecord[] }>(await raw.request("history.orders", args)).orders.length;
    const deals = async (args: object): Promise<readonly string[]> =>
      result<{ deals: DealRecord[] }>(await raw.request("history.deals", args)).deals.map((one) => one.order);
    expect(await orders({ fromBrokerMs: 0, toBrokerMs: bench.terminal.brokerMs() + 1_000 })).toBe(1);
    expect(await orders({ ticket: "0" })).toBe(0);
    for (const args of [{ ticket: "0" }, { position: "0" }])
      expect((await deals(args)).filter((order) => order !== "0")).toEqual([]);
  });
});
