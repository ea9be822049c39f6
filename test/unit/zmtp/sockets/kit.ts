import { type MemoryNetwork, memoryNetwork } from "../../../../src/transport/memory-network.ts";
import { nextTurn } from "../../../../src/transport/turn.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { nobleCrypto } from "../../../../src/zmtp/crypto/noble.ts";
import type { Context } from "../../../../src/zmtp/environment.ts";
import type { SocketEvent } from "../../../../src/zmtp/sockets/monitor.ts";

/** A context in virtual time, with a network in memory. */
export interface VirtualContext {
  readonly context: Context;
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
}

/** Makes one. */
export function virtualContext(maxChunkBytes = 65_536): VirtualContext {
  const clock = new VirtualClock();
  const network = memoryNetwork({ clock, latencyMs: 1, maxChunkBytes });
  return { context: { clock, network, crypto: nobleCrypto, nextTurn }, clock, network };
}

/** The frames as texts. */
export function text(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => new TextDecoder().decode(frame));
}

/** A monitor that keeps what it is told, in words. */
export function record(): { readonly log: string[]; readonly monitor: (event: SocketEvent) => void } {
  const log: string[] = [];
  return {
    log,
    monitor: (event): void => {
      log.push("fault" in event ? `${event.type} ${event.fault.code}` : event.type);
    },
  };
}

/** Whether a promise has settled by now, without waiting for it. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  const first = await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    Promise.resolve(open),
  ]);
  return first !== open;
}
