import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { toError } from "../connector/errors.ts";
import type { AccountRecord } from "../domain/records.ts";
import { readAccount } from "../protocol/v1/reply-schemas.ts";
import { toAccountInfo } from "./convert.ts";
import { checkQuery } from "./known-keys.ts";
import { invalid } from "./normalise.ts";
import type { AccountInfo, MarginInfo, Subscription } from "./types.ts";

/** The account. Each getter asks the terminal; `agent.mirror.account` has the last known state without asking. */
export interface AccountAPI {
  /** Everything about the account. */
  getInfo(options?: QueryOptions): Promise<AccountInfo>;
  getBalance(options?: QueryOptions): Promise<number>;
  getEquity(options?: QueryOptions): Promise<number>;
  getMargin(options?: QueryOptions): Promise<MarginInfo>;
  getFreeMargin(options?: QueryOptions): Promise<number>;
  /** Percent; 0 while no margin is used. */
  getMarginLevel(options?: QueryOptions): Promise<number>;
  /** Calls back when the balance changes, through reconnects, until it is unsubscribed. */
  onBalanceChange(callback: (balance: number) => void): Subscription;
  /** Calls back when the equity changes, at most every 250 ms. */
  onEquityChange(callback: (equity: number) => void): Subscription;
  /** Calls back when margin, free margin or margin level change, at most every 250 ms. */
  onMarginChange(callback: (margin: MarginInfo) => void): Subscription;
}

/** The account of one agent. */
export class AgentAccount implements AccountAPI {
  readonly #core: AgentCore;
  #serial = 0;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  async getInfo(options?: QueryOptions): Promise<AccountInfo> {
    checkQuery(options, "read the account");
    const answer = await this.#core.query("query", "account", {}, readAccount, options);
    this.#core.mirror.setAccount(answer.result.account, answer.epoch, answer.agentMs);
    return toAccountInfo(answer.result.account);
  }

  async getBalance(options?: QueryOptions): Promise<number> {
    return (await this.getInfo(options)).balance;
  }

  async getEquity(options?: QueryOptions): Promise<number> {
    return (await this.getInfo(options)).equity;
  }

  async getMargin(options?: QueryOptions): Promise<MarginInfo> {
    const { margin, freeMargin, marginLevel } = await this.getInfo(options);
    return { margin, freeMargin, marginLevel };
  }

  async getFreeMargin(options?: QueryOptions): Promise<number> {
    return (await this.getInfo(options)).freeMargin;
  }

  async getMarginLevel(options?: QueryOptions): Promise<number> {
    return (await this.getInfo(options)).marginLevel;
  }

  onBalanceChange(callback: (balance: number) => void): Subscription {
    return this.#watch("balance", (account) => account.balance, same, callback);
  }

  onEquityChange(callback: (equity: number) => void): Subscription {
    return this.#watch("equity", (account) => account.equity, same, callback);
  }

  onMarginChange(callback: (margin: MarginInfo) => void): Subscription {
    return this.#watch("margin", marginOf, sameMargin, callback);
  }

  /** The first value is the present one, which is no change; before the first connect there is none. */
  #watch<T>(
    what: string,
    read: (account: AccountRecord) => T,
    isSame: (a: T, b: T) => boolean,
    callback: (value: T) => void,
  ): Subscription {
    if (typeof callback !== "function") {
      throw invalid(`watch the ${what}`, "the callback is no function", `Give (${what}) => void`);
    }
    const { observers, mirror } = this.#core;
    let last = mirror.account === undefined ? undefined : { value: read(mirror.account) };
    const observe = (): void => {
      const { account } = this.#core.mirror;
      if (account === undefined) return;
      const value = read(account);
      if (last !== undefined && isSame(last.value, value)) return;
      const isFirst = last === undefined;
      last = { value };
      if (isFirst) return;
      try {
        callback(value);
      } catch (error) {
        // One strategy's mistake must not stop the others.
        this.#core.fault(toError(error));
      }
    };
    observers.account.add(observe);
    return {
      id: `a-${++this.#serial}`,
      get active(): boolean {
        return observers.account.has(observe);
      },
      unsubscribe: (): void => void observers.account.delete(observe),
    };
  }
}

function same(a: number, b: number): boolean {
  return a === b;
}

function marginOf({ margin, freeMargin, marginLevel }: AccountRecord): MarginInfo {
  return { margin, freeMargin, marginLevel };
}

function sameMargin(a: MarginInfo, b: MarginInfo): boolean {
  return a.margin === b.margin && a.freeMargin === b.freeMargin && a.marginLevel === b.marginLevel;
}
