/* What the bus is asked to send, and whom it is believed from.
 *
 * Anyone may send a signal to anyone on a usual system bus, under whatever interface. A match on a well-known name does
 * not help against one that is addressed to us, so every handler compares the sender with the name's owner, which the
 * bus itself tells. */
#include <errno.h>
#include <string.h>

#include "client.h"

#define DRIVER "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"
#define FROM_MANAGER "type='signal',sender='" BUS_NAME "',path='" ROOT_PATH "',"

static bool sent_by(sd_bus_message* message, const char* name) {
    const char* sender = sd_bus_message_get_sender(message);
    return sender != NULL && *name != '\0' && strcmp(sender, name) == 0;
}

static void owner_is(integrity_client* client, const char* owner) {
    client->reconnect = (struct backoff){0}; /* the bus answers */
    if (*owner == ':')
        follow_appeared(client, owner);
    else
        follow_vanished(client);
    client_wake(client);
}

static int on_owner_changed(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    const char* name;
    const char* before;
    const char* after;
    (void)error;
    if (!sent_by(message, DRIVER) || sd_bus_message_read(message, "sss", &name, &before, &after) < 0) return 0;
    if (strcmp(name, BUS_NAME) == 0) owner_is(userdata, after);
    return 0;
}

static int on_owner(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    const sd_bus_error* failed = sd_bus_message_get_error(message);
    const char* owner = "";
    (void)error;
    if (failed == NULL && (!sent_by(message, DRIVER) || sd_bus_message_read(message, "s", &owner) < 0)) return 1;
    if (failed != NULL && !sd_bus_error_has_name(failed, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
        char text[MESSAGE_SIZE];
        follow_unhook(&client->follow);
        follow_fail(client, error_from_bus(failed, -EIO, text, sizeof(text)), text);
        client_wake(client);
        return 1;
    }
    owner_is(client, owner);
    return 1;
}

/* The answer of the bus to a match. */
static int on_matched(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    const sd_bus_error* failed = sd_bus_message_get_error(message);
    char text[MESSAGE_SIZE];
    (void)error;
    if (failed == NULL) return 0;
    follow_unhook(&client->follow);
    follow_fail(client, error_from_bus(failed, -EIO, text, sizeof(text)), text);
    client_wake(client);
    return 0;
}

static int on_event_added(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    (void)error;
    if (!sent_by(message, client->follow.owner)) return 0;
    follow_signal(client, message);
    client_wake(client);
    return 0;
}

static int on_properties_changed(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    integrity_client* client = userdata;
    struct arena arena = {0};
    integrity_value* properties;
    (void)error;
    if (!sent_by(message, client->follow.owner) || sd_bus_message_has_signature(message, "sa{sv}as") <= 0) return 0;
    if (sd_bus_message_skip(message, "s") >= 0 && value_read(&arena, message, &properties) >= 0)
        follow_properties(client, properties);
    arena_clear(&arena);
    client_wake(client);
    return 0;
}

/* A loop that drives a connection of the caller's sees the end of it before we do. */
static int on_disconnected(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    (void)message;
    (void)error;
    client_wake(userdata);
    return 0;
}

static const struct {
    const char* match;
    sd_bus_message_handler_t handler;
} matches[] = {
    {"type='signal',sender='" DRIVER "',path='" DRIVER_PATH "',interface='" DRIVER
     "',member='NameOwnerChanged',arg0='" BUS_NAME "'",
     on_owner_changed},
    {FROM_MANAGER "interface='" MANAGER_INTERFACE "',member='EventAdded'", on_event_added},
    {FROM_MANAGER "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='" MANAGER_INTERFACE "'",
     on_properties_changed},
    {"type='signal',sender='org.freedesktop.DBus.Local',path='/org/freedesktop/DBus/Local',"
     "interface='org.freedesktop.DBus.Local',member='Disconnected'",
     on_disconnected},
};

#define MATCHES (sizeof(matches) / sizeof(*matches))
_Static_assert(MATCHES + 1 == FOLLOW_HOOKS, "a hook for each match and one for the question");

/* The matches first: who asks after that misses no change. */
int listen_start(integrity_client* client) {
    struct follow* follow = &client->follow;
    int r = 0;
    for (size_t i = 0; i < MATCHES && r >= 0; i++)
        r = sd_bus_add_match_async(client->bus, &follow->hooks[i], matches[i].match, matches[i].handler, on_matched,
                                   client);
    if (r >= 0)
        r = sd_bus_call_method_async(client->bus, &follow->hooks[MATCHES], DRIVER, DRIVER_PATH, DRIVER, "GetNameOwner",
                                     on_owner, client, "s", BUS_NAME);
    return r < 0 ? r : 0;
}
