// Files that only the server may read: see private_file.h.
#include "server/private_file.h"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"

namespace postroom {

namespace {

[[noreturn]] void cannot(const std::string& what, const std::filesystem::path& file, int error) {
  throw std::runtime_error("cannot " + what + " " + file.string() + ": " +
                           std::generic_category().message(error));
}

/// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

bool write_and_sync(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(descriptor) == 0;
}

/// A new file beside `file` that holds `bytes`, durably.
std::filesystem::path write_temporary(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::path temporary = file.string() + "." + hex_encode(random_bytes(std::size_t{8}));
  const Descriptor made(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made.valid()) cannot("make", temporary, errno);
  if (write_and_sync(made.number(), bytes)) return temporary;
  const int error = errno;
  ::unlink(temporary.c_str());
  cannot("write", file, error);
}

void sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::fsync(opened.number()) != 0) cannot("write", directory, errno);
}

}  // namespace

void make_private_directory(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_directory(directory / "..");
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && std::filesystem::is_directory(directory, ignored)) return;
  cannot("make the data directory", directory, error == EEXIST ? ENOTDIR : error);
}

void replace_private_file(const std::filesystem::path& file, const std::string& bytes) {
  const std::filesystem::path temporary = write_temporary(file, bytes);
  if (::rename(temporary.c_str(), file.c_str()) == 0) return sync_directory(file.parent_path());
  const int error = errno;
  ::unlink(temporary.c_str());
  cannot("write", file, error);
}

bool create_private_file(const std::filesystem::path& file, const std::string& bytes) {
  const std::filesystem::path temporary = write_temporary(file, bytes);
  const int error = ::link(temporary.c_str(), file.c_str()) == 0 ? 0 : errno;
  ::unlink(temporary.c_str());
  if (error != 0 && error != EEXIST) cannot("write", file, error);
  sync_directory(file.parent_path());
  return error == 0;
}

std::optional<std::string> read_private_file(const std::filesystem::path& file) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.valid()) {
    if (errno == ENOENT) return std::nullopt;
    cannot("read", file, errno);
  }
  struct stat status{};
  if (::fstat(opened.number(), &status) != 0) cannot("read", file, errno);
  if ((status.st_mode & 077) != 0)
    throw std::runtime_error(file.string() + " can be read by others than its owner: `chmod 600 " +
                             file.string() + "`");
  std::string bytes;
  char piece[4096];
  for (;;) {
    const ssize_t count = ::read(opened.number(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot("read", file, errno);
    if (count == 0) return bytes;
    bytes.append(piece, static_cast<std::size_t>(count));
  }
}

DataLock::DataLock(const std::filesystem::path& data) {
  const std::filesystem::path file = data / "postroom.lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) cannot("open", file, errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(descriptor_);
  if (error == EWOULDBLOCK) throw std::runtime_error("another postroom serves " + data.string() + " already");
  cannot("lock", file, error);
}

DataLock::~DataLock() { ::close(descriptor_); }

}  // namespace postroom
