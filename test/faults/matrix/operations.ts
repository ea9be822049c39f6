import type { TradeResult } from "../../../src/connector/mod.ts";
import type { World } from "../kit/world.ts";

/** How long a caller of the matrix waits: longer than the agent waits for an answer of its trade server. */
export const callerMs = 25_000;

/** A kind of command, as the matrix sends it. */
export interface Operation {
  readonly name: string;
  /** Makes the state that the command needs, and returns how to send it; each call sends the same command again. */
  prepare(world: World): Promise<(id: string) => Promise<TradeResult>>;
}

/** The operations of the matrix. One more entry is one more third of the table. */
export const operations: readonly Operation[] = [
  {
    name: "market",
    prepare: async (world) => {
      return (id) =>
        world.client.agent(world.site).trade.marketBuy("EURUSD", 0.1, { id, timeoutMs: callerMs });
    },
  },
  {
    name: "close",
    async prepare(world) {
      const opened = await world.time.settle(
        world.client.agent(world.site).trade.marketBuy("EURUSD", 0.1, { id: "opened-before" }),
      );
      return (id) =>
        world.client
          .agent(world.site)
          .trade.closePosition(opened.ticketText, undefined, { id, timeoutMs: callerMs });
    },
  },
];
