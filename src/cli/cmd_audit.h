/* cmd_audit.h - assay audit: each room of the audit brings its own verbs, `arguments[0]` names it. */
#ifndef CLI_CMD_AUDIT_H
#define CLI_CMD_AUDIT_H

#include "cli/cli.h"

int audit_sample_run(struct cli_context *c); /* sample, sheet, exception: cmd_audit_sample.c */

#endif
