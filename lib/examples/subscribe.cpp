// Follows what is serious on this device from where it left off the last time, in an sd-event loop.
//
//     c++ -std=c++20 subscribe.cpp $(pkg-config --cflags --libs libintegrity libsystemd) -o subscribe
//     subscribe POSITION_FILE
#include <filesystem>
#include <fstream>
#include <iostream>

#include <integrity/integrity.hpp>
#include <systemd/sd-event.h>

namespace {

integrity::Start read_position(const char* file) {
    std::string stream;
    std::uint64_t sequence = 0;
    std::ifstream(file) >> stream >> sequence;
    return stream.empty() ? integrity::Start{} : integrity::Start::after(stream, sequence);
}

// A file is either the old one or the new one, whenever this program ends.
void write_position(const std::string& file, const integrity::Client& client) {
    const auto position = client.position();
    if (!position) return;
    const std::string next = file + ".new";
    std::ofstream(next) << position->stream << ' ' << position->sequence << '\n';
    std::filesystem::rename(next, file);
}

void print(const integrity::Item& item) {
    if (item.type() == INTEGRITY_EVENT) {
        const auto violation = item.violation();
        std::cout << item.event().type() << ' ' << violation.kind() << ' ' << violation.subject() << std::endl;
    }
    if (item.type() == INTEGRITY_SNAPSHOT_END) std::cout << "following" << std::endl;
    if (item.type() == INTEGRITY_VERDICT_CHANGED)
        std::cout << "verdict " << integrity_verdict_to_string(item.verdict()) << std::endl;
    if (item.type() == INTEGRITY_MONITORING_LOST) std::cout << "not watched: " << item.message() << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) return 2;
    integrity::Client client;
    const auto on_item = [&](const integrity::Item& item) {
        print(item);
        write_position(argv[1], client);
    };
    client.subscribe(on_item, {.severity = INTEGRITY_HIGH, .sources = {}, .kinds = {}, .state = {}},
                     read_position(argv[1]));
    sd_event* loop = nullptr;
    if (sd_event_default(&loop) < 0) return 1;
    client.attach_event(loop);
    sd_event_loop(loop);
    client.rethrow();
    return 1;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
