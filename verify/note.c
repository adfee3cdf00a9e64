#include "note.h"

#include <stdio.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */

/* White_Space beyond ASCII at t[i]: U+0085 A0 1680 2000-200A 2028 2029 202F 205F 3000. */
static bool is_unicode_space(struct av_text t, size_t i)
{
    const uint8_t *p = (const uint8_t *)t.data + i;
    size_t left = t.size - i;
    if (left >= 2 && p[0] == 0xc2)
        return p[1] == 0x85 || p[1] == 0xa0;
    if (left < 3)
        return false;
    if ((p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80) || (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80))
        return true;
    if (p[0] == 0xe2 && p[1] == 0x80)
        return (p[2] >= 0x80 && p[2] <= 0x8a) || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf;
    return p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f;
}

static bool name_is_valid(struct av_text name)
{
    if (name.size == 0 || name.size > AV_NAME_MAX || !av_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = (uint8_t)name.data[i];
        if (c <= ' ' || c == '+' || c == 0x7f || is_unicode_space(name, i))
            return false;
    }
    return true;
}

const char *av_key_parse(struct av_text vkey, struct av_key *ret)
{
    struct av_text name, id, rest = vkey;
    uint8_t bytes[AV_NAME_MAX + 1 + 33], given[4];
    while (rest.size && (rest.data[rest.size - 1] == '\n' || rest.data[rest.size - 1] == ' '))
        rest.size--;
    if (!av_cut(&rest, '+', &name) || !av_cut(&rest, '+', &id) || !name_is_valid(name) || !av_hex(id, given, 4))
        return "a key is not of the form name+id+key";
    uint8_t *key = bytes + name.size + 1; /* name LF type key */
    if (av_base64(rest, key, 33) != 33 || (key[0] != AV_KEY_ED25519 && key[0] != AV_KEY_COSIGNATURE))
        return "a key is not of type Ed25519 (1 or 4), the only ones that are known here";
    memcpy(bytes, name.data, name.size);
    bytes[name.size] = '\n';
    struct av_hash h = av_sha256_of(bytes, name.size + 1 + 33);
    if (memcmp(h.bytes, given, 4) != 0)
        return "the id of a key is not that of its name and bytes";
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->name, name.data, name.size);
    memcpy(ret->id, given, 4);
    ret->type = key[0];
    memcpy(ret->bytes, key + 1, 32);
    return NULL;
}

const char *av_key_read(struct av_text vkey, struct av_key *ret)
{
    const char *fault = av_key_parse(vkey, ret);
    return fault ? fault : av_ed25519_is_weak(ret->bytes) ? "a key is of low order, under which everything holds, or no point in its one spelling" : NULL;
}

bool av_key_same(const struct av_key *a, const struct av_key *b)
{
    return a->type == b->type && strcmp(a->name, b->name) == 0 && memcmp(a->bytes, b->bytes, 32) == 0;
}

const char *av_note_split(struct av_text note, struct av_text *ret_text, struct av_text *ret_lines)
{
    size_t end = 0;
    if (note.size == 0 || note.size > AV_NOTE_MAX || note.data[note.size - 1] != '\n' || !av_is_utf8(note))
        return "not a signed note";
    for (size_t i = 0; i < note.size; i++) {
        if ((uint8_t)note.data[i] < ' ' && note.data[i] != '\n')
            return "a control character in a note";
        if (i > 0 && note.data[i - 1] == '\n' && note.data[i] == '\n')
            end = i;
    }
    if (end == 0 || end + 1 >= note.size)
        return "a note without signatures";
    *ret_text = (struct av_text){note.data, end};
    *ret_lines = (struct av_text){note.data + end + 1, note.size - end - 1};
    return av_lines_fault(*ret_lines);
}

/* One line without its LF: name and signature bytes. Returns the size of the signature, or -1. */
static long line_read(struct av_text line, struct av_text *ret_name, uint8_t *ret_signature, size_t size_max)
{
    if (!av_starts(line, dash))
        return -1;
    struct av_text rest = av_behind(line, sizeof(dash) - 1);
    if (!av_cut(&rest, ' ', ret_name) || !name_is_valid(*ret_name))
        return -1;
    long size = av_base64(rest, ret_signature, size_max);
    return size >= 5 ? size : -1;
}

const char *av_lines_fault(struct av_text lines)
{
    struct av_text rest = lines, line, name;
    uint8_t signature[AV_SIGNATURE_MAX];
    for (int n = 0; rest.size > 0; n++)
        if (n == AV_SIGNATURES_MAX || !av_line(&rest, &line) || line_read(line, &name, signature, sizeof(signature)) < 0)
            return n == AV_SIGNATURES_MAX ? "too many signatures" : "a malformed signature line";
    return NULL;
}

static bool signature_holds(const struct av_piece *text, int count, const struct av_key *key, const uint8_t *signature, size_t size,
                            uint64_t *ret_time)
{
    struct av_piece message[AV_PIECES_MAX];
    char head[64];
    uint64_t time = 0;
    if (key->type == AV_KEY_ED25519)
        return size == 64 && av_ed25519_verify(key->bytes, text, count, signature);
    if (size != 72 || count >= AV_PIECES_MAX)
        return false;
    for (int i = 0; i < 8; i++)
        time = time << 8 | signature[i];
    message[0] = (struct av_piece){head, (size_t)snprintf(head, sizeof(head), "cosignature/v1\ntime %llu\n", (unsigned long long)time)};
    memcpy(message + 1, text, (size_t)count * sizeof(*text));
    if (time >> 63 || !av_ed25519_verify(key->bytes, message, count + 1, signature + 8))
        return false;
    if (ret_time)
        *ret_time = time;
    return true;
}

enum av_signed av_pieces_check(const struct av_piece *text, int count, struct av_text lines, const struct av_key *key, uint64_t *ret_time)
{
    struct av_text rest = lines, line, name;
    uint8_t signature[AV_SIGNATURE_MAX];
    enum av_signed answer = AV_NOT_SIGNED;
    for (int n = 0; n < AV_SIGNATURES_MAX && av_line(&rest, &line); n++) {
        long size = line_read(line, &name, signature, sizeof(signature));
        if (size < 0)
            return AV_BROKEN;
        if (!av_is(name, key->name) || memcmp(signature, key->id, 4) != 0)
            continue; /* an unknown key's line says nothing, whatever is in it */
        if (!signature_holds(text, count, key, signature + 4, (size_t)size - 4, ret_time))
            return AV_BROKEN;
        answer = AV_SIGNED;
    }
    return answer;
}

enum av_signed av_note_check(struct av_text text, struct av_text lines, const struct av_key *key, uint64_t *ret_time)
{
    return av_pieces_check(&(struct av_piece){text.data, text.size}, 1, lines, key, ret_time);
}

const char *av_checkpoint_read(struct av_text note, struct av_checkpoint *ret)
{
    struct av_text rest, size, root, line;
    const char *fault = av_note_split(note, &ret->text, &ret->lines);
    if (fault)
        return fault;
    rest = ret->text;
    if (!av_line(&rest, &ret->origin) || !av_line(&rest, &size) || !av_line(&rest, &root) || ret->origin.size == 0 ||
        ret->origin.size > AV_NAME_MAX || !av_number(size, &ret->size) || av_base64(root, ret->root.bytes, 32) != 32)
        return "the lines origin, size, root of a checkpoint are malformed";
    while (av_line(&rest, &line))
        if (line.size == 0)
            return "an empty extension line in a checkpoint";
    return NULL;
}

/* ---- policy ---- */

static bool word_next(struct av_text *rest, struct av_text *ret)
{
    while (rest->size && (*rest->data == ' ' || *rest->data == '\t'))
        rest->data++, rest->size--;
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ' ' && rest->data[size] != '\t')
        size++;
    *ret = (struct av_text){rest->data, size};
    rest->data += size;
    rest->size -= size;
    return size > 0;
}

/* At most so many words follow. */
static bool line_ends(struct av_text rest, int words)
{
    struct av_text word;
    while (word_next(&rest, &word))
        if (words-- == 0)
            return false;
    return true;
}

static int name_find(const struct av_policy *p, struct av_text name)
{
    for (int i = 0; i < p->name_count; i++)
        if (av_same(p->names[i].name, name))
            return i;
    return -1;
}

static bool key_is_there(const struct av_key *keys, int count, const struct av_key *key)
{
    for (int i = 0; i < count; i++)
        if (memcmp(keys[i].bytes, key->bytes, 32) == 0)
            return true;
    return false;
}

static const char *log_read(struct av_policy *p, struct av_text *rest)
{
    struct av_text word;
    if (p->log_count == AV_LOGS_MAX || !word_next(rest, &word))
        return "policy: a log without its key, or too many";
    if (!line_ends(*rest, 1))
        return "policy: more than key and URL on the line of a log";
    const char *fault = av_key_read(word, &p->logs[p->log_count]);
    if (!fault && p->logs[p->log_count].type != AV_KEY_ED25519)
        fault = "policy: the key of a log is not of type 1";
    if (!fault && key_is_there(p->logs, p->log_count, &p->logs[p->log_count]))
        fault = "policy: the same log twice";
    if (!fault)
        p->log_count++;
    return fault;
}

static const char *witness_read(struct av_policy *p, struct av_text *rest)
{
    struct av_text name, vkey;
    if (p->witness_count == AV_WITNESSES_MAX || !word_next(rest, &name) || !word_next(rest, &vkey))
        return "policy: a witness without name and key, or too many";
    if (av_is(name, "none") || name_find(p, name) >= 0)
        return "policy: a name is there twice";
    if (!line_ends(*rest, 1))
        return "policy: more than name, key and URL on the line of a witness";
    const char *fault = av_key_read(vkey, &p->witnesses[p->witness_count]);
    if (!fault && p->witnesses[p->witness_count].type != AV_KEY_COSIGNATURE)
        fault = "policy: the key of a witness is not of type 4";
    if (!fault && key_is_there(p->witnesses, p->witness_count, &p->witnesses[p->witness_count]))
        fault = "policy: the same witness twice";
    if (!fault)
        p->names[p->name_count++] = (struct av_named){name, p->witness_count++, -1};
    return fault;
}

static const char *group_read(struct av_policy *p, struct av_text *rest)
{
    struct av_text name, rule, member;
    uint64_t needed = 0;
    if (p->group_count == AV_GROUPS_MAX || !word_next(rest, &name) || !word_next(rest, &rule))
        return "policy: a group without name and rule, or too many";
    if (av_is(name, "none") || name_find(p, name) >= 0)
        return "policy: a name is there twice";
    struct av_group *g = &p->groups[p->group_count];
    g->count = 0;
    while (word_next(rest, &member)) {
        int at = name_find(p, member);
        if (at < 0)
            return "policy: a group has a member that is not defined before it";
        for (int k = 0; k < p->group_count; k++)
            for (int i = 0; i < p->groups[k].count; i++)
                if (p->groups[k].members[i] == at)
                    return "policy: a name is a member of two groups";
        for (int i = 0; i < g->count; i++)
            if (g->members[i] == at)
                return "policy: a name is twice in a group";
        g->members[g->count++] = at;
    }
    if (av_is(rule, "any"))
        needed = 1;
    else if (av_is(rule, "all"))
        needed = (uint64_t)g->count;
    else if (!av_number(rule, &needed))
        needed = 0;
    if (needed < 1 || needed > (uint64_t)g->count)
        return "policy: a group needs none, or more than it has";
    g->needed = (int)needed;
    p->names[p->name_count++] = (struct av_named){name, -1, p->group_count++};
    return NULL;
}

const char *av_policy_read(struct av_text text, struct av_policy *ret)
{
    struct av_text rest = text, line, word;
    bool has_quorum = false;
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < text.size; i++)
        if (((uint8_t)text.data[i] < ' ' && text.data[i] != '\t' && text.data[i] != '\n') || text.data[i] == 0x7f)
            return "policy: a control character";
    while (av_line(&rest, &line)) {
        const char *fault = NULL;
        if (!word_next(&line, &word) || word.data[0] == '#')
            continue;
        if (av_is(word, "log")) {
            fault = log_read(ret, &line);
        } else if (av_is(word, "witness")) {
            fault = witness_read(ret, &line);
        } else if (av_is(word, "group")) {
            fault = group_read(ret, &line);
        } else if (av_is(word, "quorum")) {
            if (has_quorum || !word_next(&line, &word) || !line_ends(line, 0))
                return "policy: not exactly one quorum";
            has_quorum = true;
            ret->quorum = av_is(word, "none") ? -1 : name_find(ret, word);
            if (ret->quorum < 0 && !av_is(word, "none"))
                return "policy: the quorum is not defined before its line";
        } else {
            return "policy: a line that is not log, witness, group or quorum";
        }
        if (fault)
            return fault;
    }
    return rest.size ? "policy: the last line does not end" : has_quorum ? NULL : "policy: no quorum line";
}

static bool member_is_met(const struct av_policy *p, int name, const bool *cosigned)
{
    const struct av_named *m = &p->names[name];
    if (m->witness >= 0)
        return cosigned[m->witness];
    const struct av_group *g = &p->groups[m->group];
    int met = 0;
    for (int i = 0; i < g->count; i++)
        met += member_is_met(p, g->members[i], cosigned); /* members are defined before: this ends */
    return met >= g->needed;
}

bool av_policy_met(const struct av_policy *p, struct av_text text, struct av_text lines, int *ret_count, uint64_t *ret_time,
                   const char **ret_fault)
{
    bool cosigned[AV_WITNESSES_MAX] = {false};
    uint64_t times[AV_WITNESSES_MAX] = {0};
    *ret_count = 0;
    *ret_time = 0;
    for (int i = 0; i < p->witness_count; i++) {
        enum av_signed s = av_note_check(text, lines, &p->witnesses[i], &times[i]);
        if (s == AV_BROKEN) {
            *ret_fault = "the cosignature of a witness does not hold";
            return false;
        }
        cosigned[i] = s == AV_SIGNED;
        *ret_count += cosigned[i];
    }
    bool is_met = p->quorum < 0 || member_is_met(p, p->quorum, cosigned);
    for (bool is_less = is_met && p->quorum >= 0; is_less;) { /* leave out the latest as long as the rest is enough */
        int latest = -1;
        for (int i = 0; i < p->witness_count; i++)
            if (cosigned[i] && (latest < 0 || times[i] > times[latest]))
                latest = i;
        if (latest < 0)
            break;
        *ret_time = times[latest];
        cosigned[latest] = false;
        is_less = member_is_met(p, p->quorum, cosigned);
    }
    return is_met;
}
