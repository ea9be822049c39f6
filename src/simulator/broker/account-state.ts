import { fromMinorUnits, toMinorUnits } from "../../domain/decimal.ts";
import type { AccountMarginMode, AccountRecord } from "../../domain/records.ts";

/** The account at the simulated broker; what does not change while it trades. */
export interface AccountSettings {
  readonly login: string;
  readonly name: string;
  readonly server: string;
  readonly company: string;
  readonly currency: string;
  readonly currencyDigits: number;
  readonly leverage: number;
  readonly marginMode: AccountMarginMode;
  readonly tradeMode: "demo" | "contest" | "real";
  /** The first deposit; a balance deal like any other. */
  readonly balance: number;
  readonly stopOutMode: "percent" | "money";
  readonly marginCall: number;
  readonly stopOut: number;
  readonly tradeAllowed: boolean;
  readonly expertAllowed: boolean;
  /** Most pending orders at a time; 0 = no limit. */
  readonly maxPendingOrders: number;
  /** Most positions at a time; 0 = no limit. */
  readonly maxPositions: number;
  /** Positions of a symbol must be closed in the order of their opening. */
  readonly fifoClose: boolean;
  /** Opposite positions of one symbol are refused. */
  readonly hedgeProhibited: boolean;
}

/** A hedging demo account of 10,000 US dollars with a leverage of 100. */
export const defaultAccount: AccountSettings = {
  login: "5012345678",
  name: "Simulated Trader",
  server: "Simulator-Demo",
  company: "Simulated Broker",
  currency: "USD",
  currencyDigits: 2,
  leverage: 100,
  marginMode: "hedging",
  tradeMode: "demo",
  balance: 10_000,
  stopOutMode: "percent",
  marginCall: 100,
  stopOut: 50,
  tradeAllowed: true,
  expertAllowed: true,
  maxPendingOrders: 0,
  maxPositions: 0,
  fifoClose: false,
  hedgeProhibited: false,
};

/** The account's money. All sums are whole minor units of its currency, so that they never drift. */
export class AccountState {
  settings: AccountSettings;
  balanceMinor = 0;
  creditMinor = 0;
  /** Profit and swap of the open positions. */
  floatingMinor = 0;
  marginMinor = 0;

  constructor(settings: AccountSettings) {
    this.settings = settings;
  }

  get equityMinor(): number {
    return this.balanceMinor + this.creditMinor + this.floatingMinor;
  }

  /** An amount of the account's currency in minor units. */
  minor(amount: number): number {
    return toMinorUnits(amount, this.settings.currencyDigits);
  }

  /** Minor units as an amount of the account's currency. */
  amount(minor: number): number {
    return fromMinorUnits(minor, this.settings.currencyDigits);
  }

  /** Equity in percent of the margin; 0 while no margin is used. */
  get marginLevel(): number {
    return this.marginMinor === 0 ? 0 : (this.equityMinor / this.marginMinor) * 100;
  }

  record(): AccountRecord {
    const { settings } = this;
    return {
      login: settings.login,
      name: settings.name,
      server: settings.server,
      company: settings.company,
      currency: settings.currency,
      currencyDigits: settings.currencyDigits,
      leverage: settings.leverage,
      marginMode: settings.marginMode,
      tradeMode: settings.tradeMode,
      balance: this.amount(this.balanceMinor),
      credit: this.amount(this.creditMinor),
      profit: this.amount(this.floatingMinor),
      equity: this.amount(this.equityMinor),
      margin: this.amount(this.marginMinor),
      freeMargin: this.amount(this.equityMinor - this.marginMinor),
      marginLevel: this.marginLevel,
      stopOutMode: settings.stopOutMode,
      marginCall: settings.marginCall,
      stopOut: settings.stopOut,
      tradeAllowed: settings.tradeAllowed,
      expertAllowed: settings.expertAllowed,
    };
  }
}
