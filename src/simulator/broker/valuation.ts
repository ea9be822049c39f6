import { fromVolumeUnits } from "../../domain/decimal.ts";
import type { PositionSide } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { LivePosition } from "./books.ts";
import type { BrokerState } from "./broker-state.ts";
import type { ExecutionModel } from "./execution.ts";
import { type MarginEntry, symbolMarginMinor } from "./margin.ts";
import { profitMinor } from "./profit.ts";
import { type Refusal, refuse } from "./refusal.ts";
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
    const { account, positions } = this.#state;
    const before = this.#marginBySymbol.get(position.symbol) ?? 0;
    const entries = positions.ofSymbol(position.symbol);
    const margin = symbolMarginMinor(position.symbol.spec, entries, account.settings);
    this.#marginBySymbol.set(position.symbol, margin);
    account.marginMinor += margin - before;
  }

  /** Whether the account can pay for more of a symbol; closing and hedging that needs no margin always passes. */
  checkMoney(
    symbol: SymbolState,
    side: PositionSide,
    volumeUnits: number,
    price: number,
  ): Refusal | undefined {
    const { account, positions, converter } = this.#state;
    const { currency } = account.settings;
    const rate = this.marginRate(symbol, side);
    const convertible = converter.rate(symbol.spec.currencyProfit, currency, "sell") !== undefined;
    if (rate === undefined || !convertible) {
      return refuse(Retcode.PRICE_OFF, `No quotes to convert into ${currency}`);
    }
    const added: MarginEntry = { side, volumeUnits, priceOpen: price, marginRate: rate };
    const existing = positions.ofSymbol(symbol);
    const after =
      account.settings.marginMode === "hedging" ? [...existing, added] : netted(existing[0], added);
    const before = this.#marginBySymbol.get(symbol) ?? 0;
    const symbolMargin = symbolMarginMinor(symbol.spec, after, account.settings);
    if (symbolMargin <= before) return undefined;
    const left = account.equityMinor - (account.marginMinor - before + symbolMargin);
    const commission = this.commissionMinor(symbol, volumeUnits, price);
    return left + commission < 0 ? refuse(Retcode.NO_MONEY) : undefined;
  }

  /** How much more margin the account needs with more of a symbol; undefined without quotes to convert it. */
  addedMarginMinor(
    symbol: SymbolState,
    side: PositionSide,
    volumeUnits: number,
    price: number,
  ): number | undefined {
    const { account, positions } = this.#state;
    const marginRate = this.marginRate(symbol, side);
    if (marginRate === undefined) return undefined;
    const added: MarginEntry = { side, volumeUnits, priceOpen: price, marginRate };
    const existing = positions.ofSymbol(symbol);
    const after =
      account.settings.marginMode === "hedging" ? [...existing, added] : netted(existing[0], added);
    return symbolMarginMinor(symbol.spec, after, account.settings) - (this.#marginBySymbol.get(symbol) ?? 0);
  }

  /** The same for a part of a position that is closed: 0 or less, unless it was a hedge. */
  freedMarginMinor(position: LivePosition, volumeUnits: number): number {
    const { account, positions } = this.#state;
    const { symbol } = position;
    const after: MarginEntry[] = positions.ofSymbol(symbol).flatMap((other): MarginEntry[] => {
      const left = other === position ? other.volumeUnits - volumeUnits : other.volumeUnits;
      return left > 0 ? [{ ...other, volumeUnits: left }] : [];
    });
    return symbolMarginMinor(symbol.spec, after, account.settings) - (this.#marginBySymbol.get(symbol) ?? 0);
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
    const lots = fromVolumeUnits(volumeUnits);
    const own = -symbol.spec.commissionPerLot * lots;
    return this.#state.account.minor(this.#model.commission?.(symbol.spec, lots, price) ?? own);
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
