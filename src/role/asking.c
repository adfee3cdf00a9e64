#include "role/asking.h"

void asking_allow(struct jail *j)
{
    static const char *const readable[] = {
        "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/ssl",
        "/etc/ld.so.cache", "/usr/lib", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/run/systemd/resolve",
        "/run/resolvconf", "/run/NetworkManager"};
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
        jail_allow(j, readable[i], false);
}

bool asking_jail_enter(const char *dir, const char *ca_file, const char *from, struct err *e)
{
    struct jail jail = {.kind = JAIL_FETCH};
    jail_allow(&jail, dir, true);
    if (ca_file)
        jail_allow(&jail, ca_file, false);
    if (from)
        jail_allow(&jail, from, false);
    asking_allow(&jail);
    return jail_enter(&jail, e);
}
