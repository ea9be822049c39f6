import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";

/** A CURVE key pair in bytes. */
export interface RawKeys {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** A fresh pair. */
export function rawKeys(): RawKeys {
  const { x, d } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  if (x === undefined || d === undefined)
    throw new Error("Cannot make a key pair: the platform exports none");
  return { publicKey: Buffer.from(x, "base64url"), secretKey: Buffer.from(d, "base64url") };
}

/** The raw shared point; the platform's own X25519, since thousands of handshakes must not take minutes. */
function sharedPoint(own: RawKeys, publicKey: Uint8Array): Uint8Array {
  const okp = { kty: "OKP", crv: "X25519" };
  const secret = { ...okp, x: base64(own.publicKey), d: base64(own.secretKey) };
  return diffieHellman({
    privateKey: createPrivateKey({ key: secret, format: "jwk" }),
    publicKey: createPublicKey({ key: { ...okp, x: base64(publicKey) }, format: "jwk" }),
  });
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

function boxKey(own: RawKeys, publicKey: Uint8Array): Uint8Array {
  const shared = sharedPoint(own, publicKey);
  const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.slice().buffer);
  const out = new Uint32Array(8);
  hsalsa(words(ascii("expand 32-byte k")), words(shared), new Uint32Array(4), out);
  return new Uint8Array(out.buffer);
}

function counter(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

/** One frame as it came: its flags and its body. */
export interface RawFrame {
  readonly flags: number;
  readonly body: Uint8Array;
}

/** What of the handshake a test may bend. */
export interface Bend {
  readonly minor?: number;
  readonly socketType?: string;
  /** Changes the greeting before it is sent. */
  readonly greeting?: (greeting: Uint8Array) => Uint8Array;
  readonly hello?: (command: Uint8Array) => Uint8Array;
  readonly initiate?: (command: Uint8Array) => Uint8Array;
  /** Changes the plaintext of INITIATE: client key, vouch, metadata. */
  readonly initiatePlain?: (plain: Uint8Array) => Uint8Array;
  readonly metadata?: Uint8Array;
}

/** A ZMTP client with CURVE, written from the specifications for the tests, that can be made to misbehave. */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #short = rawKeys();
  #input = Buffer.alloc(0);
  #closed = false;
  #pieceBytes = Number.POSITIVE_INFINITY;
  #key = new Uint8Array();
  #nonce = 0n;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#input = Buffer.concat([this.#input, chunk]);
      this.#wake();
    });
    // A reset is what a refusal may look like from here.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Connects without speaking. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ host: "127.0.0.1", port });
    const client = new RawClient(socket);
    await once(socket, "connect");
    return client;
  }

  /** Connects and shakes hands; rejects if the server ends the connection first. */
  static async open(port: number, own: RawKeys, server: Uint8Array, bend: Bend = {}): Promise<RawClient> {
    const client = await RawClient.connect(port);
    await client.handshake(own, server, bend);
    return client;
  }

  /** True once the server has closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Resolves when the server closes the connection; what still arrives is dropped. */
  async closed(): Promise<void> {
    while (!this.#closed) {
      this.#input = Buffer.alloc(0);
      await this.#more();
    }
  }

  /** Cuts what is sent from now on into pieces of that many bytes, each a packet of its own. */
  cut(pieceBytes: number): void {
    this.#socket.setNoDelay(true);
    this.#pieceBytes = pieceBytes;
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += Math.min(this.#pieceBytes, bytes.length))
      this.#socket.write(bytes.subarray(at, Math.min(bytes.length, at + this.#pieceBytes)));
  }

  /** Holds back what is sent, until `uncork` sends it at once. */
  cork(): void {
    this.#socket.cork();
  }

  /** Sends what was held back. */
  uncork(): void {
    this.#socket.uncork();
  }

  /** Stops reading, as a subscriber that hangs. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Sends one frame. */
  frame(flags: number, body: Uint8Array): void {
    const long = body.length > 255;
    const header = long
      ? concat(Uint8Array.of(flags | 2), counter(BigInt(body.length)))
      : Uint8Array.of(flags, body.length);
    this.write(concat(header, body));
  }

  /** The next frame; rejects if the connection ends first. */
  async read(): Promise<RawFrame> {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame !== undefined) return frame;
      if (this.#closed) throw new Error("Cannot read a frame: the server closed the connection");
      await this.#more();
    }
  }

  /** Seals a MESSAGE; `flags` are the inner ones (1 more, 2 command). */
  sealed(flags: number, payload: Uint8Array): Uint8Array {
    const nonce = counter(++this.#nonce);
    const box = xsalsa20poly1305(this.#key, concat(ascii("CurveZMQMESSAGEC"), nonce));
    return concat(
      Uint8Array.of(7),
      ascii("MESSAGE"),
      nonce,
      box.encrypt(concat(Uint8Array.of(flags), payload)),
    );
  }

  /** Sends one part of a message. */
  send(payload: Uint8Array, flags = 0): void {
    this.frame(0, this.sealed(flags, payload));
  }

  /** The next MESSAGE, decrypted: inner flags and payload. */
  async receive(): Promise<{ readonly flags: number; readonly payload: Uint8Array }> {
    const { body } = await this.read();
    const box = xsalsa20poly1305(this.#key, concat(ascii("CurveZMQMESSAGES"), body.subarray(8, 16)));
    const plain = box.decrypt(body.subarray(16));
    return { flags: plain[0] ?? 0, payload: plain.subarray(1) };
  }

  /** Greeting, HELLO, WELCOME, INITIATE, READY. */
  async handshake(own: RawKeys, server: Uint8Array, bend: Bend = {}): Promise<void> {
    const same = (bytes: Uint8Array): Uint8Array => bytes;
    const greeting = new Uint8Array(64);
    greeting[0] = 0xff;
    greeting[9] = 0x7f;
    greeting[10] = 3;
    greeting[11] = bend.minor ?? 1;
    greeting.set(ascii("CURVE"), 12);
    this.write((bend.greeting ?? same)(greeting));
    while (this.#input.length < 64) {
      if (this.#closed) throw new Error("Cannot read the greeting: the server closed the connection");
      await this.#more();
    }
    this.#input = this.#input.subarray(64);

    const helloKey = boxKey(this.#short, server);
    const helloNonce = counter(++this.#nonce);
    const helloBox = xsalsa20poly1305(helloKey, concat(ascii("CurveZMQHELLO---"), helloNonce));
    const hello = concat(
      Uint8Array.of(5),
      ascii("HELLO"),
      Uint8Array.of(1, 0),
      new Uint8Array(72),
      this.#short.publicKey,
      helloNonce,
      helloBox.encrypt(new Uint8Array(64)),
    );
    this.frame(4, (bend.hello ?? same)(hello));

    const welcome = (await this.read()).body;
    const welcomeBox = xsalsa20poly1305(helloKey, concat(ascii("WELCOME-"), welcome.subarray(8, 24)));
    const opened = welcomeBox.decrypt(welcome.subarray(24));
    const serverShort = opened.subarray(0, 32);
    const cookie = opened.subarray(32);
    this.#key = new Uint8Array(boxKey(this.#short, serverShort));

    const vouchNonce = new Uint8Array(randomBytes(16));
    const vouchBox = xsalsa20poly1305(boxKey(own, serverShort), concat(ascii("VOUCH---"), vouchNonce));
    const vouch = concat(vouchNonce, vouchBox.encrypt(concat(this.#short.publicKey, server)));
    const type = ascii(bend.socketType ?? "DEALER");
    const metadata =
      bend.metadata ??
      concat(Uint8Array.of(11), ascii("Socket-Type"), Uint8Array.of(0, 0, 0, type.length), type);
    const plain = (bend.initiatePlain ?? same)(concat(own.publicKey, vouch, metadata));
    const initiateNonce = counter(++this.#nonce);
    const initiateBox = xsalsa20poly1305(this.#key, concat(ascii("CurveZMQINITIATE"), initiateNonce));
    const initiate = concat(
      Uint8Array.of(8),
      ascii("INITIATE"),
      cookie,
      initiateNonce,
      initiateBox.encrypt(plain),
    );
    this.frame(4, (bend.initiate ?? same)(initiate));

    const ready = (await this.read()).body;
    if (ready[0] === 5 && String.fromCharCode(...ready.subarray(1, 6)) === "ERROR")
      throw new Error(`Cannot shake hands: ERROR ${String.fromCharCode(...ready.subarray(7))}`);
    const readyBox = xsalsa20poly1305(this.#key, concat(ascii("CurveZMQREADY---"), ready.subarray(6, 14)));
    readyBox.decrypt(ready.subarray(14));
  }

  /** Breaks the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.resume();
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }

  #takeFrame(): RawFrame | undefined {
    const [flags, short] = this.#input;
    if (flags === undefined || short === undefined) return undefined;
    const long = (flags & 2) !== 0;
    if (long && this.#input.length < 9) return undefined;
    const header = long ? 9 : 2;
    const length = long ? Number(this.#input.readBigUInt64BE(1)) : short;
    if (this.#input.length < header + length) return undefined;
    const body = new Uint8Array(this.#input.subarray(header, header + length));
    this.#input = this.#input.subarray(header + length);
    return { flags, body };
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = () => undefined;
  }
}
