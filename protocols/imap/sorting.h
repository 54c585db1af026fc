// SORT's order (RFC 5256 3, RFC 5957 4). Pure; in steps, since a mailbox may be large.
#pragma once

#include <string>
#include <vector>

#include "protocols/imap/cursor.h"
#include "protocols/mime/sort_keys.h"
#include "storage/types.h"

namespace postroom::imap {

struct SortKey;

/// sort-criterion (RFC 5256 5).
struct SortCriterion {
  const SortKey* key = nullptr;
  bool reverse = false;
};

/// sort-criteria; what is asked for again decides nothing and is left out.
std::vector<SortCriterion> parse_sort_criteria(Cursor& in);

/// Sorts messages that are added in the order of the mailbox, which decides between equal ones.
class Sorter {
 public:
  explicit Sorter(std::vector<SortCriterion> criteria);

  /// Want bits of what the rows must have.
  std::uint32_t want() const;
  void add(const MessageRow& row);
  /// Bytes of memory, about.
  std::size_t bytes() const { return bytes_; }

  /// Once all are added: works for some milliseconds; false: there is nothing left to do.
  bool step();
  /// All messages in order; after the last step().
  std::vector<Uid> sorted() const;

 private:
  struct Column {
    SortCriterion criterion;
    std::vector<std::int64_t> numbers;  // of a text: where it ends
    std::string texts;
  };
  struct Run {
    std::size_t next;
    std::size_t end;
  };

  std::string_view text(const Column& column, std::size_t message) const;
  bool before(std::uint32_t a, std::uint32_t b) const;
  bool later(const Run& a, const Run& b) const;
  void sort_run();
  void merge_some();

  std::vector<Column> columns_;
  std::vector<Uid> uids_;
  std::size_t bytes_ = 0;
  std::vector<std::uint32_t> runs_;  // places of messages, sorted run by run
  std::vector<Run> heads_;           // a heap, the run with the first message on top
  std::size_t prepared_ = 0;         // how many messages are in sorted runs
  std::vector<std::uint32_t> merged_;
};

}  // namespace postroom::imap
