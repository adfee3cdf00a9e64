/* text.c - a leaf that says the right thing in the wrong spelling. The tree is right, the seal is right, the log key signs: only
 * the rule that one statement has one spelling is broken, which is what two parsers would read differently. */
#include "tamper.h"

enum spelling {
    SPACE,
    KEY_ORDER,
    FLOAT,
    EXPONENT,
    ESCAPE,
    TWICE,
    SURROGATE,
    MARK,
    NOTHING,
    LEADING_ZERO,
    MINUS_ZERO,
    TOO_BIG,
    NOT_UTF8,
    CONTROL,
    DEEP,
    KEY_SPELLING,
    CARRIAGE_RETURN,
    NO_LINE_FEED,
    TRAILING,
    OTHER_VERSION,
    OTHER_TYPE,
    EMPTY
};

/* A place behind a match of the pattern: # is a digit. */
static size_t find(struct tamper *t, struct str text, const char *pattern)
{
    size_t found[64], count = 0, size = strlen(pattern);
    for (size_t i = 0; i + size <= text.size && count < 64; i++) {
        size_t k = 0;
        while (k < size &&
               (pattern[k] == '#' ? text.data[i + k] >= '0' && text.data[i + k] <= '9' : text.data[i + k] == pattern[k]))
            k++;
        if (k == size)
            found[count++] = i + size;
    }
    return count ? found[draw(t, count)] : 0;
}

static size_t after_digits(struct str text, size_t at)
{
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

/* Puts `piece` at `at`, in place of `gone` bytes. */
static void put(struct buf *b, size_t at, size_t gone, struct str piece)
{
    struct buf BUF_AUTO made;
    struct str text = buf_view(b);
    buf_init(&made, 128 << 10);
    buf_str(&made, str_slice(text, 0, at));
    buf_str(&made, piece);
    buf_str(&made, str_slice(text, at + gone, text.size));
    buf_clear(b);
    buf_str(b, buf_view(&made));
}

/* The members of the one flat object, without the braces. */
static size_t members_split(struct str text, size_t from, struct str ret[24])
{
    struct str rest = str_slice(text, from + 1, text.size - 2);
    size_t count = 0;
    for (bool is_more = true; is_more && count < 24;)
        is_more = str_cut(&rest, ',', &ret[count++]);
    return count;
}

static void members_join(struct buf *b, size_t from, const struct str *members, size_t count)
{
    struct buf BUF_AUTO made;
    buf_init(&made, 128 << 10);
    buf_str(&made, str_slice(buf_view(b), 0, from));
    for (size_t i = 0; i < count; i++) {
        buf_char(&made, i ? ',' : '{');
        buf_str(&made, members[i]);
    }
    buf_cstr(&made, "}\n");
    buf_clear(b);
    buf_str(b, buf_view(&made));
}

static void members_spoil(struct tamper *t, enum spelling how, struct buf *b, size_t from)
{
    struct str members[25];
    struct buf BUF_AUTO kept;
    buf_init(&kept, 128 << 10);
    buf_str(&kept, buf_view(b));
    size_t count = members_split(buf_view(&kept), from, members), one = draw(t, count), other = draw(t, count);
    if (how == KEY_ORDER) {
        struct str first = members[one];
        members[one] = members[other];
        members[other] = first;
    } else {
        memmove(&members[one + 1], &members[one], (count - one) * sizeof(members[0]));
        count++;
    }
    members_join(b, from, members, count);
}

static void number_spoil(struct tamper *t, enum spelling how, struct buf *b)
{
    static const char *const exponents[] = {"e0", "E0", "e+0", "E-0", "e00"};
    struct str text = buf_view(b);
    size_t at = find(t, text, "\":#"), end = after_digits(text, at);
    switch (how) {
    case FLOAT:
        put(b, end, 0, draw(t, 2) ? STR(".0") : STR(".000"));
        break;
    case EXPONENT:
        put(b, end, 0, str_of(exponents[draw(t, 5)]));
        break;
    case LEADING_ZERO:
        put(b, at - 1, 0, STR("0"));
        break;
    case MINUS_ZERO:
        put(b, at - 1, end - at + 1, STR("-0"));
        break;
    case NOTHING:
        put(b, at - 1, end - at + 1, draw(t, 2) ? STR("null") : STR("NaN"));
        break;
    default:
        put(b, at - 1, end - at + 1, draw(t, 2) ? STR("9007199254740992") : STR("99999999999999999999"));
    }
}

static void string_spoil(struct tamper *t, enum spelling how, struct buf *b)
{
    static const char *const broken[] = {"\xc0\xaf", "\xff", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"};
    static const char *const surrogates[] = {"\\ud800", "\\udfff", "\\udc00\\ud800", "\\uD800x"};
    char escape[16];
    size_t at = find(t, buf_view(b), "\":\"");
    switch (how) {
    case ESCAPE:
        snprintf(escape, sizeof(escape), draw(t, 2) ? "\\u%04x" : "\\u%04X", (unsigned char)b->data[at]);
        put(b, at, 1, b->data[at] == '/' ? STR("\\/") : str_of(escape));
        break;
    case SURROGATE:
        put(b, at, 0, str_of(surrogates[draw(t, 4)]));
        break;
    case NOT_UTF8:
        put(b, at, 0, str_of(broken[draw(t, 6)]));
        break;
    default:
        escape[0] = (char)draw(t, 32);
        put(b, at, 0, str_make(escape, 1));
    }
}

static void frame_spoil(struct tamper *t, enum spelling how, struct buf *b, size_t json_at)
{
    static const char *const types[] = {"surprise", "Record", "record ", "", "recor", "records", "item\trecord"};
    static const char *const tails[] = {
        "x", "\n", "{}\n", "\n\n", " ", "\n\xe2\x80\x94 a b\n", "\n\xe2\x80\x94 example.com !!!\n"};
    size_t type_at = strlen("assay/leaf@v1 ");
    switch (how) {
    case MARK:
        put(b, draw(t, 2) ? 0 : json_at, 0, STR("\xef\xbb\xbf"));
        break;
    case CARRIAGE_RETURN:
        put(b, draw(t, 2) ? json_at - 1 : b->size - 1, 0, STR("\r"));
        break;
    case NO_LINE_FEED:
        b->size--;
        break;
    case TRAILING:
        buf_cstr(b, tails[draw(t, 7)]);
        break;
    case OTHER_VERSION:
        put(b, draw(t, type_at), 1, STR("2"));
        break;
    case OTHER_TYPE:
        put(b, type_at, json_at - 1 - type_at, str_of(types[draw(t, 7)]));
        break;
    default:
        b->size = draw(t, json_at + 1);
    }
}

static void spoil(struct tamper *t, enum spelling how, struct buf *leaf)
{
    size_t json_at = find(t, buf_view(leaf), "record\n");
    if (how == SPACE)
        put(leaf, find(t, buf_view(leaf), draw(t, 2) ? "\":" : ","), 0, draw(t, 2) ? STR(" ") : STR("\t"));
    else if (how == KEY_ORDER || how == TWICE)
        members_spoil(t, how, leaf, json_at);
    else if (how == ESCAPE || how == SURROGATE || how == NOT_UTF8 || how == CONTROL)
        string_spoil(t, how, leaf);
    else if (how == DEEP) {
        size_t at = find(t, buf_view(leaf), "\":#");
        put(leaf, at - 1, after_digits(buf_view(leaf), at) - at + 1,
            draw(t, 2) ? STR("[[[[[[[1]]]]]]]") : STR("[[[[[[[[[[]]]]]]]]]]"));
    } else if (how == KEY_SPELLING)
        put(leaf, find(t, buf_view(leaf), draw(t, 2) ? ",\"" : "{\""), 0, draw(t, 2) ? STR("A") : STR("-"));
    else if (how == MARK || how >= CARRIAGE_RETURN)
        frame_spoil(t, how, leaf, json_at);
    else
        number_spoil(t, how, leaf);
}

static bool make(struct tamper *t, const struct tamper_class *c)
{
    struct tamper_world *w = own_new(t, false);
    struct buf BUF_AUTO leaf, before;
    struct err e = {0};
    buf_init(&leaf, 128 << 10);
    buf_init(&before, 128 << 10);
    struct json *body = world_leaf(w, "free", 0, NULL);
    json_put_cstr(body, "type", "parameter");
    json_put_cstr(body, "id", "ssh_max_auth_tries");
    json_put_int(body, "val", (int64_t)draw(t, 1 << 20));
    ck_assert(leaf_compose("record", body, STR(""), &leaf, &e));
    buf_str(&before, buf_view(&leaf));
    if (c->what != HONEST)
        spoil(t, (enum spelling)c->what, &leaf);
    if (c->what != HONEST && (str_equal(buf_view(&leaf), buf_view(&before)) || leaf.size == 0))
        return false;
    world_append_bytes(w, buf_view(&leaf));
    world_seal(w);
    return true;
}

static const struct tamper_class classes[] = {
    {"JSON with a space", "E40", make, SPACE, NULL},
    {"JSON with keys in another order", "E40", make, KEY_ORDER, NULL},
    {"JSON with 1.0", "E40", make, FLOAT, NULL},
    {"JSON with 1e3", "E40", make, EXPONENT, NULL},
    {"JSON with an escape that is not needed", "E40", make, ESCAPE, NULL},
    {"JSON with a key twice", "E40", make, TWICE, NULL},
    {"JSON with a lone surrogate", "E40", make, SURROGATE, NULL},
    {"JSON with a byte order mark", "E40", make, MARK, NULL},
    {"JSON with null or NaN", "E40", make, NOTHING, NULL},
    {"JSON with a leading zero", "E40", make, LEADING_ZERO, NULL},
    {"JSON with -0", "E40", make, MINUS_ZERO, NULL},
    {"JSON with an integer of 2^53 or more", "E40", make, TOO_BIG, NULL},
    {"JSON that is not UTF-8", "E40", make, NOT_UTF8, NULL},
    {"JSON with a raw control character", "E40", make, CONTROL, NULL},
    {"JSON that is too deep", "E40", make, DEEP, NULL},
    {"JSON with a key of other letters", "E40", make, KEY_SPELLING, NULL},
    {"leaf with a carriage return", "E40", make, CARRIAGE_RETURN, NULL},
    {"leaf without its last line feed", "E40", make, NO_LINE_FEED, NULL},
    {"leaf with something behind it", "E40", make, TRAILING, NULL},
    {"leaf of another format version", "E40", make, OTHER_VERSION, NULL},
    {"leaf of a type that there is not", "E40", make, OTHER_TYPE, NULL},
    {"leaf that is cut", "E40", make, EMPTY, NULL},
};

const struct tamper_family tamper_text = {"text",
                                          classes,
                                          sizeof(classes) / sizeof(classes[0]),
                                          {"a leaf as it should be", FINE, make, HONEST, NULL, NULL},
                                          NULL,
                                          NULL,
                                          own_check,
                                          own_restore};
