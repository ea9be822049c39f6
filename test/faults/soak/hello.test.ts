import { expect, test } from "vitest";
import { result } from "../../kit/raw-client.ts";
import { buyIntent, closeAll, rawClient } from "../kit/raw.ts";
import { createWorld, type World } from "../kit/world.ts";
import { keptBytes } from "./kept-bytes.ts";

/** Weighs a world whose connector found `untold` outcomes of an earlier process at its connect, and has told them. */
async function keptAfter(untold: number): Promise<number> {
  const world = await createWorld({ record: false });
  const { time, site, client } = world;
  await leaveOutcomes(world, 256, 256 - untold);
  await client.connect();
  await time.pass(10_000);
  const book = client.book(site);
  expect(book.outcomes.length).toBe(untold);
  book.forget(site.terminal.historyDeals("0"));
  const kept = (await keptBytes()) - site.journalStore.allocatedBytes;
  await world.close();
  return kept;
}

/** Trades, acknowledges the first of the outcomes, and ends. */
async function leaveOutcomes(world: World, count: number, acknowledged: number): Promise<void> {
  const { time } = world;
  const raw = await rawClient(world, "before");
  const ids = Array.from({ length: count }, (_, i) => `u-${i}`);
  for (const id of ids) raw.sendCommand(raw.command(id, buyIntent({ volume: 0.01 })));
  await time.until(() => ids.every((id) => raw.outcomes(id).length > 0), "all outcomes");
  if (acknowledged > 0) {
    result(await time.settle(raw.request("outcome.ack", { ids: ids.slice(0, acknowledged) })));
  }
  result(await time.settle(raw.request("bye")));
  await closeAll(world, raw);
}

test("the outcomes that hello lists are let go when they have been told", { timeout: 60_000 }, async () => {
  // The first world warms up.
  await keptAfter(128);
  const difference = (await keptAfter(256)) - (await keptAfter(0));
  // Held for as long as the session, 256 outcomes with their deals weigh 130 KB more. What is left is the room that the
  // connection's buffers have made for the long reply, and the ids that are remembered.
  expect(difference).toBeLessThan(260_000);
});
