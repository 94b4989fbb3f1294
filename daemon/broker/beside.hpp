// Beside: work in processes of its own, for what may wait long, so that the next client is served meanwhile.
#pragma once

#include <functional>

#include "core/result.hpp"

namespace integrityd {

class Beside {
public:
    // At most this many at a time: the daemon needs one, the others are those that a stuck TPM still holds.
    explicit Beside(int most = 4) : most_(most) {}

    // Runs it in a new process, which then ends. EBUSY: too many run already.
    [[nodiscard]] Result<void> run(const std::function<void()>& work);

private:
    const int most_;
    int running_ = 0;
};

}  // namespace integrityd
