/* Files as they are uploaded: whatever the bytes are, every check has a status and a reason, and the answer reads back. The first byte chooses a name. */
#include "../../fuzz/target.h"
#include "inspect/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a.pdf", "a.docx", "a.png", "a.csv", "a.json", "a.svg", "a", "a.zip"};
    if (size == 0)
        return 0;
    struct arena *a = arena_new("fuzz", 512 << 20);
    struct inspected found, again;
    struct err e = {0};
    struct str digest;
    inspect(a, str_of(names[data[0] & 7]), str_make(data + 1, size - 1), &found);
    for (int i = 0; i < INSPECT_CHECKS; i++)
        assert(found.checks[i].why.size > 0 && str_is_utf8(found.checks[i].why));
    assert(found.media && found.words && found.text.size <= INSPECT_TEXT_BYTES && found.day_count <= INSPECT_DATES_MAX);
    if (!inspected_of_json(a, inspected_json(a, &found), &again, &digest, &e) || again.day_count != found.day_count)
        abort();
    arena_free(a);
    return 0;
}
