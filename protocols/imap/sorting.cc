// Sorting: runs of some thousand messages, then a merge of all of them.
#include "protocols/imap/sorting.h"

#include <algorithm>
#include <numeric>

namespace postroom::imap {

namespace {

// Of one step.
constexpr std::size_t kRun = 8192;

std::int64_t arrival_of(const MessageRow& row, const mime::SortKeys&) {
  return row.internal_date.time_since_epoch().count();
}
std::int64_t size_of(const MessageRow& row, const mime::SortKeys&) {
  return static_cast<std::int64_t>(row.size);
}
/// RFC 5256 2.2.
std::int64_t date_of(const MessageRow& row, const mime::SortKeys& keys) {
  return keys.sent.value_or(row.internal_date.time_since_epoch().count());
}

}  // namespace

/// A number, or a text that the header has.
struct SortKey {
  std::string_view name;
  std::int64_t (*number)(const MessageRow& row, const mime::SortKeys& keys);
  std::string mime::SortKeys::* text;
  bool of_header;
};

namespace {

constexpr SortKey kKeys[] = {{"ARRIVAL", &arrival_of, nullptr, false},
                             {"CC", nullptr, &mime::SortKeys::cc, true},
                             {"DATE", &date_of, nullptr, true},
                             {"DISPLAYFROM", nullptr, &mime::SortKeys::display_from, true},
                             {"DISPLAYTO", nullptr, &mime::SortKeys::display_to, true},
                             {"FROM", nullptr, &mime::SortKeys::from, true},
                             {"SIZE", &size_of, nullptr, false},
                             {"SUBJECT", nullptr, &mime::SortKeys::subject, true},
                             {"TO", nullptr, &mime::SortKeys::to, true}};

SortCriterion parse_sort_criterion(Cursor& in) {
  SortCriterion criterion;
  criterion.reverse = in.take_word("REVERSE");
  if (criterion.reverse) in.sp();
  for (const SortKey& key : kKeys) {
    if (!in.take_word(key.name)) continue;
    criterion.key = &key;
    return criterion;
  }
  in.fail("sort-key");
  return criterion;
}

}  // namespace

std::vector<SortCriterion> parse_sort_criteria(Cursor& in) {
  std::vector<SortCriterion> criteria;
  in.need("(");
  do {
    const SortCriterion criterion = parse_sort_criterion(in);
    const bool again = std::any_of(criteria.begin(), criteria.end(),
                                   [&](const SortCriterion& one) { return one.key == criterion.key; });
    if (!again) criteria.push_back(criterion);
  } while (in.take(" "));
  in.need(")");
  return criteria;
}

Sorter::Sorter(std::vector<SortCriterion> criteria) {
  for (const SortCriterion& criterion : criteria) columns_.emplace_back().criterion = criterion;
}

std::uint32_t Sorter::want() const {
  const bool header = std::any_of(columns_.begin(), columns_.end(),
                                  [](const Column& column) { return column.criterion.key->of_header; });
  return Want::flags | (header ? Want::sort_keys : 0);
}

void Sorter::add(const MessageRow& row) {
  const mime::SortKeys keys = mime::SortKeys::parse(row.sort_keys).value_or(mime::SortKeys());
  for (Column& column : columns_) {
    const SortKey& key = *column.criterion.key;
    if (key.text) {
      column.texts += keys.*key.text;
      bytes_ += (keys.*key.text).size();
    }
    column.numbers.push_back(key.text ? static_cast<std::int64_t>(column.texts.size())
                                      : key.number(row, keys));
  }
  uids_.push_back(row.uid);
  bytes_ += sizeof(Uid) + 2 * sizeof(std::uint32_t) + columns_.size() * sizeof(std::int64_t);
}

std::string_view Sorter::text(const Column& column, std::size_t message) const {
  const auto begin = static_cast<std::size_t>(message == 0 ? 0 : column.numbers[message - 1]);
  return std::string_view(column.texts)
      .substr(begin, static_cast<std::size_t>(column.numbers[message]) - begin);
}

bool Sorter::before(std::uint32_t a, std::uint32_t b) const {
  for (const Column& column : columns_) {
    const auto order = column.criterion.key->text ? text(column, a) <=> text(column, b)
                                                  : column.numbers[a] <=> column.numbers[b];
    if (order != 0) return column.criterion.reverse ? order > 0 : order < 0;
  }
  return a < b;
}

bool Sorter::later(const Run& a, const Run& b) const { return before(runs_[b.next], runs_[a.next]); }

bool Sorter::step() {
  if (prepared_ < uids_.size()) {
    sort_run();
  } else {
    merge_some();
  }
  return merged_.size() < uids_.size();
}

void Sorter::sort_run() {
  const std::size_t begin = prepared_;
  prepared_ = std::min(begin + kRun, uids_.size());
  for (std::size_t place = begin; place < prepared_; ++place)
    runs_.push_back(static_cast<std::uint32_t>(place));
  std::sort(runs_.begin() + static_cast<std::ptrdiff_t>(begin), runs_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return before(a, b); });
  heads_.push_back({begin, prepared_});
  std::push_heap(heads_.begin(), heads_.end(), [&](const Run& a, const Run& b) { return later(a, b); });
}

void Sorter::merge_some() {
  const auto order = [&](const Run& a, const Run& b) { return later(a, b); };
  for (std::size_t count = 0; count < kRun && !heads_.empty(); ++count) {
    std::pop_heap(heads_.begin(), heads_.end(), order);
    Run& first = heads_.back();
    merged_.push_back(runs_[first.next++]);
    if (first.next == first.end)
      heads_.pop_back();
    else
      std::push_heap(heads_.begin(), heads_.end(), order);
  }
}

std::vector<Uid> Sorter::sorted() const {
  std::vector<Uid> all;
  all.reserve(merged_.size());
  for (const std::uint32_t place : merged_) all.push_back(uids_[place]);
  return all;
}

}  // namespace postroom::imap
