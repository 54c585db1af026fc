// The bytes of a database file as they are at one moment, while others go on writing to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// Takes pages of the image: at which byte of it, and the bytes. Nearly in order: the first page comes last.
/// Pages that never come are zeros. May throw: copying ends with what it threw.
using PageTaker = std::function<void(std::uint64_t offset, std::string_view bytes)>;

/// Reads all of a database in one read transaction, in constant memory and without a copy on any disk. Nobody
/// waits for it, but as long as it lasts the WAL grows instead of starting afresh.
class ImageCopy {
 public:
  /// Begins: what is committed from now on is not seen. Throws StoreFault.
  explicit ImageCopy(Connection& source);
  ImageCopy(const ImageCopy&) = delete;
  ImageCopy& operator=(const ImageCopy&) = delete;
  ~ImageCopy();

  /// Gives every page to `take`; returns the size of the image. Throws StoreFault, or what `take` throws.
  std::uint64_t run(const PageTaker& take);

 private:
  Connection& source_;
  Transaction transaction_;
};

}  // namespace postroom::sqlite
