import type { Intent, Outcome, PendingIntent } from "../../../../src/protocol/v1/messages.ts";
import {
  alwaysOpen,
  SimulatedTerminal,
  type SimulatedTerminalOptions,
  symbolSpec,
} from "../../../../src/simulator/broker/mod.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { Rig, type RigOptions, type TestClient } from "./rig.ts";

/** An agent in front of the simulated terminal, and a connector with a session. */
export interface Simulated {
  readonly rig: Rig;
  readonly terminal: SimulatedTerminal;
  readonly client: TestClient;
  /** Sends an intent, lets time pass, and gives its last outcome. */
  send(id: string, intent: Intent | object, ms?: number): Promise<Outcome | undefined>;
  dispose(): void;
}

export async function simulated(
  terminalOptions: Partial<SimulatedTerminalOptions> = {},
  options: Omit<RigOptions, "clock"> = {},
): Promise<Simulated> {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  const terminal = new SimulatedTerminal({
    clock,
    symbols: ["EURUSD", "GBPUSD"].map((name) =>
      symbolSpec(name, { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen }),
    ),
    account: { balance: 10_000_000 },
    latencyMs: 5,
    ...terminalOptions,
  });
  terminal.quote("EURUSD", 1.1, 1.1002);
  terminal.quote("GBPUSD", 1.25, 1.2503);
  const rig = new Rig({ ...options, clock, agent: { ...options.agent, terminal } });
  await rig.start();
  const client = await rig.session();
  return {
    rig,
    terminal,
    client,
    async send(id, intent, ms = 100): Promise<Outcome | undefined> {
      client.write(client.order(id, { intent: JSON.stringify(intent) }));
      await clock.advance(ms);
      return client.last(id);
    },
    dispose(): void {
      rig.agent.kill();
      terminal.dispose();
    },
  };
}

/** A buy limit well below the market. */
export function pendingIntent(changes: Partial<PendingIntent> = {}): PendingIntent {
  return {
    kind: "pending",
    symbol: "EURUSD",
    orderKind: "buyLimit",
    volume: 0.1,
    price: 1.09,
    priceStopLimit: 0,
    stopLoss: 0,
    takeProfit: 0,
    timeInForce: "gtc",
    expirationBrokerMs: 0,
    magic: "0",
    comment: "",
    filling: "auto",
    tag: "comment",
    ...changes,
  };
}
