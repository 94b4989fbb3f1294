// TlsRound: how far a round over endpoints is, for whoever waits for it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/value.hpp"

namespace integrityd {

class TlsRound {
public:
    // Another round begins.
    void begin(const std::vector<const TlsEndpoint*>& endpoints);
    // `state` as in the report; `reason`: why it was not reached or not judged, else empty.
    void done(const std::string& endpoint, std::string_view state, const std::string& reason);

    // How many rounds there were, this one included.
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] std::size_t size() const { return done_.size() + waiting_.size(); }
    [[nodiscard]] std::size_t finished() const { return done_.size(); }
    // `round`, `size`, `done`: the first 1,500, each with `name`, `state`, `reason`, in the order in which they were
    // done; `waiting`: some of the names that are left.
    [[nodiscard]] ValueMap progress() const;

private:
    struct Done {
        std::string name;
        std::string state;
        std::string reason;
    };

    std::uint64_t number_ = 0;
    std::vector<Done> done_;
    std::set<std::string> waiting_;
};

}  // namespace integrityd
