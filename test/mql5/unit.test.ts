import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { compileProgram } from "../../build/mql5/compile.ts";
import { defaultFlavour, requireHost } from "./kit/peers.ts";
import { Program } from "./kit/program.ts";

const experts = join(dirname(fileURLToPath(import.meta.url)), "experts");

describe("the experts' buffers", { timeout: 300_000 }, () => {
  beforeEach((context) => {
    requireHost(context);
  });

  it("queues, messages, inboxes, subscriptions and addresses keep to their limits and lose nothing", async () => {
    const binary = await compileProgram(join(experts, "UnitProbe.mq5"), defaultFlavour);
    await using program = new Program(binary);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.printed).toEqual(["31 checks, 0 failed"]);
    expect(program.noise).toBe("");
  });

  it("the agent's indexes, pages, refusals, sessions and ledger keep to their limits and forget nothing too early", async () => {
    const binary = await compileProgram(join(experts, "AgentProbe.mq5"), defaultFlavour);
    await using program = new Program(binary);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.printed).toEqual(["40 checks, 0 failed"]);
    expect(program.noise).toBe("");
  });
});
