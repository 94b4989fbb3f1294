// LuksImage: a LUKS2 volume in a file, made and changed by the real cryptsetup and systemd-cryptenroll, as on a device
// but for device-mapper, which is not needed for what concerns the header.
#pragma once

#include <string>

#include "support/temporary_directory.hpp"

namespace integrityd::test {

class LuksImage {
public:
    // Why there is none here; empty: there is.
    [[nodiscard]] static std::string why_not();

    // A volume whose slot 0 the password "first" opens. `tcti`: of the TPM that enroll() seals to. Throws
    // std::runtime_error where a tool fails, with what it said.
    explicit LuksImage(std::string tcti);

    [[nodiscard]] const std::string& path() const { return path_; }

    // systemd-cryptenroll to these PCRs ("7"); with clevis instead; then the password's slot is wiped.
    void enroll(const std::string& pcrs = "7") const;
    void enroll_clevis(const std::string& pcrs = "7") const;
    void wipe_password() const { kill_slot(0); }

    // By the volume key, as who has the running device can.
    void add_password() const;
    void kill_slot(int slot) const;
    void remove_token(int token) const;
    void import_token(const std::string& json) const;
    [[nodiscard]] std::string token(int number) const;
    // Another volume under the same UUID.
    void format_again() const;

    [[nodiscard]] std::string content() const;  // of the header area
    void restore(const std::string& content) const;

private:
    void format(const std::string& more) const;
    void run(const std::string& command) const;

    TemporaryDirectory directory_;
    const std::string tcti_;
    const std::string path_ = directory_ / "volume";
};

}  // namespace integrityd::test
