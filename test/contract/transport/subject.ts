import type { Transport } from "../../../src/transport/transport.ts";

/** A connection path that a case can break. */
export interface Link {
  /** The port to dial instead of the listener's. */
  readonly port: number;
  /** Resets all connections; both ends see a fault. */
  cut(): void;
  /** Swallows everything without closing anything. */
  freeze(): void;
  /** Lets bytes flow again; those held back arrive. */
  thaw(): void;
}

/** A plain byte stream that speaks no protocol. */
export interface RawStream {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** What an implementation promises beyond what all do. */
export interface Guarantees {
  /** A client tells a silent connection (`heartbeat`) from a broken one (`lost`). */
  readonly clientNamesHeartbeat: boolean;
  /** A client that has the wrong key of the server learns that (`authentication`), and not only `protocol`. */
  readonly clientNamesWrongServerKey: boolean;
}

/** An implementation of the seam under test: who dials, who listens, and the world they live in. */
export interface TransportSubject {
  readonly name: string;
  readonly client: Transport;
  readonly server: Transport;
  readonly guarantees: Guarantees;
  /** Waits for a promise, in the subject's time; rejects if it takes longer than `limitMs` of it. */
  wait<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Lets time pass, so that something has the chance to happen that must not. */
  pass(ms: number): Promise<void>;
  /** A path to a listening port. */
  link(port: number): Promise<Link>;
  /** Dials without any protocol. */
  dialRaw(port: number): RawStream;
  /** Listens without any protocol, and answers each connection with `greeting`. */
  listenRaw(greeting: Uint8Array): Promise<number>;
  /** A port at which nobody listens. */
  deadPort(): Promise<number>;
  newKeys(): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** Closes what the subject itself has opened. */
  dispose(): Promise<void>;
}

/** A promise of the seam, as a program that throws when it is broken. */
export interface TransportCase {
  /** In plain words: symbol and criterion. */
  readonly name: string;
  run(subject: TransportSubject): Promise<void>;
}
