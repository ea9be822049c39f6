/** A standing fault. */
export interface FaultHandle {
  /** How often it has struck. */
  readonly fired: number;
  /** Takes the fault back. */
  heal(): void;
}

/** How often and when a fault strikes. */
export interface FaultOptions {
  /** Strikes at most so often, then heals itself. @default without end */
  readonly times?: number;
  /** Lets so many chances pass first. @default 0 */
  readonly skip?: number;
  /** Called at each strike, at the very moment: to look at the world, or to add another fault. */
  readonly onStrike?: () => void;
}

/** The faults of one kind that stand, oldest first. */
export class FaultSet<T> {
  readonly #standing: Set<Standing<T>> = new Set();

  /** Adds a fault; `healed` is told once when it is taken back or used up. */
  add(what: T, options: FaultOptions = {}, healed?: () => void): Standing<T> {
    const standing = new Standing(this.#standing, what, options, healed);
    this.#standing.add(standing);
    return standing;
  }

  /** The first fault that fits, if it is not still letting chances pass. Does not strike yet. */
  find(fits: (what: T) => boolean): Standing<T> | undefined {
    for (const standing of this.#standing) {
      if (fits(standing.what)) return standing.due() ? standing : undefined;
    }
    return undefined;
  }

  /** Whether any fits. */
  has(fits: (what: T) => boolean): boolean {
    for (const standing of this.#standing) if (fits(standing.what)) return true;
    return false;
  }

  /** Finds and strikes. */
  strike(fits: (what: T) => boolean): T | undefined {
    const standing = this.find(fits);
    standing?.strike();
    return standing?.what;
  }

  /** How many stand. */
  get size(): number {
    return this.#standing.size;
  }
}

/** One fault of a set. */
export class Standing<T> implements FaultHandle {
  fired = 0;
  readonly what: T;
  readonly #set: Set<Standing<T>>;
  readonly #options: FaultOptions;
  readonly #healed: (() => void) | undefined;
  #skipped = 0;

  constructor(set: Set<Standing<T>>, what: T, options: FaultOptions, healed: (() => void) | undefined) {
    this.#set = set;
    this.what = what;
    this.#options = options;
    this.#healed = healed;
  }

  /** Counts a chance; false while chances are let pass. */
  due(): boolean {
    if (this.#skipped >= (this.#options.skip ?? 0)) return true;
    this.#skipped++;
    return false;
  }

  /** Counts a strike, and heals after the last one. */
  strike(): void {
    this.fired++;
    if (this.fired >= (this.#options.times ?? Number.POSITIVE_INFINITY)) this.heal();
    this.#options.onStrike?.();
  }

  heal(): void {
    if (this.#set.delete(this)) this.#healed?.();
  }
}
