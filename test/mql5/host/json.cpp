#include "json.hpp"

#include <cstdio>
#include <cstdlib>

namespace mql {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : m_text(text) {}

  Json Read() {
    Json value = Value();
    Space();
    if (m_at != m_text.size()) Critical("control channel: text behind the JSON value");
    return value;
  }

 private:
  char Peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

  void Space() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\r' || Peek() == '\n') m_at++;
  }

  void Expect(char wanted) {
    if (Peek() != wanted) Critical("control channel: malformed JSON");
    m_at++;
  }

  void Word(std::string_view word) {
    if (m_text.substr(m_at, word.size()) != word) Critical("control channel: malformed JSON");
    m_at += word.size();
  }

  Json Value() {
    Space();
    Json out;
    switch (Peek()) {
      case '{':
        out.kind = Json::Kind::Object;
        m_at++;
        for (Space(); Peek() != '}'; Space()) {
          if (!out.members.empty()) Expect(',');
          Space();
          std::string name = Text();
          Space();
          Expect(':');
          out.members.emplace_back(std::move(name), Value());
        }
        m_at++;
        return out;
      case '[':
        out.kind = Json::Kind::List;
        m_at++;
        for (Space(); Peek() != ']'; Space()) {
          if (!out.items.empty()) Expect(',');
          out.items.push_back(Value());
        }
        m_at++;
        return out;
      case '"':
        out.kind = Json::Kind::Text;
        out.text = Text();
        return out;
      case 't':
        Word("true");
        out.kind = Json::Kind::Bool;
        out.truth = true;
        return out;
      case 'f':
        Word("false");
        out.kind = Json::Kind::Bool;
        return out;
      case 'n':
        Word("null");
        return out;
      default:
        return Number();
    }
  }

  Json Number() {
    const std::size_t start = m_at;
    while (m_at < m_text.size() && std::string_view("+-.eE0123456789").find(m_text[m_at]) != std::string_view::npos) m_at++;
    if (start == m_at) Critical("control channel: malformed JSON");
    Json out;
    out.kind = Json::Kind::Number;
    out.text = std::string(m_text.substr(start, m_at - start));
    out.number = std::strtod(out.text.c_str(), nullptr);
    return out;
  }

  uint Hex() {
    uint code = 0;
    for (int i = 0; i < 4; i++) {
      const char digit = Peek();
      m_at++;
      code <<= 4;
      if (digit >= '0' && digit <= '9') code |= static_cast<uint>(digit - '0');
      else if (digit >= 'a' && digit <= 'f') code |= static_cast<uint>(digit - 'a' + 10);
      else if (digit >= 'A' && digit <= 'F') code |= static_cast<uint>(digit - 'A' + 10);
      else Critical("control channel: malformed JSON");
    }
    return code;
  }

  static void Append(std::string &out, uint code) {
    const auto put = [&out](uint byte) { out.push_back(static_cast<char>(byte)); };
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

  std::string Text() {
    Expect('"');
    std::string out;
    while (Peek() != '"') {
      if (m_at >= m_text.size()) Critical("control channel: malformed JSON");
      const char unit = m_text[m_at++];
      if (unit != '\\') {
        out.push_back(unit);
        continue;
      }
      const char escape = m_text[m_at++];
      switch (escape) {
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case 't': out.push_back('\t'); break;
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'u': {
          uint code = Hex();
          if (code >= 0xD800 && code < 0xDC00 && Peek() == '\\') {
            m_at += 2;
            code = 0x10000 + ((code - 0xD800) << 10) + (Hex() - 0xDC00);
          }
          Append(out, code);
          break;
        }
        default: out.push_back(escape);
      }
    }
    m_at++;
    return out;
  }

  std::string_view m_text;
  std::size_t m_at = 0;
};

const Json kNull;

}  // namespace

Json Json::Parse(std::string_view text) { return Reader(text).Read(); }

const Json &Json::operator[](std::string_view name) const {
  for (const auto &member : members) {
    if (member.first == name) return member.second;
  }
  return kNull;
}

mlong Json::Integer() const {
  if (kind == Kind::Bool) return truth ? 1 : 0;
  if (kind == Kind::Null) return 0;
  const bool fraction = text.find_first_of(".eE") != std::string::npos;
  if (fraction) return static_cast<mlong>(number);
  if (!text.empty() && text[0] == '-') return std::strtoll(text.c_str(), nullptr, 10);
  return static_cast<mlong>(std::strtoull(text.c_str(), nullptr, 10));
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char unit : text) {
    const uchar byte = static_cast<uchar>(unit);
    if (unit == '"' || unit == '\\') {
      out.push_back('\\');
      out.push_back(unit);
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
      out += escape;
    } else {
      out.push_back(unit);
    }
  }
  return out + "\"";
}

std::string JsonNumber(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace mql
