// Fuzzed connections against our servers: node build/run.mjs test/interop/fuzz.ts [connections] [seed]
import { connect } from "node:net";
import { pathToFileURL } from "node:url";
import * as zmtp from "../../src/adapters/zmtp.ts";
import { asCommand, CurveClient, keys } from "./kit/curve-tools.ts";
import { command, frame, greeting, metadata, octets, part, ready } from "./kit/raw-peer.ts";

/** What a run of fuzzed connections did. */
export interface FuzzReport {
  readonly connections: number;
  readonly seed: number;
  /** How often each fault was named. */
  readonly faults: Readonly<Record<string, number>>;
  /** Good clients that were served in between. */
  readonly bounces: number;
  readonly elapsedMs: number;
  /** Growth of memory outside the heap from the first tenth of the run to its end. */
  readonly grownBytes: number;
}

const handshakeTimeoutMs = 300;
const maxMessageBytes = 1_000_000;
const parallel = 128;

/** Mulberry32: small, and the same everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof generator>;

interface Target {
  readonly socket: zmtp.Socket;
  readonly endpoint: string;
  /** What a well-behaved client sends, in pieces. */
  readonly session: (random: Random) => readonly Buffer[];
  readonly bounce: () => Promise<void>;
  ended: number;
}

const sessionOf = (mechanism: string, type: string): readonly Buffer[] => {
  const own = metadata({ "Socket-Type": type, Identity: "" });
  const opening =
    mechanism === "NULL"
      ? [ready(type)]
      : [command("HELLO", octets("\x05admin\x08password")), command("INITIATE", own)];
  return [
    greeting(mechanism, [3, 1]),
    ...opening,
    command("PING", octets("\0\x0acontext")),
    command("SUBSCRIBE", octets("topic")),
    part(octets("first"), true),
    part(Buffer.alloc(700, 7)),
    command("CANCEL", octets("topic")),
    part(octets("\x01topic")),
  ];
};

async function openTargets(count: (target: Target, fault: string) => void): Promise<Target[]> {
  const server = keys();
  const admin = { mechanism: "PLAIN", role: "client", username: "admin", password: "password" } as const;
  const curve = { mechanism: "CURVE", role: "client", serverKey: server.publicKey } as const;
  const servers = {
    NULL: { mechanism: "NULL" },
    PLAIN: {
      mechanism: "PLAIN",
      role: "server",
      authenticate: (request): boolean => request.mechanism === "PLAIN" && request.password === "password",
    },
    CURVE: { mechanism: "CURVE", role: "server", secretKey: server.secretKey },
  } as const satisfies Readonly<Record<string, zmtp.SecurityOptions>>;
  const clients = { NULL: { mechanism: "NULL" }, PLAIN: admin, CURVE: curve } as const;
  // each HELLO opens; what follows was meant for another connection
  const recorded = Array.from({ length: 32 }, () => {
    const client = new CurveClient(server.publicKey);
    const rest = client.initiate(metadata({ "Socket-Type": "DEALER" }));
    return [greeting("CURVE", [3, 1]), asCommand(client.hello()), asCommand(rest)];
  });
  const targets: Target[] = [];
  const add = async (
    mechanism: keyof typeof servers,
    make: (options: zmtp.RouterOptions) => zmtp.Socket,
    type: string,
    bounce: (target: Target, security: zmtp.SecurityOptions) => Promise<void>,
  ): Promise<void> => {
    const socket = make({
      security: servers[mechanism],
      lingerMs: 0,
      handshakeTimeoutMs,
      maxMessageBytes,
      heartbeat: { intervalMs: 100, timeoutMs: 200 },
      monitor: (event): void => {
        if (event.type === "handshake-failed" || event.type === "disconnected")
          count(target, event.fault.code);
      },
    });
    const target: Target = {
      socket,
      endpoint: await socket.bind("tcp://127.0.0.1:*"),
      session: (random): readonly Buffer[] =>
        mechanism === "CURVE" ? (recorded[random(recorded.length)] ?? []) : sessionOf(mechanism, type),
      bounce: () => bounce(target, clients[mechanism]),
      ended: 0,
    };
    targets.push(target);
  };
  for (const mechanism of ["NULL", "PLAIN", "CURVE"] as const) {
    await add(mechanism, (options) => new zmtp.Router(options), "DEALER", bounceRouter);
    await add(mechanism, (options) => new zmtp.XPublisher(options), "SUB", bouncePublisher);
    await add(mechanism, (options) => new zmtp.Reply(options), "REQ", bounceReply);
  }
  return targets;
}

const waitMs = 10_000;

async function bounceRouter(target: Target, security: zmtp.SecurityOptions): Promise<void> {
  const router = target.socket as zmtp.Router;
  const dealer = new zmtp.Dealer({ security, lingerMs: 0 });
  dealer.connect(target.endpoint);
  const signal = AbortSignal.timeout(waitMs);
  await dealer.send(["a good request", `${Math.random()}`]);
  for (;;) {
    const [from = "", ...request] = await router.receive({ signal });
    // fuzzed messages that came whole are messages like any other
    if (Buffer.from(request[0] ?? []).toString() !== "a good request") continue;
    await router.send([from, ...request]);
    await dealer.receive({ signal });
    await dealer.close();
    return;
  }
}

async function bouncePublisher(target: Target, security: zmtp.SecurityOptions): Promise<void> {
  const publisher = target.socket as zmtp.XPublisher;
  const subscriber = new zmtp.Subscriber({ security, lingerMs: 0 });
  const topic = `good ${Math.random()}`;
  subscriber.subscribe(topic);
  subscriber.connect(target.endpoint);
  const signal = AbortSignal.timeout(waitMs);
  for (;;) {
    const [heard] = await publisher.receive({ signal });
    if (Buffer.from(heard ?? []).toString() === `\u0001${topic}`) break;
  }
  await publisher.send(topic);
  await subscriber.receive({ signal });
  await subscriber.close();
}

async function bounceReply(target: Target, security: zmtp.SecurityOptions): Promise<void> {
  const reply = target.socket as zmtp.Reply;
  const request = new zmtp.Request({ security, lingerMs: 0 });
  request.connect(target.endpoint);
  const signal = AbortSignal.timeout(waitMs);
  await request.send("a good request");
  for (;;) {
    const got = await reply.receive({ signal });
    await reply.send(got);
    if (Buffer.from(got[0] ?? []).toString() === "a good request") break;
  }
  await request.receive({ signal });
  await request.close();
}

function randomBytes(random: Random, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = random(256);
  return bytes;
}

/** Damages bytes in one of the ways in which they arrive damaged, or are made to look so. */
function damage(random: Random, bytes: Buffer): Buffer {
  const at = random(bytes.length + 1);
  switch (random(6)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      for (let flips = 1 + random(4); flips > 0 && flipped.length > 0; flips--) {
        const place = random(flipped.length);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << random(8));
      }
      return flipped;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), randomBytes(random, 1 + random(40)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.min(bytes.length, at + 1 + random(20))),
      ]);
    case 4:
      return Buffer.concat([bytes, bytes.subarray(random(bytes.length + 1))]);
    default:
      return Buffer.concat([bytes.subarray(0, at), randomBytes(random, random(300))]);
  }
}

/** A frame whose header promises something else than comes. */
function lyingFrame(random: Random): Buffer {
  const lie = Buffer.alloc(9);
  lie[0] = random(8) | 2;
  lie.writeUInt32BE(random(4) === 0 ? random(0x7fffffff) : 0, 1);
  lie.writeUInt32BE(random(3) === 0 ? random(0xffffffff) : random(5_000), 5);
  return Buffer.concat([lie, randomBytes(random, random(2_000))]);
}

function attack(random: Random, target: Target): Buffer[] {
  const session = [...target.session(random)];
  switch (random(7)) {
    case 0:
      return [randomBytes(random, random(600))];
    case 1:
      return [Buffer.of(0xff), randomBytes(random, random(200))];
    case 2:
      return [session[0] ?? octets(""), randomBytes(random, random(600))];
    case 3:
      return [...session.slice(0, 1 + random(session.length)), lyingFrame(random)];
    case 4:
      return [
        ...session.slice(0, 1 + random(session.length)),
        frame(random(8) & 5, randomBytes(random, random(400))),
      ];
    case 5: {
      // one piece at another's place, or twice
      const from = random(session.length);
      session.splice(random(session.length), random(2), session[from] ?? octets(""));
      return session;
    }
    default:
      return [damage(random, Buffer.concat(session))];
  }
}

/** Dials, sends an attack in random pieces, and leaves in a random way. Resolves when the connection is gone. */
function fuzzOnce(random: Random, target: Target): Promise<void> {
  const port = Number(target.endpoint.slice(target.endpoint.lastIndexOf(":") + 1));
  const bytes = Buffer.concat(attack(random, target));
  const manner = random(10);
  const cut = random(bytes.length + 1);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.on("data", () => undefined);
    socket.on("connect", () => {
      socket.write(bytes.subarray(0, cut));
      setImmediate(() => {
        if (socket.destroyed) return;
        socket.write(bytes.subarray(cut));
        if (manner < 3) socket.destroy();
        else if (manner < 6) socket.resetAndDestroy();
        else if (manner < 9) socket.end();
        // and some wait for the server to have enough of it
      });
    });
  });
}

/** Runs fuzzed connections. Rejects when a good client is not served, or a connection is not accounted for. */
export async function fuzz(connections: number, seed: number): Promise<FuzzReport> {
  const random = generator(seed);
  const faults: Record<string, number> = {};
  const beganMs = performance.now();
  const targets = await openTargets((target, fault) => {
    target.ended++;
    faults[fault] = (faults[fault] ?? 0) + 1;
  });
  const accepted = new Map(targets.map((target) => [target, 0]));
  for (const target of targets) {
    target.socket.monitor((event) => {
      if (event.type === "accepted") accepted.set(target, (accepted.get(target) ?? 0) + 1);
    });
  }
  let bounces = 0;
  let settledBytes = 0;
  let done = 0;
  const every = Math.max(100, Math.floor(connections / 100));
  while (done < connections) {
    const batch = Math.min(every, connections - done);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < batch) {
        next++;
        await fuzzOnce(random, targets[random(targets.length)] as Target);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    done += batch;
    for (const target of targets) {
      await target.bounce();
      bounces++;
    }
    if (done >= connections / 10 && settledBytes === 0) settledBytes = outsideHeap();
  }
  const grownBytes = outsideHeap() - settledBytes;
  await allEnded(targets, accepted);
  for (const { socket } of targets) await socket.close();
  return { connections, seed, faults, bounces, elapsedMs: performance.now() - beganMs, grownBytes };
}

/** Every accepted connection must end, and must be reported once. */
async function allEnded(targets: readonly Target[], accepted: ReadonlyMap<Target, number>): Promise<void> {
  for (let waitedMs = 0; waitedMs <= waitMs; waitedMs += 50) {
    if (targets.every((target) => target.ended === accepted.get(target))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const open = targets.map((target) => `${accepted.get(target)} accepted, ${target.ended} ended`);
  throw new Error(`Connections are unaccounted for: ${open.join("; ")}`);
}

function outsideHeap(): number {
  const { arrayBuffers, external } = process.memoryUsage();
  return Math.max(arrayBuffers, external);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const report = await fuzz(
    Number(process.argv[2] ?? 100_000),
    Number(process.argv[3] ?? Date.now() % 1_000_000),
  );
  console.log(JSON.stringify(report, undefined, 2));
}
