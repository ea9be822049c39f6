import { deepEqual, equal, ok } from "node:assert/strict";
import { result } from "../../kit/raw-client.ts";
import {
  closeIntent,
  ledgerOf,
  limitIntent,
  live,
  marketIntent,
  openPosition,
  orderOf,
  outcomeOf,
  send,
} from "./steps.ts";
import type { AgentCase } from "./world.ts";

/** Every event on the wire (docs/protocol.md, section 5). */
export const ledgerCases: readonly AgentCase[] = [
  {
    name: "ledger order placed, modified, cancelled: one event for each change, and the order as it is then",
    covers: [
      "ledger order placed",
      "ledger order modified",
      "ledger order cancelled",
      "intent pending",
      "intent modifyOrder",
      "intent cancel",
      "topic ledger",
    ],
    async run(world): Promise<void> {
      const raw = await live(world);
      const order = orderOf(await send(world, raw, "l-1", limitIntent()));
      await send(world, raw, "l-2", { kind: "modifyOrder", order, price: 1.08 });
      await send(world, raw, "l-3", { kind: "cancel", order });
      deepEqual(
        ledgerOf(raw, "order").map((event) => [event.change, event.order.ticket, event.order.price]),
        [
          ["placed", order, 1.09],
          ["modified", order, 1.08],
          ["cancelled", order, 1.08],
        ],
      );
    },
  },
  {
    name: "ledger order partiallyFilled, filled; deal made; position opened, modified: an order that fills in two parts",
    covers: [
      "ledger order partiallyFilled",
      "ledger order filled",
      "ledger deal made",
      "ledger position opened",
      "ledger position modified",
    ],
    async run(world): Promise<void> {
      const raw = await live(world);
      const order = orderOf(await send(world, raw, "f-1", limitIntent({ filling: "return" })));
      world.broker.setLiquidity(0.06);
      world.broker.quote("EURUSD", 1.0895, 1.0897);
      await world.until(() => ledgerOf(raw, "position").length === 1, "the first part");
      world.broker.quote("EURUSD", 1.0894, 1.0896);
      await world.until(() => ledgerOf(raw, "order").at(-1)?.change === "filled", "the rest");
      await world.until(() => ledgerOf(raw, "position").length === 2, "the grown position");
      deepEqual(
        ledgerOf(raw, "order").map((event) => `${event.change} ${event.order.volumeCurrent}`),
        ["placed 0.1", "partiallyFilled 0.04", "filled 0"],
      );
      deepEqual(
        ledgerOf(raw, "deal").map(({ deal }) => `${deal.order} ${deal.volume}`),
        [`${order} 0.06`, `${order} 0.04`],
      );
      deepEqual(
        ledgerOf(raw, "position").map((event) => `${event.change} ${event.position.volume}`),
        ["opened 0.06", "modified 0.1"],
      );
    },
  },
  {
    name: "ledger order expired: an order whose time runs out",
    covers: ["ledger order expired"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const { brokerMs } = result<{ brokerMs: number }>(await world.settle(raw.request("ping")));
      const expirationBrokerMs = (Math.floor(brokerMs / 1_000) + 3) * 1_000;
      const life = { timeInForce: "specified", expirationBrokerMs } as const;
      const order = orderOf(await send(world, raw, "e-1", limitIntent(life)));
      await world.until(() => ledgerOf(raw, "order").at(-1)?.change === "expired", "the expiration", 30_000);
      deepEqual(
        ledgerOf(raw, "order").map((event) => [event.change, event.order.ticket]),
        [
          ["placed", order],
          ["expired", order],
        ],
      );
    },
  },
  {
    name: "ledger order rejected: an order that the server takes and rejects; outcome and ledger agree that nothing is open",
    covers: ["ledger order rejected"],
    async run(world): Promise<void> {
      const raw = await live(world);
      world.broker.setLiquidity(0);
      raw.sendCommand(raw.command("j-1", marketIntent({ filling: "fok" })));
      await world.until(() => ledgerOf(raw, "order").at(-1)?.change === "rejected", "the rejection");
      await world.until(() => raw.outcomes("j-1").length > 0, "the outcome", 30_000);
      ok(raw.outcomes("j-1").every((outcome) => outcome.state !== "executed"));
      equal(ledgerOf(raw, "deal").length, 0);
      equal(ledgerOf(raw, "position").length, 0);
    },
  },
  {
    name: "ledger deal updated, deleted: a deal that the broker corrects, then withdraws",
    covers: ["ledger deal updated", "ledger deal deleted"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const outcome = await send(world, raw, "d-1", marketIntent());
      const deal = outcome.state === "executed" ? outcome.deal : "";
      world.broker.correctDeal(deal, { commission: -3 });
      await world.until(() => ledgerOf(raw, "deal").length === 2, "the correction");
      world.broker.correctDeal(deal, undefined);
      await world.until(() => ledgerOf(raw, "deal").length === 3, "the withdrawal");
      deepEqual(
        ledgerOf(raw, "deal").map((event) => [event.change, event.deal.ticket, event.deal.commission]),
        [
          ["made", deal, 0],
          ["updated", deal, -3],
          ["deleted", deal, -3],
        ],
      );
    },
  },
  {
    name: "ledger position closed, balance, outcome: a close tells the deal, then the position and the new balance",
    covers: [
      "ledger position closed",
      "ledger balance",
      "ledger outcome",
      "intent market",
      "intent close",
      "outcome executed",
    ],
    async run(world): Promise<void> {
      const raw = await live(world);
      const position = await openPosition(world, raw, "c-1");
      await send(world, raw, "c-2", closeIntent(position));
      await world.until(() => ledgerOf(raw, "balance").length > 0, "the balance");
      const types = raw.ledger.map((event) =>
        event.type === "position" || event.type === "deal" ? `${event.type} ${event.change}` : event.type,
      );
      ok(types.lastIndexOf("deal made") < types.indexOf("position closed"), types.join());
      equal(ledgerOf(raw, "balance").at(-1)?.balance, world.broker.balance());
      deepEqual(
        ledgerOf(raw, "outcome").map((event) => event.outcome.id),
        ["c-1", "c-2"],
      );
      const sequence = raw.ledger.filter((event) => event.type !== "barrier").map((event) => event.seq);
      deepEqual(
        sequence,
        sequence.map((_, index) => (sequence[0] ?? 0) + index),
      );
    },
  },
  {
    name: "ledger position modified by its stops, and intents modifyPosition and closeBy: the ledger tells what they did",
    covers: ["ledger position modified", "intent modifyPosition", "intent closeBy"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const position = await openPosition(world, raw, "b-1");
      await send(world, raw, "b-2", { kind: "modifyPosition", position, takeProfit: 1.2 });
      const sold = await send(world, raw, "b-3", marketIntent({ side: "sell" }));
      const positionBy = sold.state === "executed" ? sold.position : "";
      await send(world, raw, "b-4", { kind: "closeBy", position, positionBy });
      await world.until(
        () => ledgerOf(raw, "position").filter((event) => event.change === "closed").length === 2,
        "both closes",
      );
      ok(
        ledgerOf(raw, "position").some(
          (event) => event.change === "modified" && event.position.takeProfit === 1.2,
        ),
      );
    },
  },
  {
    name: "topic account: the account comes when it has changed, the newest only, and not while it stays",
    covers: ["topic account"],
    async run(world): Promise<void> {
      const raw = await live(world);
      await world.pass(600);
      const before = raw.accounts.length;
      await world.pass(600);
      equal(raw.accounts.length, before);
      world.broker.deposit(500);
      await world.until(() => raw.accounts.at(-1)?.account.balance === 10_500, "the deposit", 10_000);
    },
  },
  {
    name: "topic pulse: comes every second with the ledger's position, though nothing happens",
    covers: ["topic pulse"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const before = raw.pulses.length;
      await world.until(() => raw.pulses.length >= before + 2, "two pulses", 10_000);
      const [a, b] = raw.pulses.slice(-2);
      ok((b?.agentMs ?? 0) > (a?.agentMs ?? 0));
      equal(b?.terminal.connected, true);
    },
  },
  {
    name: "topic client: a refusal that the connector mends comes as a hint to its client alone, not in the ledger",
    covers: ["topic client", "outcome refused"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const other = await live(world, { client: "other", role: "read" });
      raw.sendCommand(raw.command("h-1", marketIntent(), { n: 9 }));
      const hint = await outcomeOf(world, raw, "h-1");
      equal(hint.state === "refused" && hint.code, "COUNTER");
      equal(raw.hints.length, 1);
      equal(other.hints.length, 0);
      equal(ledgerOf(raw, "outcome").length, 0);
    },
  },
];
