import { describe, test } from "vitest";
import { connectorCases } from "./connector-cases.ts";
import { historyCases } from "./history-cases.ts";
import { orderCases } from "./order-cases.ts";
import { queryCases } from "./query-cases.ts";
import { createSimulatorWorld, type WorldKind } from "./simulator-world.ts";
import { tradeCases } from "./trade-cases.ts";

for (const kind of ["memory", "tcp"] as const satisfies readonly WorldKind[]) {
  describe(`agent contract: simulator over ${kind}`, { concurrent: kind === "tcp" }, () => {
    for (const contractCase of [
      ...queryCases,
      ...tradeCases,
      ...orderCases,
      ...historyCases,
      ...connectorCases,
    ]) {
      test(contractCase.name, async () => {
        const world = await createSimulatorWorld(kind);
        try {
          await contractCase.run(world);
        } finally {
          await world.close();
        }
      });
    }
  });
}
