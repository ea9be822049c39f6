import { afterEach, describe, expect, test } from "vitest";
import * as zmq from "zeromq";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import { decodeBody, encodeBody } from "../../src/protocol/v1/codec.ts";
import { createSigner, type SignedChannel } from "../../src/protocol/v1/signing.ts";
import { type Agent, createAgent } from "../../src/simulator/agent/agent.ts";
import { MemoryJournalStore } from "../../src/simulator/agent/memory-journal.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../src/simulator/broker/mod.ts";
import { systemClock } from "../../src/transport/clock.ts";
import type { Channel } from "../../src/transport/transport.ts";
import { z85Encode } from "../../src/zmtp/crypto/encoding.ts";

/** A foreign client: libzmq's sockets and CURVE, and the protocol as docs/protocol.md says it. */
const server = nodeCrypto.keyAgreement.generateKeyPair();
const client = nodeCrypto.keyAgreement.generateKeyPair();
const stranger = nodeCrypto.keyAgreement.generateKeyPair();

function curve(pair = client, serverPublicKey = server.publicKey): zmq.SocketOptions<zmq.Dealer> {
  return {
    curveServerKey: z85Encode(serverPublicKey),
    curvePublicKey: z85Encode(pair.publicKey),
    curveSecretKey: z85Encode(pair.secretKey),
    linger: 0,
  };
}

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function own<T extends { close(): void }>(socket: T): T {
  cleanups.push(() => socket.close());
  return socket;
}

async function startAgent(): Promise<{
  ports: Readonly<Record<Channel, number>>;
  agent: Agent;
  terminal: SimulatedTerminal;
}> {
  const terminal = new SimulatedTerminal({
    clock: systemClock,
    symbols: [symbolSpec("EURUSD", { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen })],
  });
  terminal.selectSymbol("EURUSD");
  terminal.quote("EURUSD", 1.1, 1.1002);
  const agent = createAgent({
    terminal,
    transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
    clock: systemClock,
    randomBytes: nodeCrypto.randomBytes,
    journal: new MemoryJournalStore(),
    serverSecretKey: server.secretKey,
    clients: [{ publicKey: client.publicKey }],
    host: "127.0.0.1",
    ports: { command: 0, events: 0, sync: 0 },
    name: "simulator",
    version: "0",
  });
  const { ports } = await agent.start();
  cleanups.push(async () => {
    await agent.stop();
    terminal.dispose();
  });
  return { ports, agent, terminal };
}

const signers = Object.fromEntries(
  (["command", "sync"] as const).map((channel) => [
    channel,
    createSigner({
      secretKey: client.secretKey,
      clientPublicKey: client.publicKey,
      serverPublicKey: server.publicKey,
      side: "client",
      channel,
    }),
  ]),
) as Readonly<Record<SignedChannel, ReturnType<typeof createSigner>>>;

function signed(channel: SignedChannel, body: object): [Uint8Array, Uint8Array] {
  const bytes = encodeBody(body);
  return [bytes, signers[channel].sign(bytes)];
}

type Body = Readonly<Record<string, unknown>>;

async function ask(socket: zmq.Dealer | zmq.Request, body: object): Promise<Body> {
  await socket.send(signed("sync", body));
  const [reply] = await socket.receive();
  if (reply === undefined) throw new Error("An empty reply");
  return decodeBody(reply);
}

async function hello(
  socket: zmq.Dealer | zmq.Request,
): Promise<{ session: string; epoch: number; agentMs: number }> {
  const challenged = await ask(socket, { v: 1, op: "challenge", rid: "1", args: { instance: "foreign" } });
  const { challenge } = challenged["result"] as { challenge: string };
  const args = { challenge, instance: "foreign", role: "trade", name: "libzmq", version: "4" };
  const opened = await ask(socket, { v: 1, op: "hello", rid: "2", args });
  expect(opened["ok"]).toBe(true);
  const { session } = opened["result"] as { session: string };
  return { session, epoch: opened["epoch"] as number, agentMs: opened["agentMs"] as number };
}

describe("agent against libzmq clients with CURVE", () => {
  test.each(["Dealer", "Request"] as const)(
    "sync: a %s opens a session and asks for the account",
    async (kind) => {
      const { ports } = await startAgent();
      const socket = own(kind === "Dealer" ? new zmq.Dealer(curve()) : new zmq.Request(curve()));
      socket.connect(`tcp://127.0.0.1:${ports.sync}`);
      const { session, epoch, agentMs } = await hello(socket);
      const reply = await ask(socket, {
        v: 1,
        op: "account",
        rid: "3",
        session,
        n: 1,
        epoch,
        at: agentMs,
        args: {},
      });
      expect(reply).toMatchObject({ ok: true, rid: "3", result: { account: { login: "5012345678" } } });
    },
  );

  test("command and events: an order pushed by libzmq is executed, and its SUB hears deal and outcome", async () => {
    const { ports, terminal } = await startAgent();
    const sync = own(new zmq.Dealer(curve()));
    sync.connect(`tcp://127.0.0.1:${ports.sync}`);
    const { session, epoch, agentMs } = await hello(sync);
    const events = own(new zmq.Subscriber(curve() as zmq.SocketOptions<zmq.Subscriber>));
    events.connect(`tcp://127.0.0.1:${ports.events}`);
    events.subscribe("ledger\0", "pulse\0");
    const [pulseTopic] = await events.receive(); // the subscription stands now
    expect(pulseTopic?.toString()).toBe("pulse\0");

    const command = own(new zmq.Push(curve() as zmq.SocketOptions<zmq.Push>));
    command.connect(`tcp://127.0.0.1:${ports.command}`);
    const intent = JSON.stringify({
      kind: "market",
      symbol: "EURUSD",
      side: "sell",
      volume: 0.2,
      stopLoss: 0,
      takeProfit: 0,
      deviation: 10,
      magic: "7",
      comment: "",
      filling: "auto",
      tag: "none",
    });
    await command.send(
      signed("command", {
        v: 1,
        op: "trade",
        session,
        n: 1,
        epoch,
        issuedAt: agentMs,
        notAfter: agentMs + 30_000,
        id: "foreign-1",
        intent,
      }),
    );
    const heard: Body[] = [];
    while (!heard.some((event) => event["type"] === "outcome")) {
      const [topic, body] = await events.receive();
      if (topic?.toString() === "ledger\0" && body !== undefined) heard.push(decodeBody(body));
    }
    const outcome = heard.find((event) => event["type"] === "outcome")?.["outcome"];
    expect(outcome).toMatchObject({ id: "foreign-1", state: "executed", volume: 0.2, price: 1.1 });
    expect(heard.map((event) => event["type"])).toContain("deal");
    expect(terminal.positions()).toHaveLength(1);
    expect(terminal.positions()[0]).toMatchObject({ side: "sell", magic: "7" });
  });

  const refused: readonly [string, zmq.SocketOptions<zmq.Dealer>][] = [
    ["a client key that the agent does not list", curve(stranger)],
    ["a wrong server key", curve(client, stranger.publicKey)],
    ["no key at all", { linger: 0 }],
  ];
  test.each(refused)("all channels refuse %s, and serve the next good client", async (_name, options) => {
    const { ports } = await startAgent();
    for (const [channel, make] of [
      ["sync", () => new zmq.Dealer(options)],
      ["command", () => new zmq.Push(options as zmq.SocketOptions<zmq.Push>)],
      ["events", () => new zmq.Subscriber(options as zmq.SocketOptions<zmq.Subscriber>)],
    ] as const) {
      const socket = own(make() as zmq.Socket);
      const ended = (async (): Promise<string> => {
        for await (const event of socket.events) {
          if (event.type === "handshake") return "accepted";
          if (/^handshake:error|^disconnect|^close/.test(event.type)) return "refused";
        }
        return "closed";
      })();
      socket.connect(`tcp://127.0.0.1:${ports[channel]}`);
      expect(await ended, channel).toBe("refused");
    }
    const good = own(new zmq.Dealer(curve()));
    good.connect(`tcp://127.0.0.1:${ports.sync}`);
    expect((await hello(good)).session).not.toBe("");
  });
});
