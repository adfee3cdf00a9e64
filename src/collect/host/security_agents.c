/*
 * security_agents.c - programs that watch over the host: whether each known one is installed, runs and is up to date.
 */
#include "collect/host/conf.h"
#include "collect/host/dpkg.h"
#include "collect/host/proc.h"

static const struct column security_agents_columns[] = {
    {"name", COLUMN_TEXT, "", "Name of the program, as 'clamav', 'wazuh', 'crowdstrike-falcon', 'aide', 'fail2ban'.", COLUMN_KEY},
    {"kind", COLUMN_TEXT, "",
     "'antimalware', 'edr', 'integrity', 'intrusion' (blocks or detects attacks), 'inventory' (osquery and the like), 'rootkit', "
     "'vulnerability'.",
     0},
    {"installed", COLUMN_BOOL, "", "1 if its package or its files are there.", 0},
    {"running", COLUMN_BOOL, "", "1 if a process of it runs; null if it runs only from time to time, or on a tree.", 0},
    {"version", COLUMN_TEXT, "", "Version of its package; null if unknown.", 0},
    {"signature_date", COLUMN_TIME, "ms UTC",
     "Date of its signatures or of its reference database; null if it has none or it may not be read.", 0},
    {"path", COLUMN_TEXT, "", "The file that shows that it is installed; null if it is not.", 0},
};

static const struct table_schema security_agents_schema = {
    .name = "security_agents",
    .version = 1,
    .words = "One row a known program that protects or watches a host, whether it is installed or not: the absence of all of "
             "them is a fact as well.",
    .criteria = "CC6.8, CC7.1, CC7.2",
    .example = "SELECT name, running, signature_date FROM security_agents WHERE kind = 'antimalware' AND installed = 1",
    .columns = security_agents_columns,
    .column_count = COLUMN_COUNT(security_agents_columns),
};

enum { NAMES_MAX = 5, COMM_BYTES_MAX = 16, SIGNATURE_HEAD_BYTES = 128 };

/* What shows each of them: packages, files for those that come without a package, processes by their short names (15 bytes), and
 * the file whose age is that of its signatures or reference database. Without processes it runs only from time to time. */
struct agent {
    const char *name;
    const char *kind;
    const char *packages[NAMES_MAX];
    const char *paths[NAMES_MAX];
    const char *processes[NAMES_MAX];
    const char *signatures[NAMES_MAX];
};

static const struct agent agents[] = {
    {"aide",
     "integrity",
     {"aide", "aide-common", "aide-dynamic"},
     {"/usr/bin/aide", "/usr/sbin/aide"},
     {NULL},
     {"/var/lib/aide/aide.db", "/var/lib/aide/aide.db.gz"}},
    {"bitdefender",
     "edr",
     {"bitdefender-security-tools"},
     {"/opt/bitdefender-security-tools"},
     {"bdsecd", "epagd", "auctd"},
     {NULL}},
    {"carbon-black", "edr", {"cb-psc-sensor"}, {"/opt/carbonblack/psc", "/usr/sbin/cbdaemon"}, {"cbagentd", "cbdaemon"}, {NULL}},
    {"chkrootkit", "rootkit", {"chkrootkit"}, {"/usr/sbin/chkrootkit"}, {NULL}, {NULL}},
    {"clamav",
     "antimalware",
     {"clamav-daemon", "clamav"},
     {"/usr/sbin/clamd", "/usr/bin/clamscan"},
     {"clamd"},
     {"/var/lib/clamav/daily.cld", "/var/lib/clamav/daily.cvd"}},
    {"crowdsec",
     "intrusion",
     {"crowdsec"},
     {"/usr/bin/crowdsec"},
     {"crowdsec"},
     {"/var/lib/crowdsec/hub/.index.json", "/etc/crowdsec/hub/.index.json"}},
    {"crowdstrike-falcon",
     "edr",
     {"falcon-sensor"},
     {"/opt/CrowdStrike/falcond"},
     {"falcond", "falcon-sensor", "falcon-sensor-b"},
     {NULL}},
    {"datadog-security",
     "edr",
     {"datadog-agent"},
     {"/opt/datadog-agent/embedded/bin/security-agent"},
     {"security-agent", "system-probe"},
     {NULL}},
    {"elastic-agent",
     "edr",
     {"elastic-agent"},
     {"/opt/Elastic/Agent/elastic-agent", "/opt/Elastic/Endpoint"},
     {"elastic-agent", "elastic-endpoin"},
     {NULL}},
    {"eset", "antimalware", {"efs", "eea"}, {"/opt/eset/efs", "/opt/eset/eea"}, {"oaeventd", "confd", "scand"}, {NULL}},
    {"fail2ban", "intrusion", {"fail2ban"}, {"/usr/bin/fail2ban-server"}, {"fail2ban-server"}, {NULL}},
    {"falco", "edr", {"falco"}, {"/usr/bin/falco"}, {"falco"}, {NULL}},
    {"lynis", "vulnerability", {"lynis"}, {"/usr/sbin/lynis"}, {NULL}, {NULL}},
    {"maldet",
     "antimalware",
     {"maldetect"},
     {"/usr/local/maldetect/maldet"},
     {NULL},
     {"/usr/local/maldetect/sigs/maldet.sigs.ver"}},
    {"microsoft-defender", "edr", {"mdatp"}, {"/opt/microsoft/mdatp/sbin/wdavdaemon"}, {"wdavdaemon"}, {NULL}},
    {"nessus-agent", "vulnerability", {"nessusagent"}, {"/opt/nessus_agent/sbin/nessusd"}, {"nessusd", "nessus-service"}, {NULL}},
    {"osquery", "inventory", {"osquery"}, {"/opt/osquery/bin/osqueryd", "/usr/bin/osqueryd"}, {"osqueryd"}, {NULL}},
    {"ossec",
     "integrity",
     {"ossec-hids-agent", "ossec-hids-server"},
     {"/var/ossec/bin/ossec-agentd"},
     {"ossec-agentd", "ossec-syscheckd"},
     {NULL}},
    {"qualys",
     "vulnerability",
     {"qualys-cloud-agent"},
     {"/usr/local/qualys/cloud-agent/bin/qualys-cloud-agent"},
     {"qualys-cloud-ag"},
     {NULL}},
    {"rapid7", "vulnerability", {"rapid7-insight-agent"}, {"/opt/rapid7/ir_agent/ir_agent"}, {"ir_agent"}, {NULL}},
    {"rkhunter", "rootkit", {"rkhunter"}, {"/usr/bin/rkhunter"}, {NULL}, {"/var/lib/rkhunter/db/rkhunter.dat"}},
    {"samhain",
     "integrity",
     {"samhain"},
     {"/usr/sbin/samhain"},
     {"samhain"},
     {"/var/state/samhain/samhain_file", "/var/lib/samhain/samhain_file"}},
    {"sentinelone", "edr", {"sentinelagent"}, {"/opt/sentinelone/bin/sentinelctl"}, {"s1-agent", "s1-orchestrator"}, {NULL}},
    {"snort", "intrusion", {"snort"}, {"/usr/sbin/snort", "/usr/bin/snort"}, {"snort"}, {NULL}},
    {"sophos", "antimalware", {"sophos-spl"}, {"/opt/sophos-spl/bin/wdctl"}, {"sophos_watchdog", "sophos_threat_d"}, {NULL}},
    {"suricata",
     "intrusion",
     {"suricata"},
     {"/usr/bin/suricata"},
     {"Suricata-Main", "suricata"},
     {"/var/lib/suricata/rules/suricata.rules"}},
    {"tetragon", "edr", {"tetragon"}, {"/usr/local/bin/tetragon"}, {"tetragon"}, {NULL}},
    {"trend-micro", "edr", {"ds-agent"}, {"/opt/ds_agent/ds_agent"}, {"ds_agent", "ds_am"}, {NULL}},
    {"tripwire", "integrity", {"tripwire"}, {"/usr/sbin/tripwire"}, {NULL}, {NULL}},
    {"usbguard", "intrusion", {"usbguard"}, {"/usr/sbin/usbguard-daemon"}, {"usbguard-daemon"}, {NULL}},
    {"wazuh",
     "edr",
     {"wazuh-agent", "wazuh-manager"},
     {"/var/ossec/bin/wazuh-agentd", "/var/ossec/bin/wazuh-analysisd"},
     {"wazuh-agentd", "wazuh-analysisd"},
     {NULL}},
};

struct agent_state {
    bool is_running;
    struct str version;
    const char *path;
};

/* The version of a package; data NULL if it is not installed. Goes once through the status file for all agents. */
static void versions_find(struct gather *g, struct agent_state *states)
{
    struct str text;
    struct dpkg_package p;
    struct err failed = {0};
    if (!dpkg_status_read(g, &text, &failed))
        return; /* a system without dpkg: files show what is installed */
    while (dpkg_next_package(&text, &p)) {
        for (size_t i = 0; i < COLUMN_COUNT(agents); i++) {
            for (size_t n = 0; n < NAMES_MAX && agents[i].packages[n]; n++) {
                struct str state = dpkg_state(&p);
                if (str_is(p.field[DPKG_NAME], agents[i].packages[n]) && state.data && str_is(state, "installed") &&
                    !states[i].version.data)
                    states[i].version = p.field[DPKG_VERSION];
            }
        }
    }
}

static void processes_find(struct gather *g, struct agent_state *states)
{
    struct proc_scan scan;
    struct err failed = {0};
    if (!proc_scan_open(&scan, g, &failed)) {
        gather_missing(g, STR("running"), "which of them run", arena_printf(g->arena, "%s", failed.text).data);
        return;
    }
    while (proc_scan_next(&scan)) {
        char buffer[COMM_BYTES_MAX + 1];
        struct str name;
        if (!proc_read(scan.pid_fd, "comm", buffer, sizeof(buffer), &name))
            continue;
        name = str_trim(name);
        for (size_t i = 0; i < COLUMN_COUNT(agents); i++) {
            for (size_t n = 0; n < NAMES_MAX && agents[i].processes[n]; n++)
                states[i].is_running |= str_is(name, agents[i].processes[n]);
        }
    }
    proc_scan_close(&scan);
}

/* The head of a ClamAV database says its own date: "ClamAV-VDB:13 Nov 2025 03-00 -0500:27823:..."; the day of it is enough. */
static bool clamav_date(struct str head, int64_t *ret_at_ms)
{
    struct str name, date;
    if (!str_cut(&head, ':', &name) || !str_is(name, "ClamAV-VDB"))
        return false;
    str_cut(&head, ':', &date);
    char text[64];
    struct str day, month, year;
    if (!str_next_word(&date, &day) || !str_next_word(&date, &month) || !str_next_word(&date, &year))
        return false;
    snprintf(text, sizeof(text), "Day, %.*s %.*s %.*s 00:00:00 UTC", STR_ARGS(day), STR_ARGS(month), STR_ARGS(year));
    return apt_date_parse(str_of(text), ret_at_ms);
}

static void row_signature_date(struct gather *g, const struct agent *agent)
{
    int64_t newest = 0;
    for (size_t i = 0; i < NAMES_MAX && agent->signatures[i]; i++) {
        struct file_facts facts;
        struct str head;
        struct err failed = {0};
        int64_t at_ms;
        if (!source_stat(g->source, agent->signatures[i], true, &facts, &failed)) {
            if (failed.code == ERR_DENIED)
                gather_missing(g, str_of(agent->name), "age of its signatures or database",
                               arena_printf(g->arena, "%s", failed.text).data);
            continue;
        }
        at_ms = facts.mtime_ms;
        if (strcmp(agent->name, "clamav") == 0 &&
            source_read_head(g->source, g->arena, agent->signatures[i], SIGNATURE_HEAD_BYTES, &head, &failed))
            (void)!clamav_date(head, &at_ms);
        newest = at_ms > newest ? at_ms : newest;
    }
    if (newest)
        row_int(g->rows, newest);
    else
        row_null(g->rows);
}

static bool security_agents_gather(struct gather *g, struct err *e)
{
    struct agent_state states[COLUMN_COUNT(agents)] = {0};
    struct rows *r = g->rows;
    (void)e;
    versions_find(g, states);
    if (source_is_live(g->source))
        processes_find(g, states);
    for (size_t i = 0; i < COLUMN_COUNT(agents); i++) {
        const struct agent *agent = &agents[i];
        struct agent_state *state = &states[i];
        for (size_t n = 0; n < NAMES_MAX && agent->paths[n] && !state->path; n++) {
            if (conf_exists(g, agent->paths[n]))
                state->path = agent->paths[n];
        }
        bool is_installed = state->version.data || state->path || state->is_running;
        row_begin(r);
        row_cstr(r, agent->name);
        row_cstr(r, agent->kind);
        row_bool(r, is_installed);
        if (source_is_live(g->source) && agent->processes[0])
            row_bool(r, state->is_running);
        else
            row_null(r);
        row_text(r, state->version);
        if (is_installed)
            row_signature_date(g, agent);
        else
            row_null(r);
        row_cstr(r, state->path);
        row_end(r);
    }
    return true;
}

const struct host_table security_agents_table = {
    .schema = &security_agents_schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = security_agents_gather,
};
