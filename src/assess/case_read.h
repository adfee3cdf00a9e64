/* case_read.h - fields of a worked case, read strictly: each error says where. */
#ifndef ASSESS_CASE_READ_H
#define ASSESS_CASE_READ_H

#include "assess/evaluate.h"
#include "base/err.h"
#include "base/json.h"
#include "content/yaml.h"
#include "os/zone.h"

struct named_zone {
    struct str name;
    struct zone *zone;
    struct named_zone *next;
};

struct case_reader {
    struct arena *a;
    const char *file;
    struct json *notes; /* array of texts */
    struct err *e;      /* the first error stays */
    struct zone *zone;  /* the engagement's clock; NULL: UTC */
    struct named_zone *zones; /* those that were opened */
};

bool case_fault(struct case_reader *r, const struct yaml *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* NULL: absent, or written as null. */
const struct yaml *case_get(const struct yaml *map, const char *key);
/* The first of several names, separated by blanks, that is there. */
const struct yaml *case_get_any(const struct yaml *map, const char *keys);
/* Notes every member of a map that is none of `known` (separated by blanks). */
void case_known(struct case_reader *r, const struct yaml *map, const char *known);

/* Each leaves *ret alone when the field is absent. False: the field is there and malformed. */
bool case_int(struct case_reader *r, const struct yaml *map, const char *key, int64_t *ret);
bool case_number(struct case_reader *r, const struct yaml *map, const char *key, double *ret);
bool case_bool(struct case_reader *r, const struct yaml *map, const char *keys, bool *ret);
bool case_day(struct case_reader *r, const struct yaml *map, const char *keys, int64_t *ret);
/* What the engagement's clock shows then. A date alone stands for the end of its day where `is_end`, else for its beginning. */
bool case_local(struct case_reader *r, const struct yaml *map, const char *keys, bool is_end, int64_t *ret);
/* The instant itself; *ret_is_date (may be NULL) says whether it was a date. */
bool case_instant(struct case_reader *r, const struct yaml *map, const char *keys, bool is_end, int64_t *ret, bool *ret_is_date);
bool case_day_of(struct case_reader *r, const struct yaml *at, int64_t *ret);
bool case_instant_of(struct case_reader *r, const struct yaml *at, bool is_end, int64_t *ret, bool *ret_is_date);
/* The name of a zone; leaves r->zone alone where it is absent. */
bool case_zone(struct case_reader *r, const struct yaml *map);
/* A list of maps. */
bool case_maps(struct case_reader *r, const struct yaml *map, const char *keys, const struct yaml **ret);
/* A map of any names. */
bool case_map(struct case_reader *r, const struct yaml *map, const char *key, const struct yaml **ret);
/* Notes a word that is none of the known ones, and what comes of it. */
void case_word_note(struct case_reader *r, const struct yaml *v, const char *key, struct str word, const char *effect);
/* A word; a note where it is none of `known` (separated by blanks). */
bool case_word(struct case_reader *r, const struct yaml *map, const char *key, const char *known);
bool case_list(struct case_reader *r, const struct yaml *map, const char *keys, const struct yaml **ret);

#endif
