/* Follows the integrity of this device and prints it: what is wrong now, then every event, over restarts of everything.
 *
 *     cc subscribe.c $(pkg-config --cflags --libs libintegrity) -o subscribe
 */
#include <integrity/integrity.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_event(integrity_event* event) {
    char* json;
    if (integrity_event_to_json(event, &json) < 0) return;
    puts(json);
    free(json);
}

static int on_item(integrity_client* client, const integrity_item* item, void* userdata) {
    (void)client;
    (void)userdata;
    integrity_violation* violation = integrity_item_get_violation(item);
    switch (integrity_item_get_type(item)) {
        case INTEGRITY_SNAPSHOT_VIOLATION:
            printf("%s %s\n", integrity_violation_get_kind(violation), integrity_violation_get_subject(violation));
            break;
        case INTEGRITY_SNAPSHOT_END:
            puts("and from here on:");
            break;
        case INTEGRITY_EVENT:
            print_event(integrity_item_get_event(item));
            break;
        case INTEGRITY_VERDICT_CHANGED:
            printf("verdict: %s\n", integrity_verdict_to_string(integrity_item_get_verdict(item)));
            break;
        case INTEGRITY_MONITORING_LOST:
            printf("not watched: %s\n", integrity_item_get_message(item));
            break;
        default:
            break;
    }
    return fflush(stdout) == 0 ? 0 : -1;
}

int main(void) {
    integrity_client* client;
    int r = integrity_open(&client);
    if (r < 0) return EXIT_FAILURE;
    r = integrity_subscribe(client, INTEGRITY_SNAPSHOT_THEN_FOLLOW, NULL, 0, NULL, on_item, NULL);
    while (r >= 0) {
        r = integrity_process(client, 64);
        if (r == 0) r = integrity_wait(client, UINT64_MAX);
    }
    fprintf(stderr, "%s\n", strerror(-r));
    integrity_close(client);
    return EXIT_FAILURE;
}
