import { connectorCases } from "./connector-cases.ts";
import { eventCases } from "./event-cases.ts";
import { historyCases } from "./history-cases.ts";
import { ledgerCases } from "./ledger-cases.ts";
import { operationCases } from "./operation-cases.ts";
import { orderCases } from "./order-cases.ts";
import { queryCases } from "./query-cases.ts";
import { retcodeCases } from "./retcode-cases.ts";
import { tradeCases } from "./trade-cases.ts";
import type { AgentCase } from "./world.ts";

/** The contract of an agent, whole. */
export const allCases: readonly AgentCase[] = [
  ...queryCases,
  ...operationCases,
  ...tradeCases,
  ...retcodeCases,
  ...orderCases,
  ...historyCases,
  ...ledgerCases,
  ...eventCases,
  ...connectorCases,
];
