#include "bus/guarded.hpp"

#include <cerrno>
#include <spdlog/spdlog.h>

namespace integrityd {

namespace {

const char* error_name(int code) {
    switch (code) {
        case ENOENT:
            return "org.cip_project.Integrity1.Error.NotFound";
        case EINVAL:
            return "org.cip_project.Integrity1.Error.InvalidArgument";
        case EACCES:
        case EPERM:
            return "org.cip_project.Integrity1.Error.NotAuthorized";
        case EBUSY:
            return "org.cip_project.Integrity1.Error.Busy";
        case ECANCELED:
            return "org.cip_project.Integrity1.Error.Changed";
        default:
            return "org.cip_project.Integrity1.Error.Internal";
    }
}

}  // namespace

sdbus::Error to_bus_error(const Error& error) {
    return sdbus::Error(error_name(error.code), error.message);
}

Error too_many_requests() {
    return Error{"too many requests wait for an answer", EBUSY};
}

Error not_authorized() {
    return Error{"the caller's groups do not allow this", EPERM};
}

Error describe_exception() noexcept {
    // What an exception says may quote internals: it goes to the journal, not to the caller.
    try {
        throw;
    } catch (const std::exception& error) {
        spdlog::error("a request on the bus failed: {}", error.what());
    } catch (...) {
        spdlog::error("a request on the bus failed with an unknown exception");
    }
    return Error{"internal error"};
}

}  // namespace integrityd
