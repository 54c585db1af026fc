// postroom backup: copies of everything, while the server runs.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/text.h"
#include "server/backup/archive.h"
#include "server/backup/repository.h"
#include "server/cli_data.h"

namespace postroom::cli {
namespace {

using backup::Repository;

/// Which backups stay. None given: all.
struct Retention {
  std::optional<std::uint64_t> newest;
  std::optional<std::uint64_t> days;
};

std::optional<std::uint64_t> count(const Arguments& arguments, std::string_view option) {
  if (!arguments.has(option)) return std::nullopt;
  const std::string text = arguments.one(option);
  const auto number = parse_number(text);
  if (number && *number > 0 && *number <= 100'000) return number;
  throw Misuse("\"" + text + "\" is no number for " + std::string(option) + "; write it like \"30\"");
}

/// Puts what is new into a repository.
class RepositorySink : public backup::BlockSink {
 public:
  explicit RepositorySink(Repository& repository) : repository_(repository) {}
  void database_block(std::size_t, const std::string& hash, std::string_view bytes) override {
    put(hash, bytes);
  }
  void file(const backup::BackedFile& file, std::string_view bytes) override { put(file.block, bytes); }
  std::uint64_t written() const { return written_; }

 private:
  void put(const std::string& hash, std::string_view bytes) {
    if (repository_.put(hash, bytes)) written_ += bytes.size();
  }

  Repository& repository_;
  std::uint64_t written_ = 0;
};

std::string name_of(WallTime when) { return time_text(when, "%Y-%m-%dT%H-%M-%SZ"); }

/// The present second, which is no backup's name yet.
WallTime free_second(const Repository& repository) {
  WallTime now = wall_now();
  while (repository.has(name_of(now))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    now = wall_now();
  }
  return now;
}

/// Backups that no rule wants kept; how many were removed. The newest always stays.
std::size_t retire(Repository& repository, const Retention& rule, WallTime now) {
  if (!rule.newest && !rule.days) return 0;
  const std::vector<std::string> names = repository.names();
  const std::uint64_t newest = std::max<std::uint64_t>(rule.newest.value_or(0), 1);
  const std::string oldest = name_of(now - std::chrono::hours(24 * rule.days.value_or(0)));
  std::size_t removed = 0;
  for (std::size_t i = 0; i + newest < names.size(); ++i) {
    // The one just made stays, also where the clock was wrong when another was.
    if ((rule.days && names[i] >= oldest) || names[i] == name_of(now)) continue;
    repository.remove(names[i]);
    ++removed;
  }
  return removed;
}

void tell_left_out(const Terminal& terminal, const backup::Taken& taken) {
  for (const std::string& name : taken.left_out)
    terminal.err << "postroom: not in the backup: " << printable(name) << "\n";
}

/// It holds keys and mail.
void keep_private(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077) != 0 &&
      fchmod(descriptor, 0600) != 0)
    throw Failure("others can read the file that the archive goes to, and that cannot be changed");
}

int stream(const Terminal& terminal, const Arguments& arguments, const Config& config) {
  for (const std::string_view option : {"--keep", "--keep-days", "--json"})
    if (arguments.has(option)) throw Misuse(std::string(option) + " has no meaning for standard output");
  if (terminal.person) throw Misuse("send the archive somewhere: `postroom backup - > FILE`");
  keep_private(STDOUT_FILENO);
  backup::ArchiveWriter archive(terminal.out);
  const backup::Taken taken = backup::take_backup(config.data, archive, wall_now());
  archive.finish(taken.manifest);
  tell_left_out(terminal, taken);
  return kDone;
}

/// A backup of the backups would grow without end; and what is on the same disk is lost with it.
void refuse_inside(const std::string& dest, const std::string& data) {
  std::error_code ignored;
  const auto inside = std::filesystem::weakly_canonical(std::filesystem::absolute(dest, ignored), ignored);
  const auto outside = std::filesystem::weakly_canonical(std::filesystem::absolute(data, ignored), ignored);
  const auto [rest, end] = std::ranges::mismatch(outside, inside);
  if (rest == outside.end())
    throw Misuse(dest + " lies in the data directory: name a folder elsewhere, best on another disk");
}

/// Takes one, or says why not; then there is room again for what was there before.
backup::Taken take_into(Repository& repository, RepositorySink& sink, const Config& config, WallTime now) {
  try {
    backup::Taken taken = backup::take_backup(config.data, sink, now);
    repository.add(name_of(now), taken.manifest);
    return taken;
  } catch (const backup::BackupFault& fault) {
    try {
      repository.sweep();
    } catch (const backup::BackupFault&) {
      // The first fault is the one to tell.
    }
    throw Failure(std::string(fault.what()) + "\nThis backup was given up; older ones are as they were.");
  }
}

/// The backup is made, whatever comes of this.
void clean(const Terminal& terminal, Repository& repository) {
  try {
    repository.sweep();
  } catch (const backup::BackupFault& fault) {
    terminal.err << "postroom: what no backup needs any more is not removed: " << printable(fault.what())
                 << "\n";
  }
}

int take(const Terminal& terminal, const Arguments& arguments) {
  const Retention rule{count(arguments, "--keep"), count(arguments, "--keep-days")};
  const Config config = load(arguments);
  if (arguments.one("DEST") == "-") return stream(terminal, arguments, config);
  refuse_inside(arguments.one("DEST"), config.data);
  Repository repository(arguments.one("DEST"), Repository::Use::write);
  const WallTime now = free_second(repository);
  RepositorySink sink(repository);
  const backup::Taken taken = take_into(repository, sink, config, now);
  const std::size_t retired = retire(repository, rule, now);
  clean(terminal, repository);
  tell_left_out(terminal, taken);
  const std::uint64_t size = taken.manifest.database_size;
  if (arguments.has("--json")) {
    terminal.out << nlohmann::ordered_json{{"backup", name_of(now)},
                                           {"size", size},
                                           {"written", sink.written()},
                                           {"removed_backups", retired},
                                           {"left_out", taken.left_out}}
                        .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                 << "\n";
    return kDone;
  }
  terminal.out << "backup " << name_of(now) << ": " << format_size(size) << ", of which "
               << format_size(sink.written()) << " were new\n";
  if (retired > 0) terminal.out << counted(retired, "older backup") << " removed\n";
  return kDone;
}

int list(const Terminal& terminal, const Arguments& arguments) {
  load(arguments);
  const Repository repository(arguments.one("DEST"), Repository::Use::read);
  std::vector<std::vector<std::string>> rows{{"BACKUP", "SIZE", "POSTROOM"}};
  auto all = nlohmann::ordered_json::array();
  for (const std::string& name : repository.names()) {
    const backup::Manifest manifest = repository.manifest(name);
    rows.push_back({name, format_size(manifest.database_size), manifest.postroom});
    all.push_back({{"backup", name}, {"size", manifest.database_size}, {"postroom", manifest.postroom}});
  }
  if (arguments.has("--json"))
    terminal.out << all.dump(2) << "\n";
  else if (rows.size() == 1)
    terminal.out << "There is no backup yet.\n";
  else
    terminal.out << aligned(rows);
  return kDone;
}

/// What is wrong with backups, in sentences, and how much was looked at. Each block is read once.
struct Verified {
  std::vector<std::string> faults;
  std::size_t backups = 0;
  std::size_t blocks = 0;
};

void verify_blocks(const Repository& repository, const std::map<std::string, std::uint64_t>& blocks,
                   Verified& result) {
  for (const auto& [hash, length] : blocks) {
    ++result.blocks;
    try {
      repository.block(hash, length);
    } catch (const backup::BackupFault& fault) {
      result.faults.emplace_back(fault.what());
    }
  }
}

Verified verify_all(const Repository& repository) {
  Verified result;
  std::map<std::string, std::uint64_t> blocks;
  for (const std::string& name : repository.names()) {
    ++result.backups;
    try {
      const backup::Manifest manifest = repository.manifest(name);
      for (std::size_t i = 0; i < manifest.blocks.size(); ++i)
        blocks.emplace(manifest.blocks[i], manifest.block_length(i));
      for (const backup::BackedFile& file : manifest.files) blocks.emplace(file.block, file.size);
    } catch (const backup::BackupFault& fault) {
      result.faults.emplace_back(fault.what());
    }
  }
  verify_blocks(repository, blocks, result);
  return result;
}

int verify(const Terminal& terminal, const Arguments& arguments) {
  load(arguments);
  const Repository repository(arguments.one("DEST"), Repository::Use::read);
  const Verified result = verify_all(repository);
  if (result.backups == 0) throw Failure("there is no backup in " + repository.folder().string());
  if (arguments.has("--json")) {
    terminal.out << nlohmann::ordered_json{{"backups", result.backups},
                                           {"blocks", result.blocks},
                                           {"faults", result.faults}}
                        .dump(2)
                 << "\n";
    return result.faults.empty() ? kDone : kFailed;
  }
  if (result.faults.empty()) {
    terminal.out << counted(result.backups, "backup") << ", " << counted(result.blocks, "block")
                 << ": all as they were written\n";
    return kDone;
  }
  for (const std::string& fault : result.faults) terminal.err << "postroom: " << printable(fault) << "\n";
  terminal.err
      << "postroom: Remove a damaged block, and the next backup writes it anew if it is still needed;\n"
         "older backups that it is part of cannot be restored.\n";
  return kFailed;
}

constexpr Option kTakeOptions[] = {
    {"--keep", "NUMBER", "Then only the newest so many backups stay."},
    {"--keep-days", "DAYS",
     "Then only backups of the last so many days stay; with --keep too,\nwhat either wants kept."},
    kJson,
};
constexpr Option kReadOptions[] = {kJson};

constexpr Action kActions[] = {
    {"", "DEST", kTakeOptions,
     "Backs up everything: the database, secret.key and what else is in the data directory.\n"
     "DEST is a folder of backups, made when it is missing; what has not changed since older\n"
     "backups is not written again. Or it is \"-\": one archive goes to standard output.",
     &take},
    {"list", "DEST", kReadOptions, "Prints what backups there are.", &list},
    {"verify", "DEST", kReadOptions,
     "Reads all backups and tells what is not as it was written. Whether one can be restored,\n"
     "`postroom restore --drill` tells.",
     &verify},
};

}  // namespace

extern constinit const Verb backup_verb{
    "backup", "copies of everything, while the server runs", kActions,
    "A backup is of one moment: every message acknowledged before it is there. Mail is received\n"
    "and read on meanwhile; until the backup is done the database's WAL file grows by what is\n"
    "written to it, so there should be some room. A backup that is interrupted counts for\n"
    "nothing, and the next one goes on with what it has written.\n\n"
    "Backups are private, and as secret as the mail: they hold the keys too. The configuration,\n"
    "and certificates that it names elsewhere, are not part of them.",
    "postroom backup /backup/postroom --keep-days 30\n"
    "postroom backup - > postroom.archive\n"
    "postroom backup verify /backup/postroom"};

}  // namespace postroom::cli
