import { describe, expect, it } from "vitest";
import * as zmtp from "../../../src/adapters/zmtp.ts";
import { keys } from "../kit/curve-tools.ts";
import { type Attack, handshakes, traffic } from "./curve-attacks.ts";
import { Fort } from "./fort.ts";

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
