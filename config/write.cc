// Config as text, by the table of keys.
#include "config/write.h"

#include "base/text.h"
#include "config/keys.h"
#include "config/load.h"

namespace postroom {
namespace {

std::string heading(std::string_view section) {
  return section.empty() ? "" : "\n[" + std::string(section) + "]\n";
}

/// What is unset has no place in TOML or the example; it would mean "the empty path".
bool unset(std::string_view printed) { return printed == "\"\""; }

std::string comment(std::string_view doc) {
  std::string text;
  for (const std::string_view line : split(doc, '\n')) text += "# " + std::string(line) + "\n";
  return text;
}

/// What the example shows where there is no default to show.
std::string_view sample(const Key& key) {
  if (key.name == "hostname") return "\"mail.example.org\"";
  if (key.name == "trust_anchor") return "\"root.key\"";
  if (key.name == "passwords") return "\"relay.passwords\"";
  if (key.name == "source_ipv4") return "\"192.0.2.1\"";
  if (key.name == "source_ipv6") return "\"2001:db8::1\"";
  return key.name == "certificate" ? "\"fullchain.pem\"" : "\"privkey.pem\"";
}

}  // namespace

std::string config_as_toml(const Config& config) {
  Config defaults;
  defaults.hostname = machine_name();
  std::string text;
  for (const Section& section : config_sections()) {
    std::string body;
    for (const Key& key : config_keys()) {
      const std::string value = key.print(config);
      if (key.section != section.name || unset(value)) continue;
      body += std::string(key.name) + " = " + value + (value == key.print(defaults) ? "" : "  # set") + "\n";
    }
    if (!body.empty()) text += heading(section.name) + body;
  }
  return text;
}

std::string config_as_json(const Config& config) {
  std::string text;
  for (const Section& section : config_sections()) {
    std::string body;
    const std::string indent = section.name.empty() ? "  " : "    ";
    for (const Key& key : config_keys()) {
      const std::string value = key.print(config);
      if (key.section != section.name) continue;
      body +=
          (body.empty() ? "" : ",\n") + indent + quoted(key.name) + ": " + (unset(value) ? "null" : value);
    }
    text += (text.empty() ? "" : ",\n");
    text += section.name.empty() ? body : "  " + quoted(section.name) + ": {\n" + body + "\n  }";
  }
  return "{\n" + text + "\n}\n";
}

std::string config_example() {
  const Config defaults;
  std::string text =
      "# Postroom's configuration. Every key may be left out; what stands here commented out is the "
      "default.\n"
      "# Look for mistakes with: postroom config check\n";
  for (const Section& section : config_sections()) {
    text += heading(section.name);
    if (!section.doc.empty()) text += comment(section.doc);
    for (const Key& key : config_keys()) {
      if (key.section != section.name) continue;
      const std::string value = key.print(defaults);
      text += "\n" + comment(key.doc) + "#" + std::string(key.name) + " = " +
              (unset(value) ? std::string(sample(key)) : value) + "\n";
    }
  }
  return text;
}

}  // namespace postroom
