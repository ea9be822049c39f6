import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import type { Crypto, KeyPair } from "../../../src/zmtp/crypto/types.ts";
import { Engine, type EngineOptions } from "../../../src/zmtp/engine.ts";
import type { FaultCode, ZmtpFault } from "../../../src/zmtp/fault.ts";
import type { Security } from "../../../src/zmtp/mechanism/mechanism.ts";
import type { SocketType } from "../../../src/zmtp/socket-type.ts";
import { concat } from "../../../src/zmtp/wire/bytes.ts";

/** Real cryptography with randomness that repeats, so that a recorded session can be played again. */
export function repeatableCrypto(seed: number): Crypto {
  let state = seed >>> 0 || 1;
  const randomBytes = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[i] = state;
    }
    return bytes;
  };
  const { keyAgreement, secretBox } = nodeCrypto;
  const generateKeyPair = (): KeyPair => {
    const secretKey = randomBytes(32);
    return { secretKey, publicKey: keyAgreement.publicKey(secretKey) };
  };
  return {
    randomBytes,
    secretBox,
    keyAgreement: {
      generateKeyPair,
      publicKey: (secretKey) => keyAgreement.publicKey(secretKey),
      sharedSecret: (secretKey, publicKey) => keyAgreement.sharedSecret(secretKey, publicKey),
    },
  };
}

export const serverKeys: KeyPair = repeatableCrypto(11).keyAgreement.generateKeyPair();
export const clientKeys: KeyPair = repeatableCrypto(22).keyAgreement.generateKeyPair();

/** One engine, what it put out, and what it reported, in words. */
export class Side {
  readonly engine: Engine;
  readonly log: string[] = [];
  fault: ZmtpFault | undefined;
  /** Sent on `ready`. */
  greetings: readonly (readonly Uint8Array[])[] = [];
  #out: Uint8Array[] = [];

  constructor(socketType: SocketType, security: Security, options: Partial<EngineOptions> = {}) {
    this.engine = new Engine(
      {
        socketType,
        security,
        peerAddress: "10.0.0.1:5555",
        maxMessageBytes: 100_000,
        maxFrames: 8,
        ...options,
      },
      {
        ready: (peer) => {
          this.log.push(`ready ${peer.socketType} 3.${peer.minor}`);
          for (const frames of this.greetings) this.engine.send(frames);
          this.engine.flush();
        },
        message: (frames) =>
          this.log.push(`message ${frames.map((frame) => Buffer.from(frame).toString("hex")).join("|")}`),
        subscription: (active, prefix) =>
          this.log.push(`${active ? "subscribe" : "cancel"} ${Buffer.from(prefix).toString()}`),
        ping: (ttlMs, context) => this.log.push(`ping ${ttlMs} ${Buffer.from(context).toString()}`),
        failed: (fault) => {
          this.fault = fault;
          this.log.push(`failed ${fault.code}`);
        },
      },
      (chunk) => this.#out.push(chunk.slice()),
    );
  }

  /** Why it failed, if it did. */
  get code(): FaultCode | undefined {
    return this.fault?.code;
  }

  /** What it has put out since the last call. */
  take(): Uint8Array {
    const all = concat(...this.#out);
    this.#out = [];
    return all;
  }
}

/** Changes what one side sends; `turn` counts that side's sends from 0, the greeting. */
export type Tamper = (from: "a" | "b", bytes: Uint8Array, turn: number) => Uint8Array | undefined;

/** Lets two sides talk until both are silent. Returns what each sent, turn by turn. */
export function converse(
  a: Side,
  b: Side,
  tamper?: Tamper,
): { readonly a: Uint8Array[]; readonly b: Uint8Array[] } {
  const sent = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
  a.engine.start();
  b.engine.start();
  pass(a, b, sent, tamper);
  return sent;
}

/** Lets two sides that have started go on. */
export function pass(
  a: Side,
  b: Side,
  sent: { readonly a: Uint8Array[]; readonly b: Uint8Array[] } = { a: [], b: [] },
  tamper?: Tamper,
): void {
  for (;;) {
    a.engine.flush();
    b.engine.flush();
    const [fromA, fromB] = [a.take(), b.take()];
    if (fromA.length + fromB.length === 0) return;
    for (const [name, bytes, to] of [["a", fromA, b] as const, ["b", fromB, a] as const]) {
      if (bytes.length === 0) continue;
      const changed = tamper === undefined ? bytes : tamper(name, bytes, sent[name].length);
      sent[name].push(bytes);
      if (changed !== undefined) to.engine.receive(changed.slice());
    }
  }
}

/** The two sides of CURVE with repeatable keys. */
export function curveClient(seed = 1, serverKey: Uint8Array = serverKeys.publicKey): Security {
  return { mechanism: "CURVE", role: "client", serverKey, keys: clientKeys, crypto: repeatableCrypto(seed) };
}

/** As `curveClient`, the server. */
export function curveServer(
  seed = 2,
  authenticate?: (key: Uint8Array, address: string) => boolean,
): Security {
  return {
    mechanism: "CURVE",
    role: "server",
    keys: serverKeys,
    crypto: repeatableCrypto(seed),
    authenticate:
      authenticate === undefined
        ? undefined
        : (request) => request.mechanism === "CURVE" && authenticate(request.publicKey, request.address),
  };
}

/** The frame of a command. */
export function commandFrame(name: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const body = concat(Uint8Array.of(name.length), Buffer.from(name), data);
  if (body.length < 256) return concat(Uint8Array.of(4, body.length), body);
  const head = new Uint8Array(9);
  head[0] = 6;
  new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
  return concat(head, body);
}
