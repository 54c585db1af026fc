// CAPABILITIES.md says of each capability that is announced which conversation shows it.
#include "protocols/imap/capability.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/text.h"
#include "tests/support/fake_deflate.h"
#include "tests/unit/imap/session_fixture.h"

namespace postroom::imap {
namespace {

const std::filesystem::path kTable = TESTS_DIR "/../protocols/imap/CAPABILITIES.md";

/// By capability, the targets of its links to files.
std::map<std::string, std::vector<std::string>> read_table() {
  std::map<std::string, std::vector<std::string>> table;
  std::ifstream in(kTable);
  for (std::string line; std::getline(in, line);) {
    const auto cells = split(line, '|');
    if (cells.size() != 6 || trim(cells[1]) == "capability" || trim(cells[1]) == "---") continue;
    std::vector<std::string>& files = table[std::string(trim(cells[1]))];
    const std::string_view shown_by = cells[4];
    for (std::size_t at = shown_by.find("]("); at != shown_by.npos; at = shown_by.find("](", at + 1))
      files.emplace_back(shown_by.substr(at + 2, shown_by.find(')', at) - at - 2));
  }
  return table;
}

/// "APPENDLIMIT=257890" is the table's "APPENDLIMIT=n".
std::string without_number(std::string capability) {
  constexpr std::string_view kLimit = "APPENDLIMIT=";
  return capability.starts_with(kLimit) ? std::string(kLimit) + "n" : capability;
}

class Capabilities : public ImapSession {
 protected:
  /// To a client of this state, near or far, that may have TLS or not.
  void announce(State state, bool near, TlsAcceptor* tls) {
    world.peer.loopback = near;
    service.tls = tls;
    Session session(world.connection(), service, options);
    session.state = state;
    std::istringstream list(capabilities(session));
    for (std::string one; list >> one;) announced.insert(without_number(one));
  }

  std::set<std::string> announced;
};

TEST_F(Capabilities, HaveALineInTheTableEach) {
  options.compress = &postroom::testing::fake_deflate;
  for (const State state : {State::not_authenticated, State::authenticated})
    for (const bool near : {false, true}) {
      announce(state, near, nullptr);
      announce(state, near, &world.tls);
    }
  const auto table = read_table();
  std::set<std::string> lines;
  for (const auto& [capability, files] : table) {
    lines.insert(capability);
    EXPECT_FALSE(files.empty()) << capability << " is shown by nothing";
    for (const std::string& file : files)
      EXPECT_TRUE(std::filesystem::is_regular_file(kTable.parent_path() / file))
          << capability << ": " << file;
  }
  EXPECT_EQ(announced, lines);
}

}  // namespace
}  // namespace postroom::imap
