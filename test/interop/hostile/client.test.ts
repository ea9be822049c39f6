import { describe, expect, it } from "vitest";
import * as zmtp from "../../../src/adapters/zmtp.ts";
import { asCommand, CurveServer, keys, message, zeroKey } from "../kit/curve-tools.ts";
import { EventLog } from "../kit/event-log.ts";
import {
  Ambush,
  command,
  frame,
  greeting,
  metadata,
  octets,
  part,
  type RawPeer,
  ready,
} from "../kit/raw-peer.ts";

// libzmq's hostile cases, mirrored: the server misbehaves, and our client must refuse it and serve the next good one.

const waitMs = 5_000;
const dealer = metadata({ "Socket-Type": "DEALER", Identity: "" });
const serverKeys = keys();

interface Trap {
  readonly name: string;
  readonly mechanism: "NULL" | "PLAIN" | "CURVE";
  readonly code: zmtp.FaultCode;
  /** The connection was up before it was ended. */
  readonly wasUp?: boolean;
  /** After ERROR a client does not dial again. */
  readonly abandons?: boolean;
  readonly run: (peer: RawPeer) => Promise<void>;
}

const vanilla = async (peer: RawPeer): Promise<void> => {
  peer.write(octets("\x01\x00"), octets("\x08\x00sneaky\0"));
};
const mismatched =
  (mechanism: string) =>
  async (peer: RawPeer): Promise<void> =>
    peer.write(greeting(mechanism));
const bothServe =
  (mechanism: string) =>
  async (peer: RawPeer): Promise<void> => {
    peer.write(greeting(mechanism, [3, 1], false));
    await peer.read(64);
    peer.write(command("HELLO", Buffer.alloc(194)));
  };

/** Greets and takes HELLO. */
async function helloed(peer: RawPeer, mechanism: "PLAIN" | "CURVE"): Promise<Buffer> {
  peer.write(greeting(mechanism, [3, 1], true));
  await peer.read(64);
  return await peer.readCommand("HELLO");
}

const afterHello =
  (mechanism: "PLAIN" | "CURVE", ...answer: readonly Uint8Array[]) =>
  async (peer: RawPeer): Promise<void> => {
    await helloed(peer, mechanism);
    peer.write(...answer);
  };

/** The server's side up to INITIATE. */
async function initiated(peer: RawPeer): Promise<CurveServer> {
  const server = new CurveServer(serverKeys);
  server.helloed(await helloed(peer, "CURVE"));
  peer.write(asCommand(server.welcome()));
  await peer.readCommand("INITIATE");
  return server;
}

const welcomeWith =
  (make: (server: CurveServer) => Buffer) =>
  async (peer: RawPeer): Promise<void> => {
    const server = new CurveServer(serverKeys);
    server.helloed(await helloed(peer, "CURVE"));
    peer.write(make(server));
  };

const readyWith =
  (make: (server: CurveServer) => Buffer) =>
  async (peer: RawPeer): Promise<void> => {
    peer.write(make(await initiated(peer)));
  };

const curveTraffic =
  (make: (server: CurveServer) => Buffer) =>
  async (peer: RawPeer): Promise<void> => {
    const server = await initiated(peer);
    peer.write(asCommand(server.ready(dealer)), make(server));
  };

const plainInitiated =
  (...answer: readonly Uint8Array[]) =>
  async (peer: RawPeer): Promise<void> => {
    await afterHello("PLAIN", command("WELCOME"))(peer);
    await peer.readCommand("INITIATE");
    peer.write(...answer);
  };

const nullGreeted =
  (...answer: readonly Uint8Array[]) =>
  async (peer: RawPeer): Promise<void> => {
    peer.write(greeting("NULL"));
    await peer.read(64);
    await peer.readCommand("READY");
    peer.write(...answer);
  };

function spoilt(body: Buffer, at: number): Buffer {
  body[at] = (body[at] ?? 0) ^ 0x55;
  return body;
}

const error = (reason: string): Buffer =>
  command("ERROR", Buffer.concat([Buffer.of(reason.length), octets(reason)]));

const traps: readonly Trap[] = [
  { name: "the vanilla socket", mechanism: "NULL", code: "version-unsupported", run: vanilla },
  { name: "the vanilla socket", mechanism: "PLAIN", code: "version-unsupported", run: vanilla },
  { name: "the unauthenticated message", mechanism: "CURVE", code: "version-unsupported", run: vanilla },
  { name: "a NULL server", mechanism: "CURVE", code: "mechanism-mismatch", run: mismatched("NULL") },
  { name: "a PLAIN server", mechanism: "CURVE", code: "mechanism-mismatch", run: mismatched("PLAIN") },
  { name: "a CURVE server", mechanism: "NULL", code: "mechanism-mismatch", run: mismatched("CURVE") },
  {
    name: "a client in a server's place",
    mechanism: "PLAIN",
    code: "unexpected-command",
    run: bothServe("PLAIN"),
  },
  {
    name: "a client in a server's place",
    mechanism: "CURVE",
    code: "unexpected-command",
    run: bothServe("CURVE"),
  },
  // CURVE, up to WELCOME
  {
    name: "a server with another key, which hangs up on HELLO as libzmq does",
    mechanism: "CURVE",
    code: "closed-after-hello",
    run: async (peer) => {
      await helloed(peer, "CURVE");
      peer.socket.end();
    },
  },
  {
    name: "a server that hangs up on INITIATE",
    mechanism: "CURVE",
    code: "closed-after-initiate",
    run: async (peer) => {
      await initiated(peer);
      peer.socket.end();
    },
  },
  {
    name: "a server that hangs up in the greeting",
    mechanism: "CURVE",
    code: "closed-in-greeting",
    run: async (peer) => {
      peer.write(greeting("CURVE").subarray(0, 11));
      await peer.read(11);
      peer.socket.end();
    },
  },
  {
    name: "WELCOME of a wrong length",
    mechanism: "CURVE",
    code: "malformed-welcome",
    run: afterHello("CURVE", command("WELCOME")),
  },
  {
    name: "WELCOME with a misspelled name",
    mechanism: "CURVE",
    code: "unexpected-command",
    run: welcomeWith((server) => asCommand(Buffer.from(server.welcome().fill("X", 7, 8)))),
  },
  {
    name: "WELCOME whose box is garbage",
    mechanism: "CURVE",
    code: "wrong-server-key",
    run: welcomeWith((server) => asCommand(spoilt(server.welcome(), 60))),
  },
  {
    name: "WELCOME of a server with another key",
    mechanism: "CURVE",
    code: "wrong-server-key",
    run: welcomeWith((server) => asCommand(server.welcome(keys().secretKey))),
  },
  {
    name: "READY instead of WELCOME",
    mechanism: "CURVE",
    code: "unexpected-command",
    run: afterHello("CURVE", command("READY", dealer)),
  },
  {
    name: "a message instead of WELCOME",
    mechanism: "CURVE",
    code: "unexpected-command",
    run: afterHello("CURVE", part(octets("sneaky"))),
  },
  // CURVE, up to READY
  {
    name: "READY of a wrong length",
    mechanism: "CURVE",
    code: "malformed-ready",
    run: readyWith(() => command("READY")),
  },
  {
    name: "READY with a misspelled name",
    mechanism: "CURVE",
    code: "unexpected-command",
    run: readyWith((server) => asCommand(Buffer.from(server.ready(dealer).fill("X", 5, 6)))),
  },
  {
    name: "READY whose box is garbage",
    mechanism: "CURVE",
    code: "cryptographic",
    run: readyWith((server) => asCommand(spoilt(server.ready(dealer), 30))),
  },
  {
    name: "READY without a socket type",
    mechanism: "CURVE",
    code: "invalid-metadata",
    run: readyWith((server) => asCommand(server.ready(Buffer.alloc(0)))),
  },
  {
    name: "READY of an incompatible socket type",
    mechanism: "CURVE",
    code: "socket-type-mismatch",
    run: readyWith((server) => asCommand(server.ready(metadata({ "Socket-Type": "XPUB" })))),
  },
  {
    name: "ERROR instead of READY: bogus client credentials",
    mechanism: "CURVE",
    code: "refused-by-peer",
    abandons: true,
    run: readyWith(() => error("400")),
  },
  {
    name: "ERROR whose reason is longer than the command",
    mechanism: "CURVE",
    code: "malformed-error",
    run: readyWith(() => command("ERROR", octets("\xff400"))),
  },
  // CURVE, traffic
  {
    name: "a MESSAGE whose nonce repeats",
    mechanism: "CURVE",
    code: "nonce-not-increasing",
    wasUp: true,
    run: curveTraffic((server) => {
      const body = part(message(server.sessionKey, "S", 2, 0, octets("once")));
      return Buffer.concat([body, body]);
    }),
  },
  {
    name: "a MESSAGE whose box is garbage",
    mechanism: "CURVE",
    code: "undecipherable",
    wasUp: true,
    run: curveTraffic((server) => part(spoilt(message(server.sessionKey, "S", 2, 0, octets("spoilt")), 30))),
  },
  {
    name: "a message in clear",
    mechanism: "CURVE",
    code: "unexpected-command",
    wasUp: true,
    run: curveTraffic(() => part(octets("in clear, and long enough to be taken for a box with its nonce"))),
  },
  // PLAIN
  {
    name: "WELCOME with something in it",
    mechanism: "PLAIN",
    code: "malformed-welcome",
    run: afterHello("PLAIN", command("WELCOME", octets("!"))),
  },
  {
    name: "READY instead of WELCOME",
    mechanism: "PLAIN",
    code: "unexpected-command",
    run: afterHello("PLAIN", ready("DEALER")),
  },
  {
    name: "ERROR instead of WELCOME: wrong credentials",
    mechanism: "PLAIN",
    code: "refused-by-peer",
    abandons: true,
    run: afterHello("PLAIN", error("400")),
  },
  {
    name: "READY with broken metadata",
    mechanism: "PLAIN",
    code: "invalid-metadata",
    run: plainInitiated(command("READY", octets("\x0bSocket-Type\0\0\0\xffDEALER"))),
  },
  {
    name: "ERROR instead of READY",
    mechanism: "PLAIN",
    code: "refused-by-peer",
    abandons: true,
    run: plainInitiated(error("Invalid username or password")),
  },
  // NULL
  {
    name: "ERROR instead of READY: the wrong domain",
    mechanism: "NULL",
    code: "refused-by-peer",
    abandons: true,
    run: nullGreeted(error("400")),
  },
  {
    name: "a message before READY",
    mechanism: "NULL",
    code: "unexpected-command",
    run: nullGreeted(part(octets("sneaky"))),
  },
  {
    name: "READY with a property without a name",
    mechanism: "NULL",
    code: "invalid-metadata",
    run: nullGreeted(command("READY", octets("\0\0\0\0\x06DEALER"))),
  },
  {
    name: "READY of an incompatible socket type",
    mechanism: "NULL",
    code: "socket-type-mismatch",
    run: nullGreeted(ready("PUSH")),
  },
  {
    name: "an empty command in traffic",
    mechanism: "NULL",
    code: "malformed-command",
    wasUp: true,
    run: nullGreeted(ready("DEALER"), frame(4, Buffer.alloc(0))),
  },
];

function clientSecurity(mechanism: Trap["mechanism"]): zmtp.SecurityOptions {
  if (mechanism === "NULL") return { mechanism };
  if (mechanism === "PLAIN") return { mechanism, role: "client", username: "admin", password: "password" };
  return { mechanism, role: "client", serverKey: serverKeys.publicKey };
}

function serverSecurity(mechanism: Trap["mechanism"]): zmtp.SecurityOptions {
  if (mechanism === "NULL") return { mechanism };
  if (mechanism === "PLAIN") return { mechanism, role: "server", authenticate: () => true };
  return { mechanism, role: "server", secretKey: serverKeys.secretKey };
}

async function bounce(client: zmtp.Dealer, server: zmtp.Dealer): Promise<void> {
  const signal = AbortSignal.timeout(waitMs);
  await client.send("there", { signal });
  await server.send(await server.receive({ signal }), { signal });
  for (;;) {
    const [got] = await client.receive({ signal });
    const text = new TextDecoder().decode(got);
    // the trap may have delivered one good message before it went bad
    if (text === "there") return;
    expect(text).toBe("once");
  }
}

describe("a client", () => {
  it.for(traps.map((trap) => ({ ...trap })))(
    "$mechanism: refuses $name: $code, and is served by the next good server",
    async ({ mechanism, run, code, wasUp = false, abandons = false }) => {
      await using good = new zmtp.Dealer({ security: serverSecurity(mechanism), lingerMs: 0 });
      const goodEndpoint = await good.bind("tcp://127.0.0.1:*");
      await using ambush = await Ambush.open([run], goodEndpoint);
      const log = new EventLog();
      await using client = new zmtp.Dealer({
        security: clientSecurity(mechanism),
        lingerMs: 0,
        reconnect: { minMs: 5, maxMs: 20 },
        monitor: (event) => log.add({ name: event.type, value: "fault" in event ? event.fault.code : 0 }),
      });
      client.connect(ambush.endpoint);
      expect((await log.next(wasUp ? "disconnected" : "handshake-failed", waitMs)).value).toBe(code);
      if (abandons) {
        expect((await log.next("abandoned", waitMs)).value).toBe(code);
        client.connect(goodEndpoint);
      }
      await bounce(client, good);
      expect(ambush.faults).toEqual([]);
    },
  );

  it("test_null_server_key: cannot be made to agree on a secret that everybody knows", async () => {
    const security = { mechanism: "CURVE", role: "client", serverKey: new Uint8Array(32) } as const;
    const heard: string[] = [];
    await using ambush = await Ambush.open([
      async (peer): Promise<void> => {
        peer.write(greeting("CURVE"));
        await peer.read(64);
        heard.push((await peer.readFrame()).body.toString("latin1", 1, 6));
      },
    ]);
    const log = new EventLog();
    await using client = new zmtp.Dealer({
      security,
      lingerMs: 0,
      monitor: (event) => log.add({ name: event.type, value: "fault" in event ? event.fault.code : 0 }),
    });
    client.connect(ambush.endpoint);
    expect((await log.next("handshake-failed", waitMs)).value).toBe("key-exchange");
    expect(heard).toEqual([]);
  });

  it("test_null_client_*: a server's transient key of low order ends the handshake", async () => {
    const log = new EventLog();
    await using ambush = await Ambush.open([
      async (peer): Promise<void> => {
        const server = new CurveServer(serverKeys);
        Object.assign(server.transient, { publicKey: new Uint8Array(32) });
        server.helloed(await helloed(peer, "CURVE"));
        peer.write(asCommand(server.welcome()));
        const { body } = await peer.readFrame();
        // whatever came: it must not be boxed with the key that follows from zero
        expect(body.includes(Buffer.from(zeroKey()))).toBe(false);
      },
    ]);
    await using client = new zmtp.Dealer({
      security: clientSecurity("CURVE"),
      lingerMs: 0,
      monitor: (event) => log.add({ name: event.type, value: "fault" in event ? event.fault.code : 0 }),
    });
    client.connect(ambush.endpoint);
    expect((await log.next("handshake-failed", waitMs)).value).toBe("key-exchange");
  });
});
