import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { nodeLogFile } from "../../../src/adapters/node-log-file.ts";
import {
  CircuitOpenError,
  ConfigError,
  type ErrorHandlingOptions,
  type GlobalOptions,
  LimitExceededError,
  type LogEntry,
  type MT5Agent,
  MT5Connector,
  type MT5ConnectorConfig,
  OutcomeUnknownError,
  RateLimitError,
  TimeoutError,
} from "../../../src/connector/mod.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import type { Channel, ConnectOptions, Transport } from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { seededBytes } from "../../kit/connector-world.ts";
import { FakeAgent, testKeys } from "../../kit/fake-agent.ts";

type AgentConfig = MT5ConnectorConfig["agents"][number];

/** Every leaf of a configuration, by its path: the compiler asks for a row for each new one. */
type Leaf<Value, Path extends string> = Value extends
  | string
  | number
  | boolean
  | ((...all: never[]) => unknown)
  ? Path
  : { [Key in keyof Value & string]-?: Leaf<NonNullable<Value[Key]>, `${Path}.${Key}`> }[keyof Value &
      string];
type Key = Leaf<AgentConfig, "agents"> | Leaf<Required<GlobalOptions>, "options">;

interface Tried {
  readonly clock: VirtualClock;
  readonly fake: FakeAgent;
  readonly mt5: MT5Connector;
  readonly agent: MT5Agent;
  /** Connections that were tried, and when. */
  readonly dialled: readonly {
    readonly channel: Channel;
    readonly options: ConnectOptions;
    readonly atMs: number;
  }[];
  /** The error that a promise is rejected with, in virtual time. */
  failure(promise: Promise<unknown>, limitMs?: number): Promise<unknown>;
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
}

function configOf(agent: Partial<AgentConfig>, options?: GlobalOptions): MT5ConnectorConfig {
  return {
    agents: [
      {
        id: "main",
        connection: { host: "agent.test", ports: { command: 1, events: 2, sync: 3 } },
        credentials: {
          serverKey: encodeKey(testKeys.serverPublic),
          clientKey: encodeKey(testKeys.clientSecret),
        },
        ...agent,
      },
    ],
    ...(options === undefined ? {} : { options }),
  };
}

function tried(agent: Partial<AgentConfig>, options?: GlobalOptions): Tried {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  const fake = new FakeAgent(clock);
  const dialled: { channel: Channel; options: ConnectOptions; atMs: number }[] = [];
  const transport: Transport = {
    ...fake.transport,
    connect(channel, connectOptions, events) {
      dialled.push({ channel, options: connectOptions, atMs: clock.nowMs() });
      return fake.transport.connect(channel, connectOptions, events);
    },
  };
  const mt5 = new MT5Connector(configOf(agent, options), {
    transport,
    clock,
    randomBytes: seededBytes(1),
    openLogFile: nodeLogFile,
  });
  mt5.on("error", () => undefined);
  const settle = async <T>(promise: Promise<T>, limitMs = 120_000): Promise<T> =>
    await clock.runUntil(promise, limitMs);
  return {
    clock,
    fake,
    mt5,
    agent: mt5.getAllAgents()[0] as MT5Agent,
    dialled,
    settle,
    failure: async (promise, limitMs): Promise<unknown> =>
      await settle(
        promise.then(
          () => {
            throw new Error("Expected a rejection");
          },
          (error: unknown) => error,
        ),
        limitMs,
      ),
  };
}

async function connected(agent: Partial<AgentConfig>, options?: GlobalOptions): Promise<Tried> {
  const made = tried(agent, options);
  await made.settle(made.mt5.connect());
  return made;
}

/** The faults that a configuration is refused with. */
function refusal(agent: object, options?: object): string {
  try {
    tried(agent, options as GlobalOptions);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("It was taken");
}

const handling = (errorHandling: ErrorHandlingOptions): GlobalOptions => ({ errorHandling });
const retry = (change: object): GlobalOptions =>
  handling({
    retryPolicy: { maxAttempts: 4, baseDelayMs: 100, maxDelayMs: 100_000, jitterMs: 0, ...change },
  });

/** When a query was asked that always loses its connection's session, from the first. */
async function attempts(options: GlobalOptions): Promise<number[]> {
  const { agent, fake, failure, clock } = await connected({}, options);
  const asked: number[] = [];
  fake.refuseRequest = (op): string | undefined => {
    if (op !== "account") return undefined;
    asked.push(clock.nowMs());
    return "RATE_LIMITED";
  };
  await failure(agent.account.getInfo({ timeoutMs: 60_000 }));
  return asked.map((atMs) => Math.round(atMs - (asked[0] ?? 0)));
}

/** When the connection was tried again after the agent vanished, in milliseconds after the first attempt. */
async function redialled(reconnect: GlobalOptions["reconnect"], forMs: number): Promise<number[]> {
  const { fake, dialled, clock } = await connected({}, reconnect === undefined ? {} : { reconnect });
  fake.refuseConnection = () => ({ code: "unreachable", message: "gone" });
  const lostMs = clock.nowMs();
  const before = dialled.length;
  fake.cut();
  await clock.advance(forMs);
  return dialled
    .slice(before)
    .filter(({ channel }) => channel === "sync")
    .map(({ atMs }) => atMs - lostMs);
}

async function logged(logging: GlobalOptions["logging"]): Promise<void> {
  const { mt5, fake, clock, settle } = await connected({}, logging === undefined ? {} : { logging });
  fake.cut();
  await clock.advance(1);
  await settle(mt5.disconnect());
}

/** How often an agent that is left alone was asked in a minute. */
async function pings(healthCheck: { enabled: boolean; intervalMs?: number }): Promise<number> {
  const { fake, clock } = await connected({}, { monitoring: { healthCheck } });
  const before = fake.requests.length;
  await clock.advance(60_000);
  return fake.requests.slice(before).filter(({ op }) => op === "ping").length;
}

/** Fails so many queries at an agent that does not answer, and says what the next one is told. */
async function afterFailures(
  failures: number,
  circuitBreaker: object,
  pauseMs = 0,
  waitMs = 0,
): Promise<unknown> {
  const options = handling({
    circuitBreaker,
    retryPolicy: { maxAttempts: 1 },
    timeouts: { requestTimeoutMs: 100 },
  });
  const { agent, fake, failure, clock } = await connected({}, options);
  fake.loseToAgent = (channel): boolean => channel === "sync";
  for (let i = 0; i < failures; i++) {
    await failure(agent.account.getInfo());
    await clock.advance(pauseMs);
  }
  await clock.advance(waitMs);
  return await failure(agent.account.getInfo());
}

/** What shows that a key does what it says, or is refused with the reason. */
const rows: Readonly<Record<Key, () => Promise<void> | void>> = {
  "agents.id": () => expect(tried({ id: "mine" }).mt5.getAgent("mine").id).toBe("mine"),
  "agents.displayName": () => {
    expect(tried({ displayName: "Mine" }).agent.displayName).toBe("Mine");
    expect(tried({}).agent.displayName).toBe("main");
  },
  "agents.connection.host": async () => {
    const connection = { host: "10.0.0.7", ports: { command: 1, events: 2, sync: 3 } };
    const { dialled } = await connected({ connection });
    expect(new Set(dialled.map(({ options }) => options.host))).toEqual(new Set(["10.0.0.7"]));
    for (const host of [
      "tcp://127.0.0.1",
      "127.0.0.1:5555",
      "http://mt5.example/x",
      "my host",
      "[::1]:5555",
    ]) {
      const message = refusal({ connection: { ...connection, host } });
      expect(message).toContain("agents[0].connection.host");
      expect(message).toContain("is no host name or address. Give the host alone");
    }
    expect(refusal({ connection: { ...connection, host: "tcp://127.0.0.1:5" } })).toContain('"127.0.0.1"');
    for (const host of ["localhost", "::1", "fe80::1%eth0", "mt5.example.com"]) {
      expect(tried({ connection: { ...connection, host } }).agent.id).toBe("main");
    }
  },
  "agents.connection.ports.command": () => dials("command", 7_001),
  "agents.connection.ports.events": () => dials("events", 7_002),
  "agents.connection.ports.sync": () => dials("sync", 7_003),
  "agents.connection.timeout": async () => {
    const ports = { command: 1, events: 2, sync: 3 };
    const { mt5, fake, failure, clock } = tried({ connection: { host: "h", ports, timeout: 1_234 } });
    fake.refuseConnection = () => ({ code: "unreachable", message: "nobody" });
    await failure(mt5.connect());
    expect(clock.nowMs()).toBe(1_234);
  },
  "agents.credentials.serverKey": async () => {
    const { dialled } = await connected({});
    for (const { options } of dialled) expect(options.serverPublicKey).toEqual(testKeys.serverPublic);
  },
  "agents.credentials.clientKey": async () => {
    const { dialled } = await connected({});
    for (const { options } of dialled) expect(options.clientSecretKey).toEqual(testKeys.clientSecret);
    const none = refusal({ credentials: { serverKey: undefined, clientKey: undefined } });
    expect(none).toContain("agents[0].credentials.serverKey: is undefined");
    expect(none).toContain("agents[0].credentials.clientKey: is undefined");
    expect(none).toContain("set that variable");
  },
  "agents.metadata.accountNumber": async () => {
    const { mt5, failure } = tried({ metadata: { accountNumber: 42 } });
    expect(String(await failure(mt5.connect()))).toContain("42");
    const own = (await connected({})).fake.account.login;
    expect((await connected({ metadata: { accountNumber: Number(own) } })).agent.isConnected).toBe(true);
  },
  "agents.metadata.broker": () => told({ broker: "B" }),
  "agents.metadata.environment": () => {
    told({ environment: "demo" });
    expect(refusal({ metadata: { environment: "prod" } })).toContain("one of live, demo, test");
  },
  "agents.metadata.description": () => told({ description: "D" }),
  "agents.limits.maxOrdersPerSecond": async () => {
    const { agent, settle, failure } = await connected({ limits: { maxOrdersPerSecond: 1 } });
    await settle(agent.trade.marketBuy("EURUSD", 0.1));
    expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toBeInstanceOf(RateLimitError);
  },
  "agents.limits.maxPositions": async () => {
    const { agent, settle, failure } = await connected({ limits: { maxPositions: 1 } });
    await settle(agent.trade.marketBuy("EURUSD", 0.1));
    expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toMatchObject({ code: "MAX_POSITIONS" });
  },
  "agents.limits.maxVolume": async () => {
    const { agent, failure } = await connected({ limits: { maxVolume: 0.5 } });
    expect(await failure(agent.trade.marketBuy("EURUSD", 0.6))).toBeInstanceOf(LimitExceededError);
  },

  "options.reconnect.enabled": async () => {
    expect(await redialled({ enabled: false }, 60_000)).toEqual([]);
    expect((await redialled({ enabled: true }, 60_000)).length).toBeGreaterThan(3);
  },
  "options.reconnect.maxAttempts": async () => {
    const { fake, dialled, clock, agent } = await connected({}, { reconnect: { maxAttempts: 3 } });
    fake.refuseConnection = () => ({ code: "unreachable", message: "gone" });
    const before = dialled.length;
    fake.cut();
    await clock.advance(600_000);
    // The first channel that has tried so often ends it for all.
    const counts = (["command", "events", "sync"] as const).map(
      (channel) => dialled.slice(before).filter((one) => one.channel === channel).length,
    );
    expect(Math.max(...counts)).toBe(3);
    expect(agent.connectionStatus.state).toBe("disconnected");
  },
  "options.reconnect.backoffMs": async () => {
    const [first = 0] = await redialled({ backoffMs: 4_000 }, 60_000);
    expect(first).toBeGreaterThanOrEqual(2_000);
    expect(first).toBeLessThanOrEqual(4_001);
  },
  "options.reconnect.maxBackoffMs": async () => {
    const times = await redialled({ backoffMs: 100, maxBackoffMs: 400 }, 10_000);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(402);
    expect(gaps.length).toBeGreaterThan(20);
  },

  "options.logging.level": async () => {
    const entries: LogEntry[] = [];
    const customHandler = (entry: LogEntry): void => void entries.push(entry);
    await logged({ level: "warn", destination: "custom", customHandler });
    expect(new Set(entries.map(({ level }) => level))).toEqual(new Set(["warn"]));
    entries.length = 0;
    await logged({ level: "silent", destination: "custom", customHandler });
    expect(entries).toEqual([]);
  },
  "options.logging.destination": async () => {
    const lines: unknown[][] = [];
    const spies = (["debug", "info", "warn", "error", "log"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...line: unknown[]) => void lines.push(line)),
    );
    try {
      await logged({ level: "info", destination: "console" });
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect(lines.join("\n")).toContain("The agent is connected");
  },
  "options.logging.filePath": async () => {
    const folder = await mkdtemp(join(tmpdir(), "mt5-log-"));
    try {
      const filePath = join(folder, "mt5.log");
      await logged({ level: "info", destination: "file", filePath });
      await vi.waitFor(async () =>
        expect(await readFile(filePath, "utf8")).toContain("The agent is connected"),
      );
      expect(refusal({}, { logging: { level: "info", destination: "file" } })).toContain(
        "logging.filePath: missing",
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  "options.logging.customHandler": async () => {
    const entries: LogEntry[] = [];
    await logged({ level: "debug", destination: "custom", customHandler: (entry) => entries.push(entry) });
    expect(
      entries.some(({ message, agentId }) => message === "The agent is connected" && agentId === "main"),
    ).toBe(true);
    expect(refusal({}, { logging: { level: "info", destination: "custom" } })).toContain(
      "customHandler: missing",
    );
  },

  "options.monitoring.healthCheck.enabled": async () => {
    expect(await pings({ enabled: true, intervalMs: 1_000 })).toBeGreaterThan(50);
    // The session's lease needs a request now and then in any case.
    expect(await pings({ enabled: false, intervalMs: 1_000 })).toBeLessThan(20);
  },
  "options.monitoring.healthCheck.intervalMs": async () => {
    const every2 = await pings({ enabled: true, intervalMs: 2_000 });
    expect(every2).toBeGreaterThanOrEqual(28);
    expect(every2).toBeLessThanOrEqual(31);
  },
  "options.monitoring.metrics.enabled": async () => {
    const off = await connected({}, { monitoring: { metrics: { enabled: false } } });
    expect(off.mt5.getMetrics()).toEqual({ enabled: false, agents: {} });
    const on = await connected({}, { monitoring: { metrics: { enabled: true } } });
    await on.settle(on.agent.account.getInfo());
    await on.failure(on.agent.marketData.getTick("NOPE"));
    on.fake.answers.push({ kind: "reject", retcode: 10019 });
    await on.failure(on.agent.trade.marketBuy("EURUSD", 0.1));
    const { main } = on.mt5.getMetrics().agents;
    expect(main?.errorsByClass).toMatchObject({ refused: 1, rejected: 1, connection: 0, timeout: 0 });
    expect(main?.throughput.commandsPerSecond).toBe(0.1);
    expect(main?.throughput.queriesPerSecond).toBeGreaterThanOrEqual(0.2);
    await on.clock.advance(20_000);
    expect(on.mt5.getMetrics().agents["main"]?.throughput.commandsPerSecond).toBe(0);
  },
  "options.monitoring.metrics.endpoint": () => {
    const message = refusal({}, { monitoring: { metrics: { enabled: true, endpoint: "http://x" } } });
    expect(message).toContain(
      "metrics.endpoint: metrics are not sent anywhere yet. Remove it, and read getMetrics()",
    );
  },

  "options.security.encryptionLevel": () => {
    for (const encryptionLevel of ["standard", "high"] as const) {
      expect(tried({}, { security: { encryptionLevel } }).agent.id).toBe("main");
    }
    expect(refusal({}, { security: { encryptionLevel: "none" } })).toContain("one of standard, high");
  },
  "options.security.keyRotation.enabled": () => {
    expect(refusal({}, { security: { keyRotation: { enabled: true } } })).toContain(
      "does not exist yet. Set it to false",
    );
    expect(tried({}, { security: { keyRotation: { enabled: false } } }).agent.id).toBe("main");
  },
  // They belong to a rotation, which is refused when it is on.
  "options.security.keyRotation.intervalHours": () => rotates({ intervalHours: 24 }, { intervalHours: 0 }),
  "options.security.keyRotation.gracePeriodMinutes": () =>
    rotates({ gracePeriodMinutes: 5 }, { gracePeriodMinutes: "5" }),

  "options.errorHandling.retryPolicy.maxAttempts": async () => {
    expect(await attempts(retry({ maxAttempts: 2 }))).toHaveLength(2);
  },
  "options.errorHandling.retryPolicy.baseDelayMs": async () => {
    expect((await attempts(retry({ baseDelayMs: 300 })))[1]).toBeCloseTo(300, -1);
  },
  "options.errorHandling.retryPolicy.maxDelayMs": async () => {
    const times = await attempts(retry({ maxDelayMs: 150 }));
    expect((times[3] ?? 0) - (times[2] ?? 0)).toBeCloseTo(150, -1);
  },
  "options.errorHandling.retryPolicy.backoffMultiplier": async () => {
    const times = await attempts(retry({ backoffMultiplier: 5 }));
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeCloseTo(500, -1);
  },
  "options.errorHandling.retryPolicy.jitterMs": async () => {
    const [, plain = 0] = await attempts(retry({}));
    const [, jittered = 0] = await attempts(retry({ jitterMs: 5_000 }));
    expect(jittered).toBeGreaterThan(plain + 10);
    expect(jittered).toBeLessThan(plain + 5_001);
  },
  "options.errorHandling.circuitBreaker.failureThreshold": async () => {
    expect(await afterFailures(1, { failureThreshold: 2 })).toBeInstanceOf(TimeoutError);
    expect(await afterFailures(2, { failureThreshold: 2 })).toBeInstanceOf(CircuitOpenError);
  },
  "options.errorHandling.circuitBreaker.recoveryTimeoutMs": async () => {
    const circuitBreaker = { failureThreshold: 2, recoveryTimeoutMs: 700 };
    expect(await afterFailures(2, circuitBreaker, 0, 600)).toBeInstanceOf(CircuitOpenError);
    expect(await afterFailures(2, circuitBreaker, 0, 800)).toBeInstanceOf(TimeoutError);
  },
  "options.errorHandling.circuitBreaker.monitoringPeriodMs": async () => {
    const circuitBreaker = { failureThreshold: 2, monitoringPeriodMs: 500 };
    expect(await afterFailures(2, circuitBreaker, 100)).toBeInstanceOf(CircuitOpenError);
    expect(await afterFailures(2, circuitBreaker, 600)).toBeInstanceOf(TimeoutError);
  },
  "options.errorHandling.timeouts.connectionTimeoutMs": async () => {
    const { mt5, fake, failure, clock } = tried({}, handling({ timeouts: { connectionTimeoutMs: 777 } }));
    fake.refuseConnection = () => ({ code: "unreachable", message: "nobody" });
    await failure(mt5.connect());
    expect(clock.nowMs()).toBe(777);
  },
  "options.errorHandling.timeouts.requestTimeoutMs": async () => {
    const options = handling({ retryPolicy: { maxAttempts: 1 }, timeouts: { requestTimeoutMs: 321 } });
    const { agent, fake, failure, clock } = await connected({}, options);
    fake.loseToAgent = (channel): boolean => channel === "sync";
    const startMs = clock.nowMs();
    expect(await failure(agent.account.getInfo())).toBeInstanceOf(TimeoutError);
    expect(clock.nowMs() - startMs).toBeCloseTo(321, 0);
  },
  "options.errorHandling.timeouts.tradeTimeoutMs": async () => {
    const { agent, fake, failure, clock } = await connected(
      {},
      handling({ timeouts: { tradeTimeoutMs: 900 } }),
    );
    fake.answers.push({ kind: "silence" });
    const startMs = clock.nowMs();
    expect(await failure(agent.trade.marketBuy("EURUSD", 0.1))).toBeInstanceOf(OutcomeUnknownError);
    expect(clock.nowMs() - startMs).toBeLessThan(2_000);
    expect(refusal({}, handling({ timeouts: { tradeTimeoutMs: 60_001 } }))).toContain("from 1 to 60000");
  },
  "options.errorHandling.timeouts.healthCheckTimeoutMs": async () => {
    // Two checks without an answer on a line that stands end it; how soon, their time says.
    const lostAfter = async (healthCheckTimeoutMs: number): Promise<number> => {
      const { fake, clock, dialled } = await connected(
        {},
        {
          monitoring: { healthCheck: { enabled: true, intervalMs: 1_000 } },
          errorHandling: { timeouts: { healthCheckTimeoutMs } },
        },
      );
      const startMs = clock.nowMs();
      const before = dialled.length;
      fake.loseToAgent = (channel): boolean => channel === "sync";
      await clock.runUntil(() => dialled.length > before, 60_000);
      return clock.nowMs() - startMs;
    };
    expect(await lostAfter(4_000)).toBeGreaterThan((await lostAfter(500)) + 2_000);
  },
};

async function dials(channel: Channel, port: number): Promise<void> {
  const ports = { command: 7_001, events: 7_002, sync: 7_003 };
  const { dialled } = await connected({ connection: { host: "h", ports } });
  const used = dialled.filter((one) => one.channel === channel).map(({ options }) => options.port);
  expect(used).toEqual([port]);
}

function told(metadata: NonNullable<AgentConfig["metadata"]>): void {
  expect(tried({ metadata }).agent.metadata).toEqual(metadata);
}

function rotates(good: object, bad: object): void {
  const rotation = (change: object): object => ({ security: { keyRotation: { enabled: false, ...change } } });
  expect(tried({}, rotation(good) as GlobalOptions).agent.id).toBe("main");
  expect(refusal({}, rotation(bad))).toContain("options.security.keyRotation");
}

test.each(Object.entries(rows))("%s does what it says, or is refused with the reason", async (_, proves) => {
  await proves();
});

test("a key that does not exist is refused at every level, with the one that was meant", () => {
  for (const [agent, options, meant] of [
    [{ displayname: "x" }, undefined, "displayName"],
    [{ connection: { hosts: "h", host: "h", ports: { command: 1, events: 2, sync: 3 } } }, undefined, "host"],
    [{ limits: { maxVolumes: 1 } }, undefined, "maxVolume"],
    [{}, { reconect: {} }, "reconnect"],
    [{}, { reconnect: { backofMs: 1 } }, "backoffMs"],
    [{}, { logging: { level: "info", destination: "console", file: "x" } }, "filePath"],
    [{}, { monitoring: { healthcheck: {} } }, "healthCheck"],
    [{}, { security: { encryption: "high" } }, "encryptionLevel"],
    [{}, { errorHandling: { timeouts: { requestTimeout: 1 } } }, "requestTimeoutMs"],
  ] as const) {
    expect(refusal(agent, options)).toMatch(
      new RegExp(`unknown key. (?:Did you mean "${meant}"|Known here: .*${meant})`),
    );
  }
});
