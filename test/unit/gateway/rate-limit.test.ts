import { expect, test } from "vitest";
import { RateLimit } from "../../../src/gateway/rate-limit.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

test("RateLimit forgets full buckets, and none that is not", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, 1, 2);
  for (let name = 0; name < 5_000; name++) expect(limit.take(`old ${name}`)).toBe(true);
  await clock.advance(1_500);
  expect([limit.take("busy"), limit.take("busy"), limit.take("busy")]).toEqual([true, true, false]);
  await clock.advance(500);
  for (let name = 0; name < 5_000; name++) limit.take(`new ${name}`);
  expect(limit.take("busy")).toBe(false);
  expect([limit.take("old 1"), limit.take("old 1"), limit.take("old 1")]).toEqual([true, true, false]);
});

test("RateLimit lets a burst of one second's requests pass, and never more, however long nothing came", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, 3);
  await clock.advance(3_600_000);
  expect([1, 2, 3, 4].map(() => limit.take("a"))).toEqual([true, true, true, false]);
});
