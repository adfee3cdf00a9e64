/*
 * log_outputs.h - destinations of log records in the configuration of Fluent Bit, Vector and syslog-ng, for log_targets.
 */
#ifndef COLLECT_HOST_LOG_OUTPUTS_H
#define COLLECT_HOST_LOG_OUTPUTS_H

#include "collect/host/host.h"

struct log_target {
    const char *system, *kind;
    struct str target, protocol, format, selector, file; /* data NULL: not said */
    int64_t line;
    bool is_tls;
};

void log_target_add(struct gather *g, const struct log_target *t);
void log_outputs_fluent_bit(struct gather *g);
void log_outputs_vector(struct gather *g);
void log_outputs_syslog_ng(struct gather *g);

#endif
