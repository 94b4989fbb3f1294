// watch: events from now on.
#include "../text.hpp"
#include "../verbs.hpp"
#include "../wait.hpp"

namespace integrityctl {

int run(Context& context, const WatchOptions&) {
    bool begun = false;
    return follow(context, integrity::Start::now(), [&](const integrity::Item& item) {
        if (item.type() == INTEGRITY_VERDICT_CHANGED && !begun && !context.json) {
            begun = true;
            context.say(std::string("the verdict is ") + integrity_verdict_to_string(item.verdict()) +
                        "; following until Ctrl-C");
        }
        show_item(context, item);
    });
}

}  // namespace integrityctl
