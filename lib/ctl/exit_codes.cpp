#include "exit_codes.hpp"

#include <cerrno>

#include "text.hpp"

namespace integrityctl {

int exit_code_of(const integrity::Error& error) {
    switch (error.code()) {
        case EHOSTDOWN:
        case ECONNRESET:
            return exit_no_daemon;
        case EACCES:
        case EPERM:
            return exit_not_allowed;
        default:
            return exit_failed;
    }
}

std::string advice(const integrity::Error& error) {
    std::string words = printable(error.what());
    switch (error.code()) {
        case EHOSTDOWN:
            return "no daemon answers on the system bus: is integrityd running?\n"
                   "Try: systemctl status integrityd";
        case ECONNRESET:
            return "the daemon or the bus went away before it answered: an order may or may not have been carried out; "
                   "look, then ask again";
        case EACCES:
        case EPERM:
            return "not allowed: " + words +
                   "\nReading needs the group integrity, events with actors integrity-audit, acting root or "
                   "integrity-admin.";
        case ETIMEDOUT:
            return "the daemon did not answer in time: ask again, or see journalctl -u integrityd";
        case EBUSY:
            return words + ": it is at it already, ask again later";
        case ESTALE:
            return words + ": what is there has changed since it was shown; look at it again";
        default:
            return words;
    }
}

}  // namespace integrityctl
