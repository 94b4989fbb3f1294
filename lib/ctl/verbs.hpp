// The verbs: each is a file of verbs/, does what its options say and returns the exit code.
// What the daemon or the bus refuses leaves them as integrity::Error.
#pragma once

#include "context.hpp"
#include "options.hpp"

namespace integrityctl {

int run(Context& context, const StatusOptions& options);
int run(Context& context, const ListOptions& options);
int run(Context& context, const ShowOptions& options);
int run(Context& context, const EventsOptions& options);
int run(Context& context, const WatchOptions& options);
int run(Context& context, const AckOptions& options);
int run(Context& context, const CheckOptions& options);
int run(Context& context, const WatchersOptions& options);
int run(Context& context, const RecipientsOptions& options);
int run(Context& context, const LuksOptions& options);
int run(Context& context, const TlsOptions& options);
int run(Context& context, const TlsDiscoverOptions& options);
int run(Context& context, const NotifyTestOptions& options);
int run(Context& context, const BaselineShowOptions& options);
int run(Context& context, const BaselineDiffOptions& options);
int run(Context& context, const BaselineAcceptOptions& options);
int run(Context& context, const BaselineExportOptions& options);
int run(Context& context, const BaselineImportOptions& options);
int run(Context& context, const BootOptions& options);
int run(Context& context, const BootDigestOptions& options);
int run(Context& context, const VerifyOptions& options);
int run(Context& context, const ExplainOptions& options);
int run(Context& context, const TpmShowOptions& options);
int run(Context& context, const TpmProvisionOptions& options);
int run(Context& context, const TpmSealOptions& options);
int run(Context& context, const TpmUnprovisionOptions& options);
int run(Context& context, const VersionOptions& options);

}  // namespace integrityctl
