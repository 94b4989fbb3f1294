/* Violations and events as read off the bus. */
#ifndef LIBINTEGRITY_RECORD_H
#define LIBINTEGRITY_RECORD_H

#include "json.h"
#include "value.h"

#define VIOLATION_CONTENTS "tsssssttua{sv}"
#define VIOLATION_SIGNATURE "(" VIOLATION_CONTENTS ")"
#define EVENT_CONTENTS "tttss" VIOLATION_SIGNATURE "a{sv}s"
#define EVENT_SIGNATURE "(" EVENT_CONTENTS ")"

/* How many rows an answer may hold whatever was asked for (contract section 5). */
#define ROWS_MAX 1000U

/* Read the next element, which must be one; 0, or a negative errno (-EBADMSG: it is none). */
int violation_read(sd_bus_message* message, integrity_violation** ret);
int event_read(sd_bus_message* message, integrity_event** ret);

#endif
