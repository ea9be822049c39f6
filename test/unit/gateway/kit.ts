import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import type { AuditEntry, AuditSink } from "../../../src/gateway/audit.ts";
import type {
  BackendClose,
  BackendOpen,
  BackendOutcome,
  BackendPosition,
  GatewayBackend,
  IdTaken,
} from "../../../src/gateway/backend.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../../src/gateway/gateway.ts";
import type { GatewayLog } from "../../../src/gateway/gateway-log.ts";
import { memoryOrderFile } from "../../../src/gateway/order-store.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import { nextTurn } from "../../../src/transport/turn.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";
import { type Context, Dealer } from "../../../src/zmtp/mod.ts";

/** A log that keeps its lines. */
export interface TestLog extends GatewayLog {
  readonly lines: string[];
}

export function testLog(): TestLog {
  const lines: string[] = [];
  const at = (level: string) => (message: string, facts?: Readonly<Record<string, unknown>>) => {
    lines.push(
      `${level} ${message}${facts === undefined ? "" : ` ${Object.values(facts).map(String).join(" ")}`}`,
    );
  };
  return { lines, debug: at("DEBUG"), info: at("INFO"), warning: at("WARNING"), error: at("ERROR") };
}

/** An audit that keeps its entries. */
export function testAudit(): AuditSink & { readonly entries: AuditEntry[]; failure: Error | undefined } {
  const entries: AuditEntry[] = [];
  return {
    entries,
    failure: undefined,
    record: (entry) => entries.push(entry),
    close: async () => undefined,
  };
}

/**
 * An account that dedupes by id as the agent's journal does. `answer` is what becomes of the next orders; a promise
 * keeps them waiting.
 */
export class FakeBackend implements GatewayBackend {
  readonly id: string;
  login: string | undefined;
  up = true;
  /** Orders really carried out, in order. */
  readonly executed: (BackendOpen | BackendClose)[] = [];
  readonly positionsNow: BackendPosition[] = [];
  /** What the journal knows. */
  readonly journal: Map<string, BackendOutcome | "void"> = new Map();
  /** What is told of an order, whatever the journal knows. */
  answer: (id: string) => Promise<BackendOutcome> | BackendOutcome | undefined = () => undefined;
  /** What is told when the outcome is asked for. */
  tell: (id: string) => Promise<BackendOutcome> | BackendOutcome | undefined = () => undefined;
  asked = 0;
  equity = 100_500.5;
  #ticket = 12_345_678n;

  constructor(id = "main", login = "123456") {
    this.id = id;
    this.login = login;
  }

  status(): ReturnType<GatewayBackend["status"]> {
    return this.up ? { up: true } : { up: false, reason: "MetaTrader is not connected" };
  }

  account(): ReturnType<GatewayBackend["account"]> {
    return Promise.resolve({
      login: "123456",
      balance: 100_000,
      equity: this.equity,
      margin: 500,
      freeMargin: 99_500.5,
      marginLevel: 20_100.1,
      currency: "USD",
    });
  }

  async positions(): Promise<readonly BackendPosition[]> {
    return this.positionsNow;
  }

  open(order: BackendOpen): Promise<BackendOutcome | IdTaken> {
    return this.#take(order, () => {
      const ticket = String(this.#ticket++);
      this.positionsNow.push({
        ticket,
        symbol: order.symbol,
        type: order.type,
        volume: order.volume,
        openPrice: 1.0523,
        currentPrice: 1.0528,
        profit: 5,
      });
      return { state: "filled", order: ticket, position: ticket, volume: order.volume, price: 1.0523 };
    });
  }

  close(order: BackendClose): Promise<BackendOutcome | IdTaken> {
    return this.#take(order, () => {
      const index = this.positionsNow.findIndex(({ ticket }) => ticket === order.ticket);
      const [position] = this.positionsNow.splice(index, 1);
      if (position === undefined) return { state: "rejected", retcode: 10_036, comment: "" };
      const volume = order.volume ?? position.volume;
      if (volume < position.volume - 1e-9) {
        this.positionsNow.push({ ...position, volume: Number((position.volume - volume).toFixed(2)) });
      }
      return { state: "filled", order: "87654321", position: order.ticket, volume, price: 1.0528 };
    });
  }

  async outcome(id: string): Promise<BackendOutcome> {
    this.asked++;
    const told = await this.tell(id);
    if (told !== undefined) return told;
    const known = this.journal.get(id);
    if (known === undefined) this.journal.set(id, "void");
    if (known === undefined || known === "void") {
      return { state: "refused", code: "NOT_EXECUTED", message: "VOID: it never was sent" };
    }
    return known;
  }

  async #take(
    order: BackendOpen | BackendClose,
    carryOut: () => BackendOutcome,
  ): Promise<BackendOutcome | IdTaken> {
    const known = this.journal.get(order.id);
    if (known === "void") return { state: "refused", code: "NOT_EXECUTED", message: "VOID" };
    if (known !== undefined) return known;
    const told = await this.answer(order.id);
    if (told !== undefined && told.state !== "filled") {
      if (told.state === "rejected") this.journal.set(order.id, told);
      return told;
    }
    this.executed.push(order);
    const outcome = told ?? carryOut();
    this.journal.set(order.id, outcome);
    return outcome;
  }
}

/** Everything a gateway in virtual time runs on. */
export function testWorld(): {
  readonly clock: VirtualClock;
  readonly context: Context;
  readonly network: ReturnType<typeof memoryNetwork>;
} {
  const clock = new VirtualClock({ wallStartMs: Date.UTC(2026, 0, 15, 2, 8, 34, 234) });
  const network = memoryNetwork({ clock, latencyMs: 1 });
  return { clock, network, context: { network, clock, crypto: nodeCrypto, nextTurn } };
}

/** A gateway in a world, with everything that is not given. */
export async function testGateway(
  context: Context,
  backends: readonly GatewayBackend[],
  options: Partial<GatewayOptions> = {},
): Promise<Gateway & { readonly log: TestLog; readonly audit: ReturnType<typeof testAudit> }> {
  const log = testLog();
  const audit = testAudit();
  const gateway = await startGateway({
    context,
    host: "127.0.0.1",
    port: 0,
    backends,
    orderFile: memoryOrderFile(),
    audit,
    log,
    ...options,
  });
  return Object.assign(gateway, { log, audit });
}

export type Reply = Record<string, unknown>;

/** A DEALER client that correlates nothing: what comes, comes. */
export class TestClient {
  readonly socket: Dealer;
  readonly #clock: VirtualClock;

  constructor(context: Context, clock: VirtualClock, endpoint: string) {
    this.#clock = clock;
    this.socket = new Dealer(context, { lingerMs: 0 });
    this.socket.connect(endpoint);
  }

  send(request: object | string | Uint8Array): Promise<void> {
    const body =
      typeof request === "string" || request instanceof Uint8Array ? request : JSON.stringify(request);
    return this.socket.send([new Uint8Array(), body]);
  }

  /** The next reply as text, within ten virtual minutes. */
  async text(): Promise<string> {
    const frames = (await this.#clock.runUntil(this.socket.receive(), 600_000)) ?? [];
    return new TextDecoder().decode(frames[frames.length - 1]);
  }

  async receive(): Promise<Reply> {
    return JSON.parse(await this.text()) as Reply;
  }

  async ask(request: object | string | Uint8Array): Promise<Reply> {
    await this.send(request);
    return this.receive();
  }

  /** Whether nothing more comes within a virtual second. */
  async silent(): Promise<boolean> {
    const abort = new AbortController();
    let came = false;
    const waiting = this.socket.receive({ signal: abort.signal }).then(
      () => {
        came = true;
      },
      () => undefined,
    );
    await this.#clock.advance(1_000);
    abort.abort();
    await waiting;
    return !came;
  }
}

/** The spec's OPEN, signed at the given time. */
export function openRequest(clock: VirtualClock, uuid: string, more: object = {}): Reply {
  const stamp = new Date(clock.wallMs()).toISOString();
  return {
    uuid,
    action: "OPEN",
    symbol: "EURUSD",
    type: "BUY",
    volume: 0.01,
    price: 0.0,
    sl: 1.05,
    tp: 1.06,
    comment: "Strategy_v1",
    risk_signature: `RISK_PASS:7a3f9e8b:${stamp}`,
    timestamp: stamp,
    ...more,
  };
}
