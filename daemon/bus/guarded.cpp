#include "bus/guarded.hpp"

#include <cerrno>

#include "core/log.hpp"

namespace integrityd {

namespace {

constexpr auto internal_error = "org.cip_project.Integrity1.Error.Internal";

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
        case EAGAIN:
            return "org.cip_project.Integrity1.Error.Busy";
        case ECANCELED:
            return "org.cip_project.Integrity1.Error.Changed";
        default:
            return internal_error;
    }
}

}  // namespace

sdbus::Error to_bus_error(const Error& error) {
    const std::string name = error_name(error.code);
    if (name != internal_error) return sdbus::Error(name, error.message);
    // What failed inside is for the journal, not for the caller.
    log::error("a request on the bus failed: {}", error.message);
    return sdbus::Error(name, "the daemon could not do this; its journal says why");
}

Error too_many_requests() {
    return Error{"too many requests wait for an answer", EBUSY};
}

Error bus_is_slow() {
    return Error{"the bus has not taken the answers before this one", EBUSY};
}

Error not_authorized() {
    return Error{"the caller's groups do not allow this", EPERM};
}

Error describe_exception() noexcept {
    try {
        throw;
    } catch (const std::exception& error) {
        return Error{error.what()};
    } catch (...) {
        return Error{"an unknown exception"};
    }
}

}  // namespace integrityd
