import { Prng } from "../../../src/simulator/market/prng.ts";
import type { World } from "../kit/world.ts";
import { type Command, call } from "./commands.ts";

/** What a strategy, a second client of the broker, and the market do during a run, drawn from a seed. */
export class Workload {
  readonly commands: Command[] = [];
  /** Errors of queries that are none of the library's. */
  readonly faults: string[] = [];
  readonly #world: World;
  readonly #random: Prng;
  readonly #cancelled: Set<string> = new Set();
  #made = 0;

  constructor(world: World, seed: string) {
    this.#world = world;
    this.#random = new Prng(`${seed}/workload`);
  }

  /** Does things at random moments within `durationMs` from now. */
  start(durationMs: number): void {
    const { clock } = this.#world.time;
    const steps = this.#random.integer(6, 18);
    for (let i = 0; i < steps; i++) {
      clock.setTimer(() => this.#step(), this.#random.integer(0, durationMs));
    }
  }

  /** A new process sends again what its callers had named and not been told. */
  resend(): void {
    for (const command of this.commands) {
      const last = command.calls.at(-1);
      if (!command.callers || last === undefined || last.told !== undefined) continue;
      if (last.life !== this.#world.client.lives) call(this.#world, command, last.timeoutMs);
    }
  }

  #step(): void {
    const kind = this.#random.integer(0, 12);
    if (this.#world.client.host.dead) return;
    if (kind <= 3) this.#open();
    else if (kind <= 5) this.#close();
    else if (kind === 6) this.#quote();
    else if (kind === 7) this.#fromElsewhere();
    else if (kind === 8) this.#query();
    else if (kind === 9) for (let i = 0; i < 5; i++) this.#open();
    else if (kind === 10) this.#place();
    else if (kind === 11) this.#modify();
    else this.#cancel();
  }

  #command(send: (id: string, timeoutMs: number) => Command["send"], isIts?: Command["isIts"]): void {
    const timeoutMs = [2_000, 5_000, 10_000, 30_000][this.#random.integer(0, 3)] ?? 10_000;
    const id = `w-${++this.#made}`;
    const callers = this.#random.integer(0, 1) === 1;
    const own = isIts === undefined ? {} : { isIts };
    const command: Command = { id, callers, calls: [], send: send(id, timeoutMs), ...own };
    this.commands.push(command);
    call(this.#world, command, timeoutMs);
  }

  #open(): void {
    const { client, site } = this.#world;
    const symbol = ["EURUSD", "GBPUSD", "USDJPY"][this.#random.integer(0, 2)] ?? "EURUSD";
    const type = this.#random.integer(0, 1) === 0 ? "buy" : "sell";
    const volume = this.#random.integer(1, 30) / 100;
    this.#command(
      (id, timeoutMs) => () => client.agent(site).trade.marketOrder({ symbol, type, volume, id, timeoutMs }),
    );
  }

  #close(): void {
    const { client, site } = this.#world;
    const open = client.agent(site).mirror.positions;
    const position = open[this.#random.integer(0, Math.max(0, open.length - 1))];
    if (position === undefined) return;
    const part = this.#random.integer(0, 2) === 0 && position.volume > 0.02 ? 0.01 : undefined;
    const ticket = position.ticketText;
    this.#command(
      (id, timeoutMs) => () => client.agent(site).trade.closePosition(ticket, part, { id, timeoutMs }),
    );
  }

  /** A pending order, which a later quote may fill. */
  #place(): void {
    const { client, site } = this.#world;
    const price = 1.03 + this.#random.integer(0, 30) / 1_000;
    this.#command(
      (id, timeoutMs) => () => client.agent(site).trade.buyLimit("EURUSD", 0.02, price, { id, timeoutMs }),
    );
  }

  /** A stop that no other command sets, so that its executions can be told. */
  #modify(): void {
    const { client, site } = this.#world;
    const open = client.agent(site).mirror.positions.filter(({ symbol }) => symbol === "EURUSD");
    const position = open[this.#random.integer(0, Math.max(0, open.length - 1))];
    if (position === undefined) return;
    const { ticketText, type } = position;
    const step = (this.#made + 1) / 10_000;
    const stopLoss = Number((type === "buy" ? 1 - step : 1.3 + step).toFixed(5));
    this.#command(
      (id, timeoutMs) => () =>
        client.agent(site).trade.modifyPosition(ticketText, { stopLoss }, { id, timeoutMs }),
      (request) => request.action === "sltp" && request.stopLoss === stopLoss,
    );
  }

  /** Each order is cancelled by one command at most. */
  #cancel(): void {
    const { client, site } = this.#world;
    const order = client.agent(site).mirror.orders.find(({ ticketText }) => !this.#cancelled.has(ticketText));
    if (order === undefined) return;
    const { ticketText } = order;
    this.#cancelled.add(ticketText);
    this.#command(
      (id, timeoutMs) => () => client.agent(site).trade.cancelOrder(ticketText, { id, timeoutMs }),
      (request) => request.action === "remove" && request.order === ticketText,
    );
  }

  #quote(): void {
    const bid = 1.05 + this.#random.integer(0, 100) / 1_000;
    this.#world.site.terminal.quote("EURUSD", bid, bid + 0.0002);
  }

  /** The same account, traded on a phone. */
  #fromElsewhere(): void {
    const { server } = this.#world.site.terminal;
    const position = this.#world.site.terminal.positions()[0];
    const own = { action: "deal", symbol: "GBPUSD", kind: "buy", volume: 0.05, deviation: 100 } as const;
    if (position === undefined || this.#random.integer(0, 1) === 0) server.execute(own, "client");
    else {
      const kind = position.side === "buy" ? "sell" : "buy";
      const { symbol, volume, ticket } = position;
      server.execute({ action: "deal", symbol, kind, volume, position: ticket, deviation: 100 }, "client");
    }
  }

  #query(): void {
    const { client, site } = this.#world;
    const agent = client.agent(site);
    const asked = this.#random.integer(0, 1) === 0 ? agent.positions.getAll() : agent.account.getInfo();
    asked.then(undefined, (error: unknown) => {
      if (!(error instanceof Error) || !("remedy" in error)) this.faults.push(`query: ${String(error)}`);
    });
  }
}
