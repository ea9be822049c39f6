import { retcode } from "../../domain/retcodes.ts";
import type { Channel } from "../../transport/transport.ts";
import type { AgentPoint } from "../agent/agent-options.ts";
import { Prng } from "../market/prng.ts";
import type { Direction, FrameAction } from "./link-rule.ts";
import type { MessageAction } from "./transport.ts";

/** One fault of a schedule: plain data, so that a schedule can be printed, kept and cut down. */
export type ScheduledFault = { readonly atMs: number } & (
  | { readonly kind: "cut"; readonly channel?: Channel }
  | {
      readonly kind: "cutInFrame";
      readonly channel: Channel;
      readonly direction: Direction;
      readonly skip: number;
    }
  | { readonly kind: "halfOpen"; readonly channel?: Channel; readonly forMs: number }
  | { readonly kind: "stallLink"; readonly channel?: Channel; readonly forMs: number }
  | { readonly kind: "refuse"; readonly channel?: Channel; readonly forMs: number }
  | {
      readonly kind: "delayLink";
      readonly channel?: Channel;
      readonly delayMs: number;
      readonly forMs: number;
    }
  | { readonly kind: "corrupt"; readonly channel: Channel; readonly direction: Direction }
  | {
      readonly kind: "frame";
      readonly channel: Channel;
      readonly direction: Direction;
      readonly action: FrameAction;
      readonly skip: number;
    }
  | {
      readonly kind: "message";
      readonly channel: Channel;
      readonly direction: Direction;
      readonly action: MessageAction;
      readonly times: number;
      readonly skip: number;
    }
  | { readonly kind: "restartAgent"; readonly downMs: number }
  | {
      readonly kind: "restartAgentAt";
      readonly point: AgentPoint;
      readonly skip: number;
      readonly downMs: number;
    }
  | {
      readonly kind: "stallAgentAt";
      readonly point: AgentPoint;
      readonly skip: number;
      readonly forMs: number;
    }
  | { readonly kind: "suspendAgent"; readonly forMs: number }
  | { readonly kind: "suspendConnector"; readonly forMs: number; readonly stopsMonotonic: boolean }
  | { readonly kind: "restartConnector"; readonly downMs: number; readonly silently: boolean }
  | { readonly kind: "wallJump"; readonly side: "agent" | "connector"; readonly jumpMs: number }
  | { readonly kind: "diskFull"; readonly freeBytes: number; readonly forMs: number }
  /** `kills`: the agent dies in the middle of the write and comes back after `downMs`. */
  | { readonly kind: "tornWrite"; readonly bytes: number; readonly kills: boolean; readonly downMs: number }
  | { readonly kind: "slowDisk"; readonly delayMs: number; readonly forMs: number }
  | {
      readonly kind: "answer";
      readonly when: "before" | "after";
      /** 0: silence. */
      readonly retcode: number;
      readonly delayMs: number;
    }
  | { readonly kind: "dropTransactions"; readonly times: number }
  | { readonly kind: "shuffleTransactions"; readonly seed: number; readonly forMs: number }
  | { readonly kind: "splitTransactions"; readonly gapMs: number; readonly forMs: number }
  | { readonly kind: "overflow"; readonly forMs: number }
  | { readonly kind: "disconnect"; readonly forMs: number }
  | { readonly kind: "unsynchronised"; readonly forMs: number }
);

/** The name of a fault of a schedule. */
export type FaultKind = ScheduledFault["kind"];

/** What a schedule is to be like. */
export interface ScheduleOptions {
  /** Faults begin within this time. @default 20_000 */
  readonly durationMs?: number;
  /** How many; drawn from the range. @default [1, 6] */
  readonly count?: readonly [min: number, max: number];
  /** The kinds to draw from. @default all */
  readonly kinds?: readonly FaultKind[];
}

/** Retcodes in place of an answer. */
const retcodes = [10004, 10006, 10007, 10011, 10012, 10018, 10019, 10021, 10024, 10028, 10031] as const;
/** A server that has executed may lose its answer or give one that proves nothing; it does not say no. */
const retcodesAfter = retcodes.filter((code) => retcode(code).certainty === "unknown");

const points: readonly AgentPoint[] = [
  "commandReceived",
  "beforeJournal",
  "journalled",
  "sent",
  "resultReceived",
  "beforeOutcome",
  "outcomeJournalled",
  "outcomePublished",
  "beforeTombstone",
  "tombstoned",
  "requestReceived",
  "replied",
];

type Draw = (
  random: Prng,
) => ScheduledFault extends infer F ? (F extends unknown ? Omit<F, "atMs"> : never) : never;

const pick = <T>(random: Prng, items: readonly T[]): T => items[random.integer(0, items.length - 1)] as T;
const channel = (random: Prng): Channel => pick(random, ["command", "events", "sync"] as const);
const direction = (random: Prng): Direction => pick(random, ["send", "receive"] as const);
const someChannels = (random: Prng): { readonly channel?: Channel } =>
  random.integer(0, 2) === 0 ? {} : { channel: channel(random) };
/** Short times are likelier than long ones, and all sizes occur. */
const span = (random: Prng, maxMs: number): number => Math.ceil(maxMs ** random.float());

function action(random: Prng): FrameAction {
  const kind = pick(random, ["drop", "duplicate", "delay", "swap"] as const);
  return kind === "delay" ? { kind, delayMs: span(random, 8_000) } : { kind };
}

/** How each kind is drawn. */
const draws: Readonly<Record<FaultKind, Draw>> = {
  cut: (random) => ({ kind: "cut", ...someChannels(random) }),
  cutInFrame: (random) => ({
    kind: "cutInFrame",
    channel: channel(random),
    direction: direction(random),
    skip: random.integer(0, 3),
  }),
  halfOpen: (random) => ({ kind: "halfOpen", ...someChannels(random), forMs: span(random, 30_000) }),
  stallLink: (random) => ({ kind: "stallLink", ...someChannels(random), forMs: span(random, 20_000) }),
  refuse: (random) => ({ kind: "refuse", ...someChannels(random), forMs: span(random, 15_000) }),
  delayLink: (random) => ({
    kind: "delayLink",
    ...someChannels(random),
    delayMs: span(random, 3_000),
    forMs: span(random, 15_000),
  }),
  corrupt: (random) => ({ kind: "corrupt", channel: channel(random), direction: direction(random) }),
  frame: (random) => ({
    kind: "frame",
    channel: channel(random),
    direction: direction(random),
    action: action(random),
    skip: random.integer(0, 4),
  }),
  message: (random) => {
    const where = channel(random);
    return {
      kind: "message",
      channel: where,
      direction: where === "command" ? "send" : where === "events" ? "receive" : direction(random),
      action: action(random),
      times: random.integer(1, 5),
      skip: random.integer(0, 4),
    };
  },
  restartAgent: (random) => ({ kind: "restartAgent", downMs: span(random, 15_000) }),
  restartAgentAt: (random) => ({
    kind: "restartAgentAt",
    point: pick(random, points),
    skip: random.integer(0, 3),
    downMs: span(random, 10_000),
  }),
  stallAgentAt: (random) => ({
    kind: "stallAgentAt",
    point: pick(random, points),
    skip: random.integer(0, 3),
    forMs: span(random, 20_000),
  }),
  suspendAgent: (random) => ({ kind: "suspendAgent", forMs: span(random, 30_000) }),
  suspendConnector: (random) => ({
    kind: "suspendConnector",
    forMs: span(random, 600_000),
    stopsMonotonic: random.integer(0, 1) === 1,
  }),
  restartConnector: (random) => ({
    kind: "restartConnector",
    downMs: span(random, 20_000),
    silently: random.integer(0, 1) === 1,
  }),
  wallJump: (random) => ({
    kind: "wallJump",
    side: pick(random, ["agent", "connector"] as const),
    jumpMs: pick(random, [-3_600_000, 3_600_000]),
  }),
  diskFull: (random) => ({
    kind: "diskFull",
    freeBytes: random.integer(0, 600),
    forMs: span(random, 15_000),
  }),
  tornWrite: (random) => ({
    kind: "tornWrite",
    bytes: random.integer(0, 500),
    kills: random.integer(0, 1) === 1,
    downMs: span(random, 5_000),
  }),
  slowDisk: (random) => ({ kind: "slowDisk", delayMs: span(random, 8_000), forMs: span(random, 10_000) }),
  answer: (random) => {
    const when = pick(random, ["before", "after"] as const);
    const codes = when === "before" ? retcodes : retcodesAfter;
    return {
      kind: "answer",
      when,
      retcode: random.integer(0, 2) === 0 ? 0 : pick(random, codes),
      delayMs: random.integer(0, 1) === 0 ? 0 : span(random, 15_000),
    };
  },
  dropTransactions: (random) => ({ kind: "dropTransactions", times: random.integer(1, 8) }),
  shuffleTransactions: (random) => ({
    kind: "shuffleTransactions",
    seed: random.uint32(),
    forMs: span(random, 20_000),
  }),
  splitTransactions: (random) => ({
    kind: "splitTransactions",
    gapMs: span(random, 2_000),
    forMs: span(random, 20_000),
  }),
  overflow: (random) => ({ kind: "overflow", forMs: span(random, 15_000) }),
  disconnect: (random) => ({ kind: "disconnect", forMs: span(random, 20_000) }),
  unsynchronised: (random) => ({ kind: "unsynchronised", forMs: span(random, 10_000) }),
};

/** All kinds of faults that a schedule can hold. */
export const faultKinds: readonly FaultKind[] = Object.keys(draws) as FaultKind[];

/** Draws a schedule of faults. The same seed and options give the same schedule. */
export function faultSchedule(
  seed: number | string,
  options: ScheduleOptions = {},
): readonly ScheduledFault[] {
  const { durationMs = 20_000, count = [1, 6], kinds = faultKinds } = options;
  const random = new Prng(`${seed}/faults`);
  const faults = Array.from({ length: random.integer(...count) }, (): ScheduledFault => {
    const atMs = random.integer(0, durationMs);
    return { atMs, ...draws[pick(random, kinds)](random) };
  });
  return faults.sort((a, b) => a.atMs - b.atMs);
}
