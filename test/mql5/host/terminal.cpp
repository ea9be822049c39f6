#include "terminal.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

namespace mql {

namespace {

constexpr std::size_t kQueueLimit = 1024;
constexpr std::size_t kTicksKept = 200'000;

const auto g_start = std::chrono::steady_clock::now();
const auto g_wallStart = std::chrono::system_clock::now();
int g_lastError = 0;
std::mutex g_output;

std::string FirstWord(const Json &value, const char *name) { return value[name].text; }

int IndexIn(const std::vector<std::string> &names, const std::string &name) {
  for (std::size_t i = 0; i < names.size(); i++) {
    if (names[i] == name) return static_cast<int>(i);
  }
  return -1;
}

Json *FindByTicket(std::vector<Json> &table, const std::string &ticket) {
  for (Json &row : table) {
    if (row["ticket"].text == ticket) return &row;
  }
  return nullptr;
}

void Upsert(std::vector<Json> &table, const Json &row) {
  Json *found = FindByTicket(table, row["ticket"].text);
  if (found != nullptr) *found = row;
  else table.push_back(row);
}

void Remove(std::vector<Json> &table, const std::string &ticket) {
  std::erase_if(table, [&ticket](const Json &row) { return row["ticket"].text == ticket; });
}

}  // namespace

Terminal &g_terminal = *new Terminal();

ulong GetMicrosecondCount() {
  const auto passed = std::chrono::steady_clock::now() - g_start;
  return g_terminal.options.timeScale *
         static_cast<ulong>(std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

ulong MonotonicMs() { return GetMicrosecondCount() / 1000; }

ulong MachineMicroseconds(ulong milliseconds) { return milliseconds * 1000 / g_terminal.options.timeScale; }

mlong WallMs() {
  const auto start = std::chrono::duration_cast<std::chrono::milliseconds>(g_wallStart.time_since_epoch());
  return start.count() + static_cast<mlong>(MonotonicMs());
}

void Terminal::Say(const std::string &line) {
  const std::lock_guard<std::mutex> lock(g_output);
  const std::string full = line + "\n";
  std::fwrite(full.data(), 1, full.size(), stdout);
  std::fflush(stdout);
}

Json Terminal::Ask(const std::string &name, const std::string &arguments) {
  static mlong next = 0;
  const mlong id = ++next;
  Say("{\"t\":\"call\",\"id\":" + std::to_string(id) + ",\"name\":" + JsonText(name) + ",\"v\":" + arguments + "}");
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait(lock, [this, id] { return inputClosed || replies.count(id) > 0; });
  if (replies.count(id) == 0) Critical("the controlling process is gone");
  Json reply = replies[id];
  replies.erase(id);
  return reply;
}

void Terminal::Push(Event event) {
  if (event.kind == Event::Kind::Tick) {
    // A tick event is dropped while one waits or is being handled.
    if (eventRunning == static_cast<int>(Event::Kind::Tick)) return;
    for (const Event &waiting : queue) {
      if (waiting.kind == Event::Kind::Tick) return;
    }
  }
  if (event.kind == Event::Kind::Transaction) {
    std::size_t waiting = 0;
    for (const Event &one : queue) waiting += one.kind == Event::Kind::Transaction ? 1 : 0;
    if (waiting >= kQueueLimit) {
      // New transactions supersede the oldest ones that nobody has handled.
      for (auto one = queue.begin(); one != queue.end(); ++one) {
        if (one->kind == Event::Kind::Transaction) {
          queue.erase(one);
          droppedTransactions++;
          break;
        }
      }
    }
  }
  if (event.kind == Event::Kind::Deinit) stopping = true;
  queue.push_back(std::move(event));
}

void Terminal::Apply(const Json &message) {
  const std::string type = message["t"].text;
  const Json &value = message["v"];
  const std::lock_guard<std::mutex> lock(mutex);
  if (type == "reply") {
    replies[message["id"].Integer()] = value;
  } else if (type == "account") {
    account = value;
  } else if (type == "terminal") {
    info = value;
  } else if (type == "positions") {
    positions = value.items;
  } else if (type == "orders") {
    orders = value.items;
  } else if (type == "position") {
    Upsert(positions, value);
  } else if (type == "order") {
    Upsert(orders, value);
  } else if (type == "positionGone") {
    Remove(positions, value.text);
  } else if (type == "orderGone") {
    Remove(orders, value.text);
  } else if (type == "symbols") {
    for (const Json &record : value.items) {
      const std::string name = FirstWord(record, "name");
      if (symbols.count(name) == 0) symbolOrder.push_back(name);
      symbols[name].record = record;
    }
  } else if (type == "clock") {
    brokerOffsetMs = value["brokerMs"].Integer() - WallMs();
    utcOffsetMs = value["utcMs"].Integer() - WallMs();
  } else if (type == "ticks") {
    const std::string name = message["symbol"].text;
    if (symbols.count(name) == 0) Critical("control channel: ticks of an unknown symbol");
    std::deque<MqlTick> &ticks = symbols[name].ticks;
    for (const Json &row : value.items) {
      MqlTick tick{};
      tick.time_msc = row.items[0].Integer();
      tick.time = tick.time_msc / 1000;
      tick.bid = row.items[1].Real();
      tick.ask = row.items[2].Real();
      tick.last = row.items[3].Real();
      tick.volume = row.items[4].Unsigned();
      tick.volume_real = row.items[5].Real();
      tick.flags = static_cast<uint>(row.items[6].Unsigned());
      ticks.push_back(tick);
      if (ticks.size() > kTicksKept) ticks.pop_front();
    }
    if (name == options.symbol) Push({.kind = Event::Kind::Tick});
  } else if (type == "transaction") {
    static const std::vector<std::string> types = {"orderAdd",      "orderUpdate",   "orderDelete", "historyAdd",
                                                   "historyUpdate", "historyDelete", "dealAdd",     "dealUpdate",
                                                   "dealDelete",    "position",      "request"};
    Event event{.kind = Event::Kind::Transaction};
    event.transaction.type = static_cast<ENUM_TRADE_TRANSACTION_TYPE>(IndexIn(types, value["type"].text));
    event.transaction.order = value["order"].Unsigned();
    event.transaction.deal = value["deal"].Unsigned();
    event.transaction.position = value["position"].Unsigned();
    event.transaction.symbol = FromUtf8(value["symbol"].text);
    if (!value["request"].IsNull()) event.request = ReadRequest(value["request"]);
    if (!value["result"].IsNull()) event.result = ReadResult(value["result"]);
    Push(std::move(event));
  } else if (type == "sync") {
    // Everything sent before has been applied.
    Say("{\"t\":\"synced\",\"id\":" + std::to_string(message["id"].Integer()) + "}");
    return;
  } else if (type == "gates") {
    gatesWrites = value["writes"].truth;
    gatesSockets = value["sockets"].truth;
  } else if (type == "deinit") {
    Push({.kind = Event::Kind::Deinit, .reason = static_cast<int>(value.Integer())});
  } else {
    Critical("control channel: unknown message");
  }
  wake.notify_all();
}

void Terminal::ReadInput() {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty()) Apply(Json::Parse(line));
  }
  // The controlling process is gone: the terminal closes.
  const std::lock_guard<std::mutex> lock(mutex);
  inputClosed = true;
  Push({.kind = Event::Kind::Deinit, .reason = REASON_CLOSE});
  wake.notify_all();
}

void Critical(const char *reason) {
  g_terminal.Say("{\"t\":\"critical\",\"text\":" + JsonText(reason) + "}");
  std::_Exit(70);
}

void PrintText(const string &text) { g_terminal.Say("{\"t\":\"print\",\"text\":" + JsonText(ToUtf8(text)) + "}"); }
void AlertText(const string &text) { g_terminal.Say("{\"t\":\"alert\",\"text\":" + JsonText(ToUtf8(text)) + "}"); }

int GetLastError() { return g_lastError; }
void ResetLastError() { g_lastError = 0; }
void SetLastError(int code) { g_lastError = code; }

bool GivenInput(const string &name, string &value) {
  const char *given = std::getenv(("MQL_INPUT_" + ToUtf8(name)).c_str());
  if (given == nullptr) return false;
  value = FromUtf8(given);
  return true;
}

void BadInput(const string &name, const string &value) {
  Critical(ToUtf8(u"input "_s + name + u" cannot be "_s + value).c_str());
}

ulong GetTickCount64() { return 1'000'000 + MonotonicMs(); }

void Sleep(int milliseconds) {
  // The terminal looks at the stop flag every 0.1 s.
  const ulong until = MonotonicMs() + static_cast<ulong>(milliseconds < 0 ? 0 : milliseconds);
  while (!IsStopped()) {
    const ulong now = MonotonicMs();
    if (now >= until) return;
    std::this_thread::sleep_for(std::chrono::microseconds(MachineMicroseconds(until - now < 100 ? until - now : 100)));
  }
}

bool IsStopped() { return g_terminal.stopping; }
int UninitializeReason() { return g_terminal.uninitReason; }

void ExpertRemove() {
  const std::lock_guard<std::mutex> lock(g_terminal.mutex);
  g_terminal.Push({.kind = Event::Kind::Deinit, .reason = REASON_PROGRAM});
}

bool EventSetMillisecondTimer(int milliseconds) {
  if (milliseconds <= 0) return false;
  const int step = g_terminal.options.granularityMs;
  g_terminal.timerPeriodMs = (milliseconds + step - 1) / step * step;
  g_terminal.timerDueMs = MonotonicMs() + static_cast<ulong>(g_terminal.timerPeriodMs);
  return true;
}

void KillTimer() { g_terminal.timerPeriodMs = 0; }
void EventKillTimer() { KillTimer(); }

datetime TimeCurrent() { return TimeTradeServer(); }

datetime TimeTradeServer() {
  const std::lock_guard<std::mutex> lock(g_terminal.mutex);
  return (WallMs() + g_terminal.brokerOffsetMs) / 1000;
}

datetime TimeGMT() {
  const std::lock_guard<std::mutex> lock(g_terminal.mutex);
  return (WallMs() + g_terminal.utcOffsetMs) / 1000;
}

datetime TimeLocal() { return TimeGMT(); }

}  // namespace mql
