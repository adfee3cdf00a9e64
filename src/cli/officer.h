/*
 * officer.h - what `erase` and `hold` share: a keeper, the ledger and the projection at hand, and signatures of an officer.
 *
 *     struct officer o;
 *     if (officer_open(c, &o, &e) && officer_sign(&o, text, second, &lines, &e)) ...
 *     officer_close(&o);
 */
#ifndef CLI_OFFICER_H
#define CLI_OFFICER_H

#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"

struct officer {
    struct data_dir data;
    bool has_data;
    struct keeper_client *keeper;
    struct db *projection;
    struct ledger_reader *ledger;
};

/* With keeper: one that is running or is started, and the officer's key made and registered where there was none. Without: reading
 * only. */
bool officer_open(struct cli_context *c, bool with_keeper, struct officer *ret, struct err *e) MUST_USE;
void officer_close(struct officer *o);
/* Signature lines by private/keys/officer and, if `second` is not NULL, by private/keys/<second>. */
bool officer_sign(const struct officer *o, struct str text, const char *second, struct buf *lines, struct err *e) MUST_USE;
/* The second key that the options ask for: "root" for --with-root, the name given with --with-officer; NULL for none. */
const char *officer_second(const struct cli_context *c);

#endif
