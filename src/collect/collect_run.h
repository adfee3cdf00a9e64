/*
 * collect_run.h - one run: gathers a host or a tree, seals what changed, signs, and hands it to the keeper.
 *
 * A table whose rows, status and record are as the last capture has them costs a line in the run. Needs the collector's and the
 * subject key (private/keys), so it runs where they can be read.
 */
#ifndef COLLECT_COLLECT_RUN_H
#define COLLECT_COLLECT_RUN_H

#include "collect/host_run.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"

struct collect_table_outcome {
    const struct host_table *table;
    enum table_state state;
    uint64_t row_count;
    bool is_changed;
    int64_t duration_ms;
    struct str reason; /* empty when complete */
};

struct collect_outcome {
    char subject[SUBJECT_TEXT_SIZE];
    const char *known_by; /* what the subject's pseudonym stands on: "machine-id", else "path" of a tree or "hostname" of this host */
    int64_t run_leaf;
    int64_t taken_at_ms; /* what tests take as now */
    size_t changed;
    struct collect_table_outcome *tables;
    size_t table_count;
};

struct collect_options {
    const char *root;         /* a tree; NULL: the running host */
    const char *const *names; /* tables; none: all */
    size_t name_count;
    int64_t every_ms;         /* the schedule that this run belongs to: the next one comes within this; 0: none */
    const struct env *env;
    /* Tables that `root` cannot hold and that whoever asks has by other means (a made host's): they are part of the run as those that were read. May be NULL. */
    const struct collected_table *made;
    size_t made_count;
    /* Told before a table is read, with how many are done; may be NULL. */
    void (*progress)(void *context, const struct host_table *table, size_t done);
    void *context;
};

/* The pseudonym of the subject: of etc/machine-id; without one (a fresh image, a bare container) of the tree's path or of the running
 * host's name, which two hosts may share: ret_known_by says so, and so does the run. */
bool collect_subject(const struct data_dir *d, const char *root, char ret_subject[SUBJECT_TEXT_SIZE], const char **ret_known_by,
                     struct err *e) MUST_USE;
/* ret lives in `a`. What host_run and keeper_submit say; ERR_CONFLICT when another run of the subject came in between. */
bool collect_run(struct keeper_client *k, struct db *projection, const struct data_dir *d, struct arena *a,
                 const struct collect_options *options, struct collect_outcome *ret, struct err *e) MUST_USE;

#endif
