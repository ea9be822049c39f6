import { limits as protocolLimits } from "../../protocol/v1/limits.ts";
import { toHex } from "../../protocol/v1/signing.ts";
import type { Timer } from "../../transport/clock.ts";
import type { AgentLimits } from "./agent-options.ts";
import type { Session } from "./sessions.ts";
import type { World } from "./world.ts";

/** What a reply holds beside the items of its page. */
const headBytes = 16_384;
const encoder = new TextEncoder();

/** One page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page. */
  readonly more: string | null;
  /** The ledger's position when the result was frozen. */
  readonly seq: number;
}

interface Frozen {
  readonly session: Session;
  /** Operation and arguments: a cursor serves the same request only. */
  readonly request: string;
  readonly items: readonly unknown[];
  readonly seq: number;
  timer: Timer;
}

/** What the pager needs. */
export interface PagerOptions {
  readonly world: World;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly limits: Pick<AgentLimits, "cursorTtlMs" | "maxReplyBytes">;
}

/** Cuts long results into pages of one frozen state (docs/protocol.md, 4.3). */
export class Pager {
  readonly #options: PagerOptions;
  readonly #frozen: Map<string, Frozen> = new Map();

  constructor(options: PagerOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#frozen.size;
  }

  /** The first page of a result; what does not fit is frozen for the session. */
  first<Item>(
    session: Session,
    request: string,
    items: readonly Item[],
    seq: number,
    pageItems?: number,
  ): Page<Item> {
    const end = this.#pageEnd(items, 0, pageItems);
    if (end === items.length) return { items, more: null, seq };
    this.#makeRoom(session);
    const id = toHex(this.#options.randomBytes(16));
    this.#frozen.set(id, { session, request, items, seq, timer: this.#expire(id) });
    return { items: items.slice(0, end), more: `${id}.${end}`, seq };
  }

  /** The page that a cursor stands for; undefined if it stands for none (any more). */
  next<Item>(session: Session, request: string, cursor: string, pageItems?: number): Page<Item> | undefined {
    const [id = "", offset = ""] = cursor.split(".");
    const frozen = this.#frozen.get(id);
    const start = Number(offset);
    if (frozen === undefined || frozen.session !== session || frozen.request !== request) return undefined;
    if (!Number.isSafeInteger(start) || start < 0 || start > frozen.items.length) return undefined;
    frozen.timer.cancel();
    frozen.timer = this.#expire(id);
    const items = frozen.items as readonly Item[];
    const end = this.#pageEnd(items, start, pageItems);
    return {
      items: items.slice(start, end),
      more: end === items.length ? null : `${id}.${end}`,
      seq: frozen.seq,
    };
  }

  /** Drops what a session had open. */
  free(session: Session): void {
    for (const [id, frozen] of this.#frozen) if (frozen.session === session) this.#drop(id);
  }

  #makeRoom(session: Session): void {
    const own = [...this.#frozen].filter(([, frozen]) => frozen.session === session);
    for (const [id] of own.slice(0, Math.max(0, own.length - protocolLimits.maxCursorsPerSession + 1)))
      this.#drop(id);
  }

  #expire(id: string): Timer {
    const { world, limits } = this.#options;
    return world.timer("cursor", () => this.#drop(id), limits.cursorTtlMs);
  }

  #drop(id: string): void {
    this.#frozen.get(id)?.timer.cancel();
    this.#frozen.delete(id);
  }

  /** Where the page that begins at `start` ends; it holds at least one item. Records in bulk are cut by their number. */
  #pageEnd(items: readonly unknown[], start: number, pageItems: number | undefined): number {
    if (pageItems !== undefined) return Math.min(items.length, start + pageItems);
    let left = this.#options.limits.maxReplyBytes - headBytes;
    for (let end = start; end < items.length; end++) {
      left -= encoder.encode(JSON.stringify(items[end])).length + 1;
      if (left < 0 && end > start) return end;
    }
    return items.length;
  }
}
