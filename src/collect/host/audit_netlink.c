/* audit_netlink.c - asking the kernel about auditing. Only GET and LIST_RULES are ever sent. */
#include "base/env.h"
#include "collect/host/audit_rule.h"
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_BYTES_MAX = 16 << 10 };

static int open_socket(struct err *e)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
    if (fd < 0) {
        if (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT)
            (void)err_set(e, ERR_UNSUPPORTED, "ask the kernel about auditing: this kernel has none");
        else
            (void)err_errno(e, errno, "ask the kernel about auditing");
        return -1;
    }
    struct timeval limit = {.tv_sec = AUDIT_TIMEOUT_MS / 1000, .tv_usec = AUDIT_TIMEOUT_MS % 1000 * 1000};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
        connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) != 0) {
        (void)err_errno(e, errno, "ask the kernel about auditing");
        close(fd);
        return -1;
    }
    return fd;
}

static bool refused(int number, struct err *e)
{
    if (number == ECONNREFUSED)
        return err_set(e, ERR_UNAVAILABLE, "ask the kernel about auditing: refused, as it is inside a container");
    if (number == EPERM || number == EACCES)
        return err_set(e, ERR_DENIED, "ask the kernel about auditing: CAP_AUDIT_CONTROL of the host is needed");
    if (number == EAGAIN)
        return err_set(e, ERR_TIMEOUT, "ask the kernel about auditing: no answer");
    return err_errno(e, number, "ask the kernel about auditing");
}

static bool send_question(int fd, uint16_t type, struct err *e)
{
    struct nlmsghdr question = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 1};
    return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question) || refused(errno, e);
}

/* One message: its type and body. */
static bool receive(int fd, char *buffer, uint16_t *ret_type, struct str *ret_body, struct err *e)
{
    ssize_t size = recv(fd, buffer, MESSAGE_BYTES_MAX, 0);
    if (size < 0)
        return refused(errno, e);
    struct nlmsghdr header;
    if ((size_t)size < sizeof(header))
        return err_set(e, ERR_CORRUPT, "ask the kernel about auditing: a short answer");
    memcpy(&header, buffer, sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > (size_t)size)
        header.nlmsg_len = (uint32_t)size; /* the kernel counts some answers without their header */
    *ret_type = header.nlmsg_type;
    *ret_body = str_make(buffer + sizeof(header), header.nlmsg_len - sizeof(header));
    if (header.nlmsg_type == NLMSG_ERROR && ret_body->size >= sizeof(int)) {
        int number;
        memcpy(&number, ret_body->data, sizeof(number));
        if (number)
            return refused(-number, e);
    }
    return true;
}

bool audit_ask_status(struct audit_status *ret, struct err *e)
{
    int fd = open_socket(e);
    if (fd < 0)
        return false;
    char buffer[MESSAGE_BYTES_MAX];
    bool is_known = false;
    bool is_ok = send_question(fd, AUDIT_GET, e);
    for (int i = 0; is_ok && !is_known && i < 8; i++) {
        uint16_t type = 0;
        struct str body = {0};
        is_ok = receive(fd, buffer, &type, &body, e);
        if (is_ok && type == AUDIT_GET) {
            struct audit_status status = {0};
            memcpy(&status, body.data, body.size < sizeof(status) ? body.size : sizeof(status));
            *ret = status;
            is_known = true;
        }
    }
    close(fd);
    return is_known || (is_ok && err_set(e, ERR_UNAVAILABLE, "ask the kernel about auditing: no answer"));
}

bool audit_ask_rules(struct arena *a, struct audit_rule **ret_rules, size_t *ret_count, struct err *e)
{
    int fd = open_socket(e);
    if (fd < 0)
        return false;
    char buffer[MESSAGE_BYTES_MAX];
    struct audit_rule *rules = NULL;
    size_t count = 0, capacity = 0;
    int64_t end_ms = env_monotonic_ms(&env_system) + 3 * AUDIT_TIMEOUT_MS;
    uint16_t type = 0;
    bool is_ok = send_question(fd, AUDIT_LIST_RULES, e);
    while (is_ok && type != NLMSG_DONE && count < AUDIT_RULES_MAX) {
        struct str body = {0};
        is_ok = receive(fd, buffer, &type, &body, e);
        if (is_ok && env_monotonic_ms(&env_system) > end_ms)
            is_ok = err_set(e, ERR_TIMEOUT, "ask the kernel for its audit rules: it does not end");
        if (!is_ok || type != AUDIT_LIST_RULES)
            continue;
        if (count == capacity)
            rules = arena_grow(a, rules, count, &capacity, sizeof(*rules));
        if (audit_rule_decode(a, body, &rules[count]))
            rules[count++].is_loaded = true;
    }
    close(fd);
    if (!is_ok)
        return false;
    *ret_rules = rules;
    *ret_count = count;
    return true;
}
