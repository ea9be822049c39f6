import type { ByteStream, Endpoint, NetworkListener, StreamEvents } from "../../transport/network.ts";
import { Admission } from "../admission.ts";
import type { Connection } from "../connection.ts";
import type { Context } from "../environment.ts";
import { ZmtpFault } from "../fault.ts";
import { maxDialledEndpoints } from "../limits.ts";
import type { PeerInfo } from "../peer.ts";
import { Accepted } from "./accepted.ts";
import { Dialer } from "./dialer.ts";
import { formatEndpoint, parseEndpoint } from "./endpoint.ts";
import { SocketError } from "./errors.ts";
import type { Monitor, SocketEvent } from "./monitor.ts";
import type { SocketSettings } from "./options.ts";
import { Pipe } from "./pipe.ts";

/** What makes a socket's type: how messages are spread over its pipes. */
export interface Pattern {
  /** Whether this peer may have a pipe; the fault that says no is the connection's end. */
  admit?(pipe: Pipe, peer: PeerInfo): ZmtpFault | undefined;
  /** The pipe takes messages from now on: its endpoint is dialled, or its peer has connected. */
  added(pipe: Pipe): void;
  /** The pipe's connection is up; comes after `added`, and before anything that waits is sent. */
  up?(pipe: Pipe): void;
  /** A message came. */
  message(pipe: Pipe, frames: Uint8Array[]): void;
  /** The peer subscribes to a prefix, or cancels one subscription of it. */
  subscription?(pipe: Pipe, active: boolean, prefix: Uint8Array): void;
  /** The pipe may have room again. */
  room?(pipe: Pipe): void;
  /** The pipe's connection is gone; the pipe may stay. */
  down?(pipe: Pipe): void;
  /** The pipe is gone. */
  removed(pipe: Pipe): void;
  /** The socket is closed: who waits is to be told. */
  closed(): void;
}

interface Binding {
  readonly endpoint: string;
  readonly listener: NetworkListener;
  readonly connections: Set<Accepted>;
}

const none: readonly never[] = [];

/** A socket without its pattern: it dials, listens, keeps pipes, and closes in order. */
export class SocketCore {
  readonly environment: Context;
  readonly settings: SocketSettings;
  /** Places for accepted connections. */
  readonly admission: Admission<Accepted>;
  readonly #pattern: Pattern;
  #monitors: readonly Monitor[] = none;
  // Lists, not maps: most sockets have one endpoint, and an empty map takes 200 bytes.
  #bindings: readonly Binding[] = none;
  #dialers: readonly Dialer[] = none;
  readonly #pipes: Set<Pipe> = new Set();
  /** Connections by bound endpoint; an endpoint's set stays until it is unbound. */
  #accepted: readonly Set<Accepted>[] = none;
  /** Byte streams that are not closed yet. */
  #streams = 0;
  #closing: { readonly fault: ZmtpFault; readonly untilMs: number } | undefined;
  #closed: Promise<void> | undefined;

  /** Does nothing until something is bound or connected. */
  constructor(environment: Context, settings: SocketSettings, pattern: Pattern, monitor?: Monitor) {
    this.environment = environment;
    this.settings = settings;
    this.admission = new Admission(settings.caps);
    this.#pattern = pattern;
    if (monitor !== undefined) this.#monitors = [monitor];
  }

  /** Adds a monitor, and returns what removes it. */
  monitor(monitor: Monitor): () => void {
    const entry: Monitor = (event) => monitor(event);
    this.#monitors = [...this.#monitors, entry];
    return (): void => {
      this.#monitors = this.#monitors.filter((other) => other !== entry);
    };
  }

  /** Tells the monitors. */
  tell(event: SocketEvent): void {
    for (const monitor of this.#monitors) monitor(event);
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Listens, and resolves with the endpoint really bound. */
  async bind(text: string): Promise<string> {
    this.#checkOpen("bind");
    const wanted = parseEndpoint(text, "bind");
    const connections = new Set<Accepted>();
    this.#accepted = [...this.#accepted, connections];
    let bound = text;
    let listener: NetworkListener;
    try {
      listener = await this.environment.network.listen(wanted, (stream) =>
        this.#accept(bound, connections, stream),
      );
    } catch (cause) {
      this.#accepted = this.#accepted.filter((each) => each !== connections);
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new SocketError("bind-failed", `Cannot bind ${text}: ${detail}`, { cause });
    }
    bound = formatEndpoint({ host: wanted.host, port: listener.endpoint.port });
    if (this.isClosed) {
      await listener.close();
      throw new SocketError("closed", "Cannot bind: the socket is closed");
    }
    this.#bindings = [...this.#bindings, { endpoint: bound, listener, connections }];
    this.tell({ type: "listening", endpoint: bound });
    return bound;
  }

  /** Stops listening; connections accepted there end. */
  async unbind(endpoint: string): Promise<void> {
    const binding = this.#bindings.find((each) => each.endpoint === endpoint);
    if (binding === undefined) throw new TypeError(`Cannot unbind: ${endpoint} is not bound`);
    this.#bindings = this.#bindings.filter((each) => each !== binding);
    await binding.listener.close();
    const fault = new ZmtpFault("closed", "The endpoint was unbound");
    for (const accepted of [...binding.connections]) accepted.end(fault, this.settings.lingerMs);
    this.#accepted = this.#accepted.filter((each) => each !== binding.connections);
  }

  /** Dials an endpoint, now and after every loss. */
  connect(text: string): void {
    this.#checkOpen("connect");
    const endpoint: Endpoint = parseEndpoint(text, "connect");
    const name = formatEndpoint(endpoint);
    if (this.#dialerOf(name) !== undefined)
      throw new TypeError(`Cannot connect: ${name} is connected already`);
    if (this.#dialers.length === maxDialledEndpoints) {
      throw new RangeError(`Cannot connect: ${maxDialledEndpoints} endpoints are connected already`);
    }
    const pipe = new Pipe(this.settings);
    const dialer = new Dialer(this, endpoint, pipe);
    this.#dialers = [...this.#dialers, dialer];
    this.#pipes.add(pipe);
    this.#pattern.added(pipe);
    dialer.dial();
  }

  /** Stops dialling an endpoint and ends its connection; what waits for it is dropped. */
  disconnect(text: string): void {
    const name = formatEndpoint(parseEndpoint(text, "connect"));
    const dialer = this.#dialerOf(name);
    if (dialer === undefined) throw new TypeError(`Cannot disconnect: ${name} is not connected`);
    dialer.stop(new ZmtpFault("closed", "The endpoint was disconnected"), this.settings.lingerMs);
    this.forget(dialer);
  }

  /** A dialer dials no more. */
  forget(dialer: Dialer): void {
    this.#dialers = this.#dialers.filter((each) => each !== dialer);
    this.remove(dialer.pipe);
  }

  /** A connection is up. Returns the fault with which it must end, if the pattern does not want it. */
  up(pipe: Pipe, connection: Connection, peer: PeerInfo): ZmtpFault | undefined {
    const refusal = this.#pattern.admit?.(pipe, peer);
    if (refusal !== undefined) return refusal;
    pipe.connection = connection;
    pipe.peer = peer;
    if (!this.#pipes.has(pipe)) {
      this.#pipes.add(pipe);
      this.#pattern.added(pipe);
    }
    this.#pattern.up?.(pipe);
    pipe.attach(connection, peer);
    this.room(pipe);
    return undefined;
  }

  /** A message came. */
  message(pipe: Pipe, frames: Uint8Array[]): void {
    if (this.#closing === undefined) this.#pattern.message(pipe, frames);
  }

  /** A subscription came, or the end of one. */
  subscription(pipe: Pipe, active: boolean, prefix: Uint8Array): void {
    this.#pattern.subscription?.(pipe, active, prefix);
  }

  /** The stream takes bytes again. */
  room(pipe: Pipe): void {
    pipe.outbox.drain();
    if (this.#closing === undefined) this.#pattern.room?.(pipe);
    else this.#closeIfDrained(pipe);
  }

  /** A connection that was up is gone. */
  down(pipe: Pipe): void {
    pipe.detach();
    this.#pattern.down?.(pipe);
  }

  /** Closes: nothing more is taken; what waits is sent within the linger time. Resolves when all is closed. */
  close(lingerMs: number = this.settings.lingerMs): Promise<void> {
    this.#closed ??= this.#close(lingerMs);
    return this.#closed;
  }

  async #close(lingerMs: number): Promise<void> {
    const { clock } = this.environment;
    const fault = new ZmtpFault("closed", "The socket was closed");
    this.#closing = { fault, untilMs: clock.nowMs() + lingerMs };
    this.#pattern.closed();
    await Promise.all(this.#bindings.map(({ listener }) => listener.close()));
    const timer = clock.setTimer(() => this.#closeAll(fault), lingerMs);
    for (const pipe of [...this.#pipes]) this.#closeIfDrained(pipe);
    for (const accepted of this.#accepted.flatMap((each) => [...each])) {
      if (!accepted.isUp) accepted.end(fault, 0);
    }
    if (lingerMs === 0) this.#closeAll(fault);
    await this.#emptied();
    timer.cancel();
  }

  /** Ends everything that is left, whatever waits for it. */
  #closeAll(fault: ZmtpFault): void {
    for (const dialer of this.#dialers) {
      dialer.stop(fault, 0);
      this.forget(dialer);
    }
    for (const accepted of this.#accepted.flatMap((each) => [...each])) accepted.end(fault, 0);
  }

  /** While closing: ends a pipe that nothing waits for any more. */
  #closeIfDrained(pipe: Pipe): void {
    const closing = this.#closing;
    if (closing === undefined || pipe.outbox.length > 0) return;
    const lingerMs = Math.max(0, closing.untilMs - this.environment.clock.nowMs());
    const dialer = this.#dialers.find((candidate) => candidate.pipe === pipe);
    if (dialer === undefined) pipe.connection?.end(closing.fault, lingerMs);
    else {
      dialer.stop(closing.fault, lingerMs);
      this.forget(dialer);
    }
  }

  /** Keeps `close` waiting until this stream is gone, too. */
  streamOpened(): void {
    this.#streams++;
  }

  /** A stream is closed. */
  streamGone(): void {
    this.#streams--;
    this.#wake?.();
  }

  #wake: (() => void) | undefined;

  async #emptied(): Promise<void> {
    while (this.#streams > 0 || this.#dialers.length > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #accept(endpoint: string, connections: Set<Accepted>, stream: ByteStream): StreamEvents {
    const address = stream.remoteAddress;
    this.tell({ type: "accepted", endpoint, address });
    if (this.isClosed || this.admission.full) {
      stream.destroy();
      const fault = new ZmtpFault("connection-cap", "The socket has as many connections as it may");
      this.tell({ type: "handshake-failed", endpoint, address, fault });
      const ignore = (): void => undefined;
      return { open: ignore, data: ignore, drain: ignore, close: ignore };
    }
    return new Accepted(this, endpoint, connections, stream).streamEvents;
  }

  /** A pipe is gone, and what waits for it is dropped. */
  remove(pipe: Pipe): void {
    if (!this.#pipes.delete(pipe)) return;
    pipe.ended = true;
    pipe.outbox.clear();
    this.#pattern.removed(pipe);
    this.#wake?.();
  }

  #dialerOf(name: string): Dialer | undefined {
    return this.#dialers.find((each) => each.name === name);
  }

  #checkOpen(action: string): void {
    if (this.isClosed) throw new SocketError("closed", `Cannot ${action}: the socket is closed`);
  }
}
