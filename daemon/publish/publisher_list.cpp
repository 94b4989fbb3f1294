#include "publish/publisher_list.hpp"

#include <cassert>
#include <syslog.h>

#include "core/syslog_facility.hpp"
#include "publish/journal.hpp"
#include "publish/syslog.hpp"
#include "publish/unix_socket.hpp"

namespace integrityd {

std::shared_ptr<Publisher> make_publisher(const RecipientConfig& config) {
    switch (config.type) {
        case RecipientType::journal:
            return std::make_shared<JournalPublisher>();
        case RecipientType::syslog:
            return std::make_shared<SyslogPublisher>(syslog_facility(config.target).value_or(LOG_AUTHPRIV));
        case RecipientType::unix_socket:
            return std::make_shared<UnixSocketPublisher>(config.target);
        case RecipientType::dbus:
            break;
    }
    assert(false);
    return nullptr;
}

}  // namespace integrityd
