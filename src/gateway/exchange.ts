import { ConnectionError, InvalidRequestError, TimeoutError } from "../connector/errors.ts";
import { type Context, Dealer, type SecurityOptions, type SocketEvent } from "../zmtp/mod.ts";
import { readJson } from "./json-reader.ts";
import { maxMessageBytes } from "./limits.ts";
import { type PyObject, pythonJson } from "./python-json.ts";

interface Waiting {
  readonly resolve: (reply: PyObject) => void;
  readonly reject: (error: Error) => void;
}

/** The request was written to the connection, and no reply came: whether it was carried out, nobody knows. */
export class NoReplyError extends TimeoutError {}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Requests and replies over one DEALER socket, matched by uuid: many may be on their way at once, and a reply that
 * comes too late is no danger to the next request. A REP server sees it as it sees a REQ socket.
 */
export class Exchange {
  readonly #context: Context;
  readonly #endpoint: string;
  readonly #socket: Dealer;
  readonly #waiting = new Map<string, Waiting>();
  readonly #receiving: Promise<void>;
  #lastFault = "";

  /** Dials at once, and again after every loss. */
  constructor(context: Context, endpoint: string, security: SecurityOptions) {
    this.#context = context;
    this.#endpoint = endpoint;
    this.#socket = new Dealer(context, {
      security,
      // Nothing may wait for a connection inside the socket: an order would be sent when nobody expects it any more.
      immediate: true,
      lingerMs: 0,
      maxMessageBytes,
      reconnect: { minMs: 100, maxMs: 2_000 },
      monitor: (event) => this.#note(event),
    });
    this.#socket.connect(endpoint);
    this.#receiving = this.#receive();
  }

  /**
   * Sends a request and resolves with its reply.
   * @throws ConnectionError when it was certainly not sent, NoReplyError when it was and no reply came
   */
  ask(request: PyObject & { readonly uuid: string }, timeoutMs: number): Promise<PyObject> {
    const { uuid } = request;
    const { clock } = this.#context;
    if (this.#waiting.has(uuid)) {
      return Promise.reject(
        new InvalidRequestError(`Cannot send: a request with uuid ${uuid} waits for its reply`, {
          code: "DUPLICATE_UUID",
          remedy: "Wait for that reply",
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const giveUp = new AbortController();
      let sent = false;
      const timer = clock.setTimer(() => {
        this.#waiting.delete(uuid);
        if (!sent) giveUp.abort();
        else reject(new NoReplyError(`No reply came within ${timeoutMs} ms`, noReply));
      }, timeoutMs);
      const settle = (): void => {
        timer.cancel();
        this.#waiting.delete(uuid);
      };
      this.#waiting.set(uuid, {
        resolve: (reply) => {
          settle();
          resolve(reply);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.#socket.send([new Uint8Array(), pythonJson(request)], { signal: giveUp.signal }).then(
        () => {
          sent = true;
        },
        () => {
          settle();
          reject(this.#unsent());
        },
      );
    });
  }

  /** Closes. Requests that wait are given up. */
  async close(): Promise<void> {
    await this.#socket.close({ lingerMs: 0 });
    await this.#receiving;
    for (const { reject } of [...this.#waiting.values()]) {
      reject(new NoReplyError("The connector was closed before the reply came", noReply));
    }
  }

  async #receive(): Promise<void> {
    for await (const frames of this.#socket) {
      const body = frames[frames.length - 1];
      const reply = body === undefined ? undefined : readReply(body);
      const uuid = reply?.["uuid"];
      // What cannot be matched is late, or was meant for nobody: who waits is told by time.
      if (reply !== undefined && typeof uuid === "string") this.#waiting.get(uuid)?.resolve(reply);
    }
  }

  #unsent(): ConnectionError {
    const why = this.#lastFault === "" ? "no connection in time" : this.#lastFault;
    return new ConnectionError(`Cannot reach the gateway at ${this.#endpoint}: ${why}`, {
      code: "NOT_CONNECTED",
      remedy: "Check host, port, firewall and keys, and that the gateway runs",
    });
  }

  #note(event: SocketEvent): void {
    if (event.type === "connected") this.#lastFault = "";
    else if ("fault" in event) this.#lastFault = event.fault.message;
  }
}

const noReply = {
  code: "TIMEOUT",
  remedy: "Ask again with the same uuid if the gateway dedupes by uuid; else read the positions first",
} as const;

function readReply(body: Uint8Array): PyObject | undefined {
  try {
    const value = readJson(decoder.decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as PyObject)
      : undefined;
  } catch {
    // No JSON is no reply: an order then stays unknown, which it is.
    return undefined;
  }
}
