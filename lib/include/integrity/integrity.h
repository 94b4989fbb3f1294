/* libintegrity: what integrityd knows about this device, in a product application.
 *
 *     static int on_item(integrity_client *client, const integrity_item *item, void *userdata);
 *
 *     integrity_client *client;
 *     integrity_open(&client);
 *     integrity_subscribe(client, INTEGRITY_SNAPSHOT_THEN_FOLLOW, NULL, 0, NULL, on_item, NULL);
 *     for (;;) {
 *         int r = integrity_process(client, 64);
 *         if (r < 0) break;
 *         if (r == 0) integrity_wait(client, UINT64_MAX);
 *     }
 *     integrity_close(client);
 *
 * What holds for every function:
 *  - 0 (or a number, where it says so) or a negative errno. The text of the last error of a client is
 *    integrity_error_message().
 *  - No function starts a thread, touches signals, keeps global state or prints. A client and what came out of it
 *    belong to one thread at a time; several clients in several threads are fine. Not usable after fork().
 *  - BLOCKS: waits for the daemon, at most as long as its `timeout`. Everything else does no more than system calls
 *    that return at once. ALLOCATES: may return -ENOMEM. Without these words it does neither.
 *  - Times are microseconds: wall times since 1970 (CLOCK_REALTIME), timeouts are durations (0: the default of 25 s,
 *    UINT64_MAX: no limit), integrity_get_timeout() is a point of CLOCK_MONOTONIC.
 *  - Strings are UTF-8 and end in NUL. `const char *` that come out belong to the object they were asked of and live
 *    as long as it does. Strings that are lists of values (severity, state, type, source, kind) are open: expect new
 *    ones.
 *  - Handing NULL to a ..._unref() or ..._close() function is allowed; to any other, only where it says so.
 *
 * Errors of the daemon and of the bus, as errno:
 *     EACCES    the bus policy or the daemon does not allow it (groups integrity, integrity-audit, integrity-admin)
 *     ENOENT    no such violation, watcher, topic or recipient
 *     EINVAL    an argument is wrong
 *     EBUSY     the daemon is at it already; ask again later
 *     ESTALE    what is there has changed since it was shown (Error.Changed)
 *     EIO       the daemon failed
 *     EHOSTDOWN no daemon: the bus is not there, or nobody owns org.cip_project.Integrity1
 *     ETIMEDOUT no answer in time
 *     EBADMSG   an answer that the contract does not allow
 *     EOPNOTSUPP the daemon does not know this method
 *     ECONNRESET the connection to the bus broke while waiting
 */
#ifndef INTEGRITY_INTEGRITY_H
#define INTEGRITY_INTEGRITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && defined(INTEGRITY_BUILDING)
#define INTEGRITY_API __attribute__((visibility("default")))
#else
#define INTEGRITY_API
#endif

/* Of systemd; a program that uses neither a bus of its own nor sd-event needs none of its headers. */
struct sd_bus;
struct sd_event;

typedef struct integrity_client integrity_client;
typedef struct integrity_item integrity_item;
typedef struct integrity_filter integrity_filter;
typedef struct integrity_violation integrity_violation;
typedef struct integrity_event integrity_event;
typedef struct integrity_value integrity_value;
typedef struct integrity_status integrity_status;
typedef struct integrity_watcher integrity_watcher;
typedef struct integrity_violation_page integrity_violation_page;
typedef struct integrity_event_page integrity_event_page;
typedef struct integrity_watcher_page integrity_watcher_page;
typedef struct integrity_line_page integrity_line_page;

/* The word for the whole device; the numbers are the exit codes of monitoring plugins. */
enum integrity_verdict_word {
    INTEGRITY_INTACT = 0,
    INTEGRITY_DEGRADED = 1,
    INTEGRITY_VIOLATED = 2,
    INTEGRITY_UNKNOWN = 3, /* also: no daemon answers, or a word that this library does not know */
};

enum integrity_severity {
    INTEGRITY_LOW = 0,
    INTEGRITY_MEDIUM = 1,
    INTEGRITY_HIGH = 2,
    INTEGRITY_CRITICAL = 3,
};

/* "intact" … "unknown" and "low" … "critical"; of a number out of range "unknown" and "critical". */
INTEGRITY_API const char* integrity_verdict_to_string(enum integrity_verdict_word verdict);
INTEGRITY_API const char* integrity_severity_to_string(enum integrity_severity severity);
/* -EINVAL: not one of the words. */
INTEGRITY_API int integrity_verdict_from_string(const char* word);
INTEGRITY_API int integrity_severity_from_string(const char* word);

/* ---- The verdict without a bus ------------------------------------------------------------------------------- */

#define INTEGRITY_STATE_FILE "/run/integrityd/state"

struct integrity_verdict_data {
    enum integrity_verdict_word verdict;
    uint64_t since;    /* wall time of the last change of the verdict; 0: not known */
    uint64_t sequence; /* of the last event it takes into account; 0: not known */
    char reason[256];  /* one line for a person, cut where it is longer; may be empty */
    uint64_t reserved[4];
};

/* Reads the state file alone: one open, one read of at most 4 KiB, no bus, no allocation; fit for containers (with the
 * file bound into them) and time-critical threads. `ret` may be NULL.
 * Returns the verdict (0 to 3). No such file is INTEGRITY_UNKNOWN: no daemon has been there since boot. A file that is
 * not understood is -EBADMSG, one that may not be read -EACCES; what cannot be read must be taken for unknown. */
INTEGRITY_API int integrity_verdict(struct integrity_verdict_data* ret);
/* The same of another path; a path below a container's root, for example. */
INTEGRITY_API int integrity_verdict_at(const char* path, struct integrity_verdict_data* ret);

/* ---- Client -------------------------------------------------------------------------------------------------- */

/* A client of the system bus (DBUS_SYSTEM_BUS_ADDRESS chooses another, as for every D-Bus program). ALLOCATES.
 * It does not connect yet, so it succeeds before bus and daemon are there: integrity_process() connects, and connects
 * again whenever the connection is lost; a blocking call connects too. */
INTEGRITY_API int integrity_open(integrity_client** ret);

/* A client on a connection of the caller's, of which it keeps a reference. ALLOCATES.
 * Where that connection is attached to an sd-event loop, the loop drives it; else integrity_process() does, and other
 * handlers of that connection run inside integrity_process(). It cannot be connected again: once it is lost,
 * INTEGRITY_MONITORING_LOST is the last item. */
INTEGRITY_API int integrity_open_bus(struct sd_bus* bus, integrity_client** ret);

/* Ends the subscription, detaches from the event loop, frees the client. Violations, events and pages that came out of
 * it stay valid. May be called from the callback: integrity_process() then returns -ECANCELED. */
INTEGRITY_API void integrity_close(integrity_client* client);

/* One line about the last error of a call of this client; empty when there was none. Valid until its next call. */
INTEGRITY_API const char* integrity_error_message(const integrity_client* client);

/* How long the calls that a subscription makes may take before INTEGRITY_MONITORING_LOST is told; at first 25 s. */
INTEGRITY_API int integrity_set_call_timeout(integrity_client* client, uint64_t timeout);

/* ---- Filter -------------------------------------------------------------------------------------------------- */

/* A filter that lets everything through. ALLOCATES. */
INTEGRITY_API int integrity_filter_new(integrity_filter** ret);
INTEGRITY_API void integrity_filter_unref(integrity_filter* filter);
/* Only violations of at least this severity, and the change (data: `old_severity`) that takes one below it; one whose
 * severity this library does not know passes. */
INTEGRITY_API int integrity_filter_set_severity(integrity_filter* filter, enum integrity_severity least);
/* Only these sources (watchers), only these kinds; each may be called several times, at most 64. ALLOCATES.
 * -E2BIG: too many. */
INTEGRITY_API int integrity_filter_add_source(integrity_filter* filter, const char* source);
INTEGRITY_API int integrity_filter_add_kind(integrity_filter* filter, const char* kind);
/* For integrity_list_violations() alone: "open", "acknowledged", "returned", "resolved", or "all". Without it:
 * everything that is not resolved. ALLOCATES. */
INTEGRITY_API int integrity_filter_set_state(integrity_filter* filter, const char* state);

/* ---- Subscription -------------------------------------------------------------------------------------------- */

enum integrity_start {
    INTEGRITY_SNAPSHOT_THEN_FOLLOW = 0, /* every violation that is not resolved, then every event after that */
    INTEGRITY_NOW = 1,                  /* the verdict, then every event from now */
    INTEGRITY_AFTER = 2,                /* every event after `sequence` of `stream`, then every new one */
};

enum integrity_item_type {
    /* A snapshot begins; one that had begun and not ended is void. Forget the violations that were known. */
    INTEGRITY_SNAPSHOT_BEGIN = 1,
    /* One violation of the snapshot: integrity_item_violation(). */
    INTEGRITY_SNAPSHOT_VIOLATION = 2,
    /* It is complete; integrity_item_sequence() is the event after which events follow. A snapshot of many violations
     * takes several questions: events that follow may tell again what it showed already. */
    INTEGRITY_SNAPSHOT_END = 3,
    /* integrity_item_event(). */
    INTEGRITY_EVENT = 4,
    /* The verdict is known for the first time or has changed: integrity_item_verdict(), integrity_item_old_verdict().
     * Not filtered. The event of type `verdict` that says so comes as INTEGRITY_EVENT too. Here is the newest that is
     * known, not each one on the way while catching up. After MONITORING_LOST it is unknown, and told again later. */
    INTEGRITY_VERDICT_CHANGED = 5,
    /* The daemon or the bus is gone, does not answer or may not be asked: integrity_item_error(). Told once. */
    INTEGRITY_MONITORING_LOST = 6,
    /* It is there again; what happened meanwhile follows. */
    INTEGRITY_MONITORING_BACK = 7,
    /* The events now come from another chain (integrity_item_stream()): the store was damaged or put back. A snapshot
     * follows, and event sequences go on from there. */
    INTEGRITY_STREAM_CHANGED = 8,
    /* integrity_item_count() events after the last one told were pruned from the store and cannot be told any more;
     * integrity_item_sequence() is the last of them. What violations they left is in a snapshot. */
    INTEGRITY_GAP = 9,
};

/* Called by integrity_process() alone, for one item at a time; the item is valid until it returns. It may make any call
 * of this client, integrity_close() included, but integrity_process(). 0 goes on; a negative errno makes
 * integrity_process() return it, the item counts as told. */
typedef int (*integrity_callback)(integrity_client* client, const integrity_item* item, void* userdata);

/* Begins to follow. ALLOCATES. `stream` and `sequence` matter to INTEGRITY_AFTER alone (a `stream` of NULL or "" is the
 * one the daemon has). Where the daemon has another stream, or the sequence is not reached by it,
 * INTEGRITY_STREAM_CHANGED and a snapshot come instead. `filter` may be NULL and is copied; items other than
 * violations and events are never filtered, events without a violation (verdict, notice) pass only where neither
 * severity nor sources nor kinds are set.
 * Every event of a stream is told once and in order, over restarts of daemon and bus; over restarts of the client too
 * where it keeps its position. At most one answer of the daemon is held in memory at a time.
 * -EALREADY: there is a subscription. -EINVAL: a start out of range, no callback. */
INTEGRITY_API int integrity_subscribe(integrity_client* client, enum integrity_start start, const char* stream,
                                      uint64_t sequence, const integrity_filter* filter, integrity_callback callback,
                                      void* userdata);
INTEGRITY_API int integrity_unsubscribe(integrity_client* client);

/* Where the subscription stands: the stream and the last event that was told or filtered out. Keep both after the
 * callback has returned, hand them to INTEGRITY_AFTER after a restart. `ret_stream` belongs to the client and is valid
 * until its next call. -ENODATA: nothing is known yet (and during the first snapshot). Both may be NULL. */
INTEGRITY_API int integrity_get_position(const integrity_client* client, const char** ret_stream,
                                         uint64_t* ret_sequence);

INTEGRITY_API enum integrity_item_type integrity_item_get_type(const integrity_item* item);
/* NULL where the item has none. Take a reference to keep them. */
INTEGRITY_API integrity_violation* integrity_item_get_violation(const integrity_item* item);
INTEGRITY_API integrity_event* integrity_item_get_event(const integrity_item* item);
/* The sequence after this item: of an event its own. */
INTEGRITY_API uint64_t integrity_item_get_sequence(const integrity_item* item);
INTEGRITY_API const char* integrity_item_get_stream(const integrity_item* item);
INTEGRITY_API uint64_t integrity_item_get_count(const integrity_item* item);
/* Why monitoring was lost, as a negative errno (see the head of this file), and in words. */
INTEGRITY_API int integrity_item_get_error(const integrity_item* item);
INTEGRITY_API const char* integrity_item_get_message(const integrity_item* item);
/* What the client holds the verdict for when it is told, and before; UNKNOWN while nothing is known. */
INTEGRITY_API enum integrity_verdict_word integrity_item_get_verdict(const integrity_item* item);
INTEGRITY_API enum integrity_verdict_word integrity_item_get_old_verdict(const integrity_item* item);

/* ---- Event loops --------------------------------------------------------------------------------------------- */

/* The one descriptor to wait for; the same for the life of the client, over reconnections. Do not read or close it. */
INTEGRITY_API int integrity_get_fd(integrity_client* client);
/* What to wait for (POLLIN); ask before each wait, it also arms the descriptor. */
INTEGRITY_API int integrity_get_events(integrity_client* client);
/* Until when: CLOCK_MONOTONIC in µs; 0: do not wait, UINT64_MAX: for ever. Ask before each wait. */
INTEGRITY_API int integrity_get_timeout(integrity_client* client, uint64_t* ret);

/* Does what there is to do and never waits: connects, reads, and calls back at most `max_events` times (0: as often as
 * one round of reading allows; each round is bounded). ALLOCATES. Returns how many items were told; 0 is not an end.
 * An answer of the callback below 0 is returned. -ECANCELED: the client was closed by the callback.
 * -EBUSY: called from within the callback. Loss of daemon or bus is an item, not an error. */
INTEGRITY_API int integrity_process(integrity_client* client, unsigned max_events);

/* Waits until integrity_process() has something to do. BLOCKS for at most `timeout` µs (0: not at all). Returns 1, or 0
 * when the time is over; -EINTR: a signal came. */
INTEGRITY_API int integrity_wait(integrity_client* client, uint64_t timeout);

/* Lets an sd-event loop drive the client until integrity_close() or integrity_detach_event(). ALLOCATES. `priority` as
 * of sd_event_source_set_priority(). When the callback answers below 0, the loop is ended by sd_event_exit() with it.
 * -EALREADY: it is attached. */
INTEGRITY_API int integrity_attach_event(integrity_client* client, struct sd_event* event, int64_t priority);
INTEGRITY_API int integrity_detach_event(integrity_client* client);

/* ---- Questions and orders: each BLOCKS and ALLOCATES ---------------------------------------------------------- */

/* What comes out is the caller's: objects to be unref'd, `char *` to be given to free(). Where a call fails, nothing is
 * given. May be called while a subscription runs; its items wait meanwhile. */

INTEGRITY_API int integrity_get_status(integrity_client* client, uint64_t timeout, integrity_status** ret);

/* One page of violations with an id above `after_id`; `filter` may be NULL; `limit` 0: 256, at most 1000. Ask again
 * after integrity_violation_page_get_last_id() until integrity_violation_page_is_end(): a page can hold nothing and
 * not be the end. */
INTEGRITY_API int integrity_list_violations(integrity_client* client, const integrity_filter* filter, uint64_t after_id,
                                            uint32_t limit, uint64_t timeout, integrity_violation_page** ret);
INTEGRITY_API int integrity_get_violation(integrity_client* client, uint64_t id, uint64_t timeout,
                                          integrity_violation** ret);

/* One page of events after a sequence; an empty one is the end. */
INTEGRITY_API int integrity_list_events(integrity_client* client, uint64_t after, uint32_t limit, uint64_t timeout,
                                        integrity_event_page** ret);
/* The same as the lines of canonical JSON that the hashes are made of; an empty page is the end. */
INTEGRITY_API int integrity_export_events(integrity_client* client, uint64_t after, uint32_t limit, uint64_t timeout,
                                          integrity_line_page** ret);

INTEGRITY_API int integrity_acknowledge(integrity_client* client, const uint64_t* ids, size_t count,
                                        const char* comment, uint64_t timeout);
/* Asks for a look now; "" or NULL: of every watcher. Returns when it has begun. */
INTEGRITY_API int integrity_check(integrity_client* client, const char* watcher, uint64_t timeout);
/* What is there against what was accepted (JSON), and the digest of what is there. */
INTEGRITY_API int integrity_diff_baseline(integrity_client* client, const char* watcher, uint64_t timeout,
                                          char** ret_json, char** ret_digest);
/* Accepts what is there if it still has that digest (else -ESTALE); with ids: only what these violations are about.
 * `ret_resolved` (may be NULL): how many violations it resolved. */
INTEGRITY_API int integrity_accept_baseline(integrity_client* client, const char* watcher, const char* digest,
                                            const uint64_t* ids, size_t count, const char* comment, uint64_t timeout,
                                            uint32_t* ret_resolved);
/* Takes a prepared JSON document as the baseline, or in addition to it (-EINVAL: it cannot be understood, or accepts
 * nothing). `ret_digest` (may be NULL): of the accepted document as it now is; free() it. */
INTEGRITY_API int integrity_import_baseline(integrity_client* client, const char* watcher, const char* document,
                                            const char* comment, uint64_t timeout, char** ret_digest);
/* JSON: "watchers", "recipients", "baseline", "baseline/NAME", "progress", … */
INTEGRITY_API int integrity_get_report(integrity_client* client, const char* topic, uint64_t timeout, char** ret_json);
/* Lets the daemon check the whole chain of events; reading a long one takes seconds. -EBUSY: it is at it. */
INTEGRITY_API int integrity_verify_events(integrity_client* client, uint64_t timeout, bool* ret_intact,
                                          uint64_t* ret_checked, char** ret_detail);
/* Sends one notice to the recipient of that name. */
INTEGRITY_API int integrity_test_recipient(integrity_client* client, const char* name, uint64_t timeout);

INTEGRITY_API int integrity_list_watchers(integrity_client* client, uint64_t timeout, integrity_watcher_page** ret);
INTEGRITY_API int integrity_get_watcher(integrity_client* client, const char* name, uint64_t timeout,
                                        integrity_watcher** ret);

/* ---- Status -------------------------------------------------------------------------------------------------- */

INTEGRITY_API void integrity_status_unref(integrity_status* status);
INTEGRITY_API enum integrity_verdict_word integrity_status_get_verdict(const integrity_status* status);
INTEGRITY_API const char* integrity_status_get_state(const integrity_status* status); /* the daemon's word */
INTEGRITY_API uint64_t integrity_status_get_since(const integrity_status* status);
/* Violations that are present or returned and not acknowledged, of a severity: its word, "high". */
INTEGRITY_API uint32_t integrity_status_get_open(const integrity_status* status, const char* severity);
INTEGRITY_API uint64_t integrity_status_get_last_sequence(const integrity_status* status);
INTEGRITY_API const char* integrity_status_get_stream(const integrity_status* status);
INTEGRITY_API const char* integrity_status_get_version(const integrity_status* status);
INTEGRITY_API uint64_t integrity_status_get_maintenance_until(const integrity_status* status); /* 0: none */

/* ---- Violations ---------------------------------------------------------------------------------------------- */

INTEGRITY_API integrity_violation* integrity_violation_ref(integrity_violation* violation);
INTEGRITY_API void integrity_violation_unref(integrity_violation* violation);
INTEGRITY_API uint64_t integrity_violation_get_id(const integrity_violation* violation);
INTEGRITY_API const char* integrity_violation_get_kind(const integrity_violation* violation);
INTEGRITY_API const char* integrity_violation_get_source(const integrity_violation* violation);
INTEGRITY_API const char* integrity_violation_get_severity(const integrity_violation* violation);
INTEGRITY_API const char* integrity_violation_get_subject(const integrity_violation* violation);
INTEGRITY_API const char* integrity_violation_get_summary(const integrity_violation* violation); /* may be "" */
INTEGRITY_API const char* integrity_violation_get_state(const integrity_violation* violation);
INTEGRITY_API uint64_t integrity_violation_get_first_seen(const integrity_violation* violation);
INTEGRITY_API uint64_t integrity_violation_get_last_seen(const integrity_violation* violation);
INTEGRITY_API uint64_t integrity_violation_get_count(const integrity_violation* violation);
/* What it is evidence for ("CR 3.4", …), by index; NULL past the end. */
INTEGRITY_API const char* integrity_violation_get_requirement(const integrity_violation* violation, size_t index);
/* A map; without `summary` and `requirements`, which have their own accessors. */
INTEGRITY_API const integrity_value* integrity_violation_get_details(const integrity_violation* violation);

INTEGRITY_API void integrity_violation_page_unref(integrity_violation_page* page);
INTEGRITY_API size_t integrity_violation_page_get_count(const integrity_violation_page* page);
/* Belongs to the page (take a reference to keep it); NULL past the end. */
INTEGRITY_API integrity_violation* integrity_violation_page_get(const integrity_violation_page* page, size_t index);
INTEGRITY_API uint64_t integrity_violation_page_get_last_id(const integrity_violation_page* page);
INTEGRITY_API bool integrity_violation_page_is_end(const integrity_violation_page* page);
/* The event as of which the page is true. */
INTEGRITY_API uint64_t integrity_violation_page_get_sequence(const integrity_violation_page* page);

/* ---- Events -------------------------------------------------------------------------------------------------- */

INTEGRITY_API integrity_event* integrity_event_ref(integrity_event* event);
INTEGRITY_API void integrity_event_unref(integrity_event* event);
INTEGRITY_API uint64_t integrity_event_get_sequence(const integrity_event* event);
INTEGRITY_API const char* integrity_event_get_stream(const integrity_event* event);
INTEGRITY_API uint64_t integrity_event_get_time(const integrity_event* event);
INTEGRITY_API uint64_t integrity_event_get_boottime(const integrity_event* event); /* µs of CLOCK_BOOTTIME */
INTEGRITY_API const char* integrity_event_get_boot_id(const integrity_event* event);
INTEGRITY_API const char* integrity_event_get_clock(const integrity_event* event);
INTEGRITY_API const char* integrity_event_get_type(const integrity_event* event);
INTEGRITY_API bool integrity_event_get_maintenance(const integrity_event* event);
INTEGRITY_API const char* integrity_event_get_hash(const integrity_event* event);
/* As it then was; belongs to the event (take a reference to keep it). NULL: the event is about none. */
INTEGRITY_API integrity_violation* integrity_event_get_violation(const integrity_event* event);
/* Who asked for it: a map, or NULL. */
INTEGRITY_API const integrity_value* integrity_event_get_by(const integrity_event* event);
/* A map by type; of a `verdict`: old, new, because; of a `notice`: kind and more. */
INTEGRITY_API const integrity_value* integrity_event_get_data(const integrity_event* event);

INTEGRITY_API void integrity_event_page_unref(integrity_event_page* page);
INTEGRITY_API size_t integrity_event_page_get_count(const integrity_event_page* page);
INTEGRITY_API integrity_event* integrity_event_page_get(const integrity_event_page* page, size_t index);
/* How many events after the one asked for were pruned, before the first of this page. */
INTEGRITY_API uint64_t integrity_event_page_get_pruned(const integrity_event_page* page);
INTEGRITY_API const char* integrity_event_page_get_stream(const integrity_event_page* page);

INTEGRITY_API void integrity_line_page_unref(integrity_line_page* page);
INTEGRITY_API size_t integrity_line_page_get_count(const integrity_line_page* page);
INTEGRITY_API const char* integrity_line_page_get(const integrity_line_page* page, size_t index);

/* ---- Watchers ------------------------------------------------------------------------------------------------ */

INTEGRITY_API void integrity_watcher_unref(integrity_watcher* watcher);
INTEGRITY_API const char* integrity_watcher_get_name(const integrity_watcher* watcher);
INTEGRITY_API const char* integrity_watcher_get_state(const integrity_watcher* watcher);
INTEGRITY_API const char* integrity_watcher_get_detail(const integrity_watcher* watcher);
INTEGRITY_API uint64_t integrity_watcher_get_blind_since(const integrity_watcher* watcher);
INTEGRITY_API uint64_t integrity_watcher_get_last_look(const integrity_watcher* watcher); /* 0: none yet */
INTEGRITY_API uint64_t integrity_watcher_get_next_look(const integrity_watcher* watcher); /* 0: none planned */
/* A map of numbers, `looks` among them. */
INTEGRITY_API const integrity_value* integrity_watcher_get_counters(const integrity_watcher* watcher);

INTEGRITY_API void integrity_watcher_page_unref(integrity_watcher_page* page);
INTEGRITY_API size_t integrity_watcher_page_get_count(const integrity_watcher_page* page);
/* Belongs to the page; NULL past the end. By name. */
INTEGRITY_API const integrity_watcher* integrity_watcher_page_get(const integrity_watcher_page* page, size_t index);

/* ---- Values: what details and data are made of --------------------------------------------------------------- */

enum integrity_value_type {
    INTEGRITY_VALUE_NULL = 0, /* also what has no place here: fractions, descriptors */
    INTEGRITY_VALUE_BOOL = 1,
    INTEGRITY_VALUE_INT64 = 2,
    INTEGRITY_VALUE_UINT64 = 3,
    INTEGRITY_VALUE_STRING = 4,
    INTEGRITY_VALUE_BYTES = 5,
    INTEGRITY_VALUE_LIST = 6,
    INTEGRITY_VALUE_MAP = 7,
};

/* Every function takes NULL for a value, which is of type NULL and empty, so that questions can be chained:
 *     integrity_value_get_uint64(integrity_value_find(integrity_value_find(details, "actor"), "auid"), 0)   */
INTEGRITY_API enum integrity_value_type integrity_value_get_type(const integrity_value* value);
/* The name of a map's member; NULL for anything else. */
INTEGRITY_API const char* integrity_value_get_name(const integrity_value* value);
/* `otherwise` when the value is of another type, or does not fit. Numbers of both signednesses are converted. */
INTEGRITY_API bool integrity_value_get_bool(const integrity_value* value, bool otherwise);
INTEGRITY_API int64_t integrity_value_get_int64(const integrity_value* value, int64_t otherwise);
INTEGRITY_API uint64_t integrity_value_get_uint64(const integrity_value* value, uint64_t otherwise);
INTEGRITY_API const char* integrity_value_get_string(const integrity_value* value, const char* otherwise);
/* Of bytes and of strings; NULL and *ret_size = 0 for anything else. */
INTEGRITY_API const void* integrity_value_get_bytes(const integrity_value* value, size_t* ret_size);
/* Elements of a list, members of a map. */
INTEGRITY_API size_t integrity_value_get_count(const integrity_value* value);
/* The member of that name; NULL: none. */
INTEGRITY_API const integrity_value* integrity_value_find(const integrity_value* value, const char* name);
/* To go through a list or a map: its first element, then the one after; NULL: the end. */
INTEGRITY_API const integrity_value* integrity_value_get_first(const integrity_value* value);
INTEGRITY_API const integrity_value* integrity_value_get_next(const integrity_value* element);
/* Calls `visitor` for the value and everything in it, depth first (at most 32 deep). It stops where `visitor` answers
 * anything but 0, and returns that. */
typedef int (*integrity_visitor)(const integrity_value* value, unsigned depth, void* userdata);
INTEGRITY_API int integrity_value_visit(const integrity_value* value, integrity_visitor visitor, void* userdata);

/* ---- JSON ---------------------------------------------------------------------------------------------------- */

/* One object on one line without a newline, to be given to free(). ALLOCATES. Fields are named as the accessors above;
 * times as RFC 3339 UTC with microseconds (members `time`, `from`, `to`, `since`, `until`, `first_seen`, `last_seen`,
 * `blind_since`, `last_look`, `next_look`, `first_time`, `last_time`, `last_end`, `silent_since`, `previous_until`,
 * also inside details; 0 is null), bytes as base64, control characters escaped. */
INTEGRITY_API int integrity_violation_to_json(const integrity_violation* violation, char** ret);
INTEGRITY_API int integrity_event_to_json(const integrity_event* event, char** ret);
INTEGRITY_API int integrity_status_to_json(const integrity_status* status, char** ret);
INTEGRITY_API int integrity_watcher_to_json(const integrity_watcher* watcher, char** ret);
INTEGRITY_API int integrity_value_to_json(const integrity_value* value, char** ret);
/* A wall time as RFC 3339 UTC with microseconds into at least 32 bytes. -ERANGE: past the year 9999. */
INTEGRITY_API int integrity_time_to_string(uint64_t time, char* buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
