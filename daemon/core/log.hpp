// The daemon's own log: to the journal when standard error is the journal, else to standard error.
//
// For what went wrong with the daemon itself; what it saw are events (publish/). Text is escaped: a
// file's name cannot move a terminal's cursor or begin a line. Before setup_log() warnings and
// errors go to standard error.
#pragma once

#include <cstdint>
#include <fmt/core.h>
#include <string_view>

namespace integrityd {

// "debug", "info", "warning" or "error" (the configuration's log_level); may be called again.
void setup_log(std::string_view level);

namespace log {

enum class Level : std::uint8_t { debug, info, warning, error };

// Formats only what is going to be written.
void write(Level level, fmt::string_view format, fmt::format_args arguments);

template <typename... Arguments>
void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    write(Level::debug, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    write(Level::info, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    write(Level::warning, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    write(Level::error, format, fmt::make_format_args(arguments...));
}

}  // namespace log

// Whether `journal_stream` ($JOURNAL_STREAM, "DEVICE:INODE" of the stream that the service manager
// connected to the journal; null: not set) is what `fd` is.
[[nodiscard]] bool is_journal_stream(const char* journal_stream, int fd);

}  // namespace integrityd
