import type { Clock, Timer } from "../../transport/clock.ts";
import type { AgentHooks, AgentPoint, AgentPointInfo } from "./agent-options.ts";

/** What the world needs. */
export interface WorldOptions {
  readonly clock: Clock;
  readonly hooks: AgentHooks | undefined;
  readonly onFault: (fault: unknown, where: string) => void;
  /** So long without anything happening, not even a timer, means that the agent stood still. */
  readonly stallMs: number;
}

/**
 * The agent's life: its clock, its timers, and the one door through which everything from outside comes in. After `kill`
 * the door is shut, so that nothing happens any more; while frozen, what comes in waits in its order.
 */
export class World {
  readonly #clock: Clock;
  readonly #hooks: AgentHooks | undefined;
  readonly #onFault: (fault: unknown, where: string) => void;
  readonly #originMs: number;
  readonly #stallMs: number;
  #lastMs = 0;
  #stoodStillMs = 0;
  readonly #timers: Set<Timer> = new Set();
  #waiting: (() => void)[] = [];
  #state: "alive" | "frozen" | "dead" = "alive";
  #die: () => void = () => undefined;
  /** Resolves when the agent dies. */
  readonly death: Promise<void>;

  constructor(options: WorldOptions) {
    this.#clock = options.clock;
    this.#hooks = options.hooks;
    this.#onFault = options.onFault;
    this.#originMs = options.clock.nowMs();
    this.#stallMs = options.stallMs;
    this.death = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  /** The agent clock: whole milliseconds since the agent started. */
  now(): number {
    return Math.floor(this.#clock.nowMs() - this.#originMs);
  }

  /** For how long the agent has stood still so far: time in which nobody could be served. */
  stoodStillMs(): number {
    return this.#stoodStillMs;
  }

  /** The wall clock, milliseconds since 1970-01-01 UTC; it may jump. */
  wallMs(): number {
    return this.#clock.wallMs();
  }

  get dead(): boolean {
    return this.#state === "dead";
  }

  /** Runs what came from outside: at once, later if the agent stands still, never if it is dead. */
  enter(where: string, action: () => void): void {
    if (this.#state === "dead") return;
    if (this.#state === "frozen") {
      this.#waiting.push(() => this.enter(where, action));
      return;
    }
    const gapMs = this.now() - this.#lastMs;
    this.#lastMs += gapMs;
    if (gapMs > this.#stallMs) this.#stoodStillMs += gapMs;
    try {
      action();
    } catch (fault) {
      this.fault(fault, where);
    }
  }

  /** Reports a fault that has no one to answer to. */
  fault(fault: unknown, where: string): void {
    if (this.#state !== "dead") this.#onFault(fault, where);
  }

  /** Calls back once, unless the agent dies before. */
  timer(where: string, action: () => void, delayMs: number): Timer {
    if (this.#state === "dead") return { cancel: (): void => undefined };
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(timer);
      this.enter(where, action);
    }, delayMs);
    this.#timers.add(timer);
    return {
      cancel: (): void => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Passes a named point: `next` follows at once, after a stall, or never. */
  at(point: AgentPoint, info: AgentPointInfo, next: () => void): void {
    const stall = this.#hooks?.at(point, info);
    if (this.#state === "dead") return;
    if (stall !== undefined) {
      const resume = this.freeze();
      stall.then(resume, (fault: unknown) => {
        this.fault(fault, `hook at ${point}`);
        resume();
      });
    }
    // A hook may also have frozen the agent by its own hand, so the state decides, not the hook's result.
    if (this.#state === "frozen") this.#waiting.unshift(() => this.enter(point, next));
    else next();
  }

  /** Stands still until the returned function is called. */
  freeze(): () => void {
    if (this.#state !== "alive") return () => undefined;
    this.#state = "frozen";
    return (): void => {
      if (this.#state !== "frozen") return;
      this.#state = "alive";
      this.#drain();
    };
  }

  /** As if the process died: nothing is run, scheduled or reported from now on. */
  kill(): void {
    this.#state = "dead";
    this.#die();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#waiting = [];
  }

  #drain(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < waiting.length; i++) {
      waiting[i]?.();
      if (this.#state === "frozen") {
        // Frozen again on the way: what is left stands behind what the new stall put first.
        this.#waiting.push(...waiting.slice(i + 1));
        return;
      }
    }
  }
}
