// What a translated program includes.
#pragma once
#include "array.hpp"
#include "builtins.hpp"
#include "dll.hpp"
#include "format.hpp"
#include "text.hpp"
#include "types.hpp"

namespace mql {

/** The event handlers that a program has. */
struct Handlers {
  int (*OnInit)() = nullptr;
  void (*OnDeinit)(const int) = nullptr;
  void (*OnStart)() = nullptr;
  void (*OnTimer)() = nullptr;
  void (*OnTick)() = nullptr;
  void (*OnTradeTransaction)(const MqlTradeTransaction &, const MqlTradeRequest &, const MqlTradeResult &) = nullptr;
};

/** Written by the source pass. */
void BindHandlers(Handlers &handlers);

/** The value that the user gave for an input, as text. */
bool GivenInput(const string &name, string &value);
[[noreturn]] void BadInput(const string &name, const string &value);

/** An input: the user's value, or the default. */
template <class T>
T Input(const string &name, const T &fallback) {
  string given;
  if (!GivenInput(name, given)) return fallback;
  if constexpr (std::is_same_v<T, string>) {
    return given;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (given == u"true"_s) return true;
    if (given == u"false"_s) return false;
    BadInput(name, given);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(StringToDouble(given));
  } else {
    return static_cast<T>(StringToInteger(given));
  }
}

}  // namespace mql
