import type { Clock } from "../transport/clock.ts";
import type { Network } from "../transport/network.ts";
import type { Crypto } from "./crypto/types.ts";

/** What connections need of the outside. */
export interface Environment {
  readonly network: Network;
  readonly clock: Clock;
  /**
   * Runs a callback in the next turn of the event loop, after everything that the current turn does. All that is sent
   * within one turn leaves in one write, but for the first message after something came, which does not wait.
   */
  nextTurn(callback: () => void): void;
}

/** What sockets are built on: the network, time, and cryptography. */
export interface Context extends Environment {
  readonly crypto: Crypto;
}
