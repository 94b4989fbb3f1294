#include "publish/journal.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "publish/message.hpp"

namespace integrityd {

namespace {

// FIELD=value, each on a line: journal_fields() leaves no newline in a value.
std::string serialise(const std::vector<MessageField>& fields) {
    std::string entry;
    for (const auto& [name, value] : fields) {
        assert(value.find('\n') == std::string::npos);
        entry.append(name).append("=").append(value).append("\n");
    }
    return entry;
}

Error system_error(const char* what) {
    return {std::string(what) + ": " + std::strerror(errno), errno};
}

// An entry that is too large for a datagram goes as a sealed memory file.
Result<UniqueFd> sealed_file(std::string_view entry) {
    UniqueFd file(::memfd_create("integrityd-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return system_error("memfd_create");
    while (!entry.empty()) {
        const ssize_t written = ::write(file.get(), entry.data(), entry.size());
        if (written < 0) return system_error("memfd");
        entry.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        return system_error("F_ADD_SEALS");
    }
    return file;
}

}  // namespace

Result<void> JournalPublisher::publish(const Event& event) {
    const std::string entry = serialise(journal_fields(event));
    auto sent = target_.send(entry);
    if (sent || (sent.error().code != EMSGSIZE && sent.error().code != ENOBUFS)) return sent;
    const auto file = sealed_file(entry);
    if (!file) return file.error();
    return target_.send_fd(file->get());
}

}  // namespace integrityd
