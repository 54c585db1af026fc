// WordTerms: a text index of words, for tests of the store: the terms of a message are the words among its
// first thousand bytes. One with the word "unfit" is not fit to be indexed.
#pragma once

#include <set>

#include "base/text.h"
#include "storage/terms.h"

namespace postroom::testing {

class WordTerms : public TermExtractor {
 public:
  explicit WordTerms(std::string version = "words") : version_(std::move(version)) {}

  std::string version() const override { return version_; }
  std::unique_ptr<TermFinder> begin(std::string_view) const override { return std::make_unique<Finder>(); }

  /// What asks for messages that have all of these words.
  static TermQuery all(std::vector<std::string> words) {
    TermQuery query;
    query.kind = TermQuery::Kind::terms;
    query.terms = std::move(words);
    return query;
  }

 private:
  class Finder : public TermFinder {
   public:
    std::optional<Bytes> wanted() const override {
      if (fed_) return std::nullopt;
      return Bytes{0, 1000};
    }
    void feed(std::string_view bytes) override {
      fed_ = true;
      text_ = lower(bytes);
    }
    std::optional<std::string> terms() override {
      std::set<std::string> words;
      std::string word;
      for (const char c : text_ + " ") {
        if (is_digit(c) || (c >= 'a' && c <= 'z')) {
          word += c;
        } else if (!word.empty()) {
          words.insert(std::exchange(word, {}));
        }
      }
      if (words.contains("unfit")) return std::nullopt;
      std::string all;
      for (const std::string& one : words) all += one + " ";
      return all;
    }

   private:
    bool fed_ = false;
    std::string text_;
  };

  const std::string version_;
};

}  // namespace postroom::testing
