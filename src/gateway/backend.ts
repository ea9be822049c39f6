/** The account's figures, in its currency. */
export interface BackendAccount {
  /** The account's number, as text. */
  readonly login: string;
  /** Without the profit of open positions. */
  readonly balance: number;
  /** Balance and floating profit. */
  readonly equity: number;
  /** Margin in use. */
  readonly margin: number;
  /** Equity less margin. */
  readonly freeMargin: number;
  /** Percent; 0 while no margin is used. */
  readonly marginLevel: number;
  /** ISO code, such as USD. */
  readonly currency: string;
}

/** An open position. */
export interface BackendPosition {
  /** Decimal text: tickets have 64 bits. */
  readonly ticket: string;
  /** The broker's exact name. */
  readonly symbol: string;
  /** The position's direction. */
  readonly type: "BUY" | "SELL";
  /** Lots. */
  readonly volume: number;
  /** Price at which it was opened. */
  readonly openPrice: number;
  /** Price at which it would be closed now. */
  readonly currentPrice: number;
  /** Floating profit in the account's currency. */
  readonly profit: number;
}

/** A market order under the id that stands for it for ever. */
export interface BackendOpen {
  /** The command's id. */
  readonly id: string;
  /** The broker's exact name. */
  readonly symbol: string;
  /** The direction. */
  readonly type: "BUY" | "SELL";
  /** Lots. */
  readonly volume: number;
  /** 0: none. */
  readonly sl: number;
  /** 0: none. */
  readonly tp: number;
  /** At most 31 letters; "" for none. */
  readonly comment: string;
}

/** The closing of a position under the id that stands for it for ever. */
export interface BackendClose {
  /** The command's id. */
  readonly id: string;
  /** The position's ticket. */
  readonly ticket: string;
  /** Lots; undefined: all. */
  readonly volume: number | undefined;
}

/** What became of an order. `refused` is certain as well: it was not executed. Only `unknown` leaves that open. */
export type BackendOutcome =
  | {
      readonly state: "filled";
      readonly order: string;
      readonly position: string;
      /** Lots really filled. */
      readonly volume: number;
      readonly price: number;
    }
  | { readonly state: "rejected"; readonly retcode: number; readonly comment: string }
  | { readonly state: "refused"; readonly code: string; readonly message: string }
  | { readonly state: "unknown"; readonly message: string };

/** The id belongs to another order at the agent, so nothing is known yet of the one that first bore it. */
export interface IdTaken {
  /** Tells this answer from an outcome. */
  readonly state: "id-taken";
}

/** A query that could not be answered; says nothing about any order. */
export class BackendError extends Error {
  /** Tells this class apart. */
  override readonly name = "BackendError";
  /** For `error_code`. */
  readonly code: string;

  /** `code` is the reply's `error_code`. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * One trading account behind the gateway. It dedupes by `id`: sending an order again under its id never executes it a
 * second time, also after a restart of either side.
 */
export interface GatewayBackend {
  /** Its name in the configuration. */
  readonly id: string;
  /** The account's login, once it is known. */
  readonly login: string | undefined;
  /** Whether orders can be sent now; else why not. */
  status(): { readonly up: true } | { readonly up: false; readonly reason: string };
  /** The account's figures. @throws BackendError */
  account(): Promise<BackendAccount>;
  /** All open positions. @throws BackendError */
  positions(): Promise<readonly BackendPosition[]>;
  /** Never rejects: what cannot be told is `unknown`. */
  open(order: BackendOpen): Promise<BackendOutcome | IdTaken>;
  /** Never rejects: what cannot be told is `unknown`. */
  close(order: BackendClose): Promise<BackendOutcome | IdTaken>;
  /**
   * What became of the order with this id. If the account has never heard of it, it never will be executed from then on,
   * and the answer is `refused`. Never rejects.
   */
  outcome(id: string): Promise<BackendOutcome>;
}
