import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AgentPoint } from "../../../../src/simulator/agent/agent-options.ts";
import { MemoryJournalStore } from "../../../../src/simulator/agent/memory-journal.ts";
import type { Behaviour } from "../../../kit/fake-terminal.ts";
import { Rig, type TestClient } from "./rig.ts";

const points: readonly AgentPoint[] = [
  "commandReceived",
  "beforeJournal",
  "journalled",
  "sent",
  "resultReceived",
  "beforeOutcome",
  "outcomeJournalled",
  "outcomePublished",
  "tombstoned",
];

const behaviours: readonly Behaviour[] = [
  {},
  { retcode: undefined },
  { execute: false, retcode: undefined },
  { execute: false, retcode: 10019 },
  { retcode: 10012 },
  { execute: false, retcode: 10012 },
  { synchronous: true },
  { dealsAfterMs: 40, answerAfterMs: 10 },
  { executeAfterMs: 400 },
  { refuseLocally: 10027 },
  { throws: true },
  { comment: "rewritten by the broker" },
];

type Step =
  | { readonly do: "trade" | "repeat" | "lookUp"; readonly id: number }
  | { readonly do: "behave"; readonly behaviour: number }
  | { readonly do: "killAt"; readonly point: number }
  | { readonly do: "restart"; readonly surviving: number }
  | {
      readonly do:
        | "session"
        | "diskFull"
        | "diskFree"
        | "diskFault"
        | "loseTransactions"
        | "tellTransactions";
    }
  | { readonly do: "wait"; readonly ms: number };

const id = fc.integer({ min: 0, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("trade" as const), id }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("repeat" as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lookUp" as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("behave" as const),
      behaviour: fc.integer({ min: 0, max: behaviours.length - 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("killAt" as const),
      point: fc.integer({ min: 0, max: points.length - 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("restart" as const),
      surviving: fc.integer({ min: 0, max: 2_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "session" as const,
        "diskFull" as const,
        "diskFree" as const,
        "diskFault" as const,
        "loseTransactions" as const,
        "tellTransactions" as const,
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 30 }) }),
  },
);

/** What a caller was told for certain about an id. */
interface Told {
  executed: boolean;
  /** The stamps up to which "not executed" was certain. */
  notExecuted: boolean;
}

async function play(steps: readonly Step[]): Promise<void> {
  const rig = new Rig();
  const store = new MemoryJournalStore({ clock: rig.clock, flushMs: 3 });
  let dying: AgentPoint | undefined;
  const hooks = {
    at: (point: AgentPoint): void => {
      if (point !== dying) return;
      dying = undefined;
      dead = true;
      rig.agent.kill();
    },
  };
  let dead = false;
  const settings = { journal: store, hooks, limits: { resultTimeoutMs: 300, dealsWaitMs: 200 } };
  let client: TestClient;
  const clients: TestClient[] = [];
  const bodies = new Map<number, Record<string, unknown>>();

  async function start(): Promise<void> {
    rig.agent.kill();
    store.capacityBytes = Number.POSITIVE_INFINITY;
    store.failure = undefined;
    dying = undefined;
    await rig.clock.advance(5);
    await rig.start(settings);
    dead = false;
    await session();
  }
  async function session(): Promise<void> {
    const next = await rig.client();
    clients.push(next);
    client = next;
    // The agent may die on the way; the next step brings both back.
    if (!dead) await next.hello().catch(() => undefined);
  }
  rig.make(settings);
  await start();

  for (const now of steps) {
    // A connector notices that its agent died and comes back.
    if (dead) await start();
    switch (now.do) {
      case "trade": {
        // One command per id, as a connector makes it; every copy bears the same stamps.
        if (bodies.has(now.id)) break;
        const body = current().order(`id${now.id}`, {}, { comment: `c${now.id}`, tag: "comment" });
        bodies.set(now.id, body);
        write(body);
        break;
      }
      case "repeat": {
        const body = bodies.get(now.id);
        if (body === undefined) break;
        write({ ...body, session: current().session, n: ++current().commandN });
        break;
      }
      case "lookUp": {
        const request = current().body("outcome", { id: `id${now.id}` });
        await current()
          .send(request)
          .catch(() => undefined);
        break;
      }
      case "behave":
        rig.terminal.behaviour = behaviours[now.behaviour] ?? {};
        break;
      case "killAt":
        dying = points[now.point];
        break;
      case "restart":
        store.survivingBytes = now.surviving;
        await start();
        break;
      case "session":
        await session();
        break;
      case "diskFull":
        store.capacityBytes = store.bytes.length + 30;
        break;
      case "diskFault":
        store.failure = new Error("I/O error");
        break;
      case "diskFree":
        store.capacityBytes = Number.POSITIVE_INFINITY;
        store.failure = undefined;
        break;
      case "loseTransactions":
        rig.terminal.tellsTransactions = false;
        break;
      case "tellTransactions":
        rig.terminal.tellsTransactions = true;
        break;
      case "wait":
        await rig.clock.advance(now.ms);
    }
  }
  await rig.clock.advance(1_000);
  await start();
  await rig.clock.advance(1_000);

  for (const number of bodies.keys()) {
    const name = `id${number}`;
    const executions = rig.terminal.executions.filter((request) =>
      request.comment?.startsWith(`c${number}~`),
    ).length;
    expect(executions, `${name} executed`).toBeLessThanOrEqual(1);
    const told: Told = { executed: false, notExecuted: false };
    for (const one of clients) {
      for (const outcome of one.outcomes(name)) {
        if (outcome.state === "executed") told.executed = true;
        if (outcome.state === "rejected" || outcome.state === "void") told.notExecuted = true;
        if (outcome.state === "refused" && certain.has(outcome.code)) told.notExecuted = true;
      }
      for (const { body } of one.replies.values()) {
        const outcome = body.ok
          ? (body.result as { outcome?: { id: string; state: string } }).outcome
          : undefined;
        if (outcome?.id !== name) continue;
        if (outcome.state === "executed") told.executed = true;
        if (outcome.state === "rejected" || outcome.state === "void") told.notExecuted = true;
      }
    }
    if (told.executed) expect(executions, `${name} was told executed`).toBe(1);
    if (told.notExecuted) expect(executions, `${name} was told not executed`).toBe(0);
    expect(told.executed && told.notExecuted, `${name} was told both`).toBe(false);
  }
  for (const one of clients) {
    const seqs = one.events.filter((event) => event.epoch === one.epoch).map((event) => event.seq);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
  }
  rig.agent.kill();

  function current(): TestClient {
    return client;
  }
  function write(body: object): void {
    try {
      current().write(body);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("Cannot send"))) throw error;
    }
  }
}

const certain: ReadonlySet<string> = new Set([
  "EXPIRED",
  "BAD_REQUEST",
  "RATE_LIMITED",
  "LIMIT",
  "ROLE",
  "JOURNAL",
  "VOID",
]);

describe("agent", () => {
  it("executes no id twice and is certain of nothing that is not so, under random faults", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => play(steps)),
      { numRuns: Number(process.env["AGENT_RUNS"] ?? 80) },
    );
  }, 120_000);
});
