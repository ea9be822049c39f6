import { describe, expect, it } from "vitest";
import * as zmtp from "../../../src/adapters/zmtp.ts";
import { command, frame, greeting, metadata, octets, part, type RawPeer, ready } from "../kit/raw-peer.ts";
import { Fort } from "./fort.ts";

interface Attack {
  /** The case of libzmq's tests, or what ours is beyond them. */
  readonly name: string;
  readonly mechanism: "NULL" | "PLAIN";
  readonly code: zmtp.FaultCode;
  /** Which event says so. @default "handshake-failed" */
  readonly event?: "disconnected";
  readonly run: (peer: RawPeer) => Promise<void>;
}

const vanilla = async (peer: RawPeer): Promise<void> => {
  peer.write(octets("\x01\x00"), octets("\x08\x00sneaky\0"));
};

/** PLAIN's HELLO: two texts with a length of one octet each. */
const hello = (username: string, password: string): Buffer =>
  command(
    "HELLO",
    Buffer.concat([
      Buffer.of(username.length),
      octets(username),
      Buffer.of(password.length),
      octets(password),
    ]),
  );

const greeted =
  (mechanism: string, ...rest: readonly Uint8Array[]): Attack["run"] =>
  async (peer) => {
    peer.write(greeting(mechanism));
    await peer.read(64);
    peer.write(...rest);
  };

const plainWelcomed =
  (...rest: readonly Uint8Array[]): Attack["run"] =>
  async (peer) => {
    await greeted("PLAIN", hello("admin", "password"))(peer);
    await peer.readCommand("WELCOME");
    peer.write(...rest);
  };

const nullReady =
  (...rest: readonly Uint8Array[]): Attack["run"] =>
  async (peer) => {
    await greeted("NULL", ready("DEALER"))(peer);
    await peer.readCommand("READY");
    peer.write(...rest);
  };

const attacks: readonly Attack[] = [
  { name: "test_vanilla_socket", mechanism: "NULL", code: "version-unsupported", run: vanilla },
  { name: "test_plain_vanilla_socket", mechanism: "PLAIN", code: "version-unsupported", run: vanilla },
  {
    name: "test_plain_client_as_server_fails, by the greeting's as-server field",
    mechanism: "PLAIN",
    code: "role-mismatch",
    run: async (peer) => peer.write(greeting("PLAIN", [3, 1], true)),
  },
  {
    name: "test_plain_client_as_server_fails, by a WELCOME nobody asked for",
    mechanism: "PLAIN",
    code: "unexpected-command",
    run: greeted("PLAIN", command("WELCOME")),
  },
  {
    name: "test_plain_wrong_credentials_fails",
    mechanism: "PLAIN",
    code: "refused-by-us",
    run: async (peer) => {
      await greeted("PLAIN", hello("wronguser", "wrongpass"))(peer);
      expect((await peer.readCommand("ERROR")).toString("latin1", 1)).toBe("400");
    },
  },
  {
    name: "beyond: the right user with an empty password",
    mechanism: "PLAIN",
    code: "refused-by-us",
    run: greeted("PLAIN", hello("admin", "")),
  },
  {
    name: "beyond: HELLO without a password",
    mechanism: "PLAIN",
    code: "malformed-hello",
    run: greeted("PLAIN", command("HELLO", octets("\x05admin"))),
  },
  {
    name: "beyond: HELLO whose password is longer than the command",
    mechanism: "PLAIN",
    code: "malformed-hello",
    run: greeted("PLAIN", command("HELLO", octets("\x05admin\xffpassword"))),
  },
  {
    name: "beyond: HELLO with more behind the password",
    mechanism: "PLAIN",
    code: "malformed-hello",
    run: greeted("PLAIN", command("HELLO", octets("\x05admin\x08password!"))),
  },
  {
    name: "beyond: INITIATE before HELLO",
    mechanism: "PLAIN",
    code: "unexpected-command",
    run: greeted("PLAIN", command("INITIATE", metadata({ "Socket-Type": "DEALER" }))),
  },
  {
    name: "beyond: INITIATE with broken metadata",
    mechanism: "PLAIN",
    code: "invalid-metadata",
    run: plainWelcomed(command("INITIATE", octets("\x0bSocket-Type\0\0\0\xffDEALER"))),
  },
  {
    name: "beyond: an incompatible socket type",
    mechanism: "PLAIN",
    code: "socket-type-mismatch",
    run: plainWelcomed(command("INITIATE", metadata({ "Socket-Type": "PUB" }))),
  },
  {
    name: "beyond: a message instead of INITIATE",
    mechanism: "PLAIN",
    code: "unexpected-command",
    run: plainWelcomed(part(octets("sneaky"))),
  },
  {
    name: "beyond: ZMTP 2.0",
    mechanism: "NULL",
    code: "version-unsupported",
    run: async (peer) => peer.write(greeting("", [1, 0]).subarray(0, 12)),
  },
  {
    name: "beyond: HTTP",
    mechanism: "NULL",
    code: "not-zmtp",
    run: async (peer) => peer.write(octets("GET / HTTP/1.1\r\nHost: example\r\n\r\n")),
  },
  {
    name: "beyond: an unknown mechanism",
    mechanism: "NULL",
    code: "mechanism-mismatch",
    run: async (peer) => peer.write(greeting("GSSAPI")),
  },
  {
    name: "beyond: a message before READY",
    mechanism: "NULL",
    code: "unexpected-command",
    run: greeted("NULL", part(octets("sneaky"))),
  },
  {
    name: "beyond: READY with a property that reaches beyond it",
    mechanism: "NULL",
    code: "invalid-metadata",
    run: greeted("NULL", command("READY", octets("\x0bSocket-Type\x7f\xff\xff\xffDEALER"))),
  },
  {
    name: "beyond: READY with a property without a name",
    mechanism: "NULL",
    code: "invalid-metadata",
    run: greeted("NULL", command("READY", octets("\0\0\0\0\x06DEALER"))),
  },
  {
    name: "beyond: READY without a socket type",
    mechanism: "NULL",
    code: "invalid-metadata",
    run: greeted("NULL", command("READY")),
  },
  {
    name: "beyond: READY of an incompatible socket type",
    mechanism: "NULL",
    code: "socket-type-mismatch",
    run: greeted("NULL", ready("PULL")),
  },
  {
    name: "beyond: a command whose name is longer than the command",
    mechanism: "NULL",
    code: "malformed-command",
    event: "disconnected",
    run: nullReady(frame(4, octets("\xffPING"))),
  },
  {
    name: "beyond: an empty command",
    mechanism: "NULL",
    code: "malformed-command",
    event: "disconnected",
    run: nullReady(frame(4, Buffer.alloc(0))),
  },
  {
    name: "beyond: a PING without a TTL",
    mechanism: "NULL",
    code: "malformed-command",
    event: "disconnected",
    run: nullReady(command("PING", Buffer.of(0))),
  },
  {
    name: "beyond: a frame of 2^63 octets, announced",
    mechanism: "NULL",
    code: "message-too-large",
    event: "disconnected",
    run: nullReady(Buffer.from("028000000000000000", "hex")),
  },
  {
    name: "beyond: a frame larger than messages may be, announced",
    mechanism: "NULL",
    code: "message-too-large",
    event: "disconnected",
    run: nullReady(Buffer.from("020000000100000000", "hex")),
  },
  {
    name: "beyond: a message of frames without end",
    mechanism: "NULL",
    code: "too-many-frames",
    event: "disconnected",
    run: nullReady(Buffer.concat(Array.from({ length: 9_000 }, () => part(Buffer.alloc(0), true)))),
  },
  {
    name: "beyond: a command between the parts of a message that is more",
    mechanism: "NULL",
    code: "malformed-frame",
    event: "disconnected",
    run: nullReady(frame(5, octets("\x04PING\0\0"))),
  },
];

describe("a NULL and a PLAIN server", () => {
  it.for(attacks.map((attack) => ({ ...attack })))(
    "$mechanism: refuses $name: $code",
    async ({ mechanism, run, code, event = "handshake-failed" }) => {
      await using fort = await Fort.build(mechanism);
      const peer = await fort.dial();
      await run(peer);
      expect((await fort.log.next(event, 5_000)).value).toBe(code);
      await peer.closed();
      peer.close();
      await fort.bounce();
    },
  );

  it("test_no_domain, test_success, test_plain_success: serves a good client", async () => {
    for (const mechanism of ["NULL", "PLAIN"] as const) {
      await using fort = await Fort.build(mechanism);
      await fort.bounce();
      expect(fort.asked).toHaveLength(1);
    }
    await using open = new zmtp.Dealer();
    await using client = new zmtp.Dealer();
    client.connect(await open.bind("tcp://127.0.0.1:*"));
    await client.send("no authenticator");
    expect(await open.receive({ signal: AbortSignal.timeout(5_000) })).toHaveLength(1);
  });

  it("test_wrong_domain_fails: a NULL client that the authenticator refuses gets nothing through", async () => {
    const events: string[] = [];
    await using server = new zmtp.Dealer({
      security: { mechanism: "NULL", authenticate: () => false },
      monitor: (event) => events.push("fault" in event ? `${event.type} ${event.fault.code}` : event.type),
    });
    await using client = new zmtp.Dealer({ lingerMs: 0 });
    const abandoned = new Promise<zmtp.SocketEvent>((resolve) => {
      client.monitor((event) => {
        if (event.type === "abandoned") resolve(event);
      });
    });
    client.connect(await server.bind("tcp://127.0.0.1:*"));
    await client.send("sneaky");
    expect(await abandoned).toMatchObject({ fault: { code: "refused-by-peer" } });
    expect(events).toContain("handshake-failed refused-by-us");
    expect(events).not.toContain("connected");
    await expect(server.receive({ signal: AbortSignal.timeout(50) })).rejects.toThrow();
  });
});
