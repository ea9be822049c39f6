import type { TradeRequest, TradeRequestResult, TradeTransaction } from "../../domain/terminal.ts";

/** An answer put in place of the server's own. */
export interface InjectedAnswer {
  readonly retcode: number;
  readonly comment?: string;
  /** The answer comes so much later, in milliseconds. @default 0 */
  readonly delayMs?: number;
}

/** Nothing is answered, ever. */
export type Silence = "silence";

/** A transaction on its way to the expert. */
export interface Delivery {
  readonly transaction: TradeTransaction;
  /** Milliseconds from now. */
  readonly delayMs: number;
}

/**
 * Where faults are injected between an expert and the trade server. All are synchronous; what is left out changes
 * nothing.
 */
export interface TerminalHooks {
  /**
   * A request arrives at the server. An answer given here is all that happens: the request is not executed. "silence":
   * it was lost on its way.
   */
  before?(request: TradeRequest, requestId: number): InjectedAnswer | Silence | undefined;
  /**
   * A request was executed or refused. An answer given here replaces the server's, tickets and all; "silence" loses it.
   * What was executed stays executed.
   */
  after?(
    request: TradeRequest,
    requestId: number,
    result: TradeRequestResult,
  ): InjectedAnswer | Silence | undefined;
  /** Transactions are about to be queued for the expert, in order; leave out, repeat, delay or shuffle them here. */
  deliver?(transactions: readonly TradeTransaction[]): readonly Delivery[];
}
