import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import type { Plan, Received } from "./plan.ts";

/** How an end proves itself. Keys are Z85. */
export type Security =
  | { readonly mechanism: "NULL"; readonly domain?: string }
  | { readonly mechanism: "PLAIN"; readonly role: "server"; readonly domain?: string }
  | {
      readonly mechanism: "PLAIN";
      readonly role: "client";
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: "CURVE";
      readonly role: "server";
      readonly publicKey: string;
      readonly secretKey: string;
      readonly domain?: string;
    }
  | {
      readonly mechanism: "CURVE";
      readonly role: "client";
      readonly publicKey: string;
      readonly secretKey: string;
      readonly serverKey: string;
    };

/** What a driven socket can be told. High-water marks of 0 mean no limit, and are what a driver sets if nothing is said. */
export interface SocketSettings {
  readonly identity?: string;
  readonly mandatory?: boolean;
  readonly subscribe?: readonly string[];
  readonly sendHighWaterMark?: number;
  readonly receiveHighWaterMark?: number;
  readonly heartbeatIntervalMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly heartbeatTtlMs?: number;
  readonly handshakeTimeoutMs?: number;
  readonly reconnectMs?: number;
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
  readonly lingerMs?: number;
}

/** How a driven socket is made. */
export interface OpenCommand {
  readonly type: SocketType;
  readonly security: Security;
  /** Where to bind, such as `tcp://127.0.0.1:*`, or ... */
  readonly bind?: string;
  /** ... where to connect to. */
  readonly connect?: string;
  readonly options?: SocketSettings;
  /** Report events. @default false */
  readonly monitor?: boolean;
}

/** Sends a plan and receives a number of messages at the same time. */
export interface DuplexCommand {
  readonly send?: Plan;
  /** Frames before each message, hexadecimal. */
  readonly prefix?: readonly string[];
  readonly receive?: number;
  /** Frames to take off each received message. */
  readonly strip?: number;
  /** Send a message on the topic of synchronisation again and again, until told to `go`. */
  readonly announce?: boolean;
  readonly timeoutMs?: number;
}

/** What a duplex exchange gave. */
export interface Exchanged extends Received {
  readonly sent: number;
  /** The different envelopes that were taken off, as hexadecimal frames. */
  readonly stripped: readonly (readonly string[])[];
}

/** Answers requests with the messages of a plan, under the first `envelope` frames of each request. */
export interface ServeCommand {
  readonly send: Plan;
  readonly envelope?: number;
  readonly timeoutMs?: number;
}

/** Something that a driven socket reported, in one vocabulary for all implementations. */
export interface SocketEvent {
  readonly name: string;
  readonly value: string | number;
}

/** A socket of one implementation under test. */
export interface DrivenSocket {
  readonly type: SocketType;
  /** Where it is bound, with the real port, or connected. */
  readonly endpoint: string;
  duplex(command: DuplexCommand): Promise<Exchanged>;
  serve(command: ServeCommand): Promise<Received>;
  lockstep(command: Omit<ServeCommand, "envelope">): Promise<Received>;
  /** Ends the announcing of a running `duplex`. */
  go(): Promise<void>;
  send(frames: readonly Uint8Array[], timeoutMs?: number): Promise<void>;
  receive(timeoutMs?: number): Promise<Uint8Array[]>;
  subscribe(prefix: string): Promise<void>;
  /** Resolves with the next event of this name that nobody waited for yet, also one that came before. */
  event(name: string, timeoutMs?: number): Promise<SocketEvent>;
  /** Every event so far. */
  readonly events: readonly SocketEvent[];
  close(lingerMs?: number): Promise<void>;
}

/** A ZeroMQ implementation that can be driven. */
export interface Driver {
  readonly name: string;
  open(command: OpenCommand): Promise<DrivenSocket>;
}

/** The topic of synchronisation: a publisher repeats it until its subscriber has heard it. */
export const syncTopic = "\0sync";
