import fc from "fast-check";
import { expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { AgentClock } from "../../../src/connector/agent-clock.ts";
import { backoffMs } from "../../../src/connector/backoff.ts";
import { CircuitBreaker } from "../../../src/connector/breaker.ts";
import { brokerTimeInfo } from "../../../src/connector/broker-zone.ts";
import { TypedEmitter } from "../../../src/connector/emitter.ts";
import { CircuitOpenError } from "../../../src/connector/errors.ts";
import { Gate } from "../../../src/connector/gate.ts";
import { KnownHistory } from "../../../src/connector/known-history.ts";
import { LedgerFeed } from "../../../src/connector/ledger-feed.ts";
import { LatencyRecorder } from "../../../src/connector/metrics.ts";
import { overallState } from "../../../src/connector/status.ts";
import { productName, productVersion } from "../../../src/connector/version.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import type { LedgerEvent } from "../../../src/protocol/v1/messages.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { seededBytes } from "../../kit/connector-world.ts";

test("AgentClock stays within the bounds that replies and pulses prove, whatever the delays", () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 5_000 }),
    upMs: fc.integer({ min: 0, max: 400 }),
    downMs: fc.integer({ min: 0, max: 400 }),
    pulse: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.array(step, { minLength: 1, maxLength: 30 }),
      (offset, steps) => {
        let nowMs = 1_000;
        const clock = new AgentClock(() => nowMs);
        let best = Number.POSITIVE_INFINITY;
        for (const { waitMs, upMs, downMs, pulse } of steps) {
          nowMs += waitMs;
          const sentMs = nowMs;
          nowMs += upMs + downMs;
          if (pulse && clock.known) clock.message(sentMs + upMs + offset);
          else {
            clock.reply(sentMs + upMs + offset, sentMs, nowMs);
            best = Math.min(best, upMs + downMs);
          }
          expect(Math.abs(clock.now() - (nowMs + offset))).toBeLessThanOrEqual(
            best / 2 + 0.0002 * 200_000 + 1,
          );
        }
      },
    ),
  );
});

test("AgentClock heals after one side stood still, and after distrust", () => {
  let nowMs = 0;
  const clock = new AgentClock(() => nowMs);
  clock.reply(1_000, 0, 10);
  nowMs = 600_000;
  clock.reply(5_000, 600_000, 600_050);
  expect(Math.abs(clock.now() - 5_000)).toBeLessThan(60);
  clock.distrust();
  clock.reply(700_000, 600_000, 600_050);
  expect(Math.abs(clock.now() - 700_000)).toBeLessThan(60);
  expect(() => new AgentClock(() => 0).now()).toThrow("no reply has been seen");
});

test("backoffMs doubles up to its limit, with half of it at random", () => {
  const policy = { baseDelayMs: 100, maxDelayMs: 1_000, multiplier: 2 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer(), (attempt, seed) => {
      const full = Math.min(1_000, 100 * 2 ** (attempt - 1));
      const wait = backoffMs(policy, attempt, seededBytes(seed));
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThan(full);
    }),
  );
  const waits = new Set(Array.from({ length: 20 }, (_, seed) => backoffMs(policy, 3, seededBytes(seed))));
  expect(waits.size).toBeGreaterThan(10);
});

test("CircuitBreaker opens after its failures, tries one call after the pause, and closes on an answer", async () => {
  const clock = new VirtualClock();
  const options = { failureThreshold: 3, recoveryTimeoutMs: 1_000, monitoringPeriodMs: 10_000 };
  const breaker = new CircuitBreaker(clock, options, "agent");
  const fail = (): Promise<never> =>
    breaker.run(
      () => Promise.reject(new Error("down")),
      () => true,
    );
  for (let i = 0; i < 3; i++) await expect(fail()).rejects.toThrow("down");
  await expect(fail()).rejects.toBeInstanceOf(CircuitOpenError);
  await clock.advance(1_000);
  let release: (value: string) => void = () => undefined;
  const trial = breaker.run(
    () => new Promise<string>((resolve) => (release = resolve)),
    () => true,
  );
  await expect(fail()).rejects.toBeInstanceOf(CircuitOpenError);
  release("up");
  expect(await trial).toBe("up");
  expect(breaker.state).toEqual({ state: "closed" });
  await expect(fail()).rejects.toThrow("down");
  expect(breaker.state).toEqual({ state: "closed" });
});

test("CircuitBreaker opens again when the trial fails, and a refusal counts as an answer", async () => {
  const clock = new VirtualClock();
  const options = { failureThreshold: 1, recoveryTimeoutMs: 1_000, monitoringPeriodMs: 10_000 };
  const breaker = new CircuitBreaker(clock, options, "agent");
  const call = (counts: boolean): Promise<never> =>
    breaker.run(
      () => Promise.reject(new Error("x")),
      () => counts,
    );
  await expect(call(true)).rejects.toThrow("x");
  await clock.advance(1_000);
  await expect(call(true)).rejects.toThrow("x");
  await expect(call(true)).rejects.toBeInstanceOf(CircuitOpenError);
  await clock.advance(1_000);
  await expect(call(false)).rejects.toThrow("x");
  expect(breaker.state).toEqual({ state: "closed" });
});

test("brokerTimeInfo takes the agent's rule, and else today's offset to the quarter of an hour", () => {
  expect(brokerTimeInfo("eet-us", 0, 0)).toEqual({
    rule: { standardOffsetMinutes: 120, daylight: "us" },
    source: "agent",
  });
  expect(brokerTimeInfo("fixed:-300", 0, 0).rule).toEqual({ standardOffsetMinutes: -300, daylight: "none" });
  expect(brokerTimeInfo("utc", 0, 0).rule.standardOffsetMinutes).toBe(0);
  expect(brokerTimeInfo("eet-eu", 0, 0).rule.daylight).toBe("eu");
  for (const zone of [null, "mars", "fixed:+99999", "fixed:+900"]) {
    expect(brokerTimeInfo(zone, 10_801_234, 0)).toEqual({
      rule: { standardOffsetMinutes: 180, daylight: "none" },
      source: "measured",
    });
  }
});

interface TestEvents {
  error: [error: Error];
  value: [value: number];
}

test("TypedEmitter keeps an unheard error and a listener that throws from hurting anyone, and hides neither", async () => {
  const unheard: unknown[] = [];
  const failed: string[] = [];
  const emitter = new TypedEmitter<TestEvents>({
    unheard: (error): void => void unheard.push(error),
    listenerFailed: (event, error): void => void failed.push(`${event}: ${String(error)}`),
  });
  const heard: number[] = [];
  emitter.on("value", () => {
    throw new Error("mine");
  });
  emitter.on("value", (async () => Promise.reject(new Error("later"))) as () => void);
  emitter.once("value", (value) => heard.push(value));
  expect(emitter.emit("value", 1)).toBe(true);
  emitter.emit("value", 2);
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([1]);
  expect(failed).toEqual([
    "value: Error: mine",
    "value: Error: mine",
    "value: Error: later",
    "value: Error: later",
  ]);
  const error = new Error("lost?");
  expect(emitter.emit("error", error)).toBe(false);
  expect(unheard).toEqual([error]);
});

test("LedgerFeed applies each event once and in order, whatever the order and doubling of arrival", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(Array.from({ length: 30 }, (_, i) => i + 1)),
      fc.array(fc.nat(29)),
      (first, extra) => {
        const applied: number[] = [];
        const feed = new LedgerFeed((event) => applied.push(event.seq));
        feed.reset({ epoch: 1, seq: 0 });
        const event = (seq: number): LedgerEvent =>
          ({ v: 1, epoch: 1, seq, agentMs: 0, type: "balance", balance: 0, credit: 0 }) as const;
        for (const seq of [...first, ...extra.map((nat) => nat + 1)]) feed.push(event(seq));
        expect(applied).toEqual(applied.map((_, index) => index + 1));
        for (let seq = 1; seq <= 30; seq++) feed.push(event(seq));
        expect(applied).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
        expect(feed.hasGap).toBe(false);
      },
    ),
  );
});

test("LedgerFeed keeps what came before the first snapshot and is behind it", async () => {
  const applied: number[] = [];
  const feed = new LedgerFeed((event) => applied.push(event.seq));
  for (const seq of [4, 5, 6]) {
    feed.push({ v: 1, epoch: 2, seq, agentMs: 0, type: "balance", balance: 0, credit: 0 });
  }
  const reached = feed.reached({ epoch: 2, seq: 6 });
  feed.reset({ epoch: 2, seq: 4 });
  expect(applied).toEqual([5, 6]);
  await reached;
  expect(feed.reached({ epoch: 1, seq: 99 })).toBeUndefined();
});

test("KnownHistory tells news from what is known, and never asks for less than it can tell apart", () => {
  const history = new KnownHistory();
  history.begin(100_000_000);
  expect(history.sinceBrokerMs).toBe(100_000_000 - limits.historyOverlapMs);
  expect(history.deal("1", 100_000_500)).toBe(true);
  expect(history.deal("1", 100_000_500)).toBe(false);
  for (let i = 0; i < 20_000; i++) history.deal(`d${i}`, 100_001_000 + i);
  expect(history.deal("d19999", 0)).toBe(false);
  // The oldest were forgotten, so the time from which it can tell has moved behind them.
  expect(history.sinceBrokerMs).toBeGreaterThan(100_001_000);
  expect(history.sinceBrokerMs).toBeLessThan(100_021_000);
});

test("Gate lets only so many run at once, and goes on after a failure", async () => {
  const gate = new Gate(2);
  let running = 0;
  let most = 0;
  const work = async (index: number): Promise<void> => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    if (index === 1) throw new Error("one");
  };
  const results = await Promise.allSettled(
    Array.from({ length: 7 }, (_, index) => gate.run(() => work(index))),
  );
  expect(most).toBe(2);
  expect(results.filter((result) => result.status === "rejected")).toHaveLength(1);
});

test("LatencyRecorder gives nearest-rank percentiles of the last thousand", () => {
  const recorder = new LatencyRecorder();
  expect(recorder.summary()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  for (let ms = 1; ms <= 1_100; ms++) recorder.add(ms);
  expect(recorder.summary()).toEqual({ count: 1_100, p50: 600, p95: 1_050, p99: 1_090, max: 1_100 });
});

test("overallState is the agents' common state, or says that only some work", () => {
  const connected = { state: "connected", sinceMs: 0 } as const;
  const gone = { state: "disconnected", sinceMs: 0, reason: "" } as const;
  expect(overallState([connected, connected])).toBe("connected");
  expect(overallState([connected, gone])).toBe("degraded");
  expect(overallState([gone, { state: "connecting", sinceMs: 0, reason: "" }])).toBe("connecting");
});

test("the connector names itself as package.json does", () => {
  expect([productName, productVersion]).toEqual([packageJson.name, packageJson.version]);
});
