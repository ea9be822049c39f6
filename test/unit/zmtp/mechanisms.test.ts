import { describe, expect, test } from "vitest";
import { ZmtpFault } from "../../../src/zmtp/fault.ts";
import { maxPlainFieldBytes } from "../../../src/zmtp/limits.ts";
import { CurveClient } from "../../../src/zmtp/mechanism/curve-client.ts";
import { CurveServer } from "../../../src/zmtp/mechanism/curve-server.ts";
import type { MechanismHost } from "../../../src/zmtp/mechanism/mechanism.ts";
import { NullMechanism } from "../../../src/zmtp/mechanism/null.ts";
import { PlainClient } from "../../../src/zmtp/mechanism/plain-client.ts";
import { decodeCommand, encodeCommand } from "../../../src/zmtp/wire/command.ts";
import { clientKeys, repeatableCrypto, serverKeys } from "./engine-kit.ts";

interface Host extends MechanismHost {
  readonly sent: Uint8Array[];
  readonly up: string[];
}

/** What a mechanism is told and asked, as the engine would. */
function host(change: Partial<MechanismHost> = {}): Host {
  const sent: Uint8Array[] = [];
  const up: string[] = [];
  return {
    peerAddress: "10.0.0.1:1",
    metadata: new Uint8Array(0),
    sent,
    up,
    sendCommand: (body): void => void sent.push(body),
    checkMetadata: (metadata) => metadata,
    authenticate: () => undefined,
    admit: () => undefined,
    established: (_, { userId }): void => void up.push(userId ?? "nobody"),
    ...change,
  };
}

const crypto = repeatableCrypto(5);
const code = (act: () => void): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ZmtpFault) return error.code;
    throw error;
  }
  return "none";
};

describe("PlainClient", () => {
  test("blames a hang-up on the credentials only before WELCOME", () => {
    const subject = new PlainClient(host(), "me", "secret");
    subject.start();
    expect(subject.hangUp).toBe("closed-after-hello");
    subject.receive(encodeCommand("WELCOME"));
    expect(subject.hangUp).toBe("closed-after-initiate");
  });

  test("refuses a WELCOME with data, and anything after READY", () => {
    expect(
      code(() => new PlainClient(host(), "a", "b").receive(encodeCommand("WELCOME", new Uint8Array(1)))),
    ).toBe("malformed-welcome");
    const subject = new PlainClient(host(), "a", "b");
    subject.receive(encodeCommand("WELCOME"));
    subject.receive(encodeCommand("READY"));
    expect(code(() => subject.receive(encodeCommand("READY")))).toBe("unexpected-command");
  });

  test("takes no name that is too long to be sent, and is asked for no verdict", () => {
    const long = "é".repeat(maxPlainFieldBytes / 2 + 1);
    expect(() => new PlainClient(host(), long, "")).toThrow("Cannot use the username");
    expect(() => new PlainClient(host(), "", long)).toThrow("Cannot use the password");
    expect(() => new PlainClient(host(), "a", "b").authenticated()).toThrow("asks no authenticator");
  });
});

describe("NullMechanism", () => {
  test("takes a verdict that names no user, and waits for READY", () => {
    const told = host();
    const subject = new NullMechanism(told, () => true);
    subject.start();
    subject.authenticated({ status: 200 });
    expect(told.up).toEqual([]);
    subject.receive(encodeCommand("READY"));
    expect(told.up).toEqual(["nobody"]);
  });

  test("refuses a second command while the authenticator thinks, and tells the user that it names", () => {
    const told = host();
    const subject = new NullMechanism(told, () => true);
    subject.start();
    subject.receive(encodeCommand("READY"));
    expect(code(() => subject.receive(encodeCommand("READY")))).toBe("unexpected-command");
    expect(told.sent).toEqual([]);
    subject.authenticated({ status: 200, userId: "ann" });
    expect(told.up).toEqual(["ann"]);
    expect(told.sent.map((body) => decodeCommand(body, "unexpected-command").name)).toEqual(["READY"]);
  });
});

/** A CURVE client and server that talk to each other, with what the server is asked. */
function curve(change: Partial<MechanismHost> = {}): {
  readonly client: CurveClient;
  readonly server: CurveServer;
  readonly clientHost: Host;
  readonly serverHost: Host;
  /** Hands over what one side has sent to the other. */
  exchange(): void;
} {
  const clientHost = host();
  const serverHost = host(change);
  const client = new CurveClient(clientHost, crypto, {
    serverKey: serverKeys.publicKey,
    keys: clientKeys,
  });
  const server = new CurveServer(serverHost, crypto, serverKeys, () => true);
  return {
    client,
    server,
    clientHost,
    serverHost,
    exchange: (): void => {
      for (const body of clientHost.sent.splice(0)) server.receive(body);
      for (const body of serverHost.sent.splice(0)) client.receive(body);
    },
  };
}

describe("CurveClient", () => {
  test("names the step after which the server hung up, and is asked for no verdict", () => {
    const { client, exchange } = curve();
    client.start();
    expect(client.hangUp).toBe("closed-after-hello");
    exchange();
    expect(client.hangUp).toBe("closed-after-initiate");
    expect(() => client.authenticated()).toThrow("asks no authenticator");
  });
});

describe("CurveServer", () => {
  test("takes a verdict only while a client waits for one", () => {
    const { server } = curve();
    expect(() => server.authenticated(true)).toThrow("No client waits for a verdict");
  });

  test.each(["client-cap", "connection-cap"] as const)(
    "a client for which there is no room gets ERROR with %s, and no READY",
    (fault) => {
      const refusal = new ZmtpFault(fault, "no room");
      const { client, server, clientHost, serverHost, exchange } = curve({ admit: () => refusal });
      client.start();
      exchange();
      for (const body of clientHost.sent.splice(0)) server.receive(body);
      expect(() => server.authenticated(true)).toThrow(refusal);
      expect(serverHost.sent.map((body) => decodeCommand(body, "unexpected-command").name)).toEqual([
        "ERROR",
      ]);
      expect(serverHost.up).toEqual([]);
    },
  );
});
