// Another server's replies: the same whatever the pieces they come in, printable and bounded; what it says it
// can do. The first byte says in which pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "protocols/smtp/abilities.h"
#include "protocols/smtp/remote_reply.h"

namespace {

using namespace postroom::smtp;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Result {
  std::vector<std::string> replies;
  std::size_t consumed = 0;
  bool malformed = false;
  bool operator==(const Result&) const = default;
};

void look_at(const ReplyParser& parser, Result& result) {
  const RemoteReply reply = parser.reply();
  require(reply.code >= 200 && reply.code < 600 && !reply.ours && !reply.unsure);
  require(reply.positive() + reply.intermediate() + reply.transient() + reply.permanent() == 1);
  require(reply.text.size() <= RemoteReply::kLongestText);
  require(std::ranges::all_of(reply.shown(), [](char c) { return c >= ' ' && c <= '~'; }));
  require(reply.intermediate() == reply.status.empty());
  require(reply.intermediate() || reply.status.front() == '0' + reply.code / 100);
  require(!parser.lines().empty() && parser.lines().size() <= ReplyParser::kMostLines);
  for (const std::string& mechanism : parse_abilities(parser.lines()).auth)
    require(!mechanism.empty() && mechanism.find(' ') == std::string::npos);
  result.replies.push_back(reply.shown());
}

/// As the client does it: what was not taken comes again, with more.
Result read(std::string_view input, std::size_t piece_size) {
  Result result;
  std::size_t arrived = 0;
  ReplyParser parser;
  while (!result.malformed && arrived < input.size()) {
    arrived = std::min(arrived + piece_size, input.size());
    for (;;) {
      result.consumed += parser.feed(input.substr(result.consumed, arrived - result.consumed));
      if (parser.state() != ReplyParser::State::done) break;
      look_at(parser, result);
      parser = ReplyParser();
    }
    result.malformed = parser.state() == ReplyParser::State::malformed;
    require(result.malformed || arrived - result.consumed < ReplyParser::kLongestLine);
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  require(read(input, input.size()) == read(input, 1u + data[0] % 16u));
  return 0;
}
