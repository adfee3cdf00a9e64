/*
 * netlink.h - asking the kernel over netlink(7): one dump request, all its answers, attributes.
 *
 * The answers are copied into the table's arena, so that a dump which the kernel marks as interrupted (something changed
 * meanwhile) is asked again, up to three times. No call waits longer than two seconds.
 *
 *     struct netlink nl;
 *     if (!netlink_open(&nl, NETLINK_ROUTE, g->arena, e)) return false;
 *     struct netlink_answers answers;
 *     bool ok = netlink_dump(&nl, RTM_GETLINK, 0, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg), &answers, e);
 *     for (size_t i = 0; i < answers.count; i++) ... answers.items[i].type, .payload
 *     netlink_close(&nl);
 */
#ifndef COLLECT_HOST_NETLINK_H
#define COLLECT_HOST_NETLINK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { NETLINK_ANSWERS_BYTES_MAX = 64 << 20, NETLINK_TRIES = 3, NETLINK_TIMEOUT_S = 2 };

struct netlink {
    int fd;
    uint32_t sequence;
    struct arena *arena;
    void *buffer;
};

struct netlink_answer {
    uint16_t type;
    struct str payload; /* behind struct nlmsghdr */
};

struct netlink_answers {
    struct netlink_answer *items;
    size_t count;
    size_t capacity;
    size_t size_bytes;
    bool is_interrupted; /* also the last try was: facts of two moments may be mixed */
};

/* `protocol` as NETLINK_ROUTE. ERR_UNSUPPORTED where the kernel does not know it. */
bool netlink_open(struct netlink *nl, int protocol, struct arena *a, struct err *e) MUST_USE;
void netlink_close(struct netlink *nl);
/* Sends header and `body` with NLM_F_REQUEST | NLM_F_DUMP | flags, and collects what comes until the end of the dump. ERR_DENIED,
 * ERR_NOT_FOUND (ENOENT), ERR_UNSUPPORTED (EOPNOTSUPP, EPROTONOSUPPORT), ERR_TIMEOUT. */
bool netlink_dump(struct netlink *nl, uint16_t type, uint16_t flags, const void *body, size_t body_size,
                  struct netlink_answers *ret, struct err *e) MUST_USE;

/* One attribute; `kind` without the flags for nesting and byte order. */
struct netlink_attribute {
    uint16_t kind;
    struct str payload;
};
/* The next attribute of *rest; false at the end or where the bytes make no sense. */
bool netlink_next_attribute(struct str *rest, struct netlink_attribute *ret);
/* The payload of the first attribute of a kind; data NULL if it is not there. */
struct str netlink_find(struct str attributes, uint16_t kind);
/* A text attribute without its NUL. */
struct str netlink_text(struct str payload);
/* Numbers in host order (netlink) and network order (nf_tables); false if the size is another. */
bool netlink_u32(struct str payload, uint32_t *ret);
bool netlink_u32be(struct str payload, uint32_t *ret);
bool netlink_u64be(struct str payload, uint64_t *ret);

/* An address of 4 or 16 bytes as text, copied into the arena; data NULL for other sizes. */
struct str address_text(struct arena *a, struct str bytes);
/* 'loopback', 'private', 'public' or 'any' for an address of 4 or 16 bytes. */
const char *address_scope(struct str bytes);
/* The bytes of an address written as text (a zone behind '%' is left out); false if it is none. ret has 16 bytes. */
bool address_parse(struct str text, uint8_t ret[16], size_t *ret_size);

#endif
