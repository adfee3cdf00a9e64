/*
 * view_training.h - courses, campaigns, who is how far, and taking a course. Parts as in view.h; LINK has id, title and url.
 *   PROGRESS {"people","completed","open","overdue","share":0.25}
 *   COURSE   {"id","name","words","audience","lessons","questions","drawn","pass_percent","minutes","is_own","digest","url",PROGRESS}
 *   CAMPAIGN {"id","name","state","state_words","status","course":LINK,"audience_words","due","is_standing","owner":{"id","name"}|null,"url",PROGRESS}
 * What concerns one person is asked for with that person's id and shows nothing of others. Right answers stand in no view before the quiz was handed in.
 */
#ifndef REPORT_VIEW_TRAINING_H
#define REPORT_VIEW_TRAINING_H

#include "assess/training.h"
#include "report/view_record.h"

/* {"title","as_of","nav","courses":[COURSE],"campaigns":[CAMPAIGN],"sum":{"overdue","open","completed"},"problems":[{"id","why"}]: own courses that cannot be read} */
struct json *view_training(struct view *v, struct err *e);
/* COURSE with "title","as_of","nav","lesson_list":[{"id","title","minutes","diagram"}],"pool":[{"id","text","lesson"}],"policies":[LINK],"controls":[LINK],
 * "completions":[{"id","person","score","finished":TIME,"url"}..50] */
struct json *view_course(struct view *v, struct str id, struct err *e);
/* CAMPAIGN with "title","as_of","nav","version","would_assign", and a LIST of {"id","person":{"id","name"},"manager","status","status_words","due","lessons","lessons_all",
 * "attempts","score","days_late","url"}; f->status: "pass" completed, "unknown" open, "fail" overdue */
struct json *view_campaign(struct view *v, struct str id, const struct view_filter *f, struct err *e);
/* LIST of what is overdue, by manager: {"manager":{"id","name"},"person":{"id","name"},"course":LINK,"due","days_late","campaign","status","status_words"};
 * "managers":[{"id","name","count"}]; f->group: a manager */
struct json *view_training_overdue(struct view *v, const struct view_filter *f, struct err *e);

/* ---- one's own ---- */

/* {"title","as_of","nav","person","open":[{"course":LINK,"due","status","status_words","when","lessons_read","lessons"}],"others":[LINK + "words","minutes"],
 * "completions":[{"id","title","score","finished":TIME,"expires","pdf"}]} */
struct json *view_my_training(struct view *v, struct str person, struct err *e);

/* How far somebody is in a course. */
struct taking {
    struct course_in_force in_force;
    const struct course *course;
    struct record *assignment; /* the open one; NULL: none */
    int64_t lessons_read, attempts, attempts_max;
    bool is_changed; /* its text is another one than the one that was begun: from the start */
    struct str seed; /* of a quiz that waits for answers; "" none */
};
bool taking_read(struct view *v, struct record_types *types, struct str person, struct str course, struct taking *ret, struct err *e) MUST_USE;
/* {"title","as_of","nav","id","name","words","minutes","due","lessons":[{"n","id","title","minutes","is_read","is_next","url"}],"next":url,"is_ready":all are read,
 * "has_quiz","drawn","pass_percent","attempts","attempts_max","last_score" or -1,"has_result","completions":[…]} */
struct json *view_my_course(struct view *v, const struct taking *t, struct str person, struct err *e);
/* {"title","as_of","nav","course":LINK,"n","count","name","minutes","text","diagram","before":url,"is_read","is_last","url"} */
struct json *view_lesson(struct view *v, const struct taking *t, struct str lesson, struct err *e);
/* {"title","as_of","nav","course":LINK,"seed","pass_percent","questions":[{"n","text","is_missing","answers":[{"place","text","is_chosen"}]}],"missing"} */
struct json *view_quiz(struct view *v, const struct taking *t, const int *chosen, struct err *e);
/* The newest quiz that was handed in: {"title","as_of","nav","course":LINK,"is_passed","score","right","asked","pass_percent","certificate":url or "",
 * "questions":[{"n","text","is_right","chosen":"" or what was chosen,"right","why"}],"must_read_again"} */
struct json *view_result(struct view *v, const struct taking *t, struct str person, struct err *e);

/* A certificate as a document for print/print.h, from the completion's leaf and values. */
struct json *certificate_document(struct view *v, const struct record *completion, struct err *e);

#endif
