import { BackendError, type BackendPosition, type GatewayBackend } from "./backend.ts";
import { GatewayErrorCode } from "./error-codes.ts";
import type { Route } from "./order-desk.ts";
import type { CloseRequest, Refusal } from "./request.ts";

/** Which account serves what. */
export interface RoutingRule {
  /** A symbol, or its beginning followed by `*`. */
  readonly symbol: string;
  /** Name of the account. */
  readonly backend: string;
}

/** Finds the account for a request: the one it names, else the one its symbol belongs to, else the first. */
export class Router {
  readonly #backends: readonly GatewayBackend[];
  readonly #rules: readonly RoutingRule[];

  /** @throws RangeError for a rule that names no account, and when there is no account at all. */
  constructor(backends: readonly GatewayBackend[], rules: readonly RoutingRule[] = []) {
    if (backends.length === 0) throw new RangeError("Cannot route: there is no account");
    for (const { symbol, backend } of rules) {
      if (backends.some(({ id }) => id === backend)) continue;
      throw new RangeError(`Cannot route ${symbol}: there is no account "${backend}"`);
    }
    this.#backends = backends;
    this.#rules = rules;
  }

  /** All accounts. */
  get backends(): readonly GatewayBackend[] {
    return this.#backends;
  }

  /** The account for an OPEN or a query. */
  find(account: string | undefined, symbol: string | undefined): GatewayBackend | Refusal {
    if (account !== undefined) return this.#named(account) ?? unknownAccount(account);
    return (
      (symbol === undefined ? undefined : this.#bySymbol(symbol)) ?? (this.#backends[0] as GatewayBackend)
    );
  }

  /** The accounts whose positions are meant: a symbol may be open in any of them, whatever the rules say today. */
  all(account: string | undefined): readonly GatewayBackend[] | Refusal {
    if (account === undefined) return this.#backends;
    const found = this.find(account, undefined);
    return "status" in found ? [found] : found;
  }

  /**
   * The account that holds the position to close. With a single account in question the close is handed on even if
   * its positions cannot be read: the account itself knows best, and nothing may stand in the way of a close.
   */
  async findPosition(request: CloseRequest): Promise<Route> {
    const { account, ticket, symbol } = request;
    let asked: readonly GatewayBackend[] = this.#backends;
    if (account !== undefined) {
      const named = this.#named(account);
      if (named === undefined) return { refusal: unknownAccount(account), asked: [] };
      asked = [named];
    }
    const holders: { readonly backend: GatewayBackend; readonly position: BackendPosition }[] = [];
    const silent: GatewayBackend[] = [];
    await Promise.all(
      asked.map(async (backend) => {
        try {
          const position = (await backend.positions()).find((candidate) => candidate.ticket === ticket);
          if (position !== undefined) holders.push({ backend, position });
        } catch (error) {
          if (!(error instanceof BackendError)) throw error;
          silent.push(backend);
        }
      }),
    );
    const [only] = asked;
    if (silent.length > 0 && asked.length === 1 && only !== undefined) return { backend: only };
    const fitting =
      symbol === undefined ? holders : holders.filter(({ position }) => position.symbol === symbol);
    const [holder] = fitting;
    if (fitting.length > 1) {
      return refuse(
        GatewayErrorCode.AMBIGUOUS_TICKET,
        `Several accounts hold a position ${ticket}: name one in account`,
      );
    }
    // An account that cannot be asked may hold a position of the same number, but hardly of the same symbol.
    if (holder !== undefined && (silent.length === 0 || symbol !== undefined))
      return { backend: holder.backend };
    const [other] = holders;
    if (silent.length > 0) {
      const names = silent.map(({ id }) => id).join(", ");
      return refuse(
        GatewayErrorCode.NOT_CONNECTED,
        `Position ${ticket} may belong to ${names}, which cannot be asked now`,
      );
    }
    if (other !== undefined) {
      return refuse(
        GatewayErrorCode.SYMBOL_MISMATCH,
        `Position ${ticket} is in ${other.position.symbol}, not ${symbol}`,
      );
    }
    return {
      refusal: { code: GatewayErrorCode.POSITION_NOT_FOUND, message: `There is no open position ${ticket}` },
      asked,
    };
  }

  #named(account: string): GatewayBackend | undefined {
    return this.#backends.find((backend) => backend.login === account || backend.id === account);
  }

  #bySymbol(symbol: string): GatewayBackend | undefined {
    const rule = this.#rules.find(({ symbol: pattern }) =>
      pattern.endsWith("*") ? symbol.startsWith(pattern.slice(0, -1)) : symbol === pattern,
    );
    return rule === undefined ? undefined : this.#backends.find(({ id }) => id === rule.backend);
  }
}

function unknownAccount(account: string): Refusal {
  return {
    code: GatewayErrorCode.UNKNOWN_ACCOUNT,
    message: `The gateway has no account ${JSON.stringify(account)}`,
  };
}

function refuse(code: string, message: string): Route {
  return { refusal: { code, message }, asked: [] };
}
