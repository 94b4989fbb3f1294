// AideTree: a small tree of files with a real AIDE database and configuration, made by the real aide.
#pragma once

#include <string>

#include "support/temporary_directory.hpp"

namespace integrityd::test {

class AideTree {
public:
    explicit AideTree(const TemporaryDirectory& directory);

    // Whether aide is installed.
    [[nodiscard]] static bool possible();

    void write(const std::string& name, const std::string& content) const;
    void remove(const std::string& name) const;
    [[nodiscard]] std::string path(const std::string& name) const;

    // `aide --init`, and the new database takes its place.
    void accept_tree() const;
    // `aide --check`; its report goes to report_log(). Returns aide's exit status.
    int check() const;
    // Puts this text where AIDE writes its report, at once.
    void put_report(const std::string& text) const;

    [[nodiscard]] std::string report_log() const { return directory_ / "log/aide.log"; }
    [[nodiscard]] std::string database() const { return directory_ / "aide.db"; }
    [[nodiscard]] std::string config() const { return directory_ / "aide.conf"; }
    // The section for integrityd's configuration.
    [[nodiscard]] std::string section() const;

private:
    int aide(const std::string& arguments) const;

    const TemporaryDirectory& directory_;
};

}  // namespace integrityd::test
