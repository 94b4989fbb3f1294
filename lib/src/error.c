/* Errors of the daemon and the bus as errno; integrity.h says which. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

static const struct {
    const char* name;
    int error;
} known[] = {
    {BUS_NAME ".Error.NotFound", ENOENT},      {BUS_NAME ".Error.InvalidArgument", EINVAL},
    {BUS_NAME ".Error.NotAuthorized", EACCES}, {BUS_NAME ".Error.Busy", EBUSY},
    {BUS_NAME ".Error.Changed", ESTALE},       {BUS_NAME ".Error.Internal", EIO},
    {SD_BUS_ERROR_ACCESS_DENIED, EACCES},      {SD_BUS_ERROR_AUTH_FAILED, EACCES},
    {SD_BUS_ERROR_SERVICE_UNKNOWN, EHOSTDOWN}, {SD_BUS_ERROR_NAME_HAS_NO_OWNER, EHOSTDOWN},
    {SD_BUS_ERROR_NO_SERVER, EHOSTDOWN},       {SD_BUS_ERROR_NO_REPLY, ETIMEDOUT},
    {SD_BUS_ERROR_TIMEOUT, ETIMEDOUT},         {"org.freedesktop.DBus.Error.TimedOut", ETIMEDOUT},
    {SD_BUS_ERROR_DISCONNECTED, ECONNRESET},   {SD_BUS_ERROR_UNKNOWN_METHOD, EOPNOTSUPP},
    {SD_BUS_ERROR_UNKNOWN_OBJECT, EOPNOTSUPP}, {SD_BUS_ERROR_UNKNOWN_INTERFACE, EOPNOTSUPP},
    {SD_BUS_ERROR_INVALID_ARGS, EINVAL},       {SD_BUS_ERROR_NO_MEMORY, ENOMEM},
};

/* What sd-bus itself answers, in terms of integrity.h. */
int error_from_link(int error) {
    switch (-error) {
        case ENOENT: /* no socket */
        case ECONNREFUSED:
        case ENXIO:
        case ENOTCONN:
            return -EHOSTDOWN;
        case EPERM:
            return -EACCES;
        case EPIPE:
        case ESHUTDOWN:
            return -ECONNRESET;
        case EBADMSG:
        case ENOMEM:
        case EACCES:
        case ETIMEDOUT:
        case ECONNRESET:
        case EINTR:
            return error;
        default:
            return -EIO;
    }
}

int error_from_bus(const sd_bus_error* error, int otherwise, char* message, size_t size) {
    if (error == NULL || error->name == NULL) {
        const int own = error_from_link(otherwise);
        snprintf(message, size, "%s", own == -EHOSTDOWN ? "the system bus is not there" : strerror(-own));
        return own;
    }
    snprintf(message, size, "%s", error->message != NULL ? error->message : error->name);
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(known[i].name, error->name) == 0) return -known[i].error;
    return -EIO;
}
