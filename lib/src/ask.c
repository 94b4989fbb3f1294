/* The three questions of a subscription and what is looked at in their answers before they are taken. */
#include <errno.h>
#include <string.h>

#include "client.h"

/* A page: enough to catch up quickly, well under the 1 MiB that an answer may hold. */
#define PAGE_ROWS 256U

/* ---- Answers (1: no other handler of this connection may read on in what is held) ---- */

/* Whether the answer is one of the daemon with this signature; else it is dealt with. */
static bool accept(integrity_client* client, sd_bus_message* reply, const char* signature) {
    struct follow* follow = &client->follow;
    const sd_bus_error* failed = sd_bus_message_get_error(reply);
    follow->call = sd_bus_slot_unref(follow->call);
    if (failed != NULL) {
        char text[MESSAGE_SIZE];
        const int error = error_from_bus(failed, -EIO, text, sizeof(text));
        follow_fail(client, error, text);
        return false;
    }
    const char* sender = sd_bus_message_get_sender(reply);
    if (sender != NULL && strcmp(sender, follow->owner) == 0 && sd_bus_message_has_signature(reply, signature) > 0)
        return true;
    follow_fail(client, -EBADMSG, "an answer of the daemon has another form than agreed");
    return false;
}

static int on_status(sd_bus_message* reply, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    struct arena arena = {0};
    integrity_value* properties;
    (void)error;
    if (accept(client, reply, "a{sv}")) {
        const int r = value_read(&arena, reply, &properties);
        if (r < 0)
            follow_fail(client, r, "the daemon's status cannot be read");
        else
            follow_status(client, properties);
        arena_clear(&arena);
    }
    client_wake(client);
    return 1;
}

/* Holds an answer whose rows are the array at its beginning. */
static int hold(struct follow* follow, sd_bus_message* reply, enum page_kind kind, const char* row) {
    int r = sd_bus_message_rewind(reply, 1);
    if (r >= 0) r = sd_bus_message_enter_container(reply, 'a', row);
    if (r < 0) return r;
    follow_regain(follow);
    follow->page = sd_bus_message_ref(reply);
    follow->page_kind = kind;
    follow->rows = 0;
    return 0;
}

static int on_violations(sd_bus_message* reply, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    struct follow* follow = &client->follow;
    (void)error;
    if (accept(client, reply, "a" VIOLATION_SIGNATURE "t")) {
        uint64_t sequence = 0;
        int r = sd_bus_message_skip(reply, "a" VIOLATION_SIGNATURE);
        if (r >= 0) r = sd_bus_message_read_basic(reply, 't', &sequence);
        if (r >= 0) r = hold(follow, reply, PAGE_VIOLATIONS, VIOLATION_SIGNATURE);
        if (r < 0) follow_fail(client, r, "the daemon's list of violations cannot be read");
        /* What changes while the later pages are read comes as an event after the first. */
        if (!follow->snapshot_has_sequence) follow->snapshot_sequence = sequence;
        follow->snapshot_has_sequence = true;
    }
    client_wake(client);
    return 1;
}

/* Whether what the answer says was pruned lies between where we are and its first event, or what is known to exist: a
 * number that is wrong would be told as a gap, and the position would be lost. */
static int check_pruned(const struct follow* follow, sd_bus_message* reply, uint64_t pruned) {
    uint64_t first;
    int r = sd_bus_message_rewind(reply, 1);
    if (r >= 0) r = sd_bus_message_enter_container(reply, 'a', EVENT_SIGNATURE);
    if (r >= 0) r = sd_bus_message_at_end(reply, 0);
    if (r != 0) return r < 0 ? r : pruned > follow->target - follow->sequence ? -EBADMSG : 0;
    r = sd_bus_message_enter_container(reply, 'r', EVENT_CONTENTS);
    if (r >= 0) r = sd_bus_message_read_basic(reply, 't', &first);
    if (r < 0) return r;
    return first > follow->sequence && first - follow->sequence - 1 == pruned ? 0 : -EBADMSG;
}

static int on_events(sd_bus_message* reply, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    struct follow* follow = &client->follow;
    (void)error;
    if (accept(client, reply, "a" EVENT_SIGNATURE "ts")) {
        uint64_t pruned = 0;
        const char* stream = "";
        int r = sd_bus_message_skip(reply, "a" EVENT_SIGNATURE);
        if (r >= 0) r = sd_bus_message_read(reply, "ts", &pruned, &stream);
        if (r >= 0 && strcmp(stream, follow->stream) != 0) {
            follow_restart(client);
            client_wake(client);
            return 1;
        }
        if (r >= 0) r = check_pruned(follow, reply, pruned);
        if (r >= 0) r = hold(follow, reply, PAGE_EVENTS, EVENT_SIGNATURE);
        if (r < 0)
            follow_fail(client, r, "the daemon's list of events cannot be read");
        else
            follow->gap = pruned;
    }
    client_wake(client);
    return 1;
}

/* ---- Questions ---- */

static int new_question(integrity_client* client, const char* interface, const char* member, sd_bus_message** ret) {
    const int r = sd_bus_message_new_method_call(client->bus, ret, client->follow.owner, ROOT_PATH, interface, member);
    return r < 0 ? r : sd_bus_message_set_auto_start(*ret, 0);
}

static int make_status(integrity_client* client, sd_bus_message** ret) {
    const int r = new_question(client, "org.freedesktop.DBus.Properties", "GetAll", ret);
    return r < 0 ? r : sd_bus_message_append(*ret, "s", MANAGER_INTERFACE);
}

static int make_violations(integrity_client* client, sd_bus_message** ret) {
    int r = new_question(client, MANAGER_INTERFACE, "ListViolations", ret);
    if (r >= 0) r = filter_append(client->follow.filter, *ret);
    return r < 0 ? r : sd_bus_message_append(*ret, "tu", client->follow.snapshot_after, PAGE_ROWS);
}

static int make_events(integrity_client* client, sd_bus_message** ret) {
    const int r = new_question(client, MANAGER_INTERFACE, "ListEvents", ret);
    return r < 0 ? r : sd_bus_message_append(*ret, "tu", client->follow.sequence, PAGE_ROWS);
}

static void ask(integrity_client* client, int (*make)(integrity_client*, sd_bus_message**),
                sd_bus_message_handler_t handler) {
    struct follow* follow = &client->follow;
    sd_bus_message* question = NULL;
    int r = make(client, &question);
    if (r >= 0) r = sd_bus_call_async(client->bus, &follow->call, question, handler, client, client->call_timeout);
    sd_bus_message_unref(question);
    if (r >= 0) return;
    char text[MESSAGE_SIZE];
    const int error = error_from_bus(NULL, r, text, sizeof(text));
    follow_fail(client, error, text);
}

void ask_status(integrity_client* client) {
    ask(client, make_status, on_status);
}
void ask_violations(integrity_client* client) {
    ask(client, make_violations, on_violations);
}
void ask_events(integrity_client* client) {
    ask(client, make_events, on_events);
}
