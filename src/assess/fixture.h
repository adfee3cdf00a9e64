/*
 * fixture.h - tables from JSON, for tests and worked cases: {"users":[{"username":"root","uid":0}, ...], "table_status":[...]}.
 *
 * Columns that a row leaves out are null; a column or table that the schema does not have is ERR_INVALID. Booleans are 0 and 1; a
 * text for a COLUMN_TIME is read as an instant ("2026-01-01", RFC 3339, "now-3d").
 */
#ifndef ASSESS_FIXTURE_H
#define ASSESS_FIXTURE_H

#include "base/json.h"
#include "table/vtab.h"

typedef const struct table_schema *fixture_schema_find(struct str name);

/* A provider over rows that stay in memory; `subject` shows in the hidden column. */
struct table_provider fixture_provider(struct arena *a, const struct rows *rows, struct str subject, int64_t taken_at_ms);
/* One provider for each name in `wanted` (empty where `tables` does not have it), and table_status. */
bool fixture_tables(struct arena *a, const struct json *tables, const char *const *wanted, size_t wanted_count,
                    fixture_schema_find *find, struct str subject, int64_t now_ms, struct table_provider **ret, size_t *ret_count,
                    struct err *e) MUST_USE;

#endif
