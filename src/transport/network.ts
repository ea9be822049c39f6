/** Where to dial or listen: a host name or IP address, and a TCP port (0 when listening: any free one). */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a byte stream tells its owner. After `close` nothing more is called. */
export interface StreamEvents {
  /** The stream carries bytes from now on. Called once; for an accepted stream, right after `accept` returned. */
  open(): void;
  /** Bytes arrived. The chunk belongs to the receiver and is never written again by the stream. */
  data(chunk: Uint8Array): void;
  /** The send buffer has emptied after `write` returned false. */
  drain(): void;
  /** The stream is gone: with the fault, or without one after an orderly end by either side. */
  close(fault?: Error): void;
}

/** A reliable, ordered stream of bytes: a TCP connection or its in-memory twin. */
export interface ByteStream {
  /** The far end as `address:port`, for logs and for authorisation. */
  readonly remoteAddress: string;
  /**
   * Hands over bytes to send. The chunk is the stream's from then on and must not be changed.
   * Returns false when the send buffer is full: further writes are still taken, but the owner should wait for `drain`.
   */
  write(chunk: Uint8Array): boolean;
  /** Stops `data` until `resume`, so that the far side feels backpressure. */
  pause(): void;
  /** Lets `data` flow again. */
  resume(): void;
  /** Sends what is buffered, then closes; `close` follows. */
  end(): void;
  /** Closes at once and drops what is buffered; `close` follows. */
  destroy(fault?: Error): void;
}

/** A listening endpoint. */
export interface NetworkListener {
  /** The address really bound, with the port that was chosen if 0 was asked for. */
  readonly endpoint: Endpoint;
  /** Stops accepting. Streams accepted before stay open. */
  close(): Promise<void>;
}

/** What makes byte streams. The only thing the ZMTP engine needs from the outside but a clock and randomness. */
export interface Network {
  /** Dials. Returns at once; `events.open` or `events.close` says how it went. Neither is called synchronously. */
  connect(endpoint: Endpoint, events: StreamEvents): ByteStream;
  /** Listens; `accept` is called for each incoming stream and returns its owner. Rejects if the endpoint is taken. */
  listen(endpoint: Endpoint, accept: (stream: ByteStream) => StreamEvents): Promise<NetworkListener>;
}
