// SearchKey: one SEARCH key, or a family of keys that are the same thing (RFC 3501 6.4.4). A file in search/
// defines one; the folder is the table (CMakeLists.txt).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/cursor.h"
#include "protocols/imap/search_return.h"
#include "protocols/imap/view.h"
#include "storage/types.h"

namespace postroom::imap {

struct SearchKey;
class QueryParser;

/// A key as the client wrote it, with its arguments, or a combination of others.
struct SearchNode {
  SearchNode() = default;
  enum class Kind : std::uint8_t { key, all_of, any_of, none_of };
  Kind kind = Kind::all_of;
  std::vector<SearchNode> children;  ///< of a combination; without any, all_of is true

  const SearchKey* key = nullptr;
  std::size_t form = 0;  ///< which of the key's names was written
  std::uint64_t number = 0;
  WallTime day{};
  std::string field;  ///< in lower case
  std::string text;   ///< in UTF-8
  Numbers numbers = Numbers::sequence;
  SequenceSet set;

  /// Only such messages can match.
  enum class Age : std::uint8_t { any, recent, old } age = Age::any;

  // Found by resolve().
  WallTime moment{};
  std::optional<UidSet> uids;  ///< only these can match; no more runs than the client wrote ranges
  std::size_t leaf = 0;        ///< its place among the keys of the query
};

/// What must be at hand to decide a key. Cheaper ones are asked first, and no more is read of a message than
/// what decides it.
enum class Cost : std::uint8_t {
  uid,     ///< the session's view: SearchNode::uids and age say all
  row,     ///< the message's row
  header,  ///< its header
  body,    ///< its text
};

/// What a search looks at besides messages.
struct SearchContext {
  const View& view;
  const std::vector<std::string>& keywords;  ///< the account's, by number
  WallTime now{};
  bool bad_number = false;    ///< a sequence number that there is not was used
  bool uses_numbers = false;  ///< sequence numbers were used
};

/// A piece of text of a message.
enum class TextPlace : std::uint8_t {
  header,  ///< a field of the message's header
  mime,    ///< a field of a part's MIME header
  body,    ///< text in its body, an attachment's name, or a header field of a message within it
};

struct SearchKey {
  /// In upper case.
  std::span<const std::string_view> names;
  Cost cost = Cost::row;
  /// Cost::row: the Want bits that matches() needs.
  std::uint32_t want = 0;
  /// Using it enables CONDSTORE, and the answer tells the highest MODSEQ (RFC 7162 3.1.5).
  bool condstore = false;
  /// resolve() needs the account's keywords.
  bool keywords = false;
  /// What it adds to the capability list once logged in.
  std::string_view capability = {};
  /// Reads the arguments, beginning at the SP before them. Null: there are none.
  void (*parse)(Cursor& in, QueryParser& parser, SearchNode& node) = nullptr;
  /// Once for a command, before the first message; on a worker thread. Null: nothing to do.
  void (*resolve)(SearchNode& node, SearchContext& context) = nullptr;
  /// Cost::row: does the message match, as far as its row tells?
  bool (*matches)(const SearchNode& node, const MessageRow& row) = nullptr;
  /// Cost::header, body: is node.text looked for here? `field` is the header field's name, in lower case.
  bool (*looks_at)(const SearchNode& node, TextPlace place, std::string_view field) = nullptr;
};

/// All of search/; written by CMake.
std::span<const SearchKey* const> search_keys();

/// SEARCH's arguments as they are read (RFC 3501 9 search-key). Pure.
class QueryParser {
 public:
  /// `charset` of the strings; empty: none given.
  explicit QueryParser(std::string charset);

  /// search-key, into an empty node.
  void key(Cursor& in, SearchNode& node);
  /// astring, as UTF-8. Fails when it is longer than kMaxText.
  std::string text(Cursor& in);
  /// sequence-set. Fails when "$" has been used kMaxSaved times: what it stands for is copied for each.
  SequenceSet set(Cursor& in);

  static constexpr std::size_t kMaxKeys = 1000;
  static constexpr std::size_t kMaxDepth = 100;
  static constexpr std::size_t kMaxText = 4096;
  static constexpr std::size_t kMaxSaved = 8;
  /// Keys that look for text: each looks at every byte.
  static constexpr std::size_t kMaxTexts = 50;

 private:
  void named_key(Cursor& in, SearchNode& node);

  std::string charset_;
  std::size_t keys_ = 0;
  std::size_t depth_ = 0;
  std::size_t saved_ = 0;
};

/// SEARCH's whole criteria.
struct SearchCriteria {
  SearchCriteria() = default;
  Numbers numbers = Numbers::sequence;  ///< of the answer
  bool charset_given = false;
  bool known_charset = true;
  bool condstore = false;  ///< a key asks for mod-sequences
  bool keywords = false;   ///< a key needs the account's keywords
  SearchReturn returns;
  std::size_t texts = 0;  ///< keys that look for text
  SearchNode root;
};
// What keys about a day share: their forms are before, on, and since.
void parse_day(Cursor& in, QueryParser& parser, SearchNode& node);
/// Is it the day of `moment` that is meant? Days are UTC's.
bool matches_day(const SearchNode& node, WallTime moment);

/// 1*(SP search-key) after its first SP; `charset` is that of the strings, empty: none given.
void parse_search_keys(Cursor& in, std::string charset, SearchCriteria& criteria);
/// From the SP after the command's name on.
SearchCriteria parse_search(Cursor& in);

}  // namespace postroom::imap
