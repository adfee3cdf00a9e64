#include "assess/classification.h"

static const char *const class_ids[] = {"", "public", "internal", "confidential", "restricted"};
static const char *const medium_ids[MEDIUMS] = {"disk", "database", "backup", "email", "files", "transit"};
static const char *const duty_ids[DUTIES] = {"owner",    "class_fits", "ai",        "at_rest",  "in_transit", "masking",
                                             "transfer", "retention",  "disposal", "backup", "access",     "logged"};

enum data_class classification_class(struct str id)
{
    for (int i = CLASS_PUBLIC; i <= CLASS_RESTRICTED; i++)
        if (str_is(id, class_ids[i]))
            return (enum data_class)i;
    return CLASS_UNKNOWN;
}

const char *classification_class_id(enum data_class class)
{
    return class_ids[class];
}

enum medium classification_medium(struct str id)
{
    int i = 0;
    while (i < MEDIUMS && !str_is(id, medium_ids[i]))
        i++;
    return (enum medium)i;
}

const char *classification_duty_id(enum duty_kind duty)
{
    return duty_ids[duty];
}

bool classification_read(const struct json *content, struct classification *ret, struct err *e)
{
    *ret = (struct classification){0};
    JSON_EACH (class, json_get(content, "classes")) {
        enum data_class k = classification_class(json_text(class, "id"));
        JSON_EACH (duty, json_get(class, "duties"))
            for (int i = 0; i < DUTIES; i++)
                if (str_is(duty->text, duty_ids[i]))
                    ret->duties[k] |= UINT32_C(1) << i;
    }
    for (int i = CLASS_PUBLIC; i <= CLASS_RESTRICTED; i++)
        if (ret->duties[i] == 0 || (i > CLASS_PUBLIC && (ret->duties[i - 1] & ~ret->duties[i])))
            return err_set(e, ERR_CORRUPT, "classification: %s lacks duties", class_ids[i]);
    ret->duties[CLASS_UNKNOWN] = ret->duties[CLASS_RESTRICTED];
    return true;
}

/* ---- one duty ---- */

enum fact store_encryption(const struct store_facts *f, enum medium m)
{
    enum fact typed = f->encrypted[m], seen = f->seen[m];
    return typed == FACT_NO || typed == FACT_NONE ? typed
           : seen == FACT_NO                      ? FACT_UNKNOWN
           : typed == FACT_YES || seen == FACT_YES ? FACT_YES
                                                   : FACT_UNKNOWN;
}

static struct judged plain(enum duty_kind duty, enum fact fact, const char *no, const char *unknown)
{
    return (struct judged){duty, fact == FACT_NO ? VERDICT_BROKEN : fact == FACT_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_KEPT,
                           fact == FACT_NO ? no : fact == FACT_UNKNOWN ? unknown : ""};
}

static struct judged at_rest(const struct store_facts *f)
{
    int clear = 0, unknown = 0, covered = 0, doubted = 0;
    for (int m = 0; m < MEDIUMS_AT_REST; m++) {
        enum fact fact = store_encryption(f, (enum medium)m);
        clear += fact == FACT_NO;
        unknown += fact == FACT_UNKNOWN;
        covered += fact == FACT_YES;
        doubted += fact == FACT_UNKNOWN && f->encrypted[m] == FACT_YES;
    }
    if (clear)
        return (struct judged){DUTY_AT_REST, VERDICT_BROKEN, "A medium that it lies on is not encrypted"};
    if (unknown)
        return (struct judged){DUTY_AT_REST, VERDICT_UNKNOWN,
                               doubted ? "Said to be encrypted, but its host shows no encryption: show the provider's or array's setting as evidence"
                                       : "Not said of every medium whether it is encrypted"};
    return covered ? (struct judged){DUTY_AT_REST, VERDICT_KEPT, ""} : (struct judged){DUTY_AT_REST, VERDICT_UNKNOWN, "It lies on no medium, as it is described"};
}

static struct judged class_fits(const struct store_facts *f)
{
    if (f->class == CLASS_UNKNOWN)
        return (struct judged){DUTY_CLASS_FITS, VERDICT_UNKNOWN, "It has no class yet"};
    if (f->special == FACT_YES && f->class < CLASS_RESTRICTED)
        return (struct judged){DUTY_CLASS_FITS, VERDICT_BROKEN, "Data of special protection is restricted"};
    if (f->personal == FACT_YES && f->class < CLASS_CONFIDENTIAL)
        return (struct judged){DUTY_CLASS_FITS, VERDICT_BROKEN, "Personal data is at least confidential"};
    bool may_be_too_low = (f->personal == FACT_UNKNOWN && f->class < CLASS_CONFIDENTIAL) || (f->special == FACT_UNKNOWN && f->class < CLASS_RESTRICTED);
    return may_be_too_low ? (struct judged){DUTY_CLASS_FITS, VERDICT_UNKNOWN, "Not said whether there is personal data, or data of special protection"}
                          : (struct judged){DUTY_CLASS_FITS, VERDICT_KEPT, ""};
}

static struct judged duty_judge(const struct store_facts *f, enum duty_kind duty)
{
    switch (duty) {
    case DUTY_OWNER:
        return plain(duty, f->owner == FACT_YES ? FACT_YES : FACT_NO, "Nobody owns it", "");
    case DUTY_CLASS_FITS:
        return class_fits(f);
    case DUTY_AT_REST:
        return at_rest(f);
    case DUTY_IN_TRANSIT:
        return plain(duty, store_encryption(f, MEDIUM_TRANSIT), "It leaves its host in clear text",
                     f->encrypted[MEDIUM_TRANSIT] == FACT_YES ? "Said to be encrypted, but its host listens for clear text" : "Not said whether it is encrypted on its way");
    case DUTY_AI:
        return plain(duty, f->ai, "It goes into any AI tool", "Not said whether it goes into AI tools");
    case DUTY_MASKING:
        return plain(duty, f->masking, "Real data lies outside production", "Not said whether there are copies outside production");
    case DUTY_TRANSFER:
        return plain(duty, f->transfer, "It is handed out by whatever is at hand", "Not said how it is handed out");
    case DUTY_RETENTION:
        return plain(duty, f->retention, "No end is set", "Not said how long it is kept");
    case DUTY_DISPOSAL:
        return plain(duty, f->disposal, "Nothing shows that it is deleted", "Not said how it is deleted");
    case DUTY_BACKUP:
        return plain(duty, f->backup, "No backup of it was ever restored as a test", "Not said whether it is backed up");
    case DUTY_ACCESS:
        return plain(duty, f->access == FACT_NONE ? FACT_NO : f->access, "More than named people get in", "Not said who gets in");
    case DUTY_LOGGED:
        return plain(duty, f->logged == FACT_NONE ? FACT_NO : f->logged, "Nobody sees who read what", "Not said whether access is logged");
    }
    return (struct judged){duty, VERDICT_UNKNOWN, ""};
}

size_t store_judge(const struct classification *c, const struct store_facts *f, struct judged *ret)
{
    size_t n = 0;
    for (int i = 0; i < DUTIES; i++) {
        if (!(c->duties[f->class] & UINT32_C(1) << i))
            continue;
        ret[n] = duty_judge(f, (enum duty_kind)i);
        if (f->class == CLASS_UNKNOWN && ret[n].verdict == VERDICT_KEPT) {
            ret[n].verdict = VERDICT_UNKNOWN;
            ret[n].why = "Its class is not known";
        } else if (f->class == CLASS_UNKNOWN && ret[n].verdict == VERDICT_BROKEN && i != DUTY_OWNER) {
            ret[n].verdict = VERDICT_UNKNOWN; /* a lower class may not ask for it */
        }
        n++;
    }
    return n;
}
