import { expect, test } from "vitest";
import { fuzzGateway } from "./fuzz.ts";

/** Ten seconds here; `node build/run.mjs test/unit/gateway/fuzz.ts` runs for two minutes. `GATEWAY_FUZZ_SEED` repeats a run. */
const seconds = Number(process.env["GATEWAY_FUZZ_SECONDS"] ?? "10");
const seed = Number(process.env["GATEWAY_FUZZ_SEED"] ?? String(Date.now() % 1_000_000));

test(`gateway answers every fuzzed message exactly once (${seconds} s, seed ${seed})`, {
  timeout: seconds * 1000 + 30_000,
}, async () => {
  const { messages, replies } = await fuzzGateway(seconds, seed);
  expect(messages).toBeGreaterThan(0);
  // a run in which nothing was filled, or everything, would prove little
  for (const kind of ["ok", "FILLED", "INVALID_JSON", "INVALID_REQUEST"])
    expect(replies[kind]).toBeGreaterThan(0);
});
