import { expect, test } from "vitest";
import { FakeBackend, openRequest, TestClient, testGateway, testWorld } from "./kit.ts";
import { prng } from "./prng.ts";

/** Ten seconds in CI; `GATEWAY_FUZZ_SECONDS=120` for the long run, `GATEWAY_FUZZ_SEED` to repeat one. */
const seconds = Number(process.env["GATEWAY_FUZZ_SECONDS"] ?? "10");
const seed = Number(process.env["GATEWAY_FUZZ_SEED"] ?? String(Date.now() % 1_000_000));
const batch = 100;

test(`gateway answers every fuzzed message exactly once (${seconds} s, seed ${seed})`, {
  timeout: seconds * 1000 + 30_000,
}, async () => {
  const { clock, context } = testWorld();
  const backend = new FakeBackend();
  const gateway = await testGateway(context, [backend]);
  const client = new TestClient(context, clock, gateway.endpoint);
  const random = prng(seed);
  const deadline = Date.now() + seconds * 1000;
  let sent = 0;
  do {
    const uuids = new Set<string>();
    for (let index = 0; index < batch; index++) {
      const uuid = `${sent}-${index}`;
      const frames = mutate(JSON.stringify(random.pick(examples(clock, uuid))), random);
      uuids.add(uuid);
      await client.socket.send(frames);
    }
    let replies = 0;
    for (; replies < batch; replies++) {
      const frames = await clock.runUntil(client.socket.receive(), 60_000);
      if (frames === undefined) break;
      const reply = JSON.parse(new TextDecoder().decode(frames[frames.length - 1])) as Record<
        string,
        unknown
      >;
      expect(reply["uuid"]).toBeTypeOf("string");
      expect(["ok", "FILLED", "REJECTED"]).toContain(reply["status"]);
      if (reply["status"] === "REJECTED") expect(reply["error_code"]).not.toBe("INTERNAL_ERROR");
    }
    expect(replies, `of ${batch} with seed ${seed}`).toBe(batch);
    sent += batch;
    backend.positionsNow.length = 0;
    await clock.advance(10);
  } while (Date.now() < deadline);
  expect(await client.silent()).toBe(true);
  expect(await client.ask({ uuid: "end", action: "PING" })).toMatchObject({ status: "ok" });
  const ids = backend.executed.map(({ id }) => id);
  expect(new Set(ids).size, "each order once").toBe(ids.length);
  expect(gateway.log.lines.filter((line) => line.startsWith("ERROR"))).toEqual([]);
  await clock.runUntil(Promise.all([client.socket.close({ lingerMs: 0 }), gateway.stop(0)]), 60_000);
});

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
function mutate(text: string, random: ReturnType<typeof prng>): Uint8Array[] {
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
      return [bytes];
    case 1:
      return [empty, bytes, bytes];
    case 2:
      return [empty];
    case 3:
      return [Uint8Array.of(1, 2), empty, bytes];
    case 4:
      return [empty, empty];
    default:
      return [empty, bytes];
  }
}
