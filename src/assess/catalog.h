/*
 * catalog.h - the tests in force, written into the ledger, so that old runs are re-performed with the old tests.
 *
 * A catalogue is JSON:
 * {"digest":content_digest,"tests":[{"id","source","digest","tables":[],"parameters":[],"empty":"unknown","sql"}...],
 * "parameters":[{"name","type","default"}...]}.
 */
#ifndef ASSESS_CATALOG_H
#define ASSESS_CATALOG_H

#include "content/content.h"
#include "keeper/keeper.h"

struct catalog {
    struct str digest;
    struct test *tests; /* id, source, digest, tables, parameters, empty, sql are filled; sorted by id */
    size_t test_count;
    struct parameter *parameters; /* name, type, default_value */
    size_t parameter_count;
};

/* The compiled-in tests as a catalogue's text. */
struct str catalog_compose(struct arena *a);
bool catalog_parse(struct arena *a, struct str text, struct catalog *ret, struct err *e) MUST_USE;
/* The newest catalogue's leaf, after submitting one if the compiled-in tests are not those of the newest. */
bool catalog_ensure(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a, int64_t *ret_leaf,
                    struct err *e) MUST_USE;

#endif
