/* cmd_audit.h - assay audit: each room of the audit brings its own verbs, `arguments[0]` names it. */
#ifndef CLI_CMD_AUDIT_H
#define CLI_CMD_AUDIT_H

#include "cli/cli.h"

int audit_sample_run(struct cli_context *c); /* sample, sheet, exception: cmd_audit_sample.c */
/* list, show, open, begin, reach, after, firms, trend: cmd_audit_engagement.c. */
bool audit_engagement_is_verb(const char *verb);
int audit_engagement_run(struct cli_context *c);

#endif
