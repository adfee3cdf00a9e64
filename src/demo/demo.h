/*
 * demo.h - a made company: forty people, a year of work, two examinations; all of it invented, all of it put in by the operations that people use.
 *
 *     struct demo_options o = {.path = "./demo", .until_ms = now};
 *     if (!demo_fill(&o, &outcome, &e)) ...
 *
 * The same seed and last day make the same company. Not the same are what has to be secret or unique for a ledger to be one: its name, keys, salts, and what
 * is computed from those (hashes, pseudonyms of hosts, ids of operations).
 */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

extern const char demo_content_json[]; /* content/demo/ by the names of the files */
extern const size_t demo_content_size;

struct demo_options {
    const char *path;  /* missing or empty */
    uint64_t seed;
    int64_t until_ms;  /* when the story ends: today */
    /* May be NULL. done of all: days. */
    void (*progress)(void *context, const char *what, int64_t done, int64_t all);
    void *context;
};
struct demo_person {
    char login[64], name[100], actor[40], words[120];
};
struct demo_outcome {
    uint64_t operations;
    int64_t leaves;
    struct demo_person people[8]; /* whom to sign in as, the lead first */
    size_t person_count;
    char engagement[32];          /* the one under way */
};
/* ERR_EXISTS, ERR_INVALID: the directory is not empty. What was begun and failed is left there, and no server takes it for finished. */
bool demo_fill(const struct demo_options *o, struct demo_outcome *ret, struct err *e) MUST_USE;

#endif
