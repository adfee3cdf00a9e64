/* walk_ids.c - which user and group numbers have a name, so that the walk can tell what nobody owns. */
#include "base/limits.h"
#include "collect/host/walk_inner.h"

static void add_range(struct arena *a, struct id_set *set, int64_t first, int64_t last)
{
    if (first < 0 || last < first || last > UINT32_MAX)
        return;
    for (int64_t id = first; id <= last && id < 65536; id++)
        set->small[id / 8] = (uint8_t)(set->small[id / 8] | 1 << (id % 8));
    if (last < 65536)
        return;
    if (set->range_count == set->range_capacity)
        set->ranges = arena_grow(a, set->ranges, set->range_count, &set->range_capacity, sizeof(*set->ranges));
    set->ranges[set->range_count++] = (struct id_range){(uint32_t)(first > 65536 ? first : 65536), (uint32_t)last};
}

bool walk_id_is_known(const struct id_set *set, uint32_t id)
{
    if (!set->is_known)
        return true;
    if (id < 65536)
        return set->small[id / 8] >> (id % 8) & 1;
    for (size_t i = 0; i < set->range_count; i++)
        if (id >= set->ranges[i].first && id <= set->ranges[i].last)
            return true;
    return false;
}

/* "name:x:id:..." */
static void read_names(struct walk *w, struct id_set *set, const char *path)
{
    struct err e = {0};
    struct str text, line, field;
    if (!source_read(w->source, w->arena, path, LIMIT_READ_FILE_BYTES, &text, &e))
        return;
    set->is_known = true;
    while (str_next_line(&text, &line)) {
        int64_t id = -1;
        str_cut(&line, ':', &field);
        str_cut(&line, ':', &field);
        str_cut(&line, ':', &field);
        if (str_to_int64(field, &id))
            add_range(w->arena, set, id, id);
    }
}

/* "name:first:count" */
static void read_subordinate(struct walk *w, struct id_set *set, const char *path)
{
    struct err e = {0};
    struct str text, line, field;
    if (!source_read(w->source, w->arena, path, LIMIT_READ_FILE_BYTES, &text, &e))
        return;
    while (str_next_line(&text, &line)) {
        int64_t first = -1, count = 0;
        str_cut(&line, ':', &field);
        str_cut(&line, ':', &field);
        if (str_to_int64(field, &first) && str_to_int64(line, &count) && count > 0 && count <= UINT32_MAX)
            add_range(w->arena, set, first, first + count - 1);
    }
}

/* Accounts that only a directory service knows: their numbers cannot be told from unused ones without asking it. */
static bool has_directory_service(struct walk *w)
{
    struct err e = {0};
    struct str text, line, word;
    if (!source_read(w->source, w->arena, "/etc/nsswitch.conf", LIMIT_CAPTURED_FILE_BYTES, &text, &e))
        return false;
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        if (!str_starts(line, "passwd:"))
            continue;
        str_cut(&line, ':', &word);
        while (str_next_word(&line, &word))
            if (!str_is(word, "files") && !str_is(word, "compat") && !str_is(word, "systemd") && !str_is(word, "myhostname") &&
                word.data[0] != '[')
                return true;
    }
    return false;
}

void walk_ids_read(struct walk *w)
{
    enum { DYNAMIC_FIRST = 61184, DYNAMIC_LAST = 65519 }; /* systemd's DynamicUser: names exist only while the unit runs */
    read_names(w, &w->users, "/etc/passwd");
    read_names(w, &w->groups, "/etc/group");
    read_subordinate(w, &w->users, "/etc/subuid");
    read_subordinate(w, &w->groups, "/etc/subgid");
    add_range(w->arena, &w->users, DYNAMIC_FIRST, DYNAMIC_LAST);
    add_range(w->arena, &w->groups, DYNAMIC_FIRST, DYNAMIC_LAST);
    if (!has_directory_service(w))
        return;
    w->users.is_known = w->groups.is_known = false;
    if (w->gap_count == w->gap_capacity)
        w->gaps = arena_grow(w->arena, w->gaps, w->gap_count, &w->gap_capacity, sizeof(*w->gaps));
    w->gaps[w->gap_count++] =
        (struct walk_gap){STR("/"), STR("files without a known owner: a directory service knows more accounts than /etc/passwd")};
}
