/* Reviews as the schedule drives them, over the rules that the keeper applies (record/test_records.h). */
#include "assess/access_review.h"

#include "assess/duties.h"
#include "record/local_day.h"
#include "base/test.h"
#include "record/test_records.h"

static struct records world;
static struct err e;
static int64_t fail_after; /* operations that are taken before one is lost; -1: all are */

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}

static bool take(void *context, struct op *op, struct json **ret_answer, struct err *why)
{
    (void)context;
    if (fail_after == 0)
        return err_set(why, ERR_UNAVAILABLE, "the keeper is gone");
    fail_after -= fail_after > 0;
    int64_t before = world.next;
    if (!records_op(&world, &op_record_change, op, why))
        return false;
    struct json *answer = json_object(world.arena), *records = json_put_array(answer, "records");
    for (int64_t i = before; i < world.next; i++)
        json_put_str(json_push_object(records), "id", db_one_text(world.arena, world.db, why, "select id from record_change where leaf = ?1", A(i)));
    *ret_answer = answer;
    return true;
}

static size_t advance(int64_t today)
{
    size_t done = 0;
    ck_assert_msg(access_advance(world.db, &env_system, today, take, NULL, &done, &e), "%s", e.text);
    return done;
}

/* What the schedule does besides: performances are registered, missed, and become deviations. */
static void duties(int64_t today)
{
    for (size_t done = 1; done > 0;) {
        struct duty *list;
        size_t count;
        done = 0;
        ck_assert_msg(duties_due(world.db, world.arena, today, &list, &count, &e), "%s", e.text);
        for (size_t i = 0; i < count; i++) {
            struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
            struct op op;
            struct err why = {0};
            done += record_op(&env_system, world.arena, &list[i].change, 1, &system, &op, &why) && records_op(&world, &op_record_change, &op, &why);
        }
    }
}

static int64_t count_of(const char *sql)
{
    return db_one_int(world.db, &e, -1, db_known(world.db, str_of(sql)));
}

static const char *text_of(const char *sql)
{
    struct str s = db_one_text(world.arena, world.db, &e, db_known(world.db, str_of(sql)));
    return s.data ? s.data : "";
}

static bool extract_take(const char *csv, int64_t today, struct err *why)
{
    struct extract x;
    struct extract_plan plan;
    struct extract_person *people;
    size_t count;
    struct str id;
    struct record_types *types = record_types_open(world.db, why);
    struct extract_facts f = {.system = STR("SYS-0001"), .source = "csv", .query = STR("all"), .complete = STR("counted"), .taken_by = STR(""), .subject = STR(""), .captures = STR(""),
                              .taken_ms = today * MS_DAY, .file = STR(""), .file_name = STR("")};
    struct access admin = records_access(&world);
    extract_read_csv(world.arena, str_of(csv), NULL, &x);
    ck_assert_uint_eq(x.problems->count, 0);
    bool ok = extract_people(world.db, world.arena, types, &people, &count, why);
    if (ok)
        extract_match(&x, people, count);
    ok = ok && extract_plan(world.db, world.arena, types, &x, &f, &plan, why) && extract_write(world.db, &env_system, world.arena, &f, &plan, &admin, take, NULL, &id, why);
    record_types_close(types);
    return ok;
}

static void begin(void)
{
    e = (struct err){0};
    fail_after = -1;
    records_init(&world);
    records_create(&world, "person", "{\"name\":\"Ann Reviewer\",\"email\":\"ann@example.org\",\"kind\":\"employee\"}");
    records_create(&world, "person", "{\"name\":\"Bob Second\",\"email\":\"bob@example.org\",\"kind\":\"employee\"}");
    records_create(&world, "person", "{\"name\":\"Cat Owner\",\"email\":\"cat@example.org\",\"kind\":\"employee\"}");
    records_create(&world, "system", "{\"name\":\"Payroll\",\"kind\":\"application\",\"owner\":\"P-0001\",\"is_in\":true}");
}

static const char three[] = "User,Email,Roles,Last login,Status,Created\nann,ann@example.org,pay,2026-12-01,active,2025-01-01\n"
                            "bob,bob@example.org,pay,2026-12-01,active,2025-01-01\ndan,dan@example.org,pay,2026-12-01,active,2025-01-01\n";

static void adopted(void)
{
    struct record_change c = {.type = STR("control"), .id = STR("AC-05"), .act = RECORD_CREATE,
                              .set = records_json(&world, "{\"title\":\"Access reviews\",\"owner\":\"P-0003\",\"model\":\"periodic\",\"frequency\":\"quarterly\",\"effective_from\":\"2026-10-01\"}")};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    c = (struct record_change){.type = STR("control"), .id = STR("AC-05"), .act = RECORD_MOVE, .version = 1, .transition = STR("adopt"), .set = json_object(world.arena)};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
}

START_TEST(a_review_opens_by_itself_before_its_performance_is_due_and_only_once)
{
    begin();
    adopted();
    duties(day(2026, 11, 1));
    int64_t due, open_days = 21;
    ck_assert(time_parse(str_of(text_of("select due_on from occurrences where control = 'AC-05' order by due_on limit 1")), 0, &due));
    due = day_of(due);
    ck_assert_uint_eq(advance(due - open_days - 1), 0);
    ck_assert_int_eq(count_of("select count(*) from access_reviews"), 0);
    ck_assert_msg(extract_take(three, due - open_days - 1, &e), "%s", e.text);
    ck_assert_uint_gt(advance(due - open_days), 0);
    ck_assert_int_eq(count_of("select count(*) from access_reviews where state = 'open' and occurrence is not null and owner = 'P-0003'"), 1);
    ck_assert_int_eq(count_of("select count(*) from access_lines where state = 'open'"), 3);
    ck_assert_uint_eq(advance(due - open_days), 0); /* nothing of it is due twice */
    ck_assert_int_eq(count_of("select count(*) from access_reviews"), 1);
    records_release(&world);
}
END_TEST

/* Nobody decides: the performance is missed and becomes a deviation; the review that is done after all performs it late. */
START_TEST(a_review_that_is_late_is_a_deviation_of_its_performance_and_still_ends)
{
    begin();
    adopted();
    duties(day(2026, 11, 1));
    int64_t due;
    ck_assert(time_parse(str_of(text_of("select due_on from occurrences where control = 'AC-05' order by due_on limit 1")), 0, &due));
    due = day_of(due);
    ck_assert_msg(extract_take(three, due - 21, &e), "%s", e.text);
    advance(due - 20);
    duties(due + 90);
    ck_assert_int_eq(count_of("select count(*) from occurrences o join access_reviews v on v.occurrence = o.id where o.state = 'missed'"), 1);
    ck_assert_int_eq(count_of("select count(*) from deviations d join access_reviews v on v.occurrence = d.occurrence"), 1);
    ck_assert(db_run(world.db, &e, "update access_lines_versions set state = 'kept' where to_leaf is null")); /* as people do, in their own tests */
    ck_assert(db_run(world.db, &e, "update record_tally set b = 'kept' where type = 'access_line' and b = 'open'")); /* what counts with each change (counted: review, state …) */
    advance(due + 91);
    ck_assert_str_eq(text_of("select state from access_reviews where id = 'AR-0001'"), "proven");
    ck_assert_int_eq(count_of("select on_time from access_reviews where id = 'AR-0001'"), 0);
    ck_assert(db_run(world.db, &e, "update access_reviews_versions set state = 'signed' where to_leaf is null and id = 'AR-0001'"));
    advance(due + 91);
    ck_assert_int_eq(count_of("select count(*) from occurrences o join access_reviews v on v.occurrence = o.id where o.state = 'late'"), 1);
    ck_assert_int_eq(count_of("select count(*) from evidence_items where source like 'access review %'"), 1);
    records_release(&world);
}
END_TEST

static void reviewed(const char *values, int64_t today)
{
    ck_assert_msg(extract_take(three, today, &e), "%s", e.text);
    records_create(&world, "access_review", values);
    advance(today);
    ck_assert_str_eq(text_of("select state from access_reviews"), "open");
}

START_TEST(lines_of_a_reviewer_who_leaves_go_to_a_stand_in_who_may_decide_them)
{
    int64_t today = day(2026, 12, 1);
    begin();
    reviewed("{\"title\":\"x\",\"systems\":[\"SYS-0001\"],\"owner\":\"P-0003\",\"reviewer\":\"P-0001\",\"second_reviewer\":\"P-0002\",\"due_on\":\"2026-12-31\"}", today);
    ck_assert_str_eq(text_of("select reviewer from access_lines where name = 'ann'"), "P-0002"); /* not herself */
    ck_assert_int_eq(count_of("select count(*) from access_lines where reviewer = 'P-0001' and delegate is null"), 2);
    struct record_change c = {.type = STR("person"), .id = STR("P-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&world, "{\"left_on\":\"2026-12-05\"}")};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    ck_assert_uint_eq(advance(day(2026, 12, 5)), 0); /* the last day is still theirs */
    ck_assert_uint_eq(advance(day(2026, 12, 6)), 2);
    ck_assert_str_eq(text_of("select delegate from access_lines where name = 'dan'"), "P-0002");
    ck_assert_str_eq(text_of("select delegate from access_lines where name = 'bob'"), "P-0003"); /* the second reviewer does not decide about himself */
    ck_assert_int_eq(count_of("select count(*) from record_change where type = 'access_line' and transition = 'hand_over' and why = 'the reviewer has left'"), 2);
    ck_assert_uint_eq(advance(day(2026, 12, 6)), 0);
    records_release(&world);
}
END_TEST

START_TEST(a_line_that_was_handed_to_its_own_person_goes_on_to_somebody_else)
{
    int64_t today = day(2026, 12, 1);
    begin();
    reviewed("{\"title\":\"x\",\"systems\":[\"SYS-0001\"],\"owner\":\"P-0003\",\"reviewer\":\"P-0001\",\"due_on\":\"2026-12-31\"}", today);
    struct record_change c = {.type = STR("access_line"), .id = str_of(text_of("select id from access_lines where name = 'bob'")), .act = RECORD_MOVE, .version = 1,
                              .transition = STR("hand_over"), .set = records_json(&world, "{\"delegate\":\"P-0002\"}")};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    ck_assert_uint_eq(advance(today), 1);
    ck_assert_str_eq(text_of("select delegate from access_lines where name = 'bob'"), "P-0001");
    records_release(&world);
}
END_TEST

/* Which lines change hands, asked of each line: what the counted way has to find. */
static const char slow_stand_in[] =
    "select l.id from access_reviews v join access_lines l on l.review = v.id and l.state = 'open' join people p on p.id = coalesce(l.delegate, l.reviewer) where v.state = 'open' and "
    "(p.state = 'left' or p.left_on < ?1 or p.id = l.person or p.id = l.granted_by) order by l.id";
static const char slow_away[] =
    "select l.id from access_reviews v join access_lines l on l.review = v.id and l.state = 'open' and l.delegate is null join people p on p.id = l.reviewer where v.state = 'open' and "
    "p.delegate is not null and p.away_from <= ?1 and p.away_until >= ?1 and v.due_on <= p.away_until and p.delegate <> coalesce(l.person, '') and p.delegate <> coalesce(l.granted_by, '') order by l.id";

static uint64_t seed;
static int roll(int below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((seed >> 33) % (uint64_t)below);
}

static struct str anybody(bool may_be_nobody)
{
    int n = roll(may_be_nobody ? 5 : 3);
    return n < 3 ? arena_printf(world.arena, "P-%04d", n + 1) : STR("");
}

static void lines_shuffle(void)
{
    static const char *const states[] = {"open", "open", "kept"}, *const left[] = {"2026-11-01", "2027-01-01", ""}, *const until[] = {"2026-12-10", "2027-01-10", "2026-11-20"};
    for (int n = 1; n <= 2; n++) /* the third owns the review and stays */
        ck_assert(db_run(world.db, &e, "update people_versions set left_on = nullif(?2, ''), delegate = nullif(?3, ''), away_from = '2026-11-01', away_until = ?4 where id = ?1 and to_leaf is null",
                         A(arena_printf(world.arena, "P-%04d", n)), A(roll(3) ? "" : left[roll(3)]), A(anybody(true)), A(until[roll(3)])));
    for (int n = 1; n <= 3; n++)
        ck_assert(db_run(world.db, &e, "update access_lines_versions set state = ?2, reviewer = ?3, delegate = nullif(?4, ''), person = nullif(?5, ''), granted_by = nullif(?6, '') where id = ?1 and to_leaf is null",
                         A(arena_printf(world.arena, "AL-%04d", n)), A(states[roll(3)]), A(anybody(false)), A(roll(2) ? STR("") : anybody(true)), A(roll(2) ? STR("") : anybody(true)),
                         A(roll(2) ? STR("") : anybody(true))));
    ck_assert(db_run(world.db, &e, "delete from record_tally where type = 'access_line'"));
    ck_assert(db_run(world.db, &e,
                     "insert into record_tally select 'access_line', review, state, system, ifnull(reviewer, ''), ifnull(delegate, ''), ifnull(flags, ''), count(*) from access_lines group by 2, 3, 4, 5, 6, 7"));
}

static bool hands_match(const struct access_work *work, const char *sql, const char *why)
{
    size_t n = 0;
    DB_EACH (row, world.db, &e, db_known(world.db, str_of(sql)), A("2026-12-01")) {
        if (n >= work->count || !str_is(work->changes[n].transition, "hand_over") || !str_equal(work->changes[n].id, db_text(row, 0)) || (why && !str_is(work->changes[n].why, why)))
            return false;
        n++;
    }
    return n > 0 && n == work->count;
}

START_TEST(lines_that_change_hands_are_those_that_looking_at_each_line_finds)
{
    int64_t today = day(2026, 12, 1);
    int stood_in = 0, away = 0;
    begin();
    reviewed("{\"title\":\"x\",\"systems\":[\"SYS-0001\"],\"owner\":\"P-0003\",\"reviewer\":\"P-0001\",\"due_on\":\"2026-12-31\"}", today);
    seed = 3;
    for (int n = 0; n < 30; n++) {
        struct access_work work;
        lines_shuffle();
        ck_assert_msg(access_due(world.db, &env_system, world.arena, today, &work, &e), "%s", e.text);
        int64_t slow = 0;
        DB_EACH (row, world.db, &e, db_known(world.db, str_of(slow_stand_in)), A("2026-12-01"))
            slow++;
        /* Whom nobody may take over stays where it is: those alone may be missing. */
        if (slow && work.count && str_is(work.changes[0].transition, "hand_over") && !str_is(work.changes[0].why, "the reviewer is away"))
            stood_in += hands_match(&work, slow_stand_in, NULL) || (int64_t)work.count < slow;
        else if (!slow && work.count && str_is(work.changes[0].transition, "hand_over")) {
            ck_assert(hands_match(&work, slow_away, "the reviewer is away"));
            away++;
        } else if (!slow) {
            DB_EACH (row, world.db, &e, db_known(world.db, str_of(slow_away)), A("2026-12-01"))
                ck_abort_msg("%.*s was not found", STR_ARGS(db_text(row, 0)));
        }
    }
    ck_assert_int_gt(stood_in, 5);
    ck_assert_int_gt(away, 1);
    records_release(&world);
}
END_TEST

/* More accounts than one operation takes: broken off after the first, the list is nobody's ground; brought again, it is whole. */
START_TEST(a_list_of_many_accounts_counts_when_all_of_it_is_read_and_is_taken_up_where_it_broke_off)
{
    enum { MANY = EXTRACT_OP_CHANGES_MAX + 40 };
    int64_t today = day(2026, 12, 1);
    struct err why = {0};
    struct buf BUF_AUTO csv;
    begin();
    buf_init(&csv, 1 << 20);
    buf_cstr(&csv, "User\n");
    for (int i = 0; i < MANY; i++)
        buf_printf(&csv, "u%05d\n", i);
    fail_after = 1;
    ck_assert(!extract_take(buf_view(&csv).data, today, &why));
    ck_assert_msg(strstr(why.text, "bring the file again"), "%s", why.text);
    ck_assert_str_eq(text_of("select state from account_extracts"), "reading");
    records_create(&world, "access_review", "{\"title\":\"x\",\"systems\":[\"SYS-0001\"],\"owner\":\"P-0003\",\"reviewer\":\"P-0001\",\"due_on\":\"2026-12-31\"}");
    fail_after = -1;
    advance(today);
    ck_assert_str_eq(text_of("select state from access_reviews"), "preparing");
    ck_assert_int_eq(count_of("select count(*) from access_lines"), 0);
    why = (struct err){0};
    ck_assert_msg(extract_take(buf_view(&csv).data, today, &why), "%s", why.text);
    ck_assert_int_eq(count_of("select count(*) from account_extracts where state = 'withdrawn'"), 1);
    ck_assert_int_eq(count_of("select added from account_extracts where state = 'taken'"), 41); /* the first operation made the list and one account fewer than it takes */
    ck_assert_int_eq(count_of("select count(*) from system_accounts where state = 'present'"), MANY);
    /* The lines come in two operations: between them the review is still being prepared. */
    fail_after = 1;
    size_t done;
    ck_assert(!access_advance(world.db, &env_system, today, take, NULL, &done, &why));
    ck_assert_str_eq(text_of("select state from access_reviews"), "preparing");
    ck_assert_int_eq(count_of("select count(*) from access_lines"), EXTRACT_OP_CHANGES_MAX);
    fail_after = -1;
    advance(today);
    ck_assert_str_eq(text_of("select state from access_reviews"), "open");
    ck_assert_int_eq(count_of("select count(*) from access_lines"), MANY);
    records_release(&world);
}
END_TEST

START_TEST(today_is_the_day_where_the_organisation_is)
{
    int64_t noon_ms = day(2026, 12, 1) * MS_DAY + 12 * MS_HOUR;
    int hour;
    int64_t today;
    begin();
    ck_assert_int_eq(local_day(world.db, noon_ms), day(2026, 12, 1));
    const char *id = records_create(&world, "organisation", "{\"name\":\"Example\",\"time_zone\":\"Pacific/Kiritimati\"}");
    ck_assert_int_eq(local_day(world.db, noon_ms), day(2026, 12, 2));
    struct record_change c = {.type = STR("organisation"), .id = str_of(id), .act = RECORD_CHANGE, .version = 1, .set = records_json(&world, "{\"time_zone\":\"Pacific/Pago_Pago\"}")};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    ck_assert(local_date(world.db, noon_ms - 2 * MS_HOUR, &today, &hour, &e));
    ck_assert_int_eq(today, day(2026, 11, 30));
    ck_assert_int_eq(hour, 23);
    records_release(&world);
}
END_TEST

TEST_MAIN("access_review", today_is_the_day_where_the_organisation_is, a_review_opens_by_itself_before_its_performance_is_due_and_only_once, a_review_that_is_late_is_a_deviation_of_its_performance_and_still_ends,
          lines_of_a_reviewer_who_leaves_go_to_a_stand_in_who_may_decide_them, a_line_that_was_handed_to_its_own_person_goes_on_to_somebody_else,
          lines_that_change_hands_are_those_that_looking_at_each_line_finds, a_list_of_many_accounts_counts_when_all_of_it_is_read_and_is_taken_up_where_it_broke_off)
