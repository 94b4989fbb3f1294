// A product application as its author would write it: subscribes through libintegrity and writes what it is told, one
// JSON object a line, to the file that it is given (in the test machine a virtio port, which the host reads).
//
// It keeps its position in a file, so that it is told what happened while it was not running.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <integrity/integrity.hpp>

namespace {

std::string_view word(integrity_item_type type) {
    switch (type) {
        case INTEGRITY_SNAPSHOT_BEGIN:
            return "snapshot-begin";
        case INTEGRITY_SNAPSHOT_VIOLATION:
            return "snapshot-violation";
        case INTEGRITY_SNAPSHOT_END:
            return "snapshot-end";
        case INTEGRITY_EVENT:
            return "event";
        case INTEGRITY_VERDICT_CHANGED:
            return "verdict";
        case INTEGRITY_MONITORING_LOST:
            return "lost";
        case INTEGRITY_MONITORING_BACK:
            return "back";
        case INTEGRITY_STREAM_CHANGED:
            return "stream-changed";
        case INTEGRITY_GAP:
            return "gap";
        default:
            return "other";
    }
}

std::string_view word(integrity::VerdictWord verdict) {
    switch (verdict) {
        case INTEGRITY_INTACT:
            return "intact";
        case INTEGRITY_DEGRADED:
            return "degraded";
        case INTEGRITY_VIOLATED:
            return "violated";
        default:
            return "unknown";
    }
}

// What the library gives as JSON is taken as it is; the other words here need no escapes.
std::string to_line(const integrity::Item& item) {
    std::string line = R"({"item":")" + std::string(word(item.type())) + R"(","sequence":)";
    line += std::to_string(item.sequence());
    if (const auto event = item.event()) line += R"(,"event":)" + event.to_json();
    if (const auto violation = item.violation()) line += R"(,"violation":)" + violation.to_json();
    if (item.type() == INTEGRITY_VERDICT_CHANGED) line += R"(,"verdict":")" + std::string(word(item.verdict())) + '"';
    return line + "}\n";
}

integrity::Start start_from(const std::string& file) {
    std::ifstream in(file);
    std::string stream;
    std::uint64_t sequence = 0;
    if (in >> stream >> sequence) return integrity::Start::after(stream, sequence);
    return {};
}

// Replaced in one step: a power cut leaves the old position or the new one.
void keep_position(const integrity::Client& client, const std::string& file) {
    const auto position = client.position();
    if (!position) return;
    const std::string unfinished = file + ".new";
    std::ofstream(unfinished) << position->stream << ' ' << position->sequence << '\n';
    if (std::rename(unfinished.c_str(), file.c_str()) != 0) std::perror(file.c_str());
}

int follow(std::ostream& out, const std::string& position_file) {
    integrity::Client client;
    client.subscribe([&out](const integrity::Item& item) { out << to_line(item) << std::flush; }, {},
                     start_from(position_file));
    for (;;) {
        if (client.process() == 0)
            client.wait();
        else
            keep_position(client, position_file);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: product OUTPUT POSITION_FILE\n";
        return 2;
    }
    try {
        std::ofstream out(argv[1], std::ios::app);
        if (!out) throw std::runtime_error(std::string("cannot write ") + argv[1]);
        return follow(out, argv[2]);
    } catch (const std::exception& error) {
        std::cerr << "product: " << error.what() << '\n';
        return 1;
    }
}
