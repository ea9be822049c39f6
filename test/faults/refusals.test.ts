import { expect, test } from "vitest";
import { zmtpTransport } from "../../src/adapters/zmtp-transport.ts";
import { RawClient } from "../kit/raw-client.ts";
import { buyIntent, closeAll, nthOutcome, rawClient } from "./kit/raw.ts";
import { seededBytes, seededCrypto } from "./kit/seeded-crypto.ts";
import { createWorld } from "./kit/world.ts";

test("agent.stats() counts everything refused by channel and name, and onRefusal is told each", async () => {
  const world = await createWorld({ record: false, limits: { commandsPerSecond: 1 } });
  const { site, time } = world;
  const raw = await rawClient(world, "one");
  for (const id of ["a", "b", "c"]) raw.sendCommand(raw.command(id, buyIntent()));
  expect(await nthOutcome(world, raw, "c")).toBe("RATE_LIMITED");
  raw.sendCommand(raw.command("d", buyIntent({ volume: -1 })));
  expect(await nthOutcome(world, raw, "d")).toBe("BAD_REQUEST");
  const stranger = new RawClient({
    transport: zmtpTransport({ network: time.network, clock: time.clock, crypto: seededCrypto("stranger") }),
    clock: time.clock,
    host: "127.0.0.1",
    ports: site.ports,
    serverPublicKey: site.keys.publicKey,
    secretKey: seededBytes("stranger's key")(32),
    instance: "stranger",
  });
  await expect(time.settle(stranger.openAll())).rejects.toThrow();
  await time.pass(1_000);
  const { refusals, handshakesFailed } = site.agent.stats();
  expect(refusals).toEqual({
    "command RATE_LIMITED": 1,
    "command BAD_REQUEST": 1,
    "command HANDSHAKE_AUTHENTICATION": 1,
    "events HANDSHAKE_AUTHENTICATION": 1,
    "sync HANDSHAKE_AUTHENTICATION": 1,
  });
  expect(handshakesFailed).toBe(3);
  expect(site.refusals.map(({ channel, code }) => `${channel} ${code}`).sort()).toEqual(
    Object.keys(refusals).sort(),
  );
  expect(site.refusals.every(({ message, address }) => message !== "" && address !== "")).toBe(true);
  await closeAll(world, raw, stranger);
  await world.close();
});
