import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentTransport, generateKeyPair } from "../../src/adapters/zmtp.ts";
import { encodeKey } from "../../src/security/keys.ts";
import {
  generatedMarket,
  MemoryJournalStore,
  type Simulator,
  startSimulator,
  systemClock,
} from "../../src/simulator/mod.ts";
import { type Build, build } from "./build.ts";

/** The blueprint's texts, letter by letter. */
async function text(name: string): Promise<string> {
  const file = new URL(`../types/blueprint/${name}.txt`, import.meta.url);
  return (await readFile(file, "utf8")).replaceAll("@your-org/mt5-connector", "@trading-org/mt5-connector");
}

const client = generateKeyPair();
const simulators: { readonly simulator: Simulator; readonly serverKey: string }[] = [];
let compiled: Build;

beforeAll(async () => {
  compiled = await build();
  for (const login of ["12345678", "87654321"]) {
    const server = generateKeyPair();
    const eurusd = { name: "EURUSD", digits: 5, volatilityPoints: 1, ticksPerSecond: 5 };
    const simulator = await startSimulator({
      simulation: {
        account: { login },
        market: {
          clock: systemClock,
          // The blueprint's stops lie around this price.
          source: generatedMarket({ symbols: [{ ...eurusd, startPrice: 1.1, spreadPoints: [2, 6] }] }),
        },
      },
      agent: {
        transport: agentTransport(),
        clock: systemClock,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        journal: new MemoryJournalStore(),
        serverSecretKey: server.secretKey,
        clients: [{ publicKey: client.publicKey }],
        host: "127.0.0.1",
        ports: { command: 0, events: 0, sync: 0 },
      },
    });
    simulators.push({ simulator, serverKey: encodeKey(server.publicKey) });
  }
}, 150_000);
afterAll(async () => {
  await compiled.remove();
  for (const { simulator } of simulators) await simulator.close();
});

/** With the ports of the simulators in place of the blueprint's, which are a terminal's. */
function reaching(program: string): string {
  let reached = program;
  for (const [index, { simulator }] of simulators.entries()) {
    const { command, events, sync } = simulator.ports;
    const first = 5_555 + 3 * index;
    reached = reached
      .replace(`command: ${first}`, `command: ${command}`)
      .replace(`events: ${first + 1}`, `events: ${events}`)
      .replace(`sync: ${first + 2}`, `sync: ${sync}`);
  }
  return reached;
}

const head = 'import type { MT5ConnectorConfig } from "@trading-org/mt5-connector";\n';
const tail = "\nawait new Promise((resolve) => setTimeout(resolve, 1_500));\nawait mt5.disconnect();\n";

test("the three usage examples compile under strict TypeScript as written", { timeout: 60_000 }, async () => {
  const program = (await text("basic")) + (await text("several")) + (await text("events"));
  await expect(compiled.consumer("as-written", program)).resolves.toBe("consumer/as-written.js");
});

test("the ideal example and the configuration compile as written, but for what strict TypeScript says of any catch", {
  timeout: 60_000,
}, async () => {
  const program = head + (await text("config")) + (await text("ideal"));
  const refused = await compiled
    .consumer("ideal-as-written", program)
    .catch((error: unknown) => String(error));
  expect(refused.match(/error TS\d+: .*/g)).toEqual(["error TS18046: 'error' is of type 'unknown'."]);
});

test("keys that the environment does not have are named by a ConfigError", { timeout: 60_000 }, async () => {
  const program = await compiled.consumer("without-keys", await text("basic"));
  const { code, stderr } = await compiled.run(program);
  expect(code).toBe(1);
  expect(stderr).toContain("ConfigError: Cannot use the configuration: 2 faults");
  expect(stderr).toContain("agents[0].credentials.serverKey: is undefined");
  expect(stderr).toContain("agents[0].credentials.clientKey: is undefined");
});

test("the basic and the event example run as written, but for the ports", { timeout: 60_000 }, async () => {
  process.env["MT5_SERVER_KEY"] = simulators[0]?.serverKey;
  process.env["MT5_CLIENT_KEY"] = encodeKey(client.secretKey);
  const program = reaching((await text("basic")) + (await text("events"))) + tail;
  // The market has no pounds: a symbol that is not there is told, and the other flows.
  const { code, stdout } = await compiled.run(await compiled.consumer("basic", program));
  expect(stdout).toMatch(/Trade executed: \d+ at 1\.\d+/);
  expect(stdout).toMatch(/EURUSD: 1\.\d+\/1\.\d+ at /);
  expect(stdout).toContain("MT5 Connector status: disconnected");
  expect(code).toBe(0);
});

test("the ideal example runs with the example configuration, but for ports, id and the type of a catch", {
  timeout: 60_000,
}, async () => {
  for (const [index, name] of (["PRIMARY", "BACKUP"] as const).entries()) {
    process.env[`MT5_${name}_SERVER_KEY`] = simulators[index]?.serverKey;
    process.env[`MT5_${name}_CLIENT_KEY`] = encodeKey(client.secretKey);
  }
  const program = reaching(head + (await text("config")) + (await text("ideal")))
    .replace("'primary-live'", "'account-prod-01'")
    .replace("error.message", "(error as Error).message");
  const run = await compiled.run(await compiled.consumer("ideal", program + tail));
  expect(run.stdout).toContain("MT5 Connector is live.");
  expect(run.stdout).toMatch(/Trade executed with ticket: \d+/);
  expect(run.code).toBe(0);
});
