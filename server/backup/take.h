// Takes a backup of a data directory, beside a running server or without one.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.h"
#include "server/backup/manifest.h"

namespace postroom::backup {

/// Where a backup goes. Each may throw BackupFault.
class BlockSink {
 public:
  virtual ~BlockSink() = default;
  /// Of the database; blocks come in any order.
  virtual void database_block(std::size_t index, const std::string& hash, std::string_view bytes) = 0;
  virtual void file(const BackedFile& file, std::string_view bytes) = 0;
};

/// Makes blocks of pages, which come nearly in order. Holds as many unfinished blocks as there are pages
/// waiting in SQLite's cache at most, some megabytes.
class BlockCutter {
 public:
  explicit BlockCutter(BlockSink& sink) : sink_(sink) {}

  void write(std::uint64_t offset, std::string_view bytes);
  /// No more pages come; the hashes of all blocks.
  std::vector<std::string> finish(std::uint64_t size);

 private:
  struct Part {
    std::string bytes = std::string(kBlockSize, '\0');
    std::size_t filled = 0;
  };
  void give(std::size_t index, std::string_view bytes);

  BlockSink& sink_;
  std::map<std::size_t, Part> parts_;
  std::vector<std::string> hashes_;  // empty: not given yet
};

struct Taken {
  Taken() = default;
  Manifest manifest;
  std::vector<std::string> left_out;  ///< what beside the database is not in it, and why
};

/// Reads the database as it is at one moment, then the files beside it. Throws BackupFault, StoreFault.
Taken take_backup(const std::filesystem::path& data, BlockSink& sink, WallTime now);

}  // namespace postroom::backup
