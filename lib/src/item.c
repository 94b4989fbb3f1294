#include "client.h"

enum integrity_item_type integrity_item_get_type(const integrity_item* item) {
    return item->type;
}
integrity_violation* integrity_item_get_violation(const integrity_item* item) {
    return item->violation;
}
integrity_event* integrity_item_get_event(const integrity_item* item) {
    return item->event;
}
uint64_t integrity_item_get_sequence(const integrity_item* item) {
    return item->sequence;
}
const char* integrity_item_get_stream(const integrity_item* item) {
    return item->stream;
}
uint64_t integrity_item_get_count(const integrity_item* item) {
    return item->count;
}
int integrity_item_get_error(const integrity_item* item) {
    return item->error;
}
const char* integrity_item_get_message(const integrity_item* item) {
    return item->message;
}
enum integrity_verdict_word integrity_item_get_verdict(const integrity_item* item) {
    return item->verdict;
}
enum integrity_verdict_word integrity_item_get_old_verdict(const integrity_item* item) {
    return item->old_verdict;
}
