#include "times.hpp"

#include <ctime>

namespace integrityctl {

namespace {

constexpr integrity::Time none{};

}  // namespace

std::string local_time(integrity::Time time) {
    if (time == none) return "-";
    const auto seconds =
        static_cast<std::time_t>(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
    std::tm parts{};
    char text[64];
    if (localtime_r(&seconds, &parts) == nullptr) return "?";
    const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
    return std::string(text, size);
}

std::string distance(integrity::Time time, integrity::Time now) {
    if (time == none) return "-";
    const auto between = time < now ? now - time : time - now;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(between).count();
    if (seconds < 1) return "now";
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 60 * 60) return std::to_string(seconds / 60) + " min";
    if (seconds < 48 * 60 * 60) return std::to_string(seconds / (60 * 60)) + " h";
    return std::to_string(seconds / (24 * 60 * 60)) + " d";
}

std::string time_and_age(integrity::Time time, integrity::Time now) {
    if (time == none) return "-";
    const std::string between = distance(time, now);
    const std::string relation = between == "now" ? between : time < now ? between + " ago" : "in " + between;
    return local_time(time) + " (" + relation + ")";
}

}  // namespace integrityctl
