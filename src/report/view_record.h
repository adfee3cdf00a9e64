/*
 * view_record.h - view models of records: what people type, generic over their types (content/record_type.h).
 *
 * As in view.h: JSON trees in the view's arena, as of the view's instant. Everything is what `records->access` may read. Further parts:
 *   STATE   {"id":"open","label":"Open","words","status":"fail" or "","status_words":"Open","is_end":false}
 *   ACTOR   {"id":"account:7f...","name":"Ada Field"}
 *   CELL    a value as people read it: {"kind","text",...}; kind is one of
 *           "none" · "text" · "number" · "prose" (Markdown) · "status" (and "status","status_words") · "time" (and "time":TIME) ·
 *           "link" (and "url") · "links" (and "items":[{"text","url"}]) · "files" (and "items":[{"text","url","size","media"}])
 *   RECORD  {"type":"gap","id":"GAP-0001","title","url","version":3,"etag":"\"3\"","state":STATE,"values":{field: as record_type.h says},
 *            "created":{"at":TIME,"by":ACTOR,"leaf":N},"changed":{"at":TIME,"by":ACTOR,"leaf":N},"is_deleted":false}
 *   TYPE    {"id","label","labels","words","room","room_words","url"}
 */
#ifndef REPORT_VIEW_RECORD_H
#define REPORT_VIEW_RECORD_H

#include "record/record.h"
#include "report/view.h"

enum {
    VIEW_CHOICES_MAX = 200,      /* records that a form offers in one list; more: their ids are typed, and suggested */
    VIEW_RELATED_MAX = 20,       /* of one type and field */
    VIEW_BOARD_MAX = 200,        /* cards of one column */
    VIEW_CALENDAR_MAX = 500,     /* entries of one month */
    VIEW_FOUND_MAX = 1000        /* hits of a search that are looked at, the newest */
};

/* What the views of records need beside the view itself. */
struct view_records {
    struct record_types *types;
    const struct access *access;
    struct str at; /* address of the record whose cells are made: files lie below it */
};

/* The rooms that have types one may read, in the order of the navigation:
 * {"title","as_of","nav","rooms":[{"id":"gaps","label":"Gaps","words","types":[{TYPE, "count":12 (open),"columns":[..]}]}]} */
struct json *view_record_types(struct view *v, const struct view_records *r, struct err *e);
/* Appends {"id","label","url","icon","count"} for each room to `list`: the navigation. */
void view_record_rooms(struct view *v, const struct view_records *r, struct json *list);
/* The definition: {TYPE, "version","digest","natural","fields":[{"id","label","words","group","type","required",...}],"states":[STATE],
 * "transitions":[{"id","label","from","to","who","requires","not_by","quorum","needs_reason","needs_step_up"}],"may":{...},"columns","filters"} */
struct json *view_record_type(struct view *v, const struct view_records *r, const struct record_type *t);

/* is_page: with what only the page shows: "nav", "tabs", "cells".
 * {"title":"Gaps","as_of","type":TYPE,"rows":[RECORD + "cells":[CELL + "column"]],"total","page","pages","per_page",
 *  "states":[STATE + "count"],"columns":[{"id","label","is_number","is_sortable"}],
 *  "filters":[{"id","label","choices":[{"id","label"}],"is_typed":too many to choose from}],"may_create":true,"why_not_create":"","tabs":[TYPE + "is_current"],
 *  "has_board","has_calendar","query":{"q","state","where","sort"}} */
struct json *view_record_list(struct view *v, const struct view_records *r, const struct record_type *t, const struct record_query *q,
                              bool is_page, struct err *e);
/* {"title","as_of","type":TYPE,"field":"state","columns":[{"id","label","status","total","cards":[RECORD + "owner":CELL,"due":CELL]}]} */
struct json *view_record_board(struct view *v, const struct view_records *r, const struct record_type *t, const struct record_query *q,
                               struct err *e);
/* month: "2026-11". {"title","type":TYPE,"field","month","month_words","before","after","weeks":[[{"date","day","is_other","is_today",
 * "items":[{"id","title","url","state":STATE}]}x7]],"undated":N} */
struct json *view_record_calendar(struct view *v, const struct view_records *r, const struct record_type *t, const struct record_query *q,
                                  struct str month, struct err *e);

/* RECORD, and for the page (is_page):
 * {"title","as_of","nav","name","type":TYPE,"words",
 *  "next":[{"id","label","to":STATE,"is_allowed","why_not","needs_reason","needs_step_up","missing":[{"id","label"}]}],
 *  "may_change","why_not_change","may_delete","why_not_delete","may_undo",
 *  "groups":[{"label","fields":[{"id","label","words","cell":CELL}]}],
 *  "referrers":[{"type","id","title","url","field"}],"open_referrers":[…],"asks_sure": what is in the way of deleting it, or of its end,
 *  "related":[{"type":TYPE,"field":"Owner","total":N,"url","rows":[{"id","title","url","state":STATE}]}],
 *  "history":[as view_record_history]} */
struct json *view_record(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, bool is_page, struct err *e);
/* [{"leaf","at":TIME,"version","act","act_words":"Changed","transition","actor":ACTOR,"from":STATE|null,"to":STATE|null,"why",
 *   "diff":[{"field","label","old":CELL,"new":CELL}],"url":"/ledger/12","receipt":"/receipts/12" of an approval or ""}], newest first */
struct json *view_record_history(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, struct err *e);

/* What was typed: {field: text or [texts]}; NULL: show what is stored, or the defaults. */
struct view_typed {
    const struct json *values;
    const struct json *problems; /* of record_check */
    struct str why;              /* the reason as typed */
};
/* record NULL: a new one. {"title","as_of","nav","type":TYPE,"is_new","id","version","base":leaf,"id_is_given","why","problems":[{"field","label","why"}],
 *  "groups":[{"label","fields":[{"id","label","words","input":"text|textarea|number|money|date|instant|duration|select|checks|ids|files",
 *    "value":"as typed","choices":[{"id","label","words","is_chosen"}],"required","problem":"","max":N,"min","step","accept","hint","files":[CELL items]}]}]} */
struct json *view_record_form(struct view *v, const struct view_records *r, const struct record_type *t, const struct record *record,
                              const struct view_typed *typed, struct err *e);
/* What is done with several records at once: {"title","as_of","nav","type":TYPE,"groups": of the one field that is set, or none} */
struct json *view_record_bulk(struct view *v, const struct view_records *r, const struct record_type *t, struct str title, const struct record_field *field,
                              const struct view_typed *typed, struct err *e);
/* Two changed one record: what it was, is and should become. mine: typed values as record_check left them.
 * {"title","type":TYPE,"id","version","base","by":ACTOR,"at":TIME,"fields":[{"id","label","was":CELL,"theirs":CELL,"mine":CELL,
 *  "is_both":true,"typed":[text]}]}: fields that I changed, and those that they did */
struct json *view_record_conflict(struct view *v, const struct view_records *r, const struct record *base, const struct record *theirs,
                                  const struct json *mine, struct err *e);

/* Records whose texts have the words, of all types one may read: appends {"id","title","kind":"Gap","url"} to `list`, at most `max` of a type.
 * ret_total: how many there are, of the newest VIEW_FOUND_MAX. */
bool view_record_search(struct view *v, const struct view_records *r, struct str words, int64_t max, struct json *list, int64_t *ret_total, struct err *e) MUST_USE;

/* Of evidence, the member "evidence" of its page: {"is_checked","checked":TIME,"checked_leaf","problems","unknowns","passes","received":TIME,"is_accepted",
 *  "expires":null|{"on","is_said","status","status_words"},"checks":[CHECK of the whole],
 *  "files":[{"name","x","size","digest","leaf","proof","url","download","media","words","checks":[CHECK]}]}
 * CHECK = {"check","label","result":"pass"|"problem"|"unknown","status","status_words","why"} */
bool view_evidence_put(struct view *v, struct json *page, const struct record *r, struct err *e) MUST_USE;
/* One file of it: {"title","id","record_title","record_url","name","x","size","digest","commitment","leaf","proof","download","raw","media","words","is_inert",
 *  "unreadable","kind":"text"|"table"|"image"|"pdf"|"none","text","columns":[text],"rows":[[text]],"is_cut","file_checks":[CHECK],"evidence":as above} */
struct json *view_evidence_file(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, struct str x, struct err *e);

struct json *view_record_json(struct view *v, struct record *record);
struct json *view_record_cell(struct view *v, const struct view_records *r, const struct record_field *f, const struct json *value, bool is_long);
/* The value as it is typed into a form; record_check reads it back to the same value. */
struct str view_record_typed(struct view *v, const struct record_field *f, const struct json *value);
/* Values are the same, whatever their nodes are. NULL is null. */
bool view_record_equal(const struct json *a, const struct json *b);

/* For pages whose queries are about now: with ?at= they answer for then. Nothing where the page is about now. */
bool view_records_as_of(struct view *v, const struct view_records *r, struct err *e) MUST_USE;

#endif
