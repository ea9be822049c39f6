import type { AgentEvents, ConnectorEvents, MT5Connector } from "../../../src/connector/mod.ts";
import { retcode } from "../../../src/domain/retcodes.ts";
import type { RawClient } from "../../kit/raw-client.ts";
import { agentEvents, type Covered, connectorEvents } from "./coverage.ts";

/** Sees what really happened in a case, so that a case cannot claim to cover what it never did. */
export class Witness {
  readonly #raws: RawClient[] = [];
  readonly #heard: Set<Covered> = new Set();

  /** Watches a client by the letter. */
  raw(client: RawClient): void {
    this.#raws.push(client);
  }

  /** Watches all events of a connector and its agents. */
  connector(mt5: MT5Connector): void {
    for (const event of Object.keys(connectorEvents) as (keyof ConnectorEvents)[]) {
      mt5.on(event, () => void this.#heard.add(`connector ${event}`));
    }
    for (const agent of mt5.getAllAgents()) {
      for (const event of Object.keys(agentEvents) as (keyof AgentEvents)[]) {
        agent.on(event, () => void this.#heard.add(`agent ${event}`));
      }
      agent.on("trade", ({ type }) => void this.#heard.add(`trade ${type}`));
    }
  }

  /** What happened so far. */
  seen(): ReadonlySet<Covered> {
    const seen = new Set<Covered>(this.#heard);
    for (const raw of this.#raws) {
      for (const op of raw.asked) seen.add(`op ${op}`);
      for (const kind of raw.intended) seen.add(`intent ${kind}`);
      for (const topic of raw.topics) seen.add(`topic ${topic}`);
      for (const event of raw.ledger) {
        if (event.type === "barrier") continue;
        if (event.type === "outcome" || event.type === "balance") seen.add(`ledger ${event.type}`);
        else seen.add(`ledger ${event.type} ${event.change}` as Covered);
      }
      for (const outcome of raw.told) {
        seen.add(`outcome ${outcome.state}`);
        if ("retcode" in outcome && outcome.retcode !== 0) {
          seen.add(`retcode ${retcode(outcome.retcode).certainty}`);
        }
      }
    }
    return seen;
  }
}
