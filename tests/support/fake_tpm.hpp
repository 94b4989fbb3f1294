// A TPM that answers what the test put there.
#pragma once

#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "sources/tpm.hpp"

namespace integrityd::test {

class FakeTpm final : public Tpm {
public:
    Result<std::vector<PcrBank>> read_pcrs() override {
        ++reads;
        if (error) return *error;
        return pcrs;
    }
    Result<TpmFacts> read_facts() override {
        ++reads;
        if (error) return *error;
        return facts;
    }
    Result<TpmNvIndex> read_nv(std::uint32_t index) override {
        ++reads;
        if (error) return *error;
        const auto found = nv.find(index);
        if (found == nv.end()) return Error{"there is no such index", ENOENT};
        return found->second;
    }

    std::vector<PcrBank> pcrs;
    TpmFacts facts;
    std::map<std::uint32_t, TpmNvIndex> nv;
    std::optional<Error> error;  // what every question is answered with
    int reads = 0;
};

}  // namespace integrityd::test
