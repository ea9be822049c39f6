import type { OperationClass } from "./breaker.ts";

/** A request that waits for its turn. */
export interface WaitingRequest {
  start(): void;
  reject(error: Error): void;
}

/**
 * Callers' requests on their way at once, by class, so that one class that gets no answers leaves the others their room;
 * the rest of the agent's 256 is for the session's own.
 */
const maxRunning: Readonly<Record<OperationClass, number>> = { query: 64, marketData: 32, trade: 32 };

/** Callers' requests of one class that may wait for their turn. */
export const maxWaiting = 4_096;

/** The requests of one class: those on their way, and those that wait. */
export class RequestLane {
  readonly #most: number;
  readonly #waiting: WaitingRequest[] = [];
  #running = 0;

  constructor(operation: OperationClass) {
    this.#most = maxRunning[operation];
  }

  /** Whether a request that comes now may start before any other. */
  get isFree(): boolean {
    return this.#running < this.#most && this.#waiting.length === 0;
  }

  /** Whether no further request may wait. */
  get isFull(): boolean {
    return this.#waiting.length >= maxWaiting;
  }

  /** A request is on its way. */
  started(): void {
    this.#running++;
  }

  /** A request that was on its way has ended. */
  ended(): void {
    this.#running--;
  }

  /** Puts a request at the end of those that wait. */
  push(request: WaitingRequest): void {
    this.#waiting.push(request);
  }

  /** Takes the next request whose turn it is. */
  shift(): WaitingRequest | undefined {
    return this.#running < this.#most ? this.#waiting.shift() : undefined;
  }

  /** Takes a request out that waits; has no effect on others. */
  remove(request: WaitingRequest): void {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Takes out all that wait. */
  clear(): WaitingRequest[] {
    return this.#waiting.splice(0);
  }
}
