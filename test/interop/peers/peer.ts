// A ZeroMQ peer that a test drives: one JSON command per line on stdin, one JSON answer or event per line on stdout.
// Its twin in Python is peer.py.
import { createInterface } from "node:readline";
import zmq from "zeromq";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import {
  type DuplexCommand,
  type OpenCommand,
  type Security,
  type ServeCommand,
  type SocketSettings,
  syncTopic,
} from "../kit/driver.ts";
import { messages, type Plan, type Received, Tally } from "../kit/plan.ts";

/** What all socket classes of zeromq.js together can do; each of them refuses what its type has not. */
interface AnySocket {
  linger: number;
  sendHighWaterMark: number;
  receiveHighWaterMark: number;
  sendTimeout: number;
  receiveTimeout: number;
  plainServer: boolean;
  plainUsername: string;
  plainPassword: string;
  curveServer: boolean;
  curvePublicKey: string;
  curveSecretKey: string;
  curveServerKey: string;
  zapDomain: string;
  readonly lastEndpoint: string;
  readonly events: AsyncIterable<{
    readonly type: string;
    readonly error?: Error & { readonly status?: number; readonly code?: string };
  }>;
  bind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
  subscribe(...prefixes: string[]): void;
  send(frames: readonly Uint8Array[] | Uint8Array): Promise<void>;
  receive(): Promise<Buffer[]>;
  close(): void;
}

interface Held {
  readonly socket: AnySocket;
  go: boolean;
  watcher?: Promise<void>;
}

interface Command extends OpenCommand, DuplexCommand {
  readonly do: string;
  readonly id: number;
  readonly socket: number;
  readonly frames: readonly string[];
  readonly lingerMs?: number;
  readonly curve?: readonly string[];
  readonly plain?: Readonly<Record<string, string>>;
  readonly null?: boolean;
}

const classOf: Readonly<Record<SocketType, new () => unknown>> = {
  PUSH: zmq.Push,
  PULL: zmq.Pull,
  PUB: zmq.Publisher,
  SUB: zmq.Subscriber,
  XPUB: zmq.XPublisher,
  XSUB: zmq.XSubscriber,
  REQ: zmq.Request,
  REP: zmq.Reply,
  DEALER: zmq.Dealer,
  ROUTER: zmq.Router,
  PAIR: zmq.Pair,
};
const optionOf: Readonly<Partial<Record<keyof SocketSettings, string>>> = {
  heartbeatIntervalMs: "heartbeatInterval",
  heartbeatTimeoutMs: "heartbeatTimeout",
  heartbeatTtlMs: "heartbeatTimeToLive",
  handshakeTimeoutMs: "handshakeInterval",
  reconnectMs: "reconnectInterval",
  sendBufferBytes: "sendBufferSize",
  receiveBufferBytes: "receiveBufferSize",
  identity: "routingId",
  mandatory: "mandatory",
};
const eventOf: Readonly<Record<string, string>> = {
  connect: "connected",
  "connect:retry": "retried",
  accept: "accepted",
  close: "closed",
  disconnect: "disconnected",
  handshake: "handshake",
  "handshake:error:protocol": "failed-protocol",
  "handshake:error:auth": "failed-auth",
  "handshake:error:other": "failed",
};
const sync = Buffer.from(syncTopic);
const sockets = new Map<number, Held>();

function write(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function heldOf(number: number): Held {
  const held = sockets.get(number);
  if (held === undefined) throw new Error(`No socket ${number}`);
  return held;
}

async function watch(number: number, socket: AnySocket): Promise<void> {
  for await (const event of socket.events) {
    const name = eventOf[event.type];
    const value = event.error?.status ?? event.error?.code ?? 0;
    if (name !== undefined) write({ event: name, socket: number, value });
  }
}

function secure(socket: AnySocket, security: Security): void {
  if (security.mechanism === "PLAIN") {
    if (security.role === "server") socket.plainServer = true;
    else {
      socket.plainUsername = security.username;
      socket.plainPassword = security.password;
    }
  }
  if (security.mechanism === "CURVE") {
    socket.curvePublicKey = security.publicKey;
    socket.curveSecretKey = security.secretKey;
    if (security.role === "server") socket.curveServer = true;
    else socket.curveServerKey = security.serverKey;
  }
  if ("domain" in security && security.domain !== undefined) socket.zapDomain = security.domain;
}

async function open(command: Command): Promise<object> {
  const { socket: number, type, options = {}, security, monitor, bind, connect } = command;
  const socket = new classOf[type]() as AnySocket;
  socket.linger = options.lingerMs ?? 0;
  if ("sendHighWaterMark" in socket) socket.sendHighWaterMark = options.sendHighWaterMark ?? 0;
  if ("receiveHighWaterMark" in socket) socket.receiveHighWaterMark = options.receiveHighWaterMark ?? 0;
  for (const [key, name] of Object.entries(optionOf) as [keyof SocketSettings, string][]) {
    if (options[key] !== undefined) Object.assign(socket, { [name]: options[key] });
  }
  secure(socket, security);
  if (options.subscribe !== undefined) socket.subscribe(...options.subscribe);
  const held: Held = { socket, go: false };
  if (monitor) held.watcher = watch(number, socket);
  sockets.set(number, held);
  if (bind !== undefined) {
    await socket.bind(bind);
    return { endpoint: socket.lastEndpoint };
  }
  if (connect !== undefined) socket.connect(connect);
  return { endpoint: connect };
}

async function sendAll(
  socket: AnySocket,
  plan: Plan,
  prefix: readonly Uint8Array[],
  progress: { sent: number },
  deadlineMs: number,
): Promise<void> {
  for (const parts of messages(plan)) {
    while (
      !(await sent(socket, [...prefix, ...parts], progress.sent > 0 || performance.now() > deadlineMs))
    ) {
      await pause(10);
    }
    progress.sent++;
  }
}

/** A router that may not drop says so until the other side's handshake is done. */
async function sent(socket: AnySocket, frames: readonly Uint8Array[], certain: boolean): Promise<boolean> {
  try {
    await socket.send(frames);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== "EHOSTUNREACH" || certain) throw error;
    return false;
  }
}

async function receiveAll(
  socket: AnySocket,
  { socket: number, receive = 0, strip = 0 }: Command,
  tally: Tally,
  stripped: Set<string>,
): Promise<void> {
  let synced = false;
  while (tally.count < receive) {
    const parts = await socket.receive();
    if (parts[0] !== undefined && sync.equals(parts[0])) {
      if (!synced) write({ event: "synced", socket: number });
      synced = true;
      continue;
    }
    if (strip > 0) stripped.add(JSON.stringify(parts.slice(0, strip).map((part) => part.toString("hex"))));
    tally.add(parts.slice(strip));
  }
}

/** Sends a plan and receives a number of messages at the same time; either may be absent. */
async function duplex(held: Held, command: Command, deadlineMs: number): Promise<object> {
  const { socket } = held;
  const { send, prefix = [], receive = 0 } = command;
  const tally = new Tally();
  const stripped = new Set<string>();
  const progress = { sent: 0 };
  try {
    while (command.announce && !held.go) {
      await socket.send(sync);
      await pause(10);
    }
    await Promise.all([
      send === undefined
        ? undefined
        : sendAll(
            socket,
            send,
            prefix.map((frame) => Buffer.from(frame, "hex")),
            progress,
            deadlineMs,
          ),
      receive === 0 ? undefined : receiveAll(socket, command, tally, stripped),
    ]);
  } catch (error) {
    throw new Error(`${error}: sent ${progress.sent}, received ${tally.count} of ${receive}`);
  }
  return {
    ...tally.result(),
    sent: progress.sent,
    stripped: [...stripped].map((key) => JSON.parse(key) as string[]),
  };
}

/** Answers each request with the next message of a plan, under the same envelope. */
async function serve(socket: AnySocket, { send, envelope = 0 }: ServeCommand): Promise<Received> {
  const tally = new Tally();
  for (const parts of messages(send)) {
    const request = await socket.receive();
    tally.add(request.slice(envelope));
    await socket.send([...request.slice(0, envelope), ...parts]);
  }
  return tally.result();
}

/** Sends each message of a plan and waits for its answer. */
async function lockstep(socket: AnySocket, { send }: ServeCommand): Promise<Received> {
  const tally = new Tally();
  for (const parts of messages(send)) {
    await socket.send(parts);
    tally.add(await socket.receive());
  }
  return tally.result();
}

async function close({ socket: number, lingerMs = 0 }: Command): Promise<object> {
  const held = heldOf(number);
  sockets.delete(number);
  held.socket.linger = lingerMs;
  held.socket.close();
  await held.watcher;
  return {};
}

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

function z85(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.readUInt32BE(at);
    for (let power = 4; power >= 0; power--) text += letters[Math.floor(word / 85 ** power) % 85];
  }
  return text;
}

/** Whether the lists admit a client, and what it calls itself. */
function judge(command: Command, mechanism: string, credentials: readonly Buffer[]): [string, boolean] {
  const first = credentials[0] ?? Buffer.alloc(0);
  if (mechanism === "CURVE") return [z85(first), command.curve?.includes(z85(first)) ?? false];
  if (mechanism === "PLAIN")
    return [String(first), command.plain?.[String(first)] === String(credentials[1])];
  return ["anonymous", command.null ?? false];
}

/** Answers ZAP requests (RFC 27) from the lists given. */
async function zap(command: Command): Promise<object> {
  const handler = new zmq.Reply();
  await handler.bind("inproc://zeromq.zap.01");
  const run = async (): Promise<void> => {
    for await (const [version = "", sequence = "", , address, , mechanism, ...credentials] of handler) {
      const [name, good] = judge(command, String(mechanism), credentials);
      write({ event: "zap", name, good, address: String(address) });
      const status = good ? ["200", "OK", "", ""] : ["400", "Refused", "", ""];
      await handler.send([version, sequence, ...status]);
    }
  };
  run().catch((error: unknown) => write({ event: "zap-failed", value: String(error) }));
  return {};
}

async function onSocket(held: Held, command: Command, timeoutMs: number): Promise<object> {
  const { socket } = held;
  if ("sendTimeout" in socket) socket.sendTimeout = timeoutMs;
  if ("receiveTimeout" in socket) socket.receiveTimeout = timeoutMs;
  const served = command as unknown as ServeCommand;
  switch (command.do) {
    case "duplex":
      return await duplex(held, command, performance.now() + timeoutMs);
    case "serve":
      return await serve(socket, served);
    case "lockstep":
      return await lockstep(socket, served);
    case "send":
      await socket.send(command.frames.map((frame) => Buffer.from(frame, "hex")));
      return {};
    case "receive":
      return { frames: (await socket.receive()).map((part) => part.toString("hex")) };
    case "subscribe":
      socket.subscribe(String(command.prefix));
      return {};
    default:
      throw new Error(`No command ${command.do}`);
  }
}

async function run(command: Command): Promise<object> {
  const { do: what, timeoutMs = 30_000 } = command;
  if (what === "open") return await open(command);
  if (what === "close") return await close(command);
  if (what === "zap") return await zap(command);
  const held = heldOf(command.socket);
  if (what !== "go") return await onSocket(held, command, timeoutMs);
  held.go = true;
  return {};
}

write({ event: "ready", value: zmq.version });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  if (command.do === "exit") break;
  run(command).then(
    (ok) => write({ id: command.id, ok }),
    (error: unknown) => {
      const { code = "", message } = error as Error & { code?: string };
      write({ id: command.id, error: `${code} ${message}`.trim() });
    },
  );
}
process.exit(0);
