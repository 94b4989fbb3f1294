/* The subscription: where it stands, what it asks the daemon next, and what it makes of the answers.
 *
 * One question is under way at a time and one answer is held. Live signals that do not fit at once only raise the
 * sequence up to which is asked again, so memory is bounded and nothing is lost. Order: the matches are set before the
 * status is asked, so an event is either at or below the status' last sequence, or its signal comes after. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

/* A daemon that refuses or fails is asked again soon, then seldom. */
#define RETRY_FIRST (250ULL * 1000)
#define RETRY_MOST (30ULL * 1000 * 1000)

/* A stream changes once; one that changes with each answer is no chain. */
#define RESTARTS_MAX 3U

/* ---- Loss and return ---- */

static void drop_page(struct follow* follow) {
    follow->page = sd_bus_message_unref(follow->page);
    follow->page_kind = PAGE_NONE;
    follow->rows = 0;
}

static void cancel(struct follow* follow) {
    follow->call = sd_bus_slot_unref(follow->call);
    drop_page(follow);
    follow->gap = 0; /* not told, so the position is still before it */
    if (follow->tell_end) follow->positioned = false;
    follow->tell_begin = false;
    follow->tell_end = false;
}

static void lose(struct follow* follow, int error, const char* message) {
    cancel(follow);
    follow->verdict = INTEGRITY_UNKNOWN;
    follow->verdict_sequence = 0;
    if (follow->lost) return;
    follow->lost = true;
    follow->lost_error = error;
    snprintf(follow->lost_message, sizeof(follow->lost_message), "%s", message);
    if (follow->tell_back)
        follow->tell_back = false; /* the subscriber still holds it for lost */
    else
        follow->tell_lost = true;
}

/* A status alone is no return: where a page is to follow it, that page decides. Else a daemon that answers the one and
 * refuses the other would be told as lost and back, and the verdict with it, at every try. */
void follow_regain(struct follow* follow) {
    if (!follow->lost) return;
    follow->lost = false;
    follow->tell_back = true;
}

void follow_unhook(struct follow* follow) {
    for (size_t i = 0; i < FOLLOW_HOOKS; i++)
        follow->hooks[i] = sd_bus_slot_unref(follow->hooks[i]);
    follow->owner[0] = '\0';
}

void follow_link_lost(integrity_client* client, int error, const char* message) {
    struct follow* follow = &client->follow;
    if (!follow->active) return;
    lose(follow, error, message);
    follow_unhook(follow);
    follow->step = FOLLOW_UNHOOKED;
}

void follow_fail(integrity_client* client, int error, const char* message) {
    struct follow* follow = &client->follow;
    lose(follow, error, message);
    follow->step = FOLLOW_RETRY;
    backoff_start(&follow->backoff, RETRY_FIRST, RETRY_MOST);
}

void follow_restart(integrity_client* client) {
    struct follow* follow = &client->follow;
    cancel(follow);
    if (++follow->restarts > RESTARTS_MAX)
        follow_fail(client, -EBADMSG, "the daemon's answers are of different streams");
    else
        follow->step = FOLLOW_STATUS;
}

void follow_appeared(integrity_client* client, const char* owner) {
    struct follow* follow = &client->follow;
    if (strcmp(follow->owner, owner) == 0) return;
    if (*follow->owner != '\0') lose(follow, -EHOSTDOWN, "another integrityd has taken over");
    snprintf(follow->owner, sizeof(follow->owner), "%s", owner);
    follow->restarts = 0;
    follow->step = FOLLOW_STATUS;
}

void follow_vanished(integrity_client* client) {
    struct follow* follow = &client->follow;
    follow->owner[0] = '\0';
    follow->step = FOLLOW_NO_OWNER;
    lose(follow, -EHOSTDOWN, "no integrityd is on the bus");
}

/* ---- Status ---- */

static void set_verdict(struct follow* follow, const integrity_value* properties) {
    const char* word = integrity_value_get_string(integrity_value_find(properties, "State"), NULL);
    if (word == NULL) return;
    const int verdict = integrity_verdict_from_string(word);
    const uint64_t sequence = integrity_value_get_uint64(integrity_value_find(properties, "LastSequence"), 0);
    follow->verdict = verdict < 0 ? INTEGRITY_UNKNOWN : verdict;
    if (sequence > follow->verdict_sequence) follow->verdict_sequence = sequence;
}

static void follow_from(struct follow* follow, uint64_t sequence, uint64_t target) {
    follow->positioned = true;
    follow->sequence = sequence;
    follow->target = target;
    follow->step = FOLLOW_CATCH_UP;
    if (target <= sequence) follow_regain(follow); /* there is no page to ask for */
}

static void begin_snapshot(struct follow* follow, const char* stream) {
    memcpy(follow->stream, stream, strlen(stream) + 1);
    follow->positioned = false;
    follow->start = INTEGRITY_SNAPSHOT_THEN_FOLLOW;
    follow->snapshot_after = 0;
    follow->snapshot_has_sequence = false;
    follow->sequence = 0;
    follow->target = 0;
    follow->tell_begin = true;
    follow->step = FOLLOW_SNAPSHOT;
}

/* Where to go on, the first time and after each loss. */
static void take_status(struct follow* follow, const char* stream, uint64_t last) {
    const bool first = !follow->positioned && *follow->stream == '\0';
    if (first && follow->start != INTEGRITY_SNAPSHOT_THEN_FOLLOW) {
        memcpy(follow->stream, stream, strlen(stream) + 1);
        follow->positioned = true;
        if (follow->start == INTEGRITY_NOW) follow->sequence = last;
    }
    const bool known = follow->positioned && strcmp(follow->stream, stream) == 0 && follow->sequence <= last;
    if (known) {
        follow_from(follow, follow->sequence, last);
        return;
    }
    if (follow->positioned) follow->tell_stream = true;
    begin_snapshot(follow, stream);
}

static void end_snapshot(integrity_client* client, const char* stream, uint64_t last) {
    struct follow* follow = &client->follow;
    if (strcmp(follow->stream, stream) != 0) {
        follow_restart(client);
        return;
    }
    follow_from(follow, follow->snapshot_sequence, last > follow->snapshot_sequence ? last : follow->snapshot_sequence);
    follow->tell_end = true;
}

void follow_status(integrity_client* client, const integrity_value* properties) {
    struct follow* follow = &client->follow;
    const char* stream = integrity_value_get_string(integrity_value_find(properties, "StreamId"), NULL);
    const integrity_value* last = integrity_value_find(properties, "LastSequence");
    const bool complete = stream != NULL && integrity_value_get_type(last) == INTEGRITY_VALUE_UINT64 &&
                          integrity_value_get_type(integrity_value_find(properties, "State")) == INTEGRITY_VALUE_STRING;
    if (!complete || strlen(stream) >= STREAM_SIZE) {
        follow_fail(client, -EBADMSG, "the daemon's status cannot be read");
        return;
    }
    follow->verdict_sequence = 0;
    set_verdict(follow, properties);
    if (follow->step == FOLLOW_SNAPSHOT_STATUS)
        end_snapshot(client, stream, integrity_value_get_uint64(last, 0));
    else
        take_status(follow, stream, integrity_value_get_uint64(last, 0));
}

/* ---- Rows and signals ---- */

static void go_on(struct follow* follow) {
    if (follow->target > follow->sequence) {
        follow->step = FOLLOW_CATCH_UP;
        return;
    }
    follow->step = FOLLOW_LIVE;
    follow->restarts = 0;
    follow->backoff = (struct backoff){0};
}

void follow_page_done(integrity_client* client) {
    struct follow* follow = &client->follow;
    const enum page_kind kind = follow->page_kind;
    const bool empty = follow->rows == 0;
    drop_page(follow);
    if (kind == PAGE_VIOLATIONS) {
        if (empty) follow->step = FOLLOW_SNAPSHOT_STATUS;
        return;
    }
    /* An empty answer is the end, whatever a signal has promised. */
    if (kind == PAGE_EVENTS && empty) follow->target = follow->sequence;
    go_on(follow);
}

void follow_signal(integrity_client* client, sd_bus_message* message) {
    struct follow* follow = &client->follow;
    uint64_t sequence;
    if (sd_bus_message_has_signature(message, EVENT_SIGNATURE) <= 0) return;
    if (sd_bus_message_enter_container(message, 'r', EVENT_CONTENTS) < 0) return;
    if (sd_bus_message_read_basic(message, 't', &sequence) < 0 || sd_bus_message_rewind(message, 1) < 0) return;
    if (follow->step != FOLLOW_LIVE || follow->page_kind != PAGE_NONE || sequence != follow->sequence + 1) {
        if (sequence > follow->target) follow->target = sequence;
        return;
    }
    follow->target = sequence;
    follow->page = sd_bus_message_ref(message);
    follow->page_kind = PAGE_SIGNAL;
    follow->rows = 0;
}

void follow_properties(integrity_client* client, const integrity_value* properties) {
    struct follow* follow = &client->follow;
    const bool known = follow->step >= FOLLOW_SNAPSHOT && follow->step <= FOLLOW_LIVE;
    if (!known) return; /* the status is asked for anyway */
    const char* stream = integrity_value_get_string(integrity_value_find(properties, "StreamId"), NULL);
    if (stream != NULL && strcmp(stream, follow->stream) != 0) {
        follow_restart(client);
        return;
    }
    set_verdict(follow, properties);
}

/* ---- What is next ---- */

static bool may_ask(const struct follow* follow) {
    return follow->call == NULL && follow->page_kind == PAGE_NONE && follow->step >= FOLLOW_STATUS &&
           follow->step <= FOLLOW_LIVE;
}

static void hook(integrity_client* client) {
    char text[MESSAGE_SIZE];
    client->follow.step = FOLLOW_NO_OWNER;
    const int r = listen_start(client);
    if (r >= 0) return;
    follow_unhook(&client->follow);
    const int error = error_from_bus(NULL, r, text, sizeof(text));
    follow_fail(client, error, text);
}

static void retry(struct follow* follow) {
    if (follow->backoff.until > now_monotonic()) return;
    follow->backoff.until = 0;
    follow->step = follow->hooks[0] == NULL   ? FOLLOW_UNHOOKED
                   : follow->owner[0] == '\0' ? FOLLOW_NO_OWNER
                                              : FOLLOW_STATUS;
}

void follow_tend(integrity_client* client) {
    struct follow* follow = &client->follow;
    if (!follow->active || client->bus == NULL) return;
    if (follow->step == FOLLOW_RETRY) retry(follow);
    if (follow->step == FOLLOW_UNHOOKED) hook(client);
    if (!may_ask(follow)) return;
    if (follow->step == FOLLOW_CATCH_UP || follow->step == FOLLOW_LIVE) go_on(follow);
    switch (follow->step) {
        case FOLLOW_STATUS:
        case FOLLOW_SNAPSHOT_STATUS:
            ask_status(client);
            break;
        case FOLLOW_SNAPSHOT:
            ask_violations(client);
            break;
        case FOLLOW_CATCH_UP:
            ask_events(client);
            break;
        case FOLLOW_UNHOOKED:
        case FOLLOW_NO_OWNER:
        case FOLLOW_LIVE:
        case FOLLOW_RETRY:
            break;
    }
}

uint64_t follow_deadline(const struct follow* follow) {
    if (!follow->active) return UINT64_MAX;
    if (follow->step == FOLLOW_RETRY) return follow->backoff.until;
    const bool waits = follow->step == FOLLOW_LIVE && follow->target <= follow->sequence;
    return may_ask(follow) && !waits ? 0 : UINT64_MAX;
}

void follow_end(integrity_client* client) {
    struct follow* follow = &client->follow;
    cancel(follow);
    follow_unhook(follow);
    integrity_filter_unref(follow->filter);
    memset(follow, 0, sizeof(*follow));
}

/* ---- What the outside may ask ---- */

int integrity_subscribe(integrity_client* client, enum integrity_start start, const char* stream, uint64_t sequence,
                        const integrity_filter* filter, integrity_callback callback, void* userdata) {
    struct follow* follow = &client->follow;
    const char* known = start == INTEGRITY_AFTER && stream != NULL ? stream : "";
    if (follow->active) return -EALREADY;
    if ((unsigned)start > INTEGRITY_AFTER || callback == NULL || strlen(known) >= STREAM_SIZE) return -EINVAL;
    const int r = filter_copy(filter, &follow->filter);
    if (r < 0) return r;
    free(follow->filter->state); /* of lists alone */
    follow->filter->state = NULL;
    follow->active = true;
    follow->start = start;
    follow->callback = callback;
    follow->userdata = userdata;
    follow->verdict = -1;
    follow->told_verdict = -1;
    follow->sequence = start == INTEGRITY_AFTER ? sequence : 0;
    follow->positioned = *known != '\0';
    memcpy(follow->stream, known, strlen(known) + 1);
    client_wake(client);
    return 0;
}

int integrity_unsubscribe(integrity_client* client) {
    follow_end(client);
    return 0;
}

int integrity_get_position(const integrity_client* client, const char** ret_stream, uint64_t* ret_sequence) {
    const struct follow* follow = &client->follow;
    if (!follow->positioned || follow->tell_end) return -ENODATA;
    if (ret_stream != NULL) *ret_stream = follow->stream;
    if (ret_sequence != NULL) *ret_sequence = follow->sequence;
    return 0;
}
