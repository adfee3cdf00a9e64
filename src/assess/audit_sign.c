#include "assess/audit_sign.h"

#include "assess/audit_guard.h"

/* ---- whose key ---- */

struct str auditor_key_name(struct db *db, struct arena *a, struct str person, struct err *e)
{
    struct str origin = db_one_text(a, db, e, "select value from meta where key = 'origin'");
    return person.size && origin.data ? arena_printf(a, "%.*s/auditor/%.*s", STR_ARGS(origin), STR_ARGS(person)) : STR("");
}

struct str auditor_key_person(struct str origin, struct str name)
{
    struct str rest = str_slice(name, origin.size, name.size);
    bool is_ours = name.size > origin.size && str_equal(str_slice(name, 0, origin.size), origin) && str_starts(rest, "/auditor/");
    return is_ours ? str_slice(rest, sizeof("/auditor/") - 1, rest.size) : STR("");
}

bool auditor_key_of(struct db *db, struct arena *a, struct str person, struct auditor_key *ret, struct err *e)
{
    struct str name = auditor_key_name(db, a, person, e);
    *ret = (struct auditor_key){.leaf = -1, .vkey = STR("")};
    if (name.size == 0)
        return e->code == ERR_NONE;
    DB_EACH (row, db, e, "select leaf, vkey, retired_leaf is null from ledger_key where role = 'auditor' and name = ?1 order by leaf desc limit 1", A(name)) {
        ret->leaf = db_int(row, 0);
        ret->vkey = arena_str(a, db_text(row, 1));
        ret->is_in_force = db_int(row, 2) != 0;
    }
    return e->code == ERR_NONE && (ret->leaf < 0 || note_key_parse(ret->vkey, &ret->key, e));
}

/* ---- what is signed ---- */

static bool statement_text(struct db *db, struct arena *a, const char *type, const struct json *statement, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, AUDITOR_SIGNED_BYTES_MAX);
    struct str origin = db_one_text(a, db, e, "select value from meta where key = 'origin'");
    if (e->code)
        return false;
    buf_printf(&text, "assay/%s@v1\n%.*s\n", type, STR_ARGS(origin));
    if (!json_write_canonical(&text, statement, e))
        return false;
    buf_char(&text, '\n');
    *ret = arena_str(a, buf_view(&text));
    return !text.full || err_set(e, ERR_TOO_LARGE, "what there is to sign is over %d bytes", AUDITOR_SIGNED_BYTES_MAX);
}

static struct str id_next(struct db *db, struct arena *a, const struct record_type *t, struct err *e)
{
    int64_t last = db_one_int(db, e, 0, "select max(number) from record_head where type = ?1", A(t->id));
    return arena_printf(a, "%s-%04lld", t->prefix, (long long)last + 1);
}

static bool asking_of(struct audit_asking *q, const struct record_change *change, struct err *e)
{
    static const char *const acts[] = {[RECORD_CREATE] = "create", [RECORD_CHANGE] = "change", [RECORD_MOVE] = "move", [RECORD_DELETE] = "delete", [RECORD_UNDO] = "undo"};
    const struct record_type *t = record_type_in_force(q->db, change->type, e);
    if (!t)
        return false;
    q->type = t->id;
    q->act = str_of(acts[change->act]);
    q->transition = change->transition.data ? change->transition : STR("");
    q->set = change->set;
    q->why = change->why;
    q->id = change->act == RECORD_CREATE ? id_next(q->db, q->a, t, e) : change->id;
    if (e->code || (change->act != RECORD_CREATE && !(q->before = record_get(q->db, q->a, t, q->id, INT64_MAX, e))))
        return false;
    q->after = audit_after_of(q, t);
    return true;
}

bool auditor_statement_of(struct db *db, struct arena *a, const struct leaf_source *leaves, const struct access *x, int64_t now_ms, const struct record_change *change, struct str *ret,
                          struct err *e)
{
    struct leaf_draft draft = {0};
    struct audit_asking q = {.db = db, .a = a, .leaves = leaves, .access = *x, .now_ms = now_ms, .extra = &draft};
    struct sheet s;
    *ret = STR("");
    if (!asking_of(&q, change, e))
        return false;
    bool is_move = change->act == RECORD_MOVE, is_sample = strcmp(q.type, "sample") == 0;
    bool is_commit = is_sample && change->act == RECORD_CREATE, is_show = is_sample && is_move && str_is(q.transition, "reveal");
    bool is_sign = strcmp(q.type, "test_sheet") == 0 && is_move && str_is(q.transition, "sign");
    if (!is_commit && !is_show && !is_sign)
        return true;
    bool is_made = is_sign ? sheet_read_record(db, a, q.after, &s, e) && audit_leaf_opinion(&q, &s, e) : is_show ? audit_leaf_show(&q, q.set, e) : audit_leaf_commit(&q, e);
    return is_made && statement_text(db, a, draft.type, json_get(draft.body, draft.type), ret, e);
}

/* ---- what came back ---- */

bool auditor_signed_take(struct arena *a, struct str typed, struct record_change *change, struct err *e)
{
    static const char dash[] = "\xe2\x80\x94 ";
    struct buf BUF_AUTO lines;
    struct err ignored = {0};
    struct str rest = str_trim(typed), line, statement = STR("");
    buf_init(&lines, AUDITOR_SIGNED_BYTES_MAX);
    if (typed.size > AUDITOR_SIGNED_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "signed: over %d bytes; it is a statement with a line under it", AUDITOR_SIGNED_BYTES_MAX);
    while (str_next_line(&rest, &line)) {
        line = str_trim(line);
        if (str_starts(line, dash))
            buf_printf(&lines, "%.*s\n", STR_ARGS(line));
        else if (str_starts(line, "{"))
            statement = line;
    }
    if (lines.size == 0 || statement.size == 0)
        return err_set(e, ERR_INVALID, "signed: paste all that assay audit sign wrote: three lines, an empty one, and one that begins with a dash");
    const struct json *o = json_parse(a, statement, JSON_LIMITS_DEFAULT, &ignored);
    change->head = o ? json_text(o, "cp") : STR("");
    change->signature = arena_str(a, buf_view(&lines));
    return true;
}

bool audit_sign_check(struct audit_asking *q, struct err *e)
{
    struct auditor_key k;
    struct buf BUF_AUTO line;
    struct err failed = {0};
    struct str text;
    buf_init(&line, 4096);
    if (strcmp(q->extra->type, "close") == 0)
        return true;
    if (!auditor_key_of(q->db, q->a, q->access.person, &k, e))
        return false;
    if (k.leaf < 0)
        return q->signature.size == 0 || audit_refuse(q, e, ERR_INVALID, "no key is registered in your name: assay key add auditor");
    if (!k.is_in_force)
        return audit_refuse(q, e, ERR_CONFLICT, "your key %.*s counts no more; another one has to be registered before anything of yours is written", STR_ARGS(str_slice(k.vkey, 0, 200)));
    if (q->signature.size == 0)
        return audit_refuse(q, e, ERR_DENIED, "a key of your own is registered since leaf %lld: nothing of yours is written without its signature", (long long)k.leaf);
    if (!statement_text(q->db, q->a, q->extra->type, json_get(q->extra->body, q->extra->type), &text, e))
        return false;
    if (!note_has_line(q->signature, &k.key))
        return audit_refuse(q, e, ERR_DENIED, "it is not signed by your key %s+%08x", k.key.name, k.key.id);
    if (!note_verify(text, q->signature, &k.key, &failed))
        return audit_refuse(q, e, ERR_DENIED, "what was signed is not what there is to sign now; take the statement again");
    note_line_copy(q->signature, &k.key, &line);
    q->extra->signatures = arena_str(q->a, buf_view(&line));
    return true;
}
