#include "watchers/boot/boot_files.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>

#include "core/escape.hpp"
#include "core/unique_fd.hpp"
#include "sources/pe_digest.hpp"

namespace integrityd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 64;
constexpr std::size_t most_entries = 4096;  // a directory with more is no boot partition
constexpr int deepest = 3;                  // EFI/BOOT/BOOTX64.EFI
constexpr std::size_t longest_path = 512;

bool is_image_name(const fs::path& path) {
    std::string extension = path.extension().string();
    std::ranges::transform(extension, extension.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return extension == ".efi";
}

void collect(const std::string& directory, std::vector<std::string>& files) {
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    std::size_t seen = 0;
    for (fs::recursive_directory_iterator entry(directory, options, error), end; !error && entry != end;
         entry.increment(error)) {
        if (++seen > most_entries || files.size() >= most_files) return;
        if (entry.depth() >= deepest) entry.disable_recursion_pending();
        std::error_code ignored;
        if (entry->is_regular_file(ignored) && is_image_name(entry->path())) files.push_back(entry->path().string());
    }
}

}  // namespace

std::vector<std::string> default_image_directories() {
    return {"/boot", "/efi"};
}

std::map<std::string, std::string> name_images(const std::vector<std::string>& directories, HashAlgorithm bank) {
    std::vector<std::string> files;
    for (const std::string& directory : directories)
        collect(directory, files);
    std::map<std::string, std::string> names;
    for (const std::string& path : files) {
        const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        if (!fd) continue;
        const auto digests = pe_digests(fd.get(), {bank});
        if (digests) names.try_emplace(digests->front().hex(), escape_cut(path, longest_path));
    }
    return names;
}

}  // namespace integrityd
