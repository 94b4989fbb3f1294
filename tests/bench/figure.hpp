// Figures: `NAME VALUE UNIT limit LIMIT ok`, or `short` where the limit is missed.
#pragma once

#include <cstdio>
#include <string>

namespace integrityd::bench {

enum class Better { higher, lower };

// Prints figures and remembers whether one was short; status() is the program's exit status.
class Figures {
public:
    void print(const std::string& name, double value, const std::string& unit, double limit, Better better) {
        const bool reached = better == Better::higher ? value >= limit : value <= limit;
        short_ = short_ || !reached;
        std::printf("%s %.6g %s limit %.6g %s\n", name.c_str(), value, unit.c_str(), limit, reached ? "ok" : "short");
        std::fflush(stdout);
    }
    // For comparison, without a limit.
    void tell(const std::string& name, double value, const std::string& unit) {
        std::printf("%s %.6g %s\n", name.c_str(), value, unit.c_str());
    }
    [[nodiscard]] int status() const { return short_ ? 1 : 0; }

private:
    bool short_ = false;
};

}  // namespace integrityd::bench
