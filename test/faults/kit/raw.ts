import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import type { Intent, Outcome } from "../../../src/protocol/v1/messages.ts";
import { clientTopic, ledgerTopic, pulseTopic } from "../../../src/protocol/v1/topics.ts";
import { RawClient, result } from "../../kit/raw-client.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import type { World } from "./world.ts";

/** A client by the letter with the connector's keys, in a session of its own, that hears ledger and hints. */
export async function rawClient(world: World, instance: string): Promise<RawClient> {
  const { time, site, keys } = world;
  const raw = new RawClient({
    transport: zmtpTransport({
      network: time.network,
      clock: time.clock,
      crypto: seededCrypto(`raw ${instance}`),
    }),
    clock: time.clock,
    host: "127.0.0.1",
    ports: site.ports,
    serverPublicKey: site.keys.publicKey,
    secretKey: keys.secretKey,
    instance,
  });
  await time.settle(raw.openAll());
  const events = raw.channel("events");
  for (const topic of [ledgerTopic(), pulseTopic(), clientTopic(raw.publicKeyHex)]) events.subscribe(topic);
  await time.settle(raw.hello());
  result(await time.settle(raw.request("barrier", { token: "here" })));
  await time.until(
    () => raw.ledger.some((event) => event.type === "barrier" && event.token === "here"),
    "the barrier",
  );
  return raw;
}

/** Closes raw clients. */
export async function closeAll(world: World, ...raws: readonly RawClient[]): Promise<void> {
  await world.time.settle(Promise.all(raws.map((raw) => raw.close())));
}

/** Buys 0.1 lots. */
export function buyIntent(changes: { readonly volume?: number; readonly symbol?: string } = {}): Intent {
  return {
    kind: "market",
    symbol: "EURUSD",
    side: "buy",
    volume: 0.1,
    stopLoss: 0,
    takeProfit: 0,
    deviation: 10,
    magic: "0",
    comment: "",
    filling: "auto",
    tag: "comment",
    ...changes,
  };
}

/** Waits for the `nth` outcome of an id and names it: its state, or the code of its refusal. */
export async function nthOutcome(world: World, raw: RawClient, id: string, nth = 1): Promise<string> {
  await world.time.until(() => raw.outcomes(id).length >= nth, `outcome ${nth} of ${id}`, 30_000);
  const outcome = raw.outcomes(id)[nth - 1];
  if (outcome === undefined) throw new Error(`No outcome ${nth} of ${id}`);
  return nameOf(outcome);
}

/** An outcome's state, or the code of a refusal. */
export function nameOf(outcome: Outcome): string {
  return outcome.state === "refused" ? outcome.code : outcome.state;
}
