import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MT5Connector } from "../../../mod.ts";
import { nodeLogFile } from "../../../src/adapters/node-log-file.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { connectorWorld } from "../../kit/connector-world.ts";
import { testKeys } from "../../kit/fake-agent.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mt5-log-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('logging to "file" writes one JSON object per entry, with the agent that it is about', async () => {
  const filePath = join(folder, "mt5.log");
  const { fake, timers, settle } = connectorWorld();
  const mt5 = new MT5Connector(config(filePath), { transport: fake.transport, clock: timers });
  mt5.on("error", () => undefined);
  await settle(mt5.connect());
  await settle(mt5.disconnect());
  const lines = (await readFile(filePath, "utf8")).trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.length).toBeGreaterThan(0);
  for (const entry of entries) {
    expect(entry).toMatchObject({ agentId: "main", level: expect.any(String), message: expect.any(String) });
  }
});

test("a log file that cannot be written is a fault of the configuration, at once", () => {
  expect(() => new MT5Connector(config(join(folder, "missing", "mt5.log")))).toThrow(
    /options\.logging\.filePath: cannot be written/,
  );
});

test("nodeLogFile writes errors with their causes, and integers of any size", async () => {
  const path = join(folder, "x.log");
  const write = nodeLogFile(path);
  const cause = Object.assign(new Error("inner"), { code: "INNER" });
  write({
    time: new Date(0),
    level: "warn",
    category: ["mt5-connector", "session"],
    message: "Cannot",
    data: { error: new TypeError("outer", { cause }), ticket: 2n ** 60n },
  });
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "warn",
    category: "mt5-connector.session",
    message: "Cannot",
    data: {
      error: {
        name: "TypeError",
        message: "outer",
        cause: { name: "Error", message: "inner", code: "INNER" },
      },
      ticket: "1152921504606846976",
    },
  });
});

function config(filePath: string): ConstructorParameters<typeof MT5Connector>[0] {
  return {
    agents: [
      {
        id: "main",
        connection: { host: "agent.test", ports: { command: 1, events: 2, sync: 3 } },
        credentials: {
          serverKey: encodeKey(testKeys.serverPublic),
          clientKey: encodeKey(testKeys.clientSecret),
        },
      },
    ],
    options: { logging: { level: "debug", destination: "file", filePath } },
  };
}
