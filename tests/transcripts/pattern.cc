// Transcript patterns: parsed into pieces, then written out or matched with the shortest text that fits.
#include "tests/transcripts/pattern.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"

namespace postroom::testing {
namespace {

struct Piece {
  enum class Kind { bytes, reference, capture } kind = Kind::bytes;
  std::string text;  // the bytes, or the capture's name
  std::string expression;
};

bool is_name(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || c == '_' || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
  });
}

std::optional<std::string> named_byte(std::string_view name) {
  if (name == "CR") return "\r";
  if (name == "LF") return "\n";
  if (name == "CRLF") return "\r\n";
  if (name == "NUL") return std::string(1, '\0');
  if (name == "TAB") return "\t";
  if (name == "SP") return " ";
  if (name.size() == 3 && name[0] == 'x' && std::isxdigit(name[1]) && std::isxdigit(name[2]))
    return std::string(1, static_cast<char>(std::stoi(std::string(name.substr(1)), nullptr, 16)));
  return std::nullopt;
}

bool is_literal_marker(std::string_view inside) {
  if (inside.ends_with('+')) inside.remove_suffix(1);
  return !inside.empty() && std::all_of(inside.begin(), inside.end(), is_digit);
}

Piece piece_of(std::string_view inside) {
  if (is_literal_marker(inside)) return {Piece::Kind::bytes, "{" + std::string(inside) + "}", {}};
  if (const auto byte = named_byte(inside)) return {Piece::Kind::bytes, *byte, {}};
  if (inside.empty()) return {Piece::Kind::capture, {}, {}};
  const std::size_t equals = inside.find('=');
  if (equals != std::string_view::npos && is_name(inside.substr(0, equals)))
    return {Piece::Kind::capture, std::string(inside.substr(0, equals)),
            std::string(inside.substr(equals + 1))};
  const std::size_t star = inside.rfind('*');
  if (star != std::string_view::npos && star > 0) {
    if (const auto count = parse_number(inside.substr(star + 1))) {
      std::string repeated;
      for (std::uint64_t i = 0; i < *count; ++i) repeated += inside.substr(0, star);
      return {Piece::Kind::bytes, repeated, {}};
    }
  }
  if (is_name(inside)) return {Piece::Kind::reference, std::string(inside), {}};
  throw BadScript("cannot understand {" + std::string(inside) + "}");
}

std::vector<Piece> parse(std::string_view text) {
  std::vector<Piece> pieces;
  std::string bytes;
  const auto flush = [&] {
    if (!bytes.empty()) pieces.push_back({Piece::Kind::bytes, std::exchange(bytes, {}), {}});
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '{') {
      bytes += text[at++];
      continue;
    }
    if (text.substr(at).starts_with("{{")) {
      bytes += '{';
      at += 2;
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) throw BadScript("a { without }; write {{ for one brace");
    Piece piece = piece_of(text.substr(at + 1, end - at - 1));
    at = end + 1;
    if (piece.kind == Piece::Kind::bytes) {
      bytes += piece.text;
    } else {
      flush();
      pieces.push_back(std::move(piece));
    }
  }
  flush();
  return pieces;
}

bool fits(const Piece& piece, std::string_view text) {
  if (piece.expression.empty()) return true;
  const std::regex expression(piece.expression, std::regex::extended);
  return std::regex_match(text.begin(), text.end(), expression);
}

bool match_from(std::span<const Piece> pieces, std::string_view line, Captures& captures) {
  if (pieces.empty()) return line.empty();
  const Piece& piece = pieces.front();
  const auto rest = pieces.subspan(1);
  if (piece.kind != Piece::Kind::capture) {
    const auto known = captures.find(piece.text);
    const bool reference = piece.kind == Piece::Kind::reference;
    if (reference && known == captures.end())
      throw BadScript("nothing was remembered as {" + piece.text + "}");
    const std::string bytes = reference ? known->second : piece.text;
    return line.starts_with(bytes) && match_from(rest, line.substr(bytes.size()), captures);
  }
  for (std::size_t length = 0; length <= line.size(); ++length) {
    Captures with = captures;
    if (!piece.text.empty()) with[piece.text] = std::string(line.substr(0, length));
    if (!match_from(rest, line.substr(length), with) || !fits(piece, line.substr(0, length))) continue;
    captures = std::move(with);
    return true;
  }
  return false;
}

}  // namespace

std::string expand(std::string_view text, const Captures& captures) {
  std::string bytes;
  for (const Piece& piece : parse(text)) {
    if (piece.kind == Piece::Kind::bytes) {
      bytes += piece.text;
      continue;
    }
    const auto known = captures.find(piece.text);
    if (piece.kind == Piece::Kind::capture || known == captures.end())
      throw BadScript("nothing was remembered as {" + piece.text + "}");
    bytes += known->second;
  }
  return bytes;
}

bool match(std::string_view pattern, std::string_view line, Captures& captures) {
  const std::vector<Piece> pieces = parse(pattern);
  return match_from(pieces, line, captures);
}

bool needs_capture(std::string_view text, const Captures& captures) {
  const std::vector<Piece> pieces = parse(text);
  return std::any_of(pieces.begin(), pieces.end(), [&](const Piece& piece) {
    return piece.kind == Piece::Kind::reference && !captures.contains(piece.text);
  });
}

std::string show(std::string_view bytes) {
  std::string shown;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\r') {
      shown += "{CR}";
    } else if (c == '\n') {
      shown += "{LF}";
    } else if (code < 0x20 || code == 0x7f) {
      shown += "{x" + hex_encode(std::string_view(&c, 1)) + "}";
    } else {
      shown += c;
    }
  }
  return shown;
}

}  // namespace postroom::testing
