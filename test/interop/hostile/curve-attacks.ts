import type * as zmtp from "../../../src/adapters/zmtp.ts";
import { asCommand, CurveClient, type Keys, keys, message, zeroKey } from "../kit/curve-tools.ts";
import { command, frame, greeting, metadata, octets, part, type RawPeer } from "../kit/raw-peer.ts";

// What libzmq's tests/test_security_curve.cpp does to a CURVE server, and more, for any server.

/** A CURVE server as its attackers see it. */
export interface Besieged {
  readonly keys: { readonly publicKey: Uint8Array };
  /** Keys that it admits. */
  readonly client: Keys;
  /** The type of a socket that fits it. */
  readonly peerType: string;
  dial(): Promise<RawPeer>;
  /** Resolves when it has noticed that a connection failed; not necessarily waited for. */
  failed(): Promise<unknown>;
  /** Resolves when it has received this text. */
  hears(text: string): Promise<void>;
}

const propertiesOf = (fort: Besieged): Buffer => metadata({ "Socket-Type": fort.peerType, Identity: "" });

/** Greets, says HELLO, and takes the server's WELCOME. */
async function welcomed(fort: Besieged, peer: RawPeer, permanent: Keys = fort.client): Promise<CurveClient> {
  const client = new CurveClient(fort.keys.publicKey, permanent);
  peer.write(greeting("CURVE"));
  await peer.read(64);
  peer.write(asCommand(client.hello()));
  client.welcomed(await peer.readCommand("WELCOME"));
  return client;
}

/** The whole handshake. */
async function established(fort: Besieged, peer: RawPeer): Promise<CurveClient> {
  const client = await welcomed(fort, peer);
  peer.write(asCommand(client.initiate(propertiesOf(fort))));
  await peer.readCommand("READY");
  return client;
}

function spoilt(body: Buffer, at: number): Buffer {
  body[at] = (body[at] ?? 0) ^ 0x55;
  return body;
}

/** One way to misbehave, and what it is refused as. */
export interface Attack {
  /** The case of libzmq's tests/test_security_curve.cpp, or what ours is beyond them. */
  readonly name: string;
  readonly code: zmtp.FaultCode;
  run(fort: Besieged, peer: RawPeer): Promise<void>;
}

const greetAnd =
  (make: (client: CurveClient) => Buffer): Attack["run"] =>
  async (fort, peer) => {
    peer.write(greeting("CURVE"));
    await peer.read(64);
    peer.write(make(new CurveClient(fort.keys.publicKey, fort.client)));
  };

const initiateWith =
  (make: (client: CurveClient, own: Buffer) => Buffer): Attack["run"] =>
  async (fort, peer) => {
    const client = await welcomed(fort, peer);
    peer.write(make(client, propertiesOf(fort)));
  };

/** What is refused before the handshake is done. */
export const handshakes: readonly Attack[] = [
  {
    name: "test_null_server_key",
    code: "wrong-server-key",
    run: greetAnd((client) => asCommand(client.hello(1, zeroKey()))),
  },
  {
    name: "test_null_client_public_key",
    code: "key-exchange",
    run: initiateWith((client, own) => asCommand(client.initiate(own, { publicKey: new Uint8Array(32) }))),
  },
  {
    name: "test_null_client_secret_key",
    code: "cryptographic",
    run: initiateWith((client, own) => asCommand(client.initiate(own, { vouchKey: zeroKey() }))),
  },
  {
    name: "test_curve_security_with_bogus_client_credentials",
    code: "refused-by-us",
    run: async (fort, peer) => {
      const client = await welcomed(fort, peer, keys());
      peer.write(asCommand(client.initiate(propertiesOf(fort))));
      const status = (await peer.readCommand("ERROR")).toString("latin1", 1);
      if (status !== "400") throw new Error(`ERROR says: ${status}`);
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
    run: greetAnd(() => command("READY", metadata({ "Socket-Type": "DEALER", Identity: "" }))),
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
      peer.write(asCommand(client.initiate(propertiesOf(fort), { cookie })));
    },
  },
  {
    name: "beyond: a vouch for another transient key",
    code: "key-exchange",
    run: initiateWith((client, own) => asCommand(client.initiate(own, { vouchFor: keys().publicKey }))),
  },
  {
    name: "beyond: a vouch for another server",
    code: "key-exchange",
    run: initiateWith((client, own) => asCommand(client.initiate(own, { vouchServer: keys().publicKey }))),
  },
  {
    name: "beyond: somebody else's public key without its secret",
    code: "cryptographic",
    run: initiateWith((client, own) => {
      const stolen = new CurveClient(new Uint8Array(32), keys());
      return asCommand(client.initiate(own, { publicKey: stolen.permanent.publicKey }));
    }),
  },
  {
    name: "beyond: INITIATE's nonce does not increase",
    code: "nonce-not-increasing",
    run: initiateWith((client, own) => asCommand(client.initiate(own, { counter: 1 }))),
  },
  {
    name: "beyond: metadata whose sizes do not add up",
    code: "invalid-metadata",
    run: initiateWith((client, own) =>
      asCommand(client.initiate(Buffer.concat([own, Buffer.of(200, 1, 2)]))),
    ),
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

/** What ends a connection behind its handshake. */
export const traffic: readonly Attack[] = [
  {
    name: "a MESSAGE's nonce repeats",
    code: "nonce-not-increasing",
    run: async (fort, peer) => {
      const client = await established(fort, peer);
      const body = message(client.sessionKey, "C", 3, 0, octets("once"));
      peer.write(part(body), part(body));
      await fort.hears("once");
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
