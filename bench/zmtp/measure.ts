import { Running, type Side, type Work } from "./sides.ts";

/** A stream's rate, and how busy a receiver of libzmq was with it. */
export interface Flow {
  /** Messages a second. */
  readonly rate: number;
  /** The part of the time that the receiver's busiest thread had a processor; only of libzmq. */
  readonly busy: number;
  /** Messages a second at which that thread would have one all the time. */
  readonly limit: number;
}

/** As `flow`, its rate alone. */
export async function throughput(sender: Side, receiver: Side, work: Work): Promise<number> {
  return (await flow(sender, receiver, work)).rate;
}

/**
 * Messages a second, from the first send after the warm-up to the last message received; both processes read the same
 * clock. The receiver binds. What waits in any queue in between is thereby counted against its owner.
 */
export async function flow(sender: Side, receiver: Side, work: Work): Promise<Flow> {
  const receiving = new Running(receiver, work);
  try {
    const { endpoint } = await receiving.says<{ endpoint: string }>("endpoint");
    const sending = new Running(sender, work, { endpoint });
    try {
      if (sender.role === "PUB") {
        await receiving.says("synced");
        sending.tell();
      }
      await receiving.says("warmed");
      sending.tell();
      const { beganMs } = await sending.says<{ beganMs: number }>("beganMs");
      const ended = await receiving.says<{ endedMs: number; busiestMs?: number; elapsedMs?: number }>(
        "endedMs",
      );
      const { endedMs, busiestMs = Number.NaN, elapsedMs = Number.NaN } = ended;
      return {
        rate: (work.count / (endedMs - beganMs)) * 1_000,
        busy: busiestMs / elapsedMs,
        limit: (work.count / busiestMs) * 1_000,
      };
    } finally {
      await sending.stop();
    }
  } finally {
    await receiving.stop();
  }
}

/** Microseconds of one request and its reply, one after the other. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Round trips as the requester sees them. The replier binds. */
export async function roundTrip(requester: Side, replier: Side, work: Work): Promise<Latency> {
  const replying = new Running(replier, work);
  try {
    const { endpoint } = await replying.says<{ endpoint: string }>("endpoint");
    const requesting = new Running(requester, work, { endpoint });
    try {
      return await requesting.says<Latency & Record<string, number>>("p50");
    } finally {
      await requesting.stop();
    }
  } finally {
    await replying.stop();
  }
}

/** MiB resident at both ends of three connections for each of `count` agents, all of them used. */
export interface Weights {
  readonly holding: number;
  readonly attending: number;
}

/** Weighs a process that holds connections, and the one that they lead to. */
export async function residentMiB(
  holder: Side["library"],
  attender: Side["library"],
  work: Work,
): Promise<Weights> {
  const attending = new Running({ library: attender, role: "attend" }, work);
  try {
    const { endpoints } = await attending.says<{ endpoints: unknown }>("endpoints");
    const holding = new Running({ library: holder, role: "hold" }, work, { endpoint: "each", endpoints });
    try {
      const [held, attended] = await Promise.all([
        holding.says<{ resident: number }>("resident"),
        attending.says<{ resident: number }>("resident"),
      ]);
      return { holding: held.resident, attending: attended.resident };
    } finally {
      await holding.stop();
    }
  } finally {
    await attending.stop();
  }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}
