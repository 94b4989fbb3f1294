// ForwardingOpener: another opener, of which a test changes a part.
#pragma once

#include <memory>
#include <utility>

#include "core/opener.hpp"

namespace integrityd::test {

class ForwardingOpener : public Opener {
public:
    explicit ForwardingOpener(std::unique_ptr<Opener> opener) : opener_(std::move(opener)) {}

    Result<UniqueFd> open(Resource resource) override { return opener_->open(resource); }
    Result<UniqueFd> open_older(Resource resource, unsigned number) override {
        return opener_->open_older(resource, number);
    }
    Result<std::vector<OpenedFile>> open_all(Resource resource) override { return opener_->open_all(resource); }
    Result<UniqueFd> watch_directory(Resource resource) override { return opener_->watch_directory(resource); }
    Result<UniqueFd> join_audit_feed() override { return opener_->join_audit_feed(); }
    Result<UniqueFd> audit_status() override { return opener_->audit_status(); }
    Result<UniqueFd> tpm_commands() override { return opener_->tpm_commands(); }
    Result<LuksArea> luks_header(std::string_view volume) override { return opener_->luks_header(volume); }
    Result<UniqueFd> dm_table(std::string_view volume) override { return opener_->dm_table(volume); }
    Result<UniqueFd> root_table() override { return opener_->root_table(); }

private:
    std::unique_ptr<Opener> opener_;
};

}  // namespace integrityd::test
