/*
 * main.c - runs the matrix and prints it: class, mutants, codes. A mutant that is taken for good, or refused with a code of something
 * else, fails the test. 20 mutants a class; ASSAY_TEST_LONG=1: 1,000. ASSAY_SEED, ASSAY_TAMPER (part of a class's name, or @family) and
 * ASSAY_TAMPER_COUNT choose what is run.
 */
#include "tamper.h"

#include <stdio.h>
#include <time.h>

enum { SHORT_RUN = 20, LONG_RUN = 1000, DRAWS_MAX = 200, FAILURES_SHOWN = 3 };

static const struct tamper_family *const families[] = {&tamper_bytes,   &tamper_text,  &tamper_insider,
                                                       &tamper_outside, &tamper_forge, &tamper_bundle};

void tamper_code(struct tamper *t, const char *code, const char *text)
{
    if (t->code_count == 0)
        snprintf(t->text, sizeof(t->text), "%s %s", code, text);
    for (size_t i = 0; i < t->code_count; i++)
        if (strcmp(t->codes[i], code) == 0)
            return;
    if (t->code_count < sizeof(t->codes) / sizeof(t->codes[0]))
        snprintf(t->codes[t->code_count++], sizeof(t->codes[0]), "%s", code);
}

bool tamper_verify(struct tamper *t, const char *path, const struct checkpoint *seen)
{
    struct verify_report r;
    struct err e = {0};
    struct test_directory *d = t->directory ? t->directory : &t->w->d;
    struct str log = vkey_text(t->arena, &d->ledger.key), root = vkey_text(t->arena, &d->root);
    struct verify_options o = {.log_vkey = log.data, .root_vkey = root.data, .last_seen = seen};
    if (!verify_directory(path, &o, t->arena, &r, &e)) {
        tamper_code(t, "refused", e.text);
        return true;
    }
    for (size_t i = 0; i < r.finding_count && i < VERIFY_FINDINGS_MAX; i++)
        tamper_code(t, r.findings[i].code, r.findings[i].text);
    return r.finding_count > 0;
}

static bool is_named(const char *list, const char *code)
{
    struct str rest = str_of(list), word;
    for (bool is_more = true; is_more;) {
        is_more = str_cut(&rest, ' ', &word);
        if (str_is(word, code))
            return true;
    }
    return false;
}

struct tally {
    char code[8];
    uint64_t count;
};

/* Counts the first code that the class names. False: there is none. */
static bool tally_add(struct tally tallies[16], const struct tamper *t, const char *wanted)
{
    for (size_t i = 0; i < t->code_count; i++) {
        if (!is_named(wanted, t->codes[i]))
            continue;
        size_t k = 0;
        while (k < 15 && tallies[k].count && strcmp(tallies[k].code, t->codes[i]) != 0)
            k++;
        memcpy(tallies[k].code, t->codes[i], sizeof(tallies[k].code));
        tallies[k].count++;
        return true;
    }
    return false;
}

static unsigned class_run(struct tamper *t, const struct tamper_family *f, const struct tamper_class *c, uint64_t count)
{
    struct tally tallies[16] = {0};
    unsigned failed = 0;
    uint64_t made = 0;
    for (uint64_t draws = 0; made < count && draws < count * DRAWS_MAX; draws++) {
        uint64_t seed = t->seed;
        arena_reset(t->arena);
        t->code_count = 0;
        t->text[0] = 0;
        if (!c->make(t, c)) {
            if (f->restore)
                f->restore(t);
            continue;
        }
        made++;
        bool is_rejected = f->check(t), is_right = tally_add(tallies, t, c->codes);
        if ((!is_rejected || !is_right) && failed++ < FAILURES_SHOWN)
            printf("  %s, mutant %llu (seed %llu): %s, wanted %s\n", c->name, (unsigned long long)made, (unsigned long long)seed,
                   is_rejected ? t->text : "taken for good", c->codes);
        if (f->restore)
            f->restore(t);
    }
    if (made < count) {
        printf("  %s: only %llu mutants could be made\n", c->name, (unsigned long long)made);
        failed++;
    }
    printf("%-8s %-58s %6llu ", f->name, c->name, (unsigned long long)made);
    for (int i = 0; i < 16 && tallies[i].count; i++)
        printf(" %s:%llu", tallies[i].code, (unsigned long long)tallies[i].count);
    printf("%s\n", failed ? "  FAILED" : "");
    fflush(stdout);
    return failed;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

START_TEST(every_mutant_is_refused_with_a_code_of_its_class)
{
    const char *only = getenv("ASSAY_TAMPER"), *seed_text = getenv("ASSAY_SEED"), *count_text = getenv("ASSAY_TAMPER_COUNT");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 42, classes = 0, mutants = 0;
    uint64_t count = count_text ? strtoull(count_text, NULL, 10) : getenv("ASSAY_TEST_LONG") ? LONG_RUN : SHORT_RUN;
    unsigned failed = 0, failed_classes = 0;
    double begun = seconds();
    struct tamper t = {.arena = arena_new("tamper", 512 << 20)};
    printf("seed %llu, %llu mutants of each class\n", (unsigned long long)seed, (unsigned long long)count);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct tamper_family *f = families[i];
        bool has_begun = false;
        double family_begun = seconds();
        uint64_t family_classes = 0;
        for (size_t k = 0; k < f->count; k++) {
            if (only && (only[0] == '@' ? strcmp(f->name, only + 1) != 0 : !strstr(f->classes[k].name, only)))
                continue;
            if (!has_begun && f->begin)
                f->begin(&t);
            has_begun = true;
            t.seed = seed * 1000003 + i * 1000 + k;
            unsigned wrong = class_run(&t, f, &f->classes[k], count);
            failed += wrong;
            failed_classes += wrong > 0;
            family_classes++;
            mutants += count;
        }
        classes += family_classes;
        if (has_begun && f->end)
            f->end(&t);
        printf("%-8s %llu classes, %.1f s\n", f->name, (unsigned long long)family_classes, seconds() - family_begun);
    }
    printf("%llu classes, %llu mutants, %u not refused as they should be (in %u classes), %.1f s\n", (unsigned long long)classes,
           (unsigned long long)mutants, failed, failed_classes, seconds() - begun);
    fflush(stdout);
    world_free(t.w);
    arena_free(t.arena);
    ck_assert_uint_eq(failed, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tamper");
    TCase *c = tcase_create("tamper");
    tcase_add_test(c, every_mutant_is_refused_with_a_code_of_its_class);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK); /* one directory for all classes, and no limit of time */
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
