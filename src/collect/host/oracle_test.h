/*
 * oracle_test.h - for tests: what another program says, and a table of this very machine beside it. A test whose program is
 * missing says so on standard error and passes.
 */
#ifndef COLLECT_HOST_ORACLE_TEST_H
#define COLLECT_HOST_ORACLE_TEST_H

#include "collect/host/tree_test.h"
#include <sys/wait.h>

enum { ORACLE_BYTES_MAX = 4 << 20, ORACLE_ARGUMENTS_MAX = 15 };

/* The output of a program, run with LC_ALL=C; data NULL if it is not there or fails. */
static inline struct str oracle_output(struct arena *a, const char *const *argv)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        char *copy[ORACLE_ARGUMENTS_MAX + 1] = {0};
        for (size_t i = 0; argv[i] && i < ORACLE_ARGUMENTS_MAX; i++)
            copy[i] = arena_strndup(a, argv[i], strlen(argv[i]));
        dup2(ends[1], 1);
        dup2(nowhere, 2);
        close(ends[0]);
        setenv("LC_ALL", "C", 1);
        execvp(copy[0], copy);
        _exit(127);
    }
    close(ends[1]);
    char *bytes = arena_alloc(a, ORACLE_BYTES_MAX);
    size_t size = 0;
    for (ssize_t got; size < ORACLE_BYTES_MAX && (got = read(ends[0], bytes + size, ORACLE_BYTES_MAX - size)) > 0;)
        size += (size_t)got;
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? str_make(bytes, size) : (struct str){0};
}

static inline struct gathered oracle_live(const char *name, struct arena *a)
{
    const struct host_table *t = host_table_find(str_of(name));
    ck_assert_msg(t != NULL, "no table %s", name);
    return host_table_gather(t, a, source_live(a, (int64_t)time(NULL) * 1000), NULL, NULL, 0);
}

static inline void oracle_skip(const char *what)
{
    fprintf(stderr, "skipped: %s\n", what);
}

/* A cell as text; "-" for null. */
static inline struct str oracle_text(struct arena *a, const struct rows *rows, size_t row, const char *column)
{
    for (size_t c = 0; c < rows->schema->column_count; c++) {
        const struct cell *cell = rows_cell(rows, row, c);
        if (strcmp(rows->schema->columns[c].name, column) == 0)
            return cell->type == CELL_TEXT   ? cell->text
                   : cell->type == CELL_NULL ? STR("-")
                                             : arena_printf(a, "%lld", (long long)cell->integer);
    }
    ck_abort_msg("no column %s", column);
    return STR("");
}

/* Lines as a set: each of `a` is in `b`. Returns the first that is not; data NULL if there is none. */
static inline struct str oracle_missing(struct str a, struct str b)
{
    struct str line;
    while (str_next_line(&a, &line)) {
        struct str rest = b, other;
        bool is_found = line.size == 0;
        while (!is_found && str_next_line(&rest, &other))
            is_found = str_equal(line, other);
        if (!is_found)
            return line;
    }
    return (struct str){0};
}

static inline void oracle_same_lines(const char *what, struct str ours, struct str theirs)
{
    struct str only = oracle_missing(ours, theirs);
    ck_assert_msg(!only.data, "%s: only we have '%.*s'", what, STR_ARGS(only));
    only = oracle_missing(theirs, ours);
    ck_assert_msg(!only.data, "%s: only the other has '%.*s'", what, STR_ARGS(only));
}

#endif
