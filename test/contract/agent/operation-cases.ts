import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import type { OrderRecord, TerminalRecord } from "../../../src/domain/records.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import type {
  CalendarResult,
  Outcome,
  OutcomesResult,
  SubscribeResult,
  SyncOp,
} from "../../../src/protocol/v1/messages.ts";
import { bookTopic, tickTopic } from "../../../src/protocol/v1/topics.ts";
import { type RawClient, refusal, result } from "../../kit/raw-client.ts";
import { limitIntent, live, marketIntent, openPosition, orderOf, outcomeOf, send } from "./steps.ts";
import type { AgentCase, AgentWorld } from "./world.ts";

async function ask<T>(world: AgentWorld, raw: RawClient, op: SyncOp, args: object = {}): Promise<T> {
  return result<T>(await world.settle(raw.request(op, args)));
}

/** Operations that have no case of their own elsewhere (docs/protocol.md, 4.3). */
export const operationCases: readonly AgentCase[] = [
  {
    name: "op challenge: is 64 hex digits of revision 1, and another each time",
    covers: ["op challenge"],
    async run(world): Promise<void> {
      const raw = await world.raw();
      const first = await ask<{ revision: number; challenge: string }>(world, raw, "challenge", {
        instance: "a",
      });
      const second = await ask<{ challenge: string }>(world, raw, "challenge", { instance: "b" });
      equal(first.revision, limits.revision);
      ok(/^[0-9a-f]{64}$/.test(first.challenge), first.challenge);
      notEqual(first.challenge, second.challenge);
    },
  },
  {
    name: "op terminal: tells the connection and each permission, also while the broker is away",
    covers: ["op terminal"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const { terminal } = await ask<{ terminal: TerminalRecord }>(world, raw, "terminal");
      equal(terminal.connected, true);
      equal(terminal.terminalTradeAllowed && terminal.accountTradeAllowed, true);
      world.broker.setConnected(false);
      let connected = true;
      for (let attempt = 0; connected && attempt < 100; attempt++) {
        await world.pass(20);
        ({ connected } = (await ask<{ terminal: TerminalRecord }>(world, raw, "terminal")).terminal);
      }
      equal(connected, false);
    },
  },
  {
    name: "op orders: gives the active orders, of a symbol if wanted; an unknown symbol is refused by name",
    covers: ["op orders"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const order = orderOf(await send(world, raw, "o-1", limitIntent()));
      const { orders } = await ask<{ orders: OrderRecord[] }>(world, raw, "orders");
      deepEqual(
        orders.map((one) => [one.ticket, one.kind, one.price]),
        [[order, "buyLimit", 1.09]],
      );
      equal(
        (await ask<{ orders: OrderRecord[] }>(world, raw, "orders", { symbol: "GBPUSD" })).orders.length,
        0,
      );
      equal(refusal(await world.settle(raw.request("orders", { symbol: "EURUS" }))), "UNKNOWN_SYMBOL");
    },
  },
  {
    name: "op unsubscribe: ends the ticks of its symbols and of no other",
    covers: ["op unsubscribe", "topic tick"],
    async run(world): Promise<void> {
      const raw = await live(world);
      for (const symbol of ["EURUSD", "GBPUSD"]) raw.channel("events").subscribe(tickTopic(symbol));
      await world.pass(50);
      await ask(world, raw, "subscribe", { symbols: ["EURUSD", "GBPUSD"] });
      await ask(world, raw, "unsubscribe", { symbols: ["EURUSD"] });
      world.broker.quote("EURUSD", 1.11, 1.1102);
      world.broker.quote("GBPUSD", 1.26, 1.2603);
      await world.until(() => raw.ticks.length > 0, "a tick");
      await world.pass(200);
      deepEqual(new Set(raw.ticks.map((batch) => batch.symbol)), new Set(["GBPUSD"]));
    },
  },
  {
    name: "op subscribe: a second subscription of a symbol changes nothing, and tells its count again",
    covers: ["op subscribe"],
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.channel("events").subscribe(tickTopic("EURUSD"));
      await world.pass(50);
      await ask(world, raw, "subscribe", { symbols: ["EURUSD"] });
      world.broker.quote("EURUSD", 1.11, 1.1102);
      await world.until(() => raw.ticks.length > 0, "a tick");
      const again = await ask<SubscribeResult>(world, raw, "subscribe", { symbols: ["EURUSD", "EURUSD"] });
      equal(again.symbols[0]?.count, raw.ticks.at(-1)?.count);
      world.broker.quote("EURUSD", 1.12, 1.1202);
      await world.until(() => raw.ticks.length > 1, "another tick");
      equal(raw.ticks.at(-1)?.n, 1);
    },
  },
  {
    name: "op depth.subscribe: the whole book comes, sells before buys and best first, and again when it changes",
    covers: ["op depth.subscribe", "op depth.unsubscribe", "topic book"],
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.channel("events").subscribe(bookTopic("EURUSD"));
      await world.pass(50);
      await ask(world, raw, "depth.subscribe", { symbols: ["EURUSD"] });
      await world.until(() => raw.books.length > 0, "the first book");
      const [first] = raw.books;
      equal(first?.symbol, "EURUSD");
      equal(first?.n, first?.levels.length);
      const sides = (first?.levels ?? []).map((level) => level.side);
      deepEqual(
        sides,
        sides.toSorted((a, b) => Number(a.startsWith("buy")) - Number(b.startsWith("buy"))),
      );
      const best = (side: string): number | undefined =>
        raw.books.at(-1)?.levels.find((level) => level.side === side)?.price;
      deepEqual([best("sell"), best("buy")], [1.1002, 1.1]);
      world.broker.quote("EURUSD", 1.2, 1.2002);
      await world.until(() => best("sell") === 1.2002, "the book of the new quote");
      await ask(world, raw, "depth.unsubscribe", { symbols: ["EURUSD"] });
      await world.pass(200);
      const before = raw.books.length;
      world.broker.quote("EURUSD", 1.3, 1.3002);
      await world.pass(200);
      equal(raw.books.length, before);
    },
  },
  {
    name: "op depth.subscribe: takes all symbols or none, and refuses NO_DEPTH where there is none",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.channel("events").subscribe(bookTopic("EURUSD"));
      await world.pass(50);
      const symbols = ["EURUSD", "XAUUSD"];
      equal(refusal(await world.settle(raw.request("depth.subscribe", { symbols }))), "NO_DEPTH");
      world.broker.quote("EURUSD", 1.2, 1.2002);
      await world.pass(200);
      equal(raw.books.length, 0);
    },
  },
  {
    name: "op outcome: tells what became of a command, pending while it is under way",
    covers: ["op outcome", "outcome executed", "outcome pending"],
    async run(world): Promise<void> {
      const raw = await live(world);
      world.broker.answerNext("before", "silence");
      raw.sendCommand(raw.command("q-1", marketIntent()));
      // The command is another channel's: until it is there, its id is unknown, and a peek leaves it so.
      let state: string | undefined;
      for (let attempt = 0; state === undefined && attempt < 200; attempt++) {
        await world.pass(5);
        const peeked = await ask<{ outcome: Outcome | null }>(world, raw, "outcome", {
          id: "q-1",
          peek: true,
        });
        state = peeked.outcome?.state;
      }
      equal(state, "pending");
      await openPosition(world, raw, "q-2");
      const done = await ask<{ outcome: Outcome }>(world, raw, "outcome", { id: "q-2" });
      deepEqual(done.outcome, await outcomeOf(world, raw, "q-2"));
    },
  },
  {
    name: "op outcomes: gives what is not acknowledged, oldest first, and op outcome.ack takes it off",
    covers: ["op outcomes", "op outcome.ack"],
    async run(world): Promise<void> {
      const raw = await live(world);
      for (const id of ["k-1", "k-2", "k-3"]) await openPosition(world, raw, id);
      const ids = async (): Promise<string[]> => {
        const { outcomes, more } = await ask<OutcomesResult>(world, raw, "outcomes");
        equal(more, null);
        return outcomes.map((outcome) => outcome.id);
      };
      deepEqual(await ids(), ["k-1", "k-2", "k-3"]);
      await ask(world, raw, "outcome.ack", { ids: ["k-2", "never-was"] });
      deepEqual(await ids(), ["k-1", "k-3"]);
    },
  },
  {
    name: "op calendar: gives plain numbers of what is published, null of what is not, by currency and country",
    covers: ["op calendar"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const { brokerMs } = await ask<{ brokerMs: number }>(world, raw, "ping");
      const weekMs = 7 * 86_400_000;
      const span = { fromBrokerMs: brokerMs - 8 * weekMs, toBrokerMs: brokerMs + 8 * weekMs };
      const { events } = await ask<CalendarResult>(world, raw, "calendar", span);
      ok(events.some((event) => event.timeBrokerMs < brokerMs && event.actual !== null));
      ok(events.every((event) => event.timeBrokerMs < brokerMs || event.actual === null));
      const times = events.map((event) => event.timeBrokerMs);
      deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      const pounds = await ask<CalendarResult>(world, raw, "calendar", { ...span, currency: "GBP" });
      deepEqual(new Set(pounds.events.map((event) => event.country)), new Set(["GB"]));
      equal(
        refusal(await world.settle(raw.request("calendar", { ...span, country: "Britain" }))),
        "BAD_REQUEST",
      );
    },
  },
];
