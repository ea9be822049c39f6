import { expect, test } from "vitest";
import { consoleDestination, type LogEntry } from "../../../src/connector/log.ts";

/** A console that keeps its lines, and a way to log to it at a time. */
function kit(): { lines: string[]; log: (seconds: number, entry: Partial<LogEntry>) => void } {
  const lines: string[] = [];
  const write = consoleDestination((record) => void lines.push(record.message.join("")));
  return {
    lines,
    log: (seconds, entry) =>
      write({
        time: new Date(seconds * 1_000),
        level: "warn",
        category: ["mt5-connector"],
        message: "A symbol cannot be subscribed",
        data: {},
        ...entry,
      }),
  };
}

test("the console shows an entry with its agent and its facts, on one line", () => {
  const { lines, log } = kit();
  const error = new Error("the agent does not know\nit");
  log(0, { agentId: "simulator", data: { symbol: "NOPE", error, reason: "", code: undefined, n: 3 } });
  expect(lines).toEqual([
    '[simulator] A symbol cannot be subscribed (symbol NOPE, error "the agent does not know\\nit", n 3)',
  ]);
});

test("a fact that cannot be written as text, or is very long, costs no entry", () => {
  const { lines, log } = kit();
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  log(0, { data: { circular, long: "x".repeat(10_000), big: 1n } });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("circular [object Object]");
  expect(lines[0]?.length).toBeLessThan(700);
});

test("of thousands of equal warnings five are shown, and the rest is counted", () => {
  const { lines, log } = kit();
  for (let i = 0; i < 3_700; i++) log(i / 10_000, { message: "An outcome arrived", data: { id: `o-${i}` } });
  log(1, { message: "Something else" });
  expect(lines).toHaveLength(7);
  expect(lines[4]).toBe("An outcome arrived (id o-4)");
  expect(lines[5]).toBe("An outcome arrived: again; for 10 s more of these are counted, not shown");
  expect(lines[6]).toBe("Something else");
  log(11, { message: "A third" });
  expect(lines[7]).toBe("An outcome arrived: 3695 more times since 1970-01-01T00:00:00.000Z");
  expect(lines[8]).toBe("A third");
  log(12, { message: "An outcome arrived", data: { id: "later" } });
  expect(lines[9]).toBe("An outcome arrived (id later)");
});

test("errors are never counted instead of shown, and agents are told apart", () => {
  const { lines, log } = kit();
  for (let i = 0; i < 50; i++) log(0, { level: "error", message: "The agent is given up" });
  for (let i = 0; i < 5; i++) for (const agentId of ["a", "b"]) log(0, { agentId });
  expect(lines).toHaveLength(60);
});
