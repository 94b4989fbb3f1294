// What the daemon and integrityd-broker say to each other: core/opener_broker.cpp asks, broker/ answers.
//
// A SOCK_SEQPACKET unix socket. A request is one message "VERB NAME": a verb and the name of a key of the
// configuration (to_string(Resource)), never a path, a flag or anything to write. Of these bytes only: [A-Za-z0-9._ -].
//
//   open NAME       the file: one descriptor
//   open-all NAME   the file and what it includes: at most 512 descriptors, in several answers; the text of each
//                   holds their paths in the same order, each followed by a NUL
//   open NAME N     an older file of a rotated log, from 1 to 999
//   watch NAME      an inotify descriptor on the directory of the file
//   feed audit      the kernel's read-only audit multicast, joined: a socket
//   status audit    a sealed memory file with the kernel's audit status and rules (sources/audit_status.hpp)
//   header luks.NAME
//                   a sealed copy (memfd) of the LUKS header area of the configured volume, never the disk; the text
//                   is the device's "MAJOR:MINOR", followed by a NUL
//   table luks.NAME
//                   the active device-mapper table of its mapping as text, without keys, in a sealed memfd
//   table boot.root
//                   the same of the device that the root file system lies on
//   command tpm     no descriptor; after this answer the connection takes TPM commands instead of requests, a message
//                   of at most 4096 bytes each, and answers each with AnswerHead and the TPM's answer. Only the
//                   commands that reading needs (broker/tpm_filter.hpp): after any other, and when the TPM does not
//                   answer in time, the reason is the last that comes
//
// An answer is one message: AnswerHead, then text, with the descriptors as ancillary data (SCM_RIGHTS). `status` is 0
// or an errno value, and then the text is the reason. A verb that a broker does not know is ENOTSUP, everything else
// that is not a request EINVAL or EMSGSIZE; after these the connection is closed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace integrityd::broker_protocol {

// The longest request is some 30 bytes; 128 leave room for the name of a volume (64).
inline constexpr std::size_t longest_request = 128;
// SCM_MAX_FD of the kernel: more in one message is EINVAL.
inline constexpr std::size_t most_descriptors = 253;
// Of one answer: what fits twice into the kernel's default send buffer (208 KiB), and 16 longest paths.
inline constexpr std::size_t longest_text = 64U << 10;

struct AnswerHead {
    std::uint32_t status = 0;
    std::uint32_t more = 0;  // descriptors that follow in further answers to the same request
};

}  // namespace integrityd::broker_protocol
