/* The connection to the bus: made without waiting, made again when it breaks, and always behind the same descriptor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"

/* A bus that restarts is back within a second; one that is gone costs a connect() each 10 s. */
#define RECONNECT_FIRST (100ULL * 1000)
#define RECONNECT_MOST (10ULL * 1000 * 1000)

static int bus_new(sd_bus** ret) {
    const char* address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    sd_bus* bus;
    int r = sd_bus_new(&bus);
    if (r < 0) return r;
    r = sd_bus_set_address(bus, address != NULL && *address != '\0' ? address : SYSTEM_BUS);
    if (r >= 0) r = sd_bus_set_bus_client(bus, 1);
    if (r >= 0) r = sd_bus_negotiate_fds(bus, 0); /* the daemon has none to give, others shall not */
    if (r >= 0) r = sd_bus_start(bus);
    if (r < 0) {
        sd_bus_unref(bus);
        return r;
    }
    *ret = bus;
    return 0;
}

int link_connect(integrity_client* client) {
    if (client->bus != NULL) return 0;
    if (client->foreign) return -ENOTCONN;
    return bus_new(&client->bus);
}

int link_ready(integrity_client* client, uint64_t until) {
    if (link_is_driven(client)) return 0; /* sd_bus_call() does it */
    for (;;) {
        int r = sd_bus_is_ready(client->bus);
        if (r != 0) return r < 0 ? r : 0;
        r = sd_bus_process(client->bus, NULL);
        if (r < 0) return r;
        if (r > 0) continue;
        const uint64_t now = now_monotonic();
        if (now >= until) return -ETIMEDOUT;
        r = sd_bus_wait(client->bus, until == UINT64_MAX ? UINT64_MAX : until - now);
        if (r < 0 && r != -EINTR) return r;
    }
}

static void disarm(integrity_client* client) {
    if (client->bus_fd >= 0) (void)epoll_ctl(client->epoll_fd, EPOLL_CTL_DEL, client->bus_fd, NULL);
    client->bus_fd = -1;
    client->bus_events = 0;
}

void link_drop(integrity_client* client) {
    if (client->bus == NULL) return;
    disarm(client);
    if (client->foreign)
        sd_bus_unref(client->bus);
    else
        sd_bus_close_unref(client->bus);
    client->bus = NULL;
}

void link_check(integrity_client* client, int error) {
    if (client->bus == NULL || (error >= 0 && sd_bus_is_open(client->bus) > 0)) return;
    char message[MESSAGE_SIZE];
    const int reason = error < 0 ? error_from_bus(NULL, error, message, sizeof(message)) : -ECONNRESET;
    follow_link_lost(client, reason, reason == -ECONNRESET ? "the connection to the bus broke" : message);
    link_drop(client);
    backoff_start(&client->reconnect, RECONNECT_FIRST, RECONNECT_MOST);
}

bool link_is_driven(const integrity_client* client) {
    return client->foreign && client->bus != NULL && sd_bus_get_event(client->bus) != NULL;
}

void link_tend(integrity_client* client) {
    if (!client->follow.active || client->foreign || client->bus != NULL) return;
    if (client->reconnect.until > now_monotonic()) return;
    const int r = link_connect(client);
    if (r >= 0) return;
    char message[MESSAGE_SIZE];
    follow_link_lost(client, error_from_bus(NULL, r, message, sizeof(message)), message);
    backoff_start(&client->reconnect, RECONNECT_FIRST, RECONNECT_MOST);
}

/* sd-bus wants to write only now and then, so its descriptor is armed anew before each wait. */
void link_arm(integrity_client* client) {
    const bool ours = client->bus != NULL && !link_is_driven(client);
    const int fd = ours ? sd_bus_get_fd(client->bus) : -1;
    const int events = fd >= 0 ? sd_bus_get_events(client->bus) : 0;
    if (fd < 0 || events < 0) {
        disarm(client);
        return;
    }
    if (fd == client->bus_fd && (uint32_t)events == client->bus_events) return;
    if (fd != client->bus_fd) disarm(client);
    struct epoll_event armed = {.events = (uint32_t)events}; /* POLLIN and POLLOUT are EPOLLIN and EPOLLOUT */
    const int operation = fd == client->bus_fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(client->epoll_fd, operation, fd, &armed) < 0) return;
    client->bus_fd = fd;
    client->bus_events = (uint32_t)events;
}
