// JSON of the control channel. Only what the controlling process sends, which this host trusts.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types.hpp"

namespace mql {

class Json {
 public:
  enum class Kind { Null, Bool, Number, Text, List, Object };

  /** Reads one value; ends the program if the text is none. */
  static Json Parse(std::string_view text);

  Kind kind = Kind::Null;
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;

  /** A member, or null. */
  const Json &operator[](std::string_view name) const;
  bool IsNull() const { return kind == Kind::Null; }
  double Real() const { return kind == Kind::Bool ? (truth ? 1 : 0) : number; }
  /** An integer, also from decimal digits in a string. */
  mlong Integer() const;
  ulong Unsigned() const { return static_cast<ulong>(Integer()); }
};

/** A JSON string literal of UTF-8 text. */
std::string JsonText(std::string_view text);
std::string JsonNumber(double value);

}  // namespace mql
