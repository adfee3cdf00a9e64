/* Forms: whatever is taken lies within the body, and names of files are names. The first byte chooses the encoding. */
#include "../../fuzz/target.h"
#include "web/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *a = arena_new("fuzz", 64 << 20);
    struct err e = {0};
    struct form f = {0};
    struct str type = data[0] & 1 ? STR("multipart/form-data; boundary=\"xyz\"") : STR("application/x-www-form-urlencoded");
    struct str body = str_make(data + 1, size - 1);
    if (!form_read(a, type, body, &f, &e)) {
        assert((e.code == ERR_INVALID || e.code == ERR_TOO_LARGE) && e.text[0]);
    } else {
        assert(f.count <= FORM_FIELDS_MAX);
        for (size_t i = 0; i < f.count; i++) {
            const struct form_field *field = &f.fields[i];
            assert(field->name.size <= FORM_NAME_BYTES && field->value.size <= body.size && field->media);
            assert(field->is_file || str_is_utf8(field->value));
            assert(field->file_name.size <= FORM_FILE_NAME_BYTES && str_find_char(field->file_name, '/') < 0);
            assert(str_is_utf8(field->file_name));
        }
    }
    arena_free(a);
    return 0;
}
