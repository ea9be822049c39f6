import { describe, expect, test } from "vitest";
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  readKey,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "../../../../src/zmtp/mod.ts";
import { text, virtualContext } from "./kit.ts";

const types = {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
  XPublisher,
  XSubscriber,
};
const key = "1".repeat(40);
const anyone = (): boolean => true;

/** What a caller without a compiler may pass. */
function loose<T>(value: unknown): T {
  return value as T;
}

/** What a PUSH says to options, or `undefined` if it takes them. */
function refusal(options: unknown): string | undefined {
  return said(() => new Push(virtualContext().context, loose(options)));
}

function said(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
}

describe("options of sockets", () => {
  test.each(Object.entries(types))("%s refuses a misspelt option and names the right one", (_, Type) => {
    const { context } = virtualContext();
    for (const [wrong, right] of [
      ["securty", "security"],
      ["lingerMS", "lingerMs"],
    ] as const) {
      const message = said(() => new Type(context, loose({ [wrong]: 1 })));
      expect(message).toContain(`unknown key "${wrong}". Did you mean "${right}"?`);
    }
  });

  test("what one type of socket knows, another refuses", () => {
    const { context } = virtualContext();
    expect(
      said(() => new Request(context, { identity: "a", relaxed: true, correlate: true })),
    ).toBeUndefined();
    expect(
      said(() => new Router(context, { identity: "a", mandatory: true, handover: true })),
    ).toBeUndefined();
    expect(said(() => new XPublisher(context, { verbose: true }))).toBeUndefined();
    expect(said(() => new Dealer(context, loose({ mandatory: true })))).toContain('"mandatory"');
    expect(said(() => new Reply(context, loose({ identity: "a" })))).toContain('"identity"');
    expect(said(() => new Publisher(context, loose({ verbose: true })))).toContain('"verbose"');
    expect(said(() => new Router(context, loose({ relaxed: true })))).toContain('"relaxed"');
  });

  test("every option of every socket is taken", () => {
    const all = {
      security: { mechanism: "NULL" },
      sendHighWaterMark: 1,
      receiveHighWaterMark: 1,
      conflate: false,
      lingerMs: 1,
      handshakeTimeoutMs: 1,
      heartbeat: { intervalMs: 1, timeoutMs: 1, ttlMs: 100 },
      reconnect: { minMs: 1, maxMs: 2 },
      immediate: false,
      maxMessageBytes: 1,
      maxFrames: 1,
      maxConnections: 1,
      maxHandshakes: 1,
      maxConnectionsPerKey: 1,
      monitor: (): void => undefined,
    };
    expect(refusal(all)).toBeUndefined();
  });

  test("heartbeat and reconnect refuse what they do not know", () => {
    expect(refusal({ heartbeat: { interval: 10 } })).toBe(
      'Cannot use heartbeat: unknown key "interval". Did you mean "intervalMs"?',
    );
    expect(refusal({ reconnect: { max: 10 } })).toBe(
      'Cannot use reconnect: unknown key "max". Did you mean "maxMs"?',
    );
  });

  test("a key that is near to none is told with all that are known, also if objects inherit it", () => {
    const known = "Known here: minMs, maxMs";
    expect(refusal({ reconnect: { backoffFactor: 2 } })).toContain(known);
    expect(refusal({ reconnect: { hasOwnProperty: 2 } })).toContain(known);
    expect(refusal({ reconnect: { ["minMs".repeat(100)]: 2 } })).toContain(known);
  });

  test("options that are no object are refused", () => {
    expect(refusal(null)).toBe(
      "Cannot use the options of PUSH: expected an object with options, and this is null",
    );
    expect(refusal([])).toContain("this is an array");
    expect(refusal("tcp://a:1")).toContain("this is of type string");
    expect(refusal({ security: null })).toContain("Cannot use security: expected an object");
    expect(refusal({ heartbeat: 1_000 })).toContain("Cannot use heartbeat: expected an object");
  });
});

describe("security", () => {
  test("a misspelt authenticate, role or mechanism is refused and lets nobody in", () => {
    const server = { mechanism: "CURVE", role: "server", secretKey: key };
    expect(refusal({ security: { ...server, autenticate: () => false } })).toContain(
      'unknown key "autenticate". Did you mean "authenticate"?',
    );
    expect(refusal({ security: { mechansm: "CURVE", role: "server" } })).toContain('"mechanism"?');
    expect(refusal({ security: { mechanism: "CURVE", rol: "server" } })).toContain('"role"?');
  });

  test.each([
    ["NULL", { mechanism: "NULL", secretKey: key }, "secretKey"],
    ["NULL", { mechanism: "NULL", role: "server" }, "role"],
    [
      "a PLAIN server",
      { mechanism: "PLAIN", role: "server", authenticate: anyone, username: "u" },
      "username",
    ],
    [
      "a PLAIN client",
      { mechanism: "PLAIN", role: "client", username: "u", password: "p", authenticate: anyone },
      "authenticate",
    ],
    ["a CURVE server", { mechanism: "CURVE", role: "server", secretKey: key, serverKey: key }, "serverKey"],
    [
      "a CURVE client",
      { mechanism: "CURVE", role: "client", serverKey: key, authenticate: anyone },
      "authenticate",
    ],
  ])("%s refuses what belongs to another kind of security", (kind, security, wrong) => {
    expect(refusal({ security })).toContain(`Cannot use security of ${kind}: unknown key "${wrong}".`);
  });

  test.each([
    { mechanism: "NULL", authenticate: anyone },
    { mechanism: "PLAIN", role: "server", authenticate: anyone },
    { mechanism: "PLAIN", role: "client", username: "u", password: "p" },
    { mechanism: "CURVE", role: "server", secretKey: key, authenticate: anyone },
    { mechanism: "CURVE", role: "server", secretKey: key },
    { mechanism: "CURVE", role: "client", serverKey: key, secretKey: key },
    { mechanism: "CURVE", role: "client", serverKey: key },
  ])("$mechanism $role is taken with all that it knows", (security) => {
    expect(refusal({ security })).toBeUndefined();
  });

  test("a mechanism or role that there is not is told with what there is", () => {
    expect(refusal({ security: { mechanism: "curve", role: "server", secretKey: key } })).toBe(
      'Cannot use security.mechanism: it is none of "NULL", "PLAIN", "CURVE". Did you mean "CURVE"?',
    );
    expect(refusal({ security: { mechanism: "GSSAPI-KERBEROS" } })).toBe(
      'Cannot use security.mechanism: it is none of "NULL", "PLAIN", "CURVE"',
    );
    expect(refusal({ security: { mechanism: 3 } })).toContain("it is none of");
    expect(refusal({ security: {} })).toBe(
      'Cannot use security.mechanism: it is missing; it is one of "NULL", "PLAIN", "CURVE"',
    );
    expect(refusal({ security: { mechanism: "CURVE", secretKey: key } })).toBe(
      'Cannot use security.role: it is missing; it is one of "client", "server"',
    );
    expect(refusal({ security: { mechanism: "PLAIN", role: "Server" } })).toContain('mean "server"?');
  });

  test("an authenticator that is none is refused, and so is a PLAIN server without one", () => {
    expect(
      refusal({ security: { mechanism: "CURVE", role: "server", secretKey: key, authenticate: null } }),
    ).toBe("Cannot use security.authenticate: expected a function, and this is null");
    expect(refusal({ security: { mechanism: "NULL", authenticate: true } })).toContain("of type boolean");
    expect(refusal({ security: { mechanism: "PLAIN", role: "server" } })).toContain(
      "a PLAIN server needs it",
    );
  });

  test("missing keys, names and passwords are told by name", () => {
    expect(refusal({ security: { mechanism: "CURVE", role: "client" } })).toBe(
      "Cannot use the serverKey: expected 32 bytes, or 40 letters of Z85 or 44 of base64, and this is undefined",
    );
    expect(refusal({ security: { mechanism: "CURVE", role: "server" } })).toContain("the secretKey");
    expect(refusal({ security: { mechanism: "PLAIN", role: "client", username: "u" } })).toBe(
      "Cannot use the password: expected a text, and this is undefined",
    );
    expect(said(() => readKey(loose(null)))).toContain("Cannot use the key");
  });

  test("no refusal quotes a value", () => {
    const secret = "s3cr3t";
    for (const security of [
      secret,
      [secret],
      { mechanism: secret },
      { mechanism: "CURVE", role: secret },
      { mechanism: "CURVE", role: "server", secret },
      { mechanism: "CURVE", role: "server", secretKey: [secret] },
      { mechanism: "PLAIN", role: "client", username: "u", password: [secret] },
    ]) {
      const message = refusal({ security });
      expect(message).toBeDefined();
      expect(message).not.toContain(secret);
    }
  });
});

describe("calls", () => {
  test("send, receive and close refuse options that they do not know", async () => {
    const { context } = virtualContext();
    const wrong = loose<object>({ timeout: 10 });
    const receivers = [Dealer, Pair, Pull, Router, Subscriber, XPublisher, XSubscriber];
    for (const Type of receivers) {
      expect(said(() => new Type(context).receive(wrong))).toContain('unknown key "timeout"');
    }
    await expect(new Reply(context).receive(wrong)).rejects.toThrow('unknown key "timeout"');
    for (const Type of [Push, Dealer, Pair]) {
      expect(said(() => new Type(context).send("a", loose({ sgnal: 1 })))).toContain('mean "signal"?');
    }
    await expect(new Request(context).send("a", wrong)).rejects.toThrow('unknown key "timeout"');
    expect(said(() => new Pull(context).close(loose({ linger: 0 })))).toContain('mean "lingerMs"?');
  });

  test("a refused call costs nothing: the next one works", async () => {
    const { context, clock } = virtualContext();
    const reply = new Reply(context);
    await reply.bind("tcp://*:1000");
    const request = new Request(context);
    request.connect("tcp://h:1000");
    await expect(request.send("lost", loose({ timeout: 1 }))).rejects.toThrow(TypeError);
    await request.send("asked");
    await expect(reply.receive(loose({ timeout: 1 }))).rejects.toThrow(TypeError);
    expect(text(await clock.runUntil(reply.receive(), 1_000))).toEqual(["asked"]);
    await reply.send("told");
    await expect(request.receive(loose({ timeout: 1 }))).rejects.toThrow(TypeError);
    expect(text(await clock.runUntil(request.receive(), 1_000))).toEqual(["told"]);
    await clock.runUntil(Promise.all([request.close(), reply.close()]), 6_000);
  });

  test("messages and prefixes that are neither bytes nor text are told as such", () => {
    const { context } = virtualContext();
    const push = new Push(context);
    const rule = "Cannot send: a message is bytes, a text, or an array of these, and this is";
    expect(said(() => push.send(loose(undefined)))).toBe(`${rule} undefined`);
    expect(said(() => push.send(loose(null)))).toBe(`${rule} null`);
    expect(said(() => push.send(loose({ length: 1 })))).toBe(`${rule} of type object`);
    expect(said(() => push.send(loose(["a", 1])))).toContain("a frame is neither bytes nor a text");
    expect(said(() => new Subscriber(context).subscribe(loose(1)))).toContain("Cannot use the prefix");
  });
});
