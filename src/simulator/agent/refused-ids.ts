import type { CommandRefusal } from "../../protocol/v1/messages.ts";

interface Refused {
  readonly code: CommandRefusal;
  readonly reason: string;
  readonly issuedAt: number;
  readonly untilMs: number;
}

/** Refusals remembered at once. */
const maxRefused = 65_536;

/**
 * Remembers refusals for good. The connector takes such a refusal as certain, but its reason may pass (a rate, a limit,
 * a full disk), and another copy of the command may still be on its way: no copy issued at or before the refused one
 * may be executed later (docs/protocol.md, 6.2). Memory is enough, since a restart raises the epoch.
 */
export class RefusedIds {
  readonly #now: () => number;
  readonly #keepMs: number;
  /** Oldest first. */
  readonly #refused: Map<string, Refused> = new Map();

  constructor(now: () => number, keepMs: number) {
    this.#now = now;
    this.#keepMs = keepMs;
  }

  /** Whether another refusal can be remembered; without room none may be called final. */
  hasRoom(client: string, id: string): boolean {
    for (const [key, old] of this.#refused) {
      if (old.untilMs > this.#now()) break;
      this.#refused.delete(key);
    }
    return this.#refused.size < maxRefused || this.#refused.has(nameOf(client, id));
  }

  note(client: string, id: string, refusal: Pick<Refused, "code" | "reason" | "issuedAt">): void {
    const key = nameOf(client, id);
    const before = this.#refused.get(key);
    if (before !== undefined && before.issuedAt > refusal.issuedAt && before.untilMs > this.#now()) return;
    this.#refused.delete(key);
    this.#refused.set(key, { ...refusal, untilMs: this.#now() + this.#keepMs });
  }

  /** The refusal that stands for copies issued at this time. */
  find(client: string, id: string, issuedAt: number): Pick<Refused, "code" | "reason"> | undefined {
    const refused = this.#refused.get(nameOf(client, id));
    if (refused === undefined || refused.untilMs <= this.#now() || issuedAt > refused.issuedAt)
      return undefined;
    return refused;
  }
}

function nameOf(client: string, id: string): string {
  return `${client} ${id}`;
}
