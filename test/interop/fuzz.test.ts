import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/adapters/node-crypto.ts";
import * as zmtp from "../../src/adapters/zmtp.ts";
import { Engine } from "../../src/zmtp/engine.ts";
import type { Security } from "../../src/zmtp/mechanism/mechanism.ts";
import { fuzz } from "./fuzz.ts";
import { keys } from "./kit/curve-tools.ts";
import { frame, greeting, ready } from "./kit/raw-peer.ts";

const securities: readonly Security[] = [
  { mechanism: "NULL" },
  { mechanism: "PLAIN", role: "server", authenticate: () => true },
  { mechanism: "PLAIN", role: "client", username: "u", password: "p" },
  { mechanism: "CURVE", role: "server", keys: keys(), crypto: nodeCrypto },
  { mechanism: "CURVE", role: "client", keys: keys(), serverKey: keys().publicKey, crypto: nodeCrypto },
];

/** Random bytes, alone, after a good greeting, or as frames. */
const hostileBytes = (mechanism: string): fc.Arbitrary<Uint8Array[]> =>
  fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constant(greeting(mechanism, [3, 1])),
      fc.constant(ready("DEALER")),
      fc
        .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 }))
        .map(([flags, body]) => frame(flags, body)),
    ),
    { maxLength: 12 },
  );

describe("Engine", () => {
  it.each(securities.map((security) => ({ security, title: JSON.stringify(security).slice(0, 40) })))(
    "whatever bytes come, fails with the protocol's error at most, once, and says nothing after it: $title",
    ({ security }) => {
      fc.assert(
        fc.property(hostileBytes(security.mechanism), (chunks) => {
          const codes: string[] = [];
          let callsAfterFailure = 0;
          const called = (): void => {
            if (codes.length > 0) callsAfterFailure++;
          };
          const engine = new Engine(
            {
              socketType: "DEALER",
              security,
              peerAddress: "127.0.0.1:1",
              maxMessageBytes: 10_000,
              maxFrames: 10,
            },
            {
              ready: called,
              message: called,
              subscription: called,
              ping: called,
              failed: (fault) => {
                called();
                expect(fault).toBeInstanceOf(zmtp.ZmtpFault);
                codes.push(fault.code);
              },
            },
            () => undefined,
          );
          engine.start();
          engine.flush();
          for (const chunk of chunks) engine.receive(Uint8Array.from(chunk));
          expect(codes.length).toBeLessThanOrEqual(1);
          expect(callsAfterFailure).toBe(0);
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe("a server", () => {
  it("names, ends and outlives fuzzed connections", async () => {
    const report = await fuzz(1_000, 20_240_607);
    expect(report.bounces).toBeGreaterThanOrEqual(90);
    // what fuzzing reaches: greeting, handshake and traffic, all by name
    for (const code of [
      "not-zmtp",
      "malformed-hello",
      "malformed-command",
      "message-too-large",
      "cryptographic",
    ]) {
      expect(report.faults, JSON.stringify(report)).toHaveProperty(code);
    }
    expect(report.grownBytes).toBeLessThan(32 * 1_048_576);
  });

  it("allocates for what has come, and not for what was announced", async () => {
    await using pull = new zmtp.Pull({ maxMessageBytes: 1_000_000_000 });
    const port = Number((await pull.bind("tcp://127.0.0.1:*")).split(":").at(-1));
    const before = process.memoryUsage().arrayBuffers;
    const announced = Buffer.alloc(9);
    announced[0] = 2;
    announced.writeBigUInt64BE(900_000_000n, 1);
    const sockets = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        socket.write(
          Buffer.concat([greeting("NULL", [3, 1]), ready("PUSH"), announced, Buffer.alloc(1_000)]),
        );
        return socket;
      }),
    );
    // a good peer is served behind them, so their bytes have been read
    await using push = new zmtp.Push();
    push.connect(`tcp://127.0.0.1:${port}`);
    await push.send("good");
    await pull.receive({ signal: AbortSignal.timeout(5_000) });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1_048_576);
    for (const socket of sockets) socket.destroy();
  });
});
