// A backup as one stream of bytes, which is complete in itself.
//
//   postroom archive 1
//   block INDEX LENGTH HASH     and the bytes: of the database, in any order
//   file LENGTH HASH            and the bytes
//   manifest LENGTH             and the text, which says what all of it is: the end
#pragma once

#include <istream>
#include <ostream>

#include "server/backup/take.h"

namespace postroom::backup {

class ArchiveWriter : public BlockSink {
 public:
  explicit ArchiveWriter(std::ostream& out);
  void database_block(std::size_t index, const std::string& hash, std::string_view bytes) override;
  void file(const BackedFile& file, std::string_view bytes) override;
  /// Throws BackupFault when not all of it could be written.
  void finish(const Manifest& manifest);

 private:
  void write(const std::string& head, std::string_view bytes);

  std::ostream& out_;
};

class Staging;

/// Puts an archive's contents into a staging folder. Throws BackupFault: cut short, changed.
Manifest read_archive(std::istream& in, Staging& staging);

}  // namespace postroom::backup
