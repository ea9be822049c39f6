import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { RequestRefusedError } from "../connector/errors.ts";
import type { PositionRecord } from "../domain/records.ts";
import { readPositions } from "../protocol/v1/reply-schemas.ts";
import { toPositionInfo } from "./convert.ts";
import { checkQuery } from "./known-keys.ts";
import { listAll } from "./listing.ts";
import { ticketText } from "./normalise.ts";
import type { PositionInfo, Ticket } from "./types.ts";

/** Open positions, with their floating profit of the moment. */
export interface PositionsAPI {
  /** All open positions, or those of one symbol. */
  getAll(options?: QueryOptions & { readonly symbol?: string }): Promise<PositionInfo[]>;
  /** One position. Rejects with `RequestRefusedError` (`POSITION_NOT_FOUND`) if it is not open. */
  get(ticket: Ticket, options?: QueryOptions): Promise<PositionInfo>;
}

/** The positions of one agent. */
export class AgentPositions implements PositionsAPI {
  readonly #core: AgentCore;

  constructor(core: AgentCore) {
    this.#core = core;
  }

  async getAll(options: QueryOptions & { readonly symbol?: string } = {}): Promise<PositionInfo[]> {
    checkQuery(options, "read positions", "listing");
    const records = await this.#list(options);
    return records.map((record) => toPositionInfo(record, this.#core.zone));
  }

  async get(ticket: Ticket, options: QueryOptions = {}): Promise<PositionInfo> {
    const text = ticketText(ticket, "get a position");
    checkQuery(options, `get position ${text}`);
    const known = this.#core.mirror.positions.get(text);
    const records = await this.#list(known === undefined ? options : { ...options, symbol: known.symbol });
    const record = records.find((position) => position.ticket === text);
    if (record === undefined) {
      throw new RequestRefusedError(`Cannot get position ${text}: it is not open`, {
        code: "POSITION_NOT_FOUND",
        remedy: "Read positions.getAll() for what is open; a closed position stands in the history",
      });
    }
    return toPositionInfo(record, this.#core.zone);
  }

  async #list(options: QueryOptions & { readonly symbol?: string }): Promise<readonly PositionRecord[]> {
    const { symbol, ...rest } = options;
    const filter = symbol === undefined ? {} : { symbol };
    const records = await listAll(
      this.#core,
      "positions",
      filter,
      readPositions,
      (page) => page.positions,
      rest,
    );
    this.#core.mirror.refresh(records);
    return records;
  }
}
