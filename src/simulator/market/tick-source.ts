/** A price change in the market, in UTC. Broker time is made of it where a terminal shows it. */
export interface MarketTick {
  readonly symbol: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly utcMs: number;
  readonly bid: number;
  readonly ask: number;
  /** 0 for symbols without last prices. */
  readonly last: number;
  /** Real volume of the last deal, 0 if unknown. */
  readonly volume: number;
  /** An OR of `TickFlag`: what changed. */
  readonly flags: number;
}

/** A batch of ticks, or undefined after the last one. */
export type TickBatch = readonly MarketTick[] | undefined;

/** Where ticks come from: a generator or a recording. Ticks come in the order of time. */
export interface TickSource {
  /** The symbols that occur. */
  readonly symbols: readonly string[];
  /**
   * The next ticks, or undefined after the last. Sources that have them at hand answer without a promise, so that a run
   * in virtual time needs no turn of the event loop. An empty batch is no end. Asked again only after it has answered.
   */
  nextBatch(): TickBatch | Promise<TickBatch>;
  /** Frees what the source holds. Called once, at the end or when it is given up. */
  close?(): void | Promise<void>;
}

/** Merges sources into one, in the order of time; of ticks at the same millisecond the earlier source's comes first. */
export function mergeSources(sources: readonly TickSource[]): TickSource {
  const heads = sources.map((source) => ({
    source,
    ticks: [] as readonly MarketTick[],
    at: 0,
    ended: false,
  }));

  const missing = (): typeof heads => heads.filter((head) => !head.ended && head.at >= head.ticks.length);

  const fill = (head: (typeof heads)[number], batch: TickBatch): void => {
    head.ended = batch === undefined;
    head.ticks = batch ?? [];
    head.at = 0;
  };

  /** Refills the heads that ran dry; a promise only if a source made one. */
  const refill = (): undefined | Promise<void> => {
    for (let dry = missing(); dry.length > 0; dry = missing()) {
      for (const head of dry) {
        const batch = head.source.nextBatch();
        if (batch instanceof Promise) {
          return batch.then((ticks) => {
            fill(head, ticks);
            return refill();
          });
        }
        fill(head, batch);
      }
    }
    return undefined;
  };

  const take = (): TickBatch => {
    const merged: MarketTick[] = [];
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const head of heads) {
        const tick = head.ticks[head.at];
        if (tick === undefined) {
          // A head that ran dry may hold an earlier tick than the others: hand out what is sure.
          if (!head.ended) return merged;
          continue;
        }
        const best = first?.ticks[first.at];
        if (best === undefined || tick.utcMs < best.utcMs) first = head;
      }
      const tick = first?.ticks[first.at];
      if (first === undefined || tick === undefined) return merged.length > 0 ? merged : undefined;
      merged.push(tick);
      first.at++;
    }
  };

  return {
    symbols: [...new Set(sources.flatMap((source) => source.symbols))],
    nextBatch(): TickBatch | Promise<TickBatch> {
      const waiting = refill();
      return waiting === undefined ? take() : waiting.then(take);
    },
    async close(): Promise<void> {
      for (const source of sources) await source.close?.();
    },
  };
}

/** A source of ticks that are at hand already. */
export function sourceOf(ticks: readonly MarketTick[]): TickSource {
  let handedOut = false;
  return {
    symbols: [...new Set(ticks.map((tick) => tick.symbol))],
    nextBatch(): TickBatch {
      if (handedOut) return undefined;
      handedOut = true;
      return ticks;
    },
  };
}
