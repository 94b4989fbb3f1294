#include "core/log.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/printable.hpp"

namespace integrityd {

namespace {

// journald cuts at 48 KiB; nothing that we say of ourselves needs more than this.
constexpr std::size_t longest_message = 8192;

spdlog::level::level_enum to_spdlog(log::Level level) {
    switch (level) {
        case log::Level::debug:
            return spdlog::level::debug;
        case log::Level::info:
            return spdlog::level::info;
        case log::Level::warning:
            return spdlog::level::warn;
        case log::Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

spdlog::level::level_enum parse_level(std::string_view level) {
    if (level == "debug") return spdlog::level::debug;
    if (level == "warning") return spdlog::level::warn;
    if (level == "error") return spdlog::level::err;
    return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> make_logger() {
    if (is_journal_stream(std::getenv("JOURNAL_STREAM"), STDERR_FILENO)) {
        return std::make_shared<spdlog::logger>("integrityd",
                                                std::make_shared<spdlog::sinks::systemd_sink_mt>("integrityd"));
    }
    auto logger =
        std::make_shared<spdlog::logger>("integrityd", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    return logger;
}

// Made when first used: a test, or a failure before setup_log(), must not be silent.
spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> made = [] {
        auto fresh = make_logger();
        fresh->set_level(spdlog::level::warn);
        fresh->flush_on(spdlog::level::debug);
        return fresh;
    }();
    return *made;
}

}  // namespace

void setup_log(std::string_view level) {
    logger().set_level(parse_level(level));
}

void log::write(Level level, fmt::string_view format, fmt::format_args arguments) {
    const auto spdlog_level = to_spdlog(level);
    if (!logger().should_log(spdlog_level)) return;
    const std::string text = printable_cut(fmt::vformat(format, arguments), longest_message);
    logger().log(spdlog_level, spdlog::string_view_t(text.data(), text.size()));
}

bool is_journal_stream(const char* journal_stream, int fd) {
    std::uintmax_t device = 0;
    std::uintmax_t inode = 0;
    struct stat status = {};
    return journal_stream != nullptr && std::sscanf(journal_stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
           ::fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace integrityd
