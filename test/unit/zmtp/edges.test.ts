import { describe, expect, test } from "vitest";
import type { Security } from "../../../src/zmtp/mechanism/mechanism.ts";
import { Dealer, Push, Router, XPublisher, XSubscriber } from "../../../src/zmtp/mod.ts";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import { concat } from "../../../src/zmtp/wire/bytes.ts";
import { encodeGreeting } from "../../../src/zmtp/wire/greeting.ts";
import { commandFrame, converse, curveClient, curveServer, pass, Side } from "./engine-kit.ts";
import { settled, text, virtualContext } from "./sockets/kit.ts";

// What RFC 23 and 37 allow or forbid at their edges, and few peers do.

const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);
const NULL: Security = { mechanism: "NULL" };

function property(name: string, value: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, value.length);
  return concat(Uint8Array.of(name.length), bytes(name), size, value);
}

function ready(type: SocketType, ...more: readonly Uint8Array[]): Uint8Array {
  return commandFrame("READY", concat(property("Socket-Type", bytes(type)), ...more));
}

/** The same frame with a size of eight octets, whatever its size. */
function long(frame: Uint8Array): Uint8Array {
  const [flags = 0, size = 0] = frame;
  return concat(Uint8Array.of(flags | 2, 0, 0, 0, 0, 0, 0, 0, size), frame.subarray(2));
}

/** A side that has heard a greeting of this version and these frames. */
function told(
  own: SocketType,
  frames: readonly Uint8Array[],
  { minor = 1, security = NULL }: { readonly minor?: number; readonly security?: Security } = {},
): Side {
  const side = new Side(own, security);
  const greeting = encodeGreeting(security.mechanism, false);
  greeting[11] = minor;
  side.engine.start();
  side.engine.receive(concat(greeting, ...frames));
  return side;
}

/** Two sides with CURVE that are up. */
function curvePair(): [client: Side, server: Side] {
  const [client, server] = [new Side("PAIR", curveClient()), new Side("PAIR", curveServer())];
  converse(client, server);
  return [client, server];
}

describe("frames", () => {
  test("short bodies in long frames are taken, in the handshake and after it", () => {
    const side = told("PAIR", [
      long(ready("PAIR")),
      long(Uint8Array.of(0, 1, 0x41)),
      long(Uint8Array.of(1, 0)),
      long(Uint8Array.of(0, 0)),
    ]);
    expect(side.log).toEqual(["ready PAIR 3.1", "message 41", "message |"]);
  });

  test("a command that announces more is refused, in the handshake and after it", () => {
    const wrong = commandFrame("READY");
    wrong[0] = 5;
    expect(told("PAIR", [wrong]).code).toBe("malformed-frame");
    expect(told("PAIR", [ready("PAIR"), wrong]).code).toBe("malformed-frame");
    expect(told("PAIR", [ready("PAIR"), long(wrong)]).code).toBe("malformed-frame");
  });

  test("every set of flags with a reserved bit is refused by its first octet", () => {
    for (let flags = 8; flags < 256; flags++) {
      expect(told("PAIR", [ready("PAIR"), Uint8Array.of(flags, 0)]).code).toBe("malformed-frame");
    }
  });

  test("sizes of up to 64 bits are refused by the header alone", () => {
    for (const first of [0x00, 0x7f, 0x80, 0xff]) {
      const head = Uint8Array.of(2, first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
      expect(told("PAIR", [ready("PAIR"), head]).code).toBe("message-too-large");
      head[0] = 6;
      expect(told("PAIR", [head]).code).toBe("message-too-large");
    }
  });

  test("empty messages are messages, empty commands are none", () => {
    expect(told("PAIR", [ready("PAIR"), Uint8Array.of(0, 0)]).log).toEqual(["ready PAIR 3.1", "message "]);
    expect(told("PAIR", [ready("PAIR"), Uint8Array.of(4, 0)]).code).toBe("malformed-command");
    expect(told("PAIR", [Uint8Array.of(4, 0)]).code).toBe("unexpected-command");
  });
});

describe("metadata", () => {
  test.each<[string, Uint8Array, string | undefined]>([
    ["an empty identity", property("Identity", bytes("")), undefined],
    ["an identity of one octet", property("IDENTITY", Uint8Array.of(0xff)), undefined],
    ["an identity of 255 octets", property("identity", new Uint8Array(255).fill(0xff)), undefined],
    ["an identity of 256 octets", property("Identity", new Uint8Array(256).fill(1)), "invalid-metadata"],
    ["an identity that begins with zero", property("Identity", Uint8Array.of(0, 1)), "invalid-metadata"],
    ["a property that stands twice", property("Socket-Type", bytes("DEALER")), "invalid-metadata"],
    ["one twice in another case", property("SOCKET-type", bytes("DEALER")), "invalid-metadata"],
    ["a name with a space", property("X Y", bytes("1")), "invalid-metadata"],
    ["all letters that a name may have", property("X-a_0.z+9", new Uint8Array(300)), undefined],
  ])("%s", (_what, more, code) => {
    expect(told("ROUTER", [ready("DEALER", more)]).code).toBe(code);
  });

  test("64 properties are taken, one more is not", () => {
    const many = (count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, at) => property(`X-${at}`, bytes("")));
    expect(told("ROUTER", [ready("DEALER", ...many(63))]).code).toBeUndefined();
    expect(told("ROUTER", [ready("DEALER", ...many(64))]).code).toBe("invalid-metadata");
  });

  test("a type in another case is another type", () => {
    const lower = commandFrame("READY", property("Socket-Type", bytes("dealer")));
    expect(told("ROUTER", [lower]).code).toBe("socket-type-mismatch");
  });

  test.each([
    ["CURVE", curveClient(), curveServer()],
    [
      "PLAIN",
      { mechanism: "PLAIN", role: "client", username: "u", password: "p" },
      { mechanism: "PLAIN", role: "server", authenticate: (): boolean => true },
    ],
  ] as const)("a %s server tells a client of a wrong type that it is about the type", (_name, own, other) => {
    const [client, server] = [new Side("PUSH", own), new Side("ROUTER", other)];
    converse(client, server);
    expect(server.code).toBe("socket-type-mismatch");
    expect(client.code).toBe("refused-by-peer");
    expect(client.fault?.reason).toBe("Incompatible socket type");
  });
});

describe("greetings", () => {
  test("ZMTP 1.0 is named as such whatever its identity's length", () => {
    for (let length = 1; length < 255; length++) {
      const side = new Side("PAIR", NULL);
      side.engine.start();
      side.engine.receive(Uint8Array.of(length));
      expect(side.code).toBeUndefined();
      side.engine.receive(Uint8Array.of(0));
      expect(side.code).toBe("version-unsupported");
    }
  });

  test("every version before 3.0 is refused as soon as it shows, every later one is spoken with", () => {
    for (let major = 0; major < 256; major++) {
      const side = new Side("PAIR", NULL);
      side.engine.start();
      side.engine.receive(concat(Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, major)));
      expect(side.code).toBe(major < 3 ? "version-unsupported" : undefined);
    }
  });
});

describe("commands in traffic", () => {
  const ping = (tenths: number, context: string): Uint8Array =>
    commandFrame("PING", concat(Uint8Array.of(tenths >> 8, tenths), bytes(context)));

  test("PING may have a TTL of 0, a TTL of 6,553.5 s and a context of 16 octets, and no more", () => {
    const side = told("PAIR", [
      ready("PAIR"),
      ping(0, ""),
      ping(0xffff, "0123456789abcdef"),
      ping(1, "0123456789abcdefg"),
    ]);
    expect(side.log).toEqual([
      "ready PAIR 3.1",
      "ping 0 ",
      "ping 6553500 0123456789abcdef",
      "failed malformed-command",
    ]);
  });

  test("a TTL is rounded upwards, so that a short one is not none", () => {
    const side = told("PAIR", [ready("PAIR")]);
    side.take();
    for (const [ttlMs, tenths] of [
      [0, 0],
      [1, 1],
      [100, 1],
      [101, 2],
      [6_553_500, 0xffff],
    ] as const) {
      side.engine.sendPing(ttlMs);
      side.engine.flush();
      expect([...side.take().slice(-2)]).toEqual([tenths >> 8, tenths & 0xff]);
    }
  });

  test("ERROR is fatal in traffic, too, and its reason is kept; octets behind the reason are ignored", () => {
    const side = told("PAIR", [
      ready("PAIR"),
      commandFrame("ERROR", bytes("\u0003byeX")),
      Uint8Array.of(0, 0),
    ]);
    expect(side.log).toEqual(["ready PAIR 3.1", "failed refused-by-peer"]);
    expect(side.fault?.reason).toBe("bye");
    expect(told("PAIR", [ready("PAIR"), commandFrame("ERROR", Uint8Array.of(5, 0x41))]).code).toBe(
      "malformed-error",
    );
    expect(told("PAIR", [commandFrame("ERROR", Uint8Array.of(0))]).fault?.reason).toBe("");
    // what a terminal would take for a command of its own
    expect(told("PAIR", [commandFrame("ERROR", Uint8Array.of(3, 0x1b, 0x5b, 0x48))]).fault?.reason).toBe(
      ".[H",
    );
  });

  test("an ERROR in clear means nothing once CURVE is up: it is no authentic one", () => {
    const [client] = curvePair();
    client.engine.receive(commandFrame("ERROR", bytes("\u0003bye")));
    expect(client.code).toBe("unexpected-command");
  });

  test("subscriptions come as commands or as messages from peers of either version", () => {
    for (const minor of [0, 1]) {
      const asCommand = told("XPUB", [ready("XSUB"), commandFrame("SUBSCRIBE", bytes("a"))], { minor });
      expect(asCommand.log).toEqual([`ready XSUB 3.${minor}`, "subscribe a"]);
      const asMessage = told("XPUB", [ready("XSUB"), Uint8Array.of(0, 2, 1, 0x61)], { minor });
      expect(asMessage.log).toEqual([`ready XSUB 3.${minor}`, "message 0161"]);
    }
  });

  test("a command between the frames of a message does not disturb it", () => {
    const side = told("PAIR", [
      ready("PAIR"),
      Uint8Array.of(1, 1, 0x41),
      ping(0, "now"),
      Uint8Array.of(0, 1, 0x42),
    ]);
    expect(side.log).toEqual(["ready PAIR 3.1", "ping 0 now", "message 41|42"]);
  });
});

describe("CURVE's nonces", () => {
  test("each message's is greater than that before it, also across the handshake; equal and lower are refused", () => {
    for (const wrong of [0, 1, 2, 3]) {
      const [client, server] = curvePair();
      client.engine.send([bytes("first")]);
      client.engine.flush();
      const first = client.take();
      const changed = first.slice();
      // the nonce's last octet; HELLO had 1, INITIATE 2, this message has 3
      expect(changed[17]).toBe(3);
      changed[17] = wrong;
      if (wrong < 3) server.engine.receive(changed);
      else {
        server.engine.receive(first);
        expect(server.log.at(-1)).toBe(`message ${Buffer.from("first").toString("hex")}`);
        server.engine.receive(changed);
      }
      expect(server.code).toBe("nonce-not-increasing");
    }
  });

  test("a lifted nonce is not authentic", () => {
    const [client, server] = curvePair();
    client.engine.send([bytes("x")]);
    client.engine.flush();
    const lifted = client.take();
    lifted[10] = 0xff;
    server.engine.receive(lifted);
    expect(server.code).toBe("undecipherable");
  });

  test("both sides may be silent for long and go on: nothing but the counter is kept", () => {
    const [client, server] = curvePair();
    for (let at = 0; at < 600; at++) client.engine.send([bytes(`${at}`)]);
    server.engine.send([bytes("back")]);
    pass(client, server);
    expect(server.log).toHaveLength(601);
    expect(client.log.at(-1)).toBe(`message ${Buffer.from("back").toString("hex")}`);
  });
});

describe("sockets", () => {
  test("XPUB takes a message of several frames, or an empty one, for no subscription", async () => {
    const { context, clock } = virtualContext();
    const xpub = new XPublisher(context);
    await xpub.bind("tcp://a:1000");
    const xsub = new XSubscriber(context);
    xsub.connect("tcp://a:1000");
    await clock.advance(20);
    await xsub.send(["\u0001a", "b"]);
    await xsub.send([""]);
    await xsub.send(["\u0002"]);
    await xsub.send(["\u0001topic"]);
    for (const wanted of [["\u0001a", "b"], [""], ["\u0002"], ["\u0001topic"]]) {
      expect(text(await clock.runUntil(xpub.receive(), 1_000))).toEqual(wanted);
    }
    await xpub.send("a");
    await xpub.send("topical");
    expect(text(await clock.runUntil(xsub.receive(), 1_000))).toEqual(["topical"]);
    expect(await settled(xsub.receive())).toBe(false);
  });

  test("ROUTER routes by identities of any octets", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context, { mandatory: true });
    await router.bind("tcp://a:1000");
    const identities = [
      Uint8Array.of(0xff),
      Uint8Array.of(0xc3, 0xa9),
      Uint8Array.of(0xe9),
      Uint8Array.of(1, 0, 0),
      new Uint8Array(255).fill(0x80),
    ];
    const dealers = identities.map((identity) => new Dealer(context, { identity }));
    for (const dealer of dealers) {
      dealer.connect("tcp://a:1000");
      await dealer.send("hello");
    }
    for (const _ of dealers) await clock.runUntil(router.receive(), 1_000);
    for (const [at, identity] of identities.entries()) await router.send([identity, `${at}`]);
    for (const [at, dealer] of dealers.entries()) {
      expect(text(await clock.runUntil(dealer.receive(), 1_000))).toEqual([`${at}`]);
    }
    await expect(router.send([Uint8Array.of(), "x"])).rejects.toMatchObject({ code: "unroutable" });
    await expect(router.send([Uint8Array.of(0, 0, 0, 0, 9), "x"])).rejects.toMatchObject({
      code: "unroutable",
    });
  });

  test("NULL has no server that could say ERROR: a wrong type is dialled again", async () => {
    const { context, clock } = virtualContext();
    const log: string[] = [];
    const router = new Router(context);
    await router.bind("tcp://a:1000");
    const push = new Push(context, { monitor: ({ type }) => log.push(type) });
    push.connect("tcp://a:1000");
    await clock.advance(3_000);
    expect(log.slice(0, 4)).toEqual(["connecting", "handshake-failed", "retrying", "connecting"]);
  });
});
