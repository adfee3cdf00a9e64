/* jail.c - seccomp and Landlock. Debian 12's landlock.h ends at ABI 2, so the newer bits are defined here. */
#include "os/jail.h"
#include "os/library.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECCOMP_FUNCTIONS(F) F(seccomp_, init) F(seccomp_, load) F(seccomp_, release) F(seccomp_, rule_add)
static struct {
    SECCOMP_FUNCTIONS(LIBRARY_POINTER)
} seccomp;
static const char *const seccomp_names[] = {SECCOMP_FUNCTIONS(LIBRARY_NAME)};
static struct library seccomp_library = LIBRARY("libseccomp.so.2", "libseccomp2", seccomp_names, seccomp);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { JAIL_IS_SANITIZED = 1 };
#else
enum { JAIL_IS_SANITIZED = 0 };
#endif

#define ACCESS_REFER (UINT64_C(1) << 13)     /* ABI 2 */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define ACCESS_NET_BIND (UINT64_C(1) << 0)   /* ABI 4 */
#define ACCESS_NET_CONNECT (UINT64_C(1) << 1)

static const uint64_t ACCESS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t ACCESS_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | ACCESS_TRUNCATE;
static const uint64_t ACCESS_ALL_ABI1 = (UINT64_C(1) << 13) - 1;

/* The rule set of kernels with network rules; older kernels take its first half. */
struct ruleset {
    uint64_t handled_fs;
    uint64_t handled_net;
};

static int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
    return abi > 0 ? (int)abi : 0;
}

void jail_allow(struct jail *j, const char *path, bool may_write)
{
    if (j->path_count < JAIL_PATHS_MAX) {
        j->paths[j->path_count].path = path;
        j->paths[j->path_count++].may_write = may_write;
    }
}

static bool landlock_add(int ruleset, uint64_t handled, const char *path, bool may_write, struct err *e)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == EACCES ? true : err_errno(e, errno, "%s", path);
    struct stat st;
    uint64_t access = may_write ? handled & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE : ACCESS_READ;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        access &= ACCESS_FILE;
    struct landlock_path_beneath_attr rule = {.allowed_access = access & handled, .parent_fd = fd};
    long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0u);
    int number = errno;
    close(fd);
    return result == 0 ? true : err_errno(e, number, "landlock rule for %s", path);
}

/* They see nothing but their paths. Not for JAIL_READ, nor JAIL_START that starts it: who is in a Landlock domain may look into no process outside of it, and looking
 * into processes is what the collector does; its filter refuses writing instead. */
static bool landlock_enter(const struct jail *j, struct err *e)
{
    int abi = landlock_abi();
    if (abi == 0 || j->kind == JAIL_READ || j->kind == JAIL_START)
        return true;
    struct ruleset attr = {.handled_fs = ACCESS_ALL_ABI1};
    if (abi >= 2)
        attr.handled_fs |= ACCESS_REFER;
    if (abi >= 3)
        attr.handled_fs |= ACCESS_TRUNCATE;
    if (abi >= 4 && j->kind != JAIL_CONNECT && j->kind != JAIL_FETCH)
        attr.handled_net = ACCESS_NET_BIND | ACCESS_NET_CONNECT;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 4 ? sizeof(attr) : sizeof(attr.handled_fs), 0u);
    if (ruleset < 0)
        return errno == EOPNOTSUPP || errno == ENOSYS ? true : err_errno(e, errno, "landlock");
    bool ok = true;
    for (size_t i = 0; ok && i < j->path_count; i++)
        ok = landlock_add(ruleset, attr.handled_fs, j->paths[i].path, j->paths[i].may_write, e);
    if (ok && syscall(SYS_landlock_restrict_self, ruleset, 0u) != 0)
        ok = err_errno(e, errno, "landlock_restrict_self");
    close(ruleset);
    return ok;
}

/* Calls that a computing process needs: what is open, memory, clock, its own end. */
static const int CALLS_COMPUTE[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap),
    SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(clock_nanosleep)};

/* Calls that no process of ours needs once it runs; refused with EPERM rather than death, so that a library that asks goes on. */
static const int CALLS_REFUSED[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(mount),
    SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(init_module),
    SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
    SCMP_SYS(io_uring_setup), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname), SCMP_SYS(acct),
    SCMP_SYS(quotactl), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups),
    SCMP_SYS(personality), SCMP_SYS(mknod), SCMP_SYS(mknodat)};

/* What changes a file system; refused to who only reads it. openat2 hides its flags from filters: it is not there at all, or
 * Landlock stands behind it. */
static const int CALLS_CHANGING[] = {
    SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(chmod),
    SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(truncate),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(utimensat), SCMP_SYS(futimesat),
    SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr)};

static int filter_changes(scmp_filter_ctx filter, bool has_openat2)
{
    static const uint64_t FLAGS[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
    int result = has_openat2 ? 0 : seccomp.rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
    for (size_t i = 0; i < sizeof(CALLS_CHANGING) / sizeof(CALLS_CHANGING[0]) && result == 0; i++)
        result = seccomp.rule_add(filter, SCMP_ACT_ERRNO(EROFS), CALLS_CHANGING[i], 0);
    for (size_t i = 0; i < sizeof(FLAGS) / sizeof(FLAGS[0]) && result == 0; i++) {
        result = seccomp.rule_add(filter, SCMP_ACT_ERRNO(EROFS), SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, FLAGS[i], FLAGS[i]));
        if (result == 0)
            result = seccomp.rule_add(filter, SCMP_ACT_ERRNO(EROFS), SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, FLAGS[i], FLAGS[i]));
    }
    return result;
}

static int filter_compute(scmp_filter_ctx filter)
{
    int result = 0;
    for (size_t i = 0; i < sizeof(CALLS_COMPUTE) / sizeof(CALLS_COMPUTE[0]) && result == 0; i++)
        result = seccomp.rule_add(filter, SCMP_ACT_ALLOW, CALLS_COMPUTE[i], 0);
    return result;
}

static int filter_store(scmp_filter_ctx filter, enum jail_kind kind)
{
    int result = 0;
    for (size_t i = 0; i < sizeof(CALLS_REFUSED) / sizeof(CALLS_REFUSED[0]) && result == 0; i++)
        if (kind != JAIL_START || CALLS_REFUSED[i] != SCMP_SYS(execve))
            result = seccomp.rule_add(filter, SCMP_ACT_ERRNO(EPERM), CALLS_REFUSED[i], 0);
    /* Families in use are small numbers; every other one is refused. */
    for (unsigned family = 0; family <= 45 && result == 0; family++) {
        bool is_inet = family == AF_INET || family == AF_INET6;
        bool is_asking = kind == JAIL_CONNECT || kind == JAIL_FETCH;
        bool has_netlink = kind == JAIL_READ || kind == JAIL_READ_TREE || is_asking || kind == JAIL_START;
        bool is_allowed = family == AF_UNIX || (is_inet && is_asking) || (family == AF_NETLINK && has_netlink);
        if (!is_allowed)
            result = seccomp.rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, family));
    }
    bool is_reader = kind == JAIL_READ || kind == JAIL_READ_TREE || kind == JAIL_CONNECT;
    return result == 0 && is_reader ? filter_changes(filter, kind == JAIL_READ_TREE) : result;
}

static bool seccomp_enter(const struct jail *j, struct err *e)
{
    bool is_list = j->kind == JAIL_COMPUTE;
    scmp_filter_ctx filter = seccomp.init(is_list ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW);
    if (!filter)
        return err_set(e, ERR_INTERNAL, "seccomp: no filter");
    int result = is_list ? filter_compute(filter) : filter_store(filter, j->kind);
    if (result == 0)
        result = seccomp.load(filter);
    seccomp.release(filter);
    if (result == -EINVAL || result == -ENOSYS)
        return true; /* a kernel without filters */
    return result == 0 ? true : err_errno(e, -result, "seccomp");
}

bool jail_enter(const struct jail *j, struct err *e)
{
    if (JAIL_IS_SANITIZED)
        return true;
    if (!library_open(&seccomp_library, e)) /* before its file is out of reach */
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno(e, errno, "no_new_privs");
    if (j->kind != JAIL_READ && j->kind != JAIL_START) /* whose own /proc/self would become root's */
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return landlock_enter(j, e) && seccomp_enter(j, e);
}

void jail_probe(struct jail_state *ret)
{
    ret->landlock_abi = landlock_abi();
    /* With a null program an existing filter mode answers EFAULT, a missing one EINVAL. */
    ret->has_seccomp = prctl(PR_SET_SECCOMP, 2, NULL, 0, 0) != 0 && errno == EFAULT;
    ret->is_sanitized = JAIL_IS_SANITIZED;
    ret->no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    ret->seccomp_mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
}
