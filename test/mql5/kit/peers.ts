import type { TestContext } from "vitest";
import type { Flavour } from "../../../build/mql5/compile.ts";
import { findPeer, missingPeer, type PeerName } from "../../kit/peers.ts";

/** True where long runs are wanted, as in CI. */
export const peersRequired: boolean = process.env.REQUIRE_PEERS === "1";

const flavours: readonly Flavour[] = ["plain", "sanitized", "coverage", "windows"];

/** How the suites build their programs: `MQL5_FLAVOUR`, else plainly. */
export const defaultFlavour: Flavour = flavours.find((one) => one === process.env.MQL5_FLAVOUR) ?? "plain";

/** Where programs of the flavour `coverage` leave their counts. */
export const coverageFolder: string | undefined = process.env.MQL5_COVERAGE_DIR;

function peersOf(flavour: Flavour): readonly PeerName[] {
  if (flavour !== "windows") return ["g++"];
  return process.platform === "win32" ? ["mingw"] : ["mingw", "wine"];
}

const found = new Map<PeerName, boolean>();

function missing(flavour: Flavour): PeerName | undefined {
  return peersOf(flavour).find((name) => {
    const there = found.get(name) ?? findPeer(name) !== undefined;
    found.set(name, there);
    return !there;
  });
}

/** Whether programs of a flavour can be built and run here. With `REQUIRE_PEERS=1` a missing peer is an error. */
export function canRun(flavour: Flavour = defaultFlavour): boolean {
  return missing(flavour) === undefined;
}

/** Skips a test, with the reason, where programs of a flavour cannot run. For `beforeEach`. */
export function requireHost(context: Pick<TestContext, "skip">, flavour: Flavour = defaultFlavour): void {
  const name = missing(flavour);
  if (name !== undefined) context.skip(missingPeer(name));
}
