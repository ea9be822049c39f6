// Fuzzed messages against the gateway: node build/run.mjs test/unit/gateway/fuzz.ts [seconds] [seed]
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { FakeBackend, openRequest, TestClient, testGateway, testWorld } from "./kit.ts";
import { prng } from "./prng.ts";

const batch = 100;

/** What a run of fuzzed messages did. */
export interface FuzzReport {
  readonly seed: number;
  readonly messages: number;
  /** How often each status, or error code, was the reply. */
  readonly replies: Readonly<Record<string, number>>;
}

/** Sends fuzzed messages for so long; throws unless each got exactly one reply, and each order was executed once at most. */
export async function fuzzGateway(seconds: number, seed: number): Promise<FuzzReport> {
  const { clock, context } = testWorld();
  const backend = new FakeBackend();
  const gateway = await testGateway(context, [backend]);
  const client = new TestClient(context, clock, gateway.endpoint);
  const random = prng(seed);
  const deadline = Date.now() + seconds * 1000;
  const replies: Record<string, number> = {};
  let messages = 0;
  do {
    const tags = new Set<string>();
    for (let index = 0; index < batch; index++) {
      const name = `${messages}-${index}`;
      const text = JSON.stringify(random.pick(examples(clock, name)));
      const frames = mutate(text, random, new TextEncoder().encode(name));
      if (frames.length > 1) tags.add(name);
      await client.socket.send(frames);
    }
    for (let count = 0; count < batch; count++) {
      const frames = await clock.runUntil(client.socket.receive(), 60_000);
      ok(frames !== undefined, `${count} of ${batch} replies with seed ${seed}`);
      if (frames.length > 1)
        ok(tags.delete(new TextDecoder().decode(frames[0])), `one reply each with seed ${seed}`);
      const reply = JSON.parse(new TextDecoder().decode(frames.at(-1))) as Record<string, unknown>;
      const { uuid, status, error_code: code } = reply;
      strictEqual(typeof uuid, "string");
      ok(["ok", "FILLED", "REJECTED"].includes(String(status)), String(status));
      ok(code !== "INTERNAL_ERROR", `no fault inside with seed ${seed}`);
      const kind = String(code ?? status);
      replies[kind] = (replies[kind] ?? 0) + 1;
    }
    deepStrictEqual([...tags], [], `messages without a reply with seed ${seed}`);
    messages += batch;
    backend.positionsNow.length = 0;
    backend.executed.splice(0, Math.max(0, backend.executed.length - 10_000));
    gateway.audit.entries.length = 0;
    const errors = gateway.log.lines.splice(0).filter((line) => line.startsWith("ERROR"));
    deepStrictEqual(errors, [], `errors with seed ${seed}`);
    await clock.advance(10);
  } while (Date.now() < deadline);
  ok(await client.silent(), "no second reply to anything");
  const { status } = await client.ask({ uuid: "end", action: "PING" });
  strictEqual(status, "ok");
  const ids = backend.executed.map(({ id }) => id);
  strictEqual(new Set(ids).size, ids.length, "each order once");
  await clock.runUntil(Promise.all([client.socket.close({ lingerMs: 0 }), gateway.stop(0)]), 60_000);
  return { seed, messages, replies };
}

function examples(clock: Parameters<typeof openRequest>[0], uuid: string): readonly object[] {
  return [
    { uuid, action: "PING", timestamp: "2026-01-15T02:08:34.123456Z" },
    openRequest(clock, uuid),
    { uuid, action: "CLOSE", ticket: 12_345_678, symbol: "EURUSD", volume: 0.01 },
    { uuid, action: "GET_ACCOUNT" },
    { uuid, action: "GET_POSITIONS", symbol: "EURUSD" },
  ];
}

const spices = [
  "NaN",
  "Infinity",
  "-",
  "1e999",
  "1e-999",
  "\\u0000",
  "\\ud800",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "null",
  "true",
  "[[[[[[[[[[[[[[[[[[[[",
  '"__proto__":{},',
  '"uuid":"x",',
  "-0.0",
  "99999999999999999999999",
  "\u0000",
  "é",
  "\ufeff",
];

/** A message from a request: as it is, or with letters, bytes and frames changed. */
function mutate(text: string, random: ReturnType<typeof prng>, tag: Uint8Array): Uint8Array[] {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(bytes.length + 1);
    const to = Math.min(bytes.length, at + random.below(8));
    const spice =
      random.below(3) === 0
        ? Uint8Array.from({ length: random.below(6) }, () => random.below(256))
        : new TextEncoder().encode(random.pick(spices));
    bytes = Uint8Array.from([
      ...bytes.subarray(0, at),
      ...spice,
      ...bytes.subarray(random.below(2) === 0 ? at : to),
    ]);
  }
  const empty = new Uint8Array();
  switch (random.below(12)) {
    case 0:
      // without a delimiter: a reply comes, but nothing says to what
      return [bytes];
    case 1:
      return [tag, empty, bytes, bytes];
    case 2:
      return [tag, empty];
    case 3:
      return [tag, Uint8Array.of(1, 2), empty, bytes];
    case 4:
      return [tag, empty, empty];
    default:
      return [tag, empty, bytes];
  }
}

const [script, seconds = "120", seed = String(Date.now() % 1_000_000)] = process.argv.slice(1);
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  console.log(`Fuzzing the gateway for ${seconds} s with seed ${seed}`);
  const report = await fuzzGateway(Number(seconds), Number(seed));
  console.log(`${report.messages} messages, exactly one reply to each:`);
  for (const [kind, count] of Object.entries(report.replies).sort(([, a], [, b]) => b - a)) {
    console.log(`  ${String(count).padStart(8)}  ${kind}`);
  }
}
