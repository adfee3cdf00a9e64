/* oscal_fuzz.c - any bytes as a file of OSCAL: refused with one line that names a place, or read; then every control and finding
 * has what a record needs. */
#include "oscal/oscal.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_line(struct str s, size_t max)
{
    return s.size > 0 && s.size <= max && str_is_utf8(s) && str_find_char(s, '\n') < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct oscal_document d;
    if (size > 65536)
        return 0;
    struct arena *a = arena_new("fuzz", 1 << 30);
    if (!oscal_document_read(a, str_make((const char *)data, size), &d, &e)) {
        assert((e.code == ERR_INVALID || e.code == ERR_UNSUPPORTED || e.code == ERR_TOO_LARGE) && e.text[0]);
    } else {
        assert(is_line(d.title, 300) && d.uuid.size == 36);
        for (size_t i = 0; i < d.control_count; i++) {
            const struct oscal_control *c = &d.controls[i];
            assert(is_line(c->id, 100) && is_line(c->title, 300) && is_line(c->label, 100) &&
                   str_starts(c->pointer, "/catalog/"));
            assert(c->statement.size <= 20000 && str_is_utf8(c->statement) && str_is_utf8(c->guidance));
        }
        for (size_t i = 0; i < d.finding_count; i++) {
            const struct oscal_finding *f = &d.findings[i];
            assert(is_line(f->title, 500) && f->uuid.size == 36 && f->target.size > 0 && f->text.size <= 20000 &&
                   str_is_utf8(f->text));
        }
    }
    arena_free(a);
    return 0;
}
