// ack: somebody has seen these violations.
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

int run(Context& context, const AckOptions& options) {
    context.client().acknowledge(options.ids, options.comment);
    std::vector<std::string> ids;
    for (const auto id : options.ids)
        ids.push_back(std::to_string(id));
    if (context.json) {
        context.out.json(JsonObject().list("acknowledged", ids).str());
    } else {
        context.out.line("Acknowledged: " + join(ids, ", "));
    }
    return exit_done;
}

}  // namespace integrityctl
