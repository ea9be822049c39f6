import { zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { type GlobalOptions, type MT5Agent, MT5Connector } from "../../../src/connector/mod.ts";
import { encodeKey } from "../../../src/security/keys.ts";
import { type FaultyHost, faultyHost } from "../../../src/simulator/faults/host.ts";
import { faultyTransport, type TransportFaults } from "../../../src/simulator/faults/transport.ts";
import type { Network } from "../../../src/transport/network.ts";
import type { Transport } from "../../../src/transport/transport.ts";
import type { KeyPair } from "../../../src/zmtp/crypto/types.ts";
import { LedgerBook } from "./ledger-book.ts";
import { nodeHmac, seededCrypto } from "./seeded-crypto.ts";
import type { Site } from "./site.ts";
import type { Time } from "./time.ts";

/** What a client needs to know of a site. */
export type ClientSite = Pick<Site, "name" | "ports" | "keys" | "terminal">;

/** What a client is made of. */
export interface ClientOptions {
  readonly seed: string;
  readonly time: Time;
  readonly network: Network;
  readonly sites: readonly ClientSite[];
  readonly keys: KeyPair;
  readonly options?: GlobalOptions;
}

interface Life {
  readonly host: FaultyHost;
  readonly transport: Transport;
  readonly mt5: MT5Connector;
  readonly books: ReadonlyMap<string, LedgerBook>;
}

/** A process with a connector, which can be killed and started again, and what it has heard. */
export class Client {
  readonly messages: TransportFaults;
  /** Errors that reached the connector's `error` event, as text. */
  readonly errors: string[] = [];
  onStatus: ((status: string) => void) | undefined;
  onError: ((error: string) => void) | undefined;
  readonly #options: ClientOptions;
  #life: Life;
  #lives = 0;
  #wallJumpMs = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#life = this.#begin();
    // Rules outlive the process, so what they wrap is always the transport of the present one.
    const present: Transport = {
      name: "zmtp",
      connect: (channel, connect, events) => this.#life.transport.connect(channel, connect, events),
      listen: () => Promise.reject(new Error("A client does not listen")),
    };
    this.messages = faultyTransport(present, options.time.clock);
  }

  get mt5(): MT5Connector {
    return this.#life.mt5;
  }

  get host(): FaultyHost {
    return this.#life.host;
  }

  get lives(): number {
    return this.#lives;
  }

  /** The agent of a site, of the present process. */
  agent(site: Pick<Site, "name">): MT5Agent {
    return this.#life.mt5.getAgent(site.name);
  }

  /** What the present process has heard of a site's ledger. */
  book(site: Pick<Site, "name">): LedgerBook {
    const book = this.#life.books.get(site.name);
    if (book === undefined) throw new Error(`No site is called ${site.name}`);
    return book;
  }

  /** Connects to all sites; lets time pass. */
  async connect(): Promise<void> {
    await this.#options.time.settle(this.mt5.connect());
    for (const site of this.#options.sites) this.book(site).connected(site.terminal.historyDeals("0"));
  }

  /** Kills the process, with everything that it knew. */
  kill(silently = false): void {
    this.host.kill(silently);
  }

  /** Begins a new process with the same keys; nothing is connected yet. */
  renew(): void {
    if (!this.host.dead) this.kill();
    this.#life = this.#begin();
  }

  /** Moves the wall clock of the client's machine, for this process and the later ones. */
  jumpWall(ms: number): void {
    this.#wallJumpMs += ms;
    this.host.jumpWall(ms);
  }

  async close(): Promise<void> {
    if (!this.host.dead) await this.#options.time.settle(this.mt5.disconnect());
  }

  #begin(): Life {
    const { seed, time, network, sites, keys, options } = this.#options;
    const life = ++this.#lives;
    const host = faultyHost({ clock: time.clock, network });
    host.jumpWall(this.#wallJumpMs);
    const crypto = seededCrypto(`${seed} client ${life}`);
    const through: Transport = {
      name: "zmtp",
      // Bound late: the rules' transport is made after the first life.
      connect: (channel, connect, events) => this.messages.transport.connect(channel, connect, events),
      listen: () => Promise.reject(new Error("A client does not listen")),
    };
    const mt5 = new MT5Connector(
      {
        agents: sites.map((site) => ({
          id: site.name,
          connection: { host: "127.0.0.1", ports: site.ports },
          credentials: {
            serverKey: encodeKey(site.keys.publicKey),
            clientKey: encodeKey(keys.secretKey),
          },
        })),
        options: { logging: { level: "silent", destination: "console" }, ...options },
      },
      {
        transport: through,
        clock: host.clock,
        randomBytes: crypto.randomBytes,
        hmac: nodeHmac,
        sharedSecret: crypto.keyAgreement.sharedSecret,
      },
    );
    mt5.on("error", (error) => {
      this.onError?.(String(error));
      this.errors.push(String(error));
      if (this.errors.length > 256) this.errors.shift();
    });
    for (const agent of mt5.getAllAgents()) {
      agent.on("connectionStatus", (status) => {
        if (!host.dead) this.onStatus?.(`${agent.id} ${JSON.stringify(status)}`);
      });
    }
    const books = new Map(
      sites.map((site) => [site.name, new LedgerBook(mt5.getAgent(site.name), () => host.dead)]),
    );
    const transport = zmtpTransport({ network: host.network, clock: host.clock, crypto });
    return { host, transport, mt5, books };
  }
}
