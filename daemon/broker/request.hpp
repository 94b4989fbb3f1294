// The one thing of strangers that the broker reads: a message of at most 128 bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/opener.hpp"
#include "core/result.hpp"

namespace integrityd {

enum class BrokerVerb : std::uint8_t {
    open,
    open_older,
    open_all,
    watch,
    feed,
    status,
    command,
    header,
    table,
    root_table
};

struct BrokerRequest {
    BrokerVerb verb = BrokerVerb::open;
    Resource resource = Resource::aide_report_log;  // of verbs without a file: audit_log
    unsigned number = 0;                            // of open_older
    std::string volume;                             // of header and table
};

// "VERB NAME" or "open NAME NUMBER", one space between (core/broker_protocol.hpp). Total: any bytes give a request or
// an error, whose text holds none of them.
[[nodiscard]] Result<BrokerRequest> parse_request(std::string_view message);

}  // namespace integrityd
