// Picture: the selected mailbox as an IMAP client knows it, from nothing but what it was told (RFC 3501 7.4).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "storage/types.h"

namespace postroom::testing {

/// One response, whole: a line, and the literals announced in it.
struct ImapResponse {
  ImapResponse() = default;
  std::string text;
  std::vector<std::string> literals;
};

/// The data items of a FETCH response, by name; literals and quoted strings as they are.
std::map<std::string, std::string> fetch_items(const ImapResponse& response);

using FlagSet = std::set<std::string>;
FlagSet flag_set(std::string_view list);
std::string flag_list(const FlagSet& flags);

class Picture {
 public:
  struct Entry {
    Uid uid = 0;                   ///< 0: not told yet
    std::optional<FlagSet> flags;  ///< without \Recent; nothing: not known for certain
    ModSeq modseq = 0;             ///< of these flags; 0: not told
    bool meant = false;            ///< by the command under way,
    bool told = false;             ///< and its flags were told in the answer
    bool recent = false;           ///< as its last FLAGS had it, or RECENT's count
  };

  // What the server tells. Each throws std::logic_error with what is wrong.
  void exists(std::uint64_t count);
  void expunge(std::uint64_t number);
  void vanished(Uid uid);
  Entry& fetched(std::uint64_t number, const std::map<std::string, std::string>& items);

  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }
  /// A new command begins, which means none of them so far.
  void mean_none();
  std::size_t size() const { return entries_.size(); }
  /// Sequence numbers of which something is unknown, as a set; empty: none.
  std::string unknown() const;

  /// What is there in truth.
  struct Truth {
    Truth() = default;
    Uid uid = 0;
    FlagSet flags;
    ModSeq modseq = 0;
  };
  /// How the picture differs from it; what the client knows it does not know is passed over. Empty: not at
  /// all.
  std::string differs_from(const std::vector<Truth>& truth) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace postroom::testing
