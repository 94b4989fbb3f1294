// What a process has used, from /proc; and what a series of measurements says.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

namespace integrityd::bench {

using SteadyClock = std::chrono::steady_clock;

inline double seconds(SteadyClock::duration span) {
    return std::chrono::duration<double>(span).count();
}

struct Usage {
    double cpu_seconds = 0;  // user and system
    double cpu_ticks = 0;
    double peak_rss_mb = 0;
    double pss_mb = 0;
    double private_dirty_mb = 0;
};

inline double field_of(const std::string& file, const std::string& name) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(name)) return std::strtod(line.c_str() + name.size(), nullptr);
    }
    return 0;
}

inline Usage usage_of(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    std::ifstream in(folder + "/stat");
    std::stringstream stat;
    stat << in.rdbuf();
    std::istringstream fields(stat.str().substr(stat.str().rfind(')') + 2));
    std::vector<std::string> words;
    for (std::string word; fields >> word;)
        words.push_back(word);
    Usage usage;
    usage.cpu_ticks = std::strtod(words.at(11).c_str(), nullptr) + std::strtod(words.at(12).c_str(), nullptr);
    usage.cpu_seconds = usage.cpu_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    usage.peak_rss_mb = field_of(folder + "/status", "VmHWM:") / 1024;
    usage.pss_mb = field_of(folder + "/smaps_rollup", "Pss:") / 1024;
    usage.private_dirty_mb = field_of(folder + "/smaps_rollup", "Private_Dirty:") / 1024;
    return usage;
}

inline double percentile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

}  // namespace integrityd::bench
