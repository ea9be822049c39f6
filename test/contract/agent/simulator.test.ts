import { describe, expect, test } from "vitest";
import { allCases } from "./cases.ts";
import { createSimulatorWorld, type WorldKind } from "./simulator-world.ts";

for (const kind of ["memory", "tcp"] as const satisfies readonly WorldKind[]) {
  describe(`agent contract: simulator over ${kind}`, { concurrent: kind === "tcp", timeout: 120_000 }, () => {
    for (const contractCase of allCases) {
      test(contractCase.name, async () => {
        const world = await createSimulatorWorld(kind);
        try {
          await contractCase.run(world);
          const seen = world.witness.seen();
          expect((contractCase.covers ?? []).filter((item) => !seen.has(item))).toEqual([]);
        } finally {
          await world.close();
        }
      });
    }
  });
}
