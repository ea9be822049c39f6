import { describe, expect, test } from "vitest";
import { AgentClock } from "../../../src/connector/agent-clock.ts";
import { brokerTimeInfo } from "../../../src/connector/broker-zone.ts";
import { type Command, newCommand } from "../../../src/connector/command.ts";
import { judgeRefusal } from "../../../src/connector/command-refusals.ts";
import { Convergence } from "../../../src/connector/convergence.ts";
import { toError } from "../../../src/connector/errors.ts";
import { KnownHistory } from "../../../src/connector/known-history.ts";
import { LedgerFeed } from "../../../src/connector/ledger-feed.ts";
import { consoleDestination } from "../../../src/connector/log.ts";
import { MirrorState } from "../../../src/connector/mirror.ts";
import type { ResolvedAgent } from "../../../src/connector/options.ts";
import { OrderLimits } from "../../../src/connector/order-limits.ts";
import { recoveredPositions } from "../../../src/connector/recovery.ts";
import { TimerScope } from "../../../src/connector/timers.ts";
import type { AccountRecord } from "../../../src/domain/records.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import type { CommandRefusal, LedgerEvent, RefusedOutcome } from "../../../src/protocol/v1/messages.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { fakeAccount } from "../../kit/fake-records.ts";
import { fakeDeal, fakeOrder, fakePosition } from "../../kit/fake-terminal.ts";

describe("judgeRefusal", () => {
  const stamps = { epoch: 5, issuedAt: 10, notAfter: 20 };
  const session = { id: "s", epoch: 5 };

  function sent(change: Partial<Command> = {}): Command {
    const input = {
      id: "c",
      action: "buy",
      intent: "{}",
      digest: "",
      reduces: false,
      opens: true,
      named: false,
      timeoutMs: 1_000,
    };
    const command = newCommand(input, 0);
    command.copy = { n: 3, command, stamps, sentMs: 0 };
    command.stamps = stamps;
    return Object.assign(command, change);
  }

  const refused = (code: CommandRefusal, change: Partial<RefusedOutcome> = {}): RefusedOutcome => ({
    id: "c",
    digest: "",
    state: "refused",
    code,
    reason: code,
    session: "s",
    n: 3,
    ...stamps,
    ...change,
  });

  test.each<[CommandRefusal, string]>([
    ["COUNTER", "nothing"],
    ["NO_SESSION", "nothing"],
    ["REPLAYED", "repeat"],
    ["BUSY", "repeatLater"],
    ["STALE", "repeatWhenDue"],
    ["VOID", "notExecuted"],
    ["ID_REUSED", "notExecuted"],
    ["EXPIRED_ID", "beyondJournal"],
    ["EXPIRED", "notExecuted"],
    ["LIMIT", "notExecuted"],
  ])("of the newest copy: %s means %s", (code, act) => {
    expect(judgeRefusal(sent(), refused(code), session).act).toBe(act);
  });

  test.each<[CommandRefusal, Partial<RefusedOutcome>]>([
    ["REPLAYED", { n: 2 }],
    ["BUSY", { session: "old" }],
    ["STALE", { n: 2 }],
    ["EXPIRED", { issuedAt: 9 }],
    ["LIMIT", { notAfter: 19 }],
    ["ROLE", { epoch: 4 }],
  ])("of an earlier copy: %s says nothing", (code, change) => {
    expect(judgeRefusal(sent(), refused(code, change), session).act).toBe("nothing");
  });

  test("EXPIRED after the agent's restart lets the same id be issued anew, but not once its caller's time is up", () => {
    const restarted = { id: "t", epoch: 6 };
    expect(judgeRefusal(sent(), refused("EXPIRED"), restarted).act).toBe("issueAnew");
    expect(judgeRefusal(sent({ closed: true }), refused("EXPIRED"), restarted).act).toBe("notExecuted");
    expect(judgeRefusal(sent(), refused("EXPIRED"), undefined).act).toBe("notExecuted");
  });

  test("a command without stamps was not sent since its new life: the refusal is of an earlier copy", () => {
    expect(judgeRefusal(sent({ stamps: undefined }), refused("LIMIT"), session).act).toBe("nothing");
  });
});

describe("MirrorState", () => {
  test("takes no account that is older than the one it has, by epoch and by the agent's clock", () => {
    const mirror = new MirrorState();
    expect(mirror.setAccount({ ...fakeAccount, balance: 1 }, 2, 50)).toBe(true);
    expect(mirror.setAccount({ ...fakeAccount, balance: 2 }, 2, 49)).toBe(false);
    expect(mirror.setAccount({ ...fakeAccount, balance: 3 }, 1, 99)).toBe(false);
    expect(mirror.setAccount({ ...fakeAccount, balance: 4 }, 3, 0)).toBe(true);
    expect(mirror.account?.balance).toBe(4);
  });

  test("a balance before the first account changes nothing, and a deleted deal is no news to remember", () => {
    const mirror = new MirrorState();
    mirror.apply({ type: "balance", balance: 5, credit: 0 }, 1, 1);
    expect(mirror.account).toBeUndefined();
    mirror.replace({ account: fakeAccount, positions: [], orders: [], historyOrders: [], deals: [] }, 1, 1);
    mirror.apply({ type: "deal", change: "deleted", deal: fakeDeal("7", "3") }, 1, 2);
    const again = mirror.replace(
      { account: fakeAccount, positions: [], orders: [], historyOrders: [], deals: [fakeDeal("7", "3")] },
      1,
      3,
    );
    expect(again.map((event) => event.type)).toContain("deal");
  });

  test("refresh brings prices of known positions up to date, and opens none", () => {
    const mirror = new MirrorState();
    mirror.positions.set("1", fakePosition("1"));
    mirror.refresh([{ ...fakePosition("1"), profit: 7 }, fakePosition("2")]);
    expect([...mirror.positions.values()]).toMatchObject([{ ticket: "1", profit: 7 }]);
  });
});

describe("recoveredPositions", () => {
  test("a position that is gone without its deals is closed as it was last known", () => {
    const known = new Map([["1", fakePosition("1")]]);
    expect(recoveredPositions(known, { positions: [] }, [])).toEqual([
      { type: "position", change: "closed", position: fakePosition("1") },
    ]);
  });

  test("a position that changed is modified, one that did not is no news, and balance deals open none", () => {
    const known = new Map([
      ["1", fakePosition("1")],
      ["2", fakePosition("2")],
    ]);
    const now = [{ ...fakePosition("1"), stopLoss: 1.05 }, fakePosition("2")];
    const deposit = { ...fakeDeal("9", "0"), kind: "balance" as const, position: "0" };
    expect(recoveredPositions(known, { positions: now }, [deposit])).toEqual([
      { type: "position", change: "modified", position: now[0] },
    ]);
  });

  test("deals that only close a position that was never seen tell nothing of it", () => {
    const out = { ...fakeDeal("9", "3"), position: "77", entry: "out" as const };
    expect(recoveredPositions(new Map(), { positions: [] }, [out])).toEqual([]);
  });
});

describe("OrderLimits", () => {
  const clock = new VirtualClock();
  const agent = (max: ResolvedAgent["limits"]): ResolvedAgent => ({ limits: max }) as ResolvedAgent;

  function mirrorOf(marginMode: AccountRecord["marginMode"]): MirrorState {
    const mirror = new MirrorState();
    mirror.account = { ...fakeAccount, marginMode };
    mirror.positions.set("1", { ...fakePosition("1"), symbol: "EURUSD" });
    return mirror;
  }

  test("on a netting account an order of a symbol that has a position opens no other", () => {
    const orderLimits = new OrderLimits(agent({ maxPositions: 1 }), clock);
    const check = (mode: AccountRecord["marginMode"], symbol: string): void =>
      orderLimits.check("buy", { lots: 1, symbol }, mirrorOf(mode), 0);
    expect(() => check("netting", "EURUSD")).not.toThrow();
    expect(() => check("netting", "GBPUSD")).toThrow("limits.maxPositions (1)");
    expect(() => check("hedging", "EURUSD")).toThrow("limits.maxPositions (1)");
  });

  test("pending orders count as positions; orders that are being filled and those of a position do not", () => {
    const orderLimits = new OrderLimits(agent({ maxPositions: 3 }), clock);
    const mirror = mirrorOf("hedging");
    const check = (): void => orderLimits.check("buy", { lots: 1, symbol: "EURUSD" }, mirror, 0);
    mirror.orders.set("5", { ...fakeOrder("5"), kind: "buy", position: "0" });
    mirror.orders.set("6", { ...fakeOrder("6"), kind: "sellStop", position: "1" });
    mirror.orders.set("7", { ...fakeOrder("7"), kind: "buyLimit", position: "0" });
    expect(check).not.toThrow();
    mirror.orders.set("8", { ...fakeOrder("8"), kind: "sellLimit", position: "0" });
    expect(check).toThrow("1 positions and 2 orders on their way");
  });
});

describe("TimerScope", () => {
  test("after its end it sets no timer and sleeps not at all", async () => {
    const clock = new VirtualClock();
    const scope = new TimerScope(clock);
    const woken = scope.sleep(1_000);
    scope.end();
    await woken;
    let called = false;
    scope.set(() => (called = true), 1).cancel();
    await scope.sleep(1_000);
    await clock.advance(10);
    expect(called).toBe(false);
    scope.begin();
    scope.set(() => (called = true), 1);
    await clock.advance(10);
    expect(called).toBe(true);
  });
});

describe("Convergence", () => {
  test("a run that is asked for while it goes on is one more round, however often it is asked for", async () => {
    const clock = new VirtualClock();
    let rounds = 0;
    const subject: Convergence = new Convergence({
      timers: new TimerScope(clock),
      stopped: () => false,
      converge: async () => {
        rounds++;
        if (rounds > 1) return;
        subject.run();
        subject.run();
      },
      failed: () => true,
    });
    subject.run();
    await clock.advance(1);
    expect(rounds).toBe(2);
  });

  test("failures are repeated ever more slowly, until it is stopped", async () => {
    const clock = new VirtualClock();
    const atMs: number[] = [];
    let stopped = false;
    const subject = new Convergence({
      timers: new TimerScope(clock),
      stopped: () => stopped,
      converge: () => {
        atMs.push(clock.nowMs());
        return Promise.reject(new Error("no"));
      },
      failed: () => true,
    });
    subject.run();
    await clock.advance(6_000);
    expect(atMs).toEqual([0, 250, 750, 1_750, 3_750, 5_750]);
    stopped = true;
    subject.run();
    subject.retrySoon();
    await clock.advance(10_000);
    expect(atMs).toHaveLength(6);
  });
});

test("KnownHistory that drops tickets of before its beginning still knows everything since", () => {
  const history = new KnownHistory();
  const begin = 10 * limits.historyOverlapMs;
  history.begin(begin);
  const since = history.sinceBrokerMs;
  for (let index = 0; index <= 8_192; index++) history.deal(`old-${index}`, 1);
  expect(history.sinceBrokerMs).toBe(since);
  history.deal("new", begin + 1);
  expect(history.deal("new", begin + 1)).toBe(false);
});

test("LedgerFeed drops what is parked when the ring could not hold it either, and asks for it again", () => {
  const applied: number[] = [];
  const feed = new LedgerFeed((event) => applied.push(event.seq));
  feed.reset({ epoch: 1, seq: 0 });
  const event = (seq: number): LedgerEvent => ({
    v: 1,
    epoch: 1,
    seq,
    agentMs: 0,
    type: "balance",
    balance: 0,
    credit: 0,
  });
  for (let seq = 2; seq <= limits.ledgerRingEvents + 2; seq++) feed.push(event(seq));
  feed.push(event(1));
  expect(applied).toEqual([1]);
  expect(feed.hasGap).toBe(true);
});

test("AgentClock takes nothing from a pulse before it was measured, and learns from the next after it", () => {
  let nowMs = 100;
  const clock = new AgentClock(() => nowMs);
  clock.message(500);
  expect(clock.known).toBe(false);
  clock.reply(1_000, 0, 100);
  nowMs = 200;
  clock.message(1_200);
  expect(clock.now()).toBeGreaterThanOrEqual(1_050);
});

test("brokerTimeInfo believes no broker time that is more than 14 hours off", () => {
  expect(brokerTimeInfo(null, 0, 1_700_000_000_000).rule.standardOffsetMinutes).toBe(0);
});

test("toError leaves errors as they are and makes one of anything else", () => {
  const error = new TypeError("x");
  expect(toError(error)).toBe(error);
  expect(toError("text")).toEqual(new Error("text"));
});

test("the console shows an error without a message by its name, and says what it cannot write", () => {
  const lines: string[] = [];
  const write = consoleDestination((record) => void lines.push(record.message.join("")));
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  write({
    time: new Date(0),
    level: "info",
    category: [],
    message: "m",
    data: { error: new RangeError(), circular, nothing: null, list: [1] },
  });
  expect(lines).toEqual(["m (error RangeError, circular [object Object], nothing null, list [1])"]);
});
