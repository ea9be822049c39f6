import type { AgentCore, QueryOptions } from "../connector/agent-core.ts";
import { retcode } from "../domain/retcodes.ts";
import { readMargin, readOrderCheck, readProfit } from "../protocol/v1/market-schemas.ts";
import type { Intent } from "../protocol/v1/messages.ts";
import { invalid, normaliseVolume, requiredPrice } from "./normalise.ts";
import {
  checkMarketParams,
  checkPendingParams,
  checkSymbolName,
  isPendingType,
  marketIntent,
  pendingIntent,
} from "./order-intents.ts";
import type { MarginParams, OrderCheck, PendingOrderParams, ProfitParams } from "./trade-types.ts";
import type { MarketOrderParams, TickData } from "./types.ts";

/** What the terminal works out without sending anything. */
export class OrderChecks {
  readonly #core: AgentCore;
  readonly #tickOf: (symbol: string, options: QueryOptions) => Promise<TickData>;

  constructor(core: AgentCore, tickOf: (symbol: string, options: QueryOptions) => Promise<TickData>) {
    this.#core = core;
    this.#tickOf = tickOf;
  }

  async check(
    params: MarketOrderParams | PendingOrderParams,
    options: QueryOptions = {},
  ): Promise<OrderCheck> {
    const intent = JSON.stringify(await this.#intent(params, options));
    const { result } = await this.#core.query("query", "order.check", { intent }, readOrderCheck, options);
    const { retcode: code, ...account } = result;
    const info = retcode(code);
    const accepted = code === 0 || info.certainty === "yes";
    return {
      ...account,
      accepted,
      retcode: code,
      retcodeName: accepted ? "OK" : info.name,
      remedy: accepted ? "Nothing to do" : info.remedy,
    };
  }

  async margin(params: MarginParams, options: QueryOptions = {}): Promise<number> {
    const { symbol, type: side } = params;
    const action = `calculate the margin of ${String(side)} ${params.volume} ${String(symbol)}`;
    checkSide(side, action);
    checkSymbolName(symbol, action);
    const spec = await this.#core.symbol(symbol, options);
    const volume = normaliseVolume(spec, params.volume, action);
    let price: number;
    if (params.price !== undefined) price = requiredPrice(spec, params.price, "price", action);
    else {
      const tick = await this.#tickOf(symbol, options);
      price = side === "buy" ? tick.ask : tick.bid;
    }
    const args = { symbol, side, volume, price };
    return (await this.#core.query("query", "calc.margin", args, readMargin, options)).result.margin;
  }

  async profit(params: ProfitParams, options: QueryOptions = {}): Promise<number> {
    const { symbol, type: side } = params;
    const action = `calculate the profit of ${String(side)} ${params.volume} ${String(symbol)}`;
    checkSide(side, action);
    checkSymbolName(symbol, action);
    const spec = await this.#core.symbol(symbol, options);
    const args = {
      symbol,
      side,
      volume: normaliseVolume(spec, params.volume, action),
      priceOpen: requiredPrice(spec, params.openPrice, "openPrice", action),
      priceClose: requiredPrice(spec, params.closePrice, "closePrice", action),
    };
    return (await this.#core.query("query", "calc.profit", args, readProfit, options)).result.profit;
  }

  async #intent(params: MarketOrderParams | PendingOrderParams, options: QueryOptions): Promise<Intent> {
    const core = this.#core;
    const action = `check ${String(params.type)} ${params.volume} ${String(params.symbol)}`;
    if (isPendingType(params.type)) {
      const pending = params as PendingOrderParams;
      checkPendingParams(pending, action);
      const spec = await core.symbol(pending.symbol, options);
      return pendingIntent(spec, pending, core.zone, core.utcMs, action);
    }
    const market = params as MarketOrderParams;
    checkMarketParams(market, action);
    return marketIntent(await core.symbol(market.symbol, options), market, action);
  }
}

function checkSide(side: unknown, action: string): void {
  if (side === "buy" || side === "sell") return;
  throw invalid(action, `type ${String(side)} is no direction`, "Use TradeType.BUY or TradeType.SELL");
}
