/*
 * tpl_expr.h - the expressions of the template language, turned into C text: paths, conditions, values with filters.
 *
 *     path       name(.name|.number)*[?]   the first name is a loop or let variable, `page` (the shell), `v` (the view), or a
 * member of it;
 *                                          "?" says that it may be absent (otherwise tests report it)
 *     pseudo     x.@index x.@first x.@count x.@key
 *     condition  and, or, not, ==, !=, <, <=, >, >= over paths, "texts" and integers
 *     value      path | filter "argument"...      or      asset "file.css"
 *
 * A mistake ends the compiler with FILE:LINE: and what is wrong.
 */
#ifndef TOOLS_TPL_EXPR_H
#define TOOLS_TPL_EXPR_H

#include "base/arena.h"
#include "base/str.h"

enum { TPL_VARIABLES_MAX = 32 };

struct tpl_variable {
    struct str name;
    int id;
    bool is_loop; /* has @index, @first */
};

struct tpl_scope {
    struct tpl_variable variables[TPL_VARIABLES_MAX];
    size_t count;
};

struct tpl_lexer {
    struct str text;
    size_t at;
    struct arena *arena;
    const char *file;
    int line;
};

enum tpl_type { TPL_JSON, TPL_INTEGER, TPL_STRING };

struct tpl_value {
    enum tpl_type type;
    struct str code; /* a C expression: const struct json *, int64_t or struct str */
};

enum tpl_place { TPL_TEXT, TPL_ATTRIBUTE, TPL_URL_WHOLE, TPL_URL_PART };

struct str tpl_name(struct tpl_lexer *l);
void tpl_word(struct tpl_lexer *l, const char *word); /* must come next */
bool tpl_accept_word(struct tpl_lexer *l, const char *word);
void tpl_punctuation(struct tpl_lexer *l, char c);
void tpl_done(struct tpl_lexer *l); /* nothing may follow */
void tpl_scope_add(struct tpl_lexer *l, struct tpl_scope *scope, struct str name, int id, bool is_loop);

struct tpl_value tpl_path(struct tpl_lexer *l, const struct tpl_scope *scope); /* a TPL_JSON */
struct str tpl_condition(struct tpl_lexer *l, const struct tpl_scope *scope);
struct str tpl_output(struct tpl_lexer *l, const struct tpl_scope *scope, enum tpl_place place); /* a C call */

#endif
