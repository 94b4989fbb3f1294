// Asks for the verdict again and again, as fast as it is answered: "CALLS REFUSED SLOWEST" (the last in milliseconds).
//
// As a user who may not ask it is a flood, as one who may it measures what others feel of that flood.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

#include <integrity/integrity.hpp>

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    if (argc != 2) {
        std::cerr << "usage: probe SECONDS\n";
        return 2;
    }
    const auto end = Clock::now() + std::chrono::seconds(std::atoi(argv[1]));
    std::size_t calls = 0;
    std::size_t refused = 0;
    Clock::duration slowest{};
    try {
        integrity::Client client;
        for (auto before = Clock::now(); before < end; ++calls) {
            try {
                (void)client.status();
            } catch (const integrity::Error&) {
                ++refused;
            }
            const auto now = Clock::now();
            slowest = std::max(slowest, now - before);
            before = now;
        }
    } catch (const std::exception& error) {
        std::cerr << "probe: " << error.what() << '\n';
        return 1;
    }
    std::cout << calls << ' ' << refused << ' '
              << std::chrono::duration_cast<std::chrono::milliseconds>(slowest).count() << '\n';
}
