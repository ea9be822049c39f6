import fc from "fast-check";
import { expect, test } from "vitest";
import { OutcomeUnknownError, TradeRejectedError } from "../../../src/connector/mod.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import { type ConnectorWorld, connectedWorld, seededBytes } from "../../kit/connector-world.ts";

const fault = fc.record({
  afterMs: fc.integer({ min: 0, max: 1_500 }),
  kind: fc.constantFrom(
    "cut command",
    "cut events",
    "cut sync",
    "cut all",
    "restart",
    "end sessions",
    "forget ledger",
    "foreign position",
  ),
});

const scenario = fc.record({
  seed: fc.integer(),
  /** Of 100 messages. */
  loss: fc.constantFrom(0, 2, 10, 30),
  trades: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 8 }),
  faults: fc.array(fault, { maxLength: 6 }),
  answers: fc.array(fc.constantFrom("execute", "reject", "unknown", "silence"), { maxLength: 8 }),
});

function inject({ fake }: ConnectorWorld, kind: string): void {
  if (kind === "restart") fake.restart();
  else if (kind === "end sessions") fake.endSessions();
  else if (kind === "forget ledger") fake.forgetLedger();
  else if (kind === "foreign position") fake.openPosition("EURUSD", "sell", 0.5);
  else if (kind === "cut all") fake.cut();
  else fake.cut(kind.slice(4) as Channel);
}

test("whatever is lost, cut or restarted: no command executes twice, what is told is true, and mirror equals broker", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, loss, trades, faults, answers }) => {
      const world = await connectedWorld({ seed });
      const { agent, clock, fake, mt5, settle, timers } = world;
      const random = seededBytes(seed ^ 0x5eed);
      const lost = (): boolean => ((random(1)[0] ?? 0) * 100) / 256 < loss;
      fake.loseToAgent = (): boolean => lost();
      fake.loseToConnector = (): boolean => lost();
      for (const answer of answers) {
        if (answer === "reject") fake.answers.push({ kind: "reject", retcode: 10019 });
        else if (answer === "unknown") fake.answers.push({ kind: "unknown", retcode: 10012 });
        else fake.answers.push({ kind: answer });
      }
      const told = new Map<string, string>();
      agent.on("outcome", (outcome) => told.set(outcome.id, outcome.state));
      const results: Promise<void>[] = [];
      trades.forEach((afterMs, index) => {
        clock.setTimer(() => {
          const id = `t${index}`;
          const trade = agent.trade.marketBuy("EURUSD", 0.01 * (index + 1), { id, timeoutMs: 4_000 });
          const done = trade.then(
            () => void told.set(id, "executed"),
            (error: unknown) => {
              if (error instanceof OutcomeUnknownError) return;
              if (error instanceof TradeRejectedError)
                told.set(id, error.code === "REJECTED" ? "rejected" : "notExecuted");
            },
          );
          results.push(done);
        }, afterMs);
      });
      for (const { afterMs, kind } of faults) clock.setTimer(() => inject(world, kind), afterMs);
      await clock.advance(8_000);
      await settle(Promise.all(results));
      fake.loseToAgent = (): boolean => false;
      fake.loseToConnector = (): boolean => false;
      await clock.advance(15_000);
      for (const [id, entry] of fake.journal) {
        if (entry === "tombstone" || (entry.outcome.state !== "pending" && entry.outcome.state !== "unknown"))
          continue;
        fake.finish(id);
      }
      await clock.advance(15_000);
      expect(agent.connectionStatus.state).toBe("connected");
      const volumes = fake.executed.map((intent) => ("volume" in intent ? intent.volume : Number.NaN));
      expect(new Set(volumes).size).toBe(volumes.length);
      for (const [id, entry] of fake.journal) {
        const truth = entry === "tombstone" ? "notExecuted" : entry.outcome.state;
        // A command that nobody could ask about in its time was told as unknown, and its truth came as an event.
        if (told.has(id) || truth !== "notExecuted") expect([id, told.get(id)]).toEqual([id, truth]);
      }
      for (const [id, state] of told) {
        const index = Number(id.slice(1));
        const executions = volumes.filter((volume) => Math.abs(volume - 0.01 * (index + 1)) < 1e-9).length;
        expect([id, executions]).toEqual([id, state === "executed" ? 1 : 0]);
      }
      expect(agent.mirror.positions.map((position) => position.ticketText).toSorted()).toEqual(
        [...fake.positions.keys()].toSorted(),
      );
      expect(mt5.getMetrics().agents["main"]?.openCommands).toBe(0);
      await settle(mt5.disconnect());
      expect([timers.pending, fake.openConnections]).toEqual([0, 0]);
      fake.stop();
    }),
    { numRuns: 150, seed: 20_240_110 },
  );
}, 120_000);
