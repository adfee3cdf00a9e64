/*
 * What can be said of a test's SQL without a database: it is one SELECT, it reads the tables and parameters that its header
 * declares and no others, and it asks for nothing that differs from run to run.
 */
#include "content/check_internal.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_PARAMETER, TOKEN_SIGN, TOKEN_LITERAL };

struct lexer {
    struct str sql;
    size_t at;
    int line;
    size_t line_start;
    /* the token just read */
    enum token token;
    struct str text; /* word: as written; parameter: without its colon */
    int token_line, token_column;
};

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static char byte_at(const struct lexer *l, size_t at)
{
    return at < l->sql.size ? l->sql.data[at] : '\0';
}

static void lexer_step(struct lexer *l)
{
    if (l->at >= l->sql.size)
        return;
    if (l->sql.data[l->at++] == '\n') {
        l->line++;
        l->line_start = l->at;
    }
}

static void lexer_skip_blank(struct lexer *l)
{
    for (;;) {
        char c = byte_at(l, l->at);
        if (l->at < l->sql.size && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
            lexer_step(l);
        } else if (c == '-' && byte_at(l, l->at + 1) == '-') {
            while (l->at < l->sql.size && byte_at(l, l->at) != '\n')
                lexer_step(l);
        } else if (c == '/' && byte_at(l, l->at + 1) == '*') {
            while (l->at < l->sql.size && !(byte_at(l, l->at) == '*' && byte_at(l, l->at + 1) == '/'))
                lexer_step(l);
            lexer_step(l);
            lexer_step(l);
        } else {
            return;
        }
    }
}

static void lexer_skip_quoted(struct lexer *l, char quote)
{
    lexer_step(l);
    while (l->at < l->sql.size) {
        if (byte_at(l, l->at) == quote && byte_at(l, l->at + 1) != quote)
            break;
        if (byte_at(l, l->at) == quote)
            lexer_step(l);
        lexer_step(l);
    }
    lexer_step(l);
}

static enum token lexer_next(struct lexer *l)
{
    lexer_skip_blank(l);
    l->token_line = l->line;
    l->token_column = (int)(l->at - l->line_start) + 1;
    size_t start = l->at;
    char c = byte_at(l, l->at);
    if (l->at >= l->sql.size) {
        l->token = TOKEN_END;
    } else if (c == '\'' || c == '"' || c == '`') {
        lexer_skip_quoted(l, c);
        l->token = TOKEN_LITERAL;
    } else if (is_word_byte(c) || ((c == ':' || c == '@' || c == '$') && is_word_byte(byte_at(l, l->at + 1)))) {
        l->token = is_word_byte(c) ? TOKEN_WORD : TOKEN_PARAMETER;
        do
            lexer_step(l);
        while (is_word_byte(byte_at(l, l->at)));
    } else {
        lexer_step(l);
        l->token = TOKEN_SIGN;
    }
    l->text = str_slice(l->sql, start + (l->token == TOKEN_PARAMETER), l->at);
    return l->token;
}

/* ASCII, without case. */
static bool word_is(struct str word, const char *lower)
{
    size_t n = strlen(lower);
    if (word.size != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((word.data[i] | ((word.data[i] >= 'A' && word.data[i] <= 'Z') ? 0x20 : 0)) != lower[i])
            return false;
    return true;
}

struct uses {
    struct checker *k;
    const struct test *test;
    const char *file;
    const char *ctes[32];
    size_t cte_count;
};

static void sql_problem(const struct uses *u, const struct lexer *l, const char *what)
{
    problem_at(u->k, u->file, l->token_line, l->token_column, "%s: SQL: \"%.*s\": %s", u->test->id,
               (int)(l->text.size < 60 ? l->text.size : 60), l->text.data, what);
}

static bool is_sign(const struct lexer *t, char c)
{
    return t->token == TOKEN_SIGN && *t->text.data == c;
}

/* The names of common table expressions: what stands before `AS (SELECT`, or before a list of columns before that. */
static void ctes_find(struct uses *u, struct str sql)
{
    struct lexer *tokens = NULL, l = {.sql = sql, .line = 1};
    size_t count = 0, capacity = 0;
    while (lexer_next(&l) != TOKEN_END) {
        if (count == capacity)
            tokens = arena_grow(u->k->arena, tokens, count, &capacity, sizeof *tokens);
        tokens[count++] = l;
    }
    for (size_t i = 1; i + 2 < count; i++) {
        const struct lexer *first = &tokens[i + 2];
        if (tokens[i].token != TOKEN_WORD || !word_is(tokens[i].text, "as") || !is_sign(&tokens[i + 1], '(') ||
            first->token != TOKEN_WORD ||
            !(word_is(first->text, "select") || word_is(first->text, "values") || word_is(first->text, "with")))
            continue;
        size_t name = i - 1;
        while (name > 0 && tokens[i - 1].token != TOKEN_WORD && !is_sign(&tokens[name], '('))
            name--;
        name -= name > 0 && is_sign(&tokens[name], '(');
        if (tokens[name].token == TOKEN_WORD && u->cte_count < sizeof u->ctes / sizeof u->ctes[0])
            u->ctes[u->cte_count++] = arena_str(u->k->arena, tokens[name].text).data;
    }
}

static bool is_cte(const struct uses *u, struct str name)
{
    for (size_t i = 0; i < u->cte_count; i++)
        if (str_is(name, u->ctes[i]))
            return true;
    return false;
}

static void table_use(struct uses *u, const struct lexer *l, bool *seen)
{
    if (is_cte(u, l->text) || word_is(l->text, "json_each"))
        return;
    for (size_t i = 0; i < u->test->tables.count; i++) {
        if (str_is(l->text, u->test->tables.items[i])) {
            seen[i] = true;
            return;
        }
    }
    sql_problem(u, l, "is read, but the header's \"tables\" does not name it");
}

static void parameter_use(struct uses *u, const struct lexer *l, bool *seen)
{
    if (str_is(l->text, "now_ms"))
        return;
    for (size_t i = 0; i < u->test->parameters.count; i++) {
        if (str_is(l->text, u->test->parameters.items[i])) {
            seen[i] = true;
            return;
        }
    }
    sql_problem(u, l, "is bound, but the header's \"parameters\" does not name it");
}

static const char *const forbidden[] = {"random",       "randomblob",   "date",
                                        "time",         "datetime",     "julianday",
                                        "strftime",     "unixepoch",    "current_timestamp",
                                        "current_date", "current_time", "load_extension",
                                        "insert",       "update",       "delete",
                                        "attach",       "pragma"};

static void word_check(struct uses *u, const struct lexer *l)
{
    bool is_call = byte_at(l, l->at) == '(';
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        if (word_is(l->text, forbidden[i]) && (is_call || i >= 8))
            sql_problem(u, l, "a test may not use it: the same rows must give the same answer");
}

void check_test_uses(struct checker *k, const struct test *test, const char *file)
{
    if (!test->sql || *test->sql == '\0') {
        if (*test->id)
            problem_at(k, file, 1, 1, "%s: SQL: there is none behind the header", test->id);
        return;
    }
    struct uses u = {.k = k, .test = test, .file = file};
    bool *tables = arena_array(k->arena, test->tables.count + 1, sizeof *tables);
    bool *parameters = arena_array(k->arena, test->parameters.count + 1, sizeof *parameters);
    struct str source = str_of(test->source);
    ptrdiff_t begin = str_find(source, STR("*/"));
    struct lexer l = {.sql = source, .line = 1};
    while (l.at < (size_t)begin + 2)
        lexer_step(&l);
    ctes_find(&u, str_slice(source, l.at, source.size));
    lexer_next(&l);
    if (l.token != TOKEN_WORD || !(word_is(l.text, "select") || word_is(l.text, "with")))
        sql_problem(&u, &l, "a test is one SELECT (or WITH ... SELECT)");
    for (bool is_table_next = false; l.token != TOKEN_END; lexer_next(&l)) {
        if (l.token == TOKEN_PARAMETER)
            parameter_use(&u, &l, parameters);
        else if (l.token == TOKEN_WORD && is_table_next && !word_is(l.text, "select"))
            table_use(&u, &l, tables);
        else if (l.token == TOKEN_WORD)
            word_check(&u, &l);
        is_table_next = l.token == TOKEN_WORD && (word_is(l.text, "from") || word_is(l.text, "join"));
        if (l.token == TOKEN_SIGN && *l.text.data == ';') {
            if (lexer_next(&l) != TOKEN_END)
                sql_problem(&u, &l, "a test is one statement, nothing may follow it");
            break;
        }
    }
    for (size_t i = 0; i < test->tables.count; i++)
        if (!tables[i])
            problem_at(k, file, 1, 1, "%s: \"tables\" names %s, which the SQL does not read", test->id, test->tables.items[i]);
    for (size_t i = 0; i < test->parameters.count; i++)
        if (!parameters[i])
            problem_at(k, file, 1, 1, "%s: \"parameters\" names %s, which the SQL does not use", test->id,
                       test->parameters.items[i]);
}
