// Dice: what a run of the model leaves to chance, by one seed.
#pragma once

#include <random>

namespace postroom::testing::model {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : generator_(seed) {}
  std::size_t below(std::size_t limit) { return generator_() % limit; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class Some>
  const auto& of(const Some& some) {
    return *(std::begin(some) + static_cast<std::ptrdiff_t>(below(std::size(some))));
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace postroom::testing::model
