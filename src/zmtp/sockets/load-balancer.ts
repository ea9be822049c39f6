import { Deque } from "../deque.ts";
import { Breather, type Turns } from "./breather.ts";
import { SocketError } from "./errors.ts";
import { checkWait, type WaitOptions } from "./fair-queue.ts";
import type { Pipe } from "./pipe.ts";

interface Waiter {
  readonly frames: readonly Uint8Array[];
  readonly sent: (pipe: Pipe) => void;
  readonly reject: (reason: unknown) => void;
}

/** Gives messages to pipes with room in turn, and waits while none has any (RFC 28, RFC 30: "round-robin strategy"). */
export class LoadBalancer {
  readonly #pipes: Pipe[] = [];
  readonly #waiters = new Deque<Waiter>();
  readonly #breather: Breather;
  #next = 0;
  #closed = false;

  /** Without pipes yet. */
  constructor(turns: Turns) {
    this.#breather = new Breather(turns);
  }

  /** Gives this pipe its turns from now on. */
  add(pipe: Pipe): void {
    this.#pipes.push(pipe);
    this.flush();
  }

  /** Takes it out. */
  remove(pipe: Pipe): void {
    const at = this.#pipes.indexOf(pipe);
    if (at < 0) return;
    this.#pipes.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /** Sends to the pipe whose turn it is; `undefined` when none has room. */
  trySend(frames: readonly Uint8Array[]): Pipe | undefined {
    const pipes = this.#pipes;
    for (let tries = pipes.length; tries > 0; tries--) {
      if (this.#next >= pipes.length) this.#next = 0;
      const pipe = pipes[this.#next++] as Pipe;
      if (pipe.hasRoom) {
        pipe.send(frames);
        return pipe;
      }
    }
    return undefined;
  }

  /** Resolves when the message is on its way or waits in a peer's queue; its bytes may then be used again. */
  send(frames: readonly Uint8Array[], options?: WaitOptions): Promise<void> {
    checkWait(options);
    if (this.#closed) return Promise.reject(closedError());
    if (this.sendNow(frames, options) !== undefined) return this.#breather.breath();
    return this.#wait(frames, options).then(() => undefined);
  }

  /** As `send`, and tells the pipe. */
  async sendTo(frames: readonly Uint8Array[], options?: WaitOptions): Promise<Pipe> {
    if (this.#closed) throw closedError();
    return this.sendNow(frames, options) ?? (await this.#wait(frames, options));
  }

  /** Sends without waiting; `undefined` when that cannot be. */
  sendNow(frames: readonly Uint8Array[], options?: WaitOptions): Pipe | undefined {
    if (this.#closed || this.#waiters.length > 0 || options?.signal?.aborted === true) return undefined;
    return this.trySend(frames);
  }

  /** There is room again somewhere. */
  flush(): void {
    while (this.#waiters.length > 0) {
      const { hasRoom } = this;
      if (!hasRoom) return;
      const waiter = this.#waiters.shift() as Waiter;
      waiter.sent(this.trySend(waiter.frames) as Pipe);
    }
  }

  /** Whether any pipe has room. */
  get hasRoom(): boolean {
    return this.#pipes.some((pipe) => pipe.hasRoom);
  }

  /** Rejects who waits. */
  close(): void {
    this.#closed = true;
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      waiter.reject(closedError());
    }
  }

  #wait(frames: readonly Uint8Array[], { signal }: WaitOptions = {}): Promise<Pipe> {
    return new Promise<Pipe>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        this.#waiters.remove((other) => other === waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        frames,
        sent: (pipe): void => {
          signal?.removeEventListener("abort", abort);
          resolve(pipe);
        },
        reject: (reason): void => {
          signal?.removeEventListener("abort", abort);
          reject(reason);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiters.push(waiter);
    });
  }
}

function closedError(): SocketError {
  return new SocketError("closed", "Cannot send: the socket is closed");
}
