import { describe, expect, it } from "vitest";
import { allCells, ownTable, rfcTable } from "./kit/cells.ts";
import { messages, Tally } from "./kit/plan.ts";

const plan = { seed: "plan", count: 2_000 };

function digestOf(sequence: Iterable<readonly Uint8Array[]>): string {
  const tally = new Tally();
  for (const parts of sequence) tally.add(parts);
  return tally.result().digest;
}

describe("Tally", () => {
  const whole = [...messages(plan)];
  const right = digestOf(whole);
  const [first = [], second = [], ...rest] = whole;
  const joined = Buffer.concat(second);
  const changed = Buffer.from(joined);
  changed[0] = (changed[0] ?? 0) ^ 1;

  it("gives the same for the same plan", () => {
    expect(digestOf(messages(plan))).toBe(right);
  });

  it.each([
    { fault: "a lost message", sequence: [first, ...rest] },
    { fault: "two swapped messages", sequence: [second, first, ...rest] },
    { fault: "a repeated message", sequence: [first, first, second, ...rest] },
    { fault: "an additional empty part", sequence: [first, [...second, Buffer.alloc(0)], ...rest] },
    { fault: "one flipped bit", sequence: [first, [changed], ...rest] },
  ])("tells $fault", ({ sequence }) => {
    expect(digestOf(sequence)).not.toBe(right);
  });
});

describe("messages", () => {
  it("draws sizes from 0 to 1 MiB, one part and many", () => {
    const sizes: number[] = [];
    const parts = new Set<number>();
    for (const message of messages({ seed: "sizes", count: 10_000 })) {
      parts.add(message.length);
      for (const part of message) sizes.push(part.length);
    }
    expect(Math.min(...sizes)).toBe(0);
    expect(Math.max(...sizes)).toBeGreaterThan(524_288);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_048_576);
    expect([...parts].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("puts as many messages of 64 MiB among them as asked for", () => {
    const huge = [...messages({ seed: "huge", count: 10, huge: 2 })].map(([part]) => part?.length ?? 0);
    expect(huge.filter((size) => size === 64 * 1_048_576)).toHaveLength(2);
  });
});

describe("allCells", () => {
  it("is the RFC's table, both ways of connecting, three mechanisms and two peers", () => {
    const pairs = Object.values(rfcTable).flat().length;
    expect(pairs).toBe(21);
    expect(allCells()).toHaveLength(pairs * 2 * 3 * 2);
    expect(new Set(allCells().map((cell) => JSON.stringify(cell))).size).toBe(252);
  });

  it("is the table that the engine goes by", () => {
    expect(ownTable).toEqual(rfcTable);
  });
});
