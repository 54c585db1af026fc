// What most verbs need: the configuration, the database, addresses in their one spelling, secrets from
// standard input, and tables that line up.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "server/cli.h"
#include "storage/sqlite/accounts.h"

namespace postroom::cli {

/// --config, else $POSTROOM_CONFIG, else the default, which alone may be absent.
struct ConfigFile {
  std::string path;
  bool optional = false;
};
ConfigFile config_file(const Arguments& arguments);

/// Throws BadConfig with every mistake in the file.
Config load(const Arguments& arguments);
/// What the file alone cannot tell: are the files that it names what they should be? Is the key that of the
/// certificate, is there a password for each route's user, can DNSSEC begin at the trust anchor? Throws
/// Misuse.
void check_files(const Config& config);

/// Opens the database of a configuration, making the data folder as needed.
sqlite::Connection open_data(const Config& config);
/// The content of secret.key, made at first use.
std::string secret_key(const Config& config);

/// The one spelling of an argument; throws Misuse when it is none.
std::string domain_argument(const std::string& text);
std::string address_argument(const std::string& text);
/// Of somebody that mail is sent on to, here or, in none of our `domains`, on another server: there case may
/// matter in the local part, and a '+' is its business.
std::string recipient_argument(const std::string& text, const std::vector<std::string>& domains);
std::string_view domain_of(std::string_view address);

/// A line of standard input without its end; people are asked for it and their typing is not shown.
std::string read_secret(const Terminal& terminal, std::string_view prompt);
/// True for "y" or "yes"; anything else and end of input are a no.
bool ask(const Terminal& terminal, std::string_view question);

/// Columns a terminal needs, taking each code point for one.
std::size_t width(std::string_view text);
/// For a terminal, which nothing that strangers said may steer: control characters (C0, DEL, C1) and what is
/// no UTF-8 become '?'.
std::string printable(std::string_view text);
/// Columns that line up, two spaces apart, the first row being the headings; of cells as printable() has
/// them.
std::string aligned(std::vector<std::vector<std::string>> rows);

WallTime wall_now();
/// A time in UTC as strftime(3) writes it.
std::string time_text(WallTime when, const char* format);
/// A time for programs: "2026-11-29T08:00:00Z".
std::string iso_time(WallTime when);
/// A reverse-path for people, who see "<>" where it is empty.
std::string shown_sender(const std::string& reverse_path);

/// "1 message", "2 messages".
std::string counted(std::uint64_t count, std::string_view thing);

inline constexpr Option kJson{"--json", "", "Prints JSON, for programs."};

}  // namespace postroom::cli
