/*
 * seen.h - what the newest captures show of hosts, of programs that listen, of containers and of clouds: what registers of systems and assets are
 * compared with. Only what was observed; names come from content/scope.yaml ("programs", "clouds").
 */
#ifndef REPORT_SEEN_H
#define REPORT_SEEN_H

#include "report/view.h"

enum seen_kind { SEEN_HOST, SEEN_CLOUD, SEEN_PROGRAM, SEEN_CONTAINER };

struct seen {
    enum seen_kind kind;
    struct str key;         /* "host/<subject>", "cloud/aws", "program/<subject>/PostgreSQL", "container/<subject>/nginx": stays the same from capture to capture */
    struct str subject, host;
    struct str name;        /* "PostgreSQL on web-1" */
    struct str words;       /* what was seen: "postgres listens on port 5432, for others to reach" */
    struct str system_kind; /* "host", "database", "application" …: as content/scope.yaml says of programs */
    bool is_reached, holds_data;
    int64_t leaf;           /* of the capture */
};

struct seen_list {
    struct seen *items;
    size_t count, capacity;
};

/* At the view's instant, or before it where at_ms says so (0: the view's). Programs that listen on the host itself only are not in it, but for those
 * that hold data; the program's own neither. with_containers reads the list of processes as well. */
bool seen_read(struct view *v, int64_t at_ms, bool with_containers, struct seen_list *ret, struct err *e) MUST_USE;
const struct seen *seen_find(const struct seen_list *l, struct str key);

struct rows; /* table/table.h */
/* A cell as text; "" for null, and where there is no such column. */
struct str seen_cell(struct arena *a, const struct rows *rows, size_t row, const char *column);

#endif
