import { afterAll, describe, expect, it } from "vitest";
import { allCells, type Cell, peerNames, rfcTable } from "./kit/cells.ts";
import type { Amount } from "./kit/exchange.ts";
import { mechanisms } from "./kit/keys.ts";
import { OurDriver } from "./kit/our-driver.ts";
import { describeCell, runCell, Stage } from "./kit/stage.ts";

/** Every cell at full length: where the peers are required, as in CI, or when asked for. */
const full = process.env["REQUIRE_PEERS"] === "1" || process.env["INTEROP"] === "full";
const messagesPerCell = full ? 10_000 : 60;
const cellMs = 60_000;

const stage = new Stage();
afterAll(() => stage[Symbol.asyncDispose]());

/** The plain pipeline carries a message of 64 MiB in every mechanism, both ways, to and from both peers. */
function amountFor({ ours, theirs, we }: Cell): Amount {
  const pipeline = `${ours}-${theirs}` === "PUSH-PULL" || `${ours}-${theirs}` === "PULL-PUSH";
  return { count: messagesPerCell, huge: full && pipeline && we === "bind" ? 1 : 0, timeoutMs: cellMs };
}

const done = new Set<string>();
/** The last cell of each peer. */
const turns = new Map<string, Promise<unknown>>();

/** One cell at a time for each peer, so that both are busy and each is measured alone. */
function inTurn<T>(peer: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(peer) ?? Promise.resolve()).then(work);
  turns.set(
    peer,
    turn.catch(() => undefined),
  );
  return turn;
}

describe.concurrent("interoperability with libzmq", () => {
  // the peers alternate
  const byPeer = peerNames.map((name) => allCells().filter((cell) => cell.peer === name));
  const cells = (byPeer[0] ?? []).flatMap((_, at) =>
    byPeer
      .flatMap((column) => column.slice(at, at + 1))
      .map((cell) => ({ ...cell, title: describeCell(cell) })),
  );

  it.for(cells)("$title", { timeout: 4 * cellMs }, async ({ title, ...cell }, context) => {
    const peer = await stage.peer(context, cell.peer);
    const verdicts = await inTurn(cell.peer, () =>
      runCell(new OurDriver(stage.realm), peer, cell, stage.realm, amountFor(cell)),
    );
    for (const { side, expected, got } of verdicts) {
      expect(got, `${title}: what ${side} received`).toMatchObject(expected);
    }
    const exchanged = verdicts.reduce((sum, { got }) => sum + got.count, 0);
    expect(exchanged).toBeGreaterThanOrEqual(messagesPerCell);
    done.add(describeCell(cell));
  });
});

describe("the matrix", () => {
  it("has run every cell of the RFC's table, both ways of connecting, three mechanisms, two peers", async (context) => {
    const [zeromq, pyzmq] = [await stage.peer(context, "zeromq.js"), await stage.peer(context, "pyzmq")];
    const missing: string[] = [];
    for (const { name } of [zeromq, pyzmq]) {
      for (const [ours, legal] of Object.entries(rfcTable)) {
        for (const theirs of legal) {
          for (const mechanism of mechanisms) {
            for (const we of ["bind", "connect"]) {
              const title = describeCell({ ours, theirs, we, mechanism, peer: name } as Cell);
              if (!done.has(title)) missing.push(title);
            }
          }
        }
      }
    }
    expect(missing).toEqual([]);
    expect(done.size).toBe(252);
  });
});
