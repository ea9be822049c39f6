import { deepEqual, equal } from "node:assert/strict";
import type { OrderCheckResult } from "../../../src/protocol/v1/messages.ts";
import { refusal, result } from "../../kit/raw-client.ts";
import { ledgerOf, limitIntent, live, marketIntent, openPosition, orderOf, send } from "./steps.ts";
import type { AgentCase } from "./world.ts";

const limit = limitIntent();

/** Pending orders, changes and closing by (docs/protocol.md, 6.1), and the check of an order (4.3). */
export const orderCases: readonly AgentCase[] = [
  {
    name: "pending, modifyOrder, cancel: each is executed on one order, and the ledger tells placed, modified, cancelled",
    async run(world): Promise<void> {
      const raw = await live(world);
      const order = orderOf(await send(world, raw, "p-1", limit));
      equal(orderOf(await send(world, raw, "p-2", { kind: "modifyOrder", order, price: 1.08 })), order);
      equal(orderOf(await send(world, raw, "p-3", { kind: "cancel", order })), order);
      const changes = ledgerOf(raw, "order").map((event) => event.change);
      deepEqual(changes, ["placed", "modified", "cancelled"]);
    },
  },
  {
    name: "pending: its fill is told as filled, with the deal and the position",
    async run(world): Promise<void> {
      const raw = await live(world);
      const order = orderOf(await send(world, raw, "p-4", limit));
      world.broker.quote("EURUSD", 1.0895, 1.0897);
      await world.until(() => ledgerOf(raw, "position").length > 0, "the position");
      equal(ledgerOf(raw, "order").at(-1)?.change, "filled");
      equal(ledgerOf(raw, "deal").at(-1)?.deal.order, order);
    },
  },
  {
    name: "pending: a price on the wrong side is rejected by 10015",
    async run(world): Promise<void> {
      const raw = await live(world);
      const outcome = await send(world, raw, "p-5", { ...limit, price: 1.2 });
      equal(outcome.state === "rejected" && outcome.retcode, 10015);
    },
  },
  {
    name: "modifyPosition: sets a stop; 10025 is executed too",
    async run(world): Promise<void> {
      const raw = await live(world);
      const position = await openPosition(world, raw, "m-1");
      const change = { kind: "modifyPosition", position, stopLoss: 1.05 } as const;
      equal((await send(world, raw, "m-2", change)).state, "executed");
      const again = await send(world, raw, "m-3", change);
      equal(again.state === "executed" && again.retcode, 10025);
      equal(ledgerOf(raw, "position").at(-1)?.position.stopLoss, 1.05);
    },
  },
  {
    name: "closeBy: closes two opposite positions by each other",
    async run(world): Promise<void> {
      const raw = await live(world);
      const position = await openPosition(world, raw, "b-1");
      const sold = await send(world, raw, "b-2", marketIntent({ side: "sell" }));
      const positionBy = sold.state === "executed" ? sold.position : "";
      const outcome = await send(world, raw, "b-3", { kind: "closeBy", position, positionBy });
      equal(outcome.state === "executed" && outcome.position, position);
      deepEqual(world.broker.positions(), []);
    },
  },
  {
    name: "order.check, calc.margin, calc.profit: answer without trading",
    covers: ["op order.check", "op calc.margin", "op calc.profit"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const ask = async <T>(op: string, args: object): Promise<T> =>
        result<T>(await world.settle(raw.request(op, args)));
      const check = await ask<OrderCheckResult>("order.check", { intent: JSON.stringify(marketIntent()) });
      equal(check.retcode, 0);
      const trade = { symbol: "EURUSD", side: "buy", volume: 0.1 };
      const { margin } = await ask<{ margin: number }>("calc.margin", { ...trade, price: 1.1 });
      equal(margin > 0, true);
      const prices = { priceOpen: 1.1, priceClose: 1.101 };
      deepEqual(await ask("calc.profit", { ...trade, ...prices }), { profit: 10 });
      const bad = await world.settle(raw.request("order.check", { intent: "{}" }));
      equal(refusal(bad), "BAD_REQUEST");
      equal(world.broker.executed.length, 0);
    },
  },
];
