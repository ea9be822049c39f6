import { deepEqual, equal, ok } from "node:assert/strict";
import type { Outcome } from "../../../src/protocol/v1/messages.ts";
import { commandTag } from "../../../src/protocol/v1/signing.ts";
import { result } from "../../kit/raw-client.ts";
import { closeIntent, live, marketIntent, openPosition, outcomeOf } from "./steps.ts";
import type { AgentCase } from "./world.ts";

function codeOf(outcome: Outcome): string {
  return outcome.state === "refused" ? outcome.code : outcome.state;
}

/** Commands and their outcomes (docs/protocol.md, section 6). */
export const tradeCases: readonly AgentCase[] = [
  {
    name: "a market order is executed once, and the ledger tells deal, position and outcome in this order",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("t-1", marketIntent({ comment: "mine", stopLoss: 0.9 })));
      const outcome = await outcomeOf(world, raw, "t-1");
      equal(outcome.state, "executed");
      if (outcome.state !== "executed") return;
      equal(outcome.retcode, 10009);
      equal(outcome.volume, 0.1);
      deepEqual(world.broker.positions(), [outcome.position]);
      equal(world.broker.executed.length, 1);
      const types = raw.ledger.filter((event) => event.type !== "barrier").map((event) => event.type);
      ok(types.indexOf("deal") < types.indexOf("position"), types.join());
      equal(types.at(-1), "outcome");
      equal(outcome.deals[0]?.ticket, outcome.deal);
      const opened = raw.ledger.find((event) => event.type === "position" && event.change === "opened");
      ok(opened?.type === "position");
      equal(opened.position.stopLoss, 0.9);
      equal(opened.position.comment, `mine${commandTag(raw.publicKey, "t-1")}`);
    },
  },
  {
    name: "a comment that leaves no room for the tag is kept whole",
    async run(world): Promise<void> {
      const raw = await live(world);
      const comment = "a comment of twenty-one c";
      raw.sendCommand(raw.command("t-2", marketIntent({ comment })));
      await outcomeOf(world, raw, "t-2");
      const opened = raw.ledger.find((event) => event.type === "position" && event.change === "opened");
      equal(opened?.type === "position" && opened.position.comment, comment);
    },
  },
  {
    name: "closing a position, first a part of it, then the rest",
    async run(world): Promise<void> {
      const raw = await live(world);
      const position = await openPosition(world, raw, "c-1");
      raw.sendCommand(raw.command("c-2", closeIntent(position, { volume: 0.04 })));
      const part = await outcomeOf(world, raw, "c-2");
      equal(part.state === "executed" && part.volume, 0.04);
      deepEqual(world.broker.positions(), [position]);
      raw.sendCommand(raw.command("c-3", closeIntent(position)));
      const rest = await outcomeOf(world, raw, "c-3");
      equal(rest.state === "executed" && rest.volume, 0.06);
      equal(rest.state === "executed" && rest.position, position);
      deepEqual(world.broker.positions(), []);
      const closed = raw.ledger.find((event) => event.type === "position" && event.change === "closed");
      equal(closed?.type === "position" && closed.position.ticket, position);
    },
  },
  {
    name: "what the trade server refuses is rejected with its retcode, and nothing is executed",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("r-1", marketIntent({ volume: 90 })));
      const outcome = await outcomeOf(world, raw, "r-1");
      equal(outcome.state, "rejected");
      equal(outcome.state === "rejected" && outcome.retcode, 10019);
      deepEqual(world.broker.positions(), []);
    },
  },
  {
    name: "a retcode that proves nothing makes the outcome unknown, not rejected, and the deal found later settles it",
    async run(world): Promise<void> {
      const raw = await live(world);
      world.broker.answerNext("after", { retcode: 10012 });
      raw.sendCommand(raw.command("u-1", marketIntent()));
      await world.until(
        () => raw.outcomes("u-1").some((outcome) => outcome.state === "executed"),
        "the truth",
        60_000,
      );
      equal(world.broker.executed.length, 1);
      ok(raw.outcomes("u-1").every((outcome) => outcome.state === "unknown" || outcome.state === "executed"));
    },
  },
  {
    name: "an answer that never comes ends as unknown while nothing is found",
    async run(world): Promise<void> {
      const raw = await live(world);
      world.broker.answerNext("before", "silence");
      raw.sendCommand(raw.command("u-2", marketIntent()));
      const outcome = await outcomeOf(world, raw, "u-2");
      equal(outcome.state, "unknown");
      equal(world.broker.executed.length, 0);
      const asked = result<{ outcome: Outcome }>(await world.settle(raw.request("outcome", { id: "u-2" })));
      equal(asked.outcome.state, "unknown");
    },
  },
  {
    name: "a repeated command is executed once and its outcome told again",
    async run(world): Promise<void> {
      const raw = await live(world);
      const command = raw.command("d-1", marketIntent());
      raw.sendCommand(command);
      const first = await outcomeOf(world, raw, "d-1");
      await world.pass(1_100);
      raw.sendCommand(command);
      const second = await outcomeOf(world, raw, "d-1", 2);
      deepEqual(second, first);
      raw.sendCommand({ ...command, n: ++raw.commandCounter });
      await world.pass(1_100);
      equal(world.broker.executed.length, 1);
    },
  },
  {
    name: "the same id with other content is refused as ID_REUSED, with the new digest",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("d-2", marketIntent()));
      const first = await outcomeOf(world, raw, "d-2");
      raw.sendCommand(raw.command("d-2", marketIntent({ volume: 0.2 })));
      const second = await outcomeOf(world, raw, "d-2", 2);
      equal(codeOf(second), "ID_REUSED");
      ok(second.digest !== first.digest);
      equal(world.broker.executed.length, 1);
    },
  },
  {
    name: "a command past its notAfter, of another epoch, or from the future is refused by name",
    async run(world): Promise<void> {
      const raw = await live(world);
      const now = raw.agentMs();
      await world.pass(50);
      raw.sendCommand(raw.command("e-1", marketIntent(), { issuedAt: now, notAfter: now + 1 }));
      equal(codeOf(await outcomeOf(world, raw, "e-1")), "EXPIRED");
      raw.sendCommand(raw.command("e-3", marketIntent(), { issuedAt: now + 60_000, notAfter: now + 61_000 }));
      equal(codeOf(await outcomeOf(world, raw, "e-3")), "STALE");
      raw.sendCommand(raw.command("e-4", marketIntent(), { issuedAt: now, notAfter: now + 3_600_000 }));
      equal(codeOf(await outcomeOf(world, raw, "e-4")), "BAD_REQUEST");
      equal(world.broker.executed.length, 0);
    },
  },
  {
    name: "after EXPIRED the same id may be issued anew, but a late copy with the old stamps is still refused",
    async run(world): Promise<void> {
      const raw = await live(world);
      const now = raw.agentMs();
      await world.pass(50);
      raw.sendCommand(raw.command("e-5", marketIntent(), { issuedAt: now, notAfter: now + 1 }));
      equal(codeOf(await outcomeOf(world, raw, "e-5")), "EXPIRED");
      // The same stamps with a longer life are no new issue either.
      raw.sendCommand(raw.command("e-5", marketIntent(), { issuedAt: now, notAfter: now + 30_000 }));
      equal(codeOf(await outcomeOf(world, raw, "e-5", 2)), "EXPIRED");
      equal(world.broker.executed.length, 0);
      raw.sendCommand(raw.command("e-5", marketIntent()));
      equal((await outcomeOf(world, raw, "e-5", 3)).state, "executed");
      equal(world.broker.executed.length, 1);
    },
  },
  {
    name: "a hole in the counters is refused with the counter expected, a lower one as replayed",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("n-3", marketIntent(), { n: 3 }));
      const hole = await outcomeOf(world, raw, "n-3");
      equal(codeOf(hole), "COUNTER");
      equal(hole.state === "refused" && hole.expected, 1);
      raw.sendCommand(raw.command("n-1", marketIntent(), { n: 1 }));
      equal((await outcomeOf(world, raw, "n-1")).state, "executed");
      raw.sendCommand(raw.command("n-0", marketIntent(), { n: 1 }));
      equal(codeOf(await outcomeOf(world, raw, "n-0")), "REPLAYED");
      equal(world.broker.executed.length, 1);
      // What the connector has to mend by itself is no event of the ledger.
      ok(
        raw.ledger.every(
          (event) => event.type !== "outcome" || !["COUNTER", "REPLAYED"].includes(codeOf(event.outcome)),
        ),
      );
    },
  },
  {
    name: "a forged mac on a command has no effect at all",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("m-1", marketIntent(), { n: 1 }), true);
      await world.pass(500);
      equal(raw.outcomes("m-1").length, 0);
      raw.sendCommand(raw.command("m-1", marketIntent(), { n: 1 }));
      equal((await outcomeOf(world, raw, "m-1")).state, "executed");
      equal(world.broker.executed.length, 1);
    },
  },
  {
    name: "asking for an unknown id voids it for ever; a peek does not",
    covers: ["outcome void"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const peeked = result<{ outcome: Outcome | null }>(
        await world.settle(raw.request("outcome", { id: "v-1", peek: true })),
      );
      equal(peeked.outcome, null);
      const asked = result<{ outcome: Outcome }>(await world.settle(raw.request("outcome", { id: "v-1" })));
      equal(asked.outcome.state, "void");
      raw.sendCommand(raw.command("v-1", marketIntent()));
      equal(codeOf(await outcomeOf(world, raw, "v-1")), "VOID");
      equal(world.broker.executed.length, 0);
    },
  },
  {
    name: "a void outlives a restart of the agent",
    async run(world): Promise<void> {
      const raw = await live(world);
      result(await world.settle(raw.request("outcome", { id: "v-2" })));
      world.kill();
      await world.restart();
      const again = await live(world, { instance: "raw-2" });
      again.sendCommand(again.command("v-2", marketIntent()));
      equal(codeOf(await outcomeOf(world, again, "v-2")), "VOID");
      equal(world.broker.executed.length, 0);
    },
  },
  {
    name: "an outcome that nobody heard stands in the next hello until it is acknowledged",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("h-1", marketIntent()));
      await outcomeOf(world, raw, "h-1");
      const hello = await world.settle(raw.hello());
      ok(hello.outcomes.some((outcome) => outcome.id === "h-1" && outcome.state === "executed"));
      result(await world.settle(raw.request("outcome.ack", { ids: ["h-1"] })));
      const later = await world.settle(raw.hello());
      ok(later.outcomes.every((outcome) => outcome.id !== "h-1"));
    },
  },
  {
    name: "an unreadable intent is refused for good and uses up its counter",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("i-1", "{not json"));
      equal(codeOf(await outcomeOf(world, raw, "i-1")), "BAD_REQUEST");
      raw.sendCommand(raw.command("i-2", marketIntent({ volume: -1 })));
      equal(codeOf(await outcomeOf(world, raw, "i-2")), "BAD_REQUEST");
      raw.sendCommand(raw.command("i-3", marketIntent()));
      equal((await outcomeOf(world, raw, "i-3")).state, "executed");
    },
  },
  {
    name: "a stop loss hit at the broker is told: deal out, position closed, balance changed",
    async run(world): Promise<void> {
      const raw = await live(world);
      raw.sendCommand(raw.command("sl-1", marketIntent({ stopLoss: 1.09 })));
      await outcomeOf(world, raw, "sl-1");
      world.broker.quote("EURUSD", 1.08, 1.0802);
      await world.until(
        () => raw.ledger.some((event) => event.type === "position" && event.change === "closed"),
        "the close",
      );
      const deal = raw.ledger.findLast((event) => event.type === "deal");
      equal(deal?.type === "deal" && deal.deal.reason, "stopLoss");
      ok(raw.ledger.some((event) => event.type === "balance" && event.balance === world.broker.balance()));
    },
  },
];
