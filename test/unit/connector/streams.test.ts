import { beforeEach, describe, expect, test } from "vitest";
import { type BookListener, Books } from "../../../src/connector/books.ts";
import { RequestRefusedError, TimeoutError } from "../../../src/connector/errors.ts";
import { createLog } from "../../../src/connector/log.ts";
import type { Answer, Requests } from "../../../src/connector/requests.ts";
import { Subscriptions, type TickListener } from "../../../src/connector/subscriptions.ts";
import { packTicks } from "../../../src/protocol/v1/bulk.ts";
import { limits } from "../../../src/protocol/v1/limits.ts";
import type { SyncOp, TicksMessage } from "../../../src/protocol/v1/messages.ts";

/** What the agent is asked, and what it answers next; without an answer it agrees. */
let asked: string[];
let answers: ((symbols: readonly string[]) => object)[];
let ready: boolean;
let retries: number;
let topics: string[];

const decoder = new TextDecoder();
const requests = {
  request: async (op: SyncOp, args: { readonly symbols: readonly string[] }): Promise<Answer<unknown>> => {
    asked.push(`${op} ${args.symbols.join(",")}`);
    const agree = (symbols: readonly string[]): object => ({
      symbols: symbols.map((symbol) => ({ symbol, count: 10 })),
    });
    const result = (answers.shift() ?? agree)(args.symbols);
    return { result, bulk: undefined, epoch: 1, seq: 0, agentMs: 0, roundTripMs: 0 };
  },
} as unknown as Requests;

function deps(): ConstructorParameters<typeof Subscriptions>[0] {
  return {
    requests,
    requestTimeoutMs: 1_000,
    log: createLog(undefined, () => 0, undefined),
    ready: () => ready,
    retry: (): void => void retries++,
    topicAdded: (topic): void => void topics.push(`+${decoder.decode(topic)}`),
    topicRemoved: (topic): void => void topics.push(`-${decoder.decode(topic)}`),
  };
}

function refuse(): never {
  throw new RequestRefusedError("no", { code: "UNKNOWN_SYMBOL", remedy: "none" });
}

function unreachable(): never {
  throw new TimeoutError("silence", { code: "TIMEOUT", remedy: "none" });
}

class Ears implements TickListener, BookListener {
  readonly heard: string[] = [];
  tick(symbol: string, tick: { readonly bid: number }): void {
    this.heard.push(`${symbol} ${tick.bid}`);
  }
  lost(symbol: string, count: number): void {
    this.heard.push(`${symbol} lost ${count}`);
  }
  book(symbol: string, levels: readonly unknown[]): void {
    this.heard.push(`${symbol} ${levels.length} levels`);
  }
  failed(symbol: string, error: Error): void {
    this.heard.push(`${symbol} failed: ${error.message}`);
  }
}

beforeEach(() => {
  asked = [];
  answers = [];
  ready = true;
  retries = 0;
  topics = [];
});

/** Lets what was started with a promise go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe("Subscriptions", () => {
  const batch = (change: Partial<TicksMessage>, ...bids: number[]): [TicksMessage, Uint8Array] => {
    const ticks = bids.map((bid) => ({
      timeBrokerMs: 1,
      bid,
      ask: bid,
      last: 0,
      volume: 0,
      volumeReal: 0,
      flags: 0,
    }));
    const head = {
      v: 1,
      epoch: 1,
      symbol: "A",
      count: 11,
      n: bids.length,
      skipped: 0,
      agentMs: 0,
      ...change,
    };
    return [head as TicksMessage, packTicks(ticks)];
  };

  async function subscribed(): Promise<{ readonly streams: Subscriptions; readonly ears: Ears }> {
    const streams = new Subscriptions(deps());
    const ears = new Ears();
    const confirmed = streams.add("A", ears);
    await streams.restore();
    await confirmed;
    return { streams, ears };
  }

  const nothing = (): void => undefined;

  test("a second listener of a confirmed symbol needs no request", async () => {
    const { streams } = await subscribed();
    await streams.add("A", new Ears());
    expect(asked).toEqual(["subscribe A"]);
    expect(topics).toHaveLength(1);
  });

  test("more symbols than a session may have are refused", async () => {
    const streams = new Subscriptions(deps());
    for (let index = 0; index < limits.maxSymbolsPerSession; index++) {
      streams.add(`S${index}`, new Ears()).catch(nothing);
    }
    await expect(streams.add("one more", new Ears())).rejects.toMatchObject({
      name: "LimitExceededError",
      code: "TOO_MANY_SUBSCRIPTIONS",
    });
  });

  test("receive counts ticks that were lost before a batch, and leaves out those that came twice", async () => {
    const { streams, ears } = await subscribed();
    streams.receive(...batch({ count: 11 }, 1.1), nothing);
    streams.receive(...batch({ count: 15 }, 1.4, 1.5), nothing);
    streams.receive(...batch({ count: 16 }, 1.5, 1.6), nothing);
    streams.receive(...batch({ count: 16 }, 1.6), nothing);
    expect(ears.heard).toEqual(["A 1.1", "A lost 2", "A 1.4", "A 1.5", "A 1.6"]);
  });

  test("receive starts counting anew with the agent's next life", async () => {
    const { streams, ears } = await subscribed();
    streams.receive(...batch({ epoch: 2, count: 3 }, 1.1), nothing);
    streams.receive(...batch({ epoch: 2, count: 4 }, 1.2), nothing);
    expect(ears.heard).toEqual(["A 1.1", "A 1.2"]);
  });

  test("receive keeps the count of ticks that overtook the answer to subscribe", async () => {
    const streams = new Subscriptions(deps());
    const ears = new Ears();
    const confirmed = streams.add("A", ears);
    streams.receive(...batch({ count: 12 }, 1.2), nothing);
    await streams.restore();
    await confirmed;
    streams.receive(...batch({ count: 13 }, 1.3), nothing);
    expect(ears.heard).toEqual(["A 1.2", "A 1.3"]);
  });

  test("receive passes over symbols that nobody listens to any more", async () => {
    const { streams, ears } = await subscribed();
    streams.receive(...batch({ symbol: "B" }, 1.1), nothing);
    expect(ears.heard).toEqual([]);
  });

  test("one symbol that the agent refuses does not cost the others", async () => {
    const streams = new Subscriptions(deps());
    const ears = new Ears();
    const good = streams.add("A", ears);
    const bad = streams.add("NOPE", ears).catch((error: unknown) => error);
    answers.push(refuse, () => ({ symbols: [{ symbol: "A", count: 1 }] }), refuse);
    await streams.restore();
    await good;
    expect(await bad).toMatchObject({ code: "UNKNOWN_SYMBOL" });
    expect(asked).toEqual(["subscribe A,NOPE", "subscribe A", "subscribe NOPE"]);
    expect(ears.heard).toEqual(["NOPE failed: no"]);
    expect(streams.symbols).toEqual(["A"]);
  });

  test("an answer that leaves a symbol out is no confirmation", async () => {
    const streams = new Subscriptions(deps());
    streams.add("A", new Ears()).catch(nothing);
    answers.push(() => ({ symbols: [] }));
    await expect(streams.restore()).rejects.toThrow("A is missing");
    expect(retries).toBe(0);
  });

  test("a symbol given up while it is asked for ends its waiting, and is not confirmed by the answer", async () => {
    const streams = new Subscriptions(deps());
    const ears = new Ears();
    const waiting = streams.add("A", ears).catch((error: unknown) => error);
    const asking = streams.restore();
    await streams.remove(["A"], ears);
    await asking;
    expect(await waiting).toMatchObject({ code: "CLOSED" });
    expect(asked).toEqual(["subscribe A", "unsubscribe A"]);
    expect(streams.symbols).toEqual([]);
  });

  test("a refusal of a symbol given up meanwhile reaches nobody", async () => {
    const streams = new Subscriptions(deps());
    const ears = new Ears();
    streams.add("A", ears).catch(nothing);
    answers.push(refuse);
    const asking = streams.restore();
    await streams.remove(["A"], ears);
    await asking;
    expect(ears.heard).toEqual([]);
  });

  test("restoreSoon asks the session to try again when the agent cannot be asked", async () => {
    const streams = new Subscriptions(deps());
    streams.add("A", new Ears()).catch(nothing);
    answers.push(unreachable);
    streams.restoreSoon();
    await turns();
    expect(retries).toBe(1);
  });

  test("restore runs once at a time, and asks nothing without a session", async () => {
    const streams = new Subscriptions(deps());
    streams.add("A", new Ears()).catch(nothing);
    await Promise.all([streams.restore(), streams.restore()]);
    expect(asked).toEqual(["subscribe A"]);
    ready = false;
    streams.invalidate();
    await streams.restore();
    expect(asked).toEqual(["subscribe A"]);
  });

  test("end rejects whoever waits, and remove after it asks nobody", async () => {
    const streams = new Subscriptions(deps());
    const ears = new Ears();
    const waiting = streams.add("A", ears).catch((error: unknown) => error);
    streams.end(new Error("over"));
    expect(await waiting).toEqual(new Error("over"));
    ready = false;
    await streams.remove(["A"], ears);
    expect(asked).toEqual([]);
  });
});

describe("Books", () => {
  const nothing = (): void => undefined;

  test("a second listener of a confirmed symbol needs no request, and both hear the depth", async () => {
    const books = new Books(deps());
    const [one, two] = [new Ears(), new Ears()];
    await books.add("A", one);
    await books.add("A", two);
    const head = { v: 1 as const, epoch: 1, symbol: "A", n: 0, skipped: 0, agentMs: 0, brokerMs: 0 };
    books.receive(head, undefined);
    books.receive({ ...head, symbol: "B" }, undefined);
    expect([one.heard, two.heard]).toEqual([["A 0 levels"], ["A 0 levels"]]);
    expect(asked).toEqual(["depth.subscribe A"]);
  });

  test("more symbols than a session may have are refused", async () => {
    ready = false;
    const books = new Books(deps());
    for (let index = 0; index < limits.maxSymbolsPerSession; index++) {
      books.add(`S${index}`, new Ears()).catch(nothing);
    }
    await expect(books.add("one more", new Ears())).rejects.toMatchObject({ code: "TOO_MANY_SUBSCRIPTIONS" });
  });

  test("one symbol without depth does not cost the others", async () => {
    const books = new Books(deps());
    const ears = new Ears();
    answers.push(refuse, () => ({}), refuse);
    const good = books.add("A", ears);
    const bad = books.add("NOPE", ears).catch((error: unknown) => error);
    await good;
    expect(await bad).toMatchObject({ code: "UNKNOWN_SYMBOL" });
    expect(ears.heard).toEqual(["NOPE failed: no"]);
    expect(books.symbols).toEqual(["A"]);
  });

  test("what cannot be asked now is left to the session to try again", async () => {
    const books = new Books(deps());
    answers.push(unreachable);
    books.add("A", new Ears()).catch(nothing);
    await turns();
    expect(retries).toBe(1);
    await books.restore();
    expect(asked).toEqual(["depth.subscribe A", "depth.subscribe A"]);
  });

  test("a symbol given up while it is asked for ends its waiting, whatever the answer is", async () => {
    for (const answer of [(): object => ({}), refuse]) {
      const books = new Books(deps());
      const ears = new Ears();
      answers.push(answer);
      const waiting = books.add("A", ears).catch((error: unknown) => error);
      await Promise.resolve();
      await books.remove(["A"], ears);
      expect(await waiting).toMatchObject({ code: "CLOSED" });
      await turns();
      expect(ears.heard).toEqual([]);
      expect(books.symbols).toEqual([]);
    }
  });

  test("end rejects whoever waits, and remove after it asks nobody", async () => {
    ready = false;
    const books = new Books(deps());
    const ears = new Ears();
    const waiting = books.add("A", ears).catch((error: unknown) => error);
    books.end(new Error("over"));
    expect(await waiting).toEqual(new Error("over"));
    await books.remove(["A"], ears);
    expect(asked).toEqual([]);
  });
});
