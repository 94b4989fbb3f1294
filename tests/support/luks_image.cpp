#include "support/luks_image.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace integrityd::test {

namespace {

constexpr std::size_t header_area = 32U << 10;

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// The largest iterations that a test can wait for; weak is told of passwords alone.
const std::string quick = " --pbkdf pbkdf2 --pbkdf-force-iterations 200000 ";

}  // namespace

std::string LuksImage::why_not() {
    for (const auto* const tool : {"cryptsetup", "systemd-cryptenroll", "tpm2_flushcontext"})
        if (std::system(("command -v " + std::string(tool) + " >/dev/null 2>&1").c_str()) != 0)
            return "needs " + std::string(tool);
    return "";
}

LuksImage::LuksImage(std::string tcti) : directory_(memory_path()), tcti_(std::move(tcti)) {
    std::ofstream(directory_ / "password") << "first";
    std::ofstream(directory_ / "second") << "second";
    run("head -c 64 /dev/urandom >" + directory_ / "key");
    run("truncate -s 20M " + path_);
    format("--volume-key-file " + directory_ / "key");
}

void LuksImage::format(const std::string& more) const {
    run("cryptsetup luksFormat -q --type luks2 --luks2-metadata-size 16k --luks2-keyslots-size 4M --key-size 512" +
        quick + more + " --key-file " + directory_ / "password" + " " + path_);
}

// A TPM without a resource manager has three places: what a tool leaves there is flushed.
void LuksImage::enroll(const std::string& pcrs) const {
    run("PASSWORD=first systemd-cryptenroll --tpm2-device=" + tcti_ + " --tpm2-pcrs=" + pcrs + " " + path_);
    run("TPM2TOOLS_TCTI=" + tcti_ + " sh -c 'tpm2_flushcontext -t; tpm2_flushcontext -l; tpm2_flushcontext -s'");
}

void LuksImage::enroll_clevis(const std::string& pcrs) const {
    run("TPM2TOOLS_TCTI=" + tcti_ + " clevis luks bind -y -k " + directory_ / "password" + " -d " + path_ +
        R"( tpm2 '{"pcr_bank":"sha256","pcr_ids":")" + pcrs + R"("}')");
}

void LuksImage::add_password() const {
    run("cryptsetup luksAddKey -q" + quick + "--volume-key-file " + directory_ / "key" + " " + path_ + " " +
        directory_ / "second");
}

void LuksImage::kill_slot(int slot) const {
    run("cryptsetup luksKillSlot -q " + path_ + " " + std::to_string(slot));
}

void LuksImage::remove_token(int token) const {
    run("cryptsetup token remove --token-id " + std::to_string(token) + " " + path_);
}

void LuksImage::import_token(const std::string& json) const {
    std::ofstream(directory_ / "token") << json;
    run("cryptsetup token import --json-file " + directory_ / "token" + " " + path_);
}

std::string LuksImage::token(int number) const {
    run("cryptsetup token export --token-id " + std::to_string(number) + " " + path_ + " >" + directory_ / "token");
    return read_file(directory_ / "token");
}

void LuksImage::format_again() const {
    run("cryptsetup luksUUID " + path_ + " >" + directory_ / "uuid");
    format("--uuid $(cat " + directory_ / "uuid" + ")");
}

std::string LuksImage::content() const {
    return read_file(path_).substr(0, header_area);
}

void LuksImage::restore(const std::string& content) const {
    std::fstream(path_, std::ios::binary | std::ios::in | std::ios::out)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
}

void LuksImage::run(const std::string& command) const {
    const std::string said = directory_ / "said";
    if (std::system(("{ " + command + "; } 2>" + said + " >>" + said + ".out").c_str()) == 0) return;
    throw std::runtime_error(command + ": " + read_file(said));
}

}  // namespace integrityd::test
