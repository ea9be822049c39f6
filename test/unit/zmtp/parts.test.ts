import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Deque } from "../../../src/zmtp/deque.ts";
import { ZmtpFault } from "../../../src/zmtp/fault.ts";
import { keyPairToBase64, keyPairToZ85, readKey } from "../../../src/zmtp/keys.ts";
import { formatEndpoint, parseEndpoint } from "../../../src/zmtp/sockets/endpoint.ts";
import { Subscriptions } from "../../../src/zmtp/subscriptions.ts";
import { concat } from "../../../src/zmtp/wire/bytes.ts";
import { FrameDecoder } from "../../../src/zmtp/wire/frame-decoder.ts";
import { Output } from "../../../src/zmtp/wire/output.ts";

describe("Subscriptions", () => {
  const prefix = fc.uint8Array({ maxLength: 5, max: 2 });

  test("match, add, remove and list as a plain counted list does", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), prefix), { maxLength: 60 }), prefix, (steps, topic) => {
        const tree = new Subscriptions();
        const counts = new Map<string, number>();
        for (const [add, bytes] of steps) {
          const key = Buffer.from(bytes).toString("hex");
          const held = counts.get(key) ?? 0;
          if (add) {
            expect(tree.add(bytes)).toBe(held === 0);
            counts.set(key, held + 1);
          } else {
            expect(tree.remove(bytes)).toBe(held === 1);
            if (held <= 1) counts.delete(key);
            else counts.set(key, held - 1);
          }
          expect(tree.size).toBe(counts.size);
        }
        const hex = Buffer.from(topic).toString("hex");
        expect(tree.matches(topic)).toBe([...counts.keys()].some((key) => hex.startsWith(key)));
        expect(
          tree
            .prefixes()
            .map((bytes) => Buffer.from(bytes).toString("hex"))
            .sort(),
        ).toEqual([...counts.keys()].sort());
      }),
    );
  });

  test("refuse a prefix, a number and a total above the caps, and forget what was removed", () => {
    const tree = new Subscriptions();
    expect(() => tree.add(new Uint8Array(65_536))).toThrow(ZmtpFault);
    const fill = (): void => {
      for (let i = 0; i < 300; i++) {
        const long = new Uint8Array(60_000);
        long[0] = i;
        long[1] = i >> 8;
        tree.add(long);
      }
    };
    expect(fill).toThrow("too many bytes");
    for (const bytes of tree.prefixes()) tree.remove(bytes);
    expect(tree.size).toBe(0);
    for (let i = 0; i < 100_000; i++) tree.add(Uint8Array.of(i, i >> 8, i >> 16));
    expect(() => tree.add(Uint8Array.of(9, 9, 9))).toThrow("100000");
  });
});

describe("FrameDecoder", () => {
  const frame = fc.record({
    flags: fc.constantFrom(0, 1, 4),
    body: fc.uint8Array({ maxLength: 400 }),
    long: fc.boolean(),
  });

  test("finds the same frames however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.nat(2_000), { maxLength: 8 }),
        (frames, cuts) => {
          const parts: Uint8Array[] = [];
          for (const { flags, body, long } of frames) {
            const wide = long || body.length > 255;
            const head = new Uint8Array(wide ? 9 : 2);
            head[0] = flags | (wide ? 2 : 0);
            head[head.length - 1] = body.length;
            if (wide) head[head.length - 2] = body.length >> 8;
            parts.push(head, body);
          }
          const stream = concat(...parts);
          const decoder = new FrameDecoder(400, 400);
          const got: string[] = [];
          let from = 0;
          for (const to of [...cuts.sort((a, b) => a - b), stream.length]) {
            decoder.feed(stream.slice(from, Math.max(from, to)));
            from = Math.max(from, to);
            while (decoder.next()) {
              got.push(
                `${decoder.flags} ${Buffer.from(decoder.buffer.subarray(decoder.start, decoder.end)).toString("hex")}`,
              );
            }
          }
          expect(got).toEqual(
            frames.map(({ flags, body }) => `${flags} ${Buffer.from(body).toString("hex")}`),
          );
          expect(decoder.pending).toBe(false);
        },
      ),
    );
  });

  test("makes room for what has arrived, not for what was announced", () => {
    const decoder = new FrameDecoder(2 ** 40, 0);
    const head = new Uint8Array(9);
    head[0] = 2;
    head[4] = 0xff;
    decoder.feed(head);
    const before = process.memoryUsage().arrayBuffers;
    expect(decoder.next()).toBe(false);
    for (let i = 0; i < 100; i++) {
      decoder.feed(new Uint8Array(1));
      expect(decoder.next()).toBe(false);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  test("refuses a frame above its cap by its header alone", () => {
    const decoder = new FrameDecoder(100, 50);
    decoder.feed(Uint8Array.of(4, 51));
    expect(() => decoder.next()).toThrow("51 bytes");
  });
});

describe("Output", () => {
  test("hands over everything in order and never touches what it has handed over", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(300), fc.nat(100_000), fc.constant(-1)), { maxLength: 60 }),
        (steps) => {
          const chunks: { readonly chunk: Uint8Array; readonly copy: Uint8Array }[] = [];
          const output = new Output((chunk) => chunks.push({ chunk, copy: chunk.slice() }));
          const wanted: Uint8Array[] = [];
          for (const [i, size] of steps.entries()) {
            if (size < 0) {
              output.flush();
              continue;
            }
            const body = new Uint8Array(size).fill(i);
            const at = output.frame(0, size);
            output.buffer.set(body, at);
            wanted.push(
              size < 256
                ? Uint8Array.of(0, size)
                : Uint8Array.of(2, 0, 0, 0, 0, 0, size >> 16, size >> 8, size),
              body,
            );
          }
          output.flush();
          expect(output.pendingBytes).toBe(0);
          expect(Buffer.compare(concat(...chunks.map(({ chunk }) => chunk)), concat(...wanted))).toBe(0);
          for (const { chunk, copy } of chunks) expect(Buffer.compare(chunk, copy)).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("Deque", () => {
  test("is a queue", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(9), fc.constant("shift"), fc.constant("remove")), { maxLength: 200 }),
        (steps) => {
          const deque = new Deque<number>();
          const plain: number[] = [];
          for (const step of steps) {
            if (typeof step === "number") {
              deque.push(step);
              plain.push(step);
            } else if (step === "shift") expect(deque.shift()).toBe(plain.shift());
            else {
              const at = plain.indexOf(5);
              expect(deque.remove((item) => item === 5)).toBe(at >= 0);
              if (at >= 0) plain.splice(at, 1);
            }
            expect(deque.length).toBe(plain.length);
          }
        },
      ),
    );
  });
});

describe("keys and endpoints", () => {
  test("a key is the same in bytes, Z85 and base64", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const pair = { publicKey: key, secretKey: key };
        expect(readKey(keyPairToZ85(pair).publicKey)).toEqual(key);
        expect(readKey(keyPairToBase64(pair).secretKey)).toEqual(key);
        expect(readKey(key)).toEqual(key);
      }),
    );
    expect(() => readKey(new Uint8Array(31), "serverKey")).toThrow("serverKey");
  });

  test("endpoints are read and written", () => {
    expect(parseEndpoint("tcp://*:*", "bind")).toEqual({ host: "0.0.0.0", port: 0 });
    expect(parseEndpoint("tcp://[::1]:5", "connect")).toEqual({ host: "::1", port: 5 });
    expect(formatEndpoint({ host: "::1", port: 5 })).toBe("tcp://[::1]:5");
    expect(formatEndpoint(parseEndpoint("tcp://example.org:80", "connect"))).toBe("tcp://example.org:80");
  });
});
