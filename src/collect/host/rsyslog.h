/*
 * rsyslog.h - rsyslog's configuration as a stream of statements: the old format ("$Directive value", "auth.* /var/log/auth.log",
 * "& stop") and the new one ("action(type="omfwd" target="x")"), includes followed.
 */
#ifndef COLLECT_HOST_RSYSLOG_H
#define COLLECT_HOST_RSYSLOG_H

#include "collect/host/host.h"

enum rsyslog_kind {
    RSYSLOG_DIRECTIVE, /* name "FileCreateMode", text "0640" */
    RSYSLOG_OBJECT,    /* name "action", text the parameters; selector what stands before it in the statement */
    RSYSLOG_ACTION     /* text "@@loghost:514", selector "*.*" */
};

struct rsyslog_statement {
    enum rsyslog_kind kind;
    struct str name, selector, text;
    struct str file;
    int64_t line;
};

/* Called for each statement, in the order of reading. */
typedef void rsyslog_visit(void *context, const struct rsyslog_statement *statement);

/* Reads the file and what it includes. A missing one is silence. */
void rsyslog_read(struct gather *g, const char *path, rsyslog_visit *visit, void *context);
/* The statements of one text; includes come as RSYSLOG_OBJECT "include" or RSYSLOG_DIRECTIVE "IncludeConfig". For tests and
 * fuzzing. */
void rsyslog_parse(struct arena *a, struct str text, struct str file, rsyslog_visit *visit, void *context);
/* The value of a parameter of an object; names are compared without case. False if it has none. */
bool rsyslog_parameter(struct arena *a, struct str parameters, const char *name, struct str *ret_value);

#endif
