import { toError } from "../connector/errors.ts";
import type { Context } from "../zmtp/mod.ts";
import type { Exchange } from "./exchange.ts";
import { type PyObject, type PyValue, plainText } from "./python-json.ts";
import { formatSignature, orderChecksum, type SignedOrder } from "./risk-signature.ts";
import { parseStamp, Stamps } from "./timestamps.ts";

/** How one check ended. `warn` is a difference that clients may not notice. */
export interface CheckResult {
  readonly name: string;
  readonly outcome: "pass" | "warn" | "fail" | "skip";
  readonly detail: string;
  readonly tookMs: number;
}

/** What is checked. */
export interface ConformanceOptions {
  readonly timeoutMs: number;
  /** Really opens and closes a position. */
  readonly trade?: { readonly symbol: string; readonly volumeLots: number } | undefined;
  readonly secret?: Uint8Array | undefined;
  readonly newUuid: () => string;
}

type Kind = "text" | "int" | "float" | "stamp" | "list";

class CheckFault extends Error {}
class CheckWarning extends Error {}

/** A name that no broker has, so that an OPEN meant to be refused cannot be filled by a server that checks nothing. */
const noSymbol = "MT5CONNECTOR.NO.SUCH.SYMBOL";
const pings = 20;

/**
 * Checks a v4.3 server, whoever made it. Nothing here makes a server trade unless `trade` is given, and nothing is sent
 * that could wedge a server which reads carelessly.
 */
export async function checkServer(
  context: Context,
  exchange: Exchange,
  options: ConformanceOptions,
): Promise<readonly CheckResult[]> {
  const suite = new Suite(context, exchange, options);
  await suite.check("PING", () => suite.ping());
  if (suite.failed) return suite.results;
  await suite.check("GET_ACCOUNT", () => suite.account());
  await suite.check("GET_POSITIONS", () => suite.positions());
  await suite.check("GET_POSITIONS by symbol", () => suite.positionsOf(noSymbol));
  for (const [name, signature] of suite.badSignatures()) {
    await suite.check(`OPEN ${name} is rejected`, () => suite.rejected(signature));
  }
  await suite.check("An unknown action is answered", () => suite.unknownAction());
  await suite.check(`${pings} PINGs in a row`, () => suite.latency());
  const { trade } = options;
  if (trade === undefined) suite.skip("OPEN and CLOSE", "give --trade SYMBOL to really trade");
  else
    await suite.check(`OPEN and CLOSE ${trade.volumeLots} ${trade.symbol}`, () =>
      suite.trade(trade.symbol, trade.volumeLots),
    );
  return suite.results;
}

class Suite {
  readonly results: CheckResult[] = [];
  readonly #context: Context;
  readonly #exchange: Exchange;
  readonly #options: ConformanceOptions;
  readonly #stamps: Stamps;

  constructor(context: Context, exchange: Exchange, options: ConformanceOptions) {
    this.#context = context;
    this.#exchange = exchange;
    this.#options = options;
    this.#stamps = new Stamps(context.clock);
  }

  get failed(): boolean {
    return this.results.some(({ outcome }) => outcome === "fail");
  }

  async check(name: string, run: () => Promise<string>): Promise<void> {
    const startMs = this.#context.clock.nowMs();
    const end = (outcome: CheckResult["outcome"], detail: string): void => {
      this.results.push({ name, outcome, detail, tookMs: this.#context.clock.nowMs() - startMs });
    };
    try {
      end("pass", await run());
    } catch (error) {
      end(error instanceof CheckWarning ? "warn" : "fail", toError(error).message);
    }
  }

  skip(name: string, detail: string): void {
    this.results.push({ name, outcome: "skip", detail, tookMs: 0 });
  }

  async ping(): Promise<string> {
    const reply = await this.#ask("PING");
    shape(reply, { uuid: "text", status: "text", server_time: "stamp", latency_ms: "float" });
    status(reply, "ok");
    const offMs = (parseStamp(plainText(reply["server_time"])) ?? 0) - this.#context.clock.wallMs();
    if (Math.abs(offMs) > 1_000) {
      throw new CheckWarning(
        `the clocks differ by ${(offMs / 1000).toFixed(1)} s: signatures may be refused`,
      );
    }
    return `server time ${plainText(reply["server_time"])}`;
  }

  async account(): Promise<string> {
    const reply = await this.#ask("GET_ACCOUNT");
    shape(reply, {
      uuid: "text",
      status: "text",
      balance: "float",
      equity: "float",
      margin: "float",
      free_margin: "float",
      margin_level: "float",
      currency: "text",
      timestamp: "stamp",
    });
    status(reply, "ok");
    return `balance ${plainText(reply["balance"])} ${plainText(reply["currency"])}`;
  }

  async positions(): Promise<string> {
    const positions = await this.#positions();
    return `${positions.length} open`;
  }

  async positionsOf(symbol: string): Promise<string> {
    const positions = await this.#positions(symbol);
    if (positions.length > 0)
      throw new CheckFault(`${positions.length} positions of a symbol that nobody has`);
    return "filtered";
  }

  badSignatures(): readonly (readonly [string, string | undefined])[] {
    const at = (seconds: number): string =>
      `${new Date(this.#context.clock.wallMs() + seconds * 1000).toISOString().slice(0, 19)}Z`;
    return [
      ["without a signature", undefined],
      ["with a signature of another form", "PASS"],
      ["with a checksum of 3 letters", `RISK_PASS:abc:${at(0)}`],
      ["with a signature of yesterday", `RISK_PASS:7a3f9e8b:${at(-86_400)}`],
      ["with a signature of tomorrow", `RISK_PASS:7a3f9e8b:${at(86_400)}`],
    ];
  }

  async rejected(signature: string | undefined): Promise<string> {
    const order = this.#order(noSymbol, 0.01);
    const reply = await this.#ask("OPEN", {
      ...order,
      ...(signature === undefined ? {} : { risk_signature: signature }),
    });
    status(reply, "REJECTED");
    shape(reply, { uuid: "text", status: "text", error_code: "text", error_msg: "text", timestamp: "stamp" });
    const why = `${plainText(reply["error_code"])}: ${plainText(reply["error_msg"])}`;
    if (!/sign|risk/i.test(why)) throw new CheckWarning(`rejected, but not for its signature: ${why}`);
    return why;
  }

  async unknownAction(): Promise<string> {
    const reply = await this.#ask("NO_SUCH_ACTION");
    if (reply["status"] === "ok" || reply["status"] === "FILLED")
      throw new CheckFault(`status ${plainText(reply["status"])}`);
    shape(reply, { uuid: "text", status: "text", error_code: "text", error_msg: "text", timestamp: "stamp" });
    return `${plainText(reply["status"])} ${plainText(reply["error_code"])}`;
  }

  async latency(): Promise<string> {
    const times: number[] = [];
    for (let count = 0; count < pings; count++) {
      const startMs = this.#context.clock.nowMs();
      status(await this.#ask("PING"), "ok");
      times.push(this.#context.clock.nowMs() - startMs);
    }
    times.sort((a, b) => a - b);
    const [median = 0, worst = 0] = [times[Math.floor(pings / 2)], times[pings - 1]];
    const told = `median ${median.toFixed(2)} ms, slowest ${worst.toFixed(2)} ms`;
    if (median > 10) throw new CheckWarning(`${told}; v4.3 aims at less than 10 ms`);
    return told;
  }

  async trade(symbol: string, volumeLots: number): Promise<string> {
    const order = this.#order(symbol, volumeLots);
    const stamp = `${this.#stamps.now().slice(0, 19)}Z`;
    const { secret } = this.#options;
    const checksum = secret === undefined ? "7a3f9e8b" : orderChecksum(order, stamp, secret);
    const opened = await this.#ask("OPEN", { ...order, risk_signature: formatSignature(checksum, stamp) });
    status(opened, "FILLED");
    const ticket = opened["ticket"];
    if (typeof ticket !== "bigint")
      throw new CheckFault(`ticket ${plainText(ticket)} is no int: close the position by hand`);
    const open = (await this.#positions(symbol)).some((position) => position["ticket"] === ticket);
    const closed = await this.#ask("CLOSE", { ticket, symbol, volume: volumeLots });
    if (closed["status"] !== "FILLED") {
      throw new CheckFault(
        `position ${ticket} was opened and NOT closed: ${plainText(closed["error_msg"] ?? closed["status"])}`,
      );
    }
    shape(opened, {
      uuid: "text",
      status: "text",
      ticket: "int",
      symbol: "text",
      volume: "float",
      price: "float",
      execution_time: "stamp",
      latency_ms: "float",
    });
    shape(closed, {
      uuid: "text",
      status: "text",
      ticket: "int",
      close_price: "float",
      execution_time: "stamp",
      latency_ms: "float",
    });
    if (!open) throw new CheckFault(`position ${ticket} was not among the open ones`);
    if ((await this.#positions(symbol)).some((position) => position["ticket"] === ticket)) {
      throw new CheckFault(`position ${ticket} is still open after its close`);
    }
    return `position ${ticket} opened at ${plainText(opened["price"])}, closed at ${plainText(closed["close_price"])}`;
  }

  async #positions(symbol?: string): Promise<readonly PyObject[]> {
    const reply = await this.#ask("GET_POSITIONS", symbol === undefined ? {} : { symbol });
    shape(reply, { uuid: "text", status: "text", positions: "list", timestamp: "stamp" });
    status(reply, "ok");
    const positions = reply["positions"] as readonly PyValue[];
    return positions.map((item) => {
      if (typeof item !== "object" || item === null || Array.isArray(item))
        throw new CheckFault("a position is no object");
      const position = item as PyObject;
      shape(position, {
        ticket: "int",
        symbol: "text",
        type: "text",
        volume: "float",
        open_price: "float",
        current_price: "float",
        profit: "float",
      });
      return position;
    });
  }

  #order(symbol: string, volume: number): Omit<SignedOrder, "account"> & PyObject {
    return {
      uuid: this.#options.newUuid(),
      symbol,
      type: "BUY",
      volume,
      price: 0,
      sl: 0,
      tp: 0,
      comment: "gateway test",
    };
  }

  async #ask(action: string, more: PyObject = {}): Promise<PyObject> {
    const uuid = typeof more["uuid"] === "string" ? more["uuid"] : this.#options.newUuid();
    return this.#exchange.ask(
      { ...more, uuid, action, timestamp: this.#stamps.now() },
      this.#options.timeoutMs,
    );
  }
}

function status(reply: PyObject, expected: string): void {
  if (reply["status"] === expected) return;
  const why =
    reply["error_code"] === undefined
      ? ""
      : ` (${plainText(reply["error_code"])}: ${plainText(reply["error_msg"])})`;
  throw new CheckFault(`status ${plainText(reply["status"])} instead of ${expected}${why}`);
}

function shape(object: PyObject, members: Readonly<Record<string, Kind>>): void {
  if (object["status"] === "REJECTED" && members["error_code"] === undefined) status(object, "ok");
  for (const [name, kind] of Object.entries(members)) {
    const value = object[name];
    if (value === undefined) throw new CheckFault(`member ${name} is missing`);
    if (!isKind(value, kind))
      throw new CheckFault(`member ${name} is ${JSON.stringify(plainText(value))}, which is no ${kind}`);
  }
  const more = Object.keys(object).filter((name) => members[name] === undefined);
  if (more.length > 0) throw new CheckWarning(`members beyond v4.3: ${more.join(", ")}`);
}

function isKind(value: PyValue, kind: Kind): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "int":
      return typeof value === "bigint";
    case "float":
      return typeof value === "number";
    case "stamp":
      return typeof value === "string" && parseStamp(value) !== undefined;
    case "list":
      return Array.isArray(value);
  }
}
