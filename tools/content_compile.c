/*
 * content_compile - turns content/ into one C file of constant tables (src/content/content.h), at build time.
 *
 *     content_compile CONTENT_DIRECTORY OUTPUT.c OUTPUT.d OUTPUT.sql
 *
 * Reads *.yaml, schema.sql, records/<id>.yaml, policies/<id>.md and tests/<id>.sql, checks everything (src/content/check.h), prints each problem as file:line:column:
 * what: why and exits with 1 if there is one. Every test must have its fixture fixtures/<id>.json. The third file lists what was
 * read, for ninja. The fourth is the schema of
 * the projection: schema.sql and what the record types add.
 */
#include "content_put.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/sha.h>
#include <unistd.h>

FILE *out;
static unsigned next_list;

static _Noreturn void stop(const char *what, const char *path)
{
    fprintf(stderr, "%s:1:1: %s: %s\n", path, what, errno ? strerror(errno) : "failed");
    exit(1);
}

static struct str file_read(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        stop("read", path);
    struct buf b;
    buf_init(&b, 16 << 20);
    char block[1 << 16];
    size_t n;
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        buf_append(&b, block, n);
    if (ferror(f) || b.full)
        stop("read", path);
    fclose(f);
    struct str text = arena_str(a, buf_view(&b));
    buf_release(&b);
    return text;
}

const char *digest_hex(struct arena *a, struct str bytes)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)bytes.data, bytes.size, digest);
    char hex[2 * SHA256_DIGEST_LENGTH + 1];
    hex_encode(digest, sizeof digest, hex);
    return arena_str(a, str_of(hex)).data;
}

/* A C string literal, cut at line ends so that the output can be read. */
void put_text(const char *text)
{
    if (!text) {
        fputs("NULL", out);
        return;
    }
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '\n')
            fputs(p[1] ? "\\n\"\n\"" : "\\n", out);
        else if (*p == '"' || *p == '\\' || *p == '?')
            fprintf(out, "\\%c", *p);
        else if (*p < ' ' || *p > '~')
            fprintf(out, "\\%03o", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

/* Writes the list's array ahead of the table that uses it; returns its number. */
unsigned put_list(struct strings list)
{
    if (list.count == 0)
        return 0;
    fprintf(out, "static const char *const l%u[] = {", ++next_list);
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            fputs(", ", out);
        put_text(list.items[i]);
    }
    fputs("};\n", out);
    return next_list;
}

void put_member(const char *name, const char *text)
{
    fprintf(out, ".%s = ", name);
    put_text(text);
    fputs(", ", out);
}

void put_list_member(const char *name, unsigned number, size_t count)
{
    if (number)
        fprintf(out, ".%s = {l%u, %zu}, ", name, number, count);
}

static void put_categories(const struct content *c)
{
    fputs("const struct category content_categories[] = {\n", out);
    for (size_t i = 0; i < c->category_count; i++) {
        fputs("{", out);
        put_member("id", c->categories[i].id);
        put_member("name", c->categories[i].name);
        fprintf(out, ".is_mandatory = %d},\n", c->categories[i].is_mandatory);
    }
    fprintf(out, "};\nconst size_t content_category_count = %zu;\n\n", c->category_count);
}

static void put_criteria(struct arena *a, const struct content *c)
{
    unsigned(*lists)[5] = arena_array(a, c->criterion_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->criterion_count; i++) {
        const struct criterion *x = &c->criteria[i];
        lists[i][4] = put_list(x->topic_controls);
        lists[i][0] = put_list(x->topics);
        lists[i][1] = put_list(x->typical_controls);
        lists[i][2] = put_list(x->all_controls);
        lists[i][3] = put_list(x->typical_evidence);
    }
    fputs("const struct criterion content_criteria[] = {\n", out);
    for (size_t i = 0; i < c->criterion_count; i++) {
        const struct criterion *x = &c->criteria[i];
        fputs("{", out);
        put_member("id", x->id);
        put_member("category", x->category);
        put_member("series", x->series);
        put_member("series_title", x->series_title);
        put_member("title", x->title);
        put_member("summary", x->summary);
        fprintf(out, ".coso_principle = %d, .points_of_focus = %d, ", x->coso_principle, x->points_of_focus);
        put_list_member("topics", lists[i][0], x->topics.count);
        put_list_member("topic_controls", lists[i][4], x->topic_controls.count);
        put_list_member("typical_controls", lists[i][1], x->typical_controls.count);
        put_list_member("all_controls", lists[i][2], x->all_controls.count);
        put_list_member("typical_evidence", lists[i][3], x->typical_evidence.count);
        put_member("population", x->population);
        put_member("operating_test", x->operating_test);
        put_member("typical_frequency", x->typical_frequency);
        put_member("crosswalk_json", x->crosswalk_json);
        fputs("},\n", out);
    }
    fprintf(out, "};\nconst size_t content_criterion_count = %zu;\n\n", c->criterion_count);
}

static const char *const models[] = {"MODEL_CONFIG_STATE", "MODEL_PERIODIC", "MODEL_EVENT_SLA", "MODEL_EVENT_ATTRIBUTES",
                                     "MODEL_DOCUMENT"};

enum { CONTROL_LISTS = 7 };

static void put_control(const struct control *x, const unsigned lists[CONTROL_LISTS])
{
    fputs("{", out);
    put_member("id", x->id);
    put_member("family", x->family);
    put_member("title", x->title);
    put_member("statement", x->statement);
    put_member("owner_role", x->owner_role);
    put_member("type", x->type);
    put_member("nature", x->nature);
    put_member("frequency", x->frequency);
    if (x->cadence)
        put_member("cadence", x->cadence);
    fprintf(out, ".is_core = %d, ", x->is_core);
    put_list_member("criteria", lists[0], x->criteria.count);
    put_member("primary_criterion", x->primary_criterion);
    put_list_member("categories", lists[1], x->categories.count);
    put_list_member("policies", lists[2], x->policies.count);
    put_list_member("evidence", lists[3], x->evidence.count);
    put_list_member("data_sources", lists[4], x->data_sources.count);
    put_list_member("failure_modes", lists[5], x->failure_modes.count);
    put_list_member("assertions", lists[6], x->assertions.count);
    put_member("population", x->population);
    put_member("test_design", x->test_design);
    put_member("test_operation", x->test_operation);
    fprintf(out, ".model = %s, .max_staleness_ms = INT64_C(%lld), .max_fail_fraction = %.3f, .max_fail_days = %d, ",
            models[x->model], (long long)x->max_staleness_ms, x->max_fail_fraction, x->max_fail_days);
    put_member("computation_json", x->computation_json);
    put_member("gap_questions_json", x->gap_questions_json);
    fputs("},\n", out);
}

static void put_controls(struct arena *a, const struct content *c)
{
    unsigned(*lists)[CONTROL_LISTS] = arena_array(a, c->control_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->control_count; i++) {
        const struct control *x = &c->controls[i];
        const struct strings all[CONTROL_LISTS] = {x->criteria, x->categories, x->policies, x->evidence, x->data_sources, x->failure_modes, x->assertions};
        for (size_t j = 0; j < CONTROL_LISTS; j++)
            lists[i][j] = put_list(all[j]);
    }
    fputs("const struct control content_controls[] = {\n", out);
    for (size_t i = 0; i < c->control_count; i++)
        put_control(&c->controls[i], lists[i]);
    fprintf(out, "};\nconst size_t content_control_count = %zu;\n\n", c->control_count);
}

static void put_policies(struct arena *a, const struct content *c)
{
    unsigned(*lists)[3] = arena_array(a, c->policy_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->policy_count; i++) {
        lists[i][0] = put_list(c->policies[i].sections);
        lists[i][1] = put_list(c->policies[i].criteria);
        lists[i][2] = put_list(c->policies[i].controls);
    }
    fputs("const struct policy content_policies[] = {\n", out);
    for (size_t i = 0; i < c->policy_count; i++) {
        const struct policy *x = &c->policies[i];
        fputs("{", out);
        put_member("id", x->id);
        put_member("title", x->title);
        put_member("purpose", x->purpose);
        put_list_member("sections", lists[i][0], x->sections.count);
        put_member("text", x->text);
        put_member("audience", x->audience);
        put_member("owner", x->owner);
        put_member("approver", x->approver);
        put_member("review_cadence", x->review_cadence);
        put_member("applies_when", x->applies_when);
        put_list_member("criteria", lists[i][1], x->criteria.count);
        put_list_member("controls", lists[i][2], x->controls.count);
        fputs("},\n", out);
    }
    fprintf(out, "};\nconst size_t content_policy_count = %zu;\n\n", c->policy_count);
}

static void put_risks(struct arena *a, const struct content *c)
{
    unsigned(*lists)[4] = arena_array(a, c->risk_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->risk_count; i++) {
        lists[i][0] = put_list(c->risks[i].causes);
        lists[i][1] = put_list(c->risks[i].consequences);
        lists[i][2] = put_list(c->risks[i].criteria);
        lists[i][3] = put_list(c->risks[i].controls);
    }
    fputs("const struct risk content_risks[] = {\n", out);
    for (size_t i = 0; i < c->risk_count; i++) {
        const struct risk *x = &c->risks[i];
        fputs("{", out);
        put_member("id", x->id);
        put_member("title", x->title);
        put_member("category", x->category);
        put_list_member("causes", lists[i][0], x->causes.count);
        put_list_member("consequences", lists[i][1], x->consequences.count);
        put_list_member("criteria", lists[i][2], x->criteria.count);
        put_list_member("controls", lists[i][3], x->controls.count);
        fprintf(out, ".likelihood = %d, .impact = %d},\n", x->likelihood, x->impact);
    }
    fprintf(out, "};\nconst size_t content_risk_count = %zu;\n\n", c->risk_count);
}

static void put_requests(struct arena *a, const struct content *c)
{
    unsigned(*lists)[3] = arena_array(a, c->request_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->request_count; i++) {
        lists[i][0] = put_list(c->requests[i].criteria);
        lists[i][1] = put_list(c->requests[i].controls);
        lists[i][2] = put_list(c->requests[i].report_types);
    }
    fputs("const struct request content_requests[] = {\n", out);
    for (size_t i = 0; i < c->request_count; i++) {
        const struct request *x = &c->requests[i];
        fputs("{", out);
        put_member("id", x->id);
        put_member("section", x->section);
        put_member("request", x->request);
        put_member("kind", x->kind);
        put_member("format", x->format);
        put_member("phase", x->phase);
        put_list_member("criteria", lists[i][0], x->criteria.count);
        put_list_member("controls", lists[i][1], x->controls.count);
        put_list_member("report_types", lists[i][2], x->report_types.count);
        fprintf(out, ".ipe_required = %d, .sample_follow_up = %d},\n", x->ipe_required, x->sample_follow_up);
    }
    fprintf(out, "};\nconst size_t content_request_count = %zu;\n\n", c->request_count);
}

/* An array of no elements is not C: a table that is empty gets one element of zeros that its count does not cover. */
void put_end(size_t count)
{
    fputs(count ? "};\n" : "{0}};\n", out);
}

static void put_parameters(const struct content *c)
{
    fputs("const struct parameter content_parameters[] = {\n", out);
    for (size_t i = 0; i < c->parameter_count; i++) {
        const struct parameter *x = &c->parameters[i];
        fputs("{", out);
        put_member("name", x->name);
        put_member("label", x->label);
        put_member("group", x->group);
        put_member("type", x->type);
        put_member("unit", x->unit);
        put_member("default_value", x->default_value);
        put_member("words", x->words);
        fprintf(out, ".min = INT64_C(%lld), .max = INT64_C(%lld), .has_four_eyes = %d},\n", (long long)x->min, (long long)x->max,
                x->has_four_eyes);
    }
    put_end(c->parameter_count);
    fprintf(out, "const size_t content_parameter_count = %zu;\n\n", c->parameter_count);
}

static void put_goals(struct arena *a, const struct content *c)
{
    unsigned(*lists)[2] = arena_array(a, c->goal_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->goal_count; i++) {
        lists[i][0] = put_list(c->goals[i].criteria);
        lists[i][1] = put_list(c->goals[i].tests);
    }
    fputs("const struct goal_template content_goals[] = {\n", out);
    for (size_t i = 0; i < c->goal_count; i++) {
        const struct goal_template *x = &c->goals[i];
        fputs("{", out);
        put_member("id", x->id);
        put_member("title", x->title);
        put_member("why", x->why);
        put_member("metric", x->metric);
        put_member("unit", x->unit);
        fprintf(out, ".baseline = INT64_C(%lld), .target = INT64_C(%lld), .days = INT64_C(%lld), ", (long long)x->baseline, (long long)x->target, (long long)x->days);
        put_list_member("criteria", lists[i][0], x->criteria.count);
        put_list_member("tests", lists[i][1], x->tests.count);
        fputs("},\n", out);
    }
    put_end(c->goal_count);
    fprintf(out, "const size_t content_goal_count = %zu;\n\n", c->goal_count);
}

static void put_courses(struct arena *a, const struct content *c)
{
    fputs("const struct library_course content_courses[] = {\n", out);
    for (size_t i = 0; i < c->course_count; i++) {
        fputs("{", out);
        put_member("id", c->courses[i].id);
        put_member("title", c->courses[i].title);
        put_member("json", c->courses[i].json);
        put_member("digest", digest_hex(a, str_of(c->courses[i].json)));
        fputs("},\n", out);
    }
    put_end(c->course_count);
    fprintf(out, "const size_t content_course_count = %zu;\n\n", c->course_count);
}

static void put_test(const struct test *x, size_t number, const unsigned lists[4])
{
    fputs("{", out);
    put_member("id", x->id);
    put_member("title", x->title);
    put_member("why", x->why);
    put_member("severity", x->severity);
    put_member("topic", x->topic);
    fprintf(out, ".controls = m%zu, .control_count = %zu, ", number, x->control_count);
    put_list_member("tables", lists[0], x->tables.count);
    put_list_member("parameters", lists[1], x->parameters.count);
    put_list_member("paths", lists[2], x->paths.count);
    put_list_member("references", lists[3], x->references.count);
    fprintf(out, ".empty = %s, ", x->empty == EMPTY_UNKNOWN ? "EMPTY_UNKNOWN" : "EMPTY_NOT_APPLICABLE");
    put_member("fix", x->fix);
    put_member("sql", x->sql);
    put_member("source", x->source);
    put_member("digest", x->digest);
    fputs("},\n", out);
}

static void put_tests(struct arena *a, const struct content *c)
{
    unsigned(*lists)[4] = arena_array(a, c->test_count + 1, sizeof *lists);
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test *x = &c->tests[i];
        const struct strings all[4] = {x->tables, x->parameters, x->paths, x->references};
        for (size_t j = 0; j < 4; j++)
            lists[i][j] = put_list(all[j]);
        fprintf(out, "static const struct test_mapping m%zu[] = {", i);
        for (size_t j = 0; j < x->control_count; j++) {
            fputs("{", out);
            put_member("control", x->controls[j].control);
            put_member("reason", x->controls[j].reason);
            fputs("}, ", out);
        }
        fputs("};\n", out);
    }
    fputs("const struct test content_tests[] = {\n", out);
    for (size_t i = 0; i < c->test_count; i++)
        put_test(&c->tests[i], i, lists[i]);
    put_end(c->test_count);
    fprintf(out, "const size_t content_test_count = %zu;\n\n", c->test_count);
}

static void put_roles(const struct content *c)
{
    fputs("const struct permission_words content_permissions[] = {\n", out);
    for (size_t i = 0; i < c->permission_count; i++) {
        fputs("{", out);
        put_member("id", c->permissions[i].id);
        put_member("words", c->permissions[i].words);
        fputs("},\n", out);
    }
    fprintf(out, "};\nconst size_t content_permission_count = %zu;\n\n", c->permission_count);
    unsigned first = next_list + 1;
    for (size_t i = 0; i < c->role_count; i++)
        put_list(c->roles[i].permissions); /* never empty */
    fputs("const struct role content_roles[] = {\n", out);
    for (size_t i = 0; i < c->role_count; i++) {
        fputs("{", out);
        put_member("id", c->roles[i].id);
        put_member("label", c->roles[i].label);
        put_member("words", c->roles[i].words);
        put_list_member("permissions", first + (unsigned)i, c->roles[i].permissions.count);
        fprintf(out, ".must_end = %d},\n", c->roles[i].must_end);
    }
    fprintf(out, "};\nconst size_t content_role_count = %zu;\n\n", c->role_count);
}

/* The catalogue's identity: every test by its source and every parameter by its declaration, one line each. */
static const char *catalogue_digest(struct arena *a, const struct content *c)
{
    struct buf b;
    buf_init(&b, 4 << 20);
    for (size_t i = 0; i < c->test_count; i++)
        buf_printf(&b, "test %s %s\n", c->tests[i].id, c->tests[i].digest);
    for (size_t i = 0; i < c->parameter_count; i++) {
        const struct parameter *p = &c->parameters[i];
        buf_printf(&b, "parameter %s %s %s %s %lld %lld\n", p->name, p->type, p->unit, p->default_value, (long long)p->min,
                   (long long)p->max);
    }
    const char *digest = digest_hex(a, buf_view(&b));
    buf_release(&b);
    return digest;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory that end in `suffix`, sorted. */
static size_t names_list(struct arena *a, const char *directory, const char *suffix, const char **ret_names, size_t max)
{
    DIR *d = opendir(directory);
    size_t count = 0;
    if (!d && errno == ENOENT)
        return 0;
    if (!d)
        stop("read", directory);
    for (struct dirent *entry; (entry = readdir(d));) {
        if (!str_ends(str_of(entry->d_name), suffix) || entry->d_name[0] == '.')
            continue;
        if (count == max)
            stop("too many files", directory);
        ret_names[count++] = arena_str(a, str_of(entry->d_name)).data;
    }
    closedir(d);
    qsort(ret_names, count, sizeof *ret_names, compare_texts);
    return count;
}

enum { SOURCES_MAX = 4000 }; /* a quarter of them record types at most */

struct inputs {
    struct content_source sources[SOURCES_MAX];
    size_t count;
    FILE *depfile;
};

static void input_add(struct arena *a, struct inputs *in, const char *directory, const char *sub, const char *name)
{
    const char *path = arena_printf(a, "%s/%s%s", directory, sub, name).data;
    /* Shown and compared as content/...: the same wherever the tree lies. */
    in->sources[in->count++] = (struct content_source){arena_printf(a, "content/%s%s", sub, name).data, file_read(a, path)};
    fprintf(in->depfile, " %s", path);
}

static void inputs_read(struct arena *a, struct inputs *in, const char *directory)
{
    const char *names[SOURCES_MAX / 2];
    size_t count = names_list(a, directory, ".yaml", names, SOURCES_MAX / 2);
    for (size_t i = 0; i < count; i++)
        input_add(a, in, directory, "", names[i]);
    count = names_list(a, arena_printf(a, "%s/records", directory).data, ".yaml", names, SOURCES_MAX / 4);
    for (size_t i = 0; i < count; i++)
        input_add(a, in, directory, "records/", names[i]);
    count = names_list(a, arena_printf(a, "%s/policies", directory).data, ".md", names, SOURCES_MAX / 4);
    for (size_t i = 0; i < count; i++)
        input_add(a, in, directory, "policies/", names[i]);
    count = names_list(a, arena_printf(a, "%s/tests", directory).data, ".sql", names, SOURCES_MAX / 2);
    for (size_t i = 0; i < count; i++)
        input_add(a, in, directory, "tests/", names[i]);
    count = names_list(a, arena_printf(a, "%s/courses", directory).data, ".yaml", names, SOURCES_MAX / 4);
    for (size_t i = 0; i < count; i++)
        input_add(a, in, directory, "courses/", names[i]);
    fprintf(in->depfile, " %s %s/schema.sql", directory, directory);
    const char *const folders[] = {"tests", "fixtures", "records", "courses", "policies"};
    for (size_t i = 0; i < 5; i++) {
        const char *folder = arena_printf(a, "%s/%s", directory, folders[i]).data;
        if (access(folder, F_OK) == 0)
            fprintf(in->depfile, " %s", folder);
    }
    fputc('\n', in->depfile);
}

/* The whole schema, also as a file for the keeper, which knows no content. */
static const char *schema_text(struct arena *a, const struct content *c, const char *directory, const char *path)
{
    struct buf b;
    buf_init(&b, 4 << 20);
    buf_str(&b, file_read(a, arena_printf(a, "%s/schema.sql", directory).data));
    for (size_t i = 0; i < c->record_type_count; i++) {
        buf_char(&b, '\n');
        record_type_schema(c->record_types[i], NULL, &b);
    }
    struct str text = arena_str(a, buf_view(&b));
    buf_release(&b);
    FILE *f = fopen(path, "we");
    if (!f || fwrite(text.data, 1, text.size, f) != text.size || fclose(f) != 0)
        stop("write", path);
    return text.data;
}

static size_t fixtures_check(struct arena *a, const struct content *c, const char *directory)
{
    size_t missing = 0;
    for (size_t i = 0; i < c->test_count; i++) {
        const char *path = arena_printf(a, "%s/fixtures/%s.json", directory, c->tests[i].id).data;
        if (access(path, R_OK) == 0)
            continue;
        missing++;
        fprintf(stderr, "content/tests/%s.sql:1:1: %s: it has no fixture content/fixtures/%s.json\n", c->tests[i].id,
                c->tests[i].id, c->tests[i].id);
    }
    return missing;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: content_compile CONTENT_DIRECTORY OUTPUT.c OUTPUT.d OUTPUT.sql\n", stderr);
        return 2;
    }
    struct arena *a = arena_new("content_compile", 256 << 20);
    struct inputs *in = ARENA_NEW(a, struct inputs);
    if (!(in->depfile = fopen(argv[3], "we")))
        stop("write", argv[3]);
    fprintf(in->depfile, "%s:", argv[2]);
    inputs_read(a, in, argv[1]);
    if (fclose(in->depfile) != 0)
        stop("write", argv[3]);
    struct content *c = content_check(a, in->sources, in->count);
    for (size_t i = 0; i < c->problem_count; i++)
        fprintf(stderr, "%s\n", c->problems[i].text);
    if (c->problem_count + fixtures_check(a, c, argv[1]) > 0) {
        arena_free(a);
        return 1;
    }
    for (size_t i = 0; i < c->test_count; i++)
        c->tests[i].digest = digest_hex(a, str_of(c->tests[i].source));
    if (!(out = fopen(argv[2], "we")))
        stop("write", argv[2]);
    fputs("/* Made from content/ by tools/content_compile.c. */\n#include \"content/crosswalk.h\"\n#include \"content/record_type.h\"\n\n", out);
    put_categories(c);
    put_criteria(a, c);
    put_controls(a, c);
    put_policies(a, c);
    put_risks(a, c);
    put_requests(a, c);
    put_parameters(c);
    put_roles(c);
    put_goals(a, c);
    put_courses(a, c);
    put_tests(a, c);
    put_record_types(a, c);
    const char *schema = schema_text(a, c, argv[1], argv[4]);
    fputs("const char content_schema_sql[] =\n", out);
    put_text(schema);
    fputs(";\nconst char content_scope_json[] =\n", out);
    put_text(c->scope_json);
    fputs(";\nconst char content_lifecycle_json[] =\n", out);
    put_text(c->lifecycle_json ? c->lifecycle_json : "{}");
    fputs(";\nconst char content_classification_json[] =\n", out);
    put_text(c->classification_json ? c->classification_json : "{}");
    fputs(";\nconst char content_populations_json[] =\n", out);
    put_text(c->populations_json ? c->populations_json : "{}");
    fputs(";\nconst char content_resources_json[] =\n", out);
    put_text(c->resources_json ? c->resources_json : "{}");
    fputs(";\nconst char content_milestones_json[] =\n", out);
    put_text(c->milestones_json ? c->milestones_json : "{\"milestones\":[]}");
    fputs(";\nconst char content_crosswalk_json[] =\n", out);
    put_text(c->crosswalk_json ? c->crosswalk_json : "{}");
    fputs(";\nconst char content_auditor_json[] =\n", out);
    put_text(c->auditor_json ? c->auditor_json : "{}");
    fputs(";\nconst char content_digest[] = ", out);
    put_text(catalogue_digest(a, c));
    fputs(";\n", out);
    if (fclose(out) != 0)
        stop("write", argv[2]);
    arena_free(a);
    return 0;
}
