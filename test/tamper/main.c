/*
 * main.c - runs the matrix and prints it: class, mutants, codes of assay verify, codes of assay-verify. A mutant that is taken
 * for good, or refused with a code of something else, fails the test; so does one that should be taken and is not. 20 mutants a
 * class; ASSAY_TEST_LONG=1: 1,000 (sanitized: 100), in two processes. ASSAY_SEED, ASSAY_TAMPER (part of a class's name, or
 * @family), ASSAY_TAMPER_COUNT and ASSAY_TAMPER_PROCESSES choose what is run; ASSAY_VERIFY names the program assay-verify.
 */
#include "tamper.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#ifdef __SANITIZE_ADDRESS__
enum { LONG_RUN = 100 };
#else
enum { LONG_RUN = 1000 };
#endif
enum { SHORT_RUN = 20, LONG_PROCESSES = 2, DRAWS_MAX = 200, FAILURES_SHOWN = 3, TALLIES = 16, HONEST_RUN = 9 };

static const struct tamper_family *const families[] = {&tamper_bytes, &tamper_text,  &tamper_insider, &tamper_outside,
                                                       &tamper_forge, &tamper_shape, &tamper_bundle, &tamper_audit};
enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

struct totals {
    uint64_t classes, mutants, failed, failed_classes;
};

struct tally {
    char code[8];
    uint64_t count;
};

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

static void tally_add(struct tally tallies[TALLIES], const char *code)
{
    size_t k = 0;
    while (k < TALLIES - 1 && tallies[k].count && strcmp(tallies[k].code, code) != 0)
        k++;
    snprintf(tallies[k].code, sizeof(tallies[k].code), "%s", code);
    tallies[k].count++;
}

/* Is it as the class says? Counts the first code that the class names. */
static bool is_as_said(const struct tamper_found *f, const char *wanted, struct tally tallies[TALLIES])
{
    if (strcmp(wanted, FINE) == 0) {
        tally_add(tallies, f->is_refused ? "refused" : FINE);
        return !f->is_refused && f->count == 0;
    }
    for (size_t i = 0; f->is_refused && i < f->count; i++)
        if (is_named(wanted, f->codes[i])) {
            tally_add(tallies, f->codes[i]);
            return true;
        }
    return false;
}

static bool mutant_judge(const struct tamper *t, const struct tamper_class *c, struct tally tallies[CHECKERS][TALLIES],
                         uint64_t number, uint64_t seed, bool is_shown)
{
    static const char *const programs[] = {"assay verify", "assay-verify"};
    bool is_right = true;
    for (int i = 0; i < CHECKERS; i++) {
        const struct tamper_found *f = &t->found[i];
        const char *wanted = i == THEIRS && c->theirs ? c->theirs : c->codes;
        if (!f->was_asked || is_as_said(f, wanted, tallies[i]))
            continue;
        is_right = false;
        if (is_shown)
            printf("  %s, mutant %llu (seed %llu): %s says %s, wanted %s\n", c->name, (unsigned long long)number,
                   (unsigned long long)seed, programs[i],
                   f->count        ? f->text
                   : f->is_refused ? "no, without a code"
                                   : "nothing",
                   wanted);
    }
    return is_right;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How many mutants were not judged as the class says; a class of which too few can be made counts as one more. */
static uint64_t class_run(struct tamper *t, const struct tamper_family *f, const struct tamper_class *c, uint64_t count,
                          bool is_shown)
{
    struct tally tallies[CHECKERS][TALLIES] = {0};
    uint64_t failed = 0, made = 0;
    double begun = seconds();
    for (uint64_t draws = 0; made < count && draws < count * DRAWS_MAX; draws++) {
        uint64_t seed = t->seed;
        arena_reset(t->arena);
        memset(t->found, 0, sizeof(t->found));
        t->number = made + 1;
        if (c->make(t, c)) {
            made++;
            f->check(t, c);
            failed += !mutant_judge(t, c, tallies, made, seed, is_shown && failed < FAILURES_SHOWN);
        }
        f->restore(t);
    }
    if (made < count && is_shown)
        printf("  %s: only %llu mutants could be made\n", c->name, (unsigned long long)made);
    failed += made < count;
    if (is_shown) {
        printf("%-8s %-58s %6llu ", f->name, c->name, (unsigned long long)made);
        for (int i = 0; i < CHECKERS; i++) {
            printf("%s", i ? " |" : "");
            for (int k = 0; k < TALLIES && tallies[i][k].count; k++)
                printf(" %s:%llu", tallies[i][k].code, (unsigned long long)tallies[i][k].count);
        }
        printf("  %.1f s%s\n", seconds() - begun, failed ? "  FAILED" : "");
        fflush(stdout);
    }
    return failed;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static bool is_chosen(const struct tamper_family *f, const struct tamper_class *c)
{
    const char *only = getenv("ASSAY_TAMPER");
    return !only || (only[0] == '@' ? strcmp(f->name, only + 1) == 0 : strstr(c->name, only) != NULL);
}

/* Every `parts`th class, from `part` on. */
static void part_run(uint64_t seed, uint64_t count, uint64_t part, uint64_t parts, struct totals *ret)
{
    struct tamper t = {.arena = arena_new("tamper", 512 << 20), .dir = -1};
    uint64_t number = 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct tamper_family *f = families[i];
        double begun = seconds();
        uint64_t classes = 0;
        for (size_t k = 0; k < f->count; k++) {
            if (!is_chosen(f, &f->classes[k]) || number++ % parts != part)
                continue;
            if (classes++ == 0 && f->begin)
                f->begin(&t);
            t.seed = seed * 1000003 + i * 1000 + k;
            uint64_t wrong = class_run(&t, f, &f->classes[k], count, true);
            ret->failed += wrong;
            ret->failed_classes += wrong > 0;
            ret->mutants += count;
        }
        ret->classes += classes;
        if (classes && f->end)
            f->end(&t);
        if (classes)
            printf("%-8s %llu classes, %.1f s\n", f->name, (unsigned long long)classes, seconds() - begun);
    }
    world_free(t.w);
    arena_free(t.arena);
}

static void parts_run(uint64_t seed, uint64_t count, uint64_t parts, struct totals *ret)
{
    struct totals *shared =
        mmap(NULL, (size_t)parts * sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(shared != MAP_FAILED);
    fflush(stdout);
    for (uint64_t i = 0; i < parts; i++)
        if (fork() == 0) {
            part_run(seed, count, i, parts, &shared[i]);
            fflush(stdout);
            _exit(0);
        }
    for (uint64_t i = 0; i < parts; i++) {
        int status = 0;
        ck_assert(wait(&status) > 0);
        ck_assert_int_eq(status, 0);
    }
    for (uint64_t i = 0; i < parts; i++) {
        ret->classes += shared[i].classes;
        ret->mutants += shared[i].mutants;
        ret->failed += shared[i].failed;
        ret->failed_classes += shared[i].failed_classes;
    }
    munmap(shared, (size_t)parts * sizeof(*shared));
}

START_TEST(every_mutant_is_refused_with_a_code_of_its_class)
{
    bool is_long = getenv("ASSAY_TEST_LONG") != NULL;
    uint64_t seed = number_from("ASSAY_SEED", 42), count = number_from("ASSAY_TAMPER_COUNT", is_long ? LONG_RUN : SHORT_RUN),
             parts = number_from("ASSAY_TAMPER_PROCESSES", is_long ? LONG_PROCESSES : 1);
    struct totals all = {0};
    double begun = seconds();
    printf("seed %llu, %llu mutants of each class\n", (unsigned long long)seed, (unsigned long long)count);
    if (parts > 1)
        parts_run(seed, count, parts, &all);
    else
        part_run(seed, count, 0, 1, &all);
    printf("%llu classes, %llu mutants, %llu not judged as they should be (in %llu classes), %.1f s\n",
           (unsigned long long)all.classes, (unsigned long long)all.mutants, (unsigned long long)all.failed,
           (unsigned long long)all.failed_classes, seconds() - begun);
    fflush(stdout);
    ck_assert_uint_eq(all.failed, 0);
}
END_TEST

static bool none_make(struct tamper *t, const struct tamper_class *c)
{
    (void)t;
    (void)c;
    return false;
}

/* Every family: what changed nothing is taken for good, and is reported where a code was expected. */
START_TEST(a_mutant_that_does_nothing_is_reported)
{
    struct tamper t = {.arena = arena_new("tamper", 512 << 20), .dir = -1};
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct tamper_family *f = families[i];
        struct tamper_class honest = f->honest, expected = f->honest, wrong = f->classes[0], none = f->honest;
        expected.codes = "E30 E34";
        wrong.codes = "E99";
        none.make = none_make;
        if (f->begin)
            f->begin(&t);
        t.seed = 1;
        ck_assert_msg(class_run(&t, f, &honest, HONEST_RUN, false) == 0, "%s: %s %s", f->name, t.found[OURS].text,
                      t.found[THEIRS].text);
        ck_assert_uint_eq(class_run(&t, f, &expected, 3, false), 3);
        ck_assert_uint_eq(class_run(&t, f, &wrong, 3, false), 3);
        ck_assert_uint_eq(class_run(&t, f, &none, 3, false), 1);
        if (f->end)
            f->end(&t);
    }
    world_free(t.w);
    arena_free(t.arena);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tamper");
    TCase *c = tcase_create("tamper");
    if (!getenv("ASSAY_TAMPER"))
        tcase_add_test(c, a_mutant_that_does_nothing_is_reported);
    tcase_add_test(c, every_mutant_is_refused_with_a_code_of_its_class);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK); /* one directory for all classes, and no limit of time */
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
