import { afterEach, describe, expect, it, type TestContext, vi } from "vitest";
import { findPeer, missingPeer, type PeerName, requirePeer } from "../kit/peers.ts";
import { judgeSkips } from "../kit/skips.ts";
import rules from "../skips.json" with { type: "json" };

const listed = {
  "the moon is full": { inCi: 1 },
  "it takes minutes": { inCi: 1, tests: "a million times", file: "b.test.ts" },
};
const moon = { name: "a.test.ts > tides", note: "the moon is full" };
const million = { name: "b.test.ts > holds a million times" };

describe("judgeSkips", () => {
  it("counts by reason, and finds the reason of a test that gave none", () => {
    expect(judgeSkips([moon, million], listed, ["b.test.ts"])).toEqual({
      summary: ["1 skipped: the moon is full", "1 skipped: it takes minutes"],
      faults: [],
    });
  });

  it.each([
    { skipped: [{ name: "c.test.ts > x" }], fault: "c.test.ts > x: skipped without a reason" },
    {
      skipped: [{ name: "c.test.ts > x", note: "it rains" }],
      fault: "c.test.ts > x: skipped because it rains, which test/skips.json does not list",
    },
  ])("refuses a skip that is not listed: $fault", ({ skipped, fault }) => {
    expect(judgeSkips(skipped, listed, undefined).faults).toEqual([fault]);
  });

  it("pins the counts in a run with every peer, in both directions", () => {
    expect(judgeSkips([moon, moon], listed, ["b.test.ts"]).faults).toEqual([
      "2 skipped instead of 1: the moon is full",
      "0 skipped instead of 1: it takes minutes",
    ]);
    expect(judgeSkips([moon, moon], listed, undefined).faults).toEqual([]);
  });

  it("expects the skips of a file only where the file runs", () => {
    expect(judgeSkips([moon], listed, ["a.test.ts"]).faults).toEqual([]);
    expect(judgeSkips([moon, million], listed, ["a.test.ts"]).faults).toEqual([
      "1 skipped instead of 0: it takes minutes",
    ]);
  });
});

describe("peers", () => {
  it("every peer that can be missing is a listed reason, and none may be missing in CI", () => {
    const peers: Record<PeerName, true> = {
      "python3-zmq": true,
      zeromq: true,
      libzmq: true,
      "g++": true,
      mingw: true,
      wine: true,
    };
    for (const peer of Object.keys(peers) as PeerName[]) {
      expect(rules).toHaveProperty([missingPeer(peer)], { inCi: 0 });
    }
  });

  /** A test context that only notes why it was skipped. */
  const skip = (note?: string): never => {
    throw new Error(`skipped: ${note}`);
  };
  const context = { skip: skip as TestContext["skip"] };
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("requirePeer finds the npm module zeromq, which npm ci installs", () => {
    expect(requirePeer(context, "zeromq")).toEqual({ command: "zeromq" });
    expect(findPeer("zeromq")).toEqual({ command: "zeromq" });
  });

  it("requirePeer skips with its reason where the peer is missing", () => {
    vi.stubEnv("PATH", "/nonexistent");
    vi.stubEnv("REQUIRE_PEERS", "");
    expect(() => requirePeer(context, "wine")).toThrow("skipped: the peer wine is missing");
  });

  it("requirePeer fails where the peer is missing and REQUIRE_PEERS=1", () => {
    vi.stubEnv("PATH", "/nonexistent");
    vi.stubEnv("REQUIRE_PEERS", "1");
    expect(() => requirePeer(context, "wine")).toThrow("Cannot test: the peer wine is missing");
  });
});
