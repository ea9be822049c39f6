import { fromVolumeUnits } from "../../domain/decimal.ts";
import type { PositionSide } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import { type LiveOrder, type LivePosition, reserves } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import type { ExecutionModel } from "./execution.ts";
import {
  type MarginEntry,
  type MarginStage,
  marginFactor,
  type OrderMarginEntry,
  orderMargin,
  reservesAny,
  symbolMarginMinor,
} from "./margin.ts";
import { isPending, sideOf } from "./order-kinds.ts";
import { profitMinor } from "./profit.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { swapCurrency } from "./swap.ts";
import type { SymbolState } from "./symbol-state.ts";

/** What positions are worth and what margin they need: keeps the account's floating profit and margin. */
export class Valuation {
  readonly #state: BrokerState;
  readonly #model: ExecutionModel;
  readonly #marginBySymbol: Map<SymbolState, number> = new Map();
  /** Symbols whose profit is converted by a symbol's quotes, itself included. */
  readonly #dependents: Map<SymbolState, readonly SymbolState[]> = new Map();

  constructor(state: BrokerState, model: ExecutionModel) {
    this.#state = state;
    this.#model = model;
    const symbols = [...state.symbols.values()];
    const { currency } = state.account.settings;
    for (const quoted of symbols) {
      const converted = symbols.filter(
        (other) =>
          other === quoted ||
          state.converter.symbolsBetween(other.spec.currencyProfit, currency).includes(quoted),
      );
      this.#dependents.set(quoted, converted);
    }
  }

  /** Values anew all positions whose profit depends on a symbol's quotes. */
  revalue(symbol: SymbolState): void {
    for (const dependent of this.#dependents.get(symbol) ?? []) {
      for (const position of this.#state.positions.ofSymbol(dependent)) this.#value(position);
    }
  }

  /** After a position's volume changed: values it, empty or not, and reckons its symbol's margin. */
  changed(position: LivePosition): void {
    if (position.volumeUnits === 0) {
      this.#state.account.floatingMinor -= position.profitMinor;
      position.profitMinor = 0;
    } else {
      this.#value(position);
    }
    this.#remargin(position.symbol);
  }

  /** After an order was placed, changed or taken away: reckons its symbol's margin, if orders have a part in it. */
  reserved(order: LiveOrder): void {
    // A stop-limit order that has become a limit order may reserve nothing now, but has before.
    if (isPending(order.kind) && reservesAny(order.symbol.spec, this.#state.account.settings.marginMode))
      this.#remargin(order.symbol);
  }

  /** Margin that an active order reserves, taken by itself. */
  reservedMinor(order: LiveOrder): number {
    const { account } = this.#state;
    return reserves(order) ? account.minor(orderMargin(order.symbol.spec, order, account.settings)) : 0;
  }

  /**
   * Whether the account can pay for more of a symbol; closing and hedging that needs no margin always passes. `instead` is
   * the pending order that becomes the position.
   */
  checkMoney(
    symbol: SymbolState,
    side: PositionSide,
    volumeUnits: number,
    price: number,
    instead?: LiveOrder,
  ): Refusal | undefined {
    const rate = this.marginRate(symbol, side);
    const unpriced = this.#checkConversion(symbol, rate);
    if (unpriced !== undefined) return unpriced;
    const added: MarginEntry = { side, volumeUnits, priceOpen: price, marginRate: rate ?? 0 };
    const orders = this.#pending(symbol, instead, volumeUnits);
    const commission = this.commissionMinor(symbol, volumeUnits, price);
    return this.#checkFree(symbol, this.#with(symbol, added), orders, commission);
  }

  /** Whether the account can pay for what a pending order reserves. `instead` is the order as it was before its change. */
  checkReserve(symbol: SymbolState, order: OrderMarginEntry, instead?: LiveOrder): Refusal | undefined {
    const { marginMode } = this.#state.account.settings;
    if (marginFactor(symbol.spec, order.kind, "initial", marginMode) === 0) return undefined;
    const unpriced = this.#checkConversion(symbol, this.marginRate(symbol, sideOf(order.kind)));
    if (unpriced !== undefined) return unpriced;
    const orders = [...this.#pending(symbol, instead, instead?.volumeUnits ?? 0), order];
    return this.#checkFree(symbol, this.#state.positions.ofSymbol(symbol), orders, 0);
  }

  /** How much more margin the account needs with more of a symbol; undefined without quotes to convert it. */
  addedMarginMinor(
    symbol: SymbolState,
    side: PositionSide,
    volumeUnits: number,
    price: number,
  ): number | undefined {
    const marginRate = this.marginRate(symbol, side);
    if (marginRate === undefined) return undefined;
    const added: MarginEntry = { side, volumeUnits, priceOpen: price, marginRate };
    return this.#marginChange(symbol, this.#with(symbol, added), this.#pending(symbol));
  }

  /** The same for a pending order that is placed. */
  addedReserveMinor(symbol: SymbolState, order: OrderMarginEntry): number {
    const positions = this.#state.positions.ofSymbol(symbol);
    return this.#marginChange(symbol, positions, [...this.#pending(symbol), order]);
  }

  /** The same for a part of a position that is closed: 0 or less, unless it was a hedge. */
  freedMarginMinor(position: LivePosition, volumeUnits: number): number {
    const { symbol } = position;
    const after: MarginEntry[] = this.#state.positions.ofSymbol(symbol).flatMap((other): MarginEntry[] => {
      const left = other === position ? other.volumeUnits - volumeUnits : other.volumeUnits;
      return left > 0 ? [{ ...other, volumeUnits: left }] : [];
    });
    return this.#marginChange(symbol, after, this.#pending(symbol));
  }

  /** Margin currency to account currency, as it is for a side at this moment. */
  marginRate(symbol: SymbolState, side: PositionSide): number | undefined {
    return this.#state.converter.rate(
      symbol.spec.currencyMargin,
      this.#state.account.settings.currency,
      side,
    );
  }

  /** Commission of a deal in minor units, below 0 for a charge. */
  commissionMinor(symbol: SymbolState, volumeUnits: number, price: number): number {
    const { account, converter } = this.#state;
    const { currency } = account.settings;
    const lots = fromVolumeUnits(volumeUnits);
    const convert = (amount: number, from: string): number => {
      const rate = converter.rate(from, currency, "buy", { symbol, price });
      if (rate === undefined) throw new Error(`Cannot convert a commission from ${from} into ${currency}`);
      return amount * rate;
    };
    const own = -symbol.spec.commissionPerLot * lots;
    return account.minor(this.#model.commission?.(symbol.spec, lots, price, convert) ?? own);
  }

  /** Without quotes for all conversions a position could be opened, but neither valued nor closed. */
  #checkConversion(symbol: SymbolState, marginRate: number | undefined): Refusal | undefined {
    const { account, converter } = this.#state;
    const { currency } = account.settings;
    const { spec } = symbol;
    const needed = [spec.currencyProfit, swapCurrency(spec) ?? spec.currencyProfit];
    const convertible = needed.every((from) => converter.rate(from, currency, "sell") !== undefined);
    if (marginRate !== undefined && convertible) return undefined;
    return refuse(Retcode.PRICE_OFF, `No quotes to convert into ${currency}`);
  }

  #checkFree(
    symbol: SymbolState,
    positions: readonly MarginEntry[],
    orders: readonly OrderMarginEntry[],
    commission: number,
  ): Refusal | undefined {
    const { account } = this.#state;
    const added = this.#marginChange(symbol, positions, orders, "initial");
    if (added <= 0) return undefined;
    const left = account.equityMinor - account.marginMinor - added;
    return left + commission < 0 ? refuse(Retcode.NO_MONEY) : undefined;
  }

  /** How a symbol's margin would change if it had these positions and pending orders. */
  #marginChange(
    symbol: SymbolState,
    positions: readonly MarginEntry[],
    orders: readonly OrderMarginEntry[],
    stage: MarginStage = "maintenance",
  ): number {
    const { account, positions: book } = this.#state;
    const after = symbolMarginMinor(symbol.spec, positions, orders, account.settings, stage);
    const before =
      stage === "maintenance"
        ? (this.#marginBySymbol.get(symbol) ?? 0)
        : symbolMarginMinor(
            symbol.spec,
            book.ofSymbol(symbol),
            this.#pending(symbol),
            account.settings,
            stage,
          );
    return after - before;
  }

  /** The symbol's positions with another deal, by the account's margin mode. */
  #with(symbol: SymbolState, added: MarginEntry): readonly MarginEntry[] {
    const { account, positions } = this.#state;
    const existing = positions.ofSymbol(symbol);
    return account.settings.marginMode === "hedging" ? [...existing, added] : netted(existing[0], added);
  }

  /** The symbol's pending orders; of one of them so much is taken away. */
  #pending(symbol: SymbolState, less?: LiveOrder, byUnits = 0): readonly OrderMarginEntry[] {
    const orders = this.#state.orders.ofSymbol(symbol).filter(reserves);
    if (less === undefined) return orders;
    return orders.map((order) =>
      order === less ? { ...order, volumeUnits: Math.max(0, order.volumeUnits - byUnits) } : order,
    );
  }

  #remargin(symbol: SymbolState): void {
    const { account, positions } = this.#state;
    const before = this.#marginBySymbol.get(symbol) ?? 0;
    const entries = positions.ofSymbol(symbol);
    const margin = symbolMarginMinor(symbol.spec, entries, this.#pending(symbol), account.settings);
    this.#marginBySymbol.set(symbol, margin);
    account.marginMinor += margin - before;
  }

  #value(position: LivePosition): void {
    const { account, converter } = this.#state;
    const { symbol, side, volumeUnits, priceOpen } = position;
    const close = symbol.closePrice(side);
    const profit = profitMinor(symbol, side, volumeUnits, priceOpen, close, account.settings, converter);
    if (profit === undefined) return;
    account.floatingMinor += profit - position.profitMinor;
    position.profitMinor = profit;
  }
}

/** A netting account's position after a deal, as far as margin goes. */
function netted(position: LivePosition | undefined, added: MarginEntry): readonly MarginEntry[] {
  if (position === undefined) return [added];
  if (position.side === added.side) return [position, added];
  const rest = position.volumeUnits - added.volumeUnits;
  return rest >= 0 ? [{ ...position, volumeUnits: rest }] : [{ ...added, volumeUnits: -rest }];
}
