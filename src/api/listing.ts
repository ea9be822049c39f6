import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { MT5Error } from "../connector/errors.ts";
import type { SyncOp } from "../protocol/v1/messages.ts";
import type { Reader } from "../protocol/v1/reply-schemas.ts";

/** Times that a listing is begun again because its cursor ran out. */
const maxListings = 3;

/** All pages of a listing that is small enough to hold. */
export async function listAll<Page extends { readonly more: string | null }, Item>(
  core: AgentCore,
  op: SyncOp,
  args: Readonly<Record<string, unknown>>,
  read: Reader<Page>,
  itemsOf: (page: Page) => readonly Item[],
  options: QueryOptions = {},
): Promise<Item[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const items: Item[] = [];
      let cursor: string | null = null;
      do {
        const pageArgs: Readonly<Record<string, unknown>> = cursor === null ? args : { ...args, cursor };
        const { result } = await core.query("query", op, pageArgs, read, options);
        for (const item of itemsOf(result)) items.push(item);
        cursor = result.more;
      } while (cursor !== null);
      return items;
    } catch (error) {
      if (!(error instanceof MT5Error) || error.code !== "BAD_CURSOR" || attempt >= maxListings) throw error;
    }
  }
}
