import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import type { DrivenSocket, SocketSettings } from "./driver.ts";
import { syncTopic } from "./driver.ts";
import { messages, type Plan, type Received, Tally } from "./plan.ts";

/** Topics that a publisher draws from; one is a prefix of another, one is empty. */
const topics = ["EURUSD", "EURUSDm", "XAUUSD", ""];
/** What the subscriber asks for: all of the above but the empty one, and of `XAUUSD` by a prefix. */
const subscriptions = ["EURUSD", "XAU"];

/** How much to exchange, over both directions. */
export interface Amount {
  readonly count: number;
  /** Messages of 64 MiB among them, in patterns that go one way. */
  readonly huge?: number;
  readonly timeoutMs: number;
}

/** What one side should have received, and what it has. */
export interface Verdict {
  readonly side: string;
  readonly expected: Received;
  readonly got: Received;
}

/** What each end of a pair must be opened with. */
export function settingsFor(own: SocketType, other: SocketType, name: string): SocketSettings {
  if (own === "SUB") return { subscribe: [...subscriptions, syncTopic] };
  if (own === "ROUTER" && other === "ROUTER") return { identity: name, mandatory: true };
  return {};
}

const known = new Map<string, Received>();

/** The messages of a plan that a receiver should get: all, or those that one of the prefixes matches. */
export function expectedOf(plan: Plan, prefixes?: readonly string[]): Received {
  // many cells of a matrix share a plan
  const key = JSON.stringify([plan, prefixes]);
  const expected = known.get(key) ?? tallyOf(plan, prefixes);
  known.set(key, expected);
  return expected;
}

function tallyOf(plan: Plan, prefixes?: readonly string[]): Received {
  const tally = new Tally();
  for (const parts of messages(plan)) {
    const topic = Buffer.from(parts[0] ?? []).toString();
    if (prefixes?.some((prefix) => topic.startsWith(prefix)) ?? true) tally.add(parts);
  }
  return tally.result();
}

const plan = (seed: string, count: number): Plan => ({ seed, count });
const hex = (text: string): string => Buffer.from(text).toString("hex");

/** Runs the traffic that a pair of types is for, and gives for each receiving side what should have come and what did. */
export async function exchange(a: DrivenSocket, b: DrivenSocket, amount: Amount): Promise<Verdict[]> {
  const types = `${a.type}-${b.type}`;
  const { timeoutMs } = amount;
  const half = Math.ceil(amount.count / 2);
  const seeds = { a: `${types}:a`, b: `${types}:b` };
  const both = ([gotA, gotB]: readonly [Received, Received]): Verdict[] => [
    { side: a.type, expected: expectedOf(plan(seeds.b, half)), got: gotA },
    { side: b.type, expected: expectedOf(plan(seeds.a, half)), got: gotB },
  ];
  switch (types) {
    case "PUSH-PULL":
      return [await stream(a, b, { seed: types, count: amount.count, huge: amount.huge ?? 0 }, timeoutMs)];
    case "PUB-SUB":
    case "PUB-XSUB":
    case "XPUB-SUB":
    case "XPUB-XSUB":
      return [await publish(a, b, { seed: types, count: amount.count * 1.5, topics }, timeoutMs)];
    case "REQ-REP":
    case "REQ-ROUTER":
      return both(
        await Promise.all([
          a.lockstep({ send: plan(seeds.a, half), timeoutMs }),
          b.serve({ send: plan(seeds.b, half), envelope: b.type === "ROUTER" ? 2 : 0, timeoutMs }),
        ]),
      );
    case "DEALER-REP":
    case "DEALER-ROUTER": {
      const delimiter = b.type === "REP";
      return both(
        await Promise.all([
          a.duplex({
            send: plan(seeds.a, half),
            prefix: delimiter ? [""] : [],
            receive: half,
            strip: delimiter ? 1 : 0,
            timeoutMs,
          }),
          b.serve({ send: plan(seeds.b, half), envelope: delimiter ? 0 : 1, timeoutMs }),
        ]),
      );
    }
    case "DEALER-DEALER":
    case "PAIR-PAIR":
      return both(
        await Promise.all([
          a.duplex({ send: plan(seeds.a, half), receive: half, timeoutMs }),
          b.duplex({ send: plan(seeds.b, half), receive: half, timeoutMs }),
        ]),
      );
    case "ROUTER-ROUTER": {
      const [gotA, gotB] = await Promise.all([
        a.duplex({ send: plan(seeds.a, half), prefix: [hex("b")], receive: half, strip: 1, timeoutMs }),
        b.duplex({ send: plan(seeds.b, half), prefix: [hex("a")], receive: half, strip: 1, timeoutMs }),
      ]);
      const envelopes = JSON.stringify([gotA.stripped, gotB.stripped]);
      if (envelopes !== JSON.stringify([[[hex("b")]], [[hex("a")]]])) {
        throw new Error(`The routers saw other identities than a and b: ${envelopes}`);
      }
      return both([gotA, gotB]);
    }
    default: {
      const reversed = `${b.type}-${a.type}`;
      if (!reversible.has(reversed)) throw new Error(`No traffic is defined for ${types}`);
      return (await exchange(b, a, amount)).reverse();
    }
  }
}

const reversible: ReadonlySet<string> = new Set([
  "PUSH-PULL",
  "PUB-SUB",
  "PUB-XSUB",
  "XPUB-SUB",
  "XPUB-XSUB",
  "REQ-REP",
  "REQ-ROUTER",
  "DEALER-REP",
  "DEALER-ROUTER",
]);

async function stream(a: DrivenSocket, b: DrivenSocket, send: Plan, timeoutMs: number): Promise<Verdict> {
  const [got] = await Promise.all([
    b.duplex({ receive: send.count, timeoutMs }),
    a.duplex({ send, timeoutMs }),
  ]);
  return { side: b.type, expected: expectedOf(send), got };
}

async function publish(a: DrivenSocket, b: DrivenSocket, send: Plan, timeoutMs: number): Promise<Verdict> {
  if (b.type === "XSUB") {
    for (const prefix of [...subscriptions, syncTopic]) await b.send([Buffer.from(`\u0001${prefix}`)]);
  }
  const expected = expectedOf(send, subscriptions);
  const publishing = async (): Promise<void> => {
    if (a.type === "XPUB") await hearSubscriptions(a);
    // a PUB cannot know that a subscription has arrived: it repeats a message until the subscriber has seen it
    await a.duplex({ send, announce: a.type === "PUB", timeoutMs });
  };
  const starting = async (): Promise<void> => {
    if (a.type !== "PUB") return;
    await b.event("synced", timeoutMs);
    await a.go();
  };
  // the subscriber first: a bound one of libzmq takes notice of a new connection only while it is being used
  const receiving = b.duplex({ receive: expected.count, timeoutMs });
  const [got] = await Promise.all([receiving, publishing(), starting()]);
  return { side: b.type, expected, got };
}

async function hearSubscriptions(publisher: DrivenSocket): Promise<void> {
  const asked = [...subscriptions, syncTopic].map((prefix) => `\u0001${prefix}`);
  const heard: string[] = [];
  for (const _ of asked) {
    heard.push((await publisher.receive()).map((frame) => Buffer.from(frame).toString()).join("|"));
  }
  if (JSON.stringify(heard.sort()) !== JSON.stringify(asked.sort())) {
    throw new Error(`XPUB heard other subscriptions than those made: ${JSON.stringify(heard)}`);
  }
}
