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
static void read_lines(struct walk *w, struct id_set *set, struct str text)
{
    struct str line, field;
    while (str_next_line(&text, &line)) {
        int64_t id = -1;
        str_cut(&line, ':', &field);
        str_cut(&line, ':', &field);
        str_cut(&line, ':', &field);
        if (str_to_int64(field, &id))
            add_range(w->arena, set, id, id);
    }
}

static void read_names(struct walk *w, struct id_set *set, const char *path)
{
    struct err e = {0};
    struct str text;
    if (!source_read(w->source, w->arena, path, LIMIT_READ_FILE_BYTES, &text, &e))
        return;
    set->is_known = true;
    read_lines(w, set, text);
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

/* The numbers that only a directory service knows. False if it does not list them: then they cannot be told from unused ones. */
static bool read_directory(struct walk *w, struct id_set *set, const char *database)
{
    struct err e = {0};
    struct str text, line, word, entries;
    bool is_action = false;
    if (!source_read(w->source, w->arena, "/etc/nsswitch.conf", LIMIT_CAPTURED_FILE_BYTES, &text, &e))
        return true;
    while (str_next_line(&text, &line)) {
        if (!str_cut(&line, ':', &word) || !str_is(str_trim(word), database))
            continue;
        while (str_next_word(&line, &word)) {
            bool is_service = !is_action && word.data[0] != '[' && word.data[0] != '#';
            if (word.data[0] == '#')
                break;
            is_action = (is_action || word.data[0] == '[') && !str_ends(word, "]");
            if (!is_service || str_is(word, "files") || str_is(word, "compat") || str_is(word, "systemd"))
                continue;
            if (!source_directory(w->source, w->arena, database, word, &entries, &e) || entries.size == 0)
                return false;
            read_lines(w, set, entries);
        }
    }
    return true;
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
    bool is_users = read_directory(w, &w->users, "passwd"), is_groups = read_directory(w, &w->groups, "group");
    if (is_users && is_groups)
        return;
    w->users.is_known = w->users.is_known && is_users;
    w->groups.is_known = w->groups.is_known && is_groups;
    if (w->gap_count == w->gap_capacity)
        w->gaps = arena_grow(w->arena, w->gaps, w->gap_count, &w->gap_capacity, sizeof(*w->gaps));
    w->gaps[w->gap_count++] =
        (struct walk_gap){STR("/"), STR("files without a known owner: a directory service knows more accounts or groups and does not list them")};
}
