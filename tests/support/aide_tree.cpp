#include "support/aide_tree.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd::test {

AideTree::AideTree(const TemporaryDirectory& directory) : directory_(directory) {
    std::filesystem::create_directories(directory / "tree/etc");
    std::filesystem::create_directories(directory / "log");
    // No times and no inodes: what is put back is as it was.
    std::ofstream(config()) << "database_in=file:" << database() << "\ndatabase_out=file:" << database() << ".new\n"
                            << "gzip_dbout=no\nreport_format=json\nreport_url=file:" << report_log() << "\n"
                            << (directory / "tree") << " p+u+g+ftype+sha256\n";
}

bool AideTree::possible() {
    return access("/usr/bin/aide", X_OK) == 0;
}

void AideTree::write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::trunc) << content;
}

void AideTree::remove(const std::string& name) const {
    std::filesystem::remove(path(name));
}

std::string AideTree::path(const std::string& name) const {
    return (directory_ / "tree/") + name;
}

int AideTree::aide(const std::string& arguments) const {
    const int status =
        std::system(("/usr/bin/aide --config=" + config() + " " + arguments + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void AideTree::accept_tree() const {
    (void)aide("--init --after=report_url=file:/dev/null");
    std::filesystem::rename(database() + ".new", database());
}

int AideTree::check() const {
    return aide("--check");
}

void AideTree::put_report(const std::string& text) const {
    const std::string fresh = report_log() + ".new";
    std::ofstream(fresh, std::ios::trunc) << text;
    std::filesystem::rename(fresh, report_log());
}

std::string AideTree::section() const {
    return "[aide]\nreport_log = \"" + report_log() + "\"\nconfig = \"" + config() + "\"\ndatabase = \"" + database() +
           "\"\n";
}

}  // namespace integrityd::test
