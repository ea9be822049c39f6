// The terminal around the program: its tables, its event queue, its line to the controlling process.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "json.hpp"
#include "mql5.hpp"

namespace mql {

struct Event {
  enum class Kind { Timer, Tick, Transaction, Deinit } kind;
  int reason = 0;
  MqlTradeTransaction transaction{};
  MqlTradeRequest request{};
  MqlTradeResult result{};
};

struct SymbolState {
  Json record;
  std::deque<MqlTick> ticks;
};

struct Options {
  std::string files = ".";
  std::string symbol = "EURUSD";
  std::string program = "program";
  int granularityMs = 16;
  /** So many times faster than the machine's does this terminal's time pass. */
  ulong timeScale = 1;
  bool dllsAllowed = true;
};

/** One terminal with one program on one chart. */
class Terminal {
 public:
  std::mutex mutex;
  std::condition_variable wake;
  Options options;

  // Guarded by the mutex: the tables that the controlling process keeps up to date.
  Json account;
  Json info;
  std::vector<Json> positions;
  std::vector<Json> orders;
  std::vector<std::string> symbolOrder;
  std::map<std::string, SymbolState> symbols;
  mlong brokerOffsetMs = 0;
  mlong utcOffsetMs = 0;
  std::deque<Event> queue;
  std::map<mlong, Json> replies;
  bool inputClosed = false;
  int eventRunning = -1;
  ulong droppedTransactions = 0;

  /** Whether the controlling process decides about each write to a file, and is asked again when it is done. */
  std::atomic<bool> gatesWrites{false};
  /** Whether the controlling process is asked before the program learns what a socket has received. */
  std::atomic<bool> gatesSockets{false};
  std::atomic<bool> stopping{false};
  int timerPeriodMs = 0;
  ulong timerDueMs = 0;
  int uninitReason = REASON_PROGRAM;

  /** Writes one JSON line to the controlling process. */
  void Say(const std::string &line);
  /** Asks the controlling process and waits for its answer. */
  Json Ask(const std::string &name, const std::string &arguments);
  /** Applies one line from the controlling process. */
  void Apply(const Json &message);
  void ReadInput();
  void Push(Event event);
};

extern Terminal &g_terminal;

/** Milliseconds of the terminal's monotonic clock, from the start of the process. */
ulong MonotonicMs();
mlong WallMs();
/** A span of the terminal's time as the machine's, in microseconds. */
ulong MachineMicroseconds(ulong milliseconds);
int RunProgram();

MqlTradeRequest ReadRequest(const Json &value);
MqlTradeResult ReadResult(const Json &value);
void KillTimer();

}  // namespace mql
