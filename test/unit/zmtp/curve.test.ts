import { describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { concat } from "../../../src/zmtp/wire/bytes.ts";
import {
  clientKeys,
  converse,
  curveClient,
  curveServer,
  pass,
  Side,
  serverKeys,
  type Tamper,
} from "./engine-kit.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function talk(
  tamper?: Tamper,
  options: { readonly client?: Side; readonly server?: Side } = {},
): [Side, Side] {
  const client = options.client ?? new Side("DEALER", curveClient());
  const server = options.server ?? new Side("DEALER", curveServer());
  converse(client, server, tamper);
  return [client, server];
}

/** Turns of each side: 0 the greeting, then the client's HELLO (1), INITIATE (2), the server's WELCOME (1), READY (2). */
function flip(who: "a" | "b", turn: number, at: number, mask = 1): Tamper {
  return (from, sent, n) => {
    if (from === who && n === turn) {
      const index = at < 0 ? sent.length + at : at;
      sent[index] = (sent[index] as number) ^ mask;
    }
    return sent;
  };
}

describe("CURVE's handshake", () => {
  test("has the lengths and names of RFC 26 on the wire", () => {
    const client = new Side("DEALER", curveClient());
    const server = new Side("DEALER", curveServer());
    const sent = converse(client, server);
    const [, hello, initiate] = sent.a;
    const [, welcome, ready] = sent.b;
    expect([hello?.length, welcome?.length]).toEqual([202, 170]);
    expect(Buffer.from(hello?.slice(0, 10) ?? []).toString("latin1")).toBe("\x04\xc8\x05HELLO\x01\x00");
    expect(Buffer.from(welcome?.slice(0, 10) ?? []).toString("latin1")).toBe("\x04\xa8\x07WELCOME");
    expect(Buffer.from(initiate?.slice(9, 18) ?? []).toString("latin1")).toBe("\x08INITIATE");
    expect(Buffer.from(ready?.slice(2, 8) ?? []).toString("latin1")).toBe("\x05READY");
    client.engine.send([bytes("x")]);
    client.engine.flush();
    const message = client.take();
    // An ordinary frame: flags 0, the command's name, the nonce 3 (after HELLO and INITIATE), the box.
    expect(Buffer.from(message.slice(0, 18)).toString("latin1")).toBe("\0\x22\x07MESSAGE\0\0\0\0\0\0\0\x03");
    expect(message).toHaveLength(2 + 8 + 8 + 16 + 1 + 1);
  });

  test("tells the server the client's key and address, and both sides whom they met", () => {
    const asked: string[] = [];
    const server = new Side(
      "DEALER",
      curveServer(2, (key, address) => {
        asked.push(`${Buffer.from(key).toString("hex")} ${address}`);
        return true;
      }),
    );
    const [client] = talk(undefined, { server });
    expect(asked).toEqual([`${Buffer.from(clientKeys.publicKey).toString("hex")} 10.0.0.1:5555`]);
    expect(client.log).toEqual(["ready DEALER 3.1"]);
  });

  test("a client that is not let in gets ERROR 400", () => {
    const [client, server] = talk(undefined, {
      server: new Side(
        "DEALER",
        curveServer(2, () => false),
      ),
    });
    expect([client.code, server.code]).toEqual(["refused-by-peer", "refused-by-us"]);
    expect(client.fault?.message).toContain("400");
  });

  test("a client that expects another server is told so", () => {
    const other = nodeCrypto.keyAgreement.generateKeyPair();
    const [client, server] = talk(undefined, { client: new Side("DEALER", curveClient(1, other.publicKey)) });
    expect([client.code, server.code]).toEqual(["refused-by-peer", "wrong-server-key"]);
  });

  test("a server that only claims another's key is refused at its WELCOME", () => {
    const impostor = new Side("DEALER", {
      mechanism: "CURVE",
      role: "server",
      keys: nodeCrypto.keyAgreement.generateKeyPair(),
      crypto: nodeCrypto,
    });
    // It cannot open the HELLO; what it makes up instead cannot be opened either.
    const [client] = talk(
      (from, sent, turn) =>
        from === "b" && turn === 1
          ? concat(Uint8Array.of(4, 168), bytes("\x07WELCOME"), new Uint8Array(160))
          : sent,
      { server: impostor },
    );
    expect(client.code).toBe("wrong-server-key");
  });

  test.each<[string, number, string]>([
    ["its name", 3, "unexpected-command"],
    ["its version", 8, "malformed-hello"],
    ["its minor version", 9, "malformed-hello"],
    ["its padding's first octet", 10, "malformed-hello"],
    ["its padding's last octet", 81, "malformed-hello"],
    ["C'", 82, "wrong-server-key"],
    ["its nonce", 121, "nonce-not-increasing"],
    ["its signature's tag", 122, "wrong-server-key"],
    ["its signature", -1, "wrong-server-key"],
  ])("the server refuses a HELLO with a bit changed in %s", (_what, at, code) => {
    expect(talk(flip("a", 1, at))[1].code).toBe(code);
  });

  test("the server refuses a HELLO that is too short or too long", () => {
    const cut =
      (length: number): Tamper =>
      (from, sent, turn) => {
        if (from !== "a" || turn !== 1) return sent;
        const body = concat(sent.slice(2), new Uint8Array(8)).slice(0, length);
        return concat(Uint8Array.of(4, length), body);
      };
    for (const length of [6, 199, 201]) expect(talk(cut(length))[1].code).toBe("malformed-hello");
  });

  test("either side refuses a transient key of low order", () => {
    for (const key of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
      const [, server] = talk((from, sent, turn) => {
        if (from === "a" && turn === 1) sent.set(key, 82);
        return sent;
      });
      expect(server.code).toBe("key-exchange");
      const client = new Side("DEALER", curveClient(1, key));
      expect(talk(undefined, { client })[0].code).toBe("key-exchange");
    }
  });

  test.each<[string, number, string]>([
    ["its name", 10, "unexpected-command"],
    ["the cookie's nonce", 18, "cryptographic"],
    ["the cookie", 40, "cryptographic"],
    ["its nonce", 120, "cryptographic"],
    ["its box", 122, "cryptographic"],
    ["the metadata's end", -1, "cryptographic"],
  ])("the server refuses an INITIATE with a bit changed in %s", (_what, at, code) => {
    expect(talk(flip("a", 2, at, 2))[1].code).toBe(code);
  });

  test("the server refuses an INITIATE that is too short", () => {
    const [, server] = talk((from, sent, turn) =>
      from === "a" && turn === 2 ? concat(Uint8Array.of(4, 250), sent.slice(9, 259)) : sent,
    );
    expect(server.code).toBe("malformed-initiate");
  });

  test("the server refuses an INITIATE whose nonce does not increase", () => {
    const [, server] = talk((from, sent, turn) => {
      if (from === "a" && turn === 2) sent[121] = 1;
      return sent;
    });
    expect(server.code).toBe("nonce-not-increasing");
  });

  test("the server refuses another connection's INITIATE, so that nothing recorded can be replayed", () => {
    const client = new Side("DEALER", curveClient());
    const recorded = converse(client, new Side("DEALER", curveServer(2)));
    // The same server, later: its randomness goes on.
    const later = new Side("DEALER", curveServer(77));
    later.engine.start();
    for (const sent of recorded.a) later.engine.receive(sent.slice());
    expect(later.code).toBe("cryptographic");
  });

  test("the server refuses a vouch for other keys", () => {
    // A client that vouches, with its own permanent key, for a server that is not this one.
    const other = nodeCrypto.keyAgreement.generateKeyPair();
    const client = new Side("DEALER", {
      mechanism: "CURVE",
      role: "client",
      keys: clientKeys,
      serverKey: serverKeys.publicKey,
      crypto: {
        ...nodeCrypto,
        secretBox: {
          ...nodeCrypto.secretBox,
          name: "lying",
          boxKey: (shared) => nodeCrypto.secretBox.boxKey(shared),
          open: (key, nonce, boxed) => nodeCrypto.secretBox.open(key, nonce, boxed),
          traffic: (key, prefix) => nodeCrypto.secretBox.traffic(key, prefix),
          seal: (key, nonce, plain) => {
            const lie = Buffer.from(nonce).toString("latin1").startsWith("VOUCH---");
            return nodeCrypto.secretBox.seal(
              key,
              nonce,
              lie ? concat(plain.slice(0, 32), other.publicKey) : plain,
            );
          },
        },
      },
    });
    expect(talk(undefined, { client })[1].code).toBe("key-exchange");
  });

  test("the server refuses a client key that the client does not hold", () => {
    const thief = new Side("DEALER", {
      mechanism: "CURVE",
      role: "client",
      keys: {
        publicKey: clientKeys.publicKey,
        secretKey: nodeCrypto.keyAgreement.generateKeyPair().secretKey,
      },
      serverKey: serverKeys.publicKey,
      crypto: nodeCrypto,
    });
    expect(talk(undefined, { client: thief })[1].code).toBe("cryptographic");
  });

  test.each<[string, number, number, string]>([
    ["WELCOME's nonce", 1, 10, "wrong-server-key"],
    ["WELCOME's box", 1, -1, "wrong-server-key"],
    ["READY's nonce", 2, 15, "cryptographic"],
    ["READY's box", 2, -1, "cryptographic"],
  ])("the client refuses a bit changed in %s", (_what, turn, at, code) => {
    expect(talk(flip("b", turn, at, 2))[0].code).toBe(code);
  });

  test("the client refuses WELCOME and READY of wrong lengths, and what comes out of order", () => {
    const instead = (turn: number, frame: Uint8Array): string | undefined =>
      talk((from, sent, n) => (from === "b" && n === turn ? frame : sent))[0].code;
    const command = (name: string, length: number): Uint8Array =>
      concat(Uint8Array.of(4, 1 + name.length + length, name.length), bytes(name), new Uint8Array(length));
    expect(instead(1, command("WELCOME", 159))).toBe("malformed-welcome");
    expect(instead(1, command("WELCOME", 161))).toBe("malformed-welcome");
    expect(instead(1, command("READY", 100))).toBe("unexpected-command");
    expect(instead(1, command("HELLO", 194))).toBe("unexpected-command");
    expect(instead(2, command("WELCOME", 160))).toBe("unexpected-command");
    expect(instead(2, command("READY", 23))).toBe("malformed-ready");
    expect(instead(2, command("READY", 40))).toBe("nonce-not-increasing");
    expect(instead(2, Uint8Array.of(0, 1, 0x41))).toBe("unexpected-command");
  });

  test("the server takes no second HELLO, and nothing while the authenticator thinks", () => {
    const twice: Tamper = (from, sent, turn) => (from === "a" && turn === 1 ? concat(sent, sent) : sent);
    expect(talk(twice)[1].code).toBe("unexpected-command");
    const slow = new Side("DEALER", {
      mechanism: "CURVE",
      role: "server",
      keys: serverKeys,
      crypto: nodeCrypto,
      authenticate: () => new Promise(() => undefined),
    });
    const again: Tamper = (from, sent, turn) => (from === "a" && turn === 2 ? concat(sent, sent) : sent);
    expect(talk(again, { server: slow })[1].code).toBe("unexpected-command");
  });
});

describe("CURVE's traffic", () => {
  function up(): [Side, Side] {
    return talk();
  }
  function message(from: Side, text = "x"): Uint8Array {
    from.engine.send([bytes(text)]);
    from.engine.flush();
    return from.take();
  }

  test("refuses a message that comes twice, or out of order", () => {
    const [client, server] = up();
    const first = message(client);
    server.engine.receive(first.slice());
    server.engine.receive(first.slice());
    expect(server.log).toEqual(["ready DEALER 3.1", "message 78", "failed nonce-not-increasing"]);
    const [again, other] = up();
    const [one, two] = [message(again), message(again)];
    other.engine.receive(two);
    other.engine.receive(one);
    expect(other.code).toBe("nonce-not-increasing");
  });

  test("takes a message after a gap: only increasing nonces are asked for", () => {
    const [client, server] = up();
    message(client);
    server.engine.receive(message(client, "y"));
    expect(server.log.at(-1)).toBe("message 79");
  });

  test.each(Array.from({ length: 36 }, (_, at) => at))("refuses a message with a bit changed at %i", (at) => {
    const [client, server] = up();
    const frame = message(client);
    expect(frame).toHaveLength(36);
    frame[at] = (frame[at] as number) ^ 0x40;
    server.engine.receive(frame);
    // A larger size is not told from a frame that has not come whole, until the next one fills it up.
    server.engine.receive(message(client, "z".repeat(200)));
    expect(server.log.filter((line) => line.startsWith("message"))).toEqual([]);
    expect(server.fault).toBeDefined();
  });

  test("refuses its own messages sent back", () => {
    const [client] = up();
    client.engine.receive(message(client));
    expect(client.code).toBe("undecipherable");
  });

  test("refuses short messages, clear messages, and handshake commands after the handshake", () => {
    const told = (frame: Uint8Array): string | undefined => {
      const [client, server] = up();
      message(client);
      server.engine.receive(frame);
      return server.code;
    };
    expect(told(concat(Uint8Array.of(0, 32), bytes("\x07MESSAGE"), new Uint8Array(24)))).toBe(
      "malformed-message",
    );
    expect(told(Uint8Array.of(0, 5, 1, 2, 3, 4, 5))).toBe("unexpected-command");
    expect(told(Uint8Array.of(0, 0))).toBe("unexpected-command");
    expect(told(concat(Uint8Array.of(4, 6), bytes("\x05READY")))).toBe("unexpected-command");
    expect(told(concat(Uint8Array.of(1, 33), bytes("\x07MESSAGE"), new Uint8Array(25)))).toBe(
      "malformed-message",
    );
  });

  test("understands a peer that sends MESSAGE as a command frame, as the RFC's grammar has it", () => {
    const [client, server] = up();
    const frame = message(client);
    frame[0] = 4;
    server.engine.receive(frame);
    expect(server.log.at(-1)).toBe("message 78");
  });

  test("leaves the sender's bytes as they are", () => {
    const [client, server] = up();
    const content = bytes("mine");
    client.engine.send([content, content]);
    pass(client, server);
    expect(new TextDecoder().decode(content)).toBe("mine");
    expect(server.log.at(-1)).toBe("message 6d696e65|6d696e65");
  });
});
