/*
 * op_run.h - the operation `run`: one collection of one subject, signed by the collector.
 *
 * Body: {"sub":subject, "run":statement, "sig":signature lines, "items":[{"tbl","ver","rows","state","obs":[t0,t1],"blobs":n}]};
 * the blobs of the operation belong to the items in this order: the rows, then (n = 2) the record of bytes read. Leaves: one
 * `item` {"sub","tbl","ver","rows","state","obs"} for each table that changed, then one `run` {"run":statement}, whose signature
 * lines are the collector's, over "assay/run@v1\n" origin "\n" JCS(statement) "\n".
 * Statement: {"col":vkey,"ver":program,"seq":n,"prev":hex,"sub":subject,"by":"machine-id"|"path","obs":[t0,t1],"tables":{name:c},
 * "states":{name:"partial"|"none"},"exit":0[,"every":ms]}. seq counts the runs of the subject from 0; prev is the leaf hash of the run before
 * ("" for the first): so a run that is left out, repeated or reordered shows. Applied into subject, run, run_shape, capture.
 */
#ifndef COLLECT_OP_RUN_H
#define COLLECT_OP_RUN_H

#include "base/buf.h"
#include "keeper/keeper.h"

extern const struct op_kind op_run;
extern const struct op_kind op_run_item; /* the items of a run: no operation of its own */

/* What the collector signs. */
bool run_statement_text(struct str origin, const struct json *statement, struct buf *out, struct err *e) MUST_USE;
/* What tells that a table is as it was: SHA-256(SHA-256(plain) || SHA-256(record)). */
struct sha256 capture_digest(struct str plain, struct str record);
/* Stream of the subject: "host/<8 hex>", with "/table" for items. */
struct str run_stream(struct arena *a, struct str subject, struct str table);

#endif
