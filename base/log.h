// One event a line, to stderr, never blocking: "2026-01-31T09:26:53Z info smtp.delivered id=… size=4096".
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace postroom::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// One key=value of an event. Values are quoted and escaped when they hold anything but plain text.
struct Field {
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, std::integral auto v) : key(k), value(std::to_string(v)) {}
  std::string_view key;
  std::string value;
};

/// Starts the background thread that writes; without it events are written at once (CLI, tests). A full queue
/// drops the oldest events, and says how many, rather than block.
void start(Level threshold);
/// Writes what is queued and stops.
void stop();
void set_level(Level threshold);

/// `name` is "area.event" in lower case: "smtp.rejected".
void write(Level level, std::string_view name, std::initializer_list<Field> fields = {});

inline void debug(std::string_view name, std::initializer_list<Field> fields = {}) {
  write(Level::debug, name, fields);
}
inline void info(std::string_view name, std::initializer_list<Field> fields = {}) {
  write(Level::info, name, fields);
}
inline void warning(std::string_view name, std::initializer_list<Field> fields = {}) {
  write(Level::warning, name, fields);
}
inline void error(std::string_view name, std::initializer_list<Field> fields = {}) {
  write(Level::error, name, fields);
}

}  // namespace postroom::log
