// Waiters: what is to be done once, when something is over.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace integrityd {

class Waiters {
public:
    Waiters() = default;
    Waiters(const Waiters&) = delete;
    Waiters& operator=(const Waiters&) = delete;
    // Nobody waits for what has ended.
    ~Waiters() { release(); }

    void add(std::function<void()> then) { waiting_.push_back(std::move(then)); }
    // Calls them in the order in which they came; who comes meanwhile waits for the next time.
    void release() {
        for (const auto& then : std::exchange(waiting_, {}))
            then();
    }

private:
    std::vector<std::function<void()>> waiting_;
};

}  // namespace integrityd
