/** A process to measure against: `simulator`, the simulator's agent, or `echo`, a REP of libzmq that sends back what came. */
import { createInterface } from "node:readline";
import { Reply } from "zeromq";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import { decodeKey, encodeKey } from "../../src/security/keys.ts";
import { createAgent } from "../../src/simulator/agent/agent.ts";
import { MemoryJournalStore } from "../../src/simulator/agent/memory-journal.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../src/simulator/broker/mod.ts";
import { systemClock } from "../../src/transport/clock.ts";

const [role, server = "", client = ""] = process.argv.slice(2);
const secretKey = decodeKey(server);

async function simulator(): Promise<void> {
  const terminal = new SimulatedTerminal({
    clock: systemClock,
    symbols: [symbolSpec("EURUSD", { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen })],
    account: { balance: 10_000 },
  });
  terminal.quote("EURUSD", 1.1, 1.1002);
  const agent = createAgent({
    terminal,
    transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
    clock: systemClock,
    randomBytes: nodeCrypto.randomBytes,
    journal: new MemoryJournalStore(),
    serverSecretKey: secretKey,
    clients: [{ publicKey: decodeKey(client), name: "bench" }],
    host: "127.0.0.1",
    ports: { command: 0, events: 0, sync: 0 },
    name: "simulator",
    version: "0.0.0",
    limits: { requestsPerSecond: 1_000_000 },
    onFault: (fault) => {
      throw fault;
    },
  });
  const { ports } = await agent.start();
  console.log(JSON.stringify({ ports }));
  for await (const line of createInterface({ input: process.stdin })) {
    for (let i = 0; i < Number(line); i++) terminal.quote("EURUSD", 1.1 + (i % 10) / 10_000, 1.1012);
  }
  await agent.stop();
  terminal.dispose();
}

async function echo(): Promise<void> {
  const socket = new Reply({ linger: 0, curveServer: true, curveSecretKey: encodeKey(secretKey, "z85") });
  await socket.bind("tcp://127.0.0.1:*");
  const sync = Number(socket.lastEndpoint?.split(":").at(-1));
  console.log(JSON.stringify({ ports: { command: 0, events: 0, sync } }));
  process.stdin.once("end", () => socket.close());
  process.stdin.resume();
  for await (const frames of socket) await socket.send(frames);
}

if (role === "simulator") await simulator();
else await echo();
