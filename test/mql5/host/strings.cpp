// Strings, numbers, arrays, hashes: what needs no terminal.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "mql5.hpp"

namespace mql {

void OutOfRange(mlong index, int size) {
  char text[96];
  std::snprintf(text, sizeof text, "array out of range: index %lld, size %d", static_cast<long long>(index), size);
  Critical(text);
}

std::string ToUtf8(const string &text) {
  std::string out;
  const std::u16string &units = text.Text();
  const auto put = [&out](uint byte) { out.push_back(static_cast<char>(byte)); };
  for (std::size_t i = 0; i < units.size(); i++) {
    uint code = units[i];
    if (code >= 0xD800 && code < 0xE000) {
      const bool pair = code < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000;
      code = pair ? 0x10000 + ((code - 0xD800) << 10) + (units[i + 1] - 0xDC00u) : 0xFFFD;
      if (pair) i++;
    }
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6));
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | (code >> 12));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }
  return out;
}

string FromUtf8(std::string_view bytes) {
  std::u16string out;
  std::size_t i = 0;
  while (i < bytes.size()) {
    const uint first = static_cast<uchar>(bytes[i]);
    const int more = first < 0x80 ? 0 : first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : -1;
    uint code = more == 0 ? first : more == 1 ? first & 0x1F : more == 2 ? first & 0x0F : first & 0x07;
    bool good = more >= 0 && first < 0xF5 && i + static_cast<std::size_t>(more) < bytes.size();
    for (int k = 1; good && k <= more; k++) {
      const uint next = static_cast<uchar>(bytes[i + static_cast<std::size_t>(k)]);
      good = (next & 0xC0) == 0x80;
      code = (code << 6) | (next & 0x3F);
    }
    if (!good) {
      out.push_back(u'\xFFFD');
      i++;
      continue;
    }
    if (code >= 0x10000) {
      out.push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF)));
    } else {
      out.push_back(static_cast<char16_t>(code));
    }
    i += static_cast<std::size_t>(more) + 1;
  }
  return string(std::move(out));
}

string UnknownEnumerator(const string &type, int value) { return type + u"::"_s + string(value); }

string FormatText(const string &format, const std::vector<Argument> &arguments) {
  const std::string pattern = ToUtf8(format);
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] != '%') {
      out.push_back(pattern[i]);
      continue;
    }
    if (i + 1 < pattern.size() && pattern[i + 1] == '%') {
      out.push_back('%');
      i++;
      continue;
    }
    std::string flags = "%";
    for (i++; i < pattern.size() && std::string_view("-+ 0#.123456789").find(pattern[i]) != std::string_view::npos; i++)
      flags.push_back(pattern[i]);
    const bool wide = pattern.compare(i, 3, "I64") == 0;
    if (wide) i += 3;
    const char letter = i < pattern.size() ? pattern[i] : '\0';
    if (next >= arguments.size()) Critical("StringFormat: too few arguments");
    const Argument &argument = arguments[next++];
    char text[512];
    const bool integer = argument.kind == Argument::Kind::Signed || argument.kind == Argument::Kind::Unsigned;
    if (std::string_view("diuxX").find(letter) != std::string_view::npos && letter != '\0') {
      if (!integer || (argument.bytes == 8) != wide) Critical("StringFormat: directive and argument differ in size");
      const std::string full = flags + "ll" + letter;
      const bool negative = letter == 'd' || letter == 'i';
      const mlong value = argument.bytes == 4 && !negative ? static_cast<mlong>(static_cast<uint>(argument.number))
                          : argument.bytes == 4            ? static_cast<mlong>(static_cast<int>(argument.number))
                                                           : argument.number;
      std::snprintf(text, sizeof text, full.c_str(), static_cast<long long>(value));
      out += text;
    } else if (std::string_view("feEgG").find(letter) != std::string_view::npos && letter != '\0') {
      if (argument.kind != Argument::Kind::Real) Critical("StringFormat: directive wants a double");
      const std::string full = flags + letter;
      std::snprintf(text, sizeof text, full.c_str(), argument.real);
      out += text;
    } else if (letter == 's') {
      if (argument.kind != Argument::Kind::Text) Critical("StringFormat: directive wants a string");
      if (flags != "%") Critical("StringFormat: %s with flags is not supported");
      out += ToUtf8(argument.text);
    } else {
      Critical("StringFormat: unknown directive");
    }
  }
  if (next != arguments.size()) Critical("StringFormat: too many arguments");
  return FromUtf8(out);
}

int StringToCharArray(const string &text, Ref<uchar> array, int start, int count, uint codepage) {
  if (codepage != CP_UTF8) Critical("StringToCharArray: only CP_UTF8 is supported here");
  std::string bytes = ToUtf8(text);
  bytes.push_back('\0');
  const int total = static_cast<int>(bytes.size());
  const int copied = count < 0 || count > total ? total : count;
  if (start + copied > array.Size() && ArrayResize(array, start + copied) < 0) return 0;
  for (int i = 0; i < copied; i++) array[start + i] = static_cast<uchar>(bytes[static_cast<std::size_t>(i)]);
  return copied;
}

string CharArrayToString(CRef<uchar> array, int start, int count, uint codepage) {
  if (codepage != CP_UTF8) Critical("CharArrayToString: only CP_UTF8 is supported here");
  std::string bytes;
  for (int i = start; i < array.Size() && (count < 0 || i < start + count); i++) {
    if (array[i] == 0) break;
    bytes.push_back(static_cast<char>(array[i]));
  }
  return FromUtf8(bytes);
}

string ShortToString(ushort code) { return string(std::u16string(1, static_cast<char16_t>(code))); }

string DoubleToString(double value, int digits) {
  if (digits < 0 || digits > 16) Critical("DoubleToString: digits outside 0..16");
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return FromUtf8(text);
}

string IntegerToString(mlong number, int length, ushort fill) {
  string text(number);
  while (StringLen(text) < length) text.Text().insert(text.Text().begin(), static_cast<char16_t>(fill));
  return text;
}

double StringToDouble(const string &value) { return std::strtod(ToUtf8(value).c_str(), nullptr); }
mlong StringToInteger(const string &value) { return std::strtoll(ToUtf8(value).c_str(), nullptr, 10); }

double NormalizeDouble(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  return std::round(value * scale) / scale;
}

int StringLen(const string &value) { return static_cast<int>(value.Text().size()); }

string StringSubstr(const string &value, int start, int length) {
  if (start < 0 || start >= StringLen(value)) return string();
  const std::size_t count = length < 0 ? std::u16string::npos : static_cast<std::size_t>(length);
  return string(value.Text().substr(static_cast<std::size_t>(start), count));
}

int StringFind(const string &value, const string &match, int start) {
  if (start < 0) start = 0;
  const std::size_t at = value.Text().find(match.Text(), static_cast<std::size_t>(start));
  return at == std::u16string::npos ? -1 : static_cast<int>(at);
}

ushort StringGetCharacter(const string &value, int position) {
  if (position < 0 || position >= StringLen(value)) {
    SetLastError(5041);
    return 0;
  }
  return value.Text()[static_cast<std::size_t>(position)];
}

bool StringSetCharacter(string &value, int position, ushort character) {
  if (position < 0 || position > StringLen(value) || character == 0) return false;
  if (position == StringLen(value)) value.Text().push_back(static_cast<char16_t>(character));
  else value.Text()[static_cast<std::size_t>(position)] = static_cast<char16_t>(character);
  return true;
}

double MathAbs(double value) { return std::fabs(value); }
double MathFloor(double value) { return std::floor(value); }
double MathRound(double value) { return std::round(value); }
bool MathIsValidNumber(double number) { return std::isfinite(number); }

namespace {

constexpr uint kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint Rotate(uint value, int count) { return (value >> count) | (value << (32 - count)); }

/** FIPS 180-4, section 6.2.2. */
void Compress(uint (&state)[8], const uchar *block) {
  uint w[64];
  for (int t = 0; t < 16; t++)
    w[t] = (uint(block[4 * t]) << 24) | (uint(block[4 * t + 1]) << 16) | (uint(block[4 * t + 2]) << 8) | uint(block[4 * t + 3]);
  for (int t = 16; t < 64; t++) {
    const uint s0 = Rotate(w[t - 15], 7) ^ Rotate(w[t - 15], 18) ^ (w[t - 15] >> 3);
    const uint s1 = Rotate(w[t - 2], 17) ^ Rotate(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = s1 + w[t - 7] + s0 + w[t - 16];
  }
  uint v[8];
  for (int i = 0; i < 8; i++) v[i] = state[i];
  for (int t = 0; t < 64; t++) {
    const uint big1 = Rotate(v[4], 6) ^ Rotate(v[4], 11) ^ Rotate(v[4], 25);
    const uint one = v[7] + big1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + kRound[t] + w[t];
    const uint big0 = Rotate(v[0], 2) ^ Rotate(v[0], 13) ^ Rotate(v[0], 22);
    const uint two = big0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    for (int i = 7; i > 0; i--) v[i] = v[i - 1];
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

}  // namespace

int CryptEncode(ENUM_CRYPT_METHOD method, CRef<uchar> data, CRef<uchar>, Ref<uchar> result) {
  if (method != CRYPT_HASH_SHA256) Critical("CryptEncode: only SHA-256 is supported here");
  const int size = data.Size();
  // What the terminal does with no data at all is not documented.
  if (size == 0) Critical("CryptEncode: no data");
  uint state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const uchar *bytes = data.Data();
  int at = 0;
  for (; at + 64 <= size; at += 64) Compress(state, bytes + at);
  uchar tail[128] = {};
  const int rest = size - at;
  for (int i = 0; i < rest; i++) tail[i] = bytes[at + i];
  tail[rest] = 0x80;
  const int length = rest < 56 ? 64 : 128;
  const ulong bits = static_cast<ulong>(size) * 8;
  for (int i = 0; i < 8; i++) tail[length - 1 - i] = static_cast<uchar>(bits >> (8 * i));
  Compress(state, tail);
  if (length == 128) Compress(state, tail + 64);
  if (ArrayResize(result, 32) < 0) return 0;
  for (int i = 0; i < 32; i++) result[i] = static_cast<uchar>(state[i / 4] >> (24 - 8 * (i % 4)));
  return 32;
}

}  // namespace mql
