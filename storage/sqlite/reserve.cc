// The file that takes the room: see reserve.h.
#include "storage/sqlite/reserve.h"

#include <fcntl.h>
#include <unistd.h>

namespace postroom::sqlite {

void Reserve::keep() noexcept {
  if (file_.empty()) return;
  const std::lock_guard lock(mutex_);
  const int descriptor = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  long size = kWhole;
  while (size >= kLeast && ::posix_fallocate(descriptor, 0, size) != 0) size /= 2;
  ::close(descriptor);
  // What a failed attempt has taken would be in the way.
  if (size < kLeast) ::unlink(file_.c_str());
  whole_ = size == kWhole;
}

bool Reserve::give() noexcept {
  if (file_.empty()) return false;
  const std::lock_guard lock(mutex_);
  whole_ = false;
  return ::unlink(file_.c_str()) == 0;
}

}  // namespace postroom::sqlite
