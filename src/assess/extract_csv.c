/* extract_csv.c - lists of accounts from the files that systems write: which column is what, and what the cells say. Pure. */
#include "assess/extract.h"

#include "base/csv.h"
#include "crypto/crypto.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 200, PROBLEMS_MAX = 500, NAME_BYTES_MAX = 300, RIGHTS_BYTES_MAX = 4000 };

enum target {
    TARGET_NONE,
    TARGET_NAME,
    TARGET_DISPLAY,
    TARGET_EMAIL,
    TARGET_EMPLOYEE_NO,
    TARGET_RIGHTS,
    TARGET_PRIVILEGED,
    TARGET_ENABLED,
    TARGET_SECOND_FACTOR,
    TARGET_LAST_USED,
    TARGET_CREATED,
    TARGET_KIND,
    TARGET_OWNER,
    TARGET_GRANTED_BY
};

/* In the order of enum target. */
const struct extract_target extract_targets[] = {
    {"", "Left out"},
    {"name", "Account"},
    {"display", "Shown as"},
    {"email", "E-mail"},
    {"employee_no", "Employee number"},
    {"rights", "Groups and rights"},
    {"privileged", "Privileged"},
    {"enabled", "Can sign in"},
    {"second_factor", "Second factor"},
    {"last_used_on", "Last used on"},
    {"created_on", "Created on"},
    {"kind", "Used by"},
    {"owner", "Answers for it"},
    {"granted_by", "Granted by"},
};
const size_t extract_target_count = sizeof(extract_targets) / sizeof(extract_targets[0]);

/* Headings as letters and digits alone, small: what identity providers, clouds and code hosts write. `rank`: of several that could be the account,
 * the smallest is; the others are what they are besides. */
static const struct known_heading {
    const char *heading;
    enum target target;
    int rank;
} known_headings[] = {
    {"account", TARGET_NAME, 1},          {"accountname", TARGET_NAME, 1},        {"user", TARGET_NAME, 1},
    {"username", TARGET_NAME, 1},         {"userlogin", TARGET_NAME, 1},          {"login", TARGET_NAME, 1},
    {"loginname", TARGET_NAME, 1},        {"samaccountname", TARGET_NAME, 1},     {"userprincipalname", TARGET_NAME, 2},
    {"uid", TARGET_NAME, 3},              {"principal", TARGET_NAME, 3},          {"githublogin", TARGET_NAME, 1},
    {"konto", TARGET_NAME, 1},            {"benutzer", TARGET_NAME, 1},           {"benutzername", TARGET_NAME, 1},
    {"email", TARGET_EMAIL, 5},           {"emailaddress", TARGET_EMAIL, 5},      {"primaryemail", TARGET_EMAIL, 5},
    {"mail", TARGET_EMAIL, 5},            {"emailaddressrequired", TARGET_EMAIL, 5}, {"useremail", TARGET_EMAIL, 5},
    {"name", TARGET_DISPLAY, 7},          {"displayname", TARGET_DISPLAY, 8},     {"fullname", TARGET_DISPLAY, 8},
    {"commonname", TARGET_DISPLAY, 8},    {"firstname", TARGET_DISPLAY, 9},       {"lastname", TARGET_DISPLAY, 9},
    {"givenname", TARGET_DISPLAY, 9},     {"familyname", TARGET_DISPLAY, 9},      {"surname", TARGET_DISPLAY, 9},
    {"employeeid", TARGET_EMPLOYEE_NO, 0}, {"employeenumber", TARGET_EMPLOYEE_NO, 0}, {"employeeno", TARGET_EMPLOYEE_NO, 0},
    {"personnelnumber", TARGET_EMPLOYEE_NO, 0}, {"personalnummer", TARGET_EMPLOYEE_NO, 0},
    {"groups", TARGET_RIGHTS, 0},         {"group", TARGET_RIGHTS, 0},            {"roles", TARGET_RIGHTS, 0},
    {"role", TARGET_RIGHTS, 0},           {"orgrole", TARGET_RIGHTS, 0},          {"rights", TARGET_RIGHTS, 0},
    {"permissions", TARGET_RIGHTS, 0},    {"permission", TARGET_RIGHTS, 0},       {"entitlements", TARGET_RIGHTS, 0},
    {"policies", TARGET_RIGHTS, 0},       {"attachedpolicies", TARGET_RIGHTS, 0}, {"memberof", TARGET_RIGHTS, 0},
    {"teams", TARGET_RIGHTS, 0},          {"licenses", TARGET_RIGHTS, 0},         {"profile", TARGET_RIGHTS, 0},
    {"privileged", TARGET_PRIVILEGED, 0}, {"admin", TARGET_PRIVILEGED, 0},        {"isadmin", TARGET_PRIVILEGED, 0},
    {"isadministrator", TARGET_PRIVILEGED, 0}, {"siteadmin", TARGET_PRIVILEGED, 0}, {"superadmin", TARGET_PRIVILEGED, 0},
    {"issuperuser", TARGET_PRIVILEGED, 0}, {"rolsuper", TARGET_PRIVILEGED, 0},
    {"enabled", TARGET_ENABLED, 0},       {"active", TARGET_ENABLED, 0},          {"isactive", TARGET_ENABLED, 0},
    {"status", TARGET_ENABLED, 0},        {"accountenabled", TARGET_ENABLED, 0},  {"passwordenabled", TARGET_ENABLED, 0},
    {"accesskey1active", TARGET_ENABLED, 0}, {"accesskey2active", TARGET_ENABLED, 0}, {"state", TARGET_ENABLED, 0},
    {"rolcanlogin", TARGET_ENABLED, 0},   {"canlogin", TARGET_ENABLED, 0},
    {"mfaactive", TARGET_SECOND_FACTOR, 0}, {"mfa", TARGET_SECOND_FACTOR, 0},     {"mfaenabled", TARGET_SECOND_FACTOR, 0},
    {"twofactor", TARGET_SECOND_FACTOR, 0}, {"2fa", TARGET_SECOND_FACTOR, 0},     {"tfaenabled", TARGET_SECOND_FACTOR, 0},
    {"twofactorenabled", TARGET_SECOND_FACTOR, 0}, {"2svenrolled", TARGET_SECOND_FACTOR, 0}, {"secondfactor", TARGET_SECOND_FACTOR, 0},
    {"lastlogin", TARGET_LAST_USED, 0},   {"lastlogintime", TARGET_LAST_USED, 0}, {"lastsignin", TARGET_LAST_USED, 0},
    {"lastsignindatetime", TARGET_LAST_USED, 0}, {"lastsignindate", TARGET_LAST_USED, 0}, {"lastactive", TARGET_LAST_USED, 0},
    {"lastactivity", TARGET_LAST_USED, 0}, {"lastused", TARGET_LAST_USED, 0},     {"lastusedon", TARGET_LAST_USED, 0},
    {"lastlogon", TARGET_LAST_USED, 0},   {"lastlogondate", TARGET_LAST_USED, 0}, {"lastseen", TARGET_LAST_USED, 0},
    {"passwordlastused", TARGET_LAST_USED, 0}, {"accesskey1lastuseddate", TARGET_LAST_USED, 0}, {"accesskey2lastuseddate", TARGET_LAST_USED, 0},
    {"created", TARGET_CREATED, 0},       {"createdat", TARGET_CREATED, 0},       {"createdon", TARGET_CREATED, 0},
    {"creationtime", TARGET_CREATED, 0},  {"usercreationtime", TARGET_CREATED, 0}, {"createddatetime", TARGET_CREATED, 0},
    {"whencreated", TARGET_CREATED, 0},   {"creationdate", TARGET_CREATED, 0},    {"datejoined", TARGET_CREATED, 0},
    {"kind", TARGET_KIND, 0},             {"type", TARGET_KIND, 0},               {"usertype", TARGET_KIND, 0},
    {"accounttype", TARGET_KIND, 0},      {"usedby", TARGET_KIND, 0},
    {"owner", TARGET_OWNER, 0},           {"accountowner", TARGET_OWNER, 0},      {"responsible", TARGET_OWNER, 0},
    {"answersforit", TARGET_OWNER, 0},
    {"grantedby", TARGET_GRANTED_BY, 0},  {"approvedby", TARGET_GRANTED_BY, 0},   {"grantor", TARGET_GRANTED_BY, 0},
};
enum { KNOWN_HEADINGS = sizeof(known_headings) / sizeof(known_headings[0]) };

struct reading {
    struct arena *a;
    struct extract *x;
    struct {
        struct str heading;
        enum target target;
        int rank;
    } columns[COLUMNS_MAX];
    size_t column_count;
    size_t row;
};

static void problem(struct reading *r, struct str column, struct str why)
{
    struct json *list = r->x->problems;
    if (list->count > PROBLEMS_MAX)
        return;
    bool is_last = list->count == PROBLEMS_MAX;
    struct json *p = json_push_object(list);
    json_put_int(p, "row", (int64_t)r->row);
    json_put_str(p, "column", is_last ? STR("") : arena_str(r->a, column));
    json_put_str(p, "why", is_last ? STR("and more") : why);
}

/* ---- the heading ---- */

/* Letters and digits, small; what stands in brackets is not part of it ("Status [READ ONLY]"). */
static struct str heading_word(struct arena *a, struct str heading)
{
    char *s = arena_alloc(a, heading.size + 1);
    size_t n = 0;
    for (size_t i = 0; i < heading.size && heading.data[i] != '['; i++) {
        char c = heading.data[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            s[n++] = c;
    }
    return str_make(s, n);
}

static bool target_find(struct str id, enum target *ret)
{
    for (size_t i = 0; i < extract_target_count; i++)
        if (str_is(id, extract_targets[i].id)) {
            *ret = (enum target)i;
            return true;
        }
    return false;
}

static void column_read(struct reading *r, struct str heading, const struct json *mapping)
{
    size_t at = r->column_count++;
    struct str word = heading_word(r->a, heading);
    r->columns[at].heading = arena_str(r->a, heading);
    JSON_EACH (m, mapping)
        if (m->type == JSON_STRING && str_equal(str_trim(m->key), heading)) {
            if (!target_find(m->text, &r->columns[at].target))
                problem(r, heading, arena_printf(r->a, "\"%.*s\" is nothing that a column can be", STR_ARGS(str_slice(m->text, 0, 60))));
            return;
        }
    for (size_t i = 0; i < KNOWN_HEADINGS; i++)
        if (str_is(word, known_headings[i].heading)) {
            r->columns[at].target = known_headings[i].target;
            r->columns[at].rank = known_headings[i].rank;
        }
}

/* One column is the account: the best that there is. Without any, the e-mail is, or the name. */
static void name_choose(struct reading *r)
{
    size_t best = COLUMNS_MAX;
    int best_rank = INT32_MAX;
    for (size_t i = 0; i < r->column_count; i++) {
        bool could = r->columns[i].target == TARGET_NAME || (r->columns[i].rank >= 5 && r->columns[i].rank < 9);
        if (could && r->columns[i].rank < best_rank) {
            best = i;
            best_rank = r->columns[i].rank;
        }
    }
    for (size_t i = 0; i < r->column_count; i++)
        if (r->columns[i].target == TARGET_NAME && i != best)
            r->columns[i].target = TARGET_NONE;
    if (best == COLUMNS_MAX)
        problem(r, STR(""), STR("no column is the account: say which one, or give one the heading \"account\""));
    else if (r->columns[best].target != TARGET_EMAIL)
        r->columns[best].target = TARGET_NAME; /* an e-mail stays one besides */
}

static void put_columns(struct reading *r)
{
    bool has_name = false;
    for (size_t i = 0; i < r->column_count; i++)
        has_name |= r->columns[i].target == TARGET_NAME;
    for (size_t i = 0; i < r->column_count; i++) {
        const struct extract_target *t = &extract_targets[r->columns[i].target];
        struct json *o = json_push_object(r->x->columns);
        json_put_str(o, "heading", r->columns[i].heading);
        json_put_cstr(o, "target", t->id);
        json_put_cstr(o, "label", !has_name && r->columns[i].target == TARGET_EMAIL ? "E-mail and account" : t->label);
    }
}

static void heading_read(struct reading *r, const struct str *cells, size_t count, const struct json *mapping)
{
    for (size_t i = 0; i < count; i++)
        column_read(r, str_trim(cells[i]), mapping);
    name_choose(r);
    put_columns(r);
    JSON_EACH (m, mapping) {
        bool is_there = false;
        for (size_t i = 0; i < r->column_count; i++)
            is_there |= str_equal(r->columns[i].heading, str_trim(m->key));
        if (!is_there)
            problem(r, m->key, STR("is mapped, and the file has no such column"));
    }
}

/* ---- cells ---- */

static bool is_word(struct str s, const char *const *words)
{
    for (; *words; words++) {
        bool is_same = s.size == strlen(*words);
        for (size_t i = 0; is_same && i < s.size; i++) {
            char c = s.data[i];
            is_same = (c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) == (*words)[i];
        }
        if (is_same)
            return true;
    }
    return false;
}

/* What systems write where they do not know. */
static bool is_nothing(struct str s)
{
    static const char *const words[] = {"n/a", "na", "-", "–", "null", "none", "no_information", "not_supported", "unknown", "not available", NULL};
    return s.size == 0 || is_word(s, words);
}

static enum known yes_read(struct reading *r, struct str heading, struct str s)
{
    static const char *const yes[] = {"yes", "true", "1", "y", "x", "t", "on", "active", "enabled", "enrolled", "enforced", "admin", "owner", "ja", "provisioned", "password_expired", NULL};
    static const char *const no[] = {"no", "false", "0", "n", "f", "off", "inactive", "disabled", "suspended", "deprovisioned", "not enrolled", "not enforced", "member", "user", "nein",
                                     "locked", "locked_out", "staged", "archived", "blocked", "deleted", "pending", "required", NULL};
    if (is_nothing(s))
        return KNOWN_NOT;
    if (is_word(s, yes))
        return KNOWN_YES;
    if (!is_word(s, no))
        problem(r, heading, arena_printf(r->a, "\"%.*s\" is neither yes nor no", STR_ARGS(str_slice(s, 0, 60))));
    return KNOWN_NO;
}

/* 2026-11-20, 2026-11-20T10:00:00Z, 2026-11-20 10:00:00+00:00, 2026/11/20 07:41:43. Day and month alone say nothing about which is which. */
static int64_t day_read(struct reading *r, struct str heading, struct str s, enum known *ret_never)
{
    static const char *const never[] = {"never", "never logged in", "never signed in", "nie", "0", NULL};
    int64_t at_ms;
    if (ret_never && is_word(s, never)) {
        *ret_never = KNOWN_YES;
        return DAY_NONE;
    }
    if (is_nothing(s))
        return DAY_NONE;
    if (s.size >= 10) {
        char text[11] = {0};
        memcpy(text, s.data, 10);
        bool is_date = (text[4] == '/' || text[4] == '-') && text[7] == text[4] && (s.size == 10 || s.data[10] == 'T' || s.data[10] == ' ');
        text[4] = text[7] = '-';
        if (is_date && time_parse(str_make(text, 10), 0, &at_ms))
            return day_of(at_ms);
    }
    problem(r, heading, arena_printf(r->a, "\"%.*s\" is no date: write 2026-11-30", STR_ARGS(str_slice(s, 0, 60))));
    return DAY_NONE;
}

static enum account_kind kind_read(struct str s)
{
    static const char *const service[] = {"service", "program", "bot", "machine", "system", "service account", "service_account", "application", "app", "robot", "api", NULL};
    static const char *const shared[] = {"shared", "several people", "group", "generic", "team", NULL};
    return is_nothing(s) ? ACCOUNT_KIND_NOT_SAID : is_word(s, service) ? ACCOUNT_SERVICE : is_word(s, shared) ? ACCOUNT_SHARED : ACCOUNT_PERSON;
}

static struct str join(struct arena *a, struct str before, struct str more, const char *between)
{
    return before.size == 0 ? arena_str(a, more) : more.size == 0 ? before : arena_printf(a, "%.*s%s%.*s", STR_ARGS(before), between, STR_ARGS(more));
}

static int by_text(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

/* Sorted, by ", ", each once: the same rights in another order are the same. */
static struct str rights_sort(struct arena *a, struct str text)
{
    size_t count = 1, n = 0;
    for (size_t i = 0; i < text.size; i++)
        count += strchr(",;|\n", text.data[i]) != NULL;
    struct str *items = arena_array(a, count, sizeof *items), one;
    char *copy = arena_strndup(a, text.data, text.size);
    for (size_t i = 0; i < text.size; i++)
        copy[i] = strchr(";|\n\r", copy[i]) && copy[i] ? ',' : copy[i];
    struct str rest = str_make(copy, text.size);
    bool is_more = true;
    while (is_more && n < count) {
        is_more = str_cut(&rest, ',', &one);
        one = str_trim(one);
        if (one.size > 0)
            items[n++] = one;
    }
    qsort(items, n, sizeof *items, by_text);
    struct buf BUF_AUTO b;
    buf_init(&b, RIGHTS_BYTES_MAX * 4);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_equal(items[i], items[i - 1]))
            buf_printf(&b, "%s%.*s", buf_view(&b).size ? ", " : "", STR_ARGS(items[i]));
    return arena_str(a, buf_view(&b));
}

static void cell_read(struct reading *r, size_t column, struct str cell, struct extract_row *row)
{
    struct str heading = r->columns[column].heading, s = str_trim(cell);
    enum known k = KNOWN_NOT;
    int64_t day;
    if (s.size > 1 && s.data[0] == '\'' && strchr("=+-@", s.data[1])) /* what guards a spreadsheet */
        s = str_slice(s, 1, s.size);
    switch (r->columns[column].target) {
    case TARGET_NONE:
        break;
    case TARGET_NAME:
        row->name = arena_str(r->a, s);
        break;
    case TARGET_DISPLAY:
        row->display = join(r->a, row->display.data ? row->display : STR(""), s, " ");
        break;
    case TARGET_EMAIL:
        row->email = is_nothing(s) ? STR("") : arena_str(r->a, s);
        break;
    case TARGET_EMPLOYEE_NO:
        row->employee_no = is_nothing(s) ? STR("") : arena_str(r->a, s);
        break;
    case TARGET_RIGHTS:
        row->rights = join(r->a, row->rights.data ? row->rights : STR(""), is_nothing(s) ? STR("") : s, ",");
        break;
    case TARGET_PRIVILEGED:
        k = yes_read(r, heading, s);
        row->privileged = k > row->privileged ? k : row->privileged;
        break;
    case TARGET_ENABLED: /* a password or any key: it can sign in where one of them can */
        k = yes_read(r, heading, s);
        row->enabled = k > row->enabled ? k : row->enabled;
        break;
    case TARGET_SECOND_FACTOR:
        row->second_factor = yes_read(r, heading, s);
        break;
    case TARGET_LAST_USED:
        day = day_read(r, heading, s, &k);
        row->never_used = k == KNOWN_YES && row->last_used_day == DAY_NONE ? KNOWN_YES : row->never_used;
        if (day != DAY_NONE) {
            row->last_used_day = day > row->last_used_day ? day : row->last_used_day;
            row->never_used = KNOWN_NO;
        }
        break;
    case TARGET_CREATED:
        row->created_day = day_read(r, heading, s, NULL);
        break;
    case TARGET_KIND:
        row->kind = kind_read(s);
        break;
    case TARGET_OWNER:
        row->owner_text = is_nothing(s) ? STR("") : arena_str(r->a, s);
        break;
    case TARGET_GRANTED_BY:
        row->granted_text = is_nothing(s) ? STR("") : arena_str(r->a, s);
        break;
    }
}

/* ---- rows ---- */

static void row_finish(struct reading *r, struct extract_row *row)
{
    static const char *const administrators[] = {"root", "<root_account>", "administrator", "admin", NULL};
    struct extract *x = r->x;
    if (!row->name.data)
        row->name = row->email.data ? row->email : STR("");
    if (row->name.size == 0)
        problem(r, STR(""), STR("the account has no name"));
    else if (row->name.size > NAME_BYTES_MAX)
        problem(r, STR(""), STR("the account's name is over 300 bytes"));
    if (row->rights.size > 0)
        row->rights = rights_sort(r->a, row->rights);
    if (row->rights.size > RIGHTS_BYTES_MAX)
        problem(r, STR(""), STR("groups and rights are over 4000 bytes"));
    if (row->privileged == KNOWN_NOT && is_word(row->name, administrators))
        row->privileged = KNOWN_YES;
    if (x->count == x->capacity)
        x->rows = arena_grow(r->a, x->rows, x->count, &x->capacity, sizeof *x->rows);
    x->rows[x->count++] = *row;
}

static int by_folded_name(const void *x, const void *y)
{
    const struct extract_row *const *p = x, *const *q = y;
    struct str s = (*p)->name, t = (*q)->name;
    for (size_t i = 0; i < s.size && i < t.size; i++) {
        int c = s.data[i] >= 'A' && s.data[i] <= 'Z' ? s.data[i] + 32 : s.data[i], d = t.data[i] >= 'A' && t.data[i] <= 'Z' ? t.data[i] + 32 : t.data[i];
        if (c != d)
            return c < d ? -1 : 1;
    }
    if (s.size != t.size)
        return s.size < t.size ? -1 : 1;
    return (*p)->row < (*q)->row ? -1 : (*p)->row > (*q)->row;
}

static bool is_same_folded(struct str s, struct str t)
{
    struct extract_row p = {.name = s}, q = {.name = t};
    const struct extract_row *x = &p, *y = &q;
    return by_folded_name(&x, &y) == 0;
}

static void names_check(struct reading *r)
{
    struct extract *x = r->x;
    const struct extract_row **sorted = arena_array(r->a, x->count + 1, sizeof *sorted);
    for (size_t i = 0; i < x->count; i++)
        sorted[i] = &x->rows[i];
    qsort(sorted, x->count, sizeof *sorted, by_folded_name);
    for (size_t i = 1; i < x->count; i++)
        if (sorted[i]->name.size && is_same_folded(sorted[i]->name, sorted[i - 1]->name)) {
            r->row = sorted[i]->row;
            problem(r, STR(""), arena_printf(r->a, "\"%.*s\" stands in row %zu already", STR_ARGS(str_slice(sorted[i]->name, 0, 80)), sorted[i - 1]->row));
        }
}

static bool is_blank(const struct str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_trim(cells[i]).size)
            return false;
    return true;
}

static void rows_read(struct reading *r, struct csv_reader *csv)
{
    struct str cells[COLUMNS_MAX];
    struct err e = {0};
    size_t count;
    while (csv->rest.size > 0) {
        bool is_read = csv_read_row(csv, r->a, cells, COLUMNS_MAX, &count, &e);
        r->row = csv->rows;
        if (!is_read) {
            problem(r, STR(""), arena_str(r->a, str_of(e.text)));
            return;
        }
        if (is_blank(cells, count))
            continue;
        if (count > r->column_count)
            problem(r, STR(""), arena_printf(r->a, "%zu cells, and the heading has %zu", count, r->column_count));
        if (r->x->count == EXTRACT_ROWS_MAX) {
            problem(r, STR(""), STR("more than 100,000 accounts"));
            return;
        }
        struct extract_row row = {.row = r->row, .kind = ACCOUNT_KIND_NOT_SAID, .last_used_day = DAY_NONE, .created_day = DAY_NONE};
        for (size_t i = 0; i < count && i < r->column_count; i++)
            cell_read(r, i, cells[i], &row);
        row_finish(r, &row);
    }
}

void extract_read_csv(struct arena *a, struct str text, const struct json *mapping, struct extract *ret)
{
    struct reading *r = ARENA_NEW(a, struct reading);
    struct str cells[COLUMNS_MAX];
    struct csv_reader csv;
    struct err e = {0};
    size_t count = 0;
    char hex[2 * SHA256_SIZE + 1];
    struct sha256 digest = sha256_of(text);
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    *ret = (struct extract){.arena = a, .problems = json_array(a), .columns = json_array(a), .digest = arena_str(a, str_of(hex))};
    r->a = a;
    r->x = ret;
    if (text.size > EXTRACT_BYTES_MAX || !str_is_utf8(text)) {
        problem(r, STR(""), text.size > EXTRACT_BYTES_MAX ? STR("the file is over 64 MiB") : STR("the file is not UTF-8: save it as \"CSV UTF-8\""));
        return;
    }
    csv_reader_init(&csv, text);
    if (csv.rest.size == 0 || !csv_read_row(&csv, a, cells, COLUMNS_MAX, &count, &e)) {
        problem(r, STR(""), e.code ? arena_str(a, str_of(e.text)) : STR("the file is empty"));
        return;
    }
    r->row = csv.rows;
    heading_read(r, cells, count, mapping);
    if (ret->problems->count)
        return;
    rows_read(r, &csv);
    r->row = 0;
    if (ret->count == 0 && ret->problems->count == 0)
        problem(r, STR(""), STR("the file has a heading and no account: an empty list would make every account of the system gone"));
    names_check(r);
}
