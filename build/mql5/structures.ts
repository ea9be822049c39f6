/** A structure that the terminal defines, as the reference gives it. */
export interface Structure {
  readonly name: string;
  /** The page of MetaQuotes' reference, below `/en/docs/`. */
  readonly page: string;
  readonly fields: readonly (readonly [type: string, name: string])[];
}

function structure(name: string, page: string, text: string): Structure {
  const fields = text.split(",").map((field): readonly [string, string] => {
    const [type, label] = field.trim().split(" ");
    if (type === undefined || label === undefined)
      throw new Error(`Cannot read the structure table: ${name}`);
    return [type, label];
  });
  return { name, page: `constants/structures/${page}`, fields };
}

/** The structures in use. */
export const structures: readonly Structure[] = [
  structure(
    "MqlTick",
    "mqltick",
    "datetime time, double bid, double ask, double last, ulong volume, long time_msc, uint flags, double volume_real",
  ),
  structure(
    "MqlRates",
    "mqlrates",
    "datetime time, double open, double high, double low, double close, long tick_volume, int spread, long real_volume",
  ),
  structure(
    "MqlTradeRequest",
    "mqltraderequest",
    "ENUM_TRADE_REQUEST_ACTIONS action, ulong magic, ulong order, string symbol, double volume, double price, " +
      "double stoplimit, double sl, double tp, ulong deviation, ENUM_ORDER_TYPE type, " +
      "ENUM_ORDER_TYPE_FILLING type_filling, ENUM_ORDER_TYPE_TIME type_time, datetime expiration, " +
      "string comment, ulong position, ulong position_by",
  ),
  structure(
    "MqlTradeCheckResult",
    "mqltradecheckresult",
    "uint retcode, double balance, double equity, double profit, double margin, double margin_free, " +
      "double margin_level, string comment",
  ),
  structure(
    "MqlTradeResult",
    "mqltraderesult",
    "uint retcode, ulong deal, ulong order, double volume, double price, double bid, double ask, string comment, " +
      "uint request_id, int retcode_external",
  ),
  structure(
    "MqlTradeTransaction",
    "mqltradetransaction",
    "ulong deal, ulong order, string symbol, ENUM_TRADE_TRANSACTION_TYPE type, ENUM_ORDER_TYPE order_type, " +
      "ENUM_ORDER_STATE order_state, ENUM_DEAL_TYPE deal_type, ENUM_ORDER_TYPE_TIME time_type, " +
      "datetime time_expiration, double price, double price_trigger, double price_sl, double price_tp, " +
      "double volume, ulong position, ulong position_by",
  ),
];
