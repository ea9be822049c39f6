import { describe, expect, it } from "vitest";
import * as zmtp from "../../../src/adapters/zmtp.ts";
import { asCommand, CurveClient, keys, message, zeroKey } from "../kit/curve-tools.ts";
import { command, frame, greeting, metadata, octets, part, type RawPeer } from "../kit/raw-peer.ts";
import { Fort } from "./fort.ts";

const dealer = metadata({ "Socket-Type": "DEALER", Identity: "" });

/** Greets, says HELLO, and takes the server's WELCOME. */
async function welcomed(fort: Fort, peer: RawPeer, permanent = fort.client): Promise<CurveClient> {
  const client = new CurveClient(fort.keys.publicKey, permanent);
  peer.write(greeting("CURVE"));
  await peer.read(64);
  peer.write(asCommand(client.hello()));
  client.welcomed(await peer.readCommand("WELCOME"));
  return client;
}

/** The whole handshake. */
async function established(fort: Fort, peer: RawPeer): Promise<CurveClient> {
  const client = await welcomed(fort, peer);
  peer.write(asCommand(client.initiate(dealer)));
  await peer.readCommand("READY");
  return client;
}

function spoilt(body: Buffer, at: number): Buffer {
  body[at] = (body[at] ?? 0) ^ 0x55;
  return body;
}

interface Attack {
  /** The case of libzmq's tests/test_security_curve.cpp, or what ours is beyond them. */
  readonly name: string;
  readonly code: zmtp.FaultCode;
  run(fort: Fort, peer: RawPeer): Promise<void>;
}

const greetAnd =
  (make: (client: CurveClient) => Buffer): Attack["run"] =>
  async (fort, peer) => {
    peer.write(greeting("CURVE"));
    await peer.read(64);
    peer.write(make(new CurveClient(fort.keys.publicKey, fort.client)));
  };

const initiateWith =
  (make: (client: CurveClient, fort: Fort) => Buffer): Attack["run"] =>
  async (fort, peer) => {
    const client = await welcomed(fort, peer);
    peer.write(make(client, fort));
  };

const handshakes: readonly Attack[] = [
  {
    name: "test_null_server_key",
    code: "wrong-server-key",
    run: greetAnd((client) => asCommand(client.hello(1, zeroKey()))),
  },
  {
    name: "test_null_client_public_key",
    code: "key-exchange",
    run: initiateWith((client) => asCommand(client.initiate(dealer, { publicKey: new Uint8Array(32) }))),
  },
  {
    name: "test_null_client_secret_key",
    code: "cryptographic",
    run: initiateWith((client) => asCommand(client.initiate(dealer, { vouchKey: zeroKey() }))),
  },
  {
    name: "test_curve_security_with_bogus_client_credentials",
    code: "refused-by-us",
    run: async (fort, peer) => {
      const client = await welcomed(fort, peer, keys());
      peer.write(asCommand(client.initiate(dealer)));
      expect((await peer.readCommand("ERROR")).toString("latin1", 1)).toBe("400");
    },
  },
  {
    name: "test_curve_security_with_null_client_credentials",
    code: "mechanism-mismatch",
    run: async (_fort, peer) => peer.write(greeting("NULL")),
  },
  {
    name: "test_curve_security_with_plain_client_credentials",
    code: "mechanism-mismatch",
    run: async (_fort, peer) => peer.write(greeting("PLAIN")),
  },
  {
    name: "test_curve_security_unauthenticated_message",
    code: "version-unsupported",
    run: async (_fort, peer) => peer.write(octets("\x01\x00"), octets("\x08\x00sneaky\0")),
  },
  {
    name: "test_curve_security_invalid_hello_wrong_length",
    code: "malformed-hello",
    run: greetAnd(() => command("HELLO")),
  },
  {
    name: "test_curve_security_invalid_hello_command_name",
    code: "unexpected-command",
    run: greetAnd((client) => {
      const body = client.hello();
      body[5] = 0x58;
      return asCommand(body);
    }),
  },
  {
    name: "test_curve_security_invalid_hello_version",
    code: "malformed-hello",
    run: greetAnd((client) => {
      const body = client.hello();
      body[6] = 2;
      return asCommand(body);
    }),
  },
  {
    name: "test_curve_security_invalid_initiate_wrong_length",
    code: "malformed-initiate",
    run: initiateWith(() => command("INITIATE")),
  },
  {
    name: "test_curve_security_invalid_initiate_command_name",
    code: "unexpected-command",
    run: initiateWith((client) => {
      const body = client.initiate(Buffer.alloc(0));
      body[5] = 0x58;
      return asCommand(body);
    }),
  },
  {
    name: "test_curve_security_invalid_initiate_command_encrypted_cookie",
    code: "cryptographic",
    run: initiateWith((client) => asCommand(spoilt(client.initiate(Buffer.alloc(0)), 30))),
  },
  {
    name: "test_curve_security_invalid_initiate_command_encrypted_content",
    code: "cryptographic",
    run: initiateWith((client) => asCommand(spoilt(client.initiate(Buffer.alloc(0)), 150))),
  },
  {
    name: "beyond: HELLO's box is garbage",
    code: "wrong-server-key",
    run: greetAnd((client) => asCommand(spoilt(client.hello(), 150))),
  },
  {
    name: "beyond: HELLO's transient key is of low order",
    code: "key-exchange",
    run: greetAnd((client) => asCommand(Buffer.from(client.hello().fill(0, 80, 112)))),
  },
  {
    name: "beyond: a message before HELLO",
    code: "unexpected-command",
    run: greetAnd(() => part(octets("sneaky"))),
  },
  {
    name: "beyond: READY instead of HELLO",
    code: "unexpected-command",
    run: greetAnd(() => command("READY", dealer)),
  },
  {
    name: "beyond: a handshake command of 1 GiB, announced",
    code: "message-too-large",
    run: greetAnd(() => Buffer.from("06000000004000000005", "hex")),
  },
  {
    name: "beyond: a reserved flag is set",
    code: "malformed-frame",
    run: greetAnd((client) => frame(0x84, client.hello())),
  },
  {
    name: "beyond: INITIATE with the cookie of another connection",
    code: "cryptographic",
    run: async (fort, peer) => {
      const other = await fort.dial();
      const { cookie } = await welcomed(fort, other);
      other.close();
      await fort.failed();
      const client = await welcomed(fort, peer);
      peer.write(asCommand(client.initiate(dealer, { cookie })));
    },
  },
  {
    name: "beyond: a vouch for another transient key",
    code: "key-exchange",
    run: initiateWith((client) => asCommand(client.initiate(dealer, { vouchFor: keys().publicKey }))),
  },
  {
    name: "beyond: a vouch for another server",
    code: "key-exchange",
    run: initiateWith((client) => asCommand(client.initiate(dealer, { vouchServer: keys().publicKey }))),
  },
  {
    name: "beyond: somebody else's public key without its secret",
    code: "cryptographic",
    run: initiateWith((client) => {
      const stolen = new CurveClient(new Uint8Array(32), keys());
      return asCommand(client.initiate(dealer, { publicKey: stolen.permanent.publicKey }));
    }),
  },
  {
    name: "beyond: INITIATE's nonce does not increase",
    code: "nonce-not-increasing",
    run: initiateWith((client) => asCommand(client.initiate(dealer, { counter: 1 }))),
  },
  {
    name: "beyond: metadata whose sizes do not add up",
    code: "invalid-metadata",
    run: initiateWith((client) => asCommand(client.initiate(Buffer.concat([dealer, Buffer.of(200, 1, 2)])))),
  },
  {
    name: "beyond: no socket type",
    code: "invalid-metadata",
    run: initiateWith((client) => asCommand(client.initiate(Buffer.alloc(0)))),
  },
  {
    name: "beyond: an incompatible socket type",
    code: "socket-type-mismatch",
    run: initiateWith((client) => asCommand(client.initiate(metadata({ "Socket-Type": "SUB" })))),
  },
];

const traffic: readonly Attack[] = [
  {
    name: "a MESSAGE's nonce repeats",
    code: "nonce-not-increasing",
    run: async (fort, peer) => {
      const client = await established(fort, peer);
      const body = message(client.sessionKey, "C", 3, 0, octets("once"));
      peer.write(part(body), part(body));
      const [frame] = await fort.socket.receive({ signal: AbortSignal.timeout(5_000) });
      expect(Buffer.from(frame ?? []).toString()).toBe("once");
    },
  },
  {
    name: "a MESSAGE's box is garbage",
    code: "undecipherable",
    run: async (fort, peer) => {
      const client = await established(fort, peer);
      peer.write(part(spoilt(message(client.sessionKey, "C", 3, 0, octets("spoilt")), 30)));
    },
  },
  {
    name: "a MESSAGE is reflected to its sender",
    code: "undecipherable",
    run: async (fort, peer) => {
      const client = await established(fort, peer);
      peer.write(part(message(client.sessionKey, "S", 3, 0, octets("as if by the server"))));
    },
  },
  {
    name: "a MESSAGE is too short for a box",
    code: "malformed-message",
    run: async (fort, peer) => {
      await established(fort, peer);
      peer.write(part(octets("\x07MESSAGE1234567")));
    },
  },
  {
    name: "a message in clear",
    code: "unexpected-command",
    run: async (fort, peer) => {
      await established(fort, peer);
      peer.write(part(octets("in clear, and long enough to be taken for a box with a nonce and all of it")));
    },
  },
];

async function refused({ run, code }: Attack, event: "handshake-failed" | "disconnected"): Promise<Fort> {
  const fort = await Fort.build("CURVE");
  const peer = await fort.dial();
  await run(fort, peer);
  expect((await fort.log.next(event, 5_000)).value).toBe(code);
  await peer.closed();
  peer.close();
  await fort.bounce();
  return fort;
}

describe("a CURVE server", () => {
  it("test_curve_security_with_valid_credentials: serves, and reports one connection and no failure", async () => {
    await using fort = await Fort.build("CURVE");
    await fort.bounce();
    expect(fort.log.all.map(({ name }) => name).filter((name) => name !== "disconnected")).toEqual([
      "listening",
      "accepted",
      "connected",
    ]);
    expect(fort.asked).toHaveLength(1);
    expect(fort.asked[0]).toMatchObject({ mechanism: "CURVE", publicKey: fort.client.publicKey });
  });

  it.for(handshakes.map((attack) => ({ ...attack })))("refuses $name: $code", async (attack) => {
    await using fort = await refused(attack, "handshake-failed");
    const wrong = fort.asked.filter(
      (request) =>
        request.mechanism === "CURVE" && Buffer.from(request.publicKey).equals(fort.client.publicKey),
    );
    // the authenticator is asked for who has proven a key, and for nobody else
    const beyondProof = ["invalid-metadata", "socket-type-mismatch"].includes(attack.code);
    if (!beyondProof) expect(wrong).toHaveLength(1);
    if (attack.code !== "refused-by-us" && !beyondProof) expect(fort.asked).toHaveLength(1);
  });

  it.for(traffic.map((attack) => ({ ...attack })))("disconnects when $name: $code", async (attack) => {
    await using _fort = await refused(attack, "disconnected");
  });

  it("test_curve_security_with_valid_credentials (large routing id): takes an identity of 255 octets", async () => {
    const server = keys();
    const client = keys();
    await using router = new zmtp.Router({
      security: { mechanism: "CURVE", role: "server", secretKey: server.secretKey },
    });
    const identity = "0123456789".repeat(26).slice(0, 255);
    const { secretKey } = client;
    await using dealer = new zmtp.Dealer({
      identity,
      security: { mechanism: "CURVE", role: "client", serverKey: server.publicKey, secretKey },
    });
    dealer.connect(await router.bind("tcp://127.0.0.1:*"));
    await dealer.send("hello");
    const [from, body] = await router.receive({ signal: AbortSignal.timeout(5_000) });
    expect(new TextDecoder().decode(from)).toBe(identity);
    expect(new TextDecoder().decode(body)).toBe("hello");
    expect(() => new zmtp.Dealer({ identity: `${identity}x` })).toThrow(RangeError);
  });

  it("test_curve_security_invalid_keysize: a key of another length is refused by its option's name", () => {
    const key = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
    for (const wrong of [key.slice(1), `${key}0`, "", new Uint8Array(31), new Uint8Array(33)]) {
      const client = { mechanism: "CURVE", role: "client" } as const;
      expect(() => new zmtp.Dealer({ security: { ...client, serverKey: wrong } })).toThrow(/serverKey/);
      expect(() => new zmtp.Dealer({ security: { ...client, serverKey: key, secretKey: wrong } })).toThrow(
        /secretKey/,
      );
      expect(
        () => new zmtp.Dealer({ security: { mechanism: "CURVE", role: "server", secretKey: wrong } }),
      ).toThrow(/secretKey/);
    }
  });
});
