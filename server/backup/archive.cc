// Backups as streams: see archive.h.
#include "server/backup/archive.h"

#include <array>

#include "base/text.h"
#include "server/backup/staging.h"

namespace postroom::backup {

namespace {

constexpr std::string_view kFirstLine = "postroom archive 1";
constexpr std::size_t kMostLine = 200;
constexpr std::size_t kMostManifest = 300 << 20;

[[noreturn]] void cut_short() { throw BackupFault("the archive is cut short"); }
[[noreturn]] void damaged() { throw BackupFault("the archive is damaged"); }

std::string read_line(std::istream& in) {
  std::string line;
  for (int c = in.get(); c != '\n'; c = in.get()) {
    if (c == std::istream::traits_type::eof()) cut_short();
    line += static_cast<char>(c);
    if (line.size() > kMostLine) damaged();
  }
  return line;
}

/// Piece by piece: what the line says need not be true.
std::string read_bytes(std::istream& in, std::string_view length, std::size_t most) {
  const auto count = parse_number(length);
  if (!count || *count > most) damaged();
  std::string bytes;
  std::array<char, 64 << 10> piece;
  while (bytes.size() < *count) {
    const std::size_t want = std::min<std::size_t>(piece.size(), *count - bytes.size());
    if (!in.read(piece.data(), static_cast<std::streamsize>(want))) cut_short();
    bytes.append(piece.data(), want);
  }
  return bytes;
}

std::string checked_bytes(std::istream& in, std::string_view length, std::size_t most,
                          std::string_view hash) {
  std::string bytes = read_bytes(in, length, most);
  if (hash_of(bytes) != hash) damaged();
  return bytes;
}

void take_block(std::istream& in, const std::vector<std::string_view>& words, Staging& staging) {
  const auto index = parse_number(words[1]);
  if (!index) damaged();
  const std::string bytes = checked_bytes(in, words[2], kBlockSize, words[3]);
  staging.database_block(static_cast<std::size_t>(*index), std::string(words[3]), bytes);
}

}  // namespace

ArchiveWriter::ArchiveWriter(std::ostream& out) : out_(out) { out_ << kFirstLine << "\n"; }

void ArchiveWriter::write(const std::string& head, std::string_view bytes) {
  out_ << head << "\n";
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out_) throw BackupFault("standard output cannot be written");
}

void ArchiveWriter::database_block(std::size_t index, const std::string& hash, std::string_view bytes) {
  write("block " + std::to_string(index) + " " + std::to_string(bytes.size()) + " " + hash, bytes);
}

void ArchiveWriter::file(const BackedFile& file, std::string_view bytes) {
  write("file " + std::to_string(bytes.size()) + " " + file.block, bytes);
}

void ArchiveWriter::finish(const Manifest& manifest) {
  const std::string text = manifest_text(manifest);
  write("manifest " + std::to_string(text.size()), text);
  out_.flush();
  if (!out_) throw BackupFault("standard output cannot be written");
}

Manifest read_archive(std::istream& in, Staging& staging) {
  std::string first(kFirstLine.size() + 1, '\0');
  in.read(first.data(), static_cast<std::streamsize>(first.size()));
  if (first != std::string(kFirstLine) + "\n")
    throw BackupFault("it is no backup, or one of a newer Postroom");
  for (;;) {
    const std::string line = read_line(in);
    const auto words = split(line, ' ');
    if (words.size() == 4 && words[0] == "block") {
      take_block(in, words, staging);
    } else if (words.size() == 3 && words[0] == "file") {
      staging.file(std::string(words[2]), checked_bytes(in, words[1], kMostFileSize, words[2]));
    } else if (words.size() == 2 && words[0] == "manifest") {
      Manifest manifest = parse_manifest(read_bytes(in, words[1], kMostManifest));
      staging.complete(manifest);
      return manifest;
    } else {
      damaged();
    }
  }
}

}  // namespace postroom::backup
