#include "cli/open_view.h"

bool open_view(struct cli_context *c, const char *at_option, struct opened_view *ret, struct err *e)
{
    int64_t now_ms = env_now_ms(c->env), at_ms;
    if (!cli_instant(c, at_option, &at_ms, e) || !data_dir_open(&ret->data, c->data_dir, e))
        return false;
    struct db *db = data_dir_projection(&ret->data, e);
    ret->view = (struct view){.db = db, .arena = c->arena, .now_ms = now_ms};
    ret->view.data = &ret->data;
    if (db && view_open(&ret->view, at_ms, e))
        return true;
    close_view(ret);
    return false;
}

void close_view(struct opened_view *o)
{
    if (o->view.db)
        db_close(o->view.db);
    o->view.db = NULL;
    data_dir_close(&o->data);
}

static size_t status_index(struct str status)
{
    static const char *const names[] = {"pass", "fail", "unknown", "skip"};
    for (size_t i = 0; i < 4; i++)
        if (str_is(status, names[i]))
            return i;
    return 2;
}

const char *status_shape(struct str status)
{
    static const char *const shapes[] = {"●", "■", "◌", "–"};
    return shapes[status_index(status)];
}

void put_shape(struct buf *b, struct str status, bool has_colour)
{
    static const char *const colours[] = {"\033[32m", "\033[31m", "\033[33m", "\033[2m"};
    if (has_colour)
        buf_cstr(b, colours[status_index(status)]);
    buf_cstr(b, status_shape(status));
    if (has_colour)
        buf_cstr(b, "\033[0m");
}

void put_padded(struct buf *b, struct str text, size_t width)
{
    size_t columns = 0, fits = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_start = ((unsigned char)text.data[i] & 0xc0) != 0x80;
        if (is_start && columns + 1 == width)
            fits = i;
        columns += is_start;
    }
    if (columns > width) {
        buf_str(b, str_slice(text, 0, fits));
        buf_cstr(b, "…");
        return;
    }
    buf_str(b, text);
    for (; columns < width; columns++)
        buf_char(b, ' ');
}
