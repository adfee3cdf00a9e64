/*
 * bundle_made.h - what `bundle` and `audit bundle` share: the data directory with its packs and keys, the officer who signs, and the file.
 *
 *     struct bundle_made m;
 *     if (bundle_made_open(c, &m, NULL, NULL, &e)) { m.o.mode = ...; m.o.blobs = ...; bundle_made_write(&m, path, &report, &e) ... }
 *     bundle_made_close(&m);                            // in any case
 */
#ifndef CLI_BUNDLE_MADE_H
#define CLI_BUNDLE_MADE_H

#include "cli/officer.h"
#include "collect/captures.h"
#include "ledger/bundle.h"

struct bundle_made {
    struct officer officer;
    struct bundle_options o; /* what is the same for all is filled in */
    struct buf policy, chain;
    struct blob_opener *blobs;
};
/* policy, chain: files, or NULL for what is in force. */
bool bundle_made_open(struct cli_context *c, struct bundle_made *ret, const char *policy, const char *chain, struct err *e) MUST_USE;
void bundle_made_close(struct bundle_made *m);
/* To a file that is not there yet; nothing is left where it fails. */
bool bundle_made_write(struct bundle_made *m, const char *path, struct bundle_report *ret, struct err *e) MUST_USE;

/* What was written, for --json. */
struct json *bundle_made_json(struct arena *a, const char *path, const struct bundle_report *r);

#endif
