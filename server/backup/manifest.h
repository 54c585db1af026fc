// What a backup consists of, as text: the blocks of the database's image, by the SHA-256 of their bytes, and
// the small files beside it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::backup {

/// A backup is not what it should be, or cannot be written or read; what() is a sentence for the
/// administrator.
class BackupFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The database is cut into blocks of this size; the last one may be shorter.
inline constexpr std::size_t kBlockSize = 128 << 10;
/// Of the data directory's files beside the database.
inline constexpr std::size_t kMostFileSize = 4 << 20;
inline constexpr std::size_t kMostFiles = 10'000;

struct BackedFile {
  BackedFile() = default;
  std::string name;  ///< below the data directory, with '/' between
  std::uint64_t size = 0;
  std::string block;  ///< the hash of all of it

  bool operator==(const BackedFile&) const = default;
};

struct Manifest {
  Manifest() = default;
  std::string postroom;      ///< the version that made it
  std::uint64_t schema = 0;  ///< of the database
  std::int64_t taken = 0;    ///< Unix seconds: every message acknowledged before is in it
  std::uint64_t database_size = 0;
  std::vector<std::string> blocks;  ///< hashes, 64 hex digits each
  std::vector<BackedFile> files;

  /// Of the database's block `index`.
  std::size_t block_length(std::size_t index) const;

  bool operator==(const Manifest&) const = default;
};

/// How many blocks an image of this size has.
std::uint64_t block_count(std::uint64_t database_size);

std::string manifest_text(const Manifest& manifest);
/// Throws BackupFault: cut short, changed, or made to write elsewhere.
Manifest parse_manifest(std::string_view text);

/// The name of bytes: 64 lower-case hex digits.
std::string hash_of(std::string_view bytes);
bool is_hash(std::string_view text);
/// Is it the database or a file that belongs to it, by its name in the data directory?
bool is_made_by_the_store(std::string_view name);
/// Is it a path that stays below the directory it is put into, and nothing of the database's own?
bool is_safe_name(std::string_view name);

}  // namespace postroom::backup
