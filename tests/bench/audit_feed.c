/* What the usual way costs: libauparse fed with the log in pieces, each event's fields looked at once. `audit-feed FILE
 * text` makes text (names, programs, keys) readable, because that is what a rule compares; `audit-feed FILE strings`
 * leaves it as it is written. Nothing else is interpreted: no user is looked up. Prints the number of events. */
#include <auparse.h>
#include <libaudit.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned long events;
static bool decode;

static void on_event(auparse_state_t* parser, auparse_cb_event_t type, void* unused) {
    (void)unused;
    if (type != AUPARSE_CB_EVENT_READY || auparse_first_record(parser) <= 0) return;
    ++events;
    do {
        auparse_first_field(parser);
        do {
            if (decode && auparse_get_field_type(parser) == AUPARSE_TYPE_ESCAPED)
                auparse_interpret_field(parser);
            else
                auparse_get_field_str(parser);
        } while (auparse_next_field(parser) > 0);
    } while (auparse_next_record(parser) > 0);
}

int main(int argc, char** argv) {
    static char buffer[1 << 16];
    FILE* log = argc == 3 ? fopen(argv[1], "r") : NULL;
    auparse_state_t* parser = auparse_init(AUSOURCE_FEED, NULL);
    if (log == NULL || parser == NULL) return 1;
    decode = strcmp(argv[2], "text") == 0;
    auparse_add_callback(parser, on_event, NULL, NULL);
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, log)) > 0;)
        auparse_feed(parser, buffer, got);
    auparse_flush_feed(parser);
    auparse_destroy(parser);
    fclose(log);
    printf("%lu\n", events);
    return 0;
}
