import { equal, notEqual, ok } from "node:assert/strict";
import type { AccountRecord, PositionRecord, SymbolRecord } from "../../../src/domain/records.ts";
import { unpackTicks } from "../../../src/protocol/v1/bulk.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import type { ChallengeResult, SnapshotResult, SymbolsResult } from "../../../src/protocol/v1/messages.ts";
import { refusal, result } from "../../kit/raw-client.ts";
import { ledgerOf, live, marketIntent, outcomeOf } from "./steps.ts";
import type { AgentCase } from "./world.ts";

/** Sessions, queries and streams (docs/protocol.md, sections 4 and 5). */
export const queryCases: readonly AgentCase[] = [
  {
    name: "hello gives the session, the account, the terminal's permissions one by one, and the limits",
    covers: ["op hello"],
    async run(world): Promise<void> {
      const raw = await world.raw();
      const hello = await world.settle(raw.hello());
      ok(hello.session.length > 0);
      equal(hello.account.login, "5012345678");
      equal(hello.terminal.connected, true);
      equal(hello.terminal.expertTradeAllowed, true);
      equal(hello.limits.commandTtlMs, limits.commandTtlMs);
      equal(hello.limits.journalRetentionMs, limits.journalRetentionMs);
      ok(raw.epoch > 0);
    },
  },
  {
    name: "a challenge serves one hello only",
    async run(world): Promise<void> {
      const raw = await world.raw();
      const { challenge } = result<ChallengeResult>(
        await world.settle(raw.request("challenge", { instance: "raw-1" })),
      );
      const args = { challenge, instance: "raw-1", role: "trade", name: "t", version: "0" };
      result(await world.settle(raw.request("hello", args)));
      equal(refusal(await world.settle(raw.request("hello", args))), "CHALLENGE");
    },
  },
  {
    name: "a hello with a made-up challenge is refused",
    async run(world): Promise<void> {
      const raw = await world.raw();
      const args = { challenge: "0".repeat(64), instance: "raw-1", role: "trade", name: "t", version: "0" };
      equal(refusal(await world.settle(raw.request("hello", args))), "CHALLENGE");
    },
  },
  {
    name: "a forged mac is refused and leaves the session as it was",
    async run(world): Promise<void> {
      const raw = await live(world);
      const n = raw.syncCounter + 1;
      equal(refusal(await world.settle(raw.request("ping", {}, { n, forge: true }))), "MAC");
      result(await world.settle(raw.request("ping", {}, { n })));
    },
  },
  {
    name: "a request without a session, of another epoch, repeated, too old or too new is refused by name",
    async run(world): Promise<void> {
      const raw = await live(world);
      const ask = async (overrides: object): Promise<string> =>
        refusal(await world.settle(raw.request("ping", {}, overrides)));
      equal(await ask({ session: "nobody" }), "NO_SESSION");
      equal(await ask({ epoch: raw.epoch - 1 }), "EPOCH");
      result(await world.settle(raw.request("ping", {}, { n: 50 })));
      equal(await ask({ n: 50 }), "REPLAYED");
      equal(await ask({ n: 49 }), "REPLAYED");
      equal(await ask({ n: 52, at: raw.agentMs() + 60_000 }), "STALE");
    },
  },
  {
    name: "an unknown operation and arguments of a wrong type are refused by name",
    async run(world): Promise<void> {
      const raw = await live(world);
      equal(refusal(await world.settle(raw.request("dance"))), "UNKNOWN_OP");
      equal(refusal(await world.settle(raw.request("tick", { symbol: 7 }))), "BAD_REQUEST");
      equal(refusal(await world.settle(raw.request("barrier", {}))), "BAD_REQUEST");
    },
  },
  {
    name: "one client cannot use another client's session",
    async run(world): Promise<void> {
      const raw = await live(world);
      const other = await world.raw({ client: "other" });
      await world.settle(other.hello("read"));
      equal(refusal(await world.settle(other.request("ping", {}, { session: raw.session }))), "NO_SESSION");
    },
  },
  {
    name: "a read session may look, but neither trade nor ask outcomes",
    async run(world): Promise<void> {
      const other = await live(world, { client: "other", role: "read" });
      result(await world.settle(other.request("positions")));
      equal(refusal(await world.settle(other.request("outcome", { id: "x-1" }))), "ROLE");
      other.sendCommand(other.command("x-1", marketIntent()));
      const outcome = await outcomeOf(world, other, "x-1");
      equal(outcome.state === "refused" && outcome.code, "ROLE");
      equal(world.broker.executed.length, 0);
    },
  },
  {
    name: "a client that the agent lists as read cannot open a trade session",
    async run(world): Promise<void> {
      const other = await world.raw({ client: "other" });
      let code = "";
      await world.settle(
        other.hello("trade").catch((error: unknown) => {
          code = String(error);
        }),
      );
      ok(code.includes("ROLE"), code);
    },
  },
  {
    name: "ping gives broker time and UTC",
    covers: ["op ping"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const pong = result<{ brokerMs: number; utcMs: number }>(await world.settle(raw.request("ping")));
      ok(Math.abs(pong.brokerMs - pong.utcMs) <= 14 * 3_600_000);
      ok((pong.brokerMs - pong.utcMs) % 900_000 === 0, "the offset is whole quarters of an hour");
    },
  },
  {
    name: "account, positions and symbols give what the terminal has",
    covers: ["op account", "op positions", "op symbols"],
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("a-1", marketIntent()));
      await outcomeOf(world, raw, "a-1");
      const { account } = result<{ account: AccountRecord }>(await world.settle(raw.request("account")));
      equal(account.balance, world.broker.balance());
      ok(account.margin > 0);
      const { positions } = result<{ positions: PositionRecord[] }>(
        await world.settle(raw.request("positions")),
      );
      equal(positions.map((position) => position.ticket).join(), world.broker.positions().join());
      const none = result<{ positions: PositionRecord[] }>(
        await world.settle(raw.request("positions", { symbol: "GBPUSD" })),
      );
      equal(none.positions.length, 0);
      const { symbols } = result<SymbolsResult>(
        await world.settle(raw.request("symbols", { names: ["EURUSD"] })),
      );
      const symbol = symbols[0] as SymbolRecord;
      equal(symbol.name, "EURUSD");
      equal(symbol.digits, 5);
    },
  },
  {
    name: "a symbol that differs by case only is refused with the right name as candidate",
    async run(world): Promise<void> {
      const raw = await live(world);
      const { reply } = await world.settle(raw.request("symbols", { names: ["eurusd"] }));
      equal(reply.ok, false);
      if (reply.ok) return;
      equal(reply.error.code, "UNKNOWN_SYMBOL");
      ok(reply.error.candidates?.includes("EURUSD"));
    },
  },
  {
    name: "tick gives the last quote as a packed record",
    covers: ["op tick"],
    async run(world): Promise<void> {
      const raw = await live(world);
      result(await world.settle(raw.request("subscribe", { symbols: ["EURUSD"] })));
      world.broker.quote("EURUSD", 1.23456, 1.23468);
      const answer = await world.settle(raw.request("tick", { symbol: "EURUSD" }));
      result(answer);
      const [tick] = unpackTicks(answer.bulk ?? new Uint8Array(0));
      equal(tick?.bid, 1.23456);
      equal(tick?.ask, 1.23468);
    },
  },
  {
    name: "ticks of subscribed symbols arrive once each, counted without holes, and of no other symbol",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.channel("events").subscribe(new TextEncoder().encode("tick.EURUSD\0"));
      raw.channel("events").subscribe(new TextEncoder().encode("tick.GBPUSD\0"));
      await world.pass(50);
      const subscribed = result<{ symbols: { symbol: string; count: number }[] }>(
        await world.settle(raw.request("subscribe", { symbols: ["EURUSD"] })),
      );
      let count = subscribed.symbols[0]?.count ?? Number.NaN;
      const sent: string[] = [];
      for (let i = 0; i < 25; i++) {
        world.broker.quote("EURUSD", 1.1 + i / 100_000, 1.1002 + i / 100_000);
        world.broker.quote("GBPUSD", 1.2, 1.2002 + i / 100_000);
        sent.push((1.1 + i / 100_000).toFixed(5));
        if (i % 5 === 0) await world.pass(20);
      }
      const got = (): string[] =>
        raw.ticks.flatMap((batch) => batch.ticks.map((tick) => tick.bid.toFixed(5)));
      await world.until(() => got().length >= 25, "25 ticks");
      equal(got().join(), sent.join());
      for (const batch of raw.ticks) {
        equal(batch.symbol, "EURUSD");
        equal(batch.n, batch.ticks.length);
        count += batch.n + batch.skipped;
        equal(batch.count, count);
      }
      result(await world.settle(raw.request("unsubscribe", { symbols: ["EURUSD"] })));
      const before = got().length;
      world.broker.quote("EURUSD", 1.3, 1.3002);
      await world.pass(300);
      equal(got().length, before);
    },
  },
  {
    name: "subscribe takes all symbols or none",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.channel("events").subscribe(new TextEncoder().encode("tick.EURUSD\0"));
      equal(
        refusal(await world.settle(raw.request("subscribe", { symbols: ["EURUSD", "NOSUCH"] }))),
        "UNKNOWN_SYMBOL",
      );
      world.broker.quote("EURUSD", 1.1, 1.1002);
      await world.pass(300);
      equal(raw.ticks.length, 0);
    },
  },
  {
    name: "a barrier comes behind every ledger event before it, with the same seq",
    covers: ["op barrier"],
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("b-1", marketIntent()));
      await outcomeOf(world, raw, "b-1");
      const { reply } = await world.settle(raw.request("barrier", { token: "token-1" }));
      await world.until(
        () => ledgerOf(raw, "barrier").some((event) => event.token === "token-1"),
        "the barrier",
      );
      const at = raw.ledger.findIndex((event) => event.type === "barrier" && event.token === "token-1");
      const last = raw.ledger.slice(0, at).findLast((event) => event.type !== "barrier");
      equal(raw.ledger[at]?.seq, last?.seq);
      equal(raw.ledger[at]?.seq, reply.seq);
    },
  },
  {
    name: "a snapshot stands at its ledger position: with every event after it, it equals the next snapshot",
    covers: ["op snapshot"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const first = await world.settle(raw.request("snapshot"));
      equal(result<SnapshotResult>(first).positions.length, 0);
      raw.sendCommand(raw.command("s-1", marketIntent()));
      await outcomeOf(world, raw, "s-1");
      const second = await world.settle(raw.request("snapshot"));
      const opened = raw.ledger.filter(
        (event) =>
          event.type === "position" &&
          event.change === "opened" &&
          event.seq > first.reply.seq &&
          event.seq <= second.reply.seq,
      );
      equal(opened.length, 1);
      equal(result<SnapshotResult>(second).positions.length, 1);
    },
  },
  {
    name: "the pulse repeats the ledger's position and each session's counters, every second",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("p-1", marketIntent()));
      await outcomeOf(world, raw, "p-1");
      const before = raw.pulses.length;
      await world.until(() => raw.pulses.length >= before + 3, "three pulses", 10_000);
      const pulse = raw.pulses.at(-1);
      const highest = Math.max(...raw.ledger.map((event) => event.seq));
      equal(pulse?.seq, highest);
      const mine = pulse?.sessions.find((session) => session.session === raw.session);
      equal(mine?.command, raw.commandCounter);
      equal(mine?.sync, raw.syncCounter);
    },
  },
  {
    name: "ledger.since gives exactly the events after a position, and another epoch is gone",
    covers: ["op ledger.since"],
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("l-1", marketIntent()));
      await outcomeOf(world, raw, "l-1");
      const { events, complete } = result<{ events: { seq: number }[]; complete: boolean }>(
        await world.settle(raw.request("ledger.since", { epoch: raw.epoch, seq: 0 })),
      );
      equal(complete, true);
      const heard = raw.ledger.filter((event) => event.type !== "barrier");
      equal(JSON.stringify(events.slice(-heard.length)), JSON.stringify(heard));
      events.forEach((event, index) => {
        equal(event.seq, index + 1);
      });
      equal(
        refusal(await world.settle(raw.request("ledger.since", { epoch: raw.epoch - 1, seq: 0 }))),
        "LEDGER_GONE",
      );
      equal(
        refusal(await world.settle(raw.request("ledger.since", { epoch: raw.epoch, seq: 100_000 }))),
        "LEDGER_GONE",
      );
    },
  },
  {
    name: "bye ends a session at once, and the next hello opens another",
    covers: ["op bye"],
    async run(world): Promise<void> {
      const raw = await live(world);
      result(await world.settle(raw.request("bye")));
      equal(refusal(await world.settle(raw.request("ping"))), "NO_SESSION");
      const session = raw.session;
      await world.settle(raw.hello());
      notEqual(raw.session, session);
    },
  },
];
