// AideUnit: AIDE's socket-activated unit in a test: each connection is served by the real integrityd-aide-run.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/unique_fd.hpp"
#include "support/aide_tree.hpp"

namespace integrityd::test {

class AideUnit {
public:
    // With this tree's configuration and database; `options`: more of the command line; `as`: what starts the client.
    // INTEGRITYD_AIDE_RUN and INTEGRITYD_AIDE_CHECK name the programs.
    AideUnit(const TemporaryDirectory& directory, const AideTree& tree, const std::vector<std::string>& options,
             const std::string& as = "exec");
    ~AideUnit();
    AideUnit(const AideUnit&) = delete;
    AideUnit& operator=(const AideUnit&) = delete;

    // A program that asks this unit, as integrityd-aide-check asks the device's.
    [[nodiscard]] const std::string& client() const { return client_; }
    // A shell command that is run in the next `word`s' place before they are asked for; empty: none.
    void before(const std::string& word, const std::string& command) const;

private:
    void serve();

    std::string client_;
    std::vector<std::string> command_;
    UniqueFd listener_;
    std::atomic<bool> over_ = false;
    std::thread server_;
};

}  // namespace integrityd::test
