#include "base/test.h"
#include "base/times.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static bool move(const char *type, const char *id, int64_t version, const char *transition, const char *set)
{
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = RECORD_MOVE, .version = version, .transition = str_of(transition), .set = records_json(&w, set)};
    e = (struct err){0};
    return records_do_all(&w, &c, 1, &e);
}

START_TEST(every_condition_of_a_built_in_step_can_be_asked)
{
    size_t count = 0;
    records_init(&w);
    for (size_t i = 0; i < content_record_type_count; i++)
        for (size_t k = 0; k < content_record_types[i].transition_count; k++) {
            const struct record_transition *x = &content_record_types[i].transitions[k];
            for (size_t n = 0; n < x->rule_count; n++, count++) {
                struct str sql = arena_printf(w.arena, "select (%s) from %s_versions r", x->rules[n].sql, content_record_types[i].table);
                struct err failed = {0};
                db_one_int(w.db, &failed, 0, db_known(w.db, sql));
                ck_assert_msg(!failed.code, "%s.%s: %s", content_record_types[i].id, x->id, failed.text);
                ck_assert(x->rules[n].why[0]);
            }
        }
    ck_assert_uint_gt(count, 5);
    records_release(&w);
}
END_TEST

START_TEST(a_step_whose_condition_does_not_hold_is_refused_with_its_reason)
{
    records_init(&w);
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "risk", "{\"title\":\"One\",\"category\":\"fraud\"}");
    records_create(&w, "risk_treatment", "{\"title\":\"Two\",\"risk\":\"R-0001\",\"plan\":\"x\",\"owner\":\"P-0001\",\"due_on\":\"2020-01-01\"}");
    ck_assert(!move("risk_treatment", "TRT-0001", 1, "begin", "{}"));
    ck_assert_msg(strstr(e.text, "the day by which it is done lies ahead"), "%s", e.text);
    records_release(&w);
}
END_TEST

START_TEST(what_the_step_itself_sets_counts)
{
    records_init(&w);
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "risk", "{\"title\":\"One\",\"category\":\"fraud\"}");
    records_create(&w, "risk_treatment", "{\"title\":\"Two\",\"risk\":\"R-0001\",\"plan\":\"x\",\"owner\":\"P-0001\",\"due_on\":\"2020-01-01\"}");
    ck_assert_msg(move("risk_treatment", "TRT-0001", 1, "begin", "{\"due_on\":\"2999-01-01\"}"), "%s", e.text);
    records_release(&w);
}
END_TEST

START_TEST(the_day_of_a_condition_is_that_of_the_organisation)
{
    /* Somewhere it is a day later than in Greenwich from 10:00 on, elsewhere a day earlier until 12:00: at any time one of the two differs. */
    records_init(&w);
    int64_t now_ms = env_now_ms(&env_system);
    bool is_ahead = now_ms % MS_DAY >= 10 * MS_HOUR;
    char yesterday[TIME_TEXT_SIZE], today[TIME_TEXT_SIZE];
    records_create(&w, "organisation", arena_printf(w.arena, "{\"name\":\"One\",\"time_zone\":\"%s\"}", is_ahead ? "Pacific/Kiritimati" : "Etc/GMT+12").data);
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "risk", "{\"title\":\"One\",\"category\":\"fraud\"}");
    time_format_date(now_ms, today);
    time_format_date(now_ms - MS_DAY, yesterday);
    records_create(&w, "risk_treatment", arena_printf(w.arena, "{\"title\":\"Two\",\"risk\":\"R-0001\",\"plan\":\"x\",\"owner\":\"P-0001\",\"due_on\":\"%s\"}", is_ahead ? today : yesterday).data);
    bool is_moved = move("risk_treatment", "TRT-0001", 1, "begin", "{}");
    ck_assert_msg(is_moved != is_ahead, "%s", e.text); /* today is over where the day began earlier; yesterday is not where it has not ended */
    records_release(&w);
}
END_TEST

TEST_MAIN("rule", every_condition_of_a_built_in_step_can_be_asked, a_step_whose_condition_does_not_hold_is_refused_with_its_reason, what_the_step_itself_sets_counts,
          the_day_of_a_condition_is_that_of_the_organisation)
