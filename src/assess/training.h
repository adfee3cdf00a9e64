/*
 * training.h - courses in force, quizzes drawn from their pools, and who is to take which course.
 *
 * A quiz follows from the course's text and a seed: which questions are drawn, without repeats, and in which order the answers of each stand. So the draw can
 * be made again by whoever doubts it, and the right answers need not leave the server before they were asked for. The seed is 32 hex digits of randomness.
 *
 *     struct quiz quiz;
 *     quiz_draw(arena, course, seed, &quiz);
 *     quiz.items[0].question, quiz.items[0].order[place] == 0    // the right answer stands at that place
 */
#ifndef ASSESS_TRAINING_H
#define ASSESS_TRAINING_H

#include "assess/calendar.h"
#include "content/course.h"
#include "record/record.h"

#define TRAINING_ACTOR "system:training"

enum { TRAINING_CHANGES_MAX = RECORD_CHANGES_MAX - 1, TRAINING_SEED_SIZE = 33, TRAINING_GRACE_DAYS = 7 };

struct course_in_force {
    struct str id, title;
    struct str json; /* of the library; empty: an own one */
    struct str yaml; /* of an own one */
    char digest[65]; /* SHA-256 of what was written: the JSON of the library's, the text of an own one */
    bool is_own;
    int64_t leaf;    /* of the own one's record */
};
/* All that can be taken: the library's, those of the organisation that are published, by title. An own one takes the place of the library's of the same id. */
bool courses_in_force(struct db *db, struct arena *a, struct course_in_force **ret, size_t *ret_count, struct err *e) MUST_USE;
/* ERR_NOT_FOUND. ret_course may be NULL where the text is not needed. */
bool course_in_force(struct db *db, struct arena *a, struct str id, struct course_in_force *ret, const struct course **ret_course, struct err *e) MUST_USE;

/* ---- the quiz ---- */

struct quiz {
    struct {
        size_t question;                       /* of the pool */
        size_t answers;                        /* how many stand there */
        uint8_t order[1 + COURSE_WRONG_MAX];   /* by place: 0 the right one, n the n-th wrong one */
    } *items;
    size_t count;
};
bool quiz_draw(struct arena *a, const struct course *c, struct str seed, struct quiz *ret, struct err *e) MUST_USE;
/* chosen: for each item the place of the answer, -1 none. Returns how many are right; ret_text: "q03+ q17-2 …": behind a wrong
 * one the place that was chosen. */
size_t quiz_score(struct arena *a, const struct course *c, const struct quiz *q, const int *chosen, struct str *ret_text);
/* Rounded down: 80 % are reached by 16 of 20 and not by 15.9. */
int quiz_percent(size_t right, size_t asked);

/* ---- who is to take it ---- */

/* The assignments that a campaign that runs lacks today: nobody has two open ones of a course, or one while their completion counts. `ret` has at most
 * TRAINING_CHANGES_MAX; ask again when it is full. */
bool campaign_missing(struct db *db, struct arena *a, struct str campaign, int64_t today, struct record_change **ret, size_t *ret_count, struct err *e) MUST_USE;
/* How many it is for, by its own rule: active people of its audience. */
int64_t campaign_audience(struct db *db, struct arena *a, struct str campaign, int64_t today, struct err *e);

struct training_work {
    struct str key; /* "training/CAMP-0001/20400/12": belongs to it for ever */
    struct record_change *changes;
    size_t count;
};
/* The next operation that follows by itself: newcomers, renewals, those who left, and managers who are to be told. count 0: nothing is due. */
bool training_due(struct db *db, struct arena *a, int64_t today, struct training_work *ret, struct err *e) MUST_USE;

#endif
