// A pool of read-only connections.
#include "storage/sqlite/readers.h"

#include <algorithm>

namespace postroom::sqlite {

Readers::Readers(Runtime& runtime, const std::filesystem::path& file, const Connection::Settings& settings,
                 std::size_t count)
    : runtime_(runtime), returned_(runtime) {
  Connection::Settings read_only = settings;
  read_only.read_only = true;
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    all_.push_back(std::make_unique<Connection>(file, read_only));
    idle_.push_back(all_.back().get());
  }
}

Readers::Loan::Loan(Readers& readers) : from(readers), arrived(readers.runtime_) {
  if (from.idle_.empty()) {
    from.waiting_.push_back(this);
    return;
  }
  connection = from.idle_.back();
  from.idle_.pop_back();
}

Readers::Loan::~Loan() {
  if (from.waiting_.empty()) {
    from.idle_.push_back(connection);
    from.returned_.raise();
    return;
  }
  Loan* next = from.waiting_.front();
  from.waiting_.pop_front();
  next->connection = connection;
  next->arrived.raise();
}

Task<> Readers::finish() {
  while (idle_.size() < all_.size()) co_await returned_.wait();
}

}  // namespace postroom::sqlite
