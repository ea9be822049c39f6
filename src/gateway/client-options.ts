import type { CircuitBreakerOptions } from "../connector/options.ts";
import type { Context, Key } from "../zmtp/mod.ts";
import type { RiskLimits, RiskStore } from "./risk-monitor.ts";

/** Where the gateway is, and what the connector keeps to. */
export interface MT5LiveConnectorOptions {
  /** Host name or address of the gateway. */
  readonly gatewayHost: string;
  /** Port of the gateway. @default 5555 */
  readonly gatewayPort?: number;
  /** The account's balance at the beginning, from which drawdown is measured. */
  readonly initialBalance?: number;
  /** Limits that orders must keep. @default no limits */
  readonly risk?: RiskLimits;
  /** The account's equity when the day began, if this process begins later. @default what is seen first, or `riskStore` has */
  readonly dayStartEquity?: number;
  /** Keeps what losses are measured from. @default this process's memory, so that a restart begins a new day */
  readonly riskStore?: RiskStore;
  /** Age up to which the account's state serves the risk monitor. @default 2000 */
  readonly riskMaxAgeMs?: number;
  /** One breaker for opens and queries; closes pass. */
  readonly circuitBreaker?: Partial<CircuitBreakerOptions>;
  /** The secret of both sides, for gateways that verify signatures. */
  readonly signatureSecret?: string | undefined;
  /** Encryption, for gateways that run with `--curve`. */
  readonly curve?: { readonly serverKey: Key; readonly clientKey: Key };
  /** Account to name in requests, for gateways with several. */
  readonly account?: string;
  /** Milliseconds for queries. @default 5000 */
  readonly requestTimeoutMs?: number;
  /** Milliseconds for orders; more than the gateway's own `--order-timeout`. @default 15000 */
  readonly orderTimeoutMs?: number;
}

/** What the connector runs on; `nodeContext` of `./zmtp` has it. */
export interface MT5LiveConnectorDeps {
  /** Network, time and cryptography. */
  readonly context: Context;
  /** Makes a name for each request. @default `crypto.randomUUID` */
  readonly newUuid?: () => string;
}

/** An order, with the names of the Python connector. */
export interface LiveOrder {
  /** The broker's exact name. */
  readonly symbol: string;
  /** The direction. */
  readonly type: "BUY" | "SELL";
  /** Lots. */
  readonly volume: number;
  /** A price, told to the gateway only. @default 0: the market's */
  readonly price?: number;
  /** Stop loss, a price. @default 0: none */
  readonly sl?: number;
  /** Take profit, a price. @default 0: none */
  readonly tp?: number;
  /** MetaTrader keeps 31 letters. */
  readonly comment?: string;
  /** Your name for the order. Sending it again with the same name is safe with this package's gateway only. */
  readonly uuid?: string;
}

/** What may be said of a close. */
export interface LiveClose {
  /** Checked by the gateway. */
  readonly symbol?: string;
  /** Lots. @default all */
  readonly volume?: number;
  /** Your name for the close. */
  readonly uuid?: string;
}
