import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { MT5Error, RequestRefusedError } from "../connector/errors.ts";
import { abortError } from "../connector/request-errors.ts";
import type { Answer } from "../connector/requests.ts";
import type { SyncOp } from "../protocol/v1/messages.ts";
import type { Reader } from "../protocol/v1/reply-schemas.ts";

/** Items that come page by page. Nothing is asked before the first is wanted; each iteration asks anew. */
export interface Pages<Item> extends AsyncIterable<Item> {
  /** All of them. */
  toArray(): Promise<Item[]>;
}

/** How pages are asked for. */
export interface PageSource<Page extends { readonly more: string | null }, Row, Item> {
  readonly op: SyncOp;
  readonly args: Readonly<Record<string, unknown>>;
  readonly read: Reader<Page>;
  rows(answer: Answer<Page>): readonly Row[];
  toItem(row: Row): Item;
  /** Where a row stands: the listing is in this order, so that it can be resumed there. */
  stamp(row: Row): number;
}

const firstPauseMs = 100;
const maxPauseMs = 1_000;
/** Cursors that ran out in a row without a new row between. */
const maxRestarts = 3;

/**
 * Asks for what the terminal may have to load first: again until the deadline, which is for loading and answering
 * together. Rejects with `RequestRefusedError` (`HISTORY_LOADING`) when it is still loading then.
 */
export async function askLoaded<T>(
  core: AgentCore,
  op: SyncOp,
  args: Readonly<Record<string, unknown>>,
  read: Reader<T>,
  options: QueryOptions,
): Promise<Answer<T>> {
  const deadlineMs = core.clock.nowMs() + (options.timeoutMs ?? core.options.timeouts.requestTimeoutMs);
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    try {
      const timeoutMs = Math.max(1, deadlineMs - core.clock.nowMs());
      return await core.query("query", op, args, read, { ...options, timeoutMs });
    } catch (error) {
      if (!(error instanceof MT5Error) || error.code !== "HISTORY_LOADING") throw error;
      if (core.clock.nowMs() + pauseMs >= deadlineMs) {
        throw new RequestRefusedError(error.message, {
          code: "HISTORY_LOADING",
          remedy: "Ask again later or allow more time: the terminal is still loading it from its broker",
          cause: error,
        });
      }
      await core.link.timers.sleep(pauseMs);
      if (options.signal?.aborted === true) throw abortError(op, options.signal);
    }
  }
}

/** Pages of a listing. The time limit of `options` is for each page. */
export function pagesOf<Page extends { readonly more: string | null }, Row, Item>(
  core: AgentCore,
  source: PageSource<Page, Row, Item>,
  options: QueryOptions,
): Pages<Item> {
  const iterate = (): AsyncGenerator<Item, void, undefined> => listPages(core, source, options);
  return {
    [Symbol.asyncIterator]: iterate,
    toArray: async (): Promise<Item[]> => {
      const items: Item[] = [];
      for await (const item of iterate()) items.push(item);
      return items;
    },
  };
}

async function* listPages<Page extends { readonly more: string | null }, Row, Item>(
  core: AgentCore,
  source: PageSource<Page, Row, Item>,
  options: QueryOptions,
): AsyncGenerator<Item, void, undefined> {
  let args = source.args;
  let cursor: string | null = null;
  let restarts = 0;
  /** The last stamp that was given, how many rows of it, and how many of them a new listing gives again. */
  let last = Number.NEGATIVE_INFINITY;
  let atLast = 0;
  let skip = 0;
  let resuming = false;
  for (;;) {
    let answer: Answer<Page>;
    try {
      const pageArgs: Readonly<Record<string, unknown>> = cursor === null ? args : { ...args, cursor };
      answer = await askLoaded(core, source.op, pageArgs, source.read, options);
    } catch (error) {
      if (!(error instanceof MT5Error) || error.code !== "BAD_CURSOR" || ++restarts > maxRestarts)
        throw error;
      // The caller took longer for a page than the agent keeps it: begin again where it stands.
      cursor = null;
      if (last > Number.NEGATIVE_INFINITY && "fromBrokerMs" in args) args = { ...args, fromBrokerMs: last };
      skip = atLast;
      resuming = true;
      continue;
    }
    for (const row of source.rows(answer)) {
      const stamp = source.stamp(row);
      if (resuming && stamp < last) continue;
      if (resuming && stamp === last && skip > 0) {
        skip--;
        continue;
      }
      atLast = stamp === last ? atLast + 1 : 1;
      last = stamp;
      resuming = false;
      restarts = 0;
      yield source.toItem(row);
      // Of a page that has come there may be thousands of rows left.
      if (options.signal?.aborted === true) throw abortError(source.op, options.signal);
    }
    cursor = answer.result.more;
    if (cursor === null) return;
  }
}
