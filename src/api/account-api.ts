import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { readAccount } from "../protocol/v1/reply-schemas.ts";
import { toAccountInfo } from "./convert.ts";
import type { AccountInfo, MarginInfo } from "./types.ts";

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
}

/** The account of one agent. */
export class AgentAccount implements AccountAPI {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  async getInfo(options?: QueryOptions): Promise<AccountInfo> {
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
}
