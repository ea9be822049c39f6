import { expertCases } from "../../contract/agent/ea-suite.ts";
import type { AgentCase } from "../../contract/agent/world.ts";
import { peersRequired } from "../../mql5/kit/peers.ts";
import { allCells, choose, type ExpertCell } from "./cells.ts";
import { pairwise } from "./pairwise.ts";

/** Cells in which each two of operation, fault and stage that come together do so. */
export const chosenCells: readonly ExpertCell[] = choose(allCells);

/** Cases in which each two of the operations, outcomes and events that a case shows together are shown together. */
export const chosenCases: readonly AgentCase[] = pairwise(expertCases, ({ covers = [] }) => covers);

/** The whole choice where peers are required, as in CI; else just enough to notice that it does not run at all. */
export function hereOf<Item>(chosen: readonly Item[]): readonly Item[] {
  return peersRequired ? chosen : chosen.slice(0, 2);
}
