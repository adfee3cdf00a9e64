/*
 * sudoers.h - sudoers(5) read into logical lines, aliases, permissions and defaults. Everything lies in the arena of the table at
 * hand.
 *
 * Two passes, as aliases may stand behind their use: first all lines of all included files in order, then their meaning.
 */
#ifndef COLLECT_HOST_SUDOERS_H
#define COLLECT_HOST_SUDOERS_H

#include "collect/host/host.h"

struct sudoers_line {
    struct str text; /* continuations joined, comments gone, trimmed */
    struct str file;
    int64_t line;
};

struct sudoers_alias {
    struct str kind; /* User_Alias, Runas_Alias, Host_Alias, Cmnd_Alias */
    struct str name;
    struct str *members; /* as written, ! in front kept */
    size_t member_count;
};

struct sudoers {
    struct gather *gather;
    struct sudoers_line *lines;
    size_t line_count, line_capacity;
    struct sudoers_alias *aliases;
    size_t alias_count, alias_capacity;
    size_t files;
    bool is_there; /* false: there is no /etc/sudoers, so there is no sudo to speak of */
};

/* Reads /etc/sudoers with all it includes. False when it cannot be read (not: when it is missing). */
bool sudoers_read(struct gather *g, struct sudoers *ret, struct err *e);

/* A list of what an item stands for, aliases resolved, with the negation that holds for it. */
struct sudoers_item {
    struct str text;
    bool is_negated;
};
struct sudoers_list {
    struct sudoers_item *items;
    size_t count, capacity;
};
/* Adds what `word` (may begin with !) stands for in lists of `kind`. */
void sudoers_resolve(struct sudoers *s, const char *kind, struct str word, struct sudoers_list *ret);
/* The items of a list of `kind` separated by commas, resolved. */
void sudoers_resolve_all(struct sudoers *s, const char *kind, struct str list, struct sudoers_list *ret);
/* Items joined by commas, ! in front of the negated ones. */
struct str sudoers_join(struct arena *a, const struct sudoers_list *list);

/* Cuts the text before the first `separator` that is neither escaped nor quoted nor in parentheses; false when there is none
 * (then all). */
bool sudoers_cut(struct str *text, char separator, struct str *ret_head);

/* One command that somebody may, or may not, run. */
struct sudoers_permission {
    struct str host, runas, runas_group, command, tags;
    bool has_runas_group, is_negated, is_nopasswd, is_all;
};
/* Calls `each` for every permission of the line's right side ("ALL=(root) NOPASSWD: /bin/ls, ..." and further hosts behind
 * colons). */
bool sudoers_permissions(struct sudoers *s, struct str text, void (*each)(void *context, const struct sudoers_permission *p),
                         void *context);

#endif
