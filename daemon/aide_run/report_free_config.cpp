#include "aide_run/report_free_config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "core/memory_file.hpp"
#include "core/read_file.hpp"

namespace integrityd {

namespace {

// Debian's has 6 KiB; rules for each file of a large device fit a hundred times.
constexpr std::size_t most_bytes = 4U << 20;

bool names_report(std::string_view line) {
    constexpr std::string_view key = "report_url";
    constexpr std::string_view blank = " \t";
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    if (!line.starts_with(key)) return false;
    line.remove_prefix(key.size());
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    return line.starts_with('=');
}

Error failed(const std::string& path) {
    const int code = errno;
    return Error{path + ": " + std::strerror(code), code};
}

}  // namespace

std::string without_report_urls(std::string_view config) {
    std::string kept;
    kept.reserve(config.size());
    while (!config.empty()) {
        const std::size_t end = std::min(config.find('\n'), config.size() - 1) + 1;
        const std::string_view line = config.substr(0, end);
        if (!names_report(line))
            kept += line;
        else if (line.ends_with('\n'))
            kept += '\n';
        config.remove_prefix(end);
    }
    return kept;
}

Result<UniqueFd> report_free_config(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file) return failed(path);
    auto text = read_whole(file, most_bytes);
    if (!text) return Error{path + ": cannot be read, or has more than 4 MiB", text.error().code};
    auto copy = make_memory_file("integrityd-aide-config", without_report_urls(*text));
    if (copy && fcntl(copy->get(), F_SETFD, 0) < 0) return failed(path);
    return copy;
}

}  // namespace integrityd
