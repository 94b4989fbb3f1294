// The kernel's list of measured files on a device of the test's own.
#pragma once

#include <string>

#include "unit/watchers/boot_device.hpp"

namespace integrityd::test {

// An entry of the template ima-ng as the kernel writes it.
inline std::string ima_entry(const std::string& path, const std::string& digest, bool violation = false) {
    const std::string field = std::string("sha256:\0", 8) + digest;
    const std::string name = path + '\0';
    const std::string data = little(field.size(), 4) + field + little(name.size(), 4) + name;
    return little(10, 4) + (violation ? std::string(20, '\0') : digest_of(tcg::sha1, data)) + little(6, 4) + "ima-ng" +
           little(data.size(), 4) + data;
}

// The list of a device, and its PCR 10 as the kernel extends it.
struct ImaList {
    BootDevice& device;
    std::string bytes;

    void measure(const std::string& path, bool violation = false) {
        const std::string aggregate = path == "boot_aggregate" ? boot_aggregate() : digest_of(tcg::sha256, path);
        const std::string entry = ima_entry(path, aggregate, violation);
        bytes += entry;
        device.write("binary_runtime_measurements", bytes);
        const std::string data = entry.substr(4 + 20 + 4 + 6 + 4);
        for (PcrBank& bank : device.tpm->pcrs) {
            const auto algorithm = static_cast<HashAlgorithm>(bank.algorithm);
            TcgDigest value(bank.values[10]);
            auto hash = *TcgHash::make(algorithm);
            hash.extend(value, violation ? std::string(digest_size(algorithm), '\xff') : digest_of(algorithm, data));
            bank.values[10] = std::string(value.view());
        }
    }

private:
    std::string boot_aggregate() const {
        std::string all;
        for (unsigned pcr = 0; pcr < 10; ++pcr)
            all += device.tpm->pcrs.at(1).values.at(pcr);
        return digest_of(tcg::sha256, all);
    }
};

}  // namespace integrityd::test
