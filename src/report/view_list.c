/* Lists: search, filters, sorting and paging over rows that are already made. */
#include "report/view_internal.h"

enum { PER_PAGE_DEFAULT = 50, PER_PAGE_MAX = 1000 };

const struct view_filter view_filter_none;

void list_init(struct list *l, struct view *v, const struct view_filter *f)
{
    *l = (struct list){.v = v, .filter = f ? f : &view_filter_none};
}

void list_add(struct list *l, struct list_row row)
{
    if (l->count == l->capacity)
        l->rows = arena_grow(l->v->arena, l->rows, l->count, &l->capacity, sizeof *l->rows);
    l->rows[l->count++] = row;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool contains_word(struct str text, struct str word)
{
    for (size_t i = 0; i + word.size <= text.size; i++) {
        size_t k = 0;
        while (k < word.size && lower(text.data[i + k]) == lower(word.data[k]))
            k++;
        if (k == word.size)
            return true;
    }
    return false;
}

bool text_matches(struct str text, struct str q)
{
    struct str word;
    while (str_next_word(&q, &word))
        if (!contains_word(text, word))
            return false;
    return true;
}

bool sort_is(const struct view_filter *f, const char *name)
{
    return f && str_is(f->sort, name);
}

int64_t filter_per_page(const struct view_filter *f)
{
    if (!f || f->per_page <= 0)
        return PER_PAGE_DEFAULT;
    return f->per_page > PER_PAGE_MAX ? PER_PAGE_MAX : f->per_page;
}

int64_t filter_page(const struct view_filter *f)
{
    return f && f->page > 0 ? f->page : 1;
}

static bool status_matches(const struct list_row *r, struct str status)
{
    if (status.size == 0)
        return true;
    if (str_is(status, "attention"))
        return r->status >= RESULT_UNKNOWN;
    return str_is(status, result_status_name(r->status)) || (r->state && str_is(status, r->state));
}

static bool group_matches(const struct list_row *r, struct str group)
{
    return group.size == 0 || str_equal(r->group, group);
}

static int row_compare(const void *pa, const void *pb)
{
    const struct list_row *a = pa, *b = pb;
    if (a->sort_number != b->sort_number)
        return a->sort_number < b->sort_number ? -1 : 1;
    return str_compare(a->sort_text, b->sort_text);
}

/* Groups in order of their first row, with how many rows the other filters leave in each. */
static void groups_put(struct list *l, struct json *page, struct str (*group_words)(struct view *v, struct str group))
{
    struct json *groups = json_put_array(page, "groups");
    for (size_t i = 0; i < l->count; i++) {
        bool is_first = l->rows[i].group.size > 0;
        for (size_t k = i; is_first && k > 0; k--) /* backwards: rows of one group mostly stand together */
            is_first = !str_equal(l->rows[k - 1].group, l->rows[i].group);
        if (!is_first)
            continue;
        int64_t count = 0;
        for (size_t k = i; k < l->count; k++)
            count += str_equal(l->rows[k].group, l->rows[i].group) && status_matches(&l->rows[k], l->filter->status) &&
                     text_matches(l->rows[k].text, l->filter->q);
        struct json *group = json_push_object(groups);
        json_put_str(group, "id", l->rows[i].group);
        json_put_str(group, "words", group_words ? group_words(l->v, l->rows[i].group) : l->rows[i].group);
        json_put_int(group, "count", count);
    }
}

static void statuses_put(struct list *l, struct json *page)
{
    struct json *statuses = json_put_array(page, "statuses");
    for (int s = RESULT_FAIL; s >= RESULT_SKIP; s--) {
        int64_t count = l->unseen_status[s];
        for (size_t i = 0; i < l->count; i++)
            count += (int)l->rows[i].status == s && group_matches(&l->rows[i], l->filter->group) &&
                     text_matches(l->rows[i].text, l->filter->q);
        struct json *o = json_push_object(statuses);
        put_status_as(o, (enum result_status)s, result_status_words((enum result_status)s));
        json_put_cstr(o, "words", result_status_words((enum result_status)s));
        json_put_int(o, "count", count);
    }
}

void list_name_statuses(const struct json *page, const char *fail, const char *unknown, const char *pass, const char *skip)
{
    JSON_EACH (status, json_get(page, "statuses")) {
        struct str id = json_text(status, "status");
        const char *words = str_is(id, "fail") ? fail : str_is(id, "unknown") ? unknown : str_is(id, "pass") ? pass : skip;
        JSON_EACH (member, status)
            if (str_is(member->key, "words") || str_is(member->key, "status_words"))
                member->text = str_of(words);
    }
}

void list_put_page(struct view *v, struct json *page, const struct view_filter *f, int64_t total, int64_t all)
{
    (void)v;
    f = f ? f : &view_filter_none;
    int64_t per_page = filter_per_page(f);
    json_put_int(page, "total", total);
    json_put_int(page, "all", all);
    json_put_int(page, "page", filter_page(f));
    json_put_int(page, "pages", total == 0 ? 1 : (total + per_page - 1) / per_page);
    json_put_int(page, "per_page", per_page);
    struct json *filter = json_put_object(page, "filter");
    json_put_str(filter, "q", f->q.data ? f->q : STR(""));
    json_put_str(filter, "status", f->status.data ? f->status : STR(""));
    json_put_str(filter, "group", f->group.data ? f->group : STR(""));
    json_put_str(filter, "sort", f->sort.data ? f->sort : STR(""));
    json_put_bool(filter, "desc", f->is_descending);
}

void list_finish(struct list *l, struct json *page, struct str (*group_words)(struct view *v, struct str group))
{
    const struct view_filter *f = l->filter;
    groups_put(l, page, group_words);
    statuses_put(l, page);
    int64_t all = (int64_t)l->count, total = 0;
    for (size_t i = 0; i < l->count; i++)
        if (status_matches(&l->rows[i], f->status) && group_matches(&l->rows[i], f->group) && text_matches(l->rows[i].text, f->q))
            l->rows[total++] = l->rows[i];
    if (total > 0)
        qsort(l->rows, (size_t)total, sizeof *l->rows, row_compare);
    struct json *rows = json_put_array(page, "rows");
    int64_t first = (filter_page(f) - 1) * filter_per_page(f);
    for (int64_t i = first; i < total && i < first + filter_per_page(f); i++) {
        const struct list_row *one = &l->rows[f->is_descending ? total - 1 - i : i];
        json_push(rows, one->row ? one->row : l->make(l->context, one->of));
    }
    list_put_page(l->v, page, f, total + l->unseen, all + l->unseen);
}
