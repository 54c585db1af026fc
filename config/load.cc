// TOML text into Config, by the table of keys.
#include "config/load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "base/text.h"
#include "config/keys.h"
#include "config/values.h"

namespace postroom {
namespace {

const Key* find_key(std::string_view section, std::string_view name) {
  const auto keys = config_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key& k) { return k.section == section && k.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
  const auto sections = config_sections();
  return !name.empty() &&
         std::any_of(sections.begin(), sections.end(), [&](auto& s) { return s.name == name; });
}

/// "\"name\" in [section]".
std::string place(const Key& key) {
  return quoted(key.name) +
         (key.section.empty() ? " before the first section" : " in [" + std::string(key.section) + "]");
}

/// What an unknown name was perhaps meant to be: first in its own section, then anywhere.
std::string suggestion(std::string_view section, std::string_view name) {
  std::vector<std::string_view> here, everywhere, sections;
  for (const Key& key : config_keys()) {
    everywhere.push_back(key.name);
    if (key.section == section) here.push_back(key.name);
  }
  for (const Section& each : config_sections()) {
    if (!each.name.empty()) sections.push_back(each.name);
  }
  if (const auto near = nearest(name, here)) return "did you mean " + quoted(*near) + "?";
  if (section.empty()) {
    if (const auto near = nearest(name, sections)) return "did you mean [" + std::string(*near) + "]?";
  }
  if (const auto near = nearest(name, everywhere)) {
    for (const Key& key : config_keys()) {
      if (key.name == *near) return "did you mean " + place(key) + "?";
    }
  }
  std::string all = join(here, ", ");
  if (!section.empty()) return "there are: " + all;
  for (const std::string_view each : sections) all += ", [" + std::string(each) + "]";
  return "there are: " + all;
}

void unknown(std::string_view section, const toml::key& name, Problems& problems) {
  const std::string where = section.empty() ? "" : " in [" + std::string(section) + "]";
  problems.push_back(
      {name.source(), "unknown key " + quoted(name.str()) + where + "; " + suggestion(section, name.str())});
}

void read_section(std::string_view section, const toml::node& node, Config& config, Problems& problems) {
  const auto* table = node.as_table();
  if (table == nullptr) {
    problems.push_back({node.source(), quoted(section) + " is a section: write [" + std::string(section) +
                                           "] on a line of its own and its keys below"});
    return;
  }
  for (const auto& [name, value] : *table) {
    if (const Key* key = find_key(section, name.str())) {
      key->read(value, *key, config, problems);
    } else {
      unknown(section, name, problems);
    }
  }
}

Config read_root(const toml::table& root, Problems& problems) {
  Config config;
  for (const auto& [name, value] : root) {
    if (is_section(name.str())) {
      read_section(name.str(), value, config, problems);
    } else if (const Key* key = find_key("", name.str())) {
      key->read(value, *key, config, problems);
    } else {
      unknown("", name, problems);
    }
  }
  return config;
}

void check_certificate(const toml::table& root, Problems& problems) {
  const toml::node* certificate = root.at_path("tls.certificate").node();
  const toml::node* key = root.at_path("tls.key").node();
  if (certificate != nullptr && key == nullptr) {
    problems.push_back({certificate->source(), "\"certificate\" is set without its \"key\""});
  } else if (certificate == nullptr && key != nullptr) {
    problems.push_back({key->source(), "\"key\" is set without its \"certificate\""});
  }
}

const toml::node* listener(const toml::table& root, const Key& key) {
  return root.at_path("listen." + std::string(key.name)).node();
}

/// Two services cannot have one port; said here, it names both, the system would name none. It is told where
/// the file says it: of a set key and a default, at the key.
void check_doubles(const toml::table& root, const Config& config, Problems& problems) {
  struct Use {
    const Key* key;
    std::size_t item;
  };
  std::map<std::string, Use> taken;
  for (const Key& key : config_keys()) {
    if (key.endpoints == nullptr) continue;
    const Endpoints& list = config.listen.*key.endpoints;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].port == 0) continue;
      Use guilty{&key, i};
      const auto [found, fresh] = taken.emplace(format_endpoint(list[i]), guilty);
      if (fresh) continue;
      Use other = found->second;
      if (listener(root, key) == nullptr) std::swap(guilty, other);
      const toml::node* list_node = listener(root, *guilty.key);
      problems.push_back({list_node->as_array()->get(guilty.item)->source(),
                          quoted(guilty.key->name) + ": " + found->first + " is already taken by " +
                              quoted(other.key->name)});
    }
  }
}

void resolve_paths(Config& config, std::string_view file_name) {
  const std::filesystem::path folder = std::filesystem::path(file_name).parent_path();
  std::vector<std::string*> paths = {&config.data, &config.tls.certificate, &config.tls.key,
                                     &config.relay.passwords, &config.dns.trust_anchor};
  for (auto& [certificate, key] : config.tls.more) paths.insert(paths.end(), {&certificate, &key});
  for (std::string* path : paths) {
    if (path == &config.dns.trust_anchor && *path == DnsConfig::kNoTrustAnchor) continue;
    if (!path->empty() && std::filesystem::path(*path).is_relative()) *path = (folder / *path).string();
  }
}

/// What toml++ says of a syntax error, in our words where an admin is likely to meet it.
std::string syntax_error(std::string_view description) {
  std::string text = "this is not TOML: ";
  constexpr std::string_view prefix = "Error while parsing ";
  if (description.starts_with(prefix)) {
    text += "in " + std::string(description.substr(prefix.size()));
  } else {
    text += description;
  }
  if (description.find("could not determine value type") != std::string_view::npos) {
    text += "; text stands in quotes: \"…\"";
  }
  return text;
}

std::vector<ConfigError> in_file(std::string_view file_name, Problems problems) {
  const auto order = [](const Problem& p) {
    return std::tie(p.where.begin.line, p.where.begin.column, p.what);
  };
  std::sort(problems.begin(), problems.end(), [&](auto& a, auto& b) { return order(a) < order(b); });
  std::vector<ConfigError> errors;
  for (Problem& problem : problems) {
    errors.push_back({std::string(file_name), problem.where.begin.line, problem.where.begin.column,
                      std::move(problem.what)});
  }
  return errors;
}

std::vector<ConfigError> whole_file(const std::string& file, std::string what) {
  return {ConfigError{file, 0, 0, std::move(what)}};
}

LoadedConfig load_file(const std::string& file, bool optional) {
  constexpr std::size_t kLargest = 1 << 20;
  struct stat info{};
  if (stat(file.c_str(), &info) != 0) {
    if (errno == ENOENT && optional) return parse_config("", file);
    if (errno == ENOENT) {
      return whole_file(file,
                        "there is no such file; begin with the example: postroom config example > " + file);
    }
    return whole_file(file, std::string("cannot be read: ") + std::strerror(errno));
  }
  if (S_ISDIR(info.st_mode)) return whole_file(file, "this is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) return whole_file(file, std::string("cannot be read: ") + std::strerror(errno));
  std::string text(kLargest + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kLargest) return whole_file(file, "is larger than 1 MiB: this is no configuration file");
  return parse_config(text, file);
}

}  // namespace

std::string ConfigError::text() const {
  std::string out = file + ":";
  if (line != 0) out += std::to_string(line) + ":" + std::to_string(column) + ":";
  return out + " " + message;
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  const std::string text = lower(name.data());
  return check_hostname(text) ? "localhost" : text;
}

LoadedConfig parse_config(std::string_view text, std::string_view file_name) {
  Problems problems;
  try {
    const toml::table root = toml::parse(text);
    Config config = read_root(root, problems);
    check_certificate(root, problems);
    if (problems.empty()) check_doubles(root, config, problems);
    if (problems.empty()) {
      resolve_paths(config, file_name);
      return config;
    }
  } catch (const toml::parse_error& error) {
    problems.push_back({error.source(), syntax_error(error.description())});
  }
  return in_file(file_name, std::move(problems));
}

LoadedConfig load_config(const std::string& file, bool optional) {
  LoadedConfig loaded = load_file(file, optional);
  if (auto* config = std::get_if<Config>(&loaded); config != nullptr && config->hostname.empty()) {
    config->hostname = machine_name();
  }
  return loaded;
}

}  // namespace postroom
