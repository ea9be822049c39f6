import { afterAll, describe, expect, it } from "vitest";
import { allCells } from "./kit/cells.ts";
import { describeCell, runCell, Stage } from "./kit/stage.ts";

const stage = new Stage();
afterAll(() => stage[Symbol.asyncDispose]());

// the instrument before the measurement: the peers must agree with each other before they judge our engine
describe("the peers, one in the place of ours", () => {
  const cells = allCells().filter((cell) => cell.peer === "pyzmq");
  it.for(cells.map((cell) => ({ ...cell, title: describeCell(cell) })))(
    "zeromq.js: $title",
    async (cell, context) => {
      const [first, second] = [await stage.peer(context, "zeromq.js"), await stage.peer(context, "pyzmq")];
      const verdicts = await runCell(first, second, cell, stage.realm, { count: 60, timeoutMs: 4_000 });
      for (const { side, expected, got } of verdicts) {
        expect(got, `${describeCell(cell)}: what ${side} received`).toMatchObject(expected);
      }
    },
  );

  it("servers of both peers have asked their authenticator, and admitted", async (context) => {
    for (const name of ["zeromq.js", "pyzmq"] as const) {
      const { zap } = await stage.peer(context, name);
      expect(new Set(zap.map((record) => `${record.name} ${record.good}`))).toEqual(
        new Set(["admin true", `${stage.realm.clientKeys.publicKey} true`]),
      );
    }
  });
});
