import type { SymbolRecord } from "../../src/domain/records.ts";
import { packTicks } from "../../src/protocol/v1/bulk.ts";
import { limits } from "../../src/protocol/v1/limits.ts";
import type { SyncRequest } from "../../src/protocol/v1/messages.ts";
import { ledgerTopic } from "../../src/protocol/v1/topics.ts";
import type { FakeAgent } from "./fake-agent.ts";
import type { FakeAnswer } from "./fake-market.ts";
import { Refusal } from "./fake-refusal.ts";

/** A session of the connector. */
export interface FakeSession {
  readonly id: string;
  readonly instance: string;
  syncN: number;
  commandN: number;
  lastMs: number;
  readonly symbols: Set<string>;
}

/** What a request is answered. */
export interface FakeReply extends FakeAnswer {
  /** The place in the ledger, if it is not the present one. */
  readonly seq?: number;
}

/** Requests of the fake agent: sessions, and the operations within them. */
export class FakeRequests {
  readonly #fake: FakeAgent;
  readonly sessions: Map<string, FakeSession> = new Map();
  readonly #challenges: Set<string> = new Set();
  #serial = 0;

  constructor(fake: FakeAgent) {
    this.#fake = fake;
  }

  /** Ends sessions whose lease has run out. */
  expireLeases(): void {
    for (const session of [...this.sessions.values()]) {
      if (this.#fake.agentMs - session.lastMs > limits.leaseMs) this.sessions.delete(session.id);
    }
  }

  /** Answers a request, or throws a Refusal. */
  operate(request: SyncRequest): FakeReply {
    const args = (request.args ?? {}) as Readonly<Record<string, never>>;
    if (request.op === "challenge") {
      if (!this.#fake.ready) throw new Refusal("NOT_READY", "the terminal is not connected");
      const challenge = (++this.#serial).toString(16).padStart(64, "0");
      this.#challenges.add(challenge);
      return { result: { revision: 1, challenge } };
    }
    if (request.op === "hello") return { result: this.#hello(args) };
    const session = this.sessions.get(request.session ?? "");
    if (session === undefined) throw new Refusal("NO_SESSION");
    if (request.epoch !== this.#fake.epoch) throw new Refusal("EPOCH");
    if ((request.n ?? 0) <= session.syncN) throw new Refusal("REPLAYED");
    session.syncN = request.n ?? 0;
    const at = request.at ?? 0;
    if (
      at < this.#fake.agentMs - limits.requestMaxAgeMs ||
      at > this.#fake.agentMs + limits.requestMaxAheadMs
    ) {
      throw new Refusal("STALE");
    }
    session.lastMs = this.#fake.agentMs;
    switch (request.op) {
      case "ping":
        return { result: { brokerMs: this.#fake.brokerMs, utcMs: this.#fake.clock.wallMs() } };
      case "bye":
        this.sessions.delete(session.id);
        return { result: {} };
      case "barrier":
        this.#fake.send("ledger", ledgerTopic(), {
          v: 1,
          epoch: this.#fake.epoch,
          seq: this.#fake.seq,
          agentMs: this.#fake.agentMs,
          type: "barrier",
          token: args["token"],
        });
        return { result: {} };
      case "account":
        return { result: { account: this.#fake.account } };
      case "positions":
        return { result: { positions: [...this.#fake.positions.values()], more: null } };
      case "symbols":
        return { result: { symbols: this.#symbols(args["names"]), more: null } };
      case "tick": {
        this.#symbols([args["symbol"] as unknown as string]);
        const tick = this.#fake.ticks.get(args["symbol"] as unknown as string);
        const bulk = tick === undefined ? undefined : packTicks([tick]);
        return { result: { symbol: args["symbol"], brokerMs: this.#fake.brokerMs }, bulk };
      }
      case "snapshot":
        return { result: this.#snapshot(args["since"] as unknown as { brokerMs: number; orders: string[] }) };
      case "ledger.since":
        return { result: this.#since(args["epoch"] as unknown as number, args["seq"] as unknown as number) };
      case "subscribe": {
        const names = args["symbols"] as unknown as string[];
        this.#symbols(names);
        for (const name of names) session.symbols.add(name);
        return {
          result: { symbols: names.map((symbol) => ({ symbol, count: this.#fake.counts.get(symbol) ?? 0 })) },
        };
      }
      case "unsubscribe":
        for (const name of args["symbols"] as unknown as string[]) session.symbols.delete(name);
        return { result: {} };
      case "outcome":
        return {
          result: { outcome: this.#fake.taken.asked(args["id"] as unknown as string, args["peek"] === true) },
        };
      case "outcomes":
        return { result: { outcomes: this.#fake.taken.untold(), more: null } };
      case "outcome.ack":
        this.#fake.taken.acknowledge(args["ids"] as unknown as string[]);
        return { result: {} };
      default: {
        const other = this.#fake.market.operate(request.op, args);
        if (other === undefined) throw new Refusal("UNKNOWN_OP");
        return other;
      }
    }
  }

  #hello(args: Readonly<Record<string, string>>): object {
    if (!this.#fake.ready) throw new Refusal("NOT_READY", "the terminal is not connected");
    if (!this.#challenges.delete(args["challenge"] ?? "")) throw new Refusal("CHALLENGE");
    for (const old of [...this.sessions.values()]) {
      if (old.instance === args["instance"]) this.sessions.delete(old.id);
    }
    const session: FakeSession = {
      id: `session-${++this.#serial}`,
      instance: args["instance"] ?? "",
      syncN: 0,
      commandN: 0,
      lastMs: this.#fake.agentMs,
      symbols: new Set(),
    };
    this.sessions.set(session.id, session);
    return {
      session: session.id,
      leaseMs: limits.leaseMs,
      agent: { name: "fake", version: "1" },
      account: this.#fake.account,
      terminal: this.#fake.terminal,
      brokerMs: this.#fake.brokerMs,
      utcMs: this.#fake.clock.wallMs(),
      brokerZone: this.#fake.brokerZone,
      ledger: { oldest: this.#fake.ledger[0]?.seq ?? this.#fake.seq + 1 },
      outcomes: this.#fake.taken.untold(),
      moreOutcomes: false,
      journalSinceUtcMs: 1,
      limits: {
        commandTtlMs: limits.commandTtlMs,
        journalRetentionMs: limits.journalRetentionMs,
        maxMessageBytes: limits.maxRequestBytes,
        maxPending: limits.maxPendingCommands,
      },
    };
  }

  #symbols(names: readonly string[] | undefined): SymbolRecord[] {
    if (names === undefined) return [...this.#fake.symbols.values()];
    return names.map((name) => {
      const symbol = this.#fake.symbols.get(name);
      if (symbol !== undefined) return symbol;
      const alike = [...this.#fake.symbols.keys()].filter((known) =>
        known.toLowerCase().startsWith(name.toLowerCase()),
      );
      throw new Refusal("UNKNOWN_SYMBOL", `there is no symbol ${name}`, alike);
    });
  }

  #snapshot(since: { readonly brokerMs: number; readonly orders: readonly string[] } | undefined): object {
    const historyOrders =
      since === undefined
        ? []
        : this.#fake.historyOrders.filter(
            (order) => order.doneBrokerMs >= since.brokerMs || since.orders.includes(order.ticket),
          );
    const deals =
      since === undefined ? [] : this.#fake.deals.filter((deal) => deal.timeBrokerMs >= since.brokerMs);
    return {
      account: this.#fake.account,
      positions: [...this.#fake.positions.values()],
      orders: [...this.#fake.orders.values()],
      historyOrders,
      deals,
      more: null,
    };
  }

  #since(epoch: number, seq: number): object {
    const oldest = this.#fake.ledger[0]?.seq ?? this.#fake.seq + 1;
    if (epoch !== this.#fake.epoch || seq > this.#fake.seq || seq + 1 < oldest)
      throw new Refusal("LEDGER_GONE");
    return { events: this.#fake.ledger.filter((event) => event.seq > seq), complete: true };
  }
}
