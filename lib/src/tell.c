/* Turns what the subscription knows into calls of the callback, one item at a time. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

static bool verdict_pending(const struct follow* follow) {
    return follow->verdict >= 0 && follow->verdict != follow->told_verdict &&
           (!follow->lost || follow->verdict == INTEGRITY_UNKNOWN);
}

/* Beside the loss and the verdict, which are told at once. */
static bool note_pending(const struct follow* follow) {
    return !follow->lost && (follow->tell_back || follow->tell_stream || follow->tell_begin || follow->tell_end ||
                             follow->gap > 0 || follow->page_kind != PAGE_NONE);
}

bool tell_pending(const struct follow* follow) {
    return follow->active && (follow->tell_lost || verdict_pending(follow) || note_pending(follow));
}

static bool take(bool* flag) {
    const bool was = *flag;
    *flag = false;
    return was;
}

static enum integrity_verdict_word told_before(const struct follow* follow) {
    return follow->told_verdict < 0 ? INTEGRITY_UNKNOWN : (enum integrity_verdict_word)follow->told_verdict;
}

/* Notes that stand before the rows in hand; the order makes sense whichever of them have gathered. */
static bool next_note(struct follow* follow, integrity_item* item) {
    if (take(&follow->tell_lost)) {
        item->type = INTEGRITY_MONITORING_LOST;
        item->error = follow->lost_error;
        snprintf(item->message, sizeof(item->message), "%s", follow->lost_message);
    } else if (take(&follow->tell_back)) {
        item->type = INTEGRITY_MONITORING_BACK;
    } else if (!follow->lost && take(&follow->tell_stream)) {
        item->type = INTEGRITY_STREAM_CHANGED;
    } else if (verdict_pending(follow)) {
        item->type = INTEGRITY_VERDICT_CHANGED;
        follow->told_verdict = follow->verdict;
    } else if (take(&follow->tell_begin)) {
        item->type = INTEGRITY_SNAPSHOT_BEGIN;
    } else if (take(&follow->tell_end)) {
        item->type = INTEGRITY_SNAPSHOT_END;
    } else if (follow->gap > 0) {
        item->type = INTEGRITY_GAP;
        item->count = follow->gap;
        follow->sequence += follow->gap;
        follow->gap = 0;
    } else {
        return false;
    }
    return true;
}

/* The callback may end the subscription: nothing of it is touched after. */
static int tell(integrity_client* client, integrity_item* item) {
    struct follow* follow = &client->follow;
    item->sequence = follow->sequence;
    item->verdict = told_before(follow);
    memcpy(item->stream, follow->stream, sizeof(item->stream));
    if (item->type != INTEGRITY_VERDICT_CHANGED) item->old_verdict = item->verdict;
    const int r = follow->callback(client, item, follow->userdata);
    return r < 0 ? r : 1;
}

static int tell_violation(integrity_client* client) {
    struct follow* follow = &client->follow;
    integrity_violation* violation;
    int r = violation_read(follow->page, &violation);
    if (r < 0) {
        follow_fail(client, r, "a violation of the daemon's list cannot be read");
        return 0;
    }
    const uint64_t id = integrity_violation_get_id(violation);
    r = 0;
    if (id <= follow->snapshot_after) {
        follow_fail(client, -EBADMSG, "the daemon's list of violations is not in order");
    } else if (follow->snapshot_after = id, filter_passes_violation(follow->filter, violation)) {
        integrity_item item = {.type = INTEGRITY_SNAPSHOT_VIOLATION, .violation = violation};
        r = tell(client, &item);
    }
    integrity_violation_unref(violation);
    return r;
}

/* A `verdict` event that is newer than the verdict in hand replaces it. */
static void note_verdict(struct follow* follow, const integrity_event* event) {
    if (strcmp(integrity_event_get_type(event), "verdict") != 0 || follow->sequence <= follow->verdict_sequence) return;
    const integrity_value* word = integrity_value_find(integrity_event_get_data(event), "new");
    const int verdict = integrity_verdict_from_string(integrity_value_get_string(word, ""));
    follow->verdict = verdict < 0 ? INTEGRITY_UNKNOWN : verdict;
    follow->verdict_sequence = follow->sequence;
}

static int tell_checked_event(integrity_client* client, integrity_event* event) {
    struct follow* follow = &client->follow;
    if (strcmp(integrity_event_get_stream(event), follow->stream) != 0) {
        follow_restart(client);
        return 0;
    }
    if (integrity_event_get_sequence(event) != follow->sequence + 1) {
        follow_fail(client, -EBADMSG, "the daemon's list of events is not in order");
        return 0;
    }
    follow->sequence++;
    follow->restarts = 0;
    note_verdict(follow, event);
    if (!filter_passes_event(follow->filter, event)) return 0;
    integrity_item item = {.type = INTEGRITY_EVENT, .event = event, .violation = integrity_event_get_violation(event)};
    return tell(client, &item);
}

static int tell_event(integrity_client* client) {
    integrity_event* event;
    int r = event_read(client->follow.page, &event);
    if (r < 0) {
        follow_fail(client, r, "an event of the daemon cannot be read");
        return 0;
    }
    r = tell_checked_event(client, event);
    integrity_event_unref(event);
    return r;
}

static int tell_row(integrity_client* client) {
    struct follow* follow = &client->follow;
    if (follow->page_kind == PAGE_SIGNAL && follow->rows == 0)
        (void)sd_bus_message_rewind(follow->page, 1); /* others may have read in it since */
    const int end = sd_bus_message_at_end(follow->page, 0);
    if (end != 0) {
        follow_page_done(client);
        return 0;
    }
    if (++follow->rows > ROWS_MAX) {
        follow_fail(client, -EBADMSG, "an answer of the daemon has too many rows");
        return 0;
    }
    return follow->page_kind == PAGE_VIOLATIONS ? tell_violation(client) : tell_event(client);
}

int tell_one(integrity_client* client) {
    struct follow* follow = &client->follow;
    integrity_item item = {.old_verdict = told_before(follow)};
    return next_note(follow, &item) ? tell(client, &item) : tell_row(client);
}
