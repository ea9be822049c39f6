import { expect, test } from "vitest";
import type { ConnectionStatus } from "../../../src/connector/status.ts";
import { keepConnected } from "../../../src/gateway/keep-connected.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { testLog } from "./kit.ts";

/** An agent that connects, or fails as it is told to. */
class FakeAgent {
  readonly id = "main";
  state: "disconnected" | "connected" = "disconnected";
  failure: Error | undefined;
  readonly attemptsMs: number[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get connectionStatus(): ConnectionStatus {
    return { state: this.state } as ConnectionStatus;
  }

  async connect(): Promise<void> {
    this.attemptsMs.push(this.#clock.nowMs());
    if (this.failure !== undefined) throw this.failure;
    this.state = "connected";
  }
}

function keep() {
  const clock = new VirtualClock();
  const agent = new FakeAgent(clock);
  const log = testLog();
  let times = 0;
  const start = () => keepConnected(agent, { clock, log, connected: () => times++ });
  return { clock, agent, log, start, times: () => times };
}

test("keepConnected connects, says so, and connects again what was given up", async () => {
  const { clock, agent, log, start, times } = keep();
  const keeper = start();
  await clock.advance(5_000);
  expect(agent.attemptsMs).toHaveLength(1);
  agent.state = "disconnected";
  await clock.advance(2_000);
  expect(agent.attemptsMs).toHaveLength(2);
  expect(times()).toBe(2);
  expect(log.lines.filter((line) => line.startsWith("INFO MetaTrader account connected"))).toHaveLength(2);
  await keeper.stop();
});

test("keepConnected tries for ever, less and less often, and tells each reason once", async () => {
  const { clock, agent, log, start } = keep();
  agent.failure = new Error("refused");
  const keeper = start();
  await clock.advance(600_000);
  const gapsMs = agent.attemptsMs.slice(1).map((at, index) => at - (agent.attemptsMs[index] ?? 0));
  expect(gapsMs.slice(0, 5)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000]);
  expect(Math.max(...gapsMs)).toBe(15_000);
  expect(log.lines).toEqual(["WARNING MetaTrader account cannot be connected; trying again main refused"]);
  agent.failure = new Error("no route");
  await clock.advance(60_000);
  expect(log.lines).toHaveLength(2);
  agent.failure = undefined;
  await clock.advance(15_000);
  expect(agent.state).toBe("connected");
  await keeper.stop();
});

test("keepConnected stops at once, also in the middle of a wait or a connect, and tells nothing more", async () => {
  const { clock, agent, log, start } = keep();
  agent.failure = new Error("refused");
  const waiting = start();
  await clock.advance(10);
  await waiting.stop();
  const told = log.lines.length;
  let fail: (error: Error) => void = () => undefined;
  agent.connect = () =>
    new Promise((_, reject) => {
      fail = reject;
    });
  const connecting = start();
  const stopped = connecting.stop();
  fail(new Error("closed"));
  await stopped;
  expect(log.lines).toHaveLength(told);
});
