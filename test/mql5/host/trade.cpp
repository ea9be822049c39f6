// Trade requests: the only thing besides history that crosses the pipe.
#include <algorithm>
#include <vector>

#include "terminal.hpp"

namespace mql {

namespace {

struct Named {
  const char *name;
  int value;
};

const std::vector<Named> kActions = {{"deal", TRADE_ACTION_DEAL},     {"pending", TRADE_ACTION_PENDING},
                                     {"sltp", TRADE_ACTION_SLTP},     {"modify", TRADE_ACTION_MODIFY},
                                     {"remove", TRADE_ACTION_REMOVE}, {"closeBy", TRADE_ACTION_CLOSE_BY}};
const std::vector<Named> kKinds = {{"buy", 0},      {"sell", 1},         {"buyLimit", 2},      {"sellLimit", 3}, {"buyStop", 4},
                                   {"sellStop", 5}, {"buyStopLimit", 6}, {"sellStopLimit", 7}, {"closeBy", 8}};
const std::vector<Named> kFillings = {{"fok", 0}, {"ioc", 1}, {"return", 2}, {"boc", 3}};
const std::vector<Named> kTimes = {{"gtc", 0}, {"day", 1}, {"specified", 2}, {"specifiedDay", 3}};

std::string NameOf(const std::vector<Named> &table, int value) {
  for (const Named &one : table) {
    if (one.value == value) return one.name;
  }
  return std::string();
}

int ValueOf(const std::vector<Named> &table, const std::string &name) {
  for (const Named &one : table) {
    if (name == one.name) return one.value;
  }
  return 0;
}

void AddText(std::string &out, const char *name, const std::string &value) {
  if (value.empty()) return;
  if (out.size() > 1) out += ",";
  out += JsonText(name) + ":" + JsonText(value);
}

void AddNumber(std::string &out, const char *name, double value) {
  if (value == 0) return;
  if (out.size() > 1) out += ",";
  out += JsonText(name) + ":" + JsonNumber(value);
}

void AddTicket(std::string &out, const char *name, ulong value) {
  if (value != 0) AddText(out, name, std::to_string(value));
}

/** As the record of the controlling process has it: what is 0 is left out. */
std::string RequestText(const MqlTradeRequest &request) {
  std::string out = "{";
  const std::string action = NameOf(kActions, request.action);
  AddText(out, "action", action.empty() ? "invalid" : action);
  AddText(out, "symbol", ToUtf8(request.symbol));
  AddText(out, "kind", NameOf(kKinds, request.type));
  AddNumber(out, "volume", request.volume);
  AddNumber(out, "price", request.price);
  AddNumber(out, "priceStopLimit", request.stoplimit);
  AddNumber(out, "stopLoss", request.sl);
  AddNumber(out, "takeProfit", request.tp);
  AddNumber(out, "deviation", static_cast<double>(request.deviation));
  AddText(out, "filling", NameOf(kFillings, request.type_filling));
  AddText(out, "timeInForce", NameOf(kTimes, request.type_time));
  AddNumber(out, "expirationBrokerMs", static_cast<double>(request.expiration * 1000));
  AddTicket(out, "magic", request.magic);
  AddText(out, "comment", ToUtf8(request.comment));
  AddTicket(out, "order", request.order);
  AddTicket(out, "position", request.position);
  AddTicket(out, "positionBy", request.position_by);
  return out + "}";
}

}  // namespace

MqlTradeRequest ReadRequest(const Json &value) {
  MqlTradeRequest request{};
  request.action = static_cast<ENUM_TRADE_REQUEST_ACTIONS>(ValueOf(kActions, value["action"].text));
  request.symbol = FromUtf8(value["symbol"].text);
  request.type = static_cast<ENUM_ORDER_TYPE>(ValueOf(kKinds, value["kind"].text));
  request.volume = value["volume"].Real();
  request.price = value["price"].Real();
  request.stoplimit = value["priceStopLimit"].Real();
  request.sl = value["stopLoss"].Real();
  request.tp = value["takeProfit"].Real();
  request.deviation = value["deviation"].Unsigned();
  request.type_filling = static_cast<ENUM_ORDER_TYPE_FILLING>(ValueOf(kFillings, value["filling"].text));
  request.type_time = static_cast<ENUM_ORDER_TYPE_TIME>(ValueOf(kTimes, value["timeInForce"].text));
  request.expiration = value["expirationBrokerMs"].Integer() / 1000;
  request.magic = value["magic"].Unsigned();
  request.comment = FromUtf8(value["comment"].text);
  request.order = value["order"].Unsigned();
  request.position = value["position"].Unsigned();
  request.position_by = value["positionBy"].Unsigned();
  return request;
}

MqlTradeResult ReadResult(const Json &value) {
  MqlTradeResult result{};
  result.retcode = static_cast<uint>(value["retcode"].Unsigned());
  result.deal = value["deal"].Unsigned();
  result.order = value["order"].Unsigned();
  result.volume = value["volume"].Real();
  result.price = value["price"].Real();
  result.bid = value["bid"].Real();
  result.ask = value["ask"].Real();
  result.comment = FromUtf8(value["comment"].text);
  result.request_id = static_cast<uint>(value["requestId"].Unsigned());
  result.retcode_external = static_cast<int>(value["retcodeExternal"].Integer());
  return result;
}

bool OrderCalcMargin(ENUM_ORDER_TYPE, const string &symbol, double volume, double, double &margin) {
  const std::lock_guard<std::mutex> lock(g_terminal.mutex);
  const auto found = g_terminal.symbols.find(ToUtf8(symbol));
  if (found == g_terminal.symbols.end()) return false;
  margin = found->second.record["marginPerLot"].Real() * volume;
  return true;
}

bool OrderCheck(const MqlTradeRequest &request, MqlTradeCheckResult &result) {
  const Json reply = g_terminal.Ask("orderCheck", RequestText(request));
  result = MqlTradeCheckResult{};
  result.retcode = static_cast<uint>(reply["retcode"].Unsigned());
  result.comment = FromUtf8(reply["comment"].text);
  result.balance = AccountInfoDouble(ACCOUNT_BALANCE);
  result.equity = AccountInfoDouble(ACCOUNT_EQUITY);
  return result.retcode == 0;
}

bool OrderSend(const MqlTradeRequest &request, MqlTradeResult &result) {
  const Json reply = g_terminal.Ask("orderSend", RequestText(request));
  result = ReadResult(reply);
  return result.retcode == TRADE_RETCODE_DONE || result.retcode == TRADE_RETCODE_PLACED ||
         result.retcode == TRADE_RETCODE_DONE_PARTIAL;
}

bool OrderSendAsync(const MqlTradeRequest &request, MqlTradeResult &result) {
  const Json reply = g_terminal.Ask("orderSendAsync", RequestText(request));
  result = MqlTradeResult{};
  const bool sent = reply["sent"].truth;
  result.request_id = static_cast<uint>(reply["requestId"].Unsigned());
  result.retcode = sent ? TRADE_RETCODE_PLACED : static_cast<uint>(reply["retcode"].Unsigned());
  result.comment = FromUtf8(reply["comment"].text);
  return sent;
}

}  // namespace mql
