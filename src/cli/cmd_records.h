/* cmd_records.h - the part of `assay record` that is about records of any type (cmd_records.c, cmd_records_write.c). */
#ifndef CLI_CMD_RECORDS_H
#define CLI_CMD_RECORDS_H

#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "record/record.h"

struct record_cli {
    struct cli_context *c;
    struct data_dir data;
    struct db *db;
    struct record_types *types;
    struct access access;
    const struct record_type *type; /* arguments[1], where the verb takes one */
    int64_t leaf_limit, now_ms;
};
/* verb: arguments[0]. */
int records_run(struct cli_context *c);
bool records_is_verb(const char *verb);

/* Everything below fills e and returns false, or prints and gives the exit status. */
/* What is there now, without --at and without a type. */
bool record_cli_begin(struct cli_context *c, struct record_cli *ret, struct err *e) MUST_USE;
bool record_cli_open(struct cli_context *c, bool with_type, struct record_cli *ret, struct err *e) MUST_USE;
void records_close(struct record_cli *r);
int records_add(struct cli_context *c);
int records_change(struct cli_context *c, enum record_act act);
int records_import(struct cli_context *c);
int records_apply(struct cli_context *c);
int records_personal(struct cli_context *c); /* cmd_records_personal.c */
int records_type_add(struct cli_context *c);

#endif
