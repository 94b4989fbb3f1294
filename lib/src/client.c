/* The client as its caller's loop sees it. */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Messages and rows of one round of integrity_process(): well under a millisecond each, so that a burst on the bus does
 * not hold up the caller's loop for longer than it takes to notice. */
#define ROUND_MAX 512U

/* Items of one dispatch of an sd-event loop. */
#define DISPATCH_MAX 64U

uint64_t now_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void backoff_start(struct backoff* backoff, uint64_t first, uint64_t most) {
    backoff->delay = backoff->delay == 0 ? first : backoff->delay * 2;
    if (backoff->delay > most) backoff->delay = most;
    backoff->until = now_monotonic() + backoff->delay;
}

/* ---- Life ---- */

static void client_free(integrity_client* client) {
    follow_end(client);
    link_drop(client);
    if (client->wake_fd >= 0) close(client->wake_fd);
    if (client->epoll_fd >= 0) close(client->epoll_fd);
    free(client);
}

void client_unref(integrity_client* client) {
    if (--client->references == 0) client_free(client);
}

static int client_new(integrity_client** ret) {
    integrity_client* client = calloc(1, sizeof(*client));
    if (client == NULL) return -ENOMEM;
    client->references = 1;
    client->bus_fd = -1;
    client->call_timeout = CALL_TIMEOUT;
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event readable = {.events = EPOLLIN};
    if (client->epoll_fd < 0 || client->wake_fd < 0 ||
        epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, client->wake_fd, &readable) < 0) {
        const int error = -errno;
        client_free(client);
        return error;
    }
    *ret = client;
    return 0;
}

int integrity_open(integrity_client** ret) {
    return client_new(ret);
}

int integrity_open_bus(struct sd_bus* bus, integrity_client** ret) {
    integrity_client* client;
    if (sd_bus_is_open(bus) <= 0) return -ENOTCONN;
    const int r = client_new(&client);
    if (r < 0) return r;
    client->bus = sd_bus_ref(bus);
    client->foreign = true;
    *ret = client;
    return 0;
}

void integrity_close(integrity_client* client) {
    if (client == NULL) return;
    client->closed = true;
    (void)integrity_detach_event(client);
    follow_end(client);
    client_unref(client);
}

const char* integrity_error_message(const integrity_client* client) {
    return client->message;
}

int integrity_set_call_timeout(integrity_client* client, uint64_t timeout) {
    client->call_timeout = timeout == 0 ? CALL_TIMEOUT : timeout;
    return 0;
}

/* ---- Waiting ---- */

void client_wake(integrity_client* client) {
    const uint64_t one = 1;
    if (client->in_process) return;                            /* it looks itself */
    if (write(client->wake_fd, &one, sizeof(one)) < 0) return; /* full: it is awake already */
}

static void sleep_again(integrity_client* client) {
    uint64_t count;
    if (read(client->wake_fd, &count, sizeof(count)) < 0) return; /* nothing to read: nobody had woken us */
}

int integrity_get_fd(integrity_client* client) {
    return client->epoll_fd;
}

int integrity_get_events(integrity_client* client) {
    link_arm(client);
    return POLLIN;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t bus_deadline(const integrity_client* client) {
    uint64_t until;
    if (client->bus == NULL) return client->follow.active && !client->foreign ? client->reconnect.until : UINT64_MAX;
    if (client->follow.active && client->follow.step == FOLLOW_UNHOOKED) return 0;
    if (link_is_driven(client)) return UINT64_MAX;
    return sd_bus_get_timeout(client->bus, &until) < 0 ? 0 : until;
}

int integrity_get_timeout(integrity_client* client, uint64_t* ret) {
    link_arm(client);
    *ret = client->more || tell_pending(&client->follow)
               ? 0
               : earlier(bus_deadline(client), follow_deadline(&client->follow));
    return 0;
}

/* How long to wait until `until`, for ppoll(). */
static const struct timespec* to_timespec(uint64_t until, uint64_t now, struct timespec* buffer) {
    if (until == UINT64_MAX) return NULL;
    const uint64_t left = until > now ? until - now : 0;
    buffer->tv_sec = (time_t)(left / 1000000);
    buffer->tv_nsec = (long)(left % 1000000) * 1000;
    return buffer;
}

int integrity_wait(integrity_client* client, uint64_t timeout) {
    struct timespec buffer;
    struct pollfd waited = {.fd = client->epoll_fd, .events = POLLIN};
    uint64_t own;
    const uint64_t now = now_monotonic();
    const uint64_t callers = timeout > UINT64_MAX - now ? UINT64_MAX : now + timeout;
    (void)integrity_get_timeout(client, &own);
    const int r = ppoll(&waited, 1, to_timespec(earlier(own, callers), now, &buffer), NULL);
    if (r < 0) return -errno;
    return r > 0 || own <= callers ? 1 : 0;
}

/* ---- Work ---- */

static bool read_bus(integrity_client* client) {
    if (client->bus == NULL) return false;
    const int r = link_is_driven(client) ? 0 : sd_bus_process(client->bus, NULL);
    link_check(client, r);
    return r > 0;
}

/* What no callback can answer: its negative answers are handed through. */
#define NOTHING_TO_DO 2

/* One step; 1: an item was told, 0: something else was done, or NOTHING_TO_DO; negative: what the callback answered. */
static int step(integrity_client* client) {
    if (tell_pending(&client->follow)) return tell_one(client);
    link_tend(client);
    follow_tend(client);
    if (read_bus(client) || tell_pending(&client->follow)) return 0;
    return NOTHING_TO_DO;
}

static int process(integrity_client* client, unsigned max_events) {
    int told = 0;
    client->more = false;
    sleep_again(client);
    for (unsigned round = 0; round < ROUND_MAX; round++) {
        const int r = step(client);
        if (client->closed) return -ECANCELED;
        if (r == NOTHING_TO_DO) return told;
        if (r < 0) return r;
        told += r;
        if (max_events > 0 && (unsigned)told == max_events) break;
    }
    client->more = true;
    return told;
}

int integrity_process(integrity_client* client, unsigned max_events) {
    if (client->in_process) return -EBUSY;
    client->references++;
    client->in_process = true;
    const int r = process(client, max_events);
    client->in_process = false;
    client_unref(client);
    return r;
}

/* ---- sd-event ---- */

static int dispatch(sd_event_source* source, integrity_client* client) {
    sd_event* event = sd_event_source_get_event(source);
    client->references++;
    const int r = integrity_process(client, DISPATCH_MAX);
    const bool closed = client->closed;
    client_unref(client);
    if (r < 0 && !closed) (void)sd_event_exit(event, r);
    return 0;
}

static int on_readable(sd_event_source* source, int fd, uint32_t events, void* userdata) {
    (void)fd;
    (void)events;
    return dispatch(source, userdata);
}

static int on_time(sd_event_source* source, uint64_t time, void* userdata) {
    (void)time;
    return dispatch(source, userdata);
}

static int on_prepare(sd_event_source* source, void* userdata) {
    integrity_client* client = userdata;
    uint64_t until;
    (void)source;
    (void)integrity_get_timeout(client, &until);
    int r = sd_event_source_set_time(client->timer, until);
    if (r >= 0) r = sd_event_source_set_enabled(client->timer, until == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
    return r;
}

static int attach(integrity_client* client, sd_event* event, int64_t priority) {
    int r = sd_event_add_io(event, &client->io, client->epoll_fd, EPOLLIN, on_readable, client);
    if (r >= 0) r = sd_event_add_time(event, &client->timer, CLOCK_MONOTONIC, 0, 1, on_time, client);
    if (r >= 0) r = sd_event_source_set_priority(client->io, priority);
    if (r >= 0) r = sd_event_source_set_priority(client->timer, priority);
    if (r >= 0) r = sd_event_source_set_prepare(client->io, on_prepare);
    return r < 0 ? r : 0;
}

int integrity_attach_event(integrity_client* client, struct sd_event* event, int64_t priority) {
    if (client->io != NULL) return -EALREADY;
    const int r = attach(client, event, priority);
    if (r < 0) (void)integrity_detach_event(client);
    return r;
}

int integrity_detach_event(integrity_client* client) {
    client->timer = sd_event_source_disable_unref(client->timer);
    client->io = sd_event_source_disable_unref(client->io);
    return 0;
}
