#include "sources/boot_story.hpp"

#include <algorithm>
#include <array>

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/boot_event_text.hpp"
#include "sources/certificate_name.hpp"
#include "sources/event_types.hpp"

namespace integrityd {

namespace {

constexpr std::array<std::string_view, 16> pcr_components = {
    "firmware",
    "firmware configuration",
    "option ROMs",
    "option ROM configuration",
    "boot code",
    "boot configuration",
    "platform manufacturer",
    "Secure Boot policy",
    "boot loader commands",
    "files of the boot loader",
    "IMA",
    "sections of the unified kernel image",
    "kernel command line",
    "system extensions",
    "shim's keys",
    "system identity",
};

// What firmware says into PCR 4 when it starts what is booted, and when that gives up (profile 1.06, sections 10.4.3
// and 10.4.4): how often is no content. Other words could be a small program's bytes.
constexpr std::array<std::string_view, 5> boot_attempts = {"Calling EFI Application from Boot Option",
                                                           "Returning from EFI Application from Boot Option",
                                                           "Calling INT 19h", "Returned INT 19h", "Return via INT 18h"};

// Words of the names of what leads to a kernel. Only names of components follow from them: what is accepted under one
// is decided by digests alone.
constexpr std::array<std::string_view, 5> loader_words = {"boot", "grub", "shim", "loader", "mmx64"};

bool is_boot_attempt(std::string_view words) {
    return std::ranges::find(boot_attempts, words) != boot_attempts.end();
}

// What is judged as such: Secure Boot itself, and sets of keys.
bool is_policy(std::string_view data) {
    const auto variable = parse_efi_variable(data);
    return variable && std::ranges::find(policy_variables, variable->name) != policy_variables.end();
}

// A file that is no loader by its name: a unified kernel image.
bool is_kernel_file(const std::string& path) {
    std::string name = path.substr(path.find_last_of("\\/") + 1);
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name.ends_with(".efi") && std::ranges::none_of(loader_words, [&](std::string_view word) {
               return name.find(word) != std::string::npos;
           });
}

// The last application is the kernel's image, and what comes before leads there. Where a stub lets the firmware load
// the kernel from memory, the image is the file before it.
std::vector<std::string> application_names(const std::vector<std::string>& paths) {
    std::vector<std::string> names;
    const std::size_t count = paths.size();
    const bool inside = count >= 2 && paths[count - 1].empty() && is_kernel_file(paths[count - 2]);
    const std::size_t image = count - (inside ? 2 : 1);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > image)
            names.emplace_back("kernel inside the image");
        else if (i == image)
            names.emplace_back("kernel image");
        else
            names.push_back(i == 0 ? "loader" : "loader " + std::to_string(i + 1));
    }
    return names;
}

class Reader {
public:
    Reader(const EventLog& log, TcgHash& hash) : log_(log), hash_(hash) {
        std::vector<std::string> paths;
        for (const LogEvent& event : log.events) {
            if (is_application(event)) paths.push_back(boot_event_text(event));
        }
        applications_ = application_names(paths);
    }

    BootStory read() {
        story_.bank = hash_.algorithm();
        for (std::size_t i = 0; i < log_.events.size(); ++i) {
            const LogEvent& event = log_.events[i];
            if (event.type != event_type::no_action && event.pcr < most_pcrs) add(i, event);
        }
        return std::move(story_);
    }

private:
    static bool is_application(const LogEvent& event) {
        return event.pcr == 4 && event.type == event_type::boot_services_application;
    }

    void add(std::size_t number, const LogEvent& event) {
        const std::string_view digest = log_.digest(event, story_.bank);
        BootEvent out;
        out.number = number;
        out.pcr = event.pcr;
        out.type = event.type;
        out.backing = backing_of(event, digest, hash_);
        out.digest = to_hex(digest);
        out.component = component(event, out.backing);
        out.text = boot_event_text(event);
        if (event.pcr == 7 && event.type == event_type::variable_driver_config && out.backing == Backing::data)
            take_policy(number, event);
        story_.events.push_back(std::move(out));
    }

    // The type is what somebody wrote: it takes an event out of what is compared only where its content and its place
    // are checked as well.
    std::string component(const LogEvent& event, Backing backing) {
        if (event.type == event_type::separator && event.pcr < firmware_pcrs) return "separator";
        if (is_application(event)) return applications_.at(application_++);
        const bool action = event.type == event_type::efi_action || event.type == event_type::action;
        const bool attempt = action && backing == Backing::data && is_boot_attempt(event.data);
        if (event.pcr == 4 && attempt) return "boot attempt";
        if (event.pcr == 7 && event.type == event_type::variable_authority) return "authorities";
        if (event.pcr == 7 && action) return "firmware modes";
        if (event.pcr == 7 && event.type == event_type::variable_driver_config)
            return backing == Backing::data && is_policy(event.data) ? component_of_pcr(7) : "Secure Boot variables";
        if (event.pcr == 9 && event.type == event_type::event_tag) return std::string(initrd_component);
        return component_of_pcr(event.pcr);
    }

    // The first of a name counts; a second one is against the structure.
    void take_policy(std::size_t number, const LogEvent& event) {
        const auto variable = parse_efi_variable(event.data);
        if (!variable || story_.secure_boot.find(variable->name) != nullptr) return;
        if (variable->name == "SecureBoot") {
            if (!story_.secure_boot.enabled && variable->data.size() == 1)
                story_.secure_boot.enabled = variable->data[0] == 1;
            return;
        }
        MeasuredKeys keys = read_keys(variable->name, variable->data);
        keys.event = number;
        story_.secure_boot.variables.push_back(std::move(keys));
    }

    const EventLog& log_;
    TcgHash& hash_;
    BootStory story_;
    std::vector<std::string> applications_;
    std::size_t application_ = 0;
};

}  // namespace

const MeasuredKeys* MeasuredSecureBoot::find(std::string_view name) const {
    const auto found = std::ranges::find(variables, name, &MeasuredKeys::name);
    return found == variables.end() ? nullptr : &*found;
}

MeasuredKeys read_keys(std::string name, std::string_view value) {
    MeasuredKeys out;
    out.name = std::move(name);
    const auto database = parse_signature_lists(value);
    out.whole = database.whole;
    for (const EfiSignature& signature : database.signatures) {
        out.keys.push_back(signature.key());
        if (signature.type != SignatureType::x509 || out.name == "dbx") continue;
        const std::string subject = certificate_subject(signature.data);
        if (is_test_key(subject)) out.test_keys.push_back(subject);
    }
    std::ranges::sort(out.keys);
    out.keys.erase(std::unique(out.keys.begin(), out.keys.end()), out.keys.end());
    return out;
}

HashAlgorithm best_bank(const std::vector<HashAlgorithm>& banks) {
    for (const HashAlgorithm wanted : {tcg::sha256, tcg::sha384, tcg::sha512, tcg::sm3_256, tcg::sha3_256,
                                       tcg::sha3_384, tcg::sha3_512, tcg::sha1}) {
        if (std::ranges::find(banks, wanted) != banks.end() && TcgHash::make(wanted)) return wanted;
    }
    return 0;
}

BootStory read_boot_story(const EventLog& log, HashAlgorithm bank) {
    auto hash = TcgHash::make(bank);
    if (!hash || std::ranges::find(log.algorithms, bank) == log.algorithms.end()) return {};
    return Reader(log, *hash).read();
}

bool is_judged_pcr(std::uint32_t pcr) {
    return pcr == 0 || pcr == 2 || pcr == 4 || pcr == 7 || pcr == 8 || pcr == 9 || (pcr >= 11 && pcr <= 14);
}

std::string component_of_pcr(std::uint32_t pcr) {
    return pcr < pcr_components.size() ? std::string(pcr_components.at(pcr)) : "PCR " + std::to_string(pcr);
}

}  // namespace integrityd
