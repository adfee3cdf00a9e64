/* cosigner_cli.h - what `assay witness` and `assay mirror` share: directory, key, list of logs. Private to src/cli. */
#ifndef CLI_COSIGNER_CLI_H
#define CLI_COSIGNER_CLI_H

#include "cli/cli.h"
#include "ledger/witness.h"

/* --dir, or the default data directory with "-kind" behind it. */
const char *cosigner_cli_dir(struct cli_context *c, const char *kind);
/* --log and --logs as lines of a log list. */
bool cosigner_cli_logs(struct cli_context *c, struct buf *out, struct err *e) MUST_USE;
/* "key", "add VKEY [URL [ORIGIN]]" (also --log, --logs) and "list", which differs: arguments[0] says which. */
int cosigner_cli_run(struct cli_context *c, const char *kind, int (*list)(struct cli_context *c, const struct cosigner *cosigner));

#endif
