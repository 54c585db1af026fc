// Files that only the server may read: keys, and the data directory they lie in.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace postroom {

/// Makes the directory, with mode 0700, when it is missing. Throws std::runtime_error.
void make_private_directory(const std::filesystem::path& directory);

/// Writes a file of mode 0600, whole or not at all, durable when it returns; an older one is replaced. Throws
/// std::runtime_error.
void replace_private_file(const std::filesystem::path& file, const std::string& bytes);
/// The same, but leaves an older one alone and returns false.
bool create_private_file(const std::filesystem::path& file, const std::string& bytes);

/// Nothing when there is no such file. Throws std::runtime_error: no permission, or others than the owner may
/// read it.
std::optional<std::string> read_private_file(const std::filesystem::path& file);

/// Holds DATA/postroom.lock while it lives, so that one server serves a data directory. Throws
/// std::runtime_error when another one does. Released by the system when the process dies.
class DataLock {
 public:
  explicit DataLock(const std::filesystem::path& data);
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;
  ~DataLock();

 private:
  int descriptor_;
};

}  // namespace postroom
