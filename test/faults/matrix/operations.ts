import type { TradeRequest } from "../../../src/domain/terminal.ts";
import { commandTag } from "../../../src/protocol/v1/signing.ts";
import type { BenchWorld } from "./bench.ts";

/** How long a caller of the matrix waits: longer than the agent waits for an answer of its trade server. */
export const callerMs = 25_000;

/** A kind of command, as the matrix sends it. */
export interface Operation {
  readonly name: string;
  /** Makes the state that the command needs, and returns how to send it; each call sends the same command again. */
  prepare(world: BenchWorld): Promise<(id: string) => Promise<unknown>>;
  /** Whether a request that the trade server has executed was this command's. */
  isIts(request: TradeRequest, world: BenchWorld, id: string): boolean;
}

function isTagged(request: TradeRequest, world: BenchWorld, id: string): boolean {
  return request.comment?.endsWith(commandTag(world.keys.publicKey, id)) === true;
}

async function openPosition(world: BenchWorld): Promise<string> {
  const { trade } = world.client.agent(world.site);
  const { ticketText } = await world.time.settle(trade.marketBuy("EURUSD", 0.1, { id: "opened-before" }));
  return ticketText;
}

const limitPrice = 1.05;
const stopLoss = 1.04;

/** The operations of the matrix. One more entry is one more row of each fault. */
export const operations: readonly Operation[] = [
  {
    name: "market",
    prepare: async (world) => (id) =>
      world.client.agent(world.site).trade.marketBuy("EURUSD", 0.1, { id, timeoutMs: callerMs }),
    isIts: isTagged,
  },
  {
    name: "close",
    async prepare(world) {
      const ticket = await openPosition(world);
      return (id) =>
        world.client.agent(world.site).trade.closePosition(ticket, undefined, { id, timeoutMs: callerMs });
    },
    isIts: isTagged,
  },
  {
    name: "pending",
    prepare: async (world) => (id) =>
      world.client.agent(world.site).trade.buyLimit("EURUSD", 0.1, limitPrice, { id, timeoutMs: callerMs }),
    isIts: isTagged,
  },
  {
    name: "modify",
    async prepare(world) {
      const ticket = await openPosition(world);
      return (id) =>
        world.client
          .agent(world.site)
          .trade.modifyPosition(ticket, { stopLoss }, { id, timeoutMs: callerMs });
    },
    // A change of stops has no comment that could carry a tag; nobody else makes one.
    isIts: (request) => request.action === "sltp" && request.stopLoss === stopLoss,
  },
];
