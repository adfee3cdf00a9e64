/*
 * sockets.c - listening and connections: one dump of the kernel's sockets over netlink (sock_diag(7)), owners by /proc/<pid>/fd.
 */
#include "collect/host/host.h"
#include "collect/host/netlink.h"
#include "collect/host/proc.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct column listening_columns[] = {
    {"proto", COLUMN_TEXT, "", "'tcp' or 'udp'.", COLUMN_KEY},
    {"addr", COLUMN_TEXT, "", "Local address; '0.0.0.0' and '::' stand for every address.", 0},
    {"port", COLUMN_INTEGER, "", "Local port.", COLUMN_KEY},
    {"scope", COLUMN_TEXT, "",
     "Who can reach it as far as the address says: 'loopback', 'private' (RFC 1918, link-local, ULA, CGNAT), 'public', or 'any' "
     "(every address).",
     0},
    {"pid", COLUMN_INTEGER, "", "Lowest numbered process that holds the socket; null if none can be seen.", 0},
    {"name", COLUMN_TEXT, "", "Short name of that process.", 0},
    {"path", COLUMN_TEXT, "", "The file it runs; null where it may not be read.", 0},
    {"unit", COLUMN_TEXT, "", "systemd unit that it belongs to; null outside of one.", 0},
    {"uid", COLUMN_INTEGER, "", "User id that opened the socket.", 0},
    {"interface", COLUMN_TEXT, "", "Interface that the socket is bound to; null for all.", 0},
};

static const struct table_schema listening_schema = {
    .name = "listening",
    .version = 1,
    .words = "One row a TCP socket that listens or UDP socket that is bound and not connected, in the network namespace of the "
             "collector.",
    .criteria = "CC6.6, CC6.1",
    .example = "SELECT proto, addr, port, path FROM listening WHERE scope IN ('any', 'public') ORDER BY port",
    .columns = listening_columns,
    .column_count = COLUMN_COUNT(listening_columns),
};

static const struct column connections_columns[] = {
    {"proto", COLUMN_TEXT, "", "'tcp' or 'udp'.", COLUMN_KEY},
    {"laddr", COLUMN_TEXT, "", "Local address.", 0},
    {"lport", COLUMN_INTEGER, "", "Local port.", COLUMN_KEY},
    {"raddr", COLUMN_TEXT, "", "Address of the peer.", 0},
    {"rport", COLUMN_INTEGER, "", "Port of the peer.", COLUMN_KEY},
    {"rscope", COLUMN_TEXT, "", "Where the peer is: 'loopback', 'private' or 'public'.", 0},
    {"state", COLUMN_TEXT, "", "TCP state as ss(8) names it, 'estab', 'time-wait'; 'estab' for a connected UDP socket.", 0},
    {"pid", COLUMN_INTEGER, "",
     "Lowest numbered process that holds the socket; null if none can be seen or the kernel alone holds it.", 0},
    {"name", COLUMN_TEXT, "", "Short name of that process.", 0},
    {"uid", COLUMN_INTEGER, "", "User id that opened the socket.", 0},
};

static const struct table_schema connections_schema = {
    .name = "connections",
    .version = 1,
    .words = "One row a TCP or UDP socket with a peer, in the network namespace of the collector.",
    .criteria = "CC7.2, CC6.6",
    .example = "SELECT raddr, rport, name FROM connections WHERE rscope = 'public' AND state = 'estab'",
    .columns = connections_columns,
    .column_count = COLUMN_COUNT(connections_columns),
};

enum { TCP_STATE_ESTABLISHED = 1, TCP_STATE_CLOSE = 7, TCP_STATE_LISTEN = 10, TCP_STATE_COUNT = 13 };

/* The numbers of the kernel's include/net/tcp_states.h, named as ss(8) does. */
static const char *const tcp_state_names[TCP_STATE_COUNT] = {
    NULL,          "estab",      "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait",
    "unconnected", "close-wait", "last-ack", "listen",   "closing",    "syn-recv",
};

struct socket_fact {
    const char *proto;
    struct inet_diag_msg diag;
    struct proc_owner *owner; /* NULL: none seen */
};

struct socket_list {
    struct gather *gather;
    struct socket_fact *items;
    size_t count;
    size_t capacity;
    size_t unknown; /* sockets with an inode whose owner was not found */
    size_t denied;  /* processes whose descriptors may not be seen */
};

/* All sockets of one family and protocol in the states of the mask. */
static bool sockets_dump(struct socket_list *list, struct netlink *nl, uint8_t family, uint8_t protocol, uint32_t states,
                         struct err *e)
{
    struct inet_diag_req_v2 request = {.sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = states};
    struct netlink_answers answers;
    if (!netlink_dump(nl, SOCK_DIAG_BY_FAMILY, 0, &request, sizeof(request), &answers, e))
        return false;
    if (answers.is_interrupted)
        gather_missing(list->gather, STR("all"), "sockets that changed while they were read",
                       "the dump was interrupted three times");
    for (size_t i = 0; i < answers.count; i++) {
        struct socket_fact fact = {.proto = protocol == IPPROTO_TCP ? "tcp" : "udp"};
        if (answers.items[i].payload.size < sizeof(fact.diag))
            continue;
        memcpy(&fact.diag, answers.items[i].payload.data, sizeof(fact.diag));
        if (list->count == list->capacity)
            list->items = arena_grow(list->gather->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
        list->items[list->count++] = fact;
    }
    return true;
}

static int socket_compare_inode(const void *a, const void *b)
{
    const struct socket_fact *x = a, *y = b;
    return (x->diag.idiag_inode > y->diag.idiag_inode) - (x->diag.idiag_inode < y->diag.idiag_inode);
}

/* The sockets behind one descriptor: usually one, none if it is of another family. */
static size_t sockets_give_owner(struct socket_list *list, uint32_t inode, int64_t pid, struct proc_owner **owner)
{
    size_t low = 0, high = list->count, found = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].diag.idiag_inode < inode)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < list->count && list->items[low].diag.idiag_inode == inode; low++) {
        if (list->items[low].owner)
            continue;
        if (!*owner) {
            *owner = ARENA_NEW(list->gather->arena, struct proc_owner);
            proc_owner_read(list->gather, pid, *owner);
        }
        list->items[low].owner = *owner;
        found++;
    }
    return found;
}

/* Looks through the descriptors of all processes until every socket has an owner. */
static bool sockets_find_owners(struct socket_list *list, struct err *e)
{
    struct proc_scan scan;
    size_t wanted = 0;
    if (list->count == 0)
        return true;
    qsort(list->items, list->count, sizeof(*list->items), socket_compare_inode);
    for (size_t i = 0; i < list->count; i++)
        wanted += list->items[i].diag.idiag_inode != 0;
    if (wanted == 0)
        return true;
    if (!proc_scan_open(&scan, list->gather, e))
        return false;
    while (wanted && proc_scan_next(&scan)) {
        int fd = openat(scan.pid_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);
        list->denied += fd < 0 && (errno == EACCES || errno == EPERM);
        struct proc_owner *owner = NULL;
        struct dirent *entry;
        while (directory && wanted && (entry = readdir(directory))) {
            char target[64];
            ssize_t size = entry->d_name[0] == '.' ? -1 : readlinkat(fd, entry->d_name, target, sizeof(target));
            int64_t inode;
            if (size > 9 && memcmp(target, "socket:[", 8) == 0 && str_to_int64(str_make(target + 8, (size_t)size - 9), &inode) &&
                inode > 0 && inode <= UINT32_MAX)
                wanted -= sockets_give_owner(list, (uint32_t)inode, scan.pid, &owner);
        }
        if (directory)
            closedir(directory);
        else if (fd >= 0)
            close(fd);
    }
    proc_scan_close(&scan);
    list->unknown = wanted;
    return true;
}

static bool sockets_gather(struct socket_list *list, uint32_t tcp_states, uint32_t udp_states, struct err *e)
{
    struct gather *g = list->gather;
    struct netlink nl;
    if (!source_is_live(g->source))
        return err_set(e, ERR_UNSUPPORTED, "sockets are known of the running host only");
    if (!netlink_open(&nl, NETLINK_SOCK_DIAG, g->arena, e))
        return false;
    bool ok = sockets_dump(list, &nl, AF_INET, IPPROTO_TCP, tcp_states, e) &&
              sockets_dump(list, &nl, AF_INET, IPPROTO_UDP, udp_states, e);
    if (ok && access("/proc/net/if_inet6", F_OK) == 0)
        ok = sockets_dump(list, &nl, AF_INET6, IPPROTO_TCP, tcp_states, e) &&
             sockets_dump(list, &nl, AF_INET6, IPPROTO_UDP, udp_states, e);
    netlink_close(&nl);
    if (!ok)
        return false;
    struct err owners = {0};
    if (!sockets_find_owners(list, &owners))
        gather_missing(g, STR("pid"), "processes that hold the sockets", arena_printf(g->arena, "%s", owners.text).data);
    else if (list->unknown && list->denied)
        gather_missing(g, STR("pid"), arena_printf(g->arena, "process of %zu sockets", list->unknown).data,
                       "not permitted: needs root (CAP_SYS_PTRACE)");
    return true;
}

static struct str socket_address(const struct socket_fact *fact, const uint32_t words[4])
{
    return str_make(words, fact->diag.idiag_family == AF_INET6 ? 16 : 4);
}

static void row_owner_id(struct rows *r, const struct socket_fact *fact)
{
    if (fact->owner)
        row_int(r, fact->owner->pid);
    else
        row_null(r);
    row_text(r, fact->owner ? fact->owner->name : (struct str){0});
}

static bool listening_gather(struct gather *g, struct err *e)
{
    struct socket_list list = {.gather = g};
    if (!sockets_gather(&list, 1u << TCP_STATE_LISTEN, 1u << TCP_STATE_CLOSE, e))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct socket_fact *fact = &list.items[i];
        struct str address = socket_address(fact, fact->diag.id.idiag_src);
        char interface[IF_NAMESIZE];
        struct rows *r = g->rows;
        if (fact->diag.id.idiag_sport == 0)
            continue; /* a UDP socket that is not bound */
        row_begin(r);
        row_cstr(r, fact->proto);
        row_text(r, address_text(g->arena, address));
        row_int(r, ntohs(fact->diag.id.idiag_sport));
        row_cstr(r, address_scope(address));
        row_owner_id(r, fact);
        row_text(r, fact->owner ? fact->owner->path : (struct str){0});
        row_text(r, fact->owner ? fact->owner->unit : (struct str){0});
        row_int(r, fact->diag.idiag_uid);
        row_cstr(r, fact->diag.id.idiag_if && if_indextoname(fact->diag.id.idiag_if, interface) ? interface : NULL);
        row_end(r);
    }
    return true;
}

static bool connections_gather(struct gather *g, struct err *e)
{
    static const uint32_t all_states = (1u << TCP_STATE_COUNT) - 1;
    struct socket_list list = {.gather = g};
    if (!sockets_gather(&list, all_states & ~(1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE), 1u << TCP_STATE_ESTABLISHED, e))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct socket_fact *fact = &list.items[i];
        struct str peer = socket_address(fact, fact->diag.id.idiag_dst);
        struct rows *r = g->rows;
        row_begin(r);
        row_cstr(r, fact->proto);
        row_text(r, address_text(g->arena, socket_address(fact, fact->diag.id.idiag_src)));
        row_int(r, ntohs(fact->diag.id.idiag_sport));
        row_text(r, address_text(g->arena, peer));
        row_int(r, ntohs(fact->diag.id.idiag_dport));
        row_cstr(r, address_scope(peer));
        row_cstr(r, fact->diag.idiag_state < TCP_STATE_COUNT ? tcp_state_names[fact->diag.idiag_state] : NULL);
        row_owner_id(r, fact);
        row_int(r, fact->diag.idiag_uid);
        row_end(r);
    }
    return true;
}

const struct host_table listening_table = {
    .schema = &listening_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_NETNS,
    .gather = listening_gather,
};

const struct host_table connections_table = {
    .schema = &connections_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_NETNS,
    .is_volatile = true,
    .gather = connections_gather,
};
