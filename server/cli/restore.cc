// postroom restore: everything out of a backup.
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/backup/archive.h"
#include "server/backup/repository.h"
#include "server/backup/staging.h"
#include "server/cli_data.h"
#include "server/private_file.h"
#include "storage/sqlite/queue_admin.h"
#include "storage/sqlite/restored.h"
#include "storage/sqlite/schema.h"

namespace postroom::cli {
namespace {

namespace fs = std::filesystem;
using backup::Manifest;
using backup::Staging;

/// A folder for a drill, gone at the end.
class DrillFolder {
 public:
  DrillFolder() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "postroom-drill-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr)
      throw Failure("cannot make a folder like " + name + ": set TMPDIR to where there is room");
    path_ = name;
  }
  DrillFolder(const DrillFolder&) = delete;
  DrillFolder& operator=(const DrillFolder&) = delete;
  ~DrillFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string chosen_backup(const backup::Repository& repository, const Arguments& arguments) {
  const auto names = repository.names();
  if (names.empty()) throw Failure("there is no backup in " + repository.folder().string());
  if (!arguments.has("--at")) return names.back();
  const std::string name = arguments.one("--at");
  if (std::ranges::find(names, name) != names.end()) return name;
  throw Failure("there is no backup " + name + "; see: postroom backup list " + repository.folder().string());
}

/// What was read, and which backup it was.
struct Source {
  Manifest manifest;
  std::string name;
};

Source read_source(const Terminal& terminal, const Arguments& arguments, Staging& staging) {
  const std::string source = arguments.one("SOURCE");
  std::error_code ignored;
  if (source != "-" && fs::is_directory(source, ignored)) {
    const backup::Repository repository(source, backup::Repository::Use::read);
    const std::string name = chosen_backup(repository, arguments);
    return {backup::read_repository(repository, name, staging), name};
  }
  if (arguments.has("--at")) throw Misuse("--at is for a folder of backups; an archive is only one");
  std::ifstream file;
  if (source != "-") {
    file.open(source, std::ios::binary);
    if (!file) throw Failure("cannot read " + source);
  }
  Manifest manifest = backup::read_archive(source == "-" ? terminal.in : file, staging);
  const WallTime taken{std::chrono::seconds(manifest.taken)};
  return {std::move(manifest), time_text(taken, "%Y-%m-%dT%H-%M-%SZ")};
}

/// What became of a database.
struct Made {
  sqlite::RestoredCounts counts;
  std::uint64_t held = 0;
};

/// Looks at the database, and makes it fit to be served.
Made make_ready(const fs::path& file, const Arguments& arguments, const Source& source, bool drill) {
  const WallTime taken{std::chrono::seconds(source.manifest.taken)};
  if (source.manifest.schema > sqlite::migrations().size())
    throw Failure("it was made by Postroom " + source.manifest.postroom +
                  ", which is newer than this one: install that, or a newer one");
  Made made;
  auto db = sqlite::open_database(file);
  const std::string damage =
      sqlite::find_damage(db, drill ? sqlite::Thorough::full : sqlite::Thorough::quick);
  if (!damage.empty()) throw Failure("the database in the backup is damaged: " + damage);
  made.counts = sqlite::count_restored(db);
  if (!arguments.has("--exact")) {
    sqlite::leave_numbers_out(db, taken, wall_now());
    if (!arguments.has("--send-queue")) made.held = sqlite::hold_queue(db, {}).messages;
  }
  db.checkpoint(sqlite::Connection::CheckpointMode::truncate);
  return made;
}

void print(const Terminal& terminal, const Arguments& arguments, const Source& source, const Made& made,
           const std::string& what) {
  if (arguments.has("--json")) {
    terminal.out << nlohmann::ordered_json{{"backup", source.name},
                                           {"drill", arguments.has("--drill")},
                                           {"accounts", made.counts.accounts},
                                           {"mailboxes", made.counts.mailboxes},
                                           {"messages", made.counts.messages},
                                           {"queued", made.counts.queued},
                                           {"held", made.held},
                                           {"files", source.manifest.files.size()}}
                        .dump(2)
                 << "\n";
    return;
  }
  terminal.out << what << " " << source.name << ": " << counted(made.counts.accounts, "account") << ", "
               << counted(made.counts.messages, "message") << " in " << made.counts.mailboxes
               << " mailboxes, " << made.counts.queued << " in the queue, "
               << counted(source.manifest.files.size(), "file") << " beside\n";
}

int drill(const Terminal& terminal, const Arguments& arguments) {
  const DrillFolder folder;
  Staging staging(folder.path());
  const Source source = read_source(terminal, arguments, staging);
  const Made made = make_ready(staging.database(), arguments, source, true);
  staging.install(source.manifest);
  print(terminal, arguments, source, made, "can be restored:");
  return kDone;
}

/// What root restores into the folder of another user must be that user's. No link is followed, and only what
/// is root's and has no second name is given away.
void give_to_owner(const fs::path& folder, const fs::path& name) {
  struct stat owner{};
  if (geteuid() != 0 || stat(folder.c_str(), &owner) != 0 || owner.st_uid == 0) return;
  int at = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  bool given = true;
  for (const fs::path& part : name) {
    const int next = openat(at, part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    close(at);
    at = next;
    struct stat made{};
    if (at < 0 || fstat(at, &made) != 0) break;
    const bool ours =
        made.st_uid == 0 && (S_ISDIR(made.st_mode) || (S_ISREG(made.st_mode) && made.st_nlink == 1));
    given = given && (!ours || fchownat(at, "", owner.st_uid, owner.st_gid, AT_EMPTY_PATH) == 0);
  }
  if (at >= 0) close(at);
  if (!given) throw Failure("cannot give " + (folder / name).string() + " to the owner of its folder");
}

int restore(const Terminal& terminal, const Arguments& arguments) {
  const Config config = load(arguments);
  if (arguments.has("--drill")) return drill(terminal, arguments);
  const fs::path data(config.data);
  make_private_directory(data);
  const DataLock lock(data);
  backup::refuse_database(data);
  Staging staging(data);
  const Source source = read_source(terminal, arguments, staging);
  const Made made = make_ready(staging.database(), arguments, source, false);
  staging.install(source.manifest);
  for (const backup::BackedFile& file : source.manifest.files) give_to_owner(data, file.name);
  give_to_owner(data, "postroom.db");
  give_to_owner(data, "postroom.lock");
  print(terminal, arguments, source, made, "restored");
  if (made.held > 0 && !arguments.has("--json"))
    terminal.out
        << "The queue is held, for some of it may have been sent since: look at `postroom queue list`,\n"
           "then `postroom queue drop` or `postroom queue release`.\n";
  return kDone;
}

constexpr Option kOptions[] = {
    {"--at", "BACKUP", "Another backup of the folder than its newest: see `postroom backup list`."},
    {"--drill", "",
     "Only shows that it can be done: into a folder below $TMPDIR, where everything is\n"
     "checked and then removed."},
    {"--send-queue", "", "Does not hold the queue: nothing of it was sent after the backup."},
    {"--exact", "",
     "All is as it was, also modseqs and the queue: nothing was received, read or sent\n"
     "after the backup. So a server is moved that was stopped before."},
    kJson,
};
constexpr Action kActions[] = {
    {"", "SOURCE", kOptions,
     "Restores everything from a backup into the data directory of the configuration, which\n"
     "must have no database. SOURCE is a folder of backups, of which the newest is taken, or\n"
     "the file of an archive, or \"-\": standard input.",
     &restore}};

}  // namespace

extern constinit const Verb restore_verb{
    "restore", "everything out of a backup", kActions,
    "Messages have the UIDs and flags that they had. Clients may know of mail that came after the\n"
    "backup and is lost; so that its numbers never mean other mail, each mailbox goes on with UIDs\n"
    "that are a million higher, or more, and so do modseqs: clients ask for all flags once. Mail in the\n"
    "queue may have been sent after the backup; it is held until you say what becomes of it.",
    "postroom restore /backup/postroom --drill\n"
    "postroom restore /backup/postroom\n"
    "postroom restore postroom.archive --exact"};

}  // namespace postroom::cli
