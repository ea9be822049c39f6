import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SymbolRecord } from "../../src/domain/records.ts";
import { result } from "../kit/raw-client.ts";
import { AgentBench } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

/** The host's names for ENUM_SYMBOL_CALC_MODE, and what the protocol says for each. */
const modes = {
  forex: "forex",
  forexNoLeverage: "forexNoLeverage",
  futures: "futures",
  cfd: "cfd",
  cfdIndex: "cfdIndex",
  cfdLeverage: "cfdLeverage",
  stocks: "stocks",
  exchFutures: "futures",
  exchForts: "futures",
  exchStocksMoex: "stocks",
  exchBonds: "stocks",
  exchBondsMoex: "stocks",
  servCollateral: "stocks",
  undocumented: "cfd",
} as const;

describe("the expert's symbol records", { timeout: 300_000 }, () => {
  let bench: AgentBench;
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.create();
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("name each documented calculation mode by the protocol's nearest name, and one that is not in the log, too", async () => {
    const [first] = bench.terminal.symbols();
    const symbols = Object.keys(modes).map((calcMode, i) => ({ ...first, name: `S${i}`, calcMode }));
    Object.defineProperty(bench.terminal, "symbols", {
      configurable: true,
      value: () => [first, ...symbols],
    });
    await bench.start();
    const raw = await bench.raw();
    await raw.hello();
    const names = symbols.map((symbol) => symbol.name);
    const given = result<{ symbols: SymbolRecord[] }>(await raw.request("symbols", { names })).symbols;
    expect(given.map((symbol) => symbol.calcMode)).toEqual(Object.values(modes));
    expect(await bench.program.line("MT5Connector: S13 has the calculation mode ")).toContain(
      "not documented",
    );
  });
});
