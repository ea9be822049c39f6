import { expect, test } from "vitest";
import {
  ConfigError,
  type LogEntry,
  MT5Connector,
  type MT5ConnectorConfig,
} from "../../../src/connector/mod.ts";
import { resolveConfig } from "../../../src/connector/options-schema.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { FakeAgent, testKeys } from "../../kit/fake-agent.ts";

const good: MT5ConnectorConfig = {
  agents: [
    {
      id: "a",
      connection: { host: "h", ports: { command: 1, events: 2, sync: 3 } },
      credentials: {
        serverKey: encodeKey(testKeys.serverPublic),
        clientKey: encodeKey(testKeys.clientSecret),
      },
    },
  ],
};

function issuesOf(config: unknown): string[] {
  try {
    resolveConfig(config as MT5ConnectorConfig, { logFiles: false });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const issue of error.issues) expect(issue.remedy).not.toBe("");
    return error.issues.map((issue) => `${issue.path}: ${issue.message}`);
  }
  return [];
}

function withAgent(change: object): unknown {
  return { agents: [{ ...good.agents[0], ...change }] };
}

test("a configuration names every fault at once, each with its path and a remedy", () => {
  const config = {
    agents: [
      {
        id: "a",
        connection: { host: "h", ports: { command: 0, events: 70_000, sync: 3 } },
        credentials: { serverKey: "short", clientKey: undefined },
      },
      { ...good.agents[0], connection: { host: "", ports: { command: 4, events: 5 } } },
    ],
    options: { reconnect: { enabled: "yes", backoffMs: 500, maxBackoffMs: 100 } },
  };
  expect(issuesOf(config)).toEqual([
    "agents[0].connection.ports.command: must be a port: a whole number from 1 to 65535",
    "agents[0].connection.ports.events: must be a port: a whole number from 1 to 65535",
    "agents[0].credentials.serverKey: is no key: Cannot read a key: expected 44 letters of base64, 40 of Z85 or 64 of hex, got 5",
    "agents[0].credentials.clientKey: is undefined",
    "agents[1].connection.host: must be a host name or address, and not empty",
    "agents[1].connection.ports.sync: missing",
    "options.reconnect.enabled: must be true or false",
    'agents[1].id: "a" is also the id of agents[0]',
    "options.reconnect.maxBackoffMs: 100 is below backoffMs (500)",
  ]);
});

test("unknown keys are all reported, with the key that was probably meant", () => {
  const config = { ...good, optoins: {}, options: { recconect: {}, nothingLikeIt: 1 } };
  const error = (() => {
    try {
      resolveConfig(config as never, { logFiles: false });
    } catch (thrown) {
      return thrown as ConfigError;
    }
    throw new Error("expected a ConfigError");
  })();
  expect(error.issues.map((issue) => [issue.path, issue.message, issue.remedy.slice(0, 26)])).toEqual([
    ["options.recconect", "unknown key", 'Did you mean "reconnect"?'],
    ["options.nothingLikeIt", "unknown key", "Known here: reconnect, log"],
    ["optoins", "unknown key", 'Did you mean "options"?'],
  ]);
});

test("an undefined key is named together with the environment variable's remedy, and no secret is shown", () => {
  const secret = "x".repeat(43);
  try {
    resolveConfig(withAgent({ credentials: { serverKey: undefined, clientKey: `${secret}!` } }) as never, {
      logFiles: false,
    });
    throw new Error("expected a ConfigError");
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain("agents[0].credentials.serverKey: is undefined");
    expect((error as Error).message).toContain("environment variable");
    expect(JSON.stringify(error)).not.toContain(secret);
    expect((error as Error).message).not.toContain(secret);
  }
});

test("keys are taken in base64 and in Z85", () => {
  const z85 = withAgent({
    credentials: {
      serverKey: encodeKey(testKeys.serverPublic, "z85"),
      clientKey: encodeKey(testKeys.clientSecret, "z85"),
    },
  });
  expect(resolveConfig(z85 as MT5ConnectorConfig, { logFiles: false }).agents).toEqual(
    resolveConfig(good, { logFiles: false }).agents,
  );
});

test("two channels on one host and port are refused, also across agents", () => {
  const config = {
    agents: [
      { ...good.agents[0], connection: { host: "H", ports: { command: 1, events: 1, sync: 3 } } },
      { ...good.agents[0], id: "b", connection: { host: "h", ports: { command: 3, events: 4, sync: 5 } } },
    ],
  };
  expect(issuesOf(config)).toEqual([
    "agents[0].connection.ports.events: port 1 is also agents[0].connection.ports.command",
    "agents[1].connection.ports.command: port 3 is also agents[0].connection.ports.sync",
  ]);
});

test("what is not offered yet is refused with the reason instead of being ignored", () => {
  const options = {
    security: {
      encryptionLevel: "high",
      keyRotation: { enabled: true, intervalHours: 24 },
      certificateValidation: {},
    },
    monitoring: { metrics: { enabled: true, endpoint: "http://x" } },
    logging: { level: "info", destination: "file", filePath: "/tmp/x.log" },
  };
  expect(issuesOf({ ...good, options }).map((issue) => issue.split(":")[0])).toEqual([
    "options.logging.destination",
    "options.security.keyRotation.enabled",
    "options.security.certificateValidation",
    "options.monitoring.metrics.endpoint",
  ]);
  expect(issuesOf({ ...good, options: { security: { keyRotation: { enabled: false } } } })).toEqual([]);
});

test("a destination without what it needs is refused", () => {
  expect(issuesOf({ ...good, options: { logging: { level: "info", destination: "custom" } } })).toEqual([
    'options.logging.customHandler: missing, though the destination is "custom"',
  ]);
  expect(issuesOf({ ...good, options: { logging: { level: "info", destination: "file" } } })).toEqual([
    'options.logging.filePath: missing, though the destination is "file"',
  ]);
});

test.each([undefined, null, 5, {}, { agents: [] }, { agents: {} }])("%j is no configuration", (config) => {
  expect(issuesOf(config).length).toBeGreaterThan(0);
});

test("defaults hold where a key is left out or undefined", () => {
  const { options, agents } = resolveConfig(
    { ...good, options: { reconnect: { backoffMs: 20_000 }, errorHandling: { timeouts: {} } } },
    { logFiles: false },
  );
  expect(options.reconnect).toEqual({
    enabled: true,
    maxAttempts: Number.POSITIVE_INFINITY,
    backoffMs: 20_000,
    maxBackoffMs: 20_000,
  });
  expect(options.timeouts.tradeTimeoutMs).toBe(10_000);
  expect(agents[0]).toMatchObject({ displayName: "a", connectTimeoutMs: 5_000, limits: {}, metadata: {} });
});

test("a custom log handler gets entries of its level and above, and cannot break the connector by throwing", () => {
  const entries: LogEntry[] = [];
  const clock = new VirtualClock();
  const fake = new FakeAgent(clock);
  const customHandler = (entry: LogEntry): void => {
    entries.push(entry);
    throw new Error("disk full");
  };
  const options = { logging: { level: "error" as const, destination: "custom" as const, customHandler } };
  const mt5 = new MT5Connector({ ...good, options }, { transport: fake.transport, clock });
  mt5.emit("error", new Error("nobody listens"), "a");
  expect(entries).toMatchObject([
    { level: "error", category: ["mt5-connector"], message: "An error that no listener took" },
  ]);
  expect(entries[0]?.time.getTime()).toBe(clock.wallMs());
  fake.stop();
});

test("getAgent throws with the known ids", () => {
  const clock = new VirtualClock();
  const fake = new FakeAgent(clock);
  const mt5 = new MT5Connector(good, { transport: fake.transport, clock });
  expect(() => mt5.getAgent("b")).toThrowError('Cannot get agent "b": it is not configured');
  expect(mt5.hasAgent("a")).toBe(true);
  expect(mt5.getStatus()).toMatchObject({ state: "disconnected", agents: { a: { state: "disconnected" } } });
  fake.stop();
});
