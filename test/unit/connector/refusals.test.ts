import { describe, expect, test } from "vitest";
import { AgentClock } from "../../../src/connector/agent-clock.ts";
import { TypedEmitter } from "../../../src/connector/emitter.ts";
import { MirrorState } from "../../../src/connector/mirror.ts";
import type { OrderRecord } from "../../../src/domain/records.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { connectedWorld } from "../../kit/connector-world.ts";
import { FakeTerminal, fakeDeal, fakeOrder } from "../../kit/fake-terminal.ts";

describe("a refused request", () => {
  test.each([
    ["BUSY", "RateLimitError"],
    ["RATE_LIMITED", "RateLimitError"],
    ["BAD_REQUEST", "ProtocolError"],
    ["UNKNOWN_OP", "ProtocolError"],
    ["ROLE", "RequestRefusedError"],
    ["SESSIONS", "RequestRefusedError"],
    ["LEDGER_GONE", "RequestRefusedError"],
    ["NOT_SUPPORTED", "RequestRefusedError"],
    ["SOMETHING_NEW", "RequestRefusedError"],
    ["REPLAYED", "ConnectionError"],
    ["STALE", "ConnectionError"],
  ])("%s is a %s with a remedy", async (code, name) => {
    const { agent, fake, failure } = await connectedWorld();
    fake.refuseRequest = (op): string | undefined => (op === "account" ? code : undefined);
    const error = await failure(agent.account.getInfo());
    expect(error).toMatchObject({ name, code, remedy: expect.stringMatching(/\S/) });
  });

  test("a query that is aborted ends with the caller's reason, before or while it is asked", async () => {
    const { agent, fake, failure } = await connectedWorld();
    const before = AbortSignal.abort(new Error("mine"));
    expect(await failure(agent.account.getInfo({ signal: before }))).toMatchObject({
      code: "ABORTED",
      cause: { message: "mine" },
    });
    fake.loseToAgent = (channel): boolean => channel === "sync";
    const aborting = new AbortController();
    const asked = failure(agent.account.getInfo({ signal: aborting.signal }));
    aborting.abort();
    expect(await asked).toMatchObject({ code: "ABORTED" });
  });
});

test("TypedEmitter takes listeners back under both names, and once is once", () => {
  const emitter = new TypedEmitter<{ ping: [n: number] }>({
    unheard: () => undefined,
    listenerFailed: () => undefined,
  });
  const heard: number[] = [];
  const listen = (n: number): void => void heard.push(n);
  emitter.addListener("ping", listen).removeListener("ping", listen);
  emitter.on("ping", listen).off("ping", listen);
  emitter.once("ping", listen);
  expect([emitter.emit("ping", 1), emitter.emit("ping", 2), heard]).toEqual([true, false, [1]]);
});

test("AgentClock without a measurement says so", () => {
  const clock = new AgentClock(() => 5);
  expect(clock.known).toBe(false);
});

describe("MirrorState.replace", () => {
  const account = new FakeTerminal(new VirtualClock()).account();
  const empty = { account, positions: [], orders: [], historyOrders: [], deals: [] };
  const pending = (ticket: string, change: Partial<OrderRecord> = {}): OrderRecord => ({
    ...fakeOrder(ticket),
    kind: "buyLimit",
    state: "placed",
    volumeCurrent: 0.1,
    doneBrokerMs: 0,
    price: 1.08,
    ...change,
  });
  const told = (before: readonly OrderRecord[], after: Partial<typeof empty>): string[] => {
    const mirror = new MirrorState();
    mirror.since(1_600_000_000_000);
    mirror.replace({ ...empty, orders: before as never }, 1, 1);
    return mirror
      .replace({ ...empty, ...after }, 1, 2)
      .map((event) => (event.type === "order" ? `${event.change} ${event.order.ticket}` : event.type));
  };

  test("works out what became of orders: placed, modified, filled in part, ended in each way", () => {
    const orders = [
      pending("2"),
      pending("3", { timeInForce: "day" }),
      pending("4", { stopLoss: 1.07 }),
      pending("5", { volumeCurrent: 0.05, state: "partial" }),
      pending("6"),
    ];
    const before = ["3", "4", "5", "6"].map((ticket) => pending(ticket));
    expect(told(before, { orders: orders as never })).toEqual([
      "placed 2",
      "modified 3",
      "modified 4",
      "partiallyFilled 5",
    ]);
    const ended = (["filled", "expired", "rejected", "cancelled"] as const).map((state, index) =>
      pending(String(index + 3), { state, doneBrokerMs: 1_700_000_000_000 }),
    );
    expect(told(before, { historyOrders: ended as never })).toEqual([
      "filled 3",
      "expired 4",
      "rejected 5",
      "cancelled 6",
    ]);
  });

  test("an order that is gone without a trace was filled if it has deals, else cancelled", () => {
    const deals = [fakeDeal("9", "3")];
    expect(told([pending("3"), pending("4")], { deals: deals as never })).toEqual([
      "filled 3",
      "cancelled 4",
      "deal",
      "position",
      "position",
    ]);
  });

  test("a change of balance and credit is told", () => {
    expect(told([], { account: { ...account, credit: 5 } })).toEqual(["balance"]);
  });
});
