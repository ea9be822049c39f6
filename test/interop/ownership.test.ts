import { describe, expect, it } from "vitest";
import * as zmtp from "../../src/adapters/zmtp.ts";

describe("the bytes given to send", () => {
  it.each([
    { kind: "Uint8Array", make: (text: string): Uint8Array => new TextEncoder().encode(text) },
    // its slice() is a view, unlike that of every other Uint8Array
    { kind: "Buffer", make: (text: string): Uint8Array => Buffer.from(text) },
  ])("may be overwritten when send resolves, also while the message waits: $kind", async ({ make }) => {
    await using push = new zmtp.Push();
    await using pull = new zmtp.Pull();
    const endpoint = await pull.bind("tcp://127.0.0.1:*");
    push.connect(endpoint);
    const frame = make("precious");
    // not connected yet, so the message waits in the queue
    await push.send(frame);
    frame.fill(0);
    const [got] = await pull.receive({ signal: AbortSignal.timeout(5_000) });
    expect(new TextDecoder().decode(got)).toBe("precious");
  });
});

describe("a received frame", () => {
  it("is a plain Uint8Array, whose slice() is a copy", async () => {
    await using push = new zmtp.Push();
    await using pull = new zmtp.Pull();
    push.connect(await pull.bind("tcp://127.0.0.1:*"));
    await push.send("frame");
    const [got] = await pull.receive({ signal: AbortSignal.timeout(5_000) });
    const copy = got?.slice();
    got?.fill(0);
    expect(new TextDecoder().decode(copy)).toBe("frame");
  });
});
