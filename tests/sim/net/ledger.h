// Ledger: what clients know of messages, and what is wrong. Every message has its number in its subject.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "storage/types.h"

namespace postroom::testing {

class Ledger {
 public:
  enum class Fate {
    absent,   ///< refused, or never said to its end
    unknown,  ///< said to its end, and the answer lost
    stored,   ///< acknowledged
  };
  struct Message {
    std::vector<int> recipients;  ///< accounts, by their place in the scenario
    bool traced = true;           ///< came by SMTP, with our trace fields on top
    std::size_t size = 0;         ///< about
    Fate fate = Fate::absent;
  };

  /// A new message; its number.
  int compose(std::vector<int> recipients, bool traced, std::size_t size);
  std::string text(int number) const;
  Message& message(int number) { return messages_.at(static_cast<std::size_t>(number)); }

  /// Somebody has read this message; its bytes are looked at.
  void read(int account, Uid uid, const std::string& content);
  /// Somebody has seen which message this is.
  void saw(int account, Uid uid, int number);
  bool knows(int account, Uid uid) const { return place(account).numbers.contains(uid); }
  /// Somebody removes it, or tries to.
  void may_go(int account, Uid uid) { places_[account].may_go.insert(uid); }
  /// Its removal was acknowledged.
  void is_gone(int account, Uid uid) { places_[account].gone.insert(uid); }
  bool removed(int account, Uid uid) const { return place(account).may_go.contains(uid); }
  /// It is recent for this session, and then for no other (RFC 3501 2.3.2).
  void recent(int account, Uid uid, int session);
  int new_session() { return ++sessions_; }

  /// What is there in the end.
  struct Found {
    Uid uid_next = 1;
    std::map<Uid, std::string> contents;
  };
  void judge(const std::map<int, Found>& accounts);

  void complain(const std::string& what) { complaints_ += what + "\n"; }
  const std::string& complaints() const { return complaints_; }
  /// Messages of a fate.
  std::size_t count(Fate fate) const;

 private:
  struct Place {
    std::map<Uid, int> numbers;
    std::set<Uid> may_go;
    std::set<Uid> gone;
    std::map<Uid, int> recent_for;
  };
  using Copies = std::map<int, std::size_t>;  // by account

  const Place& place(int account) const;
  void judge_message(int number, const Copies& copies);

  std::vector<Message> messages_{1};  // none has the number 0
  std::map<int, Place> places_;
  int sessions_ = 0;
  std::string complaints_;
};

/// The number in a message's subject; 0 without one.
int number_in(std::string_view content);

}  // namespace postroom::testing
