import { beforeEach, describe, expect, test } from "vitest";
import { requireHost } from "../../mql5/kit/peers.ts";
import { allCases as cases } from "./cases.ts";
import skips from "./ea-skips.json" with { type: "json" };
import { createEaWorld } from "./ea-world.ts";

const left: Readonly<Record<string, string>> = skips;

/** Worlds that run at a time: each is a process and a broker of its own. */
const atOnce = 4;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn(work: () => Promise<void>): Promise<void> {
  while (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

describe("agent contract: the expert's own sources over tcp", { concurrent: true, timeout: 300_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  for (const contractCase of cases) {
    if (contractCase.name in left) continue;
    test(contractCase.name, () =>
      inTurn(async () => {
        const world = await createEaWorld();
        try {
          await contractCase.run(world);
        } finally {
          await world.close();
        }
      }),
    );
  }
});

test("what the expert's world cannot express is named, with a reason, and nothing else is left out", () => {
  const names = cases.map((one) => one.name);
  for (const [name, reason] of Object.entries(left)) {
    expect(names).toContain(name);
    expect(reason.length).toBeGreaterThan(20);
  }
});
