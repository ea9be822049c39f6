// The terminal's functions in use. signatures.generated.cpp proves them against the reviewed table.
#pragma once
#include "array.hpp"
#include "text.hpp"
// The generated tables use `string`.
#include "terminal.generated.hpp"

namespace mql {

int CryptEncode(ENUM_CRYPT_METHOD method, CRef<uchar> data, CRef<uchar> key, Ref<uchar> result);
ulong GetTickCount64();
ulong GetMicrosecondCount();
void Sleep(int milliseconds);
void ExpertRemove();

int StringToCharArray(const string &text, Ref<uchar> array, int start = 0, int count = -1, uint codepage = CP_ACP);
string CharArrayToString(CRef<uchar> array, int start = 0, int count = -1, uint codepage = CP_ACP);
string ShortToString(ushort code);
string DoubleToString(double value, int digits = 8);
string IntegerToString(mlong number, int length = 0, ushort fill = ' ');
double StringToDouble(const string &value);
mlong StringToInteger(const string &value);
double NormalizeDouble(double value, int digits);

int StringLen(const string &value);
string StringSubstr(const string &value, int start, int length = -1);
int StringFind(const string &value, const string &match, int start = 0);
ushort StringGetCharacter(const string &value, int position);
bool StringSetCharacter(string &value, int position, ushort character);

double MathAbs(double value);
double MathFloor(double value);
double MathRound(double value);
bool MathIsValidNumber(double number);

datetime TimeCurrent();
datetime TimeTradeServer();
datetime TimeGMT();
datetime TimeLocal();

double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE property);
mlong AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER property);
string AccountInfoString(ENUM_ACCOUNT_INFO_STRING property);

int GetLastError();
void ResetLastError();
bool IsStopped();
int UninitializeReason();
int TerminalInfoInteger(ENUM_TERMINAL_INFO_INTEGER property);
string TerminalInfoString(ENUM_TERMINAL_INFO_STRING property);
int MQLInfoInteger(ENUM_MQL_INFO_INTEGER property);
string MQLInfoString(ENUM_MQL_INFO_STRING property);
string Symbol();

int SymbolsTotal(bool selected);
string SymbolName(int position, bool selected);
[[nodiscard]] bool SymbolSelect(const string &name, bool select);
double SymbolInfoDouble(const string &name, ENUM_SYMBOL_INFO_DOUBLE property);
bool SymbolInfoDouble(const string &name, ENUM_SYMBOL_INFO_DOUBLE property, double &value);
mlong SymbolInfoInteger(const string &name, ENUM_SYMBOL_INFO_INTEGER property);
bool SymbolInfoInteger(const string &name, ENUM_SYMBOL_INFO_INTEGER property, mlong &value);
string SymbolInfoString(const string &name, ENUM_SYMBOL_INFO_STRING property);
bool SymbolInfoString(const string &name, ENUM_SYMBOL_INFO_STRING property, string &value);
[[nodiscard]] bool SymbolInfoTick(const string &symbol, MqlTick &tick);
bool SymbolInfoSessionQuote(const string &name, ENUM_DAY_OF_WEEK day, uint index, datetime &from, datetime &to);
bool SymbolInfoSessionTrade(const string &name, ENUM_DAY_OF_WEEK day, uint index, datetime &from, datetime &to);

[[nodiscard]] int CopyTicks(const string &symbol, Ref<MqlTick> ticks, uint flags = COPY_TICKS_ALL, ulong from = 0,
                            uint count = 0);
[[nodiscard]] int CopyTicksRange(const string &symbol, Ref<MqlTick> ticks, uint flags = COPY_TICKS_ALL, ulong from = 0,
                                 ulong to = 0);
[[nodiscard]] int CopyRates(const string &symbol, ENUM_TIMEFRAMES timeframe, datetime start, int count,
                            Ref<MqlRates> rates);

[[nodiscard]] bool OrderCalcMargin(ENUM_ORDER_TYPE action, const string &symbol, double volume, double price,
                                   double &margin);
[[nodiscard]] bool OrderCheck(const MqlTradeRequest &request, MqlTradeCheckResult &result);
[[nodiscard]] bool OrderSend(const MqlTradeRequest &request, MqlTradeResult &result);
[[nodiscard]] bool OrderSendAsync(const MqlTradeRequest &request, MqlTradeResult &result);
int PositionsTotal();
ulong PositionGetTicket(int index);
[[nodiscard]] bool PositionSelectByTicket(ulong ticket);
double PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE property);
mlong PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER property);
string PositionGetString(ENUM_POSITION_PROPERTY_STRING property);
int OrdersTotal();
ulong OrderGetTicket(int index);
bool OrderSelect(ulong ticket);
double OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE property);
mlong OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER property);
string OrderGetString(ENUM_ORDER_PROPERTY_STRING property);
[[nodiscard]] bool HistorySelect(datetime from, datetime to);
int HistoryOrdersTotal();
ulong HistoryOrderGetTicket(int index);
double HistoryOrderGetDouble(ulong ticket, ENUM_ORDER_PROPERTY_DOUBLE property);
mlong HistoryOrderGetInteger(ulong ticket, ENUM_ORDER_PROPERTY_INTEGER property);
string HistoryOrderGetString(ulong ticket, ENUM_ORDER_PROPERTY_STRING property);
int HistoryDealsTotal();
ulong HistoryDealGetTicket(int index);
double HistoryDealGetDouble(ulong ticket, ENUM_DEAL_PROPERTY_DOUBLE property);
mlong HistoryDealGetInteger(ulong ticket, ENUM_DEAL_PROPERTY_INTEGER property);
string HistoryDealGetString(ulong ticket, ENUM_DEAL_PROPERTY_STRING property);

[[nodiscard]] int FileOpen(const string &name, int flags);
void FileClose(int handle);
void FileFlush(int handle);
bool FileDelete(const string &name, int common = 0);
[[nodiscard]] bool FileMove(const string &source, int common, const string &target, int mode);
bool FileIsExist(const string &name, int common = 0);
[[nodiscard]] bool FolderCreate(const string &name, int common = 0);
[[nodiscard]] bool FileSeek(int handle, mlong offset, ENUM_FILE_POSITION origin);
ulong FileSize(int handle);
ulong FileTell(int handle);

/** Moves bytes between a file and memory; the count that was moved. */
std::size_t FileReadBytes(int handle, void *target, std::size_t count);
std::size_t FileWriteBytes(int handle, const void *source, std::size_t count);

template <class A>
[[nodiscard]] uint FileReadArray(int handle, A &array, int start = 0, int count = -1) {
  using T = typename A::Item;
  static_assert(std::is_trivially_copyable_v<T>);
  if (count < 0) count = static_cast<int>((FileSize(handle) - FileTell(handle)) / sizeof(T));
  if (start < 0 || start > array.Size()) OutOfRange(start, array.Size());
  if (start + count > array.Size() && ArrayResize(array, start + count) < 0) count = array.Size() - start;
  if (count == 0) return 0;
  return static_cast<uint>(FileReadBytes(handle, array.Data() + start, sizeof(T) * static_cast<std::size_t>(count)) / sizeof(T));
}

template <class A>
[[nodiscard]] uint FileWriteArray(int handle, const A &array, int start = 0, int count = -1) {
  using T = typename A::Item;
  static_assert(std::is_trivially_copyable_v<T>);
  if (count < 0) count = array.Size() - start;
  if (start < 0 || count < 0 || start + count > array.Size()) OutOfRange(mlong(start) + count, array.Size());
  if (count == 0) return 0;
  return static_cast<uint>(FileWriteBytes(handle, array.Data() + start, sizeof(T) * static_cast<std::size_t>(count)) / sizeof(T));
}

[[nodiscard]] bool EventSetMillisecondTimer(int milliseconds);
void EventKillTimer();

/** Sets what GetLastError gives. */
void SetLastError(int code);

}  // namespace mql
