import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compileProgram, type Flavour, mqlRoot } from "../../../build/mql5/compile.ts";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { MT5Connector } from "../../../src/connector/mod.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import type { AgentPoint } from "../../../src/simulator/agent/agent-options.ts";
import { faultyNetwork } from "../../../src/simulator/faults/network.ts";
import { faultyTransport } from "../../../src/simulator/faults/transport.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import type { Channel } from "../../../src/transport/transport.ts";
import { RawClient } from "../../kit/raw-client.ts";
import { TerminalFeed } from "../../mql5/kit/feed.ts";
import { Gates } from "../../mql5/kit/gates.ts";
import { defaultFlavour } from "../../mql5/kit/peers.ts";
import { Program } from "../../mql5/kit/program.ts";
import { watchedBroker } from "./broker.ts";
import { Witness } from "./witness.ts";
import type { AgentWorld, BrokerView } from "./world.ts";

/** The expert that ships. */
const expert = join(mqlRoot, "Experts", "MT5Connector", "MT5Connector.mq5");

/** The points that show outside the process: on its sockets, in its journal or at its terminal. */
const reachable: ReadonlySet<AgentPoint> = new Set<AgentPoint>([
  "commandReceived",
  "beforeJournal",
  "journalled",
  "sent",
  "beforeOutcome",
  "outcomeJournalled",
]);

interface Trap {
  readonly point: AgentPoint;
  /** What a socket receives is a command only after one was sent. */
  armed: boolean;
  fired: boolean;
}

/** How long a process may take to start or to end: wine begins with a server of its own. */
const startLimitMs = 90_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function settleWithin<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`Not settled within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(limit);
  }
}

/** A fresh world around the expert's own sources, in real time over TCP; its broker is the simulator's. */
export async function createEaWorld(flavour: Flavour = defaultFlavour): Promise<AgentWorld> {
  const binary = await compileProgram(expert, flavour);
  const files = await mkdtemp(join(tmpdir(), "mt5c-ea-"));
  const settings = join(files, "Files", "mt5-connector.ini");
  await mkdir(dirname(settings), { recursive: true });
  const keys = {
    server: nodeCrypto.keyAgreement.generateKeyPair(),
    main: nodeCrypto.keyAgreement.generateKeyPair(),
    other: nodeCrypto.keyAgreement.generateKeyPair(),
  };
  const { simulated, terminal, view } = watchedBroker(systemClock);
  const witness = new Witness();

  let ports: Readonly<Record<Channel, number>> = { command: 0, events: 0, sync: 0 };
  let trap: Trap | undefined;
  let program: Program;
  let feed: TerminalFeed;
  /** The program to which quotes are still on their way through the pipe. */
  let quoted: Program | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let dead = false;

  function kill(): void {
    dead = true;
    feed.stop();
    ended = program.kill();
  }

  const gates = new Gates({
    at(point): void {
      if (trap === undefined || trap.fired || !trap.armed || trap.point !== point) return;
      trap.fired = true;
      kill();
    },
    commandPort: () => ports.command,
  });

  async function start(): Promise<void> {
    await writeFile(
      settings,
      [
        "[agent]",
        "host=127.0.0.1",
        `command_port=${ports.command}`,
        `events_port=${ports.events}`,
        `sync_port=${ports.sync}`,
        `secret_key=${encodeKey(keys.server.secretKey)}`,
        "broker_zone=eet-us",
        "[client]",
        "name=main",
        `key=${encodeKey(keys.main.publicKey)}`,
        "[client]",
        "name=other",
        `key=${encodeKey(keys.other.publicKey)}`,
        "role=read",
        "",
      ].join("\n"),
    );
    program = new Program(binary, { files });
    dead = false;
    const life = program;
    life.send({ t: "gates", v: { writes: true } });
    feed = new TerminalFeed(life, terminal, { intercept: gates.intercept(() => life === program && !dead) });
    const line = await settleWithin(program.line("MT5Connector serves "), startLimitMs);
    const [command = 0, events = 0, sync = 0] = line.split(" ").slice(2).map(Number);
    ports = { command, events, sync };
  }

  await start();
  const links = faultyNetwork(nodeNetwork, systemClock);
  const transport = zmtpTransport({ network: links.network, clock: systemClock, crypto: nodeCrypto });
  const messages = faultyTransport(transport, systemClock);
  const connectors: MT5Connector[] = [];
  const raws: RawClient[] = [];
  const broker: BrokerView = {
    ...view,
    quote(symbol, bid, ask): void {
      view.quote(symbol, bid, ask);
      quoted = program;
    },
    setConnected(connected): void {
      view.setConnected(connected);
      feed.refresh();
    },
  };

  const world: AgentWorld = {
    name: "ea",
    clock: systemClock,
    broker,
    witness,
    get ports() {
      return ports;
    },
    links,
    messages,
    connector(): MT5Connector {
      const made = new MT5Connector(
        {
          agents: [
            {
              id: "main",
              connection: { host: "127.0.0.1", ports },
              credentials: {
                serverKey: encodeKey(keys.server.publicKey),
                clientKey: encodeKey(keys.main.secretKey),
              },
            },
          ],
        },
        { transport: messages.transport, clock: systemClock },
      );
      connectors.push(made);
      witness.connector(made);
      return made;
    },
    async raw({ client = "main", instance = "raw-1" } = {}): Promise<RawClient> {
      const made = new RawClient({
        transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
        clock: systemClock,
        host: "127.0.0.1",
        ports,
        serverPublicKey: keys.server.publicKey,
        secretKey: keys[client].secretKey,
        instance,
      });
      raws.push(made);
      witness.raw(made);
      // A quote must be in the terminal before a question that was asked after it.
      const ask = made.request.bind(made);
      made.request = async (...request): ReturnType<RawClient["request"]> => {
        const behind = quoted;
        quoted = undefined;
        await behind?.synced();
        return await ask(...request);
      };
      await world.settle(made.openAll());
      return made;
    },
    killAt(point) {
      if (!reachable.has(point)) throw new Error(`Cannot kill at ${point}: nothing of it shows outside`);
      const set: Trap = { point, armed: point !== "commandReceived", fired: false };
      trap = set;
      if (set.armed) return set;
      program.send({ t: "gates", v: { writes: true, sockets: true } });
      messages.add({
        channel: "command",
        direction: "send",
        action: { kind: "pass" },
        times: 1,
        onStrike: () => {
          set.armed = true;
        },
      });
      return set;
    },
    kill,
    async restart(): Promise<void> {
      await ended;
      await start();
    },
    settle: (promise, limitMs = 30_000) => settleWithin(promise, limitMs),
    async until(condition, what, limitMs = 30_000): Promise<void> {
      const limit = performance.now() + limitMs;
      while (!condition()) {
        if (performance.now() > limit) throw new Error(`Waited ${limitMs} ms for ${what}`);
        await sleep(2);
      }
    },
    pass: sleep,
    async close(): Promise<void> {
      const faults: string[] = [];
      try {
        for (const connector of connectors) await world.settle(connector.disconnect());
        for (const raw of raws) await world.settle(raw.close());
        const end = await world.settle(program.stop(), startLimitMs);
        // Killed by us, or ended in order: anything else is a crash.
        if (end.code !== 0 && end.signal !== "SIGKILL") faults.push(`ended with ${end.code} ${end.signal}`);
      } finally {
        feed.stop();
        await program[Symbol.asyncDispose]();
        simulated.dispose();
        await rm(files, { recursive: true, force: true });
      }
      faults.push(...program.messages.flatMap((one) => (one.t === "critical" ? [one.text] : [])));
      if (program.noise !== "") faults.push(program.noise);
      if (faults.length > 0) throw new Error(`The expert reported faults: ${faults.join("; ")}`);
    },
  };
  return world;
}
