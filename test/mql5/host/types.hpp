// MQL5's scalar types, and the end that a program meets when it breaks a rule.
#pragma once
#include <cstdint>

namespace mql {

using uchar = std::uint8_t;
using mchar = std::int8_t;
using ushort = std::uint16_t;
using uint = std::uint32_t;
using mlong = std::int64_t;
using ulong = std::uint64_t;
using datetime = std::int64_t;
using color = std::uint32_t;

/** Ends the program as the terminal ends one after a critical error: at once, without OnDeinit. */
[[noreturn]] void Critical(const char *reason);

}  // namespace mql
