import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import type { TestContext } from "vitest";

/** Programs and libraries that some tests talk to and that `npm ci` does not always bring. */
export type PeerName = "python3-zmq" | "zeromq" | "libzmq" | "g++" | "mingw" | "wine";

/** A peer that is there. */
export interface Peer {
  /** The program to start: an interpreter, a compiler, an emulator; for the npm module, its name. */
  readonly command: string;
}

/** Whether a command runs and ends well. */
function runs(command: string, ...parameters: string[]): boolean {
  return spawnSync(command, parameters, { stdio: "ignore", timeout: 20_000 }).status === 0;
}

function loads(module: string): boolean {
  try {
    createRequire(import.meta.url)(module);
    return true;
  } catch {
    // not installed, or no binary for this platform: either way it is no peer here
    return false;
  }
}

const search: Readonly<Record<PeerName, () => string | undefined>> = {
  // the first python3 on the path may be one that does not see the distribution's packages
  "python3-zmq": () => ["/usr/bin/python3", "python3"].find((python) => runs(python, "-c", "import zmq")),
  zeromq: () => (loads("zeromq") ? "zeromq" : undefined),
  libzmq: () => (runs("pkg-config", "--exists", "libzmq") ? "libzmq" : undefined),
  "g++": () => (runs("g++", "--version") ? "g++" : undefined),
  // the experts use std::thread, which only the posix flavour has
  mingw: () => ["x86_64-w64-mingw32-g++-posix"].find((compiler) => runs(compiler, "--version")),
  wine: () => (runs("wine", "--version") ? "wine" : undefined),
};

/** The reason that a test gives when it skips for a missing peer; `test/skips.json` lists it. */
export function missingPeer(name: PeerName): string {
  return `the peer ${name} is missing`;
}

const required = (): boolean => process.env["REQUIRE_PEERS"] === "1";

/** Looks for a peer. With `REQUIRE_PEERS=1`, as in CI, a missing one is an error. */
export function findPeer(name: PeerName): Peer | undefined {
  const command = search[name]();
  if (command !== undefined) return { command };
  if (required()) throw new Error(`Cannot test: ${missingPeer(name)}, and REQUIRE_PEERS=1 asks for it`);
  return undefined;
}

/** Gives a test its peer, or skips the test with the reason. With `REQUIRE_PEERS=1` it fails instead. */
export function requirePeer(context: Pick<TestContext, "skip">, name: PeerName): Peer {
  return findPeer(name) ?? context.skip(missingPeer(name));
}
