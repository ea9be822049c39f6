import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Security } from "../../../src/zmtp/mechanism/mechanism.ts";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import { concat } from "../../../src/zmtp/wire/bytes.ts";
import { encodeGreeting } from "../../../src/zmtp/wire/greeting.ts";
import { commandFrame, converse, curveClient, curveServer, pass, Side } from "./engine-kit.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const plainServer: Security = {
  mechanism: "PLAIN",
  role: "server",
  authenticate: (request) => request.mechanism === "PLAIN" && request.password === "secret",
};
const plainClient: Security = { mechanism: "PLAIN", role: "client", username: "me", password: "secret" };

/** Both securities of each mechanism, made anew for each side. */
const mechanisms: readonly [string, () => Security, () => Security][] = [
  ["NULL", () => ({ mechanism: "NULL" }), () => ({ mechanism: "NULL" })],
  ["PLAIN", () => plainClient, () => plainServer],
  ["CURVE", () => curveClient(), () => curveServer(2, () => true)],
];

const words = [
  [bytes("one")],
  [bytes("a"), new Uint8Array(0), bytes("c".repeat(300))],
  [new Uint8Array(255)],
];

function dealer(security: Security): Side {
  const side = new Side("DEALER", security);
  side.greetings = words;
  return side;
}

describe.each(mechanisms)("Engine with %s", (_name, clientSecurity, serverSecurity) => {
  test("shakes hands and carries messages both ways", () => {
    const [a, b] = [dealer(clientSecurity()), dealer(serverSecurity())];
    converse(a, b);
    expect(a.log).toEqual(b.log);
    expect(a.log).toHaveLength(4);
    expect(a.log[0]).toBe("ready DEALER 3.1");
    expect(a.log[1]).toBe(`message ${Buffer.from("one").toString("hex")}`);
  });

  test.each(["client", "server"])(
    "hears the same from the session's bytes, split at every offset (%s)",
    (listener) => {
      const make = (): [Side, Side] => [dealer(clientSecurity()), dealer(serverSecurity())];
      const [a, b] = make();
      const sent = converse(a, b);
      const toServer = listener === "server";
      const stream = concat(...(toServer ? sent.a : sent.b));
      const answers = concat(...(toServer ? sent.b : sent.a));
      const wanted = (toServer ? b : a).log;
      for (let split = 0; split <= stream.length; split++) {
        const fresh = make()[toServer ? 1 : 0];
        fresh.engine.start();
        fresh.engine.receive(stream.slice(0, split));
        fresh.engine.receive(stream.slice(split));
        fresh.engine.flush();
        if (fresh.log.join() !== wanted.join()) expect(fresh.log, `split at ${split}`).toEqual(wanted);
        if (!Buffer.from(fresh.take()).equals(answers))
          expect.fail(`split at ${split}: other bytes are put out`);
      }
      const drop = make()[toServer ? 1 : 0];
      drop.engine.start();
      for (const octet of stream) drop.engine.receive(Uint8Array.of(octet));
      expect(drop.log).toEqual(wanted);
    },
  );

  test("takes any cutting of the session", () => {
    const [a, b] = [dealer(clientSecurity()), dealer(serverSecurity())];
    const stream = concat(...converse(a, b).a);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const fresh = dealer(serverSecurity());
        fresh.engine.start();
        let from = 0;
        for (const to of [...cuts.sort((x, y) => x - y), stream.length]) {
          fresh.engine.receive(stream.slice(from, to));
          from = to;
        }
        expect(fresh.log).toEqual(b.log);
      }),
      { numRuns: 40 },
    );
  });

  test("answers any garbage after any part of a session with a fault, never by throwing", () => {
    const [a, b] = [dealer(clientSecurity()), dealer(serverSecurity())];
    const stream = concat(...converse(a, b).a);
    fc.assert(
      fc.property(fc.nat(stream.length), fc.uint8Array({ minLength: 1, maxLength: 400 }), (keep, garbage) => {
        const fresh = dealer(serverSecurity());
        fresh.engine.start();
        fresh.engine.receive(stream.slice(0, keep));
        fresh.engine.receive(garbage.slice());
        const { length } = fresh.log;
        const failed = fresh.fault !== undefined;
        fresh.engine.receive(garbage.slice());
        if (failed) expect(fresh.log).toHaveLength(length);
      }),
      { numRuns: 150 },
    );
  });

  test("carries subscriptions as commands to 3.1, as messages to 3.0, and no PING to 3.0", () => {
    const [sub, pub] = [new Side("SUB", clientSecurity()), new Side("PUB", serverSecurity())];
    converse(sub, pub);
    sub.engine.sendSubscription(true, bytes("A"));
    sub.engine.sendSubscription(false, bytes("A"));
    expect(sub.engine.sendPing(2_000)).toBe(true);
    pass(sub, pub);
    expect(pub.log).toEqual(["ready SUB 3.1", "subscribe A", "cancel A", "ping 2000 "]);
    const [oldSub, oldPub] = [new Side("SUB", clientSecurity()), new Side("PUB", serverSecurity())];
    converse(oldSub, oldPub, (_from, greeting, turn) => {
      if (turn === 0) greeting[11] = 0;
      return greeting;
    });
    oldSub.engine.sendSubscription(true, bytes("A"));
    expect(oldSub.engine.sendPing(2_000)).toBe(false);
    pass(oldSub, oldPub);
    expect(oldPub.log).toEqual(["ready SUB 3.0", "message 0141"]);
  });

  test("refuses a peer of a type that it cannot talk to", () => {
    const [a, b] = [new Side("PUSH", clientSecurity()), new Side("SUB", serverSecurity())];
    converse(a, b);
    expect(b.code).toBe("socket-type-mismatch");
  });

  test("refuses oversized messages by their header, and too many frames", () => {
    const talk = (): [Side, Side] => {
      const pair: [Side, Side] = [new Side("PAIR", clientSecurity()), new Side("PAIR", serverSecurity())];
      converse(...pair);
      return pair;
    };
    const [big, refuser] = talk();
    big.engine.send([new Uint8Array(100_001)]);
    big.engine.flush();
    refuser.engine.receive(big.take().slice(0, 60));
    expect(refuser.code).toBe("message-too-large");
    const [parts, alsoRefuser] = talk();
    parts.engine.send([new Uint8Array(60_000), new Uint8Array(60_000)]);
    pass(parts, alsoRefuser);
    expect(alsoRefuser.code).toBe("message-too-large");
    const [exact, taker] = talk();
    exact.engine.send([new Uint8Array(60_000), new Uint8Array(40_000)]);
    exact.engine.send([new Uint8Array(100_000)]);
    exact.engine.send(Array.from({ length: 8 }, () => new Uint8Array(1)));
    pass(exact, taker);
    expect(taker.log).toHaveLength(4);
    exact.engine.send(Array.from({ length: 9 }, () => new Uint8Array(0)));
    pass(exact, taker);
    expect(taker.code).toBe("too-many-frames");
  });
});

describe("Engine's greeting", () => {
  const refused = (greeting: Uint8Array, security: Security = { mechanism: "NULL" }): string | undefined => {
    const side = new Side("PAIR", security);
    side.engine.start();
    side.engine.receive(greeting);
    return side.code;
  };
  const changed = (at: number, value: number): Uint8Array => {
    const greeting = encodeGreeting("NULL", false);
    greeting[at] = value;
    return greeting;
  };

  test.each([
    ["a peer that speaks something else", bytes("GET / HTTP/1.1\r\n"), "not-zmtp"],
    ["its first two octets alone", Uint8Array.of(0x47, 0x45), "not-zmtp"],
    ["ZMTP 1.0 with a short identity", Uint8Array.of(1, 0), "version-unsupported"],
    ["ZMTP 1.0 with a long identity", Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0), "version-unsupported"],
    ["ZMTP 2.0", changed(10, 1), "version-unsupported"],
    ["another mechanism", encodeGreeting("PLAIN", false), "mechanism-mismatch"],
    ["a mechanism unknown to all", encodeGreeting("GSSAPI", false), "mechanism-mismatch"],
    ["a mechanism's name with something behind it", changed(20, 0x41), "not-zmtp"],
  ])("refuses %s", (_what, greeting, code) => {
    expect(refused(greeting)).toBe(code);
  });

  test("refuses a second server, but not a server that does not say that it is one", () => {
    expect(refused(encodeGreeting("CURVE", true), curveServer())).toBe("role-mismatch");
    expect(refused(encodeGreeting("CURVE", false), curveServer())).toBeUndefined();
  });

  test("takes later versions and ignores padding and filler", () => {
    for (const [at, value] of [
      [10, 4],
      [11, 9],
      [1, 0xaa],
      [8, 0xaa],
      [40, 0xaa],
    ] as const) {
      expect(refused(changed(at, value))).toBeUndefined();
    }
  });
});

describe("Engine's NULL handshake", () => {
  const property = (name: string, value: Uint8Array): Uint8Array => {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, value.length);
    return concat(Uint8Array.of(name.length), bytes(name), size, value);
  };
  const ready = (...properties: readonly Uint8Array[]): Uint8Array =>
    commandFrame("READY", concat(...properties));
  const type = property("Socket-Type", bytes("PAIR"));

  function told(...frames: readonly Uint8Array[]): Side {
    const side = new Side("PAIR", { mechanism: "NULL" });
    side.engine.start();
    side.engine.receive(concat(encodeGreeting("NULL", false), ...frames));
    return side;
  }

  test.each<[string, Uint8Array, string | undefined]>([
    [
      "READY with names in any case and more properties",
      ready(property("sOCKET-tYPE", bytes("PAIR")), property("X-Mine", bytes(""))),
      undefined,
    ],
    ["READY without a type", ready(), "invalid-metadata"],
    ["READY that ends in a name", commandFrame("READY", Uint8Array.of(11, 0x53)), "invalid-metadata"],
    ["READY that ends in a value", commandFrame("READY", type.slice(0, -1)), "invalid-metadata"],
    [
      "READY with a value of 4 GiB",
      ready(concat(Uint8Array.of(1, 0x41, 0xff, 0xff, 0xff, 0xff))),
      "invalid-metadata",
    ],
    ["READY with an empty name", ready(type, property("", bytes("x"))), "invalid-metadata"],
    ["READY with a name that no name may be", ready(type, property("a b", bytes("x"))), "invalid-metadata"],
    ["READY that says one thing twice", ready(type, type), "invalid-metadata"],
    [
      "READY with too many properties",
      ready(type, ...Array.from({ length: 64 }, (_, i) => property(`n${i}`, bytes("")))),
      "invalid-metadata",
    ],
    [
      "an identity that begins with zero",
      ready(type, property("Identity", Uint8Array.of(0, 1))),
      "invalid-metadata",
    ],
    ["a long identity", ready(type, property("Identity", new Uint8Array(256).fill(1))), "invalid-metadata"],
    ["a foreign type", ready(property("Socket-Type", bytes("PULL"))), "socket-type-mismatch"],
    ["a type that nobody knows", ready(property("Socket-Type", bytes("PAIRS"))), "socket-type-mismatch"],
    ["ERROR", commandFrame("ERROR", concat(Uint8Array.of(3), bytes("400"))), "refused-by-peer"],
    ["ERROR shorter than it says", commandFrame("ERROR", Uint8Array.of(3, 0x34)), "malformed-error"],
    ["ERROR without a reason's length", commandFrame("ERROR"), "malformed-error"],
    ["HELLO", commandFrame("HELLO"), "unexpected-command"],
    ["a command without a name", Uint8Array.of(4, 0), "unexpected-command"],
    ["a command whose name is longer than it", Uint8Array.of(4, 2, 5, 0x52), "unexpected-command"],
    ["a message", Uint8Array.of(0, 1, 0x41), "unexpected-command"],
    ["READY with reserved flags", Uint8Array.of(0x0c, 0), "malformed-frame"],
    ["READY with MORE", Uint8Array.of(0x05, 0), "malformed-frame"],
    ["READY of 2^62 octets", Uint8Array.of(6, 0x40, 0, 0, 0, 0, 0, 0, 0), "message-too-large"],
    ["READY of 8 KiB and one octet", Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0x20, 1), "message-too-large"],
    ["READY twice", concat(ready(type), ready(type)), undefined],
  ])("%s", (_what, frame, code) => {
    expect(told(frame).code).toBe(code);
  });

  test("ignores commands that it does not know once it is up, and refuses malformed ones", () => {
    expect(told(ready(type), commandFrame("JOIN", bytes("group")), Uint8Array.of(0, 1, 0x41)).log).toEqual([
      "ready PAIR 3.1",
      "message 41",
    ]);
    expect(told(ready(type), commandFrame("PING", Uint8Array.of(0))).code).toBe("malformed-command");
    expect(told(ready(type), commandFrame("PING", new Uint8Array(19))).code).toBe("malformed-command");
    expect(told(ready(type), Uint8Array.of(4, 0)).code).toBe("malformed-command");
  });

  test("asks the authenticator for the address, and sends READY only to who may in", async () => {
    for (const verdict of [true, false, { status: 300 } as const, { status: 200, userId: "u" } as const]) {
      const seen: unknown[] = [];
      const guard = new Side("PAIR", {
        mechanism: "NULL",
        authenticate: (request) => {
          seen.push(request);
          return Promise.resolve(verdict);
        },
      });
      const guest = new Side("PAIR", { mechanism: "NULL" });
      converse(guest, guard);
      expect(guest.log).toEqual([]);
      await Promise.resolve();
      await Promise.resolve();
      pass(guest, guard);
      expect(seen).toEqual([{ mechanism: "NULL", address: "10.0.0.1:5555" }]);
      const welcome = verdict === true || (verdict !== false && verdict.status === 200);
      expect(guard.log).toEqual(welcome ? ["ready PAIR 3.1"] : ["failed refused-by-us"]);
      // 300 is a refusal for now, of which the client is not told.
      expect(guest.log).toEqual(
        welcome ? ["ready PAIR 3.1"] : verdict === false ? ["failed refused-by-peer"] : [],
      );
    }
  });

  test("refuses everybody when the authenticator throws, and says what it threw", () => {
    const broken = new Error("no database");
    const guard = new Side("PAIR", {
      mechanism: "NULL",
      authenticate: () => {
        throw broken;
      },
    });
    const guest = new Side("PAIR", { mechanism: "NULL" });
    converse(guest, guard);
    expect(guard.fault?.cause).toBe(broken);
    expect(guest.fault?.message).toContain("500");
  });
});

describe("Engine's PLAIN handshake", () => {
  function toServer(...frames: readonly Uint8Array[]): Side {
    const side = new Side("PAIR", plainServer);
    side.engine.start();
    side.engine.receive(concat(encodeGreeting("PLAIN", false), ...frames));
    return side;
  }
  function toClient(...frames: readonly Uint8Array[]): Side {
    const side = new Side("PAIR", plainClient);
    side.engine.start();
    side.engine.receive(concat(encodeGreeting("PLAIN", true), ...frames));
    return side;
  }
  const hello = commandFrame(
    "HELLO",
    concat(Uint8Array.of(2), bytes("me"), Uint8Array.of(6), bytes("secret")),
  );

  test.each<[string, readonly Uint8Array[], string]>([
    [
      "a wrong password",
      [commandFrame("HELLO", concat(Uint8Array.of(2), bytes("me"), Uint8Array.of(1), bytes("x")))],
      "refused-by-us",
    ],
    ["no user name", [commandFrame("HELLO")], "malformed-hello"],
    ["a user name that is cut", [commandFrame("HELLO", Uint8Array.of(3, 0x61))], "malformed-hello"],
    ["no password", [commandFrame("HELLO", Uint8Array.of(1, 0x61))], "malformed-hello"],
    ["a password that is cut", [commandFrame("HELLO", Uint8Array.of(1, 0x61, 3, 0x61))], "malformed-hello"],
    [
      "something behind the password",
      [commandFrame("HELLO", Uint8Array.of(1, 0x61, 1, 0x61, 0))],
      "malformed-hello",
    ],
    ["a name that is no UTF-8", [commandFrame("HELLO", Uint8Array.of(1, 0xff, 0))], "malformed-hello"],
    ["HELLO twice", [hello, hello], "unexpected-command"],
    ["INITIATE first", [commandFrame("INITIATE")], "unexpected-command"],
    ["INITIATE without metadata", [hello, commandFrame("INITIATE")], "invalid-metadata"],
    ["READY", [commandFrame("READY")], "unexpected-command"],
  ])("server refuses %s", (_what, frames, code) => {
    expect(toServer(...frames).code).toBe(code);
  });

  test.each<[string, readonly Uint8Array[], string]>([
    ["WELCOME with data", [commandFrame("WELCOME", Uint8Array.of(1))], "malformed-welcome"],
    ["WELCOME twice", [commandFrame("WELCOME"), commandFrame("WELCOME")], "unexpected-command"],
    ["READY first", [commandFrame("READY")], "unexpected-command"],
    ["READY without metadata", [commandFrame("WELCOME"), commandFrame("READY")], "invalid-metadata"],
    ["INITIATE", [commandFrame("INITIATE")], "unexpected-command"],
    ["ERROR", [commandFrame("ERROR", Uint8Array.of(0))], "refused-by-peer"],
  ])("client refuses %s", (_what, frames, code) => {
    expect(toClient(...frames).code).toBe(code);
  });
});

test("every compatible pair of types shakes hands", () => {
  const types: readonly SocketType[] = [
    "REQ",
    "REP",
    "DEALER",
    "ROUTER",
    "PUB",
    "XPUB",
    "SUB",
    "XSUB",
    "PUSH",
    "PULL",
    "PAIR",
  ];
  const met: string[] = [];
  for (const one of types) {
    for (const other of types) {
      const [a, b] = [new Side(one, { mechanism: "NULL" }), new Side(other, { mechanism: "NULL" })];
      converse(a, b);
      if (a.fault === undefined && b.fault === undefined) met.push(`${one}-${other}`);
      else expect([a.code, b.code]).toContain("socket-type-mismatch");
    }
  }
  expect(met).toHaveLength(21);
});
