#include "tpl_html.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '_';
}

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static const char *const void_elements[] = {"area",  "base", "br",   "col",    "embed", "hr",  "img",
                                            "input", "link", "meta", "source", "track", "wbr", NULL};
static const char *const url_attributes[] = {"href", "src", "action", "formaction", "cite", "poster", "data", "xlink:href", NULL};
static const char *const refused_attributes[] = {"style", "srcset", "srcdoc", "ping", "background", NULL};

static bool name_add(struct html_context *c, char ch, struct err *e)
{
    if (c->name_size + 1 >= sizeof(c->name))
        return err_set(e, ERR_INVALID, "name '%s...' is too long", c->name);
    c->name[c->name_size++] = ch;
    c->name[c->name_size] = 0;
    return true;
}

static void name_start(struct html_context *c)
{
    c->name_size = 0;
    c->name[0] = 0;
}

static bool element_opens(struct html_context *c, struct err *e)
{
    if (c->depth == HTML_DEPTH_MAX)
        return err_set(e, ERR_INVALID, "more than %d elements inside each other", HTML_DEPTH_MAX);
    memcpy(c->open[c->depth++], c->name, sizeof(c->name));
    c->is_closed_tag = false;
    c->url = HTML_URL_NONE;
    return true;
}

static bool tag_ends(struct html_context *c)
{
    const char *tag = c->open[c->depth - 1];
    c->state = HTML_TEXT;
    if (c->is_closed_tag || is_one_of(tag, void_elements))
        c->depth--;
    else if (strcmp(tag, "pre") == 0 || strcmp(tag, "textarea") == 0)
        c->preserved++;
    return true;
}

static bool end_tag_ends(struct html_context *c, struct err *e)
{
    c->state = HTML_TEXT;
    if (c->depth == 0)
        return err_set(e, ERR_INVALID, "</%s> closes nothing", c->name);
    const char *open = c->open[c->depth - 1];
    if (strcmp(open, c->name) != 0)
        return err_set(e, ERR_INVALID, "</%s> where </%s> is due", c->name, open);
    if (strcmp(open, "pre") == 0 || strcmp(open, "textarea") == 0)
        c->preserved--;
    c->depth--;
    return true;
}

static bool text_char(struct html_context *c, char ch, struct err *e)
{
    const char *open = c->depth ? c->open[c->depth - 1] : "";
    bool is_raw = strcmp(open, "script") == 0 || strcmp(open, "style") == 0;
    if (ch == '<') {
        c->state = HTML_TAG_OPEN;
        name_start(c);
        return true;
    }
    if (is_raw && !is_space(ch))
        return err_set(e, ERR_INVALID, "text inside <%s>: the content security policy forbids inline %s", open, open);
    return true;
}

static bool tag_open_char(struct html_context *c, char ch, struct err *e)
{
    if (ch == '!') {
        c->state = HTML_DECLARATION;
        name_start(c);
        return true;
    }
    if (ch == '/') {
        c->state = HTML_END_TAG;
        return true;
    }
    if (!is_name_char(ch))
        return err_set(e, ERR_INVALID, "'<' not followed by a tag: write &lt;");
    c->state = HTML_TAG_NAME;
    return name_add(c, ch, e);
}

static bool attribute_starts(struct html_context *c, char ch, struct err *e)
{
    if (!is_name_char(ch))
        return err_set(e, ERR_INVALID, "character '%c' inside a tag", ch);
    c->state = HTML_ATTR_NAME;
    name_start(c);
    return name_add(c, ch, e);
}

static bool in_tag_char(struct html_context *c, char ch, struct err *e)
{
    if (is_space(ch)) {
        c->state = HTML_IN_TAG;
        return true;
    }
    if (ch == '/') {
        c->is_closed_tag = true;
        c->state = HTML_IN_TAG;
        return true;
    }
    if (ch == '>')
        return tag_ends(c);
    if (c->state == HTML_TAG_JOIN)
        return err_set(e, ERR_INVALID, "behind a branch inside a tag a space, '/' or '>' must follow");
    return attribute_starts(c, ch, e);
}

static bool attribute_named(struct html_context *c, struct err *e)
{
    if (strncmp(c->name, "on", 2) == 0 || is_one_of(c->name, refused_attributes))
        return err_set(e, ERR_INVALID, "attribute '%s': the content security policy forbids it", c->name);
    c->url = is_one_of(c->name, url_attributes) ? HTML_URL_START : HTML_URL_NONE;
    return true;
}

static bool attr_name_char(struct html_context *c, char ch, struct err *e)
{
    if (is_name_char(ch))
        return name_add(c, ch, e);
    if (!attribute_named(c, e))
        return false;
    if (ch == '=') {
        c->state = HTML_BEFORE_VALUE;
        return true;
    }
    c->url = HTML_URL_NONE;
    return in_tag_char(c, ch, e);
}

static bool value_char(struct html_context *c, char ch, enum html_effect *ret_effect, struct err *e)
{
    if (ch == c->quote) {
        *ret_effect = c->keeps_at ? HTML_KEEP_AT_THEN_EMIT : HTML_EMIT;
        c->state = HTML_TAG_JOIN;
        c->keeps_at = false;
        c->url = HTML_URL_NONE;
        return true;
    }
    if (c->url == HTML_URL_NONE)
        return true;
    if (c->url == HTML_URL_WHOLE && ch != '?' && ch != '#')
        return err_set(e, ERR_INVALID,
                       "behind a whole URL only '?' or '#' may follow: begin the attribute with a literal otherwise");
    if (c->url == HTML_URL_START && ch == '~' && !c->keeps_at) {
        c->keeps_at = true;
        *ret_effect = HTML_SWALLOW;
        return true;
    }
    if (ch == '#') {
        *ret_effect = c->keeps_at ? HTML_KEEP_AT_THEN_EMIT : HTML_EMIT;
        c->keeps_at = false;
        c->url = HTML_URL_FRAGMENT;
    } else if (ch == '?' && c->url != HTML_URL_FRAGMENT) {
        c->url = HTML_URL_QUERY;
    } else if (c->url == HTML_URL_START) {
        c->url = HTML_URL_PATH;
    }
    return true;
}

static bool declaration_char(struct html_context *c, char ch, struct err *e)
{
    if (ch == '>') {
        c->state = HTML_TEXT;
        return true;
    }
    if (c->name_size < 2 && ch == '-') {
        if (!name_add(c, ch, e))
            return false;
        if (c->name_size == 2)
            return err_set(e, ERR_INVALID, "HTML comment: write '%%# ...', which is not sent");
    }
    return true;
}

bool html_context_char(struct html_context *c, char ch, enum html_effect *ret_effect, struct err *e)
{
    *ret_effect = HTML_EMIT;
    switch (c->state) {
    case HTML_TEXT:
        return text_char(c, ch, e);
    case HTML_TAG_OPEN:
        return tag_open_char(c, ch, e);
    case HTML_TAG_NAME:
        if (is_name_char(ch))
            return name_add(c, ch, e);
        return element_opens(c, e) && in_tag_char(c, ch, e);
    case HTML_IN_TAG:
    case HTML_TAG_JOIN:
        return in_tag_char(c, ch, e);
    case HTML_ATTR_NAME:
        return attr_name_char(c, ch, e);
    case HTML_BEFORE_VALUE:
        if (ch != '"' && ch != '\'')
            return err_set(e, ERR_INVALID, "the value of '%s' stands without quotes", c->name);
        c->state = HTML_VALUE;
        c->quote = ch;
        return true;
    case HTML_VALUE:
        return value_char(c, ch, ret_effect, e);
    case HTML_END_TAG:
        if (ch == '>')
            return end_tag_ends(c, e);
        return is_name_char(ch) ? name_add(c, ch, e) : err_set(e, ERR_INVALID, "character '%c' in an end tag", ch);
    case HTML_DECLARATION:
        return declaration_char(c, ch, e);
    }
    return true;
}

bool html_context_value(struct html_context *c, struct err *e)
{
    if (c->state == HTML_TEXT) {
        const char *open = c->depth ? c->open[c->depth - 1] : "";
        if (strcmp(open, "script") == 0 || strcmp(open, "style") == 0)
            return err_set(e, ERR_INVALID, "a value inside <%s>", open);
        return true;
    }
    if (c->state == HTML_VALUE) {
        if (c->url == HTML_URL_WHOLE)
            return err_set(e, ERR_INVALID, "a value behind a whole URL");
        if (c->url == HTML_URL_START)
            c->url = HTML_URL_WHOLE;
        return true;
    }
    return err_set(e, ERR_INVALID, "a value may stand in text or in a quoted attribute, not in a tag's or attribute's name");
}

static bool is_inside_tag(enum html_state s)
{
    return s == HTML_TAG_NAME || s == HTML_IN_TAG || s == HTML_TAG_JOIN || s == HTML_ATTR_NAME;
}

/* An element or attribute whose name has just ended counts as named. */
static bool settle(struct html_context *c, struct err *e)
{
    if (c->state == HTML_TAG_NAME) {
        if (!element_opens(c, e))
            return false;
        c->state = HTML_TAG_JOIN;
    } else if (c->state == HTML_ATTR_NAME) {
        if (!attribute_named(c, e))
            return false;
        c->url = HTML_URL_NONE;
        c->state = HTML_TAG_JOIN;
    }
    return true;
}

bool html_context_join(struct html_context *a, const struct html_context *b, struct err *e)
{
    struct html_context other = *b;
    bool is_tag = is_inside_tag(a->state) && is_inside_tag(other.state);
    if (is_tag && a->state != other.state) {
        if (!settle(a, e) || !settle(&other, e))
            return false;
        if (a->state != other.state)
            a->state = other.state = HTML_TAG_JOIN;
    } else if (is_tag && a->state == HTML_ATTR_NAME) {
        if (!settle(a, e) || !settle(&other, e))
            return false;
    }
    bool is_same = a->state == other.state && a->depth == other.depth && a->url == other.url && a->keeps_at == other.keeps_at;
    for (size_t i = 0; is_same && i < a->depth; i++)
        is_same = strcmp(a->open[i], other.open[i]) == 0;
    if (!is_same)
        return err_set(e, ERR_INVALID,
                       "the branches do not end in the same place of the HTML (one opens or closes what the other does not)");
    return true;
}

bool html_context_end(const struct html_context *c, struct err *e)
{
    if (c->state != HTML_TEXT)
        return err_set(e, ERR_INVALID, "the file ends inside a tag");
    if (c->depth)
        return err_set(e, ERR_INVALID, "<%s> is not closed", c->open[c->depth - 1]);
    return true;
}
