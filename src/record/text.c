/* text.c - the full text of what is now. */
#include "record/internal.h"

enum { TEXT_BYTES_MAX = 1 << 20, TYPED_WORDS_MAX = 12 };

bool text_put(struct db *db, struct arena *a, const struct record_type *t, int64_t n, const struct record *r, struct str words, struct err *e)
{
    if (r->version > 1 && !db_run(db, e, "delete from record_text where rowid=?1", A(n)))
        return false;
    if (r->is_deleted)
        return true;
    struct buf BUF_AUTO body;
    buf_init(&body, TEXT_BYTES_MAX);
    struct str title = record_title(r);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const struct json *v = f->is_searched && (!t->title_field || strcmp(f->id, t->title_field) != 0) ? json_get(r->values, f->id) : NULL;
        if (!v)
            continue;
        buf_str(&body, record_value_text(a, f, v));
        buf_char(&body, '\n');
    }
    return db_run(db, e, "insert into record_text(rowid, type, id, title, body, words) values(?1, ?2, ?3, ?4, ?5, ?6)", A(n), A(t->id), A(r->id), A(title), A(buf_view(&body)), A(words));
}

struct str text_match(struct arena *a, struct str typed, const char *type)
{
    struct buf BUF_AUTO b;
    struct str rest = typed, word;
    size_t words = 0;
    buf_init(&b, TEXT_BYTES_MAX);
    while (words < TYPED_WORDS_MAX && str_next_word(&rest, &word)) {
        bool has_letter = false; /* a word of marks alone finds nothing and is no mistake */
        for (size_t i = 0; i < word.size; i++) {
            unsigned char c = (unsigned char)word.data[i];
            has_letter = has_letter || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
        }
        if (!has_letter || !str_is_utf8(word))
            continue;
        buf_cstr(&b, words++ ? " AND \"" : "{id title body words} : (\"");
        for (size_t i = 0; i < word.size; i++) {
            if (word.data[i] == '"')
                buf_char(&b, '"');
            if (word.data[i] != 0)
                buf_char(&b, word.data[i]);
        }
        buf_cstr(&b, "\" *");
    }
    if (words == 0)
        return STR("");
    buf_char(&b, ')');
    if (type)
        buf_printf(&b, " AND type : \"%s\"", type);
    return arena_str(a, buf_view(&b));
}

struct str record_text_title(struct db *db, struct arena *a, int64_t n, struct err *e)
{
    return db_one_text(a, db, e, "select title from record_text where rowid = ?1", A(n));
}

/* cross: words first, then whose they are. FTS5 gives rows by falling rowid without sorting them; the titles, of the few that are shown, are asked for apart. */
bool record_search(struct db *db, struct arena *a, struct str words, int64_t max,
                 bool (*each)(void *context, struct str type, struct str id, int64_t n, struct err *e), void *context, struct err *e)
{
    struct err failed = {0};
    struct str match = text_match(a, words, NULL);
    if (match.size == 0)
        return true;
    DB_EACH (row, db, &failed,
             "select h.type, h.id, x.rowid from record_text x cross join record_head h on h.n = x.rowid where x.record_text match ?1 order by x.rowid desc limit ?2",
             A(match), A(max))
        if (!each(context, arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), db_int(row, 2), &failed))
            break;
    return failed.code ? (*e = failed, false) : true;
}
