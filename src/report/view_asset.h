/*
 * view_asset.h - view models of the room Assets and data: the register, data stores against the duties of their class, encryption by medium, and what the
 * collector sees that nobody registered (and the reverse). As in view.h and view_record.h.
 *
 *   STORE  {"id","title","url","class","class_words","owner":{"id","name"},"region","is_in","status","status_words","kept":N,
 *           "broken":[{"id","label","why"}],"unknown":[{"id","label","why"}]}
 *   CLASS  {"id","label","words","examples":[text],"duties":[{"id","label","words"}],"count":N}
 */
#ifndef REPORT_VIEW_ASSET_H
#define REPORT_VIEW_ASSET_H

#include "report/view_record.h"

enum { ASSETS_PER_PAGE = 50, ASSETS_SHOWN_MAX = 200, STORES_PER_PAGE = 30 };

/* LIST of {"id","title","url","kind","kind_words","environment","class","class_words","owner","is_in","state":STATE,"status","status_words","problems":[text],
 *   "subject","seen":TIME (of a host's newest run)}; groups: kinds;
 * "sums":{"in_use","in_scope","unowned","unclassed","retired"},"suggestions":null (the tab counts them),"may_create" */
struct json *view_assets(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e);
/* LIST of STORE, what is wrong first; "sums":{"total","broken","unknown","kept"},"classes":[CLASS],"class":"one that is shown alone, or \"\"","may_create" */
struct json *view_asset_stores(struct view *v, const struct view_records *r, const struct view_filter *filter, struct str class, struct err *e);
/* {"mediums":[{"id","label"}],"rows":[{"class","label","cells":[{"medium","covered","clear","unknown","none","total","status","url","is_current"}]}],
 *  "list":null|{"class_words","medium_words","rows":[{"id","title","url","status","status_words","why"}]},
 *  "hosts":[{"subject","name","url","status","status_words","encrypted":N,"clear":[mount points],"tls":[ports],"plain":[ports],"unknown":[ports]}],"total"} */
struct json *view_asset_encryption(struct view *v, const struct view_records *r, struct str class, struct str medium, struct err *e);
/* {"seen":[{"key","name","kind","kind_words","type":"asset"|"data_store","type_words","why","url"}],
 *  "unseen":[{"id","title","url","kind_words","owner","why"}],"days":30,"may_create","hosts":N} */
struct json *view_asset_suggestions(struct view *v, const struct view_records *r, struct err *e);
/* "seen" of the above alone. */
struct json *asset_suggestions(struct view *v, const struct view_records *r, struct err *e);

#endif
