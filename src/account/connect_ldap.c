/* connect_ldap.c - who somebody is, as a directory says: search with an account of our own, then bind as what was found. */
#include "account/connect.h"
#include "account/source.h"
#include "os/ldap_client.h"

#include <stdlib.h>

enum { AT_LOGIN, AT_NAME, AT_MAIL, AT_GROUPS, AT_UUID, AT_GUID, AT_LOCKED, AT_CONTROL, AT_COUNT };
enum { ACCOUNT_DISABLED = 2 /* userAccountControl, [MS-ADTS] 2.2.16 */ };

struct asking {
    struct arena *arena;
    const struct json *settings;
    struct ldap_client *client;
    struct str secret;
};

static const char *setting(const struct asking *q, const char *key)
{
    return arena_str(q->arena, identity_setting(q->settings, key)).data;
}

static bool own_bind(struct asking *q, struct err *e)
{
    const char *dn = setting(q, "bind_dn");
    if (ldap_client_bind(q->client, dn, *dn ? q->secret : STR(""), e))
        return true;
    /* Our own trouble, not that of who signs in. */
    return e->code == ERR_DENIED ? err_set(e, ERR_UNAVAILABLE, "the directory does not let this program search: %.300s", arena_str(q->arena, str_of(e->text)).data) : false;
}

static bool entry_find(struct asking *q, struct str login, struct ldap_entry **ret, size_t *ret_count, struct err *e)
{
    const char *attributes[] = {setting(q, "attr_login"), setting(q, "attr_name"), setting(q, "attr_mail"), setting(q, "attr_groups"),
                                "entryUUID", "objectGUID", "pwdAccountLockedTime", "userAccountControl", NULL};
    struct buf BUF_AUTO filter;
    buf_init(&filter, LDAP_FILTER_MAX);
    struct ldap_search search = {.base = setting(q, "base"), .attributes = attributes, .entries_max = 1};
    if (!ldap_filter_write(&filter, identity_setting(q->settings, "filter"), login, STR(""), e))
        return false;
    search.filter = filter.data;
    if (ldap_client_search(q->client, q->arena, &search, ret, ret_count, e))
        return true;
    return e->code == ERR_TOO_LARGE ? err_set(e, ERR_CONFLICT, "the directory has several entries of this name; the filter must find one") : false;
}

/* Groups of which the entry is a member, by a search of their own: for directories without memberOf. */
static bool groups_find(struct asking *q, struct str login, struct str dn, struct json *groups, struct err *e)
{
    static const char *const attributes[] = {"1.1", NULL}; /* none: the name is enough */
    struct ldap_search search = {.attributes = attributes, .entries_max = SOURCE_GROUPS_MAX};
    struct str pattern = json_text(q->settings, "group_filter");
    struct buf BUF_AUTO filter;
    struct ldap_entry *list;
    size_t count;
    buf_init(&filter, LDAP_FILTER_MAX);
    if (!pattern.size)
        return true;
    search.base = json_text(q->settings, "group_base").size ? setting(q, "group_base") : setting(q, "base");
    if (!ldap_filter_write(&filter, pattern, login, dn, e))
        return false;
    search.filter = filter.data;
    if (!ldap_client_search(q->client, q->arena, &search, &list, &count, e))
        return err_wrap(e, "groups");
    for (size_t i = 0; i < count; i++)
        json_push_str(groups, list[i].dn);
    return true;
}

static struct str first_value(const struct ldap_entry *entry, int which)
{
    const struct ldap_attribute *at = &entry->attributes[which];
    return at->count && str_is_utf8(at->values[0]) ? at->values[0] : STR("");
}

/* What does not change when the entry is renamed; the name itself where the directory has no such thing. */
static struct str subject_of(struct asking *q, const struct ldap_entry *entry)
{
    const struct ldap_attribute *guid = &entry->attributes[AT_GUID];
    char hex[2 * 16 + 1];
    if (first_value(entry, AT_UUID).size)
        return arena_printf(q->arena, "uuid %.*s", STR_ARGS(first_value(entry, AT_UUID)));
    if (guid->count && guid->values[0].size == 16) {
        hex_encode(guid->values[0].data, 16, hex);
        return arena_printf(q->arena, "guid %s", hex);
    }
    return arena_printf(q->arena, "dn %.*s", STR_ARGS(entry->dn));
}

static bool is_off(const struct ldap_entry *entry)
{
    int64_t control = 0;
    return entry->attributes[AT_LOCKED].count > 0 || (str_to_int64(first_value(entry, AT_CONTROL), &control) && (control & ACCOUNT_DISABLED));
}

static bool who_put(struct asking *q, const struct ldap_entry *entry, struct str login, struct json *who, struct err *e)
{
    struct str own = first_value(entry, AT_LOGIN);
    json_put_str(who, "subject", subject_of(q, entry));
    json_put_str(who, "login", own.size ? own : login);
    json_put_str(who, "name", first_value(entry, AT_NAME));
    json_put_str(who, "email", first_value(entry, AT_MAIL));
    json_put_bool(who, "is_off", is_off(entry));
    json_put_int(who, "factors", str_is(json_text(q->settings, "second"), "trusted") ? 2 : 1);
    json_put_int(who, "auth_ms", 0);
    struct json *groups = json_put_array(who, "groups");
    for (size_t i = 0; i < entry->attributes[AT_GROUPS].count; i++)
        if (str_is_utf8(entry->attributes[AT_GROUPS].values[i]))
            json_push_str(groups, entry->attributes[AT_GROUPS].values[i]);
    return groups_find(q, login, entry->dn, groups, e);
}

bool connect_ldap(struct arena *a, const struct json *request, struct json *answer, struct err *e)
{
    struct asking q = {.arena = a, .settings = json_get(request, "c"), .secret = json_text(request, "secret")};
    struct ldap_server server = {.url = setting(&q, "url"), .is_plain = str_is(json_text(q.settings, "tls"), "none"), .ca_pem = json_text(q.settings, "ca")};
    struct str login = json_text(request, "login"), password = json_text(request, "password");
    bool is_try = !json_get(request, "password");
    struct ldap_entry *entry;
    struct json *who = json_object(a);
    size_t count = 0;
    if (!login.size || (!is_try && !password.size))
        return err_set(e, ERR_DENIED, "ldap: a name and a password are needed");
    q.client = ldap_client_new(&server, e);
    bool ok = q.client && own_bind(&q, e) && entry_find(&q, login, &entry, &count, e);
    if (ok && count == 0) {
        json_put_bool(answer, "is_unknown", true);
        ok = err_set(e, ERR_DENIED, "the directory has nobody of this name");
    }
    ok = ok && who_put(&q, entry, login, who, e);
    /* Last, so that the searches run under our own name. */
    ok = ok && (is_try || ldap_client_bind(q.client, entry->dn.data, password, e));
    ldap_client_free(q.client);
    if (ok)
        json_put(answer, "who", who);
    return ok;
}

/* ---- everybody ---- */

enum { OF_CN, OF_MAIL, OF_NUMBER, OF_ID, OF_TYPE, OF_TITLE, OF_DEPARTMENT, OF_DEPARTMENT_NUMBER, OF_TEAM, OF_LOCATION, OF_MANAGER, OF_LOCKED, OF_CONTROL, OF_NAME };
static const char PEOPLE_FILTER[] = "(|(objectClass=inetOrgPerson)(&(objectCategory=person)(objectClass=user)))";

struct people {
    struct ldap_entry *entries;
    size_t count;
};

static struct str value_of(const struct ldap_entry *entry, int which)
{
    return first_value(entry, which);
}

static struct str either(const struct ldap_entry *entry, int first, int second)
{
    return value_of(entry, first).size ? value_of(entry, first) : value_of(entry, second);
}

static int compare_entries(const void *a, const void *b)
{
    return str_compare(((const struct ldap_entry *)a)->dn, ((const struct ldap_entry *)b)->dn);
}

/* By what the roster can find the manager again. */
static struct str manager_of(const struct people *p, const struct ldap_entry *entry)
{
    struct ldap_entry wanted = {.dn = value_of(entry, OF_MANAGER)};
    const struct ldap_entry *found = wanted.dn.size ? bsearch(&wanted, p->entries, p->count, sizeof wanted, compare_entries) : NULL;
    if (!found)
        return STR("");
    struct str mail = value_of(found, OF_MAIL), number = either(found, OF_NUMBER, OF_ID);
    return mail.size ? mail : number.size ? number : either(found, OF_NAME, OF_CN);
}

static void person_put(struct json *list, const struct people *p, const struct ldap_entry *entry)
{
    struct json *o = json_push_object(list);
    int64_t control = 0;
    json_put_str(o, "dn", entry->dn);
    json_put_str(o, "name", either(entry, OF_NAME, OF_CN));
    json_put_str(o, "email", value_of(entry, OF_MAIL));
    json_put_str(o, "number", either(entry, OF_NUMBER, OF_ID));
    json_put_str(o, "type", value_of(entry, OF_TYPE));
    json_put_str(o, "title", value_of(entry, OF_TITLE));
    json_put_str(o, "department", either(entry, OF_DEPARTMENT, OF_DEPARTMENT_NUMBER));
    json_put_str(o, "team", value_of(entry, OF_TEAM));
    json_put_str(o, "location", value_of(entry, OF_LOCATION));
    json_put_str(o, "manager", manager_of(p, entry));
    json_put_bool(o, "is_off", entry->attributes[OF_LOCKED].count > 0 || (str_to_int64(value_of(entry, OF_CONTROL), &control) && (control & ACCOUNT_DISABLED)));
}

bool connect_people(struct arena *a, const struct json *request, struct json *answer, struct err *e)
{
    struct asking q = {.arena = a, .settings = json_get(request, "c"), .secret = json_text(request, "secret")};
    struct ldap_server server = {.url = setting(&q, "url"), .is_plain = str_is(json_text(q.settings, "tls"), "none"), .ca_pem = json_text(q.settings, "ca")};
    const char *attributes[] = {"cn", setting(&q, "attr_mail"), "employeeNumber", "employeeID", "employeeType", "title", "department", "departmentNumber", "ou", "l", "manager",
                                "pwdAccountLockedTime", "userAccountControl", setting(&q, "attr_name"), NULL};
    struct ldap_search search = {.base = setting(&q, "base"), .filter = PEOPLE_FILTER, .attributes = attributes, .entries_max = CONNECT_PEOPLE_MAX, .page = LDAP_PAGE};
    struct people p = {0};
    q.client = ldap_client_new(&server, e);
    bool ok = q.client && own_bind(&q, e) && ldap_client_search(q.client, a, &search, &p.entries, &p.count, e);
    ldap_client_free(q.client);
    if (!ok)
        return false;
    struct json *list = json_put_array(answer, "people");
    if (p.count)
        qsort(p.entries, p.count, sizeof *p.entries, compare_entries);
    for (size_t i = 0; i < p.count; i++)
        person_put(list, &p, &p.entries[i]);
    return true;
}
