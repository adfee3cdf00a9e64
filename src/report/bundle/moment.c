/* moment.c - the instant that a bundle is made of, and who vouches for its ledger. */
#include "report/bundle/internal.h"

#include <time.h>

enum { TRIES = 100, TRY_MS = 100 };

bool bundle_policy_read(struct db *db, struct buf *out, struct err *e)
{
    DB_EACH (row, db, e, "select text from anchor_policy order by leaf desc limit 1")
        buf_str(out, db_text(row, 0));
    if (e->code || out->size)
        return e->code == ERR_NONE;
    DB_EACH (row, db, e, "select vkey from ledger_key where role='log' and retired_leaf is null order by leaf")
        buf_printf(out, "log %.*s\n", STR_ARGS(db_text(row, 0)));
    buf_cstr(out, "quorum none\n");
    return e->code == ERR_NONE;
}

bool bundle_chain_read(struct db *db, struct buf *out, struct err *e)
{
    DB_EACH (row, db, e,
             "select ca from anchor_ca where leaf in (select leaf from anchor_tsa) or exists(select 1 from anchor where kind='tst' and"
             " anchor.name=anchor_ca.name and anchor.leaf > anchor_ca.leaf) group by ca order by min(leaf)")
        buf_str(out, db_text(row, 0));
    return e->code == ERR_NONE;
}

static bool moment_find(const struct audit_bundle_job *job, struct audit_bundle_moment *m, struct err *e)
{
    for (int i = 0; i < TRIES; i++) {
        if (!keeper_flush(job->keeper, e) || !(m->ledger = ledger_reader_open(job->base->ledger_dir, e)) || !db_begin(job->db, e))
            return false;
        m->db = job->db;
        int64_t newest = db_one_int(job->db, e, -1, "select max(idx) from leaf");
        if (e->code || newest + 1 == (int64_t)ledger_reader_head(m->ledger)->size)
            return e->code == ERR_NONE;
        db_rollback(job->db);
        m->db = NULL;
        m->ledger = ledger_reader_close(m->ledger);
        nanosleep(&(struct timespec){.tv_nsec = TRY_MS * 1000000L}, NULL);
    }
    return err_set(e, ERR_UNAVAILABLE, "bundle: the ledger is written to without a pause; try again");
}

bool audit_bundle_prepare(struct arena *a, const struct audit_bundle_job *job, struct audit_bundle_moment *ret, struct err *e)
{
    struct bundle_options *b = job->base;
    *ret = (struct audit_bundle_moment){0};
    if (!moment_find(job, ret, e) || !(ret->types = record_types_open(job->db, e)))
        return false;
    struct audit_bundle_options o = {.db = job->db, .types = ret->types, .ledger = ret->ledger, .ledger_dir = b->ledger_dir, .blobs = job->blobs,
                                     .engagement = str_of(job->engagement), .print = job->print, .print_context = job->print_context};
    ret->bundle = audit_bundle_open(a, &o, e);
    if (!ret->bundle)
        return false;
    b->mode = BUNDLE_FULL;
    b->engagement = job->engagement;
    b->head = ledger_reader_note(ret->ledger);
    b->audience = audit_bundle_audience(ret->bundle);
    b->purpose = audit_bundle_purpose(ret->bundle);
    b->blobs.is_wanted = audit_bundle_wants;
    b->blobs.context = ret->bundle;
    b->pages = audit_bundle_pages;
    b->pages_context = ret->bundle;
    return true;
}

void audit_bundle_done(struct audit_bundle_moment *m)
{
    audit_bundle_close(m->bundle);
    record_types_close(m->types);
    if (m->db)
        db_rollback(m->db);
    ledger_reader_close(m->ledger);
    *m = (struct audit_bundle_moment){0};
}
