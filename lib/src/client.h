/* The client: a link to the bus (link.c), one subscription on it (follow.c), and what drives both (client.c). */
#ifndef LIBINTEGRITY_CLIENT_H
#define LIBINTEGRITY_CLIENT_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "filter.h"
#include "record.h"

#define BUS_NAME "org.cip_project.Integrity1"
#define ROOT_PATH "/org/cip_project/Integrity1"
#define MANAGER_INTERFACE "org.cip_project.Integrity1.Manager"
#define WATCHER_INTERFACE "org.cip_project.Integrity1.Watcher"
#define WATCHER_PATH ROOT_PATH "/watcher/"

#define CALL_TIMEOUT (25ULL * 1000 * 1000) /* the usual one of D-Bus */
#define MESSAGE_SIZE 256
#define STREAM_SIZE 64 /* a UUID has 36 */
#define OWNER_SIZE 256 /* names on the bus have at most 255 */

/* Grows from `first` to `most` with each failure in a row. */
struct backoff {
    uint64_t delay;
    uint64_t until; /* CLOCK_MONOTONIC µs; 0: not waiting */
};

enum follow_step {
    FOLLOW_UNHOOKED,        /* no connection, or nothing asked of it yet */
    FOLLOW_NO_OWNER,        /* hooked; nobody owns the name, or it is not known yet who */
    FOLLOW_STATUS,          /* asks for stream, last sequence and verdict */
    FOLLOW_SNAPSHOT,        /* asks for pages of violations */
    FOLLOW_SNAPSHOT_STATUS, /* asks for the verdict as of the snapshot */
    FOLLOW_CATCH_UP,        /* asks for pages of events */
    FOLLOW_LIVE,            /* the signal alone */
    FOLLOW_RETRY,           /* failed; waits for backoff */
};

#define FOLLOW_HOOKS 5

enum page_kind { PAGE_NONE, PAGE_VIOLATIONS, PAGE_EVENTS, PAGE_SIGNAL };

struct follow {
    bool active;
    integrity_callback callback;
    void* userdata;
    integrity_filter* filter;
    enum integrity_start start;

    enum follow_step step;
    struct backoff backoff;
    char owner[OWNER_SIZE];
    sd_bus_slot* hooks[FOLLOW_HOOKS]; /* matches, and the question who owns the name */
    sd_bus_slot* call;                /* one at a time */
    unsigned restarts; /* in a row without an event: a daemon that contradicts itself is no daemon to follow */

    /* Where we are: what was told or filtered out. */
    bool positioned;
    char stream[STREAM_SIZE];
    uint64_t sequence;
    uint64_t target; /* the highest sequence that is said to exist */

    /* The answer (or signal) whose rows are being told. While there is one, other signals only raise `target`. */
    enum page_kind page_kind;
    sd_bus_message* page;
    unsigned rows;
    uint64_t snapshot_after;
    uint64_t snapshot_sequence;
    bool snapshot_has_sequence;

    /* What is to be told before the rows, in the order of next_note(). */
    bool lost; /* what a status says is held back until follow_regain(): the verdict, and what begins with it */
    bool tell_lost;
    bool tell_back;
    bool tell_stream;
    bool tell_begin;
    bool tell_end;
    uint64_t gap;
    int lost_error;
    char lost_message[MESSAGE_SIZE];
    int verdict; /* -1: nothing to tell yet */
    int told_verdict;
    uint64_t verdict_sequence; /* the verdict takes the events up to here into account */
};

struct integrity_client {
    unsigned references;
    bool closed;
    bool in_process;

    sd_bus* bus; /* NULL: not connected */
    bool foreign;
    struct backoff reconnect;
    int epoll_fd;
    int wake_fd;
    int bus_fd; /* as it stands in epoll; -1: not there */
    uint32_t bus_events;
    bool more; /* the last round was cut short by its bound */

    sd_event_source* io;
    sd_event_source* timer;

    uint64_t call_timeout;
    char message[MESSAGE_SIZE];
    struct follow follow;
};

struct integrity_item {
    enum integrity_item_type type;
    integrity_violation* violation;
    integrity_event* event;
    uint64_t sequence;
    uint64_t count;
    int error;
    char stream[STREAM_SIZE];
    char message[MESSAGE_SIZE]; /* copies: the callback may make calls that change the client's */
    enum integrity_verdict_word verdict;
    enum integrity_verdict_word old_verdict;
};

/* client.c */
uint64_t now_monotonic(void);
void backoff_start(struct backoff* backoff, uint64_t first, uint64_t most);
void client_unref(integrity_client* client);
/* Makes get_fd() readable where the work came from a loop that does not know us. */
void client_wake(integrity_client* client);

/* link.c */
/* The connection is usable for sending (it may still be shaking hands). */
int link_connect(integrity_client* client);
/* Waits until the handshake is over. `until`: CLOCK_MONOTONIC µs. */
int link_ready(integrity_client* client, uint64_t until);
void link_drop(integrity_client* client);
/* Looks whether the connection broke, and drops it then. */
void link_check(integrity_client* client, int error);
/* Reconnects when it is time, puts the connection into the descriptor that the caller waits for. */
void link_tend(integrity_client* client);
void link_arm(integrity_client* client);
/* The caller's own loop reads this connection. */
bool link_is_driven(const integrity_client* client);

/* follow.c */
/* What is to be done and needs no message: hooks, retries, the next question. */
void follow_tend(integrity_client* client);
void follow_link_lost(integrity_client* client, int error, const char* message);
void follow_end(integrity_client* client);
uint64_t follow_deadline(const struct follow* follow);
/* Every row of the answer or signal in hand is told. */
void follow_page_done(integrity_client* client);
/* What the daemon said cannot be: MONITORING_LOST, and another try after a while. */
void follow_fail(integrity_client* client, int error, const char* message);
/* Another stream than the one that was known turned up: everything from the status on. */
void follow_restart(integrity_client* client);

/* Monitoring is back, if it was lost: a page has come, or none was needed. */
void follow_regain(struct follow* follow);

/* An answer to ask_status(), read. */
void follow_status(integrity_client* client, const integrity_value* properties);

/* ask.c */
/* Without waiting; the answer goes to follow_status(), or becomes the page in hand. A failure is follow_fail(). */
void ask_status(integrity_client* client);
void ask_violations(integrity_client* client);
void ask_events(integrity_client* client);

/* listen.c */
/* Asks the bus for the signals and for the owner of the name; their handlers call the functions below. */
int listen_start(integrity_client* client);
void follow_appeared(integrity_client* client, const char* owner);
void follow_vanished(integrity_client* client);
void follow_signal(integrity_client* client, sd_bus_message* message);
void follow_properties(integrity_client* client, const integrity_value* properties);
void follow_unhook(struct follow* follow);

/* tell.c */
bool tell_pending(const struct follow* follow);
/* Tells one item. 1: told; 0: something was done, but nothing told (filtered); negative: the callback's answer. */
int tell_one(integrity_client* client);

/* error.c */
/* The errno of a D-Bus error (negative), and its text. */
int error_from_bus(const sd_bus_error* error, int otherwise, char* message, size_t size);
int error_from_link(int error);

#endif
