/* JSON: what is written reads back to the same bytes, and the canonical form of a canonical form is itself. */
#include "base/json.h"
#include "target.h"

static struct json *again_of(struct arena *a, struct str text)
{
    struct err e = {0};
    struct json *v = json_parse(a, text, JSON_LIMITS_DEFAULT, &e);
    assert(v != NULL);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 256 << 20);
    struct err e = {0};
    struct json *v = json_parse(a, str_make(data, size), JSON_LIMITS_DEFAULT, &e);
    if (!v) {
        assert((e.code == ERR_INVALID || e.code == ERR_TOO_LARGE) && e.text[0]);
    } else {
        struct buf BUF_AUTO plain, plain2, canonical, canonical2;
        buf_init(&plain, 16 << 20);
        buf_init(&plain2, 16 << 20);
        buf_init(&canonical, 16 << 20);
        buf_init(&canonical2, 16 << 20);
        json_write(&plain, v);
        json_write(&plain2, again_of(a, buf_view(&plain)));
        assert(str_equal(buf_view(&plain), buf_view(&plain2)));
        if (json_write_canonical(&canonical, v, &e)) {
            bool is_written = json_write_canonical(&canonical2, again_of(a, buf_view(&canonical)), &e);
            assert(is_written && str_equal(buf_view(&canonical), buf_view(&canonical2)));
        }
    }
    arena_free(a);
    return 0;
}
