// What most verbs need: see cli_data.h.
#include "server/cli_data.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <iostream>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "config/load.h"
#include "protocols/mime/canonical.h"
#include "server/certificate_watch.h"
#include "server/private_file.h"
#include "server/relay_options.h"
#include "server/secret_key.h"
#include "server/tls_context.h"
#include "server/unbound_resolver.h"
#include "server/uv_runtime.h"
#include "storage/sqlite/reserve.h"

namespace postroom::cli {
namespace {

/// What root made in the folder of another user must be that user's: the server runs as that user. (Root
/// cannot simply become the owner first: systemd keeps the folders of its dynamic users where only root gets
/// in.) A link is not followed, and only a file that is root's and has no second name is given away. O_PATH,
/// for closing an ordinary descriptor would drop the locks that SQLite holds on the same file (fcntl(2),
/// F_SETLK).
void give_to_owner(const std::filesystem::path& folder) {
  struct stat owner{};
  if (geteuid() != 0 || stat(folder.c_str(), &owner) != 0 || owner.st_uid == 0) return;
  for (const char* name : {"postroom.db", "postroom.db-wal", "postroom.db-shm", "secret.key"}) {
    const int file = open((folder / name).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) continue;
    struct stat made{};
    const bool ours =
        fstat(file, &made) == 0 && S_ISREG(made.st_mode) && made.st_uid == 0 && made.st_nlink == 1;
    const bool given = !ours || fchownat(file, "", owner.st_uid, owner.st_gid, AT_EMPTY_PATH) == 0;
    close(file);
    if (!given) throw Failure("cannot give " + (folder / name).string() + " to the owner of its folder");
  }
}

/// Typing is not shown while this lives.
class Unseen {
 public:
  explicit Unseen(bool person) : active_(person && tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!active_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Unseen() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool active_;
};

}  // namespace

ConfigFile config_file(const Arguments& arguments) {
  if (arguments.has(kConfigOption)) return {arguments.one(kConfigOption)};
  const char* const variable = std::getenv("POSTROOM_CONFIG");
  if (variable != nullptr && *variable != '\0') return {variable};
  return {std::string(kDefaultConfigFile), true};
}

Config load(const Arguments& arguments) {
  const ConfigFile file = config_file(arguments);
  auto loaded = load_config(file.path, file.optional);
  if (auto* config = std::get_if<Config>(&loaded)) return std::move(*config);
  std::string text;
  for (const ConfigError& error : std::get<std::vector<ConfigError>>(loaded)) {
    text += (text.empty() ? "" : "\n") + error.text();
  }
  throw BadConfig(text);
}

void check_files(const Config& config) {
  try {
    std::vector<CertificateFiles> certificates = certificate_files(config.tls);
    // Before those that stands a self-signed one, which is made only when the server starts.
    if (config.tls.certificate.empty() && !certificates.empty())
      certificates.insert(certificates.begin(), certificates.front());
    if (!certificates.empty()) load_tls_certificates(certificates);
    relay_options(config, "");
    UvRuntime runtime;
    const UnboundResolver resolver(runtime, dns_options(config));
  } catch (const std::runtime_error& error) {
    throw Misuse(error.what());
  }
}

sqlite::Connection open_data(const Config& config) {
  const std::filesystem::path folder(config.data);
  make_private_directory(folder);
  const std::filesystem::path file = folder / "postroom.db";
  auto db =
      sqlite::open_on_full_disk(sqlite::reserve_beside(file), [&] { return sqlite::open_database(file); });
  give_to_owner(folder);
  return db;
}

std::string secret_key(const Config& config) {
  std::string key = read_or_create_secret_key(config.data);
  give_to_owner(config.data);
  return key;
}

std::string domain_argument(const std::string& text) {
  if (auto domain = mime::canonical_domain(text)) return *domain;
  throw Misuse("\"" + text + "\" is not a domain; it looks like \"example.org\"");
}

std::string address_argument(const std::string& text) {
  if (text.find('@') == std::string::npos) {
    throw Misuse("\"" + text + "\" is not an address; did you mean \"" + text + "@example.org\"?");
  }
  auto address = mime::canonical_address(text);
  if (!address) throw Misuse("\"" + text + "\" is not an address; it looks like \"alice@example.org\"");
  const std::size_t plus = address->substr(0, address->rfind('@')).find('+');
  if (plus == std::string::npos) return *address;
  throw Misuse("\"" + text + "\" has a '+': mail for it reaches " + address->substr(0, plus) + "@" +
               std::string(domain_of(*address)) + " anyway; name that address");
}

std::string recipient_argument(const std::string& text, const std::vector<std::string>& domains) {
  const auto address = mime::canonical_address(text);
  if (!address) return address_argument(text);
  const std::string domain(domain_of(*address));
  if (std::ranges::find(domains, domain) != domains.end()) return address_argument(text);
  return text.substr(0, text.rfind('@') + 1) + domain;
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

std::string read_secret(const Terminal& terminal, std::string_view prompt) {
  std::string line;
  {
    const Unseen unseen(terminal.person);
    if (terminal.person) terminal.err << prompt << ": " << std::flush;
    std::getline(terminal.in, line);
  }
  if (terminal.person) terminal.err << "\n";
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) throw Misuse("there is no " + lower(prompt) + " on standard input");
  return line;
}

bool ask(const Terminal& terminal, std::string_view question) {
  terminal.err << question << " [y/N] " << std::flush;
  std::string line;
  std::getline(terminal.in, line);
  const std::string answer = lower(trim(line));
  return answer == "y" || answer == "yes";
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const auto first = static_cast<unsigned char>(character.front());
    const bool c1 = character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    const bool whole = length > 0 && character.size() == length;
    out += !whole || first < 0x20 || first == 0x7F || c1 ? std::string_view("?") : character;
    text.remove_prefix(character.size());
  }
  return out;
}

std::string aligned(std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable(cell);
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    out += line + "\n";
  }
  return out;
}

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string time_text(WallTime when, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  std::array<char, 64> text;
  gmtime_r(&seconds, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string iso_time(WallTime when) { return time_text(when, "%Y-%m-%dT%H:%M:%SZ"); }

std::string shown_sender(const std::string& reverse_path) {
  return reverse_path.empty() ? "<>" : reverse_path;
}

std::string counted(std::uint64_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

}  // namespace postroom::cli
