import { beforeEach, describe, test } from "vitest";
import type { Flavour } from "../../../build/mql5/compile.ts";
import { requireHost } from "../../mql5/kit/peers.ts";
import { allCases } from "./cases.ts";
import skips from "./ea-skips.json" with { type: "json" };
import { createEaWorld } from "./ea-world.ts";
import type { AgentCase } from "./world.ts";

/** Cases that the expert's world cannot express, each with its reason. */
export const leftOut: Readonly<Record<string, string>> = skips;

/** The contract as far as the expert's world expresses it. */
export const expertCases: readonly AgentCase[] = allCases.filter(({ name }) => !(name in leftOut));

/** How cases are run. */
export interface ContractSuite {
  readonly flavour: Flavour;
  /** Worlds that run at a time: each is a process and a broker of its own. */
  readonly atOnce: number;
}

/** Cases of the contract as tests, against the expert's own sources over TCP. */
export function describeContract(
  title: string,
  cases: readonly AgentCase[],
  { flavour, atOnce }: ContractSuite,
): void {
  const waiting: (() => void)[] = [];
  let running = 0;

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

  describe(title, { concurrent: true, timeout: 600_000 }, () => {
    beforeEach((context) => {
      requireHost(context, flavour);
    });

    for (const { name, run } of cases) {
      test(name, () =>
        inTurn(async () => {
          const world = await createEaWorld(flavour);
          try {
            await run(world);
          } finally {
            await world.close();
          }
        }),
      );
    }
  });
}
