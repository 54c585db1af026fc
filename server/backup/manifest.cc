// The text of a backup: see manifest.h. Lines of words; the last one is the SHA-256 of all before it.
#include "server/backup/manifest.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "base/crypto.h"
#include "base/text.h"

namespace postroom::backup {

namespace {

constexpr std::string_view kFirstLine = "postroom backup 1";
/// A petabyte: nothing that is multiplied overflows.
constexpr std::uint64_t kMostSize = 1ULL << 50;

[[noreturn]] void damaged(const std::string& what) {
  throw BackupFault("its list of contents is damaged: " + what);
}

/// The lines of a text whose checksum is right, without the checksum's.
std::string_view checked(std::string_view text) {
  constexpr std::size_t kLast = 4 + 64 + 1;  // "end ", hash, newline
  if (text.size() < kLast) damaged("it is cut short");
  const std::string_view last = text.substr(text.size() - kLast);
  text.remove_suffix(kLast);
  if (!last.starts_with("end ") || !last.ends_with('\n')) damaged("it is cut short");
  if (last.substr(4, 64) != hash_of(text)) damaged("its checksum is wrong");
  return text;
}

std::uint64_t number(std::string_view word, std::uint64_t most) {
  const auto value = parse_number(word);
  if (!value || *value > most)
    damaged("\"" + std::string(word.substr(0, 40)) + "\" is no number that can be");
  return *value;
}

std::string hash(std::string_view word) {
  if (!is_hash(word)) damaged("\"" + std::string(word.substr(0, 80)) + "\" is no hash");
  return std::string(word);
}

/// "SIZE HASH NAME", whose name may hold spaces.
BackedFile file(std::string_view rest) {
  const std::size_t first = rest.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : rest.find(' ', first + 1);
  if (second == std::string_view::npos) damaged("a file's line is cut short");
  BackedFile file;
  file.size = number(rest.substr(0, first), kMostFileSize);
  file.block = hash(rest.substr(first + 1, second - first - 1));
  file.name = rest.substr(second + 1);
  if (!is_safe_name(file.name)) damaged("it names a file outside of the data directory");
  return file;
}

void take_line(std::string_view line, Manifest& manifest) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) damaged("it has a line that means nothing");
  const std::string_view word = line.substr(0, space);
  const std::string_view rest = line.substr(space + 1);
  if (word == "block")
    manifest.blocks.push_back(hash(rest));
  else if (word == "file")
    manifest.files.push_back(file(rest));
  else if (word == "database")
    manifest.database_size = number(rest, kMostSize);
  else if (word == "taken")
    manifest.taken = static_cast<std::int64_t>(number(rest, 1ULL << 40));
  else if (word == "schema")
    manifest.schema = number(rest, 1'000'000);
  else if (word == "version")
    manifest.postroom = rest.substr(0, 100);
  else
    damaged("it has a line that means nothing");
}

void check_whole(const Manifest& manifest) {
  if (manifest.database_size == 0) damaged("it has no database");
  if (manifest.blocks.size() != block_count(manifest.database_size)) damaged("blocks are missing");
  if (manifest.files.size() > kMostFiles) damaged("it has too many files");
  std::set<std::string_view> names;
  for (const BackedFile& each : manifest.files)
    if (!names.insert(each.name).second) damaged("it names a file twice");
}

}  // namespace

std::size_t Manifest::block_length(std::size_t index) const {
  const std::uint64_t begin = std::uint64_t{index} * kBlockSize;
  return static_cast<std::size_t>(std::min<std::uint64_t>(kBlockSize, database_size - begin));
}

std::uint64_t block_count(std::uint64_t database_size) {
  return (database_size + kBlockSize - 1) / kBlockSize;
}

std::string manifest_text(const Manifest& manifest) {
  std::string text(kFirstLine);
  text += "\nversion " + manifest.postroom + "\nschema " + std::to_string(manifest.schema) + "\ntaken " +
          std::to_string(manifest.taken) + "\ndatabase " + std::to_string(manifest.database_size) + "\n";
  for (const BackedFile& each : manifest.files)
    text += "file " + std::to_string(each.size) + " " + each.block + " " + each.name + "\n";
  for (const std::string& block : manifest.blocks) text += "block " + block + "\n";
  return text + "end " + hash_of(text) + "\n";
}

Manifest parse_manifest(std::string_view text) {
  if (text.substr(0, text.find('\n')) != kFirstLine)
    throw BackupFault("it is no backup, or one of a newer Postroom");
  std::string_view rest = checked(text).substr(kFirstLine.size() + 1);
  Manifest manifest;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) damaged("it is cut short");
    take_line(rest.substr(0, end), manifest);
    rest.remove_prefix(end + 1);
  }
  check_whole(manifest);
  return manifest;
}

std::string hash_of(std::string_view bytes) { return hex_encode(sha256(bytes)); }

bool is_hash(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_made_by_the_store(std::string_view name) {
  return name.starts_with("postroom.db") || name.starts_with("postroom.restoring") || name == "postroom.lock";
}

bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > 1000 || is_made_by_the_store(name)) return false;
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return false;
  return std::ranges::none_of(
      split(name, '/'), [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace postroom::backup
