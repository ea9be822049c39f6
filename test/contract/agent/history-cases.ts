import { deepEqual, equal } from "node:assert/strict";
import { unpackBars, unpackTicks } from "../../../src/protocol/v1/bulk.ts";
import type {
  BarsResult,
  DealsResult,
  OrdersResult,
  TickRangeResult,
} from "../../../src/protocol/v1/messages.ts";
import { refusal, result } from "../../kit/raw-client.ts";
import { live, openPosition } from "./steps.ts";
import type { AgentCase } from "./world.ts";

const always = { fromBrokerMs: 0, toBrokerMs: 9_000_000_000_000 };

/** History and charts (docs/protocol.md, 4.3). */
export const historyCases: readonly AgentCase[] = [
  {
    name: "history.orders, history.deals: by position, by ticket and by time",
    covers: ["op history.orders", "op history.deals"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const position = await openPosition(world, raw, "h-1");
      const byPosition = result<DealsResult>(await world.settle(raw.request("history.deals", { position })));
      equal(byPosition.deals.length, 1);
      const ticket = byPosition.deals[0]?.order ?? "";
      const { orders } = result<OrdersResult>(await world.settle(raw.request("history.orders", { ticket })));
      deepEqual(
        orders.map((order) => order.ticket),
        [ticket],
      );
      const all = result<DealsResult>(await world.settle(raw.request("history.deals", always)));
      equal(all.deals.at(-1)?.ticket, byPosition.deals[0]?.ticket);
      equal(refusal(await world.settle(raw.request("history.deals", {}))), "BAD_REQUEST");
    },
  },
  {
    name: "bars, ticks: in bulk, oldest first; an unknown symbol is refused by name",
    covers: ["op bars", "op ticks"],
    async run(world): Promise<void> {
      const raw = await live(world);
      world.broker.quote("EURUSD", 1.2, 1.2002);
      const bars = await world.settle(raw.request("bars", { symbol: "EURUSD", timeframe: "H1", count: 1 }));
      equal(result<BarsResult>(bars).n, 1);
      equal(unpackBars(bars.bulk ?? new Uint8Array(0))[0]?.close, 1.2);
      const ticks = await world.settle(raw.request("ticks", { symbol: "EURUSD", ...always }));
      equal(result<TickRangeResult>(ticks).n, 2);
      equal(unpackTicks(ticks.bulk ?? new Uint8Array(0)).at(-1)?.bid, 1.2);
      const unknown = await world.settle(raw.request("ticks", { symbol: "EURUS", ...always }));
      equal(refusal(unknown), "UNKNOWN_SYMBOL");
    },
  },
  {
    name: "depth.subscribe, depth.unsubscribe: are answered; an unknown symbol is refused by name",
    covers: ["op depth.subscribe", "op depth.unsubscribe"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const symbols = ["EURUSD"];
      result(await world.settle(raw.request("depth.subscribe", { symbols })));
      result(await world.settle(raw.request("depth.unsubscribe", { symbols })));
      const unknown = await world.settle(raw.request("depth.subscribe", { symbols: ["EURUS"] }));
      equal(refusal(unknown), "UNKNOWN_SYMBOL");
    },
  },
];
