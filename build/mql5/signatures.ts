/** A parameter of a built-in function. */
export interface Parameter {
  /** `any` stands for MetaQuotes' `void`: the function takes several types. */
  readonly type: string;
  readonly array: boolean;
  readonly reference: boolean;
  readonly constant: boolean;
  readonly optional: boolean;
}

/** A built-in function of the terminal, as the reference gives it. */
export interface Signature {
  readonly name: string;
  readonly returns: string;
  readonly parameters: readonly Parameter[];
  /** Further arguments follow: text to print, or the arguments of a format. */
  readonly variadic: "print" | "format" | undefined;
  /** The page of MetaQuotes' reference, below `/en/docs/`. */
  readonly page: string;
  /** The terminal build that brought it, by the release notes; 0: they are not known to name it, and it is older than `oldestBuild`. */
  readonly sinceBuild: number;
}

/** The oldest terminal build that the sources must compile on. */
export const oldestBuild = 3200;

type Row = readonly [declaration: string, page: string, sinceBuild?: number];

const rows: readonly Row[] = [
  ["void Print(...)", "common/print"],
  ["void Comment(...)", "common/comment"],
  ["void Alert(...)", "common/alert"],
  ["string StringFormat(string format, ~)", "convert/stringformat"],
  ["void PrintFormat(string format, ~)", "common/printformat"],
  ["void ZeroMemory(any &variable)", "common/zeromemory"],
  [
    "int CryptEncode(ENUM_CRYPT_METHOD method, const uchar &data[], const uchar &key[], uchar &result[])",
    "common/cryptencode",
  ],
  ["ulong GetTickCount64()", "common/gettickcount64"],
  ["ulong GetMicrosecondCount()", "common/getmicrosecondcount"],
  ["void Sleep(int milliseconds)", "common/sleep"],
  ["void ExpertRemove()", "common/expertremove"],

  [
    "int ArrayCopy(any &target[], const any &source[], int target_start=, int source_start=, int count=)",
    "array/arraycopy",
  ],
  ["void ArrayFill(any &array[], int start, int count, any value)", "array/arrayfill"],
  ["void ArrayFree(any &array[])", "array/arrayfree"],
  ["int ArrayResize(any &array[], int new_size, int reserve_size=)", "array/arrayresize"],
  ["int ArraySize(const any &array[])", "array/arraysize"],

  [
    "int StringToCharArray(string text, uchar &array[], int start=, int count=, uint codepage=)",
    "convert/stringtochararray",
  ],
  [
    "string CharArrayToString(const uchar &array[], int start=, int count=, uint codepage=)",
    "convert/chararraytostring",
  ],
  ["string ShortToString(ushort code)", "convert/shorttostring"],
  ["string DoubleToString(double value, int digits=)", "convert/doubletostring"],
  ["string IntegerToString(long number, int str_len=, ushort fill_symbol=)", "convert/integertostring"],
  ["double StringToDouble(string value)", "convert/stringtodouble"],
  ["long StringToInteger(string value)", "convert/stringtointeger"],
  ["string EnumToString(any value)", "convert/enumtostring"],
  ["double NormalizeDouble(double value, int digits)", "convert/normalizedouble"],

  ["int StringLen(string value)", "strings/stringlen"],
  ["string StringSubstr(string value, int start, int length=)", "strings/stringsubstr"],
  ["int StringFind(string value, string match, int start=)", "strings/stringfind"],
  ["ushort StringGetCharacter(string value, int pos)", "strings/stringgetcharacter"],
  ["bool StringSetCharacter(string &value, int pos, ushort character)", "strings/stringsetcharacter"],

  ["double MathAbs(double value)", "math/mathabs"],
  ["double MathFloor(double value)", "math/mathfloor"],
  ["double MathRound(double value)", "math/mathround"],
  ["bool MathIsValidNumber(double number)", "math/mathisvalidnumber"],

  ["datetime TimeCurrent()", "dateandtime/timecurrent"],
  ["datetime TimeTradeServer()", "dateandtime/timetradeserver"],
  ["datetime TimeGMT()", "dateandtime/timegmt"],
  ["datetime TimeLocal()", "dateandtime/timelocal"],

  ["double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE property_id)", "account/accountinfodouble"],
  ["long AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER property_id)", "account/accountinfointeger"],
  ["string AccountInfoString(ENUM_ACCOUNT_INFO_STRING property_id)", "account/accountinfostring"],

  ["int GetLastError()", "check/getlasterror"],
  ["void ResetLastError()", "common/resetlasterror"],
  ["bool IsStopped()", "check/isstopped"],
  ["int UninitializeReason()", "check/uninitializereason"],
  ["int TerminalInfoInteger(ENUM_TERMINAL_INFO_INTEGER property_id)", "check/terminalinfointeger"],
  ["string TerminalInfoString(ENUM_TERMINAL_INFO_STRING property_id)", "check/terminalinfostring"],
  ["int MQLInfoInteger(ENUM_MQL_INFO_INTEGER property_id)", "check/mqlinfointeger"],
  ["string MQLInfoString(ENUM_MQL_INFO_STRING property_id)", "check/mqlinfostring"],
  ["string Symbol()", "check/symbol"],

  ["int SymbolsTotal(bool selected)", "marketinformation/symbolstotal"],
  ["string SymbolName(int pos, bool selected)", "marketinformation/symbolname"],
  ["bool SymbolSelect(string name, bool select)", "marketinformation/symbolselect"],
  [
    "double SymbolInfoDouble(string name, ENUM_SYMBOL_INFO_DOUBLE prop_id)",
    "marketinformation/symbolinfodouble",
  ],
  [
    "bool SymbolInfoDouble(string name, ENUM_SYMBOL_INFO_DOUBLE prop_id, double &value)",
    "marketinformation/symbolinfodouble",
  ],
  [
    "long SymbolInfoInteger(string name, ENUM_SYMBOL_INFO_INTEGER prop_id)",
    "marketinformation/symbolinfointeger",
  ],
  [
    "bool SymbolInfoInteger(string name, ENUM_SYMBOL_INFO_INTEGER prop_id, long &value)",
    "marketinformation/symbolinfointeger",
  ],
  [
    "string SymbolInfoString(string name, ENUM_SYMBOL_INFO_STRING prop_id)",
    "marketinformation/symbolinfostring",
  ],
  [
    "bool SymbolInfoString(string name, ENUM_SYMBOL_INFO_STRING prop_id, string &value)",
    "marketinformation/symbolinfostring",
  ],
  ["bool SymbolInfoTick(string symbol, MqlTick &tick)", "marketinformation/symbolinfotick"],
  [
    "bool SymbolInfoSessionQuote(string name, ENUM_DAY_OF_WEEK day, uint session_index, datetime &from, datetime &to)",
    "marketinformation/symbolinfosessionquote",
  ],
  [
    "bool SymbolInfoSessionTrade(string name, ENUM_DAY_OF_WEEK day, uint session_index, datetime &from, datetime &to)",
    "marketinformation/symbolinfosessiontrade",
  ],

  [
    "int CopyTicks(string symbol, MqlTick &ticks[], uint flags=, ulong from=, uint count=)",
    "series/copyticks",
  ],
  [
    "int CopyTicksRange(string symbol, MqlTick &ticks[], uint flags=, ulong from_msc=, ulong to_msc=)",
    "series/copyticksrange",
  ],
  [
    "int CopyRates(string symbol, ENUM_TIMEFRAMES timeframe, datetime start, int count, MqlRates &rates[])",
    "series/copyrates",
  ],

  [
    "bool OrderCalcMargin(ENUM_ORDER_TYPE action, string symbol, double volume, double price, double &margin)",
    "trading/ordercalcmargin",
  ],
  ["bool OrderCheck(const MqlTradeRequest &request, MqlTradeCheckResult &result)", "trading/ordercheck"],
  ["bool OrderSend(const MqlTradeRequest &request, MqlTradeResult &result)", "trading/ordersend"],
  [
    "bool OrderSendAsync(const MqlTradeRequest &request, MqlTradeResult &result)",
    "trading/ordersendasync",
    642,
  ],
  ["int PositionsTotal()", "trading/positionstotal"],
  ["ulong PositionGetTicket(int index)", "trading/positiongetticket"],
  ["bool PositionSelectByTicket(ulong ticket)", "trading/positionselectbyticket"],
  ["double PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE property_id)", "trading/positiongetdouble"],
  ["long PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER property_id)", "trading/positiongetinteger"],
  ["string PositionGetString(ENUM_POSITION_PROPERTY_STRING property_id)", "trading/positiongetstring"],
  ["int OrdersTotal()", "trading/orderstotal"],
  ["ulong OrderGetTicket(int index)", "trading/ordergetticket"],
  ["bool OrderSelect(ulong ticket)", "trading/orderselect"],
  ["double OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE property_id)", "trading/ordergetdouble"],
  ["long OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER property_id)", "trading/ordergetinteger"],
  ["string OrderGetString(ENUM_ORDER_PROPERTY_STRING property_id)", "trading/ordergetstring"],
  ["bool HistorySelect(datetime from_date, datetime to_date)", "trading/historyselect"],
  ["int HistoryOrdersTotal()", "trading/historyorderstotal"],
  ["ulong HistoryOrderGetTicket(int index)", "trading/historyordergetticket"],
  [
    "double HistoryOrderGetDouble(ulong ticket, ENUM_ORDER_PROPERTY_DOUBLE property_id)",
    "trading/historyordergetdouble",
  ],
  [
    "long HistoryOrderGetInteger(ulong ticket, ENUM_ORDER_PROPERTY_INTEGER property_id)",
    "trading/historyordergetinteger",
  ],
  [
    "string HistoryOrderGetString(ulong ticket, ENUM_ORDER_PROPERTY_STRING property_id)",
    "trading/historyordergetstring",
  ],
  ["int HistoryDealsTotal()", "trading/historydealstotal"],
  ["ulong HistoryDealGetTicket(int index)", "trading/historydealgetticket"],
  [
    "double HistoryDealGetDouble(ulong ticket, ENUM_DEAL_PROPERTY_DOUBLE property_id)",
    "trading/historydealgetdouble",
  ],
  [
    "long HistoryDealGetInteger(ulong ticket, ENUM_DEAL_PROPERTY_INTEGER property_id)",
    "trading/historydealgetinteger",
  ],
  [
    "string HistoryDealGetString(ulong ticket, ENUM_DEAL_PROPERTY_STRING property_id)",
    "trading/historydealgetstring",
  ],

  ["int FileOpen(string file_name, int open_flags)", "files/fileopen"],
  ["void FileClose(int file_handle)", "files/fileclose"],
  ["void FileFlush(int file_handle)", "files/fileflush"],
  ["bool FileDelete(string file_name, int common_flag=)", "files/filedelete"],
  [
    "bool FileMove(string src_file_name, int common_flag, string dst_file_name, int mode_flags)",
    "files/filemove",
  ],
  ["bool FileIsExist(string file_name, int common_flag=)", "files/fileisexist"],
  ["bool FolderCreate(string folder_name, int common_flag=)", "files/foldercreate"],
  ["uint FileReadArray(int file_handle, any &array[], int start=, int count=)", "files/filereadarray"],
  [
    "uint FileWriteArray(int file_handle, const any &array[], int start=, int count=)",
    "files/filewritearray",
  ],
  ["bool FileSeek(int file_handle, long offset, ENUM_FILE_POSITION origin)", "files/fileseek"],
  ["ulong FileSize(int file_handle)", "files/filesize"],
  ["ulong FileTell(int file_handle)", "files/filetell"],

  ["bool EventSetMillisecondTimer(int milliseconds)", "eventfunctions/eventsetmillisecondtimer"],
  ["void EventKillTimer()", "eventfunctions/eventkilltimer"],
];

function parseParameter(text: string): Parameter {
  const match = /^(const )?(\w+) (&?)\w+(\[\])?(=)?$/.exec(text);
  if (match === null) throw new Error(`Cannot read the signature table: "${text}"`);
  return {
    constant: match[1] !== undefined,
    type: match[2] ?? "",
    reference: match[3] === "&",
    array: match[4] !== undefined,
    optional: match[5] !== undefined,
  };
}

function parseRow([declaration, page, sinceBuild = 0]: Row): Signature {
  const match = /^(\w+) (\w+)\((.*)\)$/.exec(declaration);
  if (match === null) throw new Error(`Cannot read the signature table: "${declaration}"`);
  const parts = (match[3] ?? "").split(", ").filter((part) => part !== "");
  const last = parts[parts.length - 1];
  const variadic = last === "..." ? "print" : last === "~" ? "format" : undefined;
  const parameters = (variadic === undefined ? parts : parts.slice(0, -1)).map(parseParameter);
  return { name: match[2] ?? "", returns: match[1] ?? "", parameters, variadic, page, sinceBuild };
}

/** Every built-in function that the sources may call. Overloads stand one after another. */
export const signatures: readonly Signature[] = rows.map(parseRow);

/** The overloads of a built-in function; empty for a name that the table does not have. */
export function overloadsOf(name: string): readonly Signature[] {
  return signatures.filter((signature) => signature.name === name);
}
