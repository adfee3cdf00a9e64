#include "collect/host/log_outputs.h"
#include "collect/host/conf.h"

/* One output while its settings are read. */
struct output {
    struct str type, host, port, tls, match, path, format;
    struct str file;
    int64_t line;
};

static bool is_one(struct str s, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (conf_equal_nocase(s, list[i]))
            return true;
    return false;
}

static void add_output(struct gather *g, const char *system, const struct output *o)
{
    static const char *const nowhere[] = {"null", "stdout", "console", "blackhole", "counter"};
    static const char *const cloud[] = {"s3",
                                        "cloudwatch_logs",
                                        "cloudwatch",
                                        "kinesis_firehose",
                                        "stackdriver",
                                        "azure",
                                        "datadog",
                                        "aws_s3",
                                        "aws_cloudwatch_logs",
                                        "gcp_cloud_storage",
                                        "gcp_stackdriver_logs",
                                        "datadog_logs",
                                        "azure_blob",
                                        "azure_monitor_logs",
                                        "splunk_hec_logs",
                                        "new_relic",
                                        "nrlogs",
                                        "honeycomb"};
    struct log_target t = {
        .system = system, .kind = "remote", .selector = o->match, .format = o->format, .file = o->file, .line = o->line};
    if (!o->type.size || is_one(o->type, nowhere, COLUMN_COUNT(nowhere)))
        return;
    if (conf_equal_nocase(o->type, "file")) {
        t.kind = "file";
        t.target = o->path;
    } else {
        bool is_https = str_starts(o->host, "https://");
        t.protocol = conf_lower(g->arena, o->type);
        t.is_tls = conf_is_true(o->tls) || is_https ||
                   (is_one(o->type, cloud, COLUMN_COUNT(cloud)) && !o->tls.size && !str_starts(o->host, "http://"));
        t.target = o->port.size   ? arena_printf(g->arena, "%.*s:%.*s", STR_ARGS(o->host), STR_ARGS(o->port))
                   : o->host.size ? o->host
                                  : o->type;
    }
    log_target_add(g, &t);
}

static void set_output(struct output *o, struct str key, struct str value)
{
    if (is_one(key, (const char *const[]){"name", "type"}, 2))
        o->type = value;
    else if (is_one(key, (const char *const[]){"host", "endpoint", "address", "uri", "url", "bootstrap_servers", "brokers"}, 7))
        o->host = value;
    else if (conf_equal_nocase(key, "port"))
        o->port = value;
    else if (is_one(key, (const char *const[]){"tls", "tls.enabled"}, 2))
        o->tls = value;
    else if (is_one(key, (const char *const[]){"match", "match_regex", "inputs"}, 3))
        o->match = value;
    else if (is_one(key, (const char *const[]){"path", "file"}, 2))
        o->path = value;
    else if (is_one(key, (const char *const[]){"format", "encoding.codec"}, 2))
        o->format = value;
}

/* ---- Fluent Bit: sections "[OUTPUT]" with "Key value" lines ---- */

static void fluent_bit_file(struct gather *g, struct str path, int depth)
{
    struct str text, line, key, value;
    struct output o = {0};
    if (depth > CONF_INCLUDE_DEPTH_MAX || !conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        if (line.data[0] == '[') {
            add_output(g, "fluent-bit", &o);
            o = (struct output){.file = path, .line = r.line};
            if (!conf_equal_nocase(line, "[OUTPUT]"))
                o.line = 0;
        } else if (str_starts(line, "@INCLUDE ") || str_starts(line, "@include ")) {
            struct conf_paths files;
            struct str pattern = str_trim(str_slice(line, 9, line.size));
            if (pattern.size && pattern.data[0] != '/')
                pattern = arena_printf(g->arena, "/etc/fluent-bit/%.*s", STR_ARGS(pattern));
            conf_glob(g, arena_str(g->arena, pattern).data, &files);
            for (size_t i = 0; i < files.count && i < 64; i++)
                if (!str_equal(files.items[i], path))
                    fluent_bit_file(g, files.items[i], depth + CONF_INCLUDE_DEPTH_MAX / 4);
        } else if (o.line && conf_key_value(line, &key, &value)) {
            set_output(&o, key, value);
        }
    }
    add_output(g, "fluent-bit", &o);
}

void log_outputs_fluent_bit(struct gather *g)
{
    static const char *const files[] = {"/etc/fluent-bit/fluent-bit.conf", "/etc/td-agent-bit/td-agent-bit.conf"};
    for (size_t i = 0; i < COLUMN_COUNT(files); i++)
        fluent_bit_file(g, str_of(files[i]), 0);
    if (conf_exists(g, "/etc/fluent-bit/fluent-bit.yaml"))
        gather_missing(g, STR("/etc/fluent-bit/fluent-bit.yaml"), "outputs", "Fluent Bit's YAML format is not read");
}

/* ---- Vector: TOML tables "[sinks.NAME]" and "[sinks.NAME.tls]", or YAML below "sinks:" ---- */

static struct str list_item(struct str value)
{
    value = str_trim(value);
    if (value.size >= 2 && value.data[0] == '[')
        value = str_trim(str_slice(value, 1, value.size - 1));
    struct str first = value;
    if (str_find_char(value, ',') >= 0)
        str_cut(&value, ',', &first);
    return conf_unquote(first);
}

static void vector_toml(struct gather *g, struct str path, struct str text)
{
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    struct output o = {0};
    struct str line, key, name = STR(""), sub = STR("");
    while (conf_next_line(&r, &line)) {
        if (line.data[0] == '[') {
            struct str inner = str_slice(line, 1, line.size - (str_ends(line, "]") ? 1 : 0)), first, second;
            sub = STR("");
            bool is_sink = str_cut(&inner, '.', &first) && str_is(first, "sinks");
            if (str_cut(&inner, '.', &second))
                sub = inner;
            if (is_sink && sub.size && str_equal(second, name))
                continue; /* a table of the same sink */
            add_output(g, "vector", &o);
            o = (struct output){.file = path, .line = is_sink ? r.line : 0};
            name = is_sink ? second : STR("");
            continue;
        }
        if (!o.line || !str_cut(&line, '=', &key))
            continue;
        key = str_trim(key);
        if (sub.size)
            key = arena_printf(g->arena, "%.*s.%.*s", STR_ARGS(sub), STR_ARGS(key));
        set_output(&o, str_is(key, "endpoints") ? STR("endpoint") : key, list_item(line));
    }
    add_output(g, "vector", &o);
}

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.size && line.data[n] == ' ')
        n++;
    return n;
}

static void vector_yaml(struct gather *g, struct str path, struct str text)
{
    struct output o = {0};
    struct str line, key, sub = STR(""), last_key = STR("");
    size_t sink_indent = 0, sub_indent = 0;
    bool is_in_sinks = false;
    for (int64_t number = 1; str_next_line(&text, &line); number++) {
        size_t indent = indent_of(line);
        struct str body = str_trim(line);
        if (body.size == 0 || body.data[0] == '#')
            continue;
        if (indent == 0) {
            is_in_sinks = str_is(body, "sinks:");
            sink_indent = 0;
            continue;
        }
        if (!is_in_sinks)
            continue;
        if (sink_indent == 0 || indent <= sink_indent) {
            add_output(g, "vector", &o);
            o = (struct output){.file = path, .line = number};
            sink_indent = indent;
            sub = STR("");
            continue;
        }
        if (str_starts(body, "- ")) {
            set_output(&o, str_is(last_key, "endpoints") ? STR("endpoint") : last_key,
                       conf_unquote(str_slice(body, 2, body.size)));
            continue;
        }
        if (sub.size && indent <= sub_indent)
            sub = STR("");
        if (!str_cut(&body, ':', &key))
            continue;
        body = str_trim(body);
        last_key = key;
        if (body.size == 0) {
            sub = key;
            sub_indent = indent;
            continue;
        }
        if (sub.size)
            key = arena_printf(g->arena, "%.*s.%.*s", STR_ARGS(sub), STR_ARGS(key));
        set_output(&o, str_is(key, "endpoints") ? STR("endpoint") : key, list_item(body));
    }
    add_output(g, "vector", &o);
}

void log_outputs_vector(struct gather *g)
{
    static const char *const files[] = {"/etc/vector/vector.yaml", "/etc/vector/vector.yml", "/etc/vector/vector.toml"};
    for (size_t i = 0; i < COLUMN_COUNT(files); i++) {
        struct str text;
        if (!conf_read(g, files[i], &text))
            continue;
        if (str_ends(str_of(files[i]), ".toml"))
            vector_toml(g, str_of(files[i]), text);
        else
            vector_yaml(g, str_of(files[i]), text);
    }
}

/* ---- syslog-ng: "destination NAME { driver("x" port(514)); };" ---- */

static void syslog_ng_driver(struct gather *g, struct str driver, struct str arguments, const struct output *o)
{
    struct log_target t = {.system = "syslog-ng", .kind = "file", .file = o->file, .line = o->line};
    struct str first = str_trim(arguments), rest = first;
    if (first.size && (first.data[0] == '"' || first.data[0] == '\'')) {
        rest = str_slice(first, 1, first.size);
        str_cut(&rest, first.data[0], &first);
    } else {
        str_cut(&rest, ' ', &first);
    }
    ptrdiff_t at = str_find(arguments, STR("port("));
    struct str port = STR("");
    if (at >= 0) {
        struct str behind = str_slice(arguments, (size_t)at + 5, arguments.size);
        str_cut(&behind, ')', &port);
        port = conf_unquote(port);
    }
    bool is_remote = is_one(
        driver, (const char *const[]){"network", "syslog", "tcp", "udp", "tcp6", "udp6", "http", "elasticsearch-http", "kafka-c"},
        9);
    if (is_remote) {
        t.kind = "remote";
        t.is_tls = str_contains(arguments, "tls(") || str_contains(arguments, "transport(\"tls\")") ||
                   str_contains(arguments, "https://");
        t.protocol = is_one(driver, (const char *const[]){"network", "syslog"}, 2)
                         ? (str_contains(arguments, "udp") ? STR("udp") : STR("tcp"))
                         : driver;
        t.target = port.size ? arena_printf(g->arena, "%.*s:%.*s", STR_ARGS(first), STR_ARGS(port)) : first;
    } else if (conf_equal_nocase(driver, "pipe")) {
        t.kind = "pipe";
        t.target = first;
    } else if (conf_equal_nocase(driver, "program")) {
        t.kind = "program";
        t.target = first;
    } else if (conf_equal_nocase(driver, "usertty")) {
        t.kind = "user";
        t.target = first;
    } else if (conf_equal_nocase(driver, "file")) {
        t.target = first;
    } else {
        return;
    }
    log_target_add(g, &t);
}

enum {
    DESTINATION_BYTES_MAX = 16 << 10
}; /* braces that never close would be looked for to the end of the file, again and again */

/* The drivers in the braces of one destination. */
static void syslog_ng_destination(struct gather *g, struct str body, const struct output *o)
{
    size_t i = 0;
    while (i < body.size) {
        size_t open = i;
        while (open < body.size && body.data[open] != '(')
            open++;
        if (open == body.size)
            return;
        struct str driver = str_trim(str_slice(body, i, open));
        while (driver.size && (driver.data[0] == ';' || driver.data[0] == '{'))
            driver = str_trim(str_slice(driver, 1, driver.size));
        size_t close = open + 1;
        for (int depth = 1; close < body.size && depth; close++)
            depth += body.data[close] == '(' ? 1 : body.data[close] == ')' ? -1 : 0;
        syslog_ng_driver(g, driver, str_slice(body, open + 1, close - 1), o);
        i = close;
    }
}

static void syslog_ng_file(struct gather *g, struct str path)
{
    struct str text;
    if (!conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    struct str line, all = text;
    while (conf_next_line(&r, &line)) {
        if (!str_starts(line, "destination "))
            continue;
        size_t from = (size_t)(line.data - all.data), open = from, close;
        while (open < all.size && open - from < DESTINATION_BYTES_MAX && all.data[open] != '{')
            open++;
        close = open + 1;
        for (int depth = 1; close < all.size && close - open < DESTINATION_BYTES_MAX && depth; close++)
            depth += all.data[close] == '{' ? 1 : all.data[close] == '}' ? -1 : 0;
        struct output o = {.file = path, .line = r.line};
        if (close <= all.size)
            syslog_ng_destination(g, str_slice(all, open + 1, close - 1), &o);
    }
}

void log_outputs_syslog_ng(struct gather *g)
{
    struct conf_paths files;
    conf_glob(g, "/etc/syslog-ng/conf.d/*.conf", &files);
    syslog_ng_file(g, STR("/etc/syslog-ng/syslog-ng.conf"));
    for (size_t i = 0; i < files.count; i++)
        syslog_ng_file(g, files.items[i]);
}
