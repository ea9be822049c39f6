// Print and StringFormat. A directive that does not fit its argument ends the program.
#pragma once
#include <vector>

#include "text.hpp"

namespace mql {

struct Argument {
  enum class Kind { Signed, Unsigned, Real, Text } kind;
  int bytes;
  mlong number;
  double real;
  string text;
};

template <class T>
Argument MakeArgument(const T &value) {
  if constexpr (std::is_same_v<T, string>) {
    return {Argument::Kind::Text, 0, 0, 0, value};
  } else if constexpr (std::is_same_v<T, double>) {
    return {Argument::Kind::Real, 8, 0, value, string()};
  } else {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    constexpr bool isSigned = std::is_signed_v<T> || std::is_enum_v<T>;
    const int bytes = sizeof(T) < 4 ? 4 : static_cast<int>(sizeof(T));
    return {isSigned ? Argument::Kind::Signed : Argument::Kind::Unsigned, bytes, static_cast<mlong>(value), 0, string()};
  }
}

string FormatText(const string &format, const std::vector<Argument> &arguments);
void PrintText(const string &text);
void AlertText(const string &text);

template <class... A>
string StringFormat(const string &format, const A &...arguments) {
  return FormatText(format, {MakeArgument(arguments)...});
}

template <class... A>
void PrintFormat(const string &format, const A &...arguments) {
  PrintText(FormatText(format, {MakeArgument(arguments)...}));
}

/** Numbers with a fraction have no defined text in Print; DoubleToString gives one. */
template <class T>
string PrintPart(const T &value) {
  if constexpr (std::is_same_v<T, string>) {
    return value;
  } else {
    static_assert(std::is_integral_v<T>);
    return string(value);
  }
}

template <class... A>
void Print(const A &...parts) {
  PrintText((string() + ... + PrintPart(parts)));
}

template <class... A>
void Alert(const A &...parts) {
  AlertText((string() + ... + PrintPart(parts)));
}

template <class... A>
void Comment(const A &...parts) {
  static_cast<void>((string() + ... + PrintPart(parts)));
}

}  // namespace mql
