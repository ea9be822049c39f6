import { expect, test } from "vitest";
import { defaultFlavour } from "../../mql5/kit/peers.ts";
import { allCases } from "./cases.ts";
import { describeContract, expertCases, leftOut } from "./ea-suite.ts";

describeContract("agent contract: the expert's own sources over tcp", expertCases, {
  flavour: defaultFlavour,
  atOnce: 4,
});

test("what the expert's world cannot express is named, with a reason, and nothing else is left out", () => {
  const names = allCases.map((one) => one.name);
  for (const [name, reason] of Object.entries(leftOut)) {
    expect(names).toContain(name);
    expect(reason.length).toBeGreaterThan(20);
  }
  expect(expertCases.length + Object.keys(leftOut).length).toBe(allCases.length);
});
