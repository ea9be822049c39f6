import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram } from "../../build/mql5/compile.ts";
import { openSimulation } from "../../src/simulator/broker/mod.ts";
import { generatedMarket } from "../../src/simulator/market/mod.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { TerminalFeed } from "./kit/feed.ts";
import { defaultFlavour, requireHost } from "./kit/peers.ts";
import { Program } from "./kit/program.ts";

const experts = join(dirname(fileURLToPath(import.meta.url)), "experts");

describe("TerminalFeed", { timeout: 120_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it("lets a program trade at the simulated broker: its order is filled there, its tables follow", async () => {
    const binary = await compileProgram(join(experts, "HostProbe.mq5"), defaultFlavour);
    await using simulation = await openSimulation({
      market: { source: generatedMarket(), clock: systemClock },
    });
    await using program = new Program(binary, { inputs: { InpMode: "trade" } });
    await program.message((one) => one.t === "init");
    const feed = new TerminalFeed(program, simulation.terminal);
    simulation.market.start();
    expect(await program.line("async")).toMatch(/^async true 10008 \d+$/);
    await program.line("traded TRADE_TRANSACTION_DEAL_ADD");
    expect(await program.line("request")).toContain(" 18446744073709551615 ");
    const traded = await program.line("traded ");
    expect(traded).toContain("positions 1 time 7200");
    expect(simulation.terminal.positions().map((one) => [one.symbol, one.side, one.volume])).toEqual([
      ["EURUSD", "sell", 0.1],
    ]);
    feed.stop();
    await program.stop();
  });
});
