// A Resolver that knows what a test has told it, and answers at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/relay/resolver.h"

namespace postroom::testing {

class FakeResolver : public relay::Resolver {
 public:
  /// What the DNS has under one name. A name that nobody has spoken of is not there.
  struct Name {
    relay::Lookup lookup = relay::Lookup::found;  ///< failed, bogus, no_name: of every question
    bool secure = false;
    std::vector<relay::Mx> mx;
    std::vector<std::string> addresses;
    std::vector<relay::Tlsa> tlsa;
    std::vector<std::string> txt;
    std::string alias_of;  ///< what answers about addresses name as their owner
  };

  /// `resolver["example.org"].mx = {{10, "mail.example.org"}};`
  Name& operator[](const std::string& name) { return names_[name]; }

  /// What was asked, in order: "mx example.org".
  std::vector<std::string> asked;

  Task<relay::Answer<relay::Mx>> mx(std::string domain) override {
    co_return answer("mx", domain, &Name::mx);
  }
  Task<relay::Answer<std::string>> addresses(std::string host) override {
    co_return answer("addresses", host, &Name::addresses);
  }
  Task<relay::Answer<relay::Tlsa>> tlsa(std::string name) override {
    co_return answer("tlsa", name, &Name::tlsa);
  }
  Task<relay::Answer<std::string>> txt(std::string name) override {
    co_return answer("txt", name, &Name::txt);
  }

 private:
  template <class Record>
  relay::Answer<Record> answer(const std::string& what, const std::string& name,
                               std::vector<Record> Name::* records) {
    using relay::Lookup;
    asked.push_back(what + " " + name);
    relay::Answer<Record> answer;
    const auto known = names_.find(name);
    if (known == names_.end()) {
      answer.lookup = Lookup::no_name;
      return answer;
    }
    answer.lookup = known->second.lookup;
    if (answer.lookup == Lookup::failed || answer.lookup == Lookup::bogus) {
      answer.why = "as the test wants it";
      return answer;
    }
    answer.secure = known->second.secure;
    if (answer.lookup != Lookup::found) return answer;
    answer.records = known->second.*records;
    if (what == "addresses") answer.name = known->second.alias_of;
    if (answer.records.empty()) answer.lookup = Lookup::no_data;
    return answer;
  }

  std::map<std::string, Name> names_;
};

}  // namespace postroom::testing
