import { decodeBody } from "../../../src/protocol/v1/codec.ts";
import type { FaultHandle } from "../../../src/simulator/faults/fault.ts";
import type { MessageAction } from "../../../src/simulator/faults/transport.ts";
import { type Bench, commandId, holdMs, type MatrixFault, type Stage } from "./bench.ts";

/** One message late by this much is overtaken by many. */
const lateMs = 700;
const wireChannels = ["command", "events", "sync"] as const;

/** Whether a message on `events` is the outcome of the command under test. */
function isItsOutcome(frames: readonly Uint8Array[]): boolean {
  const [topic, body] = frames;
  if (topic?.[0] !== "l".charCodeAt(0) || body === undefined) return false;
  const { type, outcome } = decodeBody(body) as { type?: string; outcome?: { id?: string } };
  return type === "outcome" && outcome?.id === commandId;
}

/** Whether a message on `command` is the command under test. */
function isIt(frames: readonly Uint8Array[]): boolean {
  const [body] = frames;
  return body !== undefined && (decodeBody(body) as { id?: string }).id === commandId;
}

/** All messages of all channels, both ways. */
function disturbWire(bench: Bench, action: MessageAction): FaultHandle[] {
  const { messages } = bench.world.client;
  return wireChannels.flatMap((channel) =>
    (["send", "receive"] as const).map((direction) =>
      messages.add({ channel, direction, action, onStrike: bench.struck }),
    ),
  );
}

/** Holds the agent in a stage, with the wire disturbed and something on it. */
function holdWithNoise(bench: Bench, action: MessageAction): Promise<void> {
  const { client, site } = bench.world;
  const rules = disturbWire(bench, action);
  bench.sendCompanion();
  bench.background(client.agent(site).positions.getAll());
  bench.later(() => {
    for (const rule of rules) rule.heal();
  }, holdMs - 100);
  return bench.wait(holdMs);
}

/** A disturbance of messages: of the command, of all while it is in its stage, or of its outcome. */
function message(name: string, action: MessageAction): MatrixFault {
  return {
    name,
    inject(bench, stage): void {
      const { messages } = bench.world.client;
      const times = 1;
      const onStrike = bench.struck;
      switch (stage) {
        case "before journal":
          messages.add({ channel: "command", direction: "send", action, match: isIt, times, onStrike });
          bench.later(() => bench.sendCompanion(), 1);
          return;
        case "journal to send":
          bench.at(stage, () => holdWithNoise(bench, action));
          return;
        case "send to outcome": {
          const { broker } = bench.world.site;
          // What the terminal tells of the execution suffers, too.
          const transactions =
            action.kind === "swap"
              ? broker.transactions({ kind: "shuffle", seed: 7 })
              : action.kind === "pass"
                ? undefined
                : broker.transactions(action);
          if (transactions !== undefined) {
            bench.stands(transactions);
            bench.mustStrike(transactions);
          }
          // The trade server takes longer than the noise lasts.
          bench.at(stage, () => {
            bench.background(holdWithNoise(bench, action));
          });
          return;
        }
        case "outcome lost":
          messages.add({
            channel: "events",
            direction: "receive",
            action,
            match: isItsOutcome,
            times,
            onStrike,
          });
          bench.later(() => bench.sendCompanion(), 1);
      }
    },
  };
}

const cutInFrame: MatrixFault = {
  name: "cut mid-frame",
  inject(bench, stage): void {
    const { links, site } = bench.world;
    const { command, events } = site.ports;
    const onStrike = bench.struck;
    switch (stage) {
      case "before journal":
        links.cutInFrame("send", { port: command, onStrike });
        return;
      case "journal to send":
        bench.at(stage, () => {
          links.cutInFrame("send", { port: command, onStrike });
          bench.sendCompanion();
          return bench.wait(holdMs);
        });
        return;
      case "send to outcome":
      case "outcome lost":
        bench.at(stage, () => {
          links.cutInFrame("receive", { port: events, onStrike });
        });
    }
  },
};

/** Something that is done at the moment at which the command is in its stage. */
function moment(name: string, strike: (bench: Bench, stage: Stage) => void | Promise<void>): MatrixFault {
  return {
    name,
    inject: (bench, stage) =>
      bench.at(stage, () => {
        bench.struck();
        return strike(bench, stage);
      }),
  };
}

const halfOpen: MatrixFault = {
  name: "half-open",
  inject(bench, stage): void {
    const { links } = bench.world;
    const silence = (): void => {
      let first = true;
      const onStrike = (): void => {
        if (first) bench.struck();
        first = false;
      };
      bench.stands(links.halfOpen({ onStrike }), 15_000);
    };
    if (stage === "before journal") {
      silence();
      return;
    }
    bench.at(stage, () => {
      silence();
      bench.sendCompanion();
      return stage === "journal to send" ? bench.wait(holdMs) : undefined;
    });
  },
};

const agentRestart = moment("agent restart", (bench) => {
  bench.background(bench.world.site.restartSoon(300));
});

const connectorRestart = moment("connector restart with the caller's id", (bench) => {
  const { client } = bench.world;
  client.kill();
  const again = async (): Promise<void> => {
    await bench.wait(500);
    client.renew();
    await client.mt5.connect();
    client.book(bench.world.site).connected(bench.world.site.terminal.historyDeals("0"));
    bench.send();
  };
  bench.background(again());
});

/** The disk is full from the strike on; the agent dies while it is, and comes back to a disk with room. */
const diskFull = moment("disk full", (bench, stage) => {
  const { site } = bench.world;
  const full = site.journal.full(40);
  bench.stands(full, 3_000);
  bench.mustStrike(full);
  if (stage === "before journal") return;
  const die = async (): Promise<void> => {
    await bench.wait(2_500);
    const back = site.restartSoon(1_000);
    await back;
  };
  bench.background(die());
});

function clockJump(name: string, jumpMs: number): MatrixFault {
  return moment(name, (bench) => {
    bench.world.site.jumpWall(jumpMs);
    bench.world.client.jumpWall(jumpMs);
  });
}

/** All that can go wrong, in the order of the table. */
export const matrixFaults: readonly MatrixFault[] = [
  message("drop", { kind: "drop" }),
  message("delay", { kind: "delay", delayMs: lateMs }),
  message("duplicate", { kind: "duplicate" }),
  message("reorder", { kind: "swap" }),
  cutInFrame,
  halfOpen,
  agentRestart,
  connectorRestart,
  diskFull,
  clockJump("clock +1 h", 3_600_000),
  clockJump("clock −1 h", -3_600_000),
];
