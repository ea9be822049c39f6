import type { World } from "./world.ts";

/**
 * Runs a piece of work soon after it is asked for: at once in the same turn's end if it has rested, else when the gap
 * since its last run is over. So a lone event is served without delay and a burst costs one run per gap.
 */
export class Scheduler {
  readonly #world: World;
  readonly #where: string;
  readonly #gapMs: number;
  readonly #work: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #asked = false;

  constructor(world: World, where: string, gapMs: number, work: () => void) {
    this.#world = world;
    this.#where = where;
    this.#gapMs = gapMs;
    this.#work = work;
  }

  /** Asks for a run. */
  ask(): void {
    if (this.#asked || this.#world.dead) return;
    this.#asked = true;
    const waitMs = this.#lastMs + this.#gapMs - this.#world.now();
    if (waitMs > 0) this.#world.timer(this.#where, () => this.#run(), waitMs);
    else queueMicrotask(() => this.#world.enter(this.#where, () => this.#run()));
  }

  #run(): void {
    this.#asked = false;
    this.#lastMs = this.#world.now();
    this.#work();
  }
}
