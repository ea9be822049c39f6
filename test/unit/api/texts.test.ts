import { expect, test } from "vitest";
import type { ConnectionStatus } from "../../../src/connector/mod.ts";
import { connectedWorld, connectorWorld } from "../../kit/connector-world.ts";

test("every status that is not connected says why, from the first one on", async () => {
  const { mt5, agent, fake, clock, settle } = connectorWorld();
  const statuses: ConnectionStatus[] = [];
  agent.on("connectionStatus", (status) => statuses.push(status));
  await settle(mt5.connect());
  fake.cut();
  await clock.advance(5_000);
  await settle(mt5.disconnect());
  const states = statuses.map(({ state }) => state);
  expect(states[0]).toBe("connecting");
  expect(states).toContain("reconnecting");
  for (const status of statuses) {
    const told =
      "reason" in status ? status.reason : "reasons" in status ? status.reasons.join() : "connected";
    expect(told, status.state).not.toBe("");
  }
});

test("a trade that its caller aborts before it is sent says that there is nothing to do", async () => {
  const { agent, fake, failure } = await connectedWorld();
  const expected = {
    code: "NOT_EXECUTED",
    retcodeName: "NOT_SENT",
    certain: true,
    message: "Cannot close position 1: not executed, the caller aborted it",
    remedy: "Nothing to do: your signal ended it, and nothing was sent",
  };
  const before = { signal: AbortSignal.abort(new Error("changed my mind")) };
  expect(await failure(agent.trade.closePosition(1, undefined, before))).toMatchObject(expected);

  fake.refuseConnection = () => ({ code: "unreachable", message: "gone" });
  fake.cut();
  const later = new AbortController();
  const waiting = failure(agent.trade.closePosition(1, undefined, { signal: later.signal }));
  later.abort(new Error("changed my mind"));
  expect(await waiting).toMatchObject(expected);
  expect(fake.commands).toEqual([]);
});
