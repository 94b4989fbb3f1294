// baseline import: values that are known before the boot they are for, or before the first start.
#include <cerrno>
#include <filesystem>

#include "../exit_codes.hpp"
#include "../file_bytes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../tpm.hpp"
#include "../verbs.hpp"
#include "sources/boot_import.hpp"

namespace integrityctl {

int run(Context& context, const BaselineImportOptions& options) {
    const std::string bytes = file_bytes(options.file, integrityd::largest_import);
    const std::string name = std::filesystem::path(options.file).filename().string();
    const auto document = options.watcher == "boot" ? integrityd::boot_import_document(bytes, name)
                                                    : integrityd::Result<std::string>(bytes);
    if (!document) throw integrity::Error(-EINVAL, options.file + ": " + document.error().message);
    const auto digest =
        context.client().import_baseline(options.watcher, *document, options.comment, integrity::forever);
    if (context.json) {
        JsonObject line;
        line.text("watcher", options.watcher).text("digest", digest);
        context.out.json(line.str());
    } else {
        context.out.line(printable(options.watcher) + ": imported; the baseline is now " + printable(digest));
    }
    if (options.watcher == "luks") seal_after_acceptance(context);
    return exit_done;
}

}  // namespace integrityctl
