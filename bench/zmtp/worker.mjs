// One side of a measurement, in a process of its own: worker.mjs '<task as JSON>'. Plain JavaScript on the built
// package, so that Node, Bun and Deno run the same and nothing stands between it and the code measured.
// It prints one line of JSON when it is bound or connected, and one with the result.
import { readFileSync } from "node:fs";

const task = JSON.parse(process.argv[2]);
const { library, role, endpoint, size, warm, count, keys, config = {} } = task;

function say(record) {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

/** Resolves with the next line of standard input. */
function told() {
  return new Promise((resolve) => process.stdin.once("data", resolve));
}

async function openOurs(type, options) {
  const zmtp = await import("../../dist/src/adapters/zmtp.js");
  const { sendHighWaterMark, receiveHighWaterMark } = config;
  const security =
    endpoint === undefined
      ? { mechanism: "CURVE", role: "server", secretKey: keys.serverSecret }
      : { mechanism: "CURVE", role: "client", serverKey: keys.serverPublic, secretKey: keys.clientSecret };
  const classes = {
    PUSH: zmtp.Push,
    PULL: zmtp.Pull,
    PUB: zmtp.Publisher,
    SUB: zmtp.Subscriber,
    REQ: zmtp.Request,
    REP: zmtp.Reply,
  };
  const marks = { sendHighWaterMark, receiveHighWaterMark };
  for (const key of Object.keys(marks)) if (marks[key] === undefined) delete marks[key];
  return new classes[type]({ security, ...marks, ...options });
}

async function openZeromq(type, options) {
  const { default: zmq } = await import("zeromq");
  const { sendHighWaterMark, receiveHighWaterMark, ioThreads } = config;
  const curve =
    endpoint === undefined
      ? { curveServer: true, curveSecretKey: keys.serverSecret, curvePublicKey: keys.serverPublic }
      : {
          curveServerKey: keys.serverPublic,
          curveSecretKey: keys.clientSecret,
          curvePublicKey: keys.clientPublic,
        };
  const classes = {
    PUSH: zmq.Push,
    PULL: zmq.Pull,
    PUB: zmq.Publisher,
    SUB: zmq.Subscriber,
    REQ: zmq.Request,
    REP: zmq.Reply,
  };
  if (ioThreads !== undefined) zmq.context.ioThreads = ioThreads;
  const socket = new classes[type]({ ...curve, ...options });
  if (sendHighWaterMark !== undefined && "sendHighWaterMark" in socket) {
    socket.sendHighWaterMark = sendHighWaterMark;
  }
  if (receiveHighWaterMark !== undefined && "receiveHighWaterMark" in socket) {
    socket.receiveHighWaterMark = receiveHighWaterMark;
  }
  return socket;
}

async function open(type, options = {}) {
  const socket = await (library === "ours" ? openOurs(type, options) : openZeromq(type, options));
  if (type === "SUB") socket.subscribe("");
  if (endpoint === undefined) {
    const bound = await socket.bind("tcp://127.0.0.1:*");
    say({ endpoint: library === "ours" ? bound : socket.lastEndpoint });
  } else {
    socket.connect(endpoint);
    say({ endpoint });
  }
  return socket;
}

/** The same in every process of the machine, with fractions. */
const wallMs = () => performance.timeOrigin + performance.now();

/** Receives everything, keeps everything, says when the warm-up is over and when the last message has come. */
async function receive(type) {
  const socket = await open(type);
  const kept = [];
  for await (const frames of socket) {
    // a publisher's first messages only find out whether the subscription has arrived
    if (frames[0].length !== size) {
      if (kept.length === 0) say({ synced: true });
      continue;
    }
    kept.push(frames);
    if (kept.length === warm) say({ warmed: true });
    if (kept.length === warm + count) break;
  }
  const endedMs = wallMs();
  const last = kept.at(-1)[0];
  if (kept[0][0][0] !== 7 || last[size - 1] !== 7) throw new Error("The content has changed");
  say({ endedMs });
}

async function send(type) {
  const socket = await open(type);
  const frame = new Uint8Array(size).fill(7);
  if (type === "PUB") {
    let go = false;
    process.stdin.once("data", () => {
      go = true;
    });
    while (!go) {
      await socket.send("sync");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  for (let sent = 0; sent < warm; sent++) await socket.send(frame);
  await told();
  say({ beganMs: wallMs() });
  for (let sent = 0; sent < count; sent++) await socket.send(frame);
  await told();
}

async function reply() {
  const socket = await open("REP");
  for await (const frames of socket) await socket.send(frames);
}

async function request() {
  const socket = await open("REQ");
  const frame = new Uint8Array(size).fill(7);
  const micros = new Float64Array(count);
  for (let at = -warm; at < count; at++) {
    const beganMs = performance.now();
    await socket.send(frame);
    const [got] = await socket.receive();
    if (at >= 0) micros[at] = (performance.now() - beganMs) * 1_000;
    if (got.length !== size) throw new Error("The content has changed");
  }
  micros.sort();
  say({ p50: micros[Math.floor(count * 0.5)], p99: micros[Math.floor(count * 0.99)] });
}

function resident() {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1_024;
}

/** Time in which V8 gives back what a burst took: it looks at the allocations of the last five seconds. */
const settleMs = 6_000;

/** Weighs this process when nothing has happened in it for a while. */
async function weigh() {
  // what was allocated until here is not to count as this time's
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  for (let rounds = 0; rounds < 3; rounds++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  say({ resident: resident() });
}

/** Holds many connections of three kinds, all used, and weighs itself. */
async function hold() {
  const { endpoints } = task;
  const sockets = [];
  const openEach = library === "ours" ? openOurs : openZeromq;
  const ticks = [];
  const read = async (subscriber, first) => {
    for await (const _ of subscriber) first();
  };
  for (let agent = 0; agent < count; agent++) {
    const requester = await openEach("REQ", {});
    requester.connect(endpoints.REP);
    const pusher = await openEach("PUSH", {});
    pusher.connect(endpoints.PULL);
    const subscriber = await openEach("SUB", {});
    subscriber.subscribe("");
    subscriber.connect(endpoints.PUB);
    ticks.push(new Promise((resolve, reject) => void read(subscriber, resolve).catch(reject)));
    sockets.push({ requester, pusher });
  }
  const frame = new Uint8Array(size).fill(7);
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      sockets.map(async ({ requester, pusher }) => {
        await requester.send(frame);
        await requester.receive();
        await pusher.send(frame);
      }),
    );
  }
  await Promise.all(ticks);
  await sockets[0].pusher.send("enough");
  await weigh();
}

/** What the holders connect to: answers, takes, and publishes a tick now and then until there was enough. */
async function attend() {
  const openEach = library === "ours" ? openOurs : openZeromq;
  const [rep, pull, pub] = [await openEach("REP", {}), await openEach("PULL", {}), await openEach("PUB", {})];
  const endpoints = {};
  for (const [name, socket] of Object.entries({ REP: rep, PULL: pull, PUB: pub })) {
    const bound = await socket.bind("tcp://127.0.0.1:*");
    endpoints[name] = library === "ours" ? bound : socket.lastEndpoint;
  }
  const ticks = setInterval(() => void pub.send(new Uint8Array(size)), 100);
  const echo = async () => {
    for await (const frames of rep) await rep.send(frames);
  };
  const take = async () => {
    for await (const [frame] of pull) {
      if (frame.length === size) continue;
      clearInterval(ticks);
      await weigh();
    }
  };
  void echo();
  void take();
  say({ endpoints });
}

const roles = {
  PULL: () => receive("PULL"),
  SUB: () => receive("SUB"),
  PUSH: () => send("PUSH"),
  PUB: () => send("PUB"),
  REP: reply,
  REQ: request,
  hold,
  attend,
};
await roles[role]();
if (role !== "REP" && role !== "attend") process.exit(0);
