import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SendAccepted, TradeRequest } from "../../src/domain/terminal.ts";
import type { RawClient } from "../kit/raw-client.ts";
import { AgentBench, answered } from "./agent-bench.ts";
import { requireHost } from "./kit/peers.ts";

const terms = { deviation: 10, magic: "0", comment: "", filling: "auto", tag: "comment" };
const levels = { stopLoss: 0, takeProfit: 0 };
const market = { kind: "market", symbol: "EURUSD", side: "buy", volume: 0.1, ...levels, ...terms };

let bench: AgentBench;
let raw: RawClient;
let sent: TradeRequest[];

function send(id: string, intent: object, times: object = {}): void {
  raw.sendCommand(raw.command(id, JSON.stringify(intent), times));
}

/** Hands the terminal everything, and lets the broker do it only when `release` is called. */
function withhold(): (count: number) => void {
  const held: (() => void)[] = [];
  let requestId = 1_000;
  bench.tables.orderSendAsync = (request): SendAccepted => {
    sent.push(request);
    const id = ++requestId;
    held.push(() => {
      const position = bench.terminal.positions()[0];
      if (request.action === "sltp" && position !== undefined) {
        const { stopLoss = 0, takeProfit = 0 } = request;
        bench.tables.positions = [{ ...position, stopLoss, takeProfit }];
      }
      bench.changed(answered(id, 10009));
    });
    return { sent: true, requestId: id, retcode: 10008, comment: "" };
  };
  return (count) => {
    for (const one of held.splice(0, count)) one();
  };
}

/** A position of the broker's, by its ticket. */
async function opened(): Promise<string> {
  send("open", market);
  const outcome = await bench.outcome(raw, "open");
  expect(outcome.state).toBe("executed");
  return outcome.state === "executed" ? outcome.position : "";
}

async function journalled(...ids: readonly string[]): Promise<void> {
  await bench.until(
    async () => {
      const records = await bench.journal().catch(() => []);
      return ids.every((id) => records.some((one) => one.k === "command" && one.id === id));
    },
    `records of ${ids.join(", ")}`,
  );
}

describe("the expert's changes of one order or position", { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    requireHost(context);
    bench = await AgentBench.serving();
    raw = await bench.live();
    sent = [];
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
  });

  it("two changes under way together: the second does not take back what the first has set", async () => {
    const position = await opened();
    const release = withhold();
    send("stop", { kind: "modifyPosition", position, stopLoss: 1.05 });
    send("profit", { kind: "modifyPosition", position, takeProfit: 1.2 });
    await journalled("stop", "profit");
    await bench.program.synced();
    expect(sent).toHaveLength(1);
    release(1);
    await bench.until(() => sent.length === 2, "the second change");
    expect(sent[1]).toMatchObject({ action: "sltp", stopLoss: 1.05, takeProfit: 1.2 });
    release(1);
    expect((await bench.outcome(raw, "stop")).state).toBe("executed");
    expect((await bench.outcome(raw, "profit")).state).toBe("executed");
  });

  it("neither a close nor another position's change waits for a change that is held", async () => {
    const position = await opened();
    const release = withhold();
    send("stop", { kind: "modifyPosition", position, stopLoss: 1.05 });
    send("profit", { kind: "modifyPosition", position, takeProfit: 1.2 });
    send("close", { kind: "close", position, volume: 0, ...terms });
    send("more", market);
    await bench.until(() => sent.length === 3, "all but the held one");
    expect(sent.map((request) => request.action)).toEqual(["sltp", "deal", "deal"]);
    release(1);
    await bench.until(() => sent.length === 4, "the held one");
  });

  it("hundreds of changes that wait for one another do not keep a close waiting", async () => {
    const position = await opened();
    withhold();
    for (let i = 1; i <= 300; i++)
      send(`stop-${i}`, { kind: "modifyPosition", position, stopLoss: i % 2 === 0 ? 1.05 : 1.06 });
    send("close", { kind: "close", position, volume: 0, ...terms });
    await bench.until(() => sent.length === 2, "the close");
    expect(sent.map((request) => request.action)).toEqual(["sltp", "deal"]);
  });

  it("a cancel does not overtake a change of the same order that is held", async () => {
    const pending = { ...market, kind: "pending", orderKind: "buyLimit", price: 1.05, priceStopLimit: 0 };
    send("place", { ...pending, timeInForce: "gtc", expirationBrokerMs: 0 });
    const placed = await bench.outcome(raw, "place");
    const order = placed.state === "executed" ? placed.order : "";
    const release = withhold();
    send("price", { kind: "modifyOrder", order, price: 1.04 });
    send("stop", { kind: "modifyOrder", order, stopLoss: 1.01 });
    send("cancel", { kind: "cancel", order });
    await journalled("price", "stop", "cancel");
    await bench.program.synced();
    expect(sent.map((request) => request.action)).toEqual(["modify"]);
    release(1);
    await bench.until(() => sent.length === 3, "the others");
    expect(sent.map((request) => request.action)).toEqual(["modify", "modify", "remove"]);
  });

  it("what is held beyond its time is never sent: EXPIRED, for good", async () => {
    const position = await opened();
    withhold();
    const now = raw.agentMs();
    send("stop", { kind: "modifyPosition", position, stopLoss: 1.05 });
    send(
      "late",
      { kind: "modifyPosition", position, takeProfit: 1.2 },
      { issuedAt: now, notAfter: now + 300 },
    );
    const late = await bench.outcome(raw, "late");
    expect(late).toMatchObject({ state: "refused", code: "EXPIRED" });
    expect(sent).toHaveLength(1);
  });
});
