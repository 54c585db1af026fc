// The tables, as a series of numbered migrations: a database knows how many it has been through
// (user_version). Their names are the field's: RFC 3501 and RFC 7162 say what they mean.
#pragma once

#include <span>

#include "storage/sqlite/connection.h"

namespace postroom::sqlite {

/// "Post": a database of ours has it as its application_id.
inline constexpr std::int64_t kApplicationId = 0x506F7374;

/// Opens a database to be written to, making it (readable by its owner only) or migrating it as needed.
/// Throws StoreFault with a reason fit for the operator: not a database of ours, from a newer version, no
/// permission.
Connection open_database(const std::filesystem::path& file, const Connection::Settings& settings = {});

/// What turns version n into n + 1, by n: the files of migrations/. What has been released is never changed,
/// only added to.
std::span<const char* const> migrations();

/// Brings a database to version `target`, which is at most migrations().size().
void migrate(Connection& db, std::size_t target);

}  // namespace postroom::sqlite
