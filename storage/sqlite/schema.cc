#include "storage/sqlite/schema.h"

#include <cassert>
#include <fcntl.h>
#include <unistd.h>

namespace postroom::sqlite {

namespace {

std::size_t version_of(Connection& db) { return static_cast<std::size_t>(db.ask("PRAGMA user_version")); }

/// The database and what SQLite makes beside it are nobody else's to read.
void make_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  // Not made: it is there already, or SQLite will say what is wrong.
  if (descriptor >= 0) ::close(descriptor);
}

void refuse_strangers(Connection& db) {
  if (db.ask("SELECT count(*) FROM sqlite_schema") == 0) return;
  if (db.ask("PRAGMA application_id") != kApplicationId) throw StoreFault("it is not a Postroom database");
  if (version_of(db) > migrations().size())
    throw StoreFault("it was last used by a newer Postroom (schema " + std::to_string(version_of(db)) +
                     ", this one knows " + std::to_string(migrations().size()) + ")");
}

}  // namespace

void migrate(Connection& db, std::size_t target) {
  assert(target <= migrations().size());
  while (version_of(db) < target) {
    Transaction transaction(db, Transaction::Kind::write);
    // Another process may have been quicker.
    const std::size_t version = version_of(db);
    if (version >= target) return;
    db.run_script(migrations()[version]);
    db.run_script(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
    db.run_script(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    transaction.commit();
  }
}

Connection open_database(const std::filesystem::path& file, const Connection::Settings& settings) {
  if (settings.vfs.empty()) make_private(file);
  try {
    Connection db(file, settings);
    refuse_strangers(db);
    // These three can only be chosen before there is anything. Measured: pages of 4 KiB write the least per
    // delivery.
    db.run_script("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
    migrate(db, migrations().size());
    return db;
  } catch (const StoreFull& fault) {
    throw StoreFull("cannot open " + file.string() + ": " + fault.what());
  } catch (const StoreFault& fault) {
    throw StoreFault("cannot open " + file.string() + ": " + fault.what());
  }
}

}  // namespace postroom::sqlite
