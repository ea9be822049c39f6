import type { AccountSettings } from "./account-state.ts";
import { checkSpec } from "./symbol-checks.ts";
import type { SymbolSpec } from "./symbol-spec.ts";

/** Throws `RangeError` for an account or symbols that cannot be traded as they say, naming the setting. */
export function checkTrading(account: AccountSettings, symbols: readonly SymbolSpec[]): void {
  const expect = (fits: boolean, setting: keyof AccountSettings, expected: string): void => {
    if (fits) return;
    throw new RangeError(
      `Cannot open the account: ${setting} is ${JSON.stringify(account[setting])}, expected ${expected}`,
    );
  };
  expect(Number.isFinite(account.leverage) && account.leverage > 0, "leverage", "a number above 0");
  expect(Number.isFinite(account.balance), "balance", "a number");
  const digits = account.currencyDigits;
  expect(
    Number.isSafeInteger(digits) && digits >= 0 && digits <= 8,
    "currencyDigits",
    "a whole number from 0 to 8",
  );
  expect(
    ["hedging", "netting", "exchange"].includes(account.marginMode),
    "marginMode",
    "hedging, netting, exchange",
  );
  const names = new Set<string>();
  for (const spec of symbols) {
    checkSpec(spec);
    if (names.has(spec.name))
      throw new RangeError(`Cannot open the account: two symbols are named ${spec.name}`);
    names.add(spec.name);
    if (account.marginMode === "exchange" && spec.calcMode !== "stocks" && spec.calcMode !== "futures") {
      throw new RangeError(
        `Cannot trade ${spec.name} on an account of margin mode exchange: its calcMode is ${spec.calcMode}, ` +
          "expected stocks or futures, whose margin is set by marginRates and marginInitial without leverage",
      );
    }
  }
}
