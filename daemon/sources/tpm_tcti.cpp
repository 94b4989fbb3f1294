#include "sources/tpm_tcti.hpp"

#include <cstring>
#include <tss2/tss2_tcti.h>

namespace integrityd {

// The library knows its head and nothing of the rest.
struct TpmTcti::Context {
    TSS2_TCTI_CONTEXT_COMMON_V1 common{};
    TpmLink link;
    TpmLink::Time deadline;
    TpmBytes answer;  // empty: nothing was asked
    std::optional<Error> failure;

    Context(UniqueFd tpm, TpmLink::Time until) : link(std::move(tpm)), deadline(until) {}

    static Context& of(TSS2_TCTI_CONTEXT* context) { return *reinterpret_cast<Context*>(context); }

    // The whole exchange is done here: the lane has nothing else to do while the TPM works.
    static TSS2_RC transmit(TSS2_TCTI_CONTEXT* context, std::size_t size, const std::uint8_t* command) noexcept {
        Context& self = of(context);
        auto answer = self.link.exchange({command, size}, self.deadline);
        if (!answer) {
            self.failure = answer.error();
            return TSS2_TCTI_RC_IO_ERROR;
        }
        self.answer = std::move(*answer);
        return TSS2_RC_SUCCESS;
    }

    // Asked without room first, for the size.
    static TSS2_RC receive(TSS2_TCTI_CONTEXT* context, std::size_t* size, std::uint8_t* into,
                           std::int32_t /*timeout*/) noexcept {
        Context& self = of(context);
        if (size == nullptr) return TSS2_TCTI_RC_BAD_REFERENCE;
        if (self.answer.empty()) return TSS2_TCTI_RC_BAD_SEQUENCE;
        const std::size_t room = *size;
        *size = self.answer.size();
        if (into == nullptr) return TSS2_RC_SUCCESS;
        if (room < self.answer.size()) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
        std::memcpy(into, self.answer.data(), self.answer.size());
        self.answer.clear();
        return TSS2_RC_SUCCESS;
    }

    static void finalize(TSS2_TCTI_CONTEXT* /*context*/) noexcept {}
    static TSS2_RC cancel(TSS2_TCTI_CONTEXT* /*context*/) noexcept { return TSS2_TCTI_RC_NOT_IMPLEMENTED; }
    static TSS2_RC poll_handles(TSS2_TCTI_CONTEXT* /*context*/, TSS2_TCTI_POLL_HANDLE* /*handles*/,
                                std::size_t* /*count*/) noexcept {
        return TSS2_TCTI_RC_NOT_IMPLEMENTED;
    }
    static TSS2_RC set_locality(TSS2_TCTI_CONTEXT* /*context*/, std::uint8_t /*locality*/) noexcept {
        return TSS2_TCTI_RC_NOT_IMPLEMENTED;
    }
};

TpmTcti::TpmTcti(UniqueFd tpm, TpmLink::Time deadline) : context_(std::make_unique<Context>(std::move(tpm), deadline)) {
    // Any number that is no other TCTI's.
    context_->common.magic = 0x696e746567726974ULL;
    context_->common.version = 1;
    context_->common.transmit = Context::transmit;
    context_->common.receive = Context::receive;
    context_->common.finalize = Context::finalize;
    context_->common.cancel = Context::cancel;
    context_->common.getPollHandles = Context::poll_handles;
    context_->common.setLocality = Context::set_locality;
}

TpmTcti::~TpmTcti() = default;

TSS2_TCTI_OPAQUE_CONTEXT_BLOB* TpmTcti::context() {
    return reinterpret_cast<TSS2_TCTI_OPAQUE_CONTEXT_BLOB*>(context_.get());
}

const std::optional<Error>& TpmTcti::failure() const {
    return context_->failure;
}

}  // namespace integrityd
