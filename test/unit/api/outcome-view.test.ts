import { describe, expect, test } from "vitest";
import { toCommandOutcome, toEndedOutcome } from "../../../src/api/outcome-view.ts";
import { ConnectionError } from "../../../src/connector/errors.ts";
import type { ExecutedOutcome, Outcome } from "../../../src/protocol/v1/messages.ts";
import { connectedWorld } from "../../kit/connector-world.ts";

const times = { epoch: 1, receivedMs: 1, sentMs: 1, doneMs: 1 };
const executed: ExecutedOutcome = {
  ...times,
  id: "x",
  digest: "",
  state: "executed",
  retcode: 10009,
  comment: "",
  order: "11",
  deal: "12",
  position: "13",
  volume: 0.1,
  price: 1.1,
  deals: [],
  moreDeals: false,
};

describe("toCommandOutcome", () => {
  test("an execution's ticket is its position's, and its order's where there is no position yet", () => {
    expect(toCommandOutcome("x", executed)).toMatchObject({ ticket: 13, orderTicketText: "11" });
    const placed = { ...executed, retcode: 10008, deal: "0", position: "0" };
    expect(toCommandOutcome("x", placed)).toMatchObject({ ticket: 11, ticketText: "11" });
  });

  test("a refusal of the trade server is told by its name; no answer has none", () => {
    const rejected: Outcome = {
      ...times,
      id: "x",
      digest: "",
      state: "rejected",
      retcode: 10019,
      comment: "c",
    };
    expect(toCommandOutcome("x", rejected)).toEqual({
      state: "rejected",
      id: "x",
      retcode: 10019,
      retcodeName: "NO_MONEY",
      comment: "c",
    });
    expect(toCommandOutcome("x", { ...rejected, state: "unknown", retcode: 0 })).toMatchObject({
      state: "unknown",
      retcodeName: "NONE",
    });
  });

  test("what was refused before it was sent, or declared void, was certainly not executed", () => {
    const copy = { session: "s", n: 1, epoch: 1, issuedAt: 1, notAfter: 2 };
    const refused: Outcome = {
      ...copy,
      id: "x",
      digest: "",
      state: "refused",
      code: "EXPIRED",
      reason: "too late",
    };
    expect(toCommandOutcome("x", refused)).toEqual({
      state: "notExecuted",
      id: "x",
      reason: "EXPIRED: too late",
    });
    const at = { id: "x", digest: "", state: "void" } as const;
    expect(toCommandOutcome("x", { ...at, sinceUtcMs: 5 })).toMatchObject({ since: new Date(5) });
    expect(toCommandOutcome("x", { ...at, sinceUtcMs: 0 })).not.toHaveProperty("since");
  });

  test("an error that ended a command before the agent had it says so", () => {
    const error = new ConnectionError("Cannot buy: gone", { code: "NOT_CONNECTED", remedy: "Wait" });
    expect(toEndedOutcome("x", error)).toEqual({ state: "notExecuted", id: "x", reason: "Cannot buy: gone" });
  });
});

test("outcome tells of a rejected command, of one that is still open, and of a placed order by its ticket", async () => {
  const { agent, fake, settle, failure } = await connectedWorld();
  fake.answers.push({ kind: "reject", retcode: 10018, comment: "closed" });
  await failure(agent.trade.marketBuy("EURUSD", 0.1, { id: "no" }));
  expect(await settle(agent.trade.outcome("no"))).toMatchObject({
    state: "rejected",
    retcodeName: "MARKET_CLOSED",
    comment: "closed",
  });
  fake.answers.push({ kind: "silence" });
  await failure(agent.trade.marketBuy("EURUSD", 0.1, { id: "open", timeoutMs: 100 }));
  expect(await settle(agent.trade.outcome("open"))).toEqual({ state: "pending", id: "open" });
  const order = await settle(agent.trade.buyLimit("EURUSD", 0.1, 1.08, { id: "placed" }));
  expect(await settle(agent.trade.outcome("placed"))).toMatchObject({
    state: "executed",
    ticketText: order.ticketText,
  });
});
