// Query: SEARCH's criteria, held against one message after another. Pure.
//
// What is not known yet of a message is unknown, and so may the verdict be; the caller brings more (its
// header, its text) only then. That is how cheap keys keep dear ones from being asked.
#pragma once

#include "protocols/imap/message_scan.h"
#include "protocols/imap/needle.h"
#include "protocols/imap/text_terms.h"

namespace postroom::imap {

enum class Truth : std::uint8_t { no, yes, unknown };

class Query final : public TextReader {
 public:
  /// Resolves the keys; context.bad_number tells if that went wrong. The context's view outlives the query.
  Query(SearchNode root, SearchContext& context);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// How many there are.
  std::size_t keys() const { return leaves_.size(); }
  /// How many of them look for text.
  std::size_t texts() const { return texts_; }
  /// Of the dearest key.
  Cost cost() const { return cost_; }
  /// Want bits of what the rows must have.
  std::uint32_t want() const { return want_; }
  /// Is there a key that a header decides?
  bool decided_by_headers() const { return decided_by_headers_; }

  /// Those of `all` that can match by what the view tells: all others do not. Besides the answer this takes
  /// the memory of the sequence sets in the query, whatever the view is like.
  struct Selection {
    UidSet uids;
    bool exact = false;  ///< all of them match
  };
  Selection select(const UidSet& all) const;

  /// What the text index is to be asked: the messages of which it says no do not match.
  TermQuery terms() const;

  // One message: begin(), then as long as the verdict is unknown a MessageScan tells more.

  void begin(const MessageRow& row);
  bool reads_header() const override { return reads_header_; }
  bool reads_body() const override { return cost_ == Cost::body; }
  bool done() const override { return verdict() != Truth::unknown; }
  void field(TextPlace place, std::string_view name, std::string_view body) override;
  void end_header() override { end(Cost::header); }
  void body_text(std::string_view folded) override;
  void end_text() override;
  void end_body() override { end(Cost::body); }

  Truth verdict() const { return judge(root_); }

 private:
  struct Leaf {
    const SearchNode* node;
    Needle needle;
    Truth truth = Truth::unknown;
  };
  // What can match: UIDs, in the view or not, that are recent, or not.
  struct Bound {
    std::optional<UidSet> uids;  // absent: all
    bool recent = false;
    bool old = false;
    bool exact = false;

    bool aged() const { return recent || old; }
  };

  void resolve(SearchNode& node, SearchContext& context);
  void gather(SearchNode& node);
  static Bound bound(const SearchNode& node);
  static Bound bound_of_all(const SearchNode& node);
  static Bound bound_of_any(const SearchNode& node);
  TermQuery terms(const SearchNode& node, std::size_t& left) const;
  Truth by_row(const SearchNode& node, const MessageRow& row) const;
  Truth judge(const SearchNode& node) const;
  void end(Cost cost);

  SearchNode root_;
  const UidSet& recent_;  // the view's
  std::vector<Leaf> leaves_;
  std::size_t texts_ = 0;
  Cost cost_ = Cost::uid;
  std::uint32_t want_ = Want::flags;
  bool reads_header_ = false;
  bool decided_by_headers_ = false;
};

}  // namespace postroom::imap
