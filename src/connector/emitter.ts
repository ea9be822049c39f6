import { EventEmitter } from "node:events";

/** Events by name, each with the arguments of its listeners. */
export type EventArguments<Events> = { [Name in keyof Events]: unknown[] };

/** What an emitter does with what no listener took. */
export interface EmitterFallback {
  /** An `error` event that nobody listens to. */
  unheard(error: unknown): void;
  /** A listener that threw, or whose promise rejected. */
  listenerFailed(event: string, error: unknown): void;
}

type Listener<Events extends EventArguments<Events>, Name extends keyof Events> = (
  ...args: Events[Name]
) => void;

/**
 * A typed `EventEmitter`. Two things differ from Node's: an `error` event without a listener is logged instead of
 * thrown into the library's own code, and a listener that throws neither stops the other listeners nor the library.
 */
export class TypedEmitter<Events extends EventArguments<Events>> extends EventEmitter {
  readonly #fallback: EmitterFallback;

  constructor(fallback: EmitterFallback) {
    super();
    this.#fallback = fallback;
    // Strategies commonly attach one listener per symbol.
    this.setMaxListeners(0);
  }

  /** Calls `listener` at every event. */
  override on<Name extends keyof Events & string>(event: Name, listener: Listener<Events, Name>): this {
    return super.on(event, listener as (...args: unknown[]) => void);
  }

  /** Calls `listener` at the next event only. */
  override once<Name extends keyof Events & string>(event: Name, listener: Listener<Events, Name>): this {
    return super.once(event, listener as (...args: unknown[]) => void);
  }

  /** Takes a listener back. */
  override off<Name extends keyof Events & string>(event: Name, listener: Listener<Events, Name>): this {
    return super.off(event, listener as (...args: unknown[]) => void);
  }

  /** As `on`. */
  override addListener<Name extends keyof Events & string>(
    event: Name,
    listener: Listener<Events, Name>,
  ): this {
    return super.addListener(event, listener as (...args: unknown[]) => void);
  }

  /** As `off`. */
  override removeListener<Name extends keyof Events & string>(
    event: Name,
    listener: Listener<Events, Name>,
  ): this {
    return super.removeListener(event, listener as (...args: unknown[]) => void);
  }

  /** Tells all listeners. True if there was one. */
  override emit<Name extends keyof Events & string>(event: Name, ...args: Events[Name]): boolean {
    const listeners = this.rawListeners(event);
    if (listeners.length === 0 && event === "error") this.#fallback.unheard(args[0]);
    for (const listener of listeners) this.#call(event, listener as (...args: unknown[]) => unknown, args);
    return listeners.length > 0;
  }

  #call(event: string, listener: (...args: unknown[]) => unknown, args: readonly unknown[]): void {
    try {
      const returned = listener.apply(this, [...args]);
      if (returned instanceof Promise) {
        returned.catch((error: unknown) => this.#fallback.listenerFailed(event, error));
      }
    } catch (error) {
      this.#fallback.listenerFailed(event, error);
    }
  }
}
