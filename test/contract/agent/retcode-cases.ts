import { deepEqual, equal } from "node:assert/strict";
import { type Certainty, retcodes } from "../../../src/domain/retcodes.ts";
import type { Outcome } from "../../../src/protocol/v1/messages.ts";
import { type RawClient, result } from "../../kit/raw-client.ts";
import { live, marketIntent, outcomeOf } from "./steps.ts";
import type { AgentCase, AgentWorld } from "./world.ts";

/** All codes of a class, and for what proves nothing one that is in no table. */
function codesOf(certainty: Certainty): readonly number[] {
  const codes = retcodes.filter((info) => info.certainty === certainty).map((info) => info.code);
  return certainty === "unknown" ? [...codes, 10_999] : codes;
}

/** Lets the trade server answer one market order with each code of a class, one after the other. */
async function answered(
  world: AgentWorld,
  raw: RawClient,
  when: "before" | "after",
  codes: readonly number[],
): Promise<void> {
  for (const code of codes) {
    world.broker.answerNext(when, { retcode: code });
    raw.sendCommand(raw.command(`r-${code}`, marketIntent({ volume: 0.01 })));
    // The next answer may be set only when this one has been given.
    await world.until(
      () => raw.told.some((outcome) => outcome.id === `r-${code}`),
      `outcome of ${code}`,
      30_000,
    );
  }
}

/** What a case tells of each code. */
function statesOf(raw: RawClient, codes: readonly number[]): string[] {
  return codes.map((code) => {
    const outcome = raw.outcomes(`r-${code}`).at(-1);
    const retcode = outcome !== undefined && "retcode" in outcome ? outcome.retcode : undefined;
    return `${code} ${outcome?.state} ${retcode}`;
  });
}

/** Every class of the table of return codes, all its codes injected at the trade server (docs/protocol.md, 6.3). */
export const retcodeCases: readonly AgentCase[] = [
  {
    name: "retcode no: each code of the class is rejected with that code, and nothing was executed",
    covers: ["retcode no", "outcome rejected"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const codes = codesOf("no");
      await answered(world, raw, "before", codes);
      deepEqual(
        statesOf(raw, codes),
        codes.map((code) => `${code} rejected ${code}`),
      );
      equal(world.broker.executed.length, 0);
    },
  },
  {
    name: "retcode yes: each code of the class is executed, once",
    covers: ["retcode yes", "outcome executed"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const codes = codesOf("yes");
      await answered(world, raw, "after", codes);
      deepEqual(
        statesOf(raw, codes),
        codes.map((code) => `${code} executed ${code}`),
      );
      equal(world.broker.executed.length, codes.length);
      equal(world.broker.positions().length, codes.length);
    },
  },
  {
    name: "retcode unknown: no code of the class, nor one that is in no table, is called rejected or executed on its word",
    covers: ["retcode unknown", "outcome unknown"],
    async run(world): Promise<void> {
      const raw = await live(world);
      // What only says that the order waits is no answer yet: silence follows it, see op outcome.
      const codes = codesOf("unknown").filter((code) => code !== 10_008);
      await answered(world, raw, "before", codes);
      deepEqual(
        statesOf(raw, codes),
        codes.map((code) => `${code} unknown ${code}`),
      );
      equal(world.broker.executed.length, 0);
    },
  },
  {
    name: "retcode unknown: what was executed all the same is found by its deals, whatever the code said",
    covers: ["retcode unknown", "outcome executed"],
    async run(world): Promise<void> {
      const raw = await live(world);
      const codes = codesOf("unknown");
      for (const code of codes) {
        world.broker.answerNext("after", { retcode: code });
        raw.sendCommand(raw.command(`r-${code}`, marketIntent({ volume: 0.01 })));
        await world.until(
          () => raw.outcomes(`r-${code}`).some((outcome) => outcome.state === "executed"),
          `the execution behind ${code}`,
          60_000,
        );
      }
      equal(world.broker.executed.length, codes.length);
      for (const code of codes) {
        const asked = await world.settle(raw.request("outcome", { id: `r-${code}` }));
        equal(result<{ outcome: Outcome }>(asked).outcome.state, "executed");
        deepEqual(
          await outcomeOf(world, raw, `r-${code}`, raw.outcomes(`r-${code}`).length),
          result<{ outcome: Outcome }>(asked).outcome,
        );
      }
    },
  },
];
