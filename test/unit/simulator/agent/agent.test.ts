import { afterEach, describe, expect, it } from "vitest";
import { Rig } from "./rig.ts";

let rig: Rig;
afterEach(() => rig?.agent.kill());

describe("createAgent", () => {
  it("trades from hello to outcome, with order, deal, position and outcome in this order", async () => {
    rig = new Rig();
    await rig.start();
    const client = await rig.session();
    const [outcome] = await client.trade("a");
    expect(outcome).toMatchObject({
      state: "executed",
      retcode: 10009,
      volume: 0.1,
      order: "1000",
      deal: "5000",
    });
    expect(client.events.map((event) => event.type)).toEqual(["order", "deal", "position", "outcome"]);
    expect(client.events.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
    expect(rig.terminal.executions).toHaveLength(1);
    expect(rig.faults).toEqual([]);
  });
});
