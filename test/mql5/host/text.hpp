// MQL5's string: UTF-16 units, a value. Conversions that MetaEditor only warns about do not exist here.
#pragma once
#include <string>
#include <string_view>
#include <type_traits>

#include "types.hpp"

namespace mql {

class string {
 public:
  string() = default;
  string(const char16_t *units, std::size_t count) : m_text(units, count) {}
  explicit string(std::u16string text) : m_text(std::move(text)) {}
  template <class T>
    requires std::is_integral_v<T>
  explicit string(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      m_text = value ? u"true" : u"false";
    } else {
      for (const char unit : std::to_string(value)) m_text.push_back(static_cast<char16_t>(unit));
    }
  }
  explicit string(double) = delete;
  explicit string(float) = delete;

  const char16_t *Units() const { return m_text.c_str(); }
  const std::u16string &Text() const { return m_text; }
  std::u16string &Text() { return m_text; }

  string &operator+=(const string &other) {
    m_text += other.m_text;
    return *this;
  }
  friend string operator+(const string &a, const string &b) {
    string sum(a);
    sum += b;
    return sum;
  }
  friend bool operator==(const string &a, const string &b) { return a.m_text == b.m_text; }
  friend bool operator<(const string &a, const string &b) { return a.m_text < b.m_text; }
  friend bool operator>(const string &a, const string &b) { return b < a; }

 private:
  std::u16string m_text;
};

inline string operator""_s(const char16_t *units, std::size_t count) { return string(units, count); }

/** UTF-8 of a string; an unpaired surrogate becomes U+FFFD. */
std::string ToUtf8(const string &text);

/** A string from UTF-8; bytes that are none become U+FFFD. */
string FromUtf8(std::string_view bytes);

/** What EnumToString gives for a number that is no member. */
string UnknownEnumerator(const string &type, int value);

}  // namespace mql
