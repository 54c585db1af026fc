#include "tests/model/search_tree.h"

#include <algorithm>

#include "base/text.h"
#include "tests/model/some_set.h"

namespace postroom::testing::model {

namespace {

SearchTree leaf(std::string text, SearchTree::Test test) {
  SearchTree tree;
  tree.text = std::move(text);
  tree.test = std::move(test);
  return tree;
}

SearchTree flag_key(Dice& dice) {
  const std::size_t number = dice.below(std::size(kFlags));
  const Bits bit = Bits{1} << number;
  const bool wanted = dice.one_in(2);
  const std::string name(kFlags[number]);
  const bool system = number < kSystemFlags;
  std::string text = (wanted ? "" : "UN") + (system ? upper(name.substr(1)) : "KEYWORD " + name);
  return leaf(std::move(text), [bit, wanted](const Mail& mail, const Searcher&) {
    return Verdict::of(((mail.flags & bit) != 0) == wanted);
  });
}

bool is_recent(const Mail& mail, const Searcher& searcher) {
  return std::any_of(searcher.entries.begin(), searcher.entries.end(),
                     [&](const Picture::Entry& entry) { return entry.uid == mail.uid && entry.recent; });
}

SearchTree recent_key(Dice& dice) {
  static constexpr const char* kNames[] = {"RECENT", "OLD", "NEW"};
  const std::size_t which = dice.below(std::size(kNames));
  return leaf(kNames[which], [which](const Mail& mail, const Searcher& searcher) {
    if (!searcher.recent_known) return Verdict::perhaps();
    const bool recent = is_recent(mail, searcher);
    if (which == 2) return Verdict::of(recent && (mail.flags & kSeen) == 0);
    return Verdict::of(recent == (which == 0));
  });
}

SearchTree set_key(Dice& dice, const Searcher& searcher, bool with_numbers, bool with_saved) {
  if (with_saved && dice.one_in(3))
    return leaf("$", [](const Mail& mail, const Searcher& who) {
      return Verdict::of(std::find(who.saved.begin(), who.saved.end(), mail.uid) != who.saved.end());
    });
  if (with_numbers && dice.one_in(2)) {
    const NumberSet set = some_numbers(dice, searcher.entries);
    const auto uids = set.by_number(searcher.entries);
    SearchTree tree = leaf(set.text(), [uids](const Mail& mail, const Searcher&) {
      return Verdict::of(uids && std::find(uids->begin(), uids->end(), mail.uid) != uids->end());
    });
    tree.numbers = true;
    tree.bad = !uids;
    return tree;
  }
  const NumberSet set = some_uids(dice, searcher.entries, with_numbers);
  const auto uids = set.by_uid(searcher.entries);
  return leaf("UID " + set.text(), [uids](const Mail& mail, const Searcher&) {
    return Verdict::of(std::find(uids.begin(), uids.end(), mail.uid) != uids.end());
  });
}

SearchTree size_key(Dice& dice) {
  const std::size_t size = text_of(static_cast<unsigned>(dice.below(kTexts))).bytes.size();
  const bool larger = dice.one_in(2);
  return leaf((larger ? "LARGER " : "SMALLER ") + std::to_string(size),
              [=](const Mail& mail, const Searcher&) {
                const std::size_t its = text_of(mail.text).bytes.size();
                return Verdict::of(larger ? its > size : its < size);
              });
}

std::string date_text(std::int64_t day) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return std::to_string(static_cast<unsigned>(date.day())) + "-" +
         kMonths[static_cast<unsigned>(date.month()) - 1] + "-" +
         std::to_string(static_cast<int>(date.year()));
}

Verdict on_day(std::int64_t its, std::size_t form, std::int64_t day) {
  if (form == 0) return Verdict::of(its < day);
  return Verdict::of(form == 1 ? its == day : its >= day);
}

SearchTree date_key(Dice& dice) {
  static constexpr const char* kNames[] = {"BEFORE ", "ON ", "SINCE "};
  const std::size_t form = dice.below(std::size(kNames));
  const std::int64_t day = 20454 + static_cast<std::int64_t>(dice.below(kTexts));
  if (dice.one_in(2))
    return leaf("SENT" + (kNames[form] + date_text(day)), [=](const Mail& mail, const Searcher&) {
      const std::int64_t sent = text_of(mail.text).sent;
      return sent == 0 ? Verdict::of(false) : on_day(sent, form, day);
    });
  return leaf(kNames[form] + date_text(day),
              [=](const Mail& mail, const Searcher&) { return on_day(mail.date / 86'400, form, day); });
}

SearchTree within_key(Dice& dice) {
  constexpr std::int64_t kUnsure = 5;  // seconds that may pass between a command and the search
  const auto seconds = static_cast<std::int64_t>(1 + dice.below(12 * 86'400));
  const bool older = dice.one_in(2);
  return leaf((older ? "OLDER " : "YOUNGER ") + std::to_string(seconds),
              [=](const Mail& mail, const Searcher& searcher) {
                const std::int64_t distance = mail.date - (searcher.now - seconds);
                if (std::abs(distance) <= kUnsure) return Verdict::perhaps();
                return Verdict::of(older == (distance < 0));
              });
}

SearchTree modseq_key(Dice& dice, ModSeq highest) {
  const ModSeq from = highest - std::min<ModSeq>(highest, dice.below(20));
  SearchTree tree = leaf("MODSEQ " + std::to_string(from), [from](const Mail& mail, const Searcher&) {
    return Verdict::of(mail.modseq >= from);
  });
  tree.modseq = true;
  return tree;
}

bool holds(const std::string& text, const std::string& part) {
  return lower(text).find(lower(part)) != std::string::npos;
}

SearchTree text_key(Dice& dice) {
  static constexpr const char* kParts[] = {"APPLES", "lunch", "re", "line 3", "bob@"};
  const std::string part = dice.of(kParts);
  static constexpr const char* kNames[] = {"SUBJECT", "BODY", "TEXT", "HEADER Subject", "FROM"};
  const std::size_t which = dice.below(std::size(kNames));
  return leaf(kNames[which] + (" \"" + part + "\""), [=](const Mail& mail, const Searcher&) {
    const Text& text = text_of(mail.text);
    const std::string* places[] = {&text.subject, &text.body, &text.bytes, &text.subject, nullptr};
    return Verdict::of(holds(which == 4 ? "bob@example.org" : *places[which], part));
  });
}

SearchTree some_key(Dice& dice, const Searcher& searcher, ModSeq highest, bool with_numbers,
                    bool with_saved) {
  switch (dice.below(10)) {
    case 0: return recent_key(dice);
    case 1:
    case 2: return set_key(dice, searcher, with_numbers, with_saved);
    case 3: return size_key(dice);
    case 4: return date_key(dice);
    case 5: return within_key(dice);
    case 6: return modseq_key(dice, highest);
    case 7: return text_key(dice);
    default: return flag_key(dice);
  }
}

/// What several keys have in common besides their tests.
SearchTree joined(std::string text, const SearchTree& a, const SearchTree& b) {
  SearchTree tree;
  tree.text = std::move(text);
  tree.numbers = a.numbers || b.numbers;
  tree.bad = a.bad || b.bad;
  tree.modseq = a.modseq || b.modseq;
  return tree;
}

}  // namespace

SearchTree SearchTree::some(Dice& dice, const Searcher& searcher, ModSeq highest, bool with_numbers,
                            bool with_saved, unsigned depth) {
  auto another = [&] { return some(dice, searcher, highest, with_numbers, with_saved, depth - 1); };
  const std::size_t form = depth == 0 ? 0 : dice.below(6);
  if (form < 3) return some_key(dice, searcher, highest, with_numbers, with_saved);
  const SearchTree a = another();
  if (form == 3) {
    SearchTree tree =
        joined("NOT " + (a.text.find(' ') == std::string::npos ? a.text : "(" + a.text + ")"), a, a);
    tree.test = [a](const Mail& mail, const Searcher& who) {
      const Verdict verdict = a.test(mail, who);
      return Verdict{verdict.may_not, verdict.may};
    };
    return tree;
  }
  const SearchTree b = another();
  const bool both = form == 4;
  SearchTree tree =
      joined(both ? "(" + a.text + " " + b.text + ")" : "OR (" + a.text + ") (" + b.text + ")", a, b);
  tree.test = [a, b, both](const Mail& mail, const Searcher& who) {
    const Verdict one = a.test(mail, who), other = b.test(mail, who);
    if (both) return Verdict{one.may && other.may, one.may_not || other.may_not};
    return Verdict{one.may || other.may, one.may_not && other.may_not};
  };
  return tree;
}

}  // namespace postroom::testing::model
