// DATA: the end is found where the rule says, and content is refused for the same reason, in whatever pieces
// the bytes come; and whatever is sent as DATA ends at its end. The first byte says in which pieces.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "protocols/smtp/content_check.h"
#include "protocols/smtp/dot_reader.h"
#include "protocols/smtp/dot_writer.h"
#include "protocols/smtp/tls_required_field.h"

namespace {

using namespace postroom::smtp;

struct Result {
  std::string content;
  std::size_t consumed = 0;
  bool done = false;
  std::string refusal;
  bool utf8 = false;
  bool tls_not_required = false;
};

Result read(std::string_view input, std::size_t piece_size) {
  DotReader reader;
  ContentCheck check(50);
  TlsRequiredField tls_required;
  Result result;
  for (std::size_t at = 0; at < input.size() && !reader.done(); at += piece_size) {
    std::string_view piece = input.substr(at, piece_size);
    while (!piece.empty() && !reader.done()) {
      const DotReader::Piece next = reader.next(piece);
      result.content += next.content;
      check.feed(next.content);
      tls_required.feed(next.content);
      piece.remove_prefix(next.consumed);
      result.consumed += next.consumed;
    }
  }
  result.done = reader.done();
  if (result.done) check.finish();
  if (!check.refusal()) result.utf8 = check.header_beyond_ascii();
  result.tls_not_required = tls_required.is_no();
  if (check.refusal()) result.refusal = check.refusal()->bytes();
  return result;
}

std::string write(std::string_view content, std::size_t piece_size) {
  DotWriter writer;
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece_size)
    writer.feed(content.substr(at, piece_size), out);
  writer.finish(out);
  return out;
}

void check_sending(std::string_view content, std::size_t piece_size) {
  const std::string sent = write(content, content.size());
  if (sent != write(content, piece_size)) std::abort();
  const Result back = read(sent, sent.size());
  if (!back.done || back.consumed != sent.size()) std::abort();
  // No other server can see another end: there are no line ends but CRLF.
  for (std::size_t i = 0; i < sent.size(); ++i)
    if ((sent[i] == '\n') != (i > 0 && sent[i - 1] == '\r')) std::abort();
  if (sent != write(back.content, piece_size)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_sending(input, 1u + data[0] % 16u);
  const Result whole = read(input, input.size());
  const Result pieces = read(input, 1u + data[0] % 16u);
  if (whole.content != pieces.content || whole.consumed != pieces.consumed || whole.done != pieces.done)
    std::abort();
  if (whole.refusal != pieces.refusal || whole.utf8 != pieces.utf8) std::abort();
  if (whole.tls_not_required != pieces.tls_not_required) std::abort();
  if (!whole.done) return 0;
  // The end is the first <CRLF>.<CRLF>, one CRLF before the data thought along.
  const std::string framed = "\r\n" + std::string(input);
  if (framed.find("\r\n.\r\n") + 3 != whole.consumed) std::abort();
  return 0;
}
