/*
 * classification.h - what has to be done for data of a class, and which of it is done, broken, or unknown. Pure: plain data in and out.
 *
 * A class has duties (content/classification.yaml; a higher class has all of the one below). A duty is kept only by a fact that says so: what nobody
 * has said is unknown, and unknown is never kept. Where the class itself is unknown, no duty is kept.
 */
#ifndef ASSESS_CLASSIFICATION_H
#define ASSESS_CLASSIFICATION_H

#include "base/err.h"
#include "base/json.h"

enum data_class { CLASS_UNKNOWN, CLASS_PUBLIC, CLASS_INTERNAL, CLASS_CONFIDENTIAL, CLASS_RESTRICTED };
enum { CLASSES = CLASS_RESTRICTED };

/* The order of content/classification.yaml. */
enum medium { MEDIUM_DISK, MEDIUM_DATABASE, MEDIUM_BACKUP, MEDIUM_EMAIL, MEDIUM_FILES, MEDIUM_TRANSIT };
enum { MEDIUMS = MEDIUM_TRANSIT + 1, MEDIUMS_AT_REST = MEDIUM_TRANSIT };

enum duty_kind { DUTY_OWNER, DUTY_CLASS_FITS, DUTY_AI, DUTY_AT_REST, DUTY_IN_TRANSIT, DUTY_MASKING, DUTY_TRANSFER, DUTY_RETENTION, DUTY_DISPOSAL, DUTY_BACKUP,
                 DUTY_ACCESS, DUTY_LOGGED };
enum { DUTIES = DUTY_LOGGED + 1 };

enum fact { FACT_UNKNOWN, FACT_YES, FACT_NO, FACT_NONE /* there is no such thing here: no such medium, no copies, never handed out */ };

struct store_facts {
    enum data_class class;
    enum fact owner, personal, special;
    enum fact encrypted[MEDIUMS]; /* as typed */
    enum fact seen[MEDIUMS];      /* as captures show it; FACT_UNKNOWN: they don't */
    enum fact retention, disposal, backup, access, logged, masking, transfer, ai;
};

enum verdict { VERDICT_KEPT, VERDICT_UNKNOWN, VERDICT_BROKEN };

struct judged {
    enum duty_kind duty;
    enum verdict verdict;
    const char *why; /* constant */
};

/* The duties of a class as bits (1 << duty); of CLASS_UNKNOWN: of the highest, since nothing less is known to suffice. */
struct classification {
    uint32_t duties[CLASSES + 1];
};
/* From content_classification_json. */
bool classification_read(const struct json *content, struct classification *ret, struct err *e) MUST_USE;
enum data_class classification_class(struct str id);
const char *classification_class_id(enum data_class class);
enum medium classification_medium(struct str id); /* MEDIUMS: there is none */
const char *classification_duty_id(enum duty_kind duty);

/* One medium: what is typed and what is seen, put together. Typed clear is clear; typed as encrypted and seen clear is unknown (what is below the host
 * may encrypt: it has to be shown); not typed and seen encrypted is encrypted; not typed and seen clear is unknown. */
enum fact store_encryption(const struct store_facts *f, enum medium m);
/* Returns how many. ret has room for DUTIES. */
size_t store_judge(const struct classification *c, const struct store_facts *f, struct judged *ret);

#endif
