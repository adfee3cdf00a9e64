#include "assess/subject_now.h"

bool subject_now_write(struct db *db, struct str subject, struct err *e)
{
    return db_run(db, e,
                  "insert into subject_now(subject, tests)"
                  " select ?1, ifnull(group_concat(line, ''), '') from (select test || ' ' || status || ' ' || pass || ' ' || fail"
                  " || ' ' || unknown || ' ' || skip || ' ' || from_leaf || ' ' || from_t || char(10) as line"
                  " from test_span where subject = ?1 order by test)"
                  " where true on conflict(subject) do update set tests = excluded.tests",
                  A(subject));
}

static struct str word_take(struct str *s)
{
    size_t n = 0;
    while (n < s->size && s->data[n] != ' ')
        n++;
    struct str word = str_make(s->data, n);
    *s = str_slice(*s, n < s->size ? n + 1 : n, s->size);
    return word;
}

/* Digits and one byte behind them; -1: something else. These are read ten thousand times a page, hence by hand. */
static int64_t number_take(struct str *s)
{
    int64_t value = 0;
    size_t n = 0;
    for (; n < s->size && n < 18 && s->data[n] >= '0' && s->data[n] <= '9'; n++)
        value = value * 10 + (s->data[n] - '0');
    if (n == 0 || n == s->size || (s->data[n] != ' ' && s->data[n] != '\n'))
        return -1;
    *s = (struct str){s->data + n + 1, s->size - n - 1};
    return value;
}

bool subject_now_next(struct str *text, struct subject_now_line *ret)
{
    struct str rest = *text;
    ret->test = word_take(&rest);
    if (!result_status_parse(word_take(&rest), &ret->status))
        return false;
    static const enum result_status order[] = {RESULT_PASS, RESULT_FAIL, RESULT_UNKNOWN, RESULT_SKIP};
    for (size_t i = 0; i < 4; i++)
        if ((ret->counts.of[order[i]] = number_take(&rest)) < 0)
            return false;
    if ((ret->from_leaf = number_take(&rest)) < 0 || (ret->from_ms = number_take(&rest)) < 0 || rest.data[-1] != '\n')
        return false;
    *text = rest;
    return true;
}
