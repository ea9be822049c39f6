import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { curveKeyPair } from "zeromq";
import { compileProgram, type Flavour } from "../../../build/mql5/compile.ts";
import { defaultFlavour } from "./peers.ts";
import { Program } from "./program.ts";
import { RawClient, type RawKeys } from "./raw-client.ts";

const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** The bytes of a Z85 text (ZeroMQ RFC 32). */
export function fromZ85(text: string): Uint8Array {
  const out = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(out.buffer);
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (const digit of text.slice(i, i + 5)) value = value * 85 + digits.indexOf(digit);
    view.setUint32((i / 5) * 4, value);
  }
  return out;
}

/** What the expert counts. */
export interface Counters {
  readonly pull: number;
  readonly pub: number;
  readonly router: number;
  readonly connections: number;
  readonly subscriptions: number;
  readonly skipped: number;
  readonly faults: Readonly<Record<string, number>>;
}

/** The options of a libzmq socket that knows the server and is known to it. */
export interface CurveOptions {
  readonly curveServerKey: string;
  readonly curvePublicKey: string;
  readonly curveSecretKey: string;
  readonly linger: number;
}

/** The test expert with its PULL, PUB and ROUTER sockets, running. */
export class SocketsExpert implements AsyncDisposable {
  readonly program: Program;
  readonly pull: number;
  readonly pub: number;
  readonly router: number;
  /** Options of an admitted libzmq client. */
  readonly curve: CurveOptions;
  readonly serverKey: Uint8Array;
  /** Keys of the same admitted client. */
  readonly clientKeys: RawKeys;

  private constructor(program: Program, ports: readonly number[], curve: CurveOptions) {
    this.program = program;
    const [pull = 0, pub = 0, router = 0] = ports;
    this.pull = pull;
    this.pub = pub;
    this.router = router;
    this.curve = curve;
    this.serverKey = fromZ85(curve.curveServerKey);
    this.clientKeys = { publicKey: fromZ85(curve.curvePublicKey), secretKey: fromZ85(curve.curveSecretKey) };
  }

  /** Compiles and starts it, and waits for its ports. */
  static async start(
    inputs: Readonly<Record<string, string | number>> = {},
    flavour: Flavour = defaultFlavour,
  ): Promise<SocketsExpert> {
    const experts = join(dirname(fileURLToPath(import.meta.url)), "..", "experts");
    const binary = await compileProgram(join(experts, "Sockets.mq5"), flavour);
    const server = curveKeyPair();
    const client = curveKeyPair();
    const program = new Program(binary, {
      inputs: { InpSecret: server.secretKey, InpClients: client.publicKey, ...inputs },
    });
    try {
      const ports = (await program.line("ports ")).split(" ").slice(1, 4).map(Number);
      return new SocketsExpert(program, ports, {
        curveServerKey: server.publicKey,
        curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey,
        linger: 0,
      });
    } catch (cause) {
      await program[Symbol.asyncDispose]();
      throw cause;
    }
  }

  /** Opens an asking client of the admitted key. */
  async asker(): Promise<Asker> {
    return new Asker(await RawClient.open(this.router, this.clientKeys, this.serverKey));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** A client that asks the expert for its counters, or for a flood. */
export class Asker implements AsyncDisposable {
  readonly #client: RawClient;

  constructor(client: RawClient) {
    this.#client = client;
  }

  /** Asks, and waits for the answer. */
  async ask(question: Readonly<Record<string, unknown>> = { counters: true }): Promise<Counters> {
    this.#client.send(new TextEncoder().encode(JSON.stringify(question)));
    for (;;) {
      const { flags, payload } = await this.#client.receive();
      if ((flags & 2) === 0) return JSON.parse(new TextDecoder().decode(payload));
    }
  }

  /** Asks until the counters fit. Each question is a round trip, so nothing sleeps. */
  async until(fits: (counters: Counters) => boolean): Promise<Counters> {
    for (;;) {
      const counters = await this.ask();
      if (fits(counters)) return counters;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
