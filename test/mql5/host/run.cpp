// The program's life: OnInit, one event after another, OnDeinit.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "terminal.hpp"

namespace mql {

namespace {

Handlers g_handlers;

void SayCode(const char *type, int code) {
  g_terminal.Say(std::string("{\"t\":\"") + type + "\",\"code\":" + std::to_string(code) + "}");
}

/** The next event; timers join the queue when they come due, unless one waits there. */
Event NextEvent() {
  Terminal &terminal = g_terminal;
  std::unique_lock<std::mutex> lock(terminal.mutex);
  for (;;) {
    if (terminal.timerPeriodMs > 0 && MonotonicMs() >= terminal.timerDueMs) {
      bool waiting = false;
      for (const Event &event : terminal.queue) waiting = waiting || event.kind == Event::Kind::Timer;
      if (!waiting) terminal.queue.push_back({.kind = Event::Kind::Timer});
    }
    if (!terminal.queue.empty()) {
      // The stop request overtakes what still waits.
      auto chosen = terminal.queue.begin();
      for (auto one = terminal.queue.begin(); one != terminal.queue.end(); ++one) {
        if (one->kind == Event::Kind::Deinit) chosen = one;
      }
      Event event = std::move(*chosen);
      terminal.queue.erase(chosen);
      terminal.eventRunning = static_cast<int>(event.kind);
      return event;
    }
    if (terminal.timerPeriodMs > 0) {
      const ulong now = MonotonicMs();
      const ulong wait = terminal.timerDueMs > now ? terminal.timerDueMs - now : 0;
      terminal.wake.wait_for(lock, std::chrono::microseconds(MachineMicroseconds(wait)));
    } else {
      terminal.wake.wait(lock);
    }
  }
}

/** Timer events that came due while one was handled are lost. */
void AdvanceTimer() {
  Terminal &terminal = g_terminal;
  if (terminal.timerPeriodMs == 0) return;
  const ulong period = static_cast<ulong>(terminal.timerPeriodMs);
  const ulong now = MonotonicMs();
  while (terminal.timerDueMs <= now) terminal.timerDueMs += period;
}

void Finish(int code) {
  g_terminal.Say("{\"t\":\"stopped\"}");
  std::exit(code);
}

void Deinit(int reason) {
  g_terminal.uninitReason = reason;
  if (g_handlers.OnDeinit != nullptr) g_handlers.OnDeinit(reason);
  KillTimer();
  SayCode("deinit", reason);
}

void RunExpert() {
  Terminal &terminal = g_terminal;
  for (;;) {
    const int code = g_handlers.OnInit == nullptr ? static_cast<int>(INIT_SUCCEEDED) : g_handlers.OnInit();
    SayCode("init", code);
    if (code != INIT_SUCCEEDED) {
      Deinit(REASON_INITFAILED);
      Finish(1);
    }
    for (;;) {
      Event event = NextEvent();
      if (event.kind == Event::Kind::Deinit) {
        Deinit(event.reason);
        if (event.reason != REASON_CHARTCHANGE && event.reason != REASON_PARAMETERS) Finish(0);
        // The program stays loaded, its globals keep their values; what waited for the old chart is gone.
        const std::lock_guard<std::mutex> lock(terminal.mutex);
        terminal.queue.clear();
        terminal.eventRunning = -1;
        terminal.stopping = false;
        break;
      }
      if (event.kind == Event::Kind::Timer && g_handlers.OnTimer != nullptr) g_handlers.OnTimer();
      if (event.kind == Event::Kind::Tick && g_handlers.OnTick != nullptr) g_handlers.OnTick();
      if (event.kind == Event::Kind::Transaction && g_handlers.OnTradeTransaction != nullptr)
        g_handlers.OnTradeTransaction(event.transaction, event.request, event.result);
      if (event.kind == Event::Kind::Timer) AdvanceTimer();
      const std::lock_guard<std::mutex> lock(terminal.mutex);
      terminal.eventRunning = -1;
    }
  }
}

}  // namespace

int RunProgram() {
  std::signal(SIGFPE, [](int) { Critical("zero divide"); });
  BindHandlers(g_handlers);
  ResolveImports();
  std::thread([] { g_terminal.ReadInput(); }).detach();
  if (g_handlers.OnStart != nullptr) {
    g_handlers.OnStart();
    Finish(0);
  }
  RunExpert();
  return 0;
}

}  // namespace mql

int main(int count, char **values) {
  mql::Options &options = mql::g_terminal.options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i];
    const std::string value = values[i + 1];
    if (name == "--files") options.files = value;
    else if (name == "--symbol") options.symbol = value;
    else if (name == "--timer-granularity-ms") options.granularityMs = std::atoi(value.c_str());
    else if (name == "--time-scale") options.timeScale = std::strtoul(value.c_str(), nullptr, 10);
    else if (name == "--dlls-allowed") options.dllsAllowed = value == "true";
    else mql::Critical("unknown option");
  }
  return mql::RunProgram();
}
