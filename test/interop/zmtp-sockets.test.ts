import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import * as zmq from "zeromq";
import * as ours from "../../src/adapters/zmtp.ts";
import { compatibleTypes, type SocketType } from "../../src/zmtp/socket-type.ts";

interface Any {
  bind(endpoint: string): Promise<unknown>;
  connect(endpoint: string): void;
  close(): unknown;
}
interface Sending {
  send(message: Uint8Array | readonly (Uint8Array | string)[]): Promise<void>;
}
interface Receiving {
  receive(): Promise<Uint8Array[]>;
}

const own: Readonly<Record<SocketType, new (options: ours.SocketOptions) => Any>> = {
  REQ: ours.Request,
  REP: ours.Reply,
  DEALER: ours.Dealer,
  ROUTER: ours.Router,
  PUB: ours.Publisher,
  XPUB: ours.XPublisher,
  SUB: ours.Subscriber,
  XSUB: ours.XSubscriber,
  PUSH: ours.Push,
  PULL: ours.Pull,
  PAIR: ours.Pair,
};
const theirs: Readonly<Record<SocketType, new (options: object) => Any>> = {
  REQ: zmq.Request,
  REP: zmq.Reply,
  DEALER: zmq.Dealer,
  ROUTER: zmq.Router,
  PUB: zmq.Publisher,
  XPUB: zmq.XPublisher,
  SUB: zmq.Subscriber,
  XSUB: zmq.XSubscriber,
  PUSH: zmq.Push,
  PULL: zmq.Pull,
  PAIR: zmq.Pair,
};

const server = ours.keyPairToZ85(ours.generateKeyPair());
const client = ours.keyPairToBase64(ours.generateKeyPair());
const clientZ85 = ours.keyPairToZ85({
  publicKey: ours.readKey(client.publicKey),
  secretKey: ours.readKey(client.secretKey),
});

type Mechanism = "NULL" | "PLAIN" | "CURVE";

/** Our options, and libzmq's, for one mechanism with us as its server or its client. */
function secure(mechanism: Mechanism, weServe: boolean): [ours.SecurityOptions, object] {
  if (mechanism === "NULL") return [{ mechanism: "NULL" }, {}];
  if (mechanism === "PLAIN") {
    // zeromq.js has no ZAP handler of its own, so that a libzmq server lets nobody in: we are the server.
    const authenticate: ours.Authenticator = (request) =>
      request.mechanism === "PLAIN" && request.username === "user" && request.password === "word";
    return [
      { mechanism: "PLAIN", role: "server", authenticate },
      { plainUsername: "user", plainPassword: "word" },
    ];
  }
  if (weServe) {
    const curve = {
      curveServerKey: server.publicKey,
      curvePublicKey: clientZ85.publicKey,
      curveSecretKey: clientZ85.secretKey,
    };
    return [{ mechanism: "CURVE", role: "server", secretKey: server.secretKey }, curve];
  }
  return [
    { mechanism: "CURVE", role: "client", serverKey: server.publicKey, secretKey: client.secretKey },
    { curveServer: true, curveSecretKey: server.secretKey },
  ];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const requesters: readonly SocketType[] = ["REQ", "DEALER", "ROUTER", "PAIR"];
const subscribers: readonly SocketType[] = ["SUB", "XSUB"];

/** What tells two messages apart, without comparing megabytes octet by octet. */
function digest(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => `${frame.length} ${createHash("sha256").update(frame).digest("hex")}`);
}

/** Messages of many shapes: empty frames, both frame sizes, several parts. */
function* shapes(): Generator<Uint8Array[]> {
  for (const size of [0, 1, 100, 221, 222, 223, 255, 256, 65_500, 65_536, 300_000]) {
    yield [new Uint8Array(size).fill(size & 0xff)];
    yield [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(size).fill(7)];
  }
}

async function oneWay(from: Sending, to: Receiving): Promise<void> {
  for (const frames of shapes()) {
    // A topic, for those that filter, and never mistaken for a subscription.
    const message = [Uint8Array.of(0x41), ...frames];
    await from.send(message);
    expect(digest(await to.receive())).toEqual(digest(message));
  }
}

async function converse(our: Any, ourType: SocketType, their: Any, theirType: SocketType): Promise<void> {
  const [us, them] = [our as Any & Sending & Receiving, their as Any & Sending & Receiving];
  if (subscribers.includes(ourType) || subscribers.includes(theirType)) {
    const weSubscribe = subscribers.includes(ourType);
    const [sub, pub] = weSubscribe ? [us, them] : [them, us];
    const type = weSubscribe ? ourType : theirType;
    if (type === "SUB") (sub as unknown as { subscribe(prefix: string): void }).subscribe("A");
    else await sub.send([Uint8Array.of(1, 0x41)]);
    await heard(pub, sub);
    await oneWay(pub, sub);
    return;
  }
  if (ourType === "PUSH" || ourType === "PULL") {
    await (ourType === "PUSH" ? oneWay(us, them) : oneWay(them, us));
    return;
  }
  const weAsk = requesters.indexOf(ourType) >= 0 && ourType !== "ROUTER" ? true : theirType === "REP";
  const [asks, asksType, answers, answersType] = weAsk
    ? ([us, ourType, them, theirType] as const)
    : ([them, theirType, us, ourType] as const);
  for (const frames of shapes()) {
    const addressed = asksType === "ROUTER" ? ["peer"] : [];
    const delimited = asksType !== "REQ" && answersType === "REP" ? [""] : [];
    await asks.send([...addressed, ...delimited, ...frames]);
    await answers.send(await answers.receive());
    const reply = await asks.receive();
    expect(digest(reply.slice(addressed.length + delimited.length))).toEqual(digest(frames));
  }
}

/** Publishes until the subscription has arrived, then takes all that came of it. */
async function heard(pub: Sending, sub: Receiving): Promise<void> {
  let got = 0;
  let stop = false;
  const mark = "A-mark";
  const reading = (async (): Promise<void> => {
    for (;;) {
      const [first] = await sub.receive();
      got++;
      if (Buffer.from(first as Uint8Array).toString() === "A-last") return;
    }
  })();
  await expect
    .poll(
      async () => {
        if (!stop) await pub.send([mark]);
        stop ||= got > 0;
        return stop;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(true);
  await pub.send(["A-last"]);
  await reading;
}

const pairs = (Object.keys(compatibleTypes) as SocketType[]).flatMap((ourType) =>
  compatibleTypes[ourType].map((theirType) => [ourType, theirType] as const),
);

describe.each<[Mechanism, boolean]>([
  ["NULL", true],
  ["PLAIN", true],
  ["CURVE", true],
  ["CURVE", false],
])("%s, we are the mechanism's server: %s", (mechanism, weServe) => {
  describe.each([true, false])("we bind: %s", (weBind) => {
    test.each(pairs)(
      "our %s exchanges messages of all shapes with libzmq's %s",
      async (ourType, theirType) => {
        const [security, options] = secure(mechanism, weServe);
        // Two ROUTERs, and a ROUTER that asks first, know each other by announced identities.
        const identity = ourType === "ROUTER" || theirType === "ROUTER" ? "peer" : undefined;
        const our = new own[ourType]({
          security,
          lingerMs: 0,
          ...(identity === undefined || ["REP"].includes(ourType) ? {} : { identity }),
        });
        const their = new theirs[theirType]({
          ...options,
          linger: 0,
          ...(identity !== undefined && ["REQ", "DEALER", "ROUTER"].includes(theirType)
            ? { routingId: identity }
            : {}),
          ...(theirType === "ROUTER" ? { mandatory: true } : {}),
        });
        cleanups.push(
          () => our.close(),
          () => their.close(),
        );
        let up: () => void = () => undefined;
        const connected = new Promise<void>((resolve) => {
          up = resolve;
        });
        (our as ours.Socket).monitor((event) => {
          if (event.type === "connected") up();
        });
        if (weBind) their.connect((await our.bind("tcp://127.0.0.1:*")) as string);
        else {
          await their.bind("tcp://127.0.0.1:*");
          our.connect((their as unknown as { lastEndpoint: string }).lastEndpoint);
        }
        await connected;
        await converse(our, ourType, their, theirType);
      },
    );
  });
});
