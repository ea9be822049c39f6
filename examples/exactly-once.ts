/**
 * What happens to an order when the line breaks in the middle of it. Each round breaks it elsewhere; each order is
 * executed once, and its promise tells the truth. Runs on a simulated account in virtual time.
 *
 *     node examples/exactly-once.js
 */
import { OutcomeUnknownError } from "../mod.ts";
import { inSandbox, madeUpMarket, runExample, type Sandbox } from "./sandbox.ts";

async function trade({ agent, simulator, faults, pass }: Sandbox): Promise<void> {
  const { command, events } = simulator.ports;
  const breaks: readonly (readonly [string, () => unknown])[] = [
    ["no fault", () => undefined],
    ["half of the order arrives", () => faults.cutInFrame("send", { port: command })],
    ["all lines break while it is on its way", () => pass(2).then(() => faults.cut())],
    ["half of the answer arrives", () => faults.cutInFrame("receive", { port: events })],
    [
      "the order arrives twice",
      () => faults.frames({ kind: "duplicate" }, "send", { port: command, times: 1 }),
    ],
  ];
  for (const [what, strike] of breaks) {
    const before = agent.mirror.positions.length;
    strike();
    const { ticketText, executionTime } = await agent.trade.marketBuy("EURUSD", 0.1);
    await agent.waitForSync();
    const opened = simulator.terminal.positions().length - before;
    console.log(
      `${what}: position ${ticketText} in ${executionTime.toFixed(0)} ms, executed ${opened} time(s)`,
    );
    if (opened !== 1) throw new Error("Not exactly once");
  }

  // Your own id names a command for ever: sent again, by this program or the next, it is not executed again.
  const first = await agent.trade.marketBuy("EURUSD", 0.1, { id: "strategy-1/2024-01-10" });
  const second = await agent.trade.marketBuy("EURUSD", 0.1, { id: "strategy-1/2024-01-10" });
  console.log(`the same id twice: positions ${first.ticketText} and ${second.ticketText}`);
  if (first.ticketText !== second.ticketText) throw new Error("Executed twice");

  // When nobody can tell in time, that is what is told; the truth is there for the asking.
  const stall = faults.stall();
  const id = "in-the-dark";
  try {
    await agent.trade.marketBuy("EURUSD", 0.1, { id, timeoutMs: 500 });
  } catch (error) {
    if (!(error instanceof OutcomeUnknownError)) throw error;
    console.log(`${error.name}: ${error.remedy}`);
  }
  stall.heal();
  await pass(20_000);
  const outcome = await agent.trade.outcome(id);
  const open = simulator.terminal.positions().length;
  console.log(`the truth about "${id}": ${outcome.state}; ${open} positions are open`);
}

await runExample(() => inSandbox({ source: madeUpMarket(1, "EURUSD"), latencyMs: 25 }, trade));
