import { sha256 } from "@noble/hashes/sha2.js";
import type { Clock } from "../../transport/clock.ts";
import type { ByteStream, Network } from "../../transport/network.ts";

/** A record of everything that passes through a network. */
export interface TrafficRecord {
  /** The network to give to the side whose connections are to be recorded. */
  readonly network: Network;
  /** Chunks so far, both directions. */
  readonly chunks: number;
  /** Bytes so far, both directions. */
  readonly bytes: number;
  /** SHA-256 over each chunk so far with its time, connection and direction, and over each opening and end; hex. */
  digest(): string;
  /** Adds something else that the digest is to cover: an event of the ledger, a result. */
  note(text: string): void;
}

/** Records all bytes of the connections dialled through it, so that two runs can be proven to be the same. */
export function recordTraffic(inner: Network, clock: Clock): TrafficRecord {
  const hash = sha256.create();
  const encoder = new TextEncoder();
  let chunks = 0;
  let bytes = 0;
  let connections = 0;

  function mark(text: string): void {
    hash.update(encoder.encode(`${clock.nowMs()} ${text}\n`));
  }

  function took(connection: number, direction: ">" | "<", chunk: Uint8Array): void {
    chunks++;
    bytes += chunk.length;
    mark(`${connection} ${direction} ${chunk.length}`);
    hash.update(chunk);
  }

  return {
    network: {
      listen: (endpoint, accept) => inner.listen(endpoint, accept),
      connect(endpoint, events): ByteStream {
        const connection = ++connections;
        mark(`${connection} dial ${endpoint.port}`);
        const stream = inner.connect(endpoint, {
          open: (): void => {
            mark(`${connection} open`);
            events.open();
          },
          data: (chunk): void => {
            took(connection, "<", chunk);
            events.data(chunk);
          },
          drain: () => events.drain(),
          close: (fault): void => {
            mark(`${connection} close`);
            events.close(fault);
          },
        });
        return {
          remoteAddress: stream.remoteAddress,
          write(chunk): boolean {
            took(connection, ">", chunk);
            return stream.write(chunk);
          },
          pause: () => stream.pause(),
          resume: () => stream.resume(),
          end: () => stream.end(),
          destroy: (fault) => stream.destroy(fault),
        };
      },
    },
    get chunks() {
      return chunks;
    },
    get bytes() {
      return bytes;
    },
    digest: () => toHex(hash.clone().digest()),
    note: mark,
  };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
