// Getters, answered from the host's copy of the terminal's tables. Field names are those of the records that the
// controlling process sends.
#include <algorithm>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace mql {

namespace {

using Names = std::vector<std::string>;

const Names kReasons = {"client",  "mobile",  "web",      "expert",          "stopLoss",
                        "takeProfit", "stopOut", "rollover", "variationMargin", "split"};
const Names kOrderTypes = {"buy",     "sell",     "buyLimit",     "sellLimit",    "buyStop",
                           "sellStop", "buyStopLimit", "sellStopLimit", "closeBy"};
const Names kOrderStates = {"started",  "placed",  "cancelled",  "partial",       "filled",
                            "rejected", "expired", "requestAdd", "requestModify", "requestCancel"};
const Names kFillings = {"fok", "ioc", "return", "boc"};
const Names kTimes = {"gtc", "day", "specified", "specifiedDay"};
const Names kDealTypes = {"buy",        "sell",  "balance",    "credit", "charge", "correction", "bonus",
                          "commission", "",      "",           "",       "",       "interest"};
const Names kEntries = {"in", "out", "inOut", "outBy"};
const Names kTradeModes = {"demo", "contest", "real"};
const Names kMarginModes = {"netting", "exchange", "hedging"};
const Names kStopOutModes = {"percent", "money"};
const Names kSymbolModes = {"disabled", "longOnly", "shortOnly", "closeOnly", "full"};
const Names kExecutions = {"request", "instant", "market", "exchange"};

int IndexOf(const Names &names, const std::string &name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

std::lock_guard<std::mutex> Lock() { return std::lock_guard<std::mutex>(g_terminal.mutex); }

template <class T>
T Unknown(const char *function) {
  Critical((std::string(function) + ": this property is not known to the host").c_str());
}

string Text(const Json &value) { return FromUtf8(value.text); }

// Selecting copies the row, so that a later change in the terminal does not show until it is selected again.
Json g_position;
Json g_order;
std::vector<Json> g_historyOrders;
std::vector<Json> g_historyDeals;

double OrderReal(const Json &order, ENUM_ORDER_PROPERTY_DOUBLE property) {
  switch (property) {
    case ORDER_VOLUME_INITIAL: return order["volumeInitial"].Real();
    case ORDER_VOLUME_CURRENT: return order["volumeCurrent"].Real();
    case ORDER_PRICE_OPEN: return order["price"].Real();
    case ORDER_SL: return order["stopLoss"].Real();
    case ORDER_TP: return order["takeProfit"].Real();
    case ORDER_PRICE_STOPLIMIT: return order["priceStopLimit"].Real();
    default: return Unknown<double>("OrderGetDouble");
  }
}

mlong OrderInteger(const Json &order, ENUM_ORDER_PROPERTY_INTEGER property) {
  switch (property) {
    case ORDER_TICKET: return order["ticket"].Integer();
    case ORDER_TYPE: return IndexOf(kOrderTypes, order["kind"].text);
    case ORDER_STATE: return IndexOf(kOrderStates, order["state"].text);
    case ORDER_TYPE_FILLING: return IndexOf(kFillings, order["filling"].text);
    case ORDER_TYPE_TIME: return IndexOf(kTimes, order["timeInForce"].text);
    case ORDER_MAGIC: return order["magic"].Integer();
    case ORDER_REASON: return IndexOf(kReasons, order["reason"].text);
    case ORDER_POSITION_ID: return order["position"].Integer();
    case ORDER_POSITION_BY_ID: return order["positionBy"].Integer();
    case ORDER_TIME_SETUP: return order["setupBrokerMs"].Integer() / 1000;
    case ORDER_TIME_SETUP_MSC: return order["setupBrokerMs"].Integer();
    case ORDER_TIME_DONE: return order["doneBrokerMs"].Integer() / 1000;
    case ORDER_TIME_DONE_MSC: return order["doneBrokerMs"].Integer();
    case ORDER_TIME_EXPIRATION: return order["expirationBrokerMs"].Integer() / 1000;
  }
  return Unknown<mlong>("OrderGetInteger");
}

string OrderText(const Json &order, ENUM_ORDER_PROPERTY_STRING property) {
  return Text(property == ORDER_SYMBOL ? order["symbol"] : order["comment"]);
}

const Json &FindTicket(const std::vector<Json> &table, ulong ticket) {
  static const Json none;
  for (const Json &row : table) {
    if (row["ticket"].Unsigned() == ticket) return row;
  }
  SetLastError(4754);
  return none;
}

/** The symbol's state, or null. The caller holds the lock. */
const SymbolState *FindSymbol(const string &name) {
  const auto found = g_terminal.symbols.find(ToUtf8(name));
  if (found == g_terminal.symbols.end()) {
    SetLastError(4301);
    return nullptr;
  }
  return &found->second;
}

int Flags(const Json &list, const Names &names) {
  int flags = 0;
  for (const Json &item : list.items) {
    const int index = IndexOf(names, item.text);
    if (index >= 0) flags |= 1 << index;
  }
  return flags;
}

bool Session(const char *field, const string &name, ENUM_DAY_OF_WEEK day, uint index, datetime &from, datetime &to) {
  const auto lock = Lock();
  const SymbolState *symbol = FindSymbol(name);
  if (symbol == nullptr) return false;
  constexpr mlong dayMinutes = 1440;
  uint seen = 0;
  for (const Json &span : symbol->record[field].items) {
    const mlong dayStart = dayMinutes * static_cast<int>(day);
    const mlong start = std::max(span["fromMinute"].Integer(), dayStart);
    const mlong end = std::min(span["toMinute"].Integer(), dayStart + dayMinutes);
    if (start >= end || seen++ != index) continue;
    from = (start - dayStart) * 60;
    to = (end - dayStart) * 60;
    return true;
  }
  return false;
}

}  // namespace

double AccountInfoDouble(ENUM_ACCOUNT_INFO_DOUBLE property) {
  const auto lock = Lock();
  const Json &account = g_terminal.account;
  switch (property) {
    case ACCOUNT_BALANCE: return account["balance"].Real();
    case ACCOUNT_CREDIT: return account["credit"].Real();
    case ACCOUNT_PROFIT: return account["profit"].Real();
    case ACCOUNT_EQUITY: return account["equity"].Real();
    case ACCOUNT_MARGIN: return account["margin"].Real();
    case ACCOUNT_MARGIN_FREE: return account["freeMargin"].Real();
    case ACCOUNT_MARGIN_LEVEL: return account["marginLevel"].Real();
    case ACCOUNT_MARGIN_SO_CALL: return account["marginCall"].Real();
    case ACCOUNT_MARGIN_SO_SO: return account["stopOut"].Real();
  }
  return Unknown<double>("AccountInfoDouble");
}

mlong AccountInfoInteger(ENUM_ACCOUNT_INFO_INTEGER property) {
  const auto lock = Lock();
  const Json &account = g_terminal.account;
  switch (property) {
    case ACCOUNT_LOGIN: return account["login"].Integer();
    case ACCOUNT_TRADE_MODE: return IndexOf(kTradeModes, account["tradeMode"].text);
    case ACCOUNT_LEVERAGE: return account["leverage"].Integer();
    case ACCOUNT_LIMIT_ORDERS: return 0;
    case ACCOUNT_MARGIN_SO_MODE: return IndexOf(kStopOutModes, account["stopOutMode"].text);
    case ACCOUNT_TRADE_ALLOWED: return account["tradeAllowed"].Integer();
    case ACCOUNT_TRADE_EXPERT: return account["expertAllowed"].Integer();
    case ACCOUNT_MARGIN_MODE: return IndexOf(kMarginModes, account["marginMode"].text);
    case ACCOUNT_CURRENCY_DIGITS: return account["currencyDigits"].Integer();
  }
  return Unknown<mlong>("AccountInfoInteger");
}

string AccountInfoString(ENUM_ACCOUNT_INFO_STRING property) {
  const auto lock = Lock();
  const Json &account = g_terminal.account;
  switch (property) {
    case ACCOUNT_NAME: return Text(account["name"]);
    case ACCOUNT_SERVER: return Text(account["server"]);
    case ACCOUNT_CURRENCY: return Text(account["currency"]);
    case ACCOUNT_COMPANY: return Text(account["company"]);
  }
  return Unknown<string>("AccountInfoString");
}

int TerminalInfoInteger(ENUM_TERMINAL_INFO_INTEGER property) {
  const auto lock = Lock();
  const Json &info = g_terminal.info;
  switch (property) {
    case TERMINAL_BUILD: return static_cast<int>(info["build"].Integer());
    case TERMINAL_CONNECTED: return static_cast<int>(info["connected"].Integer());
    case TERMINAL_DLLS_ALLOWED: return g_terminal.options.dllsAllowed ? 1 : 0;
    case TERMINAL_TRADE_ALLOWED: return static_cast<int>(info["terminalTradeAllowed"].Integer());
    case TERMINAL_PING_LAST: return 0;
  }
  return Unknown<int>("TerminalInfoInteger");
}

string TerminalInfoString(ENUM_TERMINAL_INFO_STRING property) {
  const auto lock = Lock();
  switch (property) {
    case TERMINAL_COMPANY: return Text(g_terminal.info["company"]);
    case TERMINAL_NAME: return Text(g_terminal.info["name"]);
    case TERMINAL_DATA_PATH: return FromUtf8(g_terminal.options.files);
  }
  return Unknown<string>("TerminalInfoString");
}

int MQLInfoInteger(ENUM_MQL_INFO_INTEGER property) {
  const auto lock = Lock();
  switch (property) {
    case MQL_DLLS_ALLOWED: return g_terminal.options.dllsAllowed ? 1 : 0;
    case MQL_TRADE_ALLOWED: return static_cast<int>(g_terminal.info["expertTradeAllowed"].Integer());
    case MQL_TESTER: return 0;
  }
  return Unknown<int>("MQLInfoInteger");
}

string MQLInfoString(ENUM_MQL_INFO_STRING) { return FromUtf8(g_terminal.options.program); }
string Symbol() { return FromUtf8(g_terminal.options.symbol); }

int SymbolsTotal(bool selected) {
  const auto lock = Lock();
  if (!selected) return static_cast<int>(g_terminal.symbolOrder.size());
  int count = 0;
  for (const auto &one : g_terminal.symbols) count += one.second.record["selected"].truth ? 1 : 0;
  return count;
}

string SymbolName(int position, bool selected) {
  const auto lock = Lock();
  for (const std::string &name : g_terminal.symbolOrder) {
    if (selected && !g_terminal.symbols[name].record["selected"].truth) continue;
    if (position-- == 0) return FromUtf8(name);
  }
  return string();
}

bool SymbolSelect(const string &name, bool select) {
  {
    const auto lock = Lock();
    if (FindSymbol(name) == nullptr) return false;
    for (auto &member : g_terminal.symbols[ToUtf8(name)].record.members) {
      if (member.first == "selected") member.second.truth = select;
    }
  }
  g_terminal.Say("{\"t\":\"symbolSelect\",\"name\":" + JsonText(ToUtf8(name)) + ",\"selected\":" + (select ? "true" : "false") + "}");
  return true;
}

bool SymbolInfoDouble(const string &name, ENUM_SYMBOL_INFO_DOUBLE property, double &value) {
  const auto lock = Lock();
  const SymbolState *symbol = FindSymbol(name);
  if (symbol == nullptr) return false;
  const Json &record = symbol->record;
  static const MqlTick none{};
  const MqlTick &tick = symbol->ticks.empty() ? none : symbol->ticks.back();
  switch (property) {
    case SYMBOL_BID: value = tick.bid; return true;
    case SYMBOL_ASK: value = tick.ask; return true;
    case SYMBOL_LAST: value = tick.last; return true;
    case SYMBOL_VOLUME_REAL: value = tick.volume_real; return true;
    case SYMBOL_POINT: value = record["point"].Real(); return true;
    case SYMBOL_TRADE_TICK_VALUE: value = record["tickValue"].Real(); return true;
    case SYMBOL_TRADE_TICK_SIZE: value = record["tickSize"].Real(); return true;
    case SYMBOL_TRADE_CONTRACT_SIZE: value = record["contractSize"].Real(); return true;
    case SYMBOL_VOLUME_MIN: value = record["volumeMin"].Real(); return true;
    case SYMBOL_VOLUME_MAX: value = record["volumeMax"].Real(); return true;
    case SYMBOL_VOLUME_STEP: value = record["volumeStep"].Real(); return true;
    case SYMBOL_VOLUME_LIMIT: value = record["volumeLimit"].Real(); return true;
    case SYMBOL_SWAP_LONG: value = record["swapLong"].Real(); return true;
    case SYMBOL_SWAP_SHORT: value = record["swapShort"].Real(); return true;
    case SYMBOL_MARGIN_INITIAL:
    case SYMBOL_MARGIN_MAINTENANCE: value = record["marginInitial"].Real(); return true;
  }
  return Unknown<bool>("SymbolInfoDouble");
}

double SymbolInfoDouble(const string &name, ENUM_SYMBOL_INFO_DOUBLE property) {
  double value = 0;
  SymbolInfoDouble(name, property, value);
  return value;
}

bool SymbolInfoInteger(const string &name, ENUM_SYMBOL_INFO_INTEGER property, mlong &value) {
  const auto lock = Lock();
  const SymbolState *symbol = FindSymbol(name);
  if (symbol == nullptr) return false;
  const Json &record = symbol->record;
  const mlong stamp = symbol->ticks.empty() ? 0 : symbol->ticks.back().time_msc;
  static const Names calcModes = {"forex",         "forexNoLeverage",  "futures",        "cfd",       "cfdIndex",
                                  "cfdLeverage",   "stocks",           "exchFutures",    "exchForts", "exchStocksMoex",
                                  "exchBonds",     "exchBondsMoex",    "servCollateral"};
  switch (property) {
    case SYMBOL_CUSTOM: value = 0; return true;
    case SYMBOL_EXIST: value = 1; return true;
    case SYMBOL_SELECT:
    case SYMBOL_VISIBLE: value = record["selected"].Integer(); return true;
    case SYMBOL_TIME: value = stamp / 1000; return true;
    case SYMBOL_TIME_MSC: value = stamp; return true;
    case SYMBOL_DIGITS: value = record["digits"].Integer(); return true;
    case SYMBOL_SPREAD: value = record["spread"].Integer(); return true;
    case SYMBOL_SPREAD_FLOAT: value = 1; return true;
    case SYMBOL_TRADE_CALC_MODE:
      value = static_cast<int>(SYMBOL_CALC_MODE_FOREX) + IndexOf(calcModes, record["calcMode"].text);
      return true;
    case SYMBOL_TRADE_MODE: value = IndexOf(kSymbolModes, record["tradeMode"].text); return true;
    case SYMBOL_TRADE_STOPS_LEVEL: value = record["stopsLevel"].Integer(); return true;
    case SYMBOL_TRADE_FREEZE_LEVEL: value = record["freezeLevel"].Integer(); return true;
    case SYMBOL_TRADE_EXEMODE: value = IndexOf(kExecutions, record["execution"].text); return true;
    case SYMBOL_EXPIRATION_MODE: value = Flags(record["timeInForce"], kTimes); return true;
    case SYMBOL_FILLING_MODE: value = Flags(record["filling"], {"fok", "ioc"}); return true;
    case SYMBOL_ORDER_MODE: value = 127; return true;
  }
  return Unknown<bool>("SymbolInfoInteger");
}

mlong SymbolInfoInteger(const string &name, ENUM_SYMBOL_INFO_INTEGER property) {
  mlong value = 0;
  SymbolInfoInteger(name, property, value);
  return value;
}

bool SymbolInfoString(const string &name, ENUM_SYMBOL_INFO_STRING property, string &value) {
  const auto lock = Lock();
  const SymbolState *symbol = FindSymbol(name);
  if (symbol == nullptr) return false;
  const Json &record = symbol->record;
  switch (property) {
    case SYMBOL_CURRENCY_BASE: value = Text(record["currencyBase"]); return true;
    case SYMBOL_CURRENCY_PROFIT: value = Text(record["currencyProfit"]); return true;
    case SYMBOL_CURRENCY_MARGIN: value = Text(record["currencyMargin"]); return true;
    case SYMBOL_DESCRIPTION: value = Text(record["description"]); return true;
    case SYMBOL_PATH: value = Text(record["path"]); return true;
  }
  return Unknown<bool>("SymbolInfoString");
}

string SymbolInfoString(const string &name, ENUM_SYMBOL_INFO_STRING property) {
  string value;
  SymbolInfoString(name, property, value);
  return value;
}

bool SymbolInfoTick(const string &name, MqlTick &tick) {
  const auto lock = Lock();
  const SymbolState *symbol = FindSymbol(name);
  if (symbol == nullptr || symbol->ticks.empty()) return false;
  tick = symbol->ticks.back();
  return true;
}

bool SymbolInfoSessionQuote(const string &name, ENUM_DAY_OF_WEEK day, uint index, datetime &from, datetime &to) {
  return Session("quoteSessions", name, day, index, from, to);
}

bool SymbolInfoSessionTrade(const string &name, ENUM_DAY_OF_WEEK day, uint index, datetime &from, datetime &to) {
  return Session("tradeSessions", name, day, index, from, to);
}

int CopyTicks(const string &name, Ref<MqlTick> ticks, uint flags, ulong from, uint count) {
  const auto lock = Lock();
  const SymbolState *symbol = FindSymbol(name);
  if (symbol == nullptr) return -1;
  const uint wanted = count == 0 ? 2000 : count;
  const uint mask = flags == COPY_TICKS_INFO    ? uint(TICK_FLAG_BID | TICK_FLAG_ASK)
                    : flags == COPY_TICKS_TRADE ? uint(TICK_FLAG_LAST | TICK_FLAG_VOLUME)
                                                : ~0u;
  std::vector<MqlTick> found;
  for (const MqlTick &tick : symbol->ticks) {
    if ((tick.flags & mask) == 0 && mask != ~0u) continue;
    if (from != 0 && static_cast<ulong>(tick.time_msc) < from) continue;
    found.push_back(tick);
    if (from != 0 && found.size() >= wanted) break;
  }
  // Without a start the newest are meant, oldest of them first.
  if (from == 0 && found.size() > wanted) found.erase(found.begin(), found.end() - wanted);
  if (ArrayResize(ticks, static_cast<int>(found.size())) < 0) return -1;
  for (std::size_t i = 0; i < found.size(); i++) ticks[i] = found[i];
  // ERR_HISTORY_TIMEOUT: the time for loading is up, and these are all that there are so far.
  if (symbol->record["ticksLoading"].truth) SetLastError(4403);
  return static_cast<int>(found.size());
}

int CopyTicksRange(const string &name, Ref<MqlTick> ticks, uint, ulong from, ulong to) {
  const Json reply = g_terminal.Ask("copyTicksRange", "{\"symbol\":" + JsonText(ToUtf8(name)) + ",\"fromBrokerMs\":" +
                                                          std::to_string(from) + ",\"toBrokerMs\":" + std::to_string(to) + "}");
  if (reply.kind != Json::Kind::List) return -1;
  if (ArrayResize(ticks, static_cast<int>(reply.items.size())) < 0) return -1;
  for (std::size_t i = 0; i < reply.items.size(); i++) {
    const std::vector<Json> &row = reply.items[i].items;
    MqlTick tick{};
    tick.time_msc = row[0].Integer();
    tick.time = tick.time_msc / 1000;
    tick.bid = row[1].Real();
    tick.ask = row[2].Real();
    tick.last = row[3].Real();
    tick.volume = row[4].Unsigned();
    tick.volume_real = row[5].Real();
    tick.flags = static_cast<uint>(row[6].Unsigned());
    ticks[i] = tick;
  }
  return static_cast<int>(reply.items.size());
}

int CopyRates(const string &name, ENUM_TIMEFRAMES timeframe, datetime start, int count, Ref<MqlRates> rates) {
  const Json reply = g_terminal.Ask(
      "copyRates", "{\"symbol\":" + JsonText(ToUtf8(name)) + ",\"timeframe\":" + JsonText(ToUtf8(EnumToString(timeframe))) +
                       ",\"startBrokerMs\":" + std::to_string(start * 1000) + ",\"count\":" + std::to_string(count) + "}");
  if (reply.kind != Json::Kind::List) return -1;
  if (ArrayResize(rates, static_cast<int>(reply.items.size())) < 0) return -1;
  for (std::size_t i = 0; i < reply.items.size(); i++) {
    const std::vector<Json> &row = reply.items[i].items;
    MqlRates rate{};
    rate.time = row[0].Integer() / 1000;
    rate.open = row[1].Real();
    rate.high = row[2].Real();
    rate.low = row[3].Real();
    rate.close = row[4].Real();
    rate.tick_volume = row[5].Integer();
    rate.spread = static_cast<int>(row[6].Integer());
    rate.real_volume = row[7].Integer();
    rates[i] = rate;
  }
  return static_cast<int>(reply.items.size());
}

int PositionsTotal() {
  const auto lock = Lock();
  return static_cast<int>(g_terminal.positions.size());
}

ulong PositionGetTicket(int index) {
  const auto lock = Lock();
  if (index < 0 || index >= static_cast<int>(g_terminal.positions.size())) {
    SetLastError(4753);
    return 0;
  }
  g_position = g_terminal.positions[static_cast<std::size_t>(index)];
  return g_position["ticket"].Unsigned();
}

bool PositionSelectByTicket(ulong ticket) {
  const auto lock = Lock();
  const Json &found = FindTicket(g_terminal.positions, ticket);
  if (found.IsNull()) return false;
  g_position = found;
  return true;
}

double PositionGetDouble(ENUM_POSITION_PROPERTY_DOUBLE property) {
  switch (property) {
    case POSITION_VOLUME: return g_position["volume"].Real();
    case POSITION_PRICE_OPEN: return g_position["priceOpen"].Real();
    case POSITION_SL: return g_position["stopLoss"].Real();
    case POSITION_TP: return g_position["takeProfit"].Real();
    case POSITION_PRICE_CURRENT: return g_position["priceCurrent"].Real();
    case POSITION_SWAP: return g_position["swap"].Real();
    case POSITION_PROFIT: return g_position["profit"].Real();
  }
  return Unknown<double>("PositionGetDouble");
}

mlong PositionGetInteger(ENUM_POSITION_PROPERTY_INTEGER property) {
  switch (property) {
    case POSITION_TICKET: return g_position["ticket"].Integer();
    case POSITION_TIME: return g_position["openBrokerMs"].Integer() / 1000;
    case POSITION_TIME_MSC: return g_position["openBrokerMs"].Integer();
    case POSITION_TIME_UPDATE: return g_position["updateBrokerMs"].Integer() / 1000;
    case POSITION_TIME_UPDATE_MSC: return g_position["updateBrokerMs"].Integer();
    case POSITION_TYPE: return IndexOf({"buy", "sell"}, g_position["side"].text);
    case POSITION_MAGIC: return g_position["magic"].Integer();
    case POSITION_IDENTIFIER: return g_position["identifier"].Integer();
    case POSITION_REASON: return IndexOf(kReasons, g_position["reason"].text);
  }
  return Unknown<mlong>("PositionGetInteger");
}

string PositionGetString(ENUM_POSITION_PROPERTY_STRING property) {
  return Text(property == POSITION_SYMBOL ? g_position["symbol"] : g_position["comment"]);
}

int OrdersTotal() {
  const auto lock = Lock();
  return static_cast<int>(g_terminal.orders.size());
}

ulong OrderGetTicket(int index) {
  const auto lock = Lock();
  if (index < 0 || index >= static_cast<int>(g_terminal.orders.size())) {
    SetLastError(4754);
    return 0;
  }
  g_order = g_terminal.orders[static_cast<std::size_t>(index)];
  return g_order["ticket"].Unsigned();
}

bool OrderSelect(ulong ticket) {
  const auto lock = Lock();
  const Json &found = FindTicket(g_terminal.orders, ticket);
  if (found.IsNull()) return false;
  g_order = found;
  return true;
}

double OrderGetDouble(ENUM_ORDER_PROPERTY_DOUBLE property) { return OrderReal(g_order, property); }
mlong OrderGetInteger(ENUM_ORDER_PROPERTY_INTEGER property) { return OrderInteger(g_order, property); }
string OrderGetString(ENUM_ORDER_PROPERTY_STRING property) { return OrderText(g_order, property); }

bool HistorySelect(datetime from, datetime to) {
  const Json reply = g_terminal.Ask("historySelect", "{\"fromBrokerMs\":" + std::to_string(from * 1000) +
                                                         ",\"toBrokerMs\":" + std::to_string(to * 1000 + 999) + "}");
  if (reply.kind != Json::Kind::Object) return false;
  g_historyOrders = reply["orders"].items;
  g_historyDeals = reply["deals"].items;
  return true;
}

int HistoryOrdersTotal() { return static_cast<int>(g_historyOrders.size()); }
int HistoryDealsTotal() { return static_cast<int>(g_historyDeals.size()); }

ulong HistoryOrderGetTicket(int index) {
  if (index < 0 || index >= HistoryOrdersTotal()) return 0;
  return g_historyOrders[static_cast<std::size_t>(index)]["ticket"].Unsigned();
}

ulong HistoryDealGetTicket(int index) {
  if (index < 0 || index >= HistoryDealsTotal()) return 0;
  return g_historyDeals[static_cast<std::size_t>(index)]["ticket"].Unsigned();
}

double HistoryOrderGetDouble(ulong ticket, ENUM_ORDER_PROPERTY_DOUBLE property) {
  return OrderReal(FindTicket(g_historyOrders, ticket), property);
}
mlong HistoryOrderGetInteger(ulong ticket, ENUM_ORDER_PROPERTY_INTEGER property) {
  return OrderInteger(FindTicket(g_historyOrders, ticket), property);
}
string HistoryOrderGetString(ulong ticket, ENUM_ORDER_PROPERTY_STRING property) {
  return OrderText(FindTicket(g_historyOrders, ticket), property);
}

double HistoryDealGetDouble(ulong ticket, ENUM_DEAL_PROPERTY_DOUBLE property) {
  const Json &deal = FindTicket(g_historyDeals, ticket);
  switch (property) {
    case DEAL_VOLUME: return deal["volume"].Real();
    case DEAL_PRICE: return deal["price"].Real();
    case DEAL_COMMISSION: return deal["commission"].Real();
    case DEAL_SWAP: return deal["swap"].Real();
    case DEAL_PROFIT: return deal["profit"].Real();
    case DEAL_FEE: return deal["fee"].Real();
    case DEAL_SL: return deal["stopLoss"].Real();
    case DEAL_TP: return deal["takeProfit"].Real();
  }
  return Unknown<double>("HistoryDealGetDouble");
}

mlong HistoryDealGetInteger(ulong ticket, ENUM_DEAL_PROPERTY_INTEGER property) {
  const Json &deal = FindTicket(g_historyDeals, ticket);
  switch (property) {
    case DEAL_TICKET: return deal["ticket"].Integer();
    case DEAL_ORDER: return deal["order"].Integer();
    case DEAL_TIME: return deal["timeBrokerMs"].Integer() / 1000;
    case DEAL_TIME_MSC: return deal["timeBrokerMs"].Integer();
    case DEAL_TYPE: return deal["kind"].text == "other" ? DEAL_TAX : IndexOf(kDealTypes, deal["kind"].text);
    case DEAL_ENTRY: return IndexOf(kEntries, deal["entry"].text);
    case DEAL_MAGIC: return deal["magic"].Integer();
    case DEAL_REASON: return IndexOf(kReasons, deal["reason"].text);
    case DEAL_POSITION_ID: return deal["position"].Integer();
  }
  return Unknown<mlong>("HistoryDealGetInteger");
}

string HistoryDealGetString(ulong ticket, ENUM_DEAL_PROPERTY_STRING property) {
  const Json &deal = FindTicket(g_historyDeals, ticket);
  return Text(property == DEAL_SYMBOL ? deal["symbol"] : deal["comment"]);
}

}  // namespace mql
