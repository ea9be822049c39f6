import { afterEach, describe, expect, test } from "vitest";
import * as zmq from "zeromq";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import { nodeNetwork } from "../../src/adapters/node-network.ts";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import { type Clock, systemClock } from "../../src/transport/clock.ts";
import type { Channel, ClientChannel, TransportListener } from "../../src/transport/transport.ts";
import { z85Encode } from "../../src/zmtp/crypto/encoding.ts";

const transport = zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto });
const server = nodeCrypto.keyAgreement.generateKeyPair();
const client = nodeCrypto.keyAgreement.generateKeyPair();
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const text = (frames: readonly Uint8Array[]): string =>
  frames.map((frame) => new TextDecoder().decode(frame)).join("|");

const asClient = {
  curveServerKey: z85Encode(server.publicKey),
  curvePublicKey: z85Encode(client.publicKey),
  curveSecretKey: z85Encode(client.secretKey),
  linger: 0,
};
const asServer = {
  curveServer: true,
  curveSecretKey: z85Encode(server.secretKey),
  curvePublicKey: z85Encode(server.publicKey),
  linger: 0,
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function own<T extends { close(): void }>(socket: T): T {
  cleanups.push(() => socket.close());
  return socket;
}

async function listen(log: string[]): Promise<TransportListener> {
  const listener = await transport.listen(
    {
      host: "127.0.0.1",
      ports: { command: 0, events: 0, sync: 0 },
      serverSecretKey: server.secretKey,
      authorize: (key) => Buffer.from(key).equals(client.publicKey),
    },
    {
      peerUp: (peer) => log.push(`peerUp ${peer.channel}`),
      peerDown: (peer, fault) => log.push(`peerDown ${peer.channel} ${fault.code}`),
      handshakeFailed: (channel, _address, fault) => log.push(`handshakeFailed ${channel} ${fault.code}`),
      message: (peer, frames) => {
        log.push(`${peer.channel} ${text(frames)}`);
        if (peer.channel === "sync") listener.reply(peer, [bytes("re"), ...frames]);
      },
    },
  );
  cleanups.push(() => listener.close());
  return listener;
}

function connect(
  channel: Channel,
  port: number,
  log: string[],
  serverPublicKey = server.publicKey,
): ClientChannel {
  const opened = transport.connect(
    channel,
    { host: "127.0.0.1", port, serverPublicKey, clientSecretKey: client.secretKey },
    {
      up: () => log.push("up"),
      message: (frames) => log.push(text(frames)),
      writable: () => undefined,
      down: (fault) => log.push(`down ${fault.code}`),
    },
  );
  cleanups.push(() => opened.close());
  return opened;
}

async function port(socket: zmq.Socket): Promise<number> {
  await (socket as zmq.Push).bind("tcp://127.0.0.1:*");
  return Number(new URL(socket.lastEndpoint as string).port);
}

const until = { timeout: 10_000, interval: 5 };

describe("our agent's side serves libzmq over CURVE", () => {
  test("PULL takes what a PUSH sends", async () => {
    const log: string[] = [];
    const listener = await listen(log);
    const push = own(new zmq.Push(asClient));
    push.connect(`tcp://127.0.0.1:${listener.ports.command}`);
    await push.send(["a", "b", ""]);
    await push.send(new Uint8Array(300).fill(0x61));
    await expect
      .poll(() => log, until)
      .toEqual(["peerUp command", "command a|b|", `command ${"a".repeat(300)}`]);
  });

  test("PUB sends a SUB what it subscribed to, and nothing else", async () => {
    const log: string[] = [];
    const listener = await listen(log);
    const sub = own(new zmq.Subscriber(asClient));
    sub.connect(`tcp://127.0.0.1:${listener.ports.events}`);
    sub.subscribe("EUR\0");
    const got = sub.receive();
    let arrived: Buffer[] | undefined;
    void got.then((frames) => {
      arrived = frames;
    });
    await expect
      .poll(() => {
        listener.publish([bytes("EURUSD\0"), bytes("no")]);
        listener.publish([bytes("EUR\0"), bytes("yes")]);
        return arrived?.map(String);
      }, until)
      .toEqual(["EUR\0", "yes"]);
  });

  test("ROUTER answers a DEALER, and a REQ whose delimiter nobody sees", async () => {
    const log: string[] = [];
    const listener = await listen(log);
    const dealer = own(new zmq.Dealer(asClient));
    dealer.connect(`tcp://127.0.0.1:${listener.ports.sync}`);
    await dealer.send(["x", "y"]);
    expect((await dealer.receive()).map(String)).toEqual(["re", "x", "y"]);
    const request = own(new zmq.Request(asClient));
    request.connect(`tcp://127.0.0.1:${listener.ports.sync}`);
    await request.send("q");
    expect((await request.receive()).map(String)).toEqual(["re", "q"]);
    expect(log).toContain("sync q");
  });

  test("refuses an unknown client and one with the wrong server key, and serves the next", async () => {
    const log: string[] = [];
    const listener = await listen(log);
    const other = zmq.curveKeyPair();
    const unknown = own(
      new zmq.Push({ ...asClient, curvePublicKey: other.publicKey, curveSecretKey: other.secretKey }),
    );
    const refused = new Promise<string>((resolve) => {
      unknown.events.on("handshake:error:auth", ({ error }) => resolve(String(error)));
    });
    unknown.connect(`tcp://127.0.0.1:${listener.ports.command}`);
    expect(await refused).toContain("Authentication failure");
    const wrong = own(new zmq.Push({ ...asClient, curveServerKey: other.publicKey }));
    wrong.connect(`tcp://127.0.0.1:${listener.ports.command}`);
    await expect
      .poll(() => log.filter((line) => line === "handshakeFailed command authentication").length, until)
      .toBeGreaterThanOrEqual(2);
    const clear = own(new zmq.Push({ linger: 0 }));
    clear.connect(`tcp://127.0.0.1:${listener.ports.command}`);
    await expect.poll(() => log, until).toContain("handshakeFailed command protocol");
    const good = own(new zmq.Push(asClient));
    good.connect(`tcp://127.0.0.1:${listener.ports.command}`);
    await good.send("fine");
    await expect.poll(() => log, until).toContain("command fine");
  });
});

describe("our client's side talks to libzmq over CURVE", () => {
  test("PUSH sends to a PULL", async () => {
    const log: string[] = [];
    const pull = own(new zmq.Pull(asServer));
    const command = connect("command", await port(pull), log);
    await expect.poll(() => log, until).toEqual(["up"]);
    command.send([bytes("a"), new Uint8Array(0), bytes("c".repeat(70_000))]);
    expect((await pull.receive()).map(String)).toEqual(["a", "", "c".repeat(70_000)]);
  });

  test("SUB hears a PUB", async () => {
    const log: string[] = [];
    const pub = own(new zmq.Publisher(asServer));
    const events = connect("events", await port(pub), log);
    events.subscribe(bytes("EUR"));
    await expect
      .poll(async () => {
        await pub.send(["USD", "1"]);
        await pub.send(["EUR", "1"]);
        return log;
      }, until)
      .toContain("EUR|1");
    expect(log).not.toContain("USD|1");
  });

  test("DEALER asks a ROUTER", async () => {
    const log: string[] = [];
    const router = own(new zmq.Router(asServer));
    const sync = connect("sync", await port(router), log);
    await expect.poll(() => log, until).toEqual(["up"]);
    sync.send([bytes("ask")]);
    const [id, ask] = await router.receive();
    expect(String(ask)).toBe("ask");
    await router.send([id as Buffer, "answer"]);
    await expect.poll(() => log, until).toEqual(["up", "answer"]);
  });

  test("tells a wrong server key from a server without CURVE", async () => {
    const log: string[] = [];
    const pull = own(new zmq.Pull(asServer));
    connect("command", await port(pull), log, nodeCrypto.keyAgreement.generateKeyPair().publicKey);
    await expect.poll(() => log, until).toEqual(["down authentication"]);
    // libzmq closes as soon as it has read our mechanism; a reset that overtakes its greeting leaves nothing to tell.
    const clear = await port(own(new zmq.Pull()));
    const told = new Set<string>();
    for (let attempt = 0; attempt < 50 && !told.has("down protocol"); attempt++) {
      const end: string[] = [];
      connect("command", clear, end);
      await expect.poll(() => end.length, until).toBe(1);
      told.add(String(end[0]));
    }
    expect(told).toContain("down protocol");
    told.delete("down protocol");
    expect([...told].filter((one) => one !== "down lost")).toEqual([]);
  });

  test("keeps a quiet connection alive by heartbeats that libzmq answers", async () => {
    const log: string[] = [];
    const pull = own(new zmq.Pull({ ...asServer, heartbeatInterval: 50, heartbeatTimeout: 300 }));
    let beats = 0;
    const clock: Clock = {
      ...systemClock,
      setTimer: (callback, delayMs) =>
        systemClock.setTimer(() => {
          beats++;
          callback();
        }, delayMs),
    };
    const opened = zmtpTransport({ network: nodeNetwork, clock, crypto: nodeCrypto }).connect(
      "command",
      {
        host: "127.0.0.1",
        port: await port(pull),
        serverPublicKey: server.publicKey,
        clientSecretKey: client.secretKey,
        heartbeatIntervalMs: 50,
        heartbeatTimeoutMs: 300,
      },
      {
        up: () => log.push("up"),
        message: () => undefined,
        writable: () => undefined,
        down: (fault) => log.push(`down ${fault.code}`),
      },
    );
    cleanups.push(() => opened.close());
    await expect.poll(() => log, until).toEqual(["up"]);
    // Several times the timeout, counted in our own PINGs: nobody may have hung up by then.
    await expect.poll(() => beats, until).toBeGreaterThan(20);
    expect(log).toEqual(["up"]);
  });
});
