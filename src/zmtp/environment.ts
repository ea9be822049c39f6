import type { Clock } from "../transport/clock.ts";
import type { Network } from "../transport/network.ts";

/** What sockets need of the outside. */
export interface Environment {
  readonly network: Network;
  readonly clock: Clock;
  /**
   * Runs a callback in the next turn of the event loop, after everything that the current turn does. All that is sent
   * within one turn leaves in one write.
   */
  nextTurn(callback: () => void): void;
}
