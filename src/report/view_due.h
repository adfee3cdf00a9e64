/*
 * view_due.h - view models of what is due: My page, Tasks, Calendar and the feed for calendar programs. Parts as in view.h and view_record.h.
 *
 *   DUE  {"type":"task","type_label":"Task","id","title","url","state":STATE,"due":"2026-11-30","when":"3 days late","days":-3,
 *         "owner":{"id","name"},"status":"fail" (overdue) | "unknown" (within a week) | "skip" (later),"status_words":"Overdue","is_milestone"}; on My page also "is_other": somebody else's
 */
#ifndef REPORT_VIEW_DUE_H
#define REPORT_VIEW_DUE_H

#include "record/due.h"
#include "report/view_record.h"

enum { VIEW_DUE_WEEK = 7, VIEW_MY_MAX = 100, VIEW_DAY_MAX = 7, VIEW_DAY_REST_MAX = 20, VIEW_MESSAGES_MAX = 5, FEED_BACK_DAYS = 90, FEED_AHEAD_DAYS = 400, DUE_COUNT_MAX = 999 };

/* One's own short list. {"title":"My page","as_of","nav","person":{"id","name"} or null,"total":N,"overdue":N,
 *  "groups":[{"id":"overdue","label":"Overdue","rows":[DUE],"more":0}] (only those that have some),
 *  "decisions":[{"type_label","id","title","url","state":STATE,"steps":[text],"since":TIME}],"may_read":true} */
struct json *view_my(struct view *v, const struct view_records *r, struct err *e);
/* "messages":[{"id","title","text"}]: what is said to everybody or to this person's department on the view's day; "" hears what is said to everybody. */
bool view_put_messages(struct view *v, struct str person, struct json *page, struct err *e) MUST_USE;
/* All that is due of everybody. LIST of DUE; groups are types; f.status: "fail" overdue, "unknown" within a week, "skip" later.
 * person: of one alone ("none": of nobody). {"people":[{"id","name","count"}],"person":""} beside. Sorted by due; also title, type, owner. */
struct json *view_tasks(struct view *v, const struct view_records *r, const struct view_filter *f, struct str person, struct err *e);
/* month: "2026-11", empty: this one. {"title":"Calendar","as_of","nav","month","month_words","before","after","person","total":N,
 *  "weeks":[[{"date","day","is_other","is_today","is_free","holiday":"Christmas Day","items":[DUE],"rest":[DUE] (the first of those that are more),"more":0} x7]]} */
struct json *view_calendar(struct view *v, const struct view_records *r, struct str month, struct str person, struct err *e);
/* How many are overdue, counted to DUE_COUNT_MAX: of the person who asks, and of all. */
bool view_due_counts(struct view *v, const struct view_records *r, int64_t *ret_mine, int64_t *ret_all, struct err *e) MUST_USE;
/* Adds the days of the examination (window, as-of date) that lie in from..to, by day. */
bool due_add_milestones(struct view *v, const struct view_records *r, int64_t from, int64_t to, struct due_item **items, size_t *count, struct err *e) MUST_USE;
/* For the Overview. "due":{"overdue","week","more","rows":[DUE..6]} */
bool view_put_week(struct view *v, const struct view_records *r, struct json *page, struct err *e) MUST_USE;
/* "audit":{"report":"Type 2","words":"The window ends in 158 days","formula":"day 23 of 181","days","from","to","is_set","url"}; null: no organisation yet */
bool view_put_audit(struct view *v, struct json *page, struct err *e) MUST_USE;
/* RFC 5545: the person's open things that are due from FEED_BACK_DAYS ago to FEED_AHEAD_DAYS ahead; without a person those of everybody that
 * one may read. base_url: what stands before the pages' paths. */
bool view_feed(struct view *v, const struct view_records *r, struct str base_url, struct buf *out, struct err *e) MUST_USE;

/* Writes "NAME:value" with the value escaped as TEXT (is_text), folded at 75 octets between characters, and CR LF. Control characters are
 * left out, bytes that are no UTF-8 become U+FFFD. */
void ics_line(struct buf *out, const char *name, struct str value, bool is_text);

#endif
