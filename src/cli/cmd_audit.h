/* cmd_audit.h - assay audit: each room of the audit brings its own verbs, `arguments[0]` names it. */
#ifndef CLI_CMD_AUDIT_H
#define CLI_CMD_AUDIT_H

#include "assess/reperform.h"
#include "cli/cli.h"

int audit_sample_run(struct cli_context *c); /* sample, sheet, exception: cmd_audit_sample.c */
int audit_key_run(struct cli_context *c);    /* key, sign: cmd_audit_key.c */
int audit_requests_run(struct cli_context *c); /* requests: cmd_audit_requests.c */
/* list, show, open, begin, reach, after, firms, trend: cmd_audit_engagement.c. */
bool audit_engagement_is_verb(const char *verb);
int audit_engagement_run(struct cli_context *c);
int audit_bundle_run(struct cli_context *c); /* bundle: cmd_audit_bundle.c */
/* A document as a workbook: cmd_report.c. */
bool cli_xlsx_bytes(struct arena *a, const struct json *document, struct buf *b, struct err *e) MUST_USE;
/* assay reperform FILE.slb: cmd_reperform_bundle.c. */
int reperform_bundle_run(struct cli_context *c, const char *path, int64_t last);
/* What both ways of reperform say alike: how far it is, a list of differences as JSON, and those of a report line by line. */
void reperform_progress(void *context, uint64_t done, uint64_t all);
void reperform_list_put(struct json *o, const char *key, const struct reperform_difference *items, size_t count);
void reperform_lines_put(struct buf *b, const struct reperform_report *r);

#endif
