import type { SocketEvent } from "./driver.ts";

interface Waiter {
  readonly name: string;
  resolve(event: SocketEvent): void;
}

/** Events in order, each of which can be awaited once, whether it came before or comes later. */
export class EventLog {
  readonly all: SocketEvent[] = [];
  readonly #unclaimed: SocketEvent[] = [];
  readonly #waiters = new Set<Waiter>();

  add(event: SocketEvent): void {
    this.all.push(event);
    for (const waiter of this.#waiters) {
      if (waiter.name !== event.name) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
      return;
    }
    this.#unclaimed.push(event);
  }

  next(name: string, timeoutMs: number): Promise<SocketEvent> {
    const at = this.#unclaimed.findIndex((event) => event.name === name);
    const [early] = at < 0 ? [] : this.#unclaimed.splice(at, 1);
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.all.map((event) => `${event.name} (${event.value})`).join(", ");
        reject(new Error(`No event "${name}" within ${timeoutMs} ms; seen: ${seen || "nothing"}`));
      }, timeoutMs);
      const waiter: Waiter = {
        name,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
      };
      this.#waiters.add(waiter);
    });
  }
}
