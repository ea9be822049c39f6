import type { FillingMode, PositionSide, TimeInForce } from "../../domain/records.ts";
import type { LiveOrder, LivePosition } from "./books.ts";
import type { PendingKind } from "./order-kinds.ts";
import type { Refusal } from "./refusal.ts";
import type { SymbolState } from "./symbol-state.ts";

/** A request that passed all checks but that of money, as the server will carry it out. */
export type Plan =
  | {
      readonly action: "deal";
      readonly symbol: SymbolState;
      readonly side: PositionSide;
      readonly volumeUnits: number;
      /** The position to close, on hedging accounts. */
      readonly position: LivePosition | undefined;
      readonly filling: FillingMode;
      readonly stopLoss: number;
      readonly takeProfit: number;
      /** The price that the request insists on, give or take `deviationPoints`; undefined: at the market. */
      readonly price: number | undefined;
      readonly deviationPoints: number;
    }
  | {
      readonly action: "pending";
      readonly symbol: SymbolState;
      readonly kind: PendingKind;
      readonly volumeUnits: number;
      readonly filling: FillingMode;
      readonly price: number;
      readonly priceStopLimit: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
      readonly timeInForce: TimeInForce;
      readonly expirationBrokerMs: number;
    }
  | {
      readonly action: "sltp";
      readonly position: LivePosition;
      readonly stopLoss: number;
      readonly takeProfit: number;
    }
  | {
      readonly action: "modify";
      readonly order: LiveOrder;
      readonly price: number;
      readonly priceStopLimit: number;
      readonly stopLoss: number;
      readonly takeProfit: number;
      readonly timeInForce: TimeInForce;
      readonly expirationBrokerMs: number;
    }
  | { readonly action: "remove"; readonly order: LiveOrder }
  | { readonly action: "closeBy"; readonly position: LivePosition; readonly by: LivePosition };

/** Whether what `planRequest` gave is a refusal. */
export function isRefusal(result: Plan | Refusal): result is Refusal {
  return "retcode" in result;
}

/** Whether a request names a ticket; 0 is none. */
export function isTicket(ticket: string | undefined): ticket is string {
  return ticket !== undefined && ticket !== "" && ticket !== "0";
}
