// What an operator imports for the boot: a document or a reason; and the watcher reads what it was made into.
#include <cstdint>
#include <cstdlib>

#include "core/canonical_json.hpp"
#include "sources/boot_import.hpp"
#include "sources/boot_report.hpp"
#include "sources/boot_text.hpp"
#include "watchers/boot/boot_accepted.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace integrityd;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (!read_boot_text(boot_log_json(bytes))) std::abort();
    const auto document = boot_import_document(bytes, "name");
    if (!document) return 0;
    const auto value = read_json(*document);
    const auto* const map = value ? value->get<ValueMap>() : nullptr;
    if (map == nullptr) std::abort();
    if (const auto whole = read_boot_accepted(*map)) {
        if (whole->empty()) std::abort();
        const auto again = read_boot_accepted(to_value(*whole));
        if (!again || to_value(*again) != to_value(*whole)) std::abort();
    }
    if (const auto components = read_components(*map)) {
        BootAccepted accepted;
        add_components(accepted, *components, most_runs_of_boots);
    }
    return 0;
}
