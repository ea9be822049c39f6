/** An enumeration of the terminal. */
export interface Enumeration {
  readonly name: string;
  /** The page of MetaQuotes' reference, below `/en/docs/`. */
  readonly page: string;
  /**
   * True where the reference gives names without values: the host then numbers the members itself, from a base that
   * no terminal uses, so that a source that relies on a number fails.
   */
  readonly opaque: boolean;
  readonly members: readonly (readonly [name: string, value: number])[];
}

/** A named constant that belongs to no enumeration. */
export interface Constant {
  readonly name: string;
  readonly type: string;
  readonly value: number;
  readonly page: string;
}

const state = "constants/environment_state";
const trading = "constants/tradingconstants";

function known(name: string, page: string, text: string, first = 0): Enumeration {
  let next = first;
  const members = text.split(" ").map((part): readonly [string, number] => {
    const [label = "", value] = part.split("=");
    next = value === undefined ? next : Number(value);
    return [label, next++];
  });
  return { name, page, opaque: false, members };
}

let opaqueBase = 1_000_000;

function opaque(name: string, page: string, text: string): Enumeration {
  opaqueBase += 1_000;
  return { ...known(name, page, text, opaqueBase), opaque: true };
}

/** The enumerations in use. */
export const enumerations: readonly Enumeration[] = [
  known(
    "ENUM_INIT_RETCODE",
    "basis/function/events",
    "INIT_SUCCEEDED INIT_FAILED INIT_PARAMETERS_INCORRECT INIT_AGENT_NOT_SUITABLE",
  ),
  opaque("ENUM_CRYPT_METHOD", "constants/namedconstants/otherconstants", "CRYPT_HASH_SHA256"),
  known("ENUM_FILE_POSITION", "constants/io_constants/enum_file_position", "SEEK_SET SEEK_CUR SEEK_END"),
  known(
    "ENUM_DAY_OF_WEEK",
    `${state}/marketinfoconstants`,
    "SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY",
  ),
  opaque(
    "ENUM_TIMEFRAMES",
    "constants/chartconstants/enum_timeframes",
    "PERIOD_M1 PERIOD_M5 PERIOD_M15 PERIOD_M30 PERIOD_H1 PERIOD_H4 PERIOD_D1 PERIOD_W1 PERIOD_MN1",
  ),
  opaque(
    "ENUM_TERMINAL_INFO_INTEGER",
    `${state}/terminalstatus`,
    "TERMINAL_BUILD TERMINAL_CONNECTED TERMINAL_DLLS_ALLOWED TERMINAL_TRADE_ALLOWED TERMINAL_PING_LAST",
  ),
  opaque(
    "ENUM_TERMINAL_INFO_STRING",
    `${state}/terminalstatus`,
    "TERMINAL_COMPANY TERMINAL_NAME TERMINAL_DATA_PATH",
  ),
  opaque(
    "ENUM_MQL_INFO_INTEGER",
    `${state}/mql5_programm_info`,
    "MQL_DLLS_ALLOWED MQL_TRADE_ALLOWED MQL_TESTER",
  ),
  opaque("ENUM_MQL_INFO_STRING", `${state}/mql5_programm_info`, "MQL_PROGRAM_NAME"),
  opaque(
    "ENUM_ACCOUNT_INFO_INTEGER",
    `${state}/accountinformation`,
    "ACCOUNT_LOGIN ACCOUNT_TRADE_MODE ACCOUNT_LEVERAGE ACCOUNT_LIMIT_ORDERS ACCOUNT_MARGIN_SO_MODE " +
      "ACCOUNT_TRADE_ALLOWED ACCOUNT_TRADE_EXPERT ACCOUNT_MARGIN_MODE ACCOUNT_CURRENCY_DIGITS",
  ),
  opaque(
    "ENUM_ACCOUNT_INFO_DOUBLE",
    `${state}/accountinformation`,
    "ACCOUNT_BALANCE ACCOUNT_CREDIT ACCOUNT_PROFIT ACCOUNT_EQUITY ACCOUNT_MARGIN ACCOUNT_MARGIN_FREE " +
      "ACCOUNT_MARGIN_LEVEL ACCOUNT_MARGIN_SO_CALL ACCOUNT_MARGIN_SO_SO",
  ),
  opaque(
    "ENUM_ACCOUNT_INFO_STRING",
    `${state}/accountinformation`,
    "ACCOUNT_NAME ACCOUNT_SERVER ACCOUNT_CURRENCY ACCOUNT_COMPANY",
  ),
  known(
    "ENUM_ACCOUNT_TRADE_MODE",
    `${state}/accountinformation`,
    "ACCOUNT_TRADE_MODE_DEMO ACCOUNT_TRADE_MODE_CONTEST ACCOUNT_TRADE_MODE_REAL",
  ),
  known(
    "ENUM_ACCOUNT_STOPOUT_MODE",
    `${state}/accountinformation`,
    "ACCOUNT_STOPOUT_MODE_PERCENT ACCOUNT_STOPOUT_MODE_MONEY",
  ),
  known(
    "ENUM_ACCOUNT_MARGIN_MODE",
    `${state}/accountinformation`,
    "ACCOUNT_MARGIN_MODE_RETAIL_NETTING ACCOUNT_MARGIN_MODE_EXCHANGE ACCOUNT_MARGIN_MODE_RETAIL_HEDGING",
  ),
  opaque(
    "ENUM_SYMBOL_INFO_INTEGER",
    `${state}/marketinfoconstants`,
    "SYMBOL_CUSTOM SYMBOL_EXIST SYMBOL_SELECT SYMBOL_VISIBLE SYMBOL_TIME SYMBOL_TIME_MSC SYMBOL_DIGITS SYMBOL_SPREAD " +
      "SYMBOL_SPREAD_FLOAT SYMBOL_TRADE_CALC_MODE SYMBOL_TRADE_MODE SYMBOL_TRADE_STOPS_LEVEL " +
      "SYMBOL_TRADE_FREEZE_LEVEL SYMBOL_TRADE_EXEMODE SYMBOL_EXPIRATION_MODE SYMBOL_FILLING_MODE SYMBOL_ORDER_MODE",
  ),
  opaque(
    "ENUM_SYMBOL_INFO_DOUBLE",
    `${state}/marketinfoconstants`,
    "SYMBOL_BID SYMBOL_ASK SYMBOL_LAST SYMBOL_VOLUME_REAL SYMBOL_POINT SYMBOL_TRADE_TICK_VALUE " +
      "SYMBOL_TRADE_TICK_SIZE SYMBOL_TRADE_CONTRACT_SIZE SYMBOL_VOLUME_MIN SYMBOL_VOLUME_MAX SYMBOL_VOLUME_STEP " +
      "SYMBOL_VOLUME_LIMIT SYMBOL_SWAP_LONG SYMBOL_SWAP_SHORT SYMBOL_MARGIN_INITIAL SYMBOL_MARGIN_MAINTENANCE",
  ),
  opaque(
    "ENUM_SYMBOL_INFO_STRING",
    `${state}/marketinfoconstants`,
    "SYMBOL_CURRENCY_BASE SYMBOL_CURRENCY_PROFIT SYMBOL_CURRENCY_MARGIN SYMBOL_DESCRIPTION SYMBOL_PATH",
  ),
  opaque(
    "ENUM_SYMBOL_CALC_MODE",
    `${state}/marketinfoconstants`,
    "SYMBOL_CALC_MODE_FOREX SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE SYMBOL_CALC_MODE_FUTURES SYMBOL_CALC_MODE_CFD " +
      "SYMBOL_CALC_MODE_CFDINDEX SYMBOL_CALC_MODE_CFDLEVERAGE SYMBOL_CALC_MODE_EXCH_STOCKS " +
      "SYMBOL_CALC_MODE_EXCH_FUTURES SYMBOL_CALC_MODE_EXCH_FUTURES_FORTS SYMBOL_CALC_MODE_EXCH_STOCKS_MOEX " +
      "SYMBOL_CALC_MODE_EXCH_BONDS SYMBOL_CALC_MODE_EXCH_BONDS_MOEX SYMBOL_CALC_MODE_SERV_COLLATERAL",
  ),
  known(
    "ENUM_SYMBOL_TRADE_MODE",
    `${state}/marketinfoconstants`,
    "SYMBOL_TRADE_MODE_DISABLED SYMBOL_TRADE_MODE_LONGONLY SYMBOL_TRADE_MODE_SHORTONLY " +
      "SYMBOL_TRADE_MODE_CLOSEONLY SYMBOL_TRADE_MODE_FULL",
  ),
  known(
    "ENUM_SYMBOL_TRADE_EXECUTION",
    `${state}/marketinfoconstants`,
    "SYMBOL_TRADE_EXECUTION_REQUEST SYMBOL_TRADE_EXECUTION_INSTANT SYMBOL_TRADE_EXECUTION_MARKET " +
      "SYMBOL_TRADE_EXECUTION_EXCHANGE",
  ),
  known(
    "ENUM_TRADE_REQUEST_ACTIONS",
    `${trading}/enum_trade_request_actions`,
    "TRADE_ACTION_DEAL=1 TRADE_ACTION_PENDING=5 TRADE_ACTION_SLTP=6 TRADE_ACTION_MODIFY=7 TRADE_ACTION_REMOVE=8 " +
      "TRADE_ACTION_CLOSE_BY=10",
  ),
  known(
    "ENUM_TRADE_TRANSACTION_TYPE",
    `${trading}/enum_trade_transaction_type`,
    "TRADE_TRANSACTION_ORDER_ADD TRADE_TRANSACTION_ORDER_UPDATE TRADE_TRANSACTION_ORDER_DELETE " +
      "TRADE_TRANSACTION_HISTORY_ADD TRADE_TRANSACTION_HISTORY_UPDATE TRADE_TRANSACTION_HISTORY_DELETE " +
      "TRADE_TRANSACTION_DEAL_ADD TRADE_TRANSACTION_DEAL_UPDATE TRADE_TRANSACTION_DEAL_DELETE " +
      "TRADE_TRANSACTION_POSITION TRADE_TRANSACTION_REQUEST",
  ),
  known(
    "ENUM_ORDER_TYPE",
    `${trading}/orderproperties`,
    "ORDER_TYPE_BUY ORDER_TYPE_SELL ORDER_TYPE_BUY_LIMIT ORDER_TYPE_SELL_LIMIT ORDER_TYPE_BUY_STOP " +
      "ORDER_TYPE_SELL_STOP ORDER_TYPE_BUY_STOP_LIMIT ORDER_TYPE_SELL_STOP_LIMIT ORDER_TYPE_CLOSE_BY",
  ),
  known(
    "ENUM_ORDER_STATE",
    `${trading}/orderproperties`,
    "ORDER_STATE_STARTED ORDER_STATE_PLACED ORDER_STATE_CANCELED ORDER_STATE_PARTIAL ORDER_STATE_FILLED " +
      "ORDER_STATE_REJECTED ORDER_STATE_EXPIRED ORDER_STATE_REQUEST_ADD ORDER_STATE_REQUEST_MODIFY " +
      "ORDER_STATE_REQUEST_CANCEL",
  ),
  known(
    "ENUM_ORDER_TYPE_FILLING",
    `${trading}/orderproperties`,
    "ORDER_FILLING_FOK ORDER_FILLING_IOC ORDER_FILLING_RETURN",
  ),
  known(
    "ENUM_ORDER_TYPE_TIME",
    `${trading}/orderproperties`,
    "ORDER_TIME_GTC ORDER_TIME_DAY ORDER_TIME_SPECIFIED ORDER_TIME_SPECIFIED_DAY",
  ),
  known(
    "ENUM_ORDER_REASON",
    `${trading}/orderproperties`,
    "ORDER_REASON_CLIENT ORDER_REASON_MOBILE ORDER_REASON_WEB ORDER_REASON_EXPERT ORDER_REASON_SL " +
      "ORDER_REASON_TP ORDER_REASON_SO",
  ),
  opaque(
    "ENUM_ORDER_PROPERTY_INTEGER",
    `${trading}/orderproperties`,
    "ORDER_TICKET ORDER_TIME_SETUP ORDER_TYPE ORDER_STATE ORDER_TIME_EXPIRATION ORDER_TIME_DONE ORDER_TIME_SETUP_MSC " +
      "ORDER_TIME_DONE_MSC ORDER_TYPE_FILLING ORDER_TYPE_TIME ORDER_MAGIC ORDER_REASON ORDER_POSITION_ID " +
      "ORDER_POSITION_BY_ID",
  ),
  opaque(
    "ENUM_ORDER_PROPERTY_DOUBLE",
    `${trading}/orderproperties`,
    "ORDER_VOLUME_INITIAL ORDER_VOLUME_CURRENT ORDER_PRICE_OPEN ORDER_SL ORDER_TP ORDER_PRICE_CURRENT " +
      "ORDER_PRICE_STOPLIMIT",
  ),
  opaque("ENUM_ORDER_PROPERTY_STRING", `${trading}/orderproperties`, "ORDER_SYMBOL ORDER_COMMENT"),
  known("ENUM_POSITION_TYPE", `${trading}/positionproperties`, "POSITION_TYPE_BUY POSITION_TYPE_SELL"),
  known(
    "ENUM_POSITION_REASON",
    `${trading}/positionproperties`,
    "POSITION_REASON_CLIENT POSITION_REASON_MOBILE POSITION_REASON_WEB POSITION_REASON_EXPERT",
  ),
  opaque(
    "ENUM_POSITION_PROPERTY_INTEGER",
    `${trading}/positionproperties`,
    "POSITION_TICKET POSITION_TIME POSITION_TIME_MSC POSITION_TIME_UPDATE POSITION_TIME_UPDATE_MSC POSITION_TYPE " +
      "POSITION_MAGIC POSITION_IDENTIFIER POSITION_REASON",
  ),
  opaque(
    "ENUM_POSITION_PROPERTY_DOUBLE",
    `${trading}/positionproperties`,
    "POSITION_VOLUME POSITION_PRICE_OPEN POSITION_SL POSITION_TP POSITION_PRICE_CURRENT POSITION_SWAP " +
      "POSITION_PROFIT",
  ),
  opaque(
    "ENUM_POSITION_PROPERTY_STRING",
    `${trading}/positionproperties`,
    "POSITION_SYMBOL POSITION_COMMENT",
  ),
  known(
    "ENUM_DEAL_TYPE",
    `${trading}/dealproperties`,
    "DEAL_TYPE_BUY DEAL_TYPE_SELL DEAL_TYPE_BALANCE DEAL_TYPE_CREDIT DEAL_TYPE_CHARGE DEAL_TYPE_CORRECTION " +
      "DEAL_TYPE_BONUS DEAL_TYPE_COMMISSION DEAL_TYPE_COMMISSION_DAILY DEAL_TYPE_COMMISSION_MONTHLY " +
      "DEAL_TYPE_COMMISSION_AGENT_DAILY DEAL_TYPE_COMMISSION_AGENT_MONTHLY DEAL_TYPE_INTEREST " +
      "DEAL_TYPE_BUY_CANCELED DEAL_TYPE_SELL_CANCELED DEAL_DIVIDEND DEAL_DIVIDEND_FRANKED DEAL_TAX",
  ),
  known(
    "ENUM_DEAL_ENTRY",
    `${trading}/dealproperties`,
    "DEAL_ENTRY_IN DEAL_ENTRY_OUT DEAL_ENTRY_INOUT DEAL_ENTRY_OUT_BY",
  ),
  known(
    "ENUM_DEAL_REASON",
    `${trading}/dealproperties`,
    "DEAL_REASON_CLIENT DEAL_REASON_MOBILE DEAL_REASON_WEB DEAL_REASON_EXPERT DEAL_REASON_SL DEAL_REASON_TP " +
      "DEAL_REASON_SO DEAL_REASON_ROLLOVER DEAL_REASON_VMARGIN DEAL_REASON_SPLIT",
  ),
  opaque(
    "ENUM_DEAL_PROPERTY_INTEGER",
    `${trading}/dealproperties`,
    "DEAL_TICKET DEAL_ORDER DEAL_TIME DEAL_TIME_MSC DEAL_TYPE DEAL_ENTRY DEAL_MAGIC DEAL_REASON DEAL_POSITION_ID",
  ),
  opaque(
    "ENUM_DEAL_PROPERTY_DOUBLE",
    `${trading}/dealproperties`,
    "DEAL_VOLUME DEAL_PRICE DEAL_COMMISSION DEAL_SWAP DEAL_PROFIT DEAL_FEE DEAL_SL DEAL_TP",
  ),
  opaque("ENUM_DEAL_PROPERTY_STRING", `${trading}/dealproperties`, "DEAL_SYMBOL DEAL_COMMENT"),
];

function group(page: string, type: string, text: string): readonly Constant[] {
  return text.split(" ").map((part): Constant => {
    const [name = "", value = ""] = part.split("=");
    return { name, type, value: Number(value), page };
  });
}

/** Named constants outside enumerations. */
export const constants: readonly Constant[] = [
  ...group(
    "constants/namedconstants/uninit",
    "int",
    "REASON_PROGRAM=0 REASON_REMOVE=1 REASON_RECOMPILE=2 REASON_CHARTCHANGE=3 REASON_CHARTCLOSE=4 " +
      "REASON_PARAMETERS=5 REASON_ACCOUNT=6 REASON_TEMPLATE=7 REASON_INITFAILED=8 REASON_CLOSE=9",
  ),
  ...group(
    "constants/io_constants/fileflags",
    "int",
    "FILE_READ=1 FILE_WRITE=2 FILE_BIN=4 FILE_SHARE_READ=128 FILE_SHARE_WRITE=256 FILE_REWRITE=512 FILE_COMMON=4096",
  ),
  ...group("constants/namedconstants/otherconstants", "int", "INVALID_HANDLE=-1 WHOLE_ARRAY=-1"),
  ...group("constants/io_constants/codepageusage", "uint", "CP_ACP=0 CP_UTF8=65001"),
  ...group("series/copyticks", "uint", "COPY_TICKS_ALL=4294967295 COPY_TICKS_INFO=1 COPY_TICKS_TRADE=2"),
  ...group(
    "constants/structures/mqltick",
    "uint",
    "TICK_FLAG_BID=2 TICK_FLAG_ASK=4 TICK_FLAG_LAST=8 TICK_FLAG_VOLUME=16 TICK_FLAG_BUY=32 TICK_FLAG_SELL=64",
  ),
  ...group(
    `${state}/marketinfoconstants`,
    "int",
    "SYMBOL_FILLING_FOK=1 SYMBOL_FILLING_IOC=2 SYMBOL_EXPIRATION_GTC=1 SYMBOL_EXPIRATION_DAY=2 " +
      "SYMBOL_EXPIRATION_SPECIFIED=4 SYMBOL_EXPIRATION_SPECIFIED_DAY=8",
  ),
  ...group(
    "constants/errorswarnings/enum_trade_return_codes",
    "uint",
    "TRADE_RETCODE_REQUOTE=10004 TRADE_RETCODE_REJECT=10006 TRADE_RETCODE_CANCEL=10007 TRADE_RETCODE_PLACED=10008 " +
      "TRADE_RETCODE_DONE=10009 TRADE_RETCODE_DONE_PARTIAL=10010 TRADE_RETCODE_ERROR=10011 " +
      "TRADE_RETCODE_TIMEOUT=10012 TRADE_RETCODE_INVALID=10013 TRADE_RETCODE_TOO_MANY_REQUESTS=10024 " +
      "TRADE_RETCODE_NO_CHANGES=10025 TRADE_RETCODE_LOCKED=10028 TRADE_RETCODE_CONNECTION=10031",
  ),
];
