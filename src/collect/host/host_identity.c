/*
 * host_identity.c - which host this is: machine-id(5), hostname(5), os-release(5), firmware tables, cloud-init.
 */
#include "collect/host/conf.h"

static const struct column host_identity_columns[] = {
    {"machine_id", COLUMN_TEXT, "", "Machine id; null if there is none.", 0},
    {"hostname", COLUMN_TEXT, "", "Host name of /etc/hostname, or of the running kernel.", 0},
    {"os", COLUMN_TEXT, "", "Operating system, ID of os-release: 'debian', 'ubuntu'.", 0},
    {"version", COLUMN_TEXT, "", "Its version: the exact one of debian_version where there is one ('12.11'), else VERSION_ID.",
     0},
    {"codename", COLUMN_TEXT, "", "VERSION_CODENAME, as 'bookworm'; null if it has none.", 0},
    {"pretty_name", COLUMN_TEXT, "", "PRETTY_NAME of os-release.", 0},
    {"arch", COLUMN_TEXT, "", "Architecture of the programs, as 'x86_64', 'aarch64'.", 0},
    {"virt", COLUMN_TEXT, "",
     "What it runs in: 'none', 'kvm', 'vmware', 'microsoft', 'xen', 'docker', 'podman', 'lxc', 'systemd-nspawn' and others; null "
     "if unknown.",
     0},
    {"cloud", COLUMN_TEXT, "", "Cloud provider: 'aws', 'gcp', 'azure' and others; null if none is seen.", 0},
    {"instance_id", COLUMN_TEXT, "", "Instance id that cloud-init keeps; null if there is none.", 0},
    {"fqdn", COLUMN_TEXT, "", "Name with domain, by /etc/hosts; null if it says none.", 0},
};

static const struct table_schema host_identity_schema = {
    .name = "host_identity",
    .version = 1,
    .words = "One row: what tells this host from others, and which system it runs.",
    .criteria = "CC6.1, CC7.1",
    .example = "SELECT hostname, pretty_name, virt FROM host_identity",
    .columns = host_identity_columns,
    .column_count = COLUMN_COUNT(host_identity_columns),
};

enum { IDENTITY_FILE_BYTES_MAX = 64 << 10, ELF_HEAD_BYTES = 20, HOSTS_BYTES_MAX = 1 << 20 };

/* The first line of a file, trimmed; data NULL if it is missing, empty or not readable. */
static struct str first_line(struct gather *g, const char *path)
{
    struct str text, line;
    struct err failed = {0};
    if (!source_read(g->source, g->arena, path, IDENTITY_FILE_BYTES_MAX, &text, &failed))
        return (struct str){0};
    if (!str_next_line(&text, &line) || str_trim(line).size == 0)
        return (struct str){0};
    return str_trim(line);
}

struct os_release {
    struct str id;
    struct str version;
    struct str codename;
    struct str pretty_name;
};

static void os_release_read(struct gather *g, struct os_release *ret)
{
    struct str text, line, key, value;
    if (!conf_read(g, "/etc/os-release", &text) && !conf_read(g, "/usr/lib/os-release", &text))
        return;
    struct conf_reader reader = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&reader, &line)) {
        if (!conf_key_value(line, &key, &value))
            continue;
        if (str_is(key, "ID"))
            ret->id = value;
        else if (str_is(key, "VERSION_ID"))
            ret->version = value;
        else if (str_is(key, "VERSION_CODENAME"))
            ret->codename = value;
        else if (str_is(key, "PRETTY_NAME"))
            ret->pretty_name = value;
    }
    struct str exact = first_line(g, "/etc/debian_version"); /* "12.11"; "trixie/sid" before a release */
    if (ret->id.data && str_is(ret->id, "debian") && exact.data && exact.data[0] >= '0' && exact.data[0] <= '9')
        ret->version = exact;
}

/* By the machine field of the ELF header of a program that every system has: also right on a tree. */
static const char *architecture(struct gather *g)
{
    static const char *const programs[] = {"/bin/sh", "/usr/bin/env", "/sbin/init"};
    static const struct {
        unsigned machine;
        const char *name;
    } machines[] = {{62, "x86_64"},   {183, "aarch64"}, {3, "i686"},   {40, "armv7l"},
                    {243, "riscv64"}, {21, "ppc64le"},  {22, "s390x"}, {258, "loongarch64"}};
    for (size_t i = 0; i < COLUMN_COUNT(programs); i++) {
        struct str head;
        struct err failed = {0};
        if (!source_read_head(g->source, g->arena, programs[i], ELF_HEAD_BYTES, &head, &failed) || head.size < ELF_HEAD_BYTES ||
            memcmp(head.data, "\177ELF", 4) != 0)
            continue;
        const uint8_t *b = (const uint8_t *)head.data;
        unsigned machine = b[5] == 2 ? (unsigned)b[18] << 8 | b[19] : (unsigned)b[19] << 8 | b[18];
        for (size_t m = 0; m < COLUMN_COUNT(machines); m++) {
            if (machines[m].machine == machine)
                return machines[m].name;
        }
    }
    return NULL;
}

/* Strings of the firmware, as systemd-detect-virt(1) knows them. */
static const struct {
    const char *text;
    const char *virt;
    const char *cloud;
} firmware_marks[] = {
    {"Amazon EC2", "amazon", "aws"},
    {"Google Compute Engine", "google", "gcp"},
    {"Google", "google", "gcp"},
    {"DigitalOcean", "kvm", "digitalocean"},
    {"Hetzner", "kvm", "hetzner"},
    {"Scaleway", "kvm", "scaleway"},
    {"Vultr", "kvm", "vultr"},
    {"Linode", "kvm", "linode"},
    {"Alibaba Cloud", "kvm", "alibaba"},
    {"OpenStack", "kvm", "openstack"},
    {"OracleCloud", "kvm", "oracle"},
    {"UpCloud", "kvm", "upcloud"},
    {"KVM", "kvm", NULL},
    {"QEMU", "qemu", NULL},
    {"VMware", "vmware", NULL},
    {"VMW", "vmware", NULL},
    {"innotek GmbH", "oracle", NULL},
    {"VirtualBox", "oracle", NULL},
    {"Xen", "xen", NULL},
    {"Bochs", "bochs", NULL},
    {"Parallels", "parallels", NULL},
    {"BHYVE", "bhyve", NULL},
    {"Hyper-V", "microsoft", NULL},
    {"Apple Virtualization", "apple", NULL},
};

#define AZURE_CHASSIS_TAG "7783-7084-3265-9085-8269-3286-77"

static void firmware_look(struct gather *g, const char **ret_virt, const char **ret_cloud)
{
    static const char *const files[] = {"/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor",
                                        "/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/bios_vendor",
                                        "/sys/class/dmi/id/chassis_asset_tag"};
    bool has_any = false;
    for (size_t f = 0; f < COLUMN_COUNT(files); f++) {
        struct str text = first_line(g, files[f]);
        if (!text.data)
            continue;
        has_any = true;
        if (str_is(text, "Microsoft Corporation") || str_is(text, "Virtual Machine"))
            *ret_virt = "microsoft";
        if (str_is(text, AZURE_CHASSIS_TAG))
            *ret_cloud = "azure";
        for (size_t i = 0; i < COLUMN_COUNT(firmware_marks); i++) {
            if (!str_contains(text, firmware_marks[i].text))
                continue;
            if (!*ret_virt)
                *ret_virt = firmware_marks[i].virt;
            if (!*ret_cloud)
                *ret_cloud = firmware_marks[i].cloud;
        }
    }
    if (!*ret_virt && has_any)
        *ret_virt = "none";
}

/* Guests without firmware tables: the kernel's clocks tell, in a file that does not change. */
static const char *virt_of_clocks(struct gather *g)
{
    struct str text = first_line(g, "/sys/devices/system/clocksource/clocksource0/available_clocksource");
    if (!text.data)
        return NULL;
    if (str_contains(text, "kvm-clock"))
        return "kvm";
    if (str_contains(text, "hyperv_"))
        return "microsoft";
    return str_contains(text, "xen") ? "xen" : NULL;
}

/* A container hides the firmware's truth, so it is looked for first. */
static const char *container_kind(struct gather *g)
{
    static const char *const known[] = {"docker", "podman", "lxc", "systemd-nspawn", "oci", "openvz", "wsl"};
    struct str text = first_line(g, "/run/systemd/container");
    for (size_t i = 0; text.data && i < COLUMN_COUNT(known); i++) {
        if (str_is(text, known[i]))
            return known[i];
    }
    if (text.data)
        return "container";
    if (conf_exists(g, "/run/.containerenv"))
        return "podman";
    return conf_exists(g, "/.dockerenv") ? "docker" : NULL;
}

/* hosts(5): the first name with a dot in a line that also holds the short name, or a name that begins with it. */
static struct str full_name(struct gather *g, struct str hostname)
{
    struct str text, line, word;
    struct err failed = {0};
    if (!hostname.data)
        return (struct str){0};
    if (str_find_char(hostname, '.') >= 0)
        return hostname;
    if (!source_read(g->source, g->arena, "/etc/hosts", HOSTS_BYTES_MAX, &text, &failed))
        return (struct str){0};
    struct conf_reader reader = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&reader, &line)) {
        ptrdiff_t comment = str_find_char(line, '#');
        if (comment >= 0)
            line = str_slice(line, 0, (size_t)comment);
        if (!str_next_word(&line, &word))
            continue;
        while (str_next_word(&line, &word)) {
            if (word.size > hostname.size + 1 && memcmp(word.data, hostname.data, hostname.size) == 0 &&
                word.data[hostname.size] == '.')
                return word;
        }
    }
    return (struct str){0};
}

static bool host_identity_gather(struct gather *g, struct err *e)
{
    struct os_release os = {0};
    struct rows *r = g->rows;
    const char *virt = container_kind(g), *cloud = NULL, *firmware_virt = NULL;
    (void)e;
    os_release_read(g, &os);
    firmware_look(g, &firmware_virt, &cloud);
    if (!virt)
        virt = firmware_virt;
    const char *clock_virt = !virt || strcmp(virt, "none") == 0 ? virt_of_clocks(g) : NULL;
    if (clock_virt)
        virt = clock_virt;
    struct str hostname = first_line(g, "/etc/hostname");
    if (!hostname.data)
        hostname = first_line(g, "/proc/sys/kernel/hostname");
    struct str cloud_id = first_line(g, "/run/cloud-init/cloud-id");
    row_begin(r);
    row_text(r, first_line(g, "/etc/machine-id"));
    row_text(r, hostname);
    row_text(r, os.id);
    row_text(r, os.version);
    row_text(r, os.codename);
    row_text(r, os.pretty_name);
    row_cstr(r, architecture(g));
    row_cstr(r, virt);
    if (cloud_id.data && !str_is(cloud_id, "none") && !str_is(cloud_id, "nocloud"))
        row_text(r, cloud_id);
    else
        row_cstr(r, cloud);
    row_text(r, first_line(g, "/var/lib/cloud/data/instance-id"));
    row_text(r, full_name(g, hostname));
    row_end(r);
    return true;
}

const struct host_table host_identity_table = {
    .schema = &host_identity_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = host_identity_gather,
};
