/*
 * tables.c - the registry of host tables: one line a table, sorted by name (two lists, kept in step by the unit test host_test).
 */
#include "collect/host/host.h"

extern const struct host_table audit_rules_table;
extern const struct host_table audit_status_table;
extern const struct host_table auditd_settings_table;
extern const struct host_table block_devices_table;
extern const struct host_table boot_history_table;
extern const struct host_table bootloader_table;
extern const struct host_table certificates_table;
extern const struct host_table connections_table;
extern const struct host_table cpu_vulnerabilities_table;
extern const struct host_table cron_table;
extern const struct host_table crypto_policy_table;
extern const struct host_table crypttab_table;
extern const struct host_table dns_resolvers_table;
extern const struct host_table failed_logins_table;
extern const struct host_table file_facts_table;
extern const struct host_table file_findings_table;
extern const struct host_table file_hashes_table;
extern const struct host_table files_table;
extern const struct host_table firewall_chains_table;
extern const struct host_table firewall_rules_table;
extern const struct host_table fstab_table;
extern const struct host_table group_members_table;
extern const struct host_table groups_table;
extern const struct host_table host_identity_table;
extern const struct host_table interfaces_table;
extern const struct host_table kernel_modules_table;
extern const struct host_table kernel_table;
extern const struct host_table last_login_table;
extern const struct host_table listening_table;
extern const struct host_table log_files_table;
extern const struct host_table log_settings_table;
extern const struct host_table log_targets_table;
extern const struct host_table logged_in_table;
extern const struct host_table login_defs_table;
extern const struct host_table login_history_table;
extern const struct host_table mac_status_table;
extern const struct host_table mounts_table;
extern const struct host_table package_files_table;
extern const struct host_table packages_table;
extern const struct host_table pam_rules_table;
extern const struct host_table password_policy_table;
extern const struct host_table pending_updates_table;
extern const struct host_table processes_table;
extern const struct host_table reboot_required_table;
extern const struct host_table repos_table;
extern const struct host_table routes_table;
extern const struct host_table security_agents_table;
extern const struct host_table services_table;
extern const struct host_table shadow_table;
extern const struct host_table shell_env_table;
extern const struct host_table ssh_authorized_keys_table;
extern const struct host_table ssh_host_keys_table;
extern const struct host_table sshd_effective_table;
extern const struct host_table sudo_defaults_table;
extern const struct host_table sudo_rules_table;
extern const struct host_table swaps_table;
extern const struct host_table sysctl_table;
extern const struct host_table time_sync_table;
extern const struct host_table timers_table;
extern const struct host_table update_policy_table;
extern const struct host_table uptime_table;
extern const struct host_table usb_storage_table;
extern const struct host_table users_table;

const struct host_table *const host_tables[] = {
    &audit_rules_table,
    &audit_status_table,
    &auditd_settings_table,
    &block_devices_table,
    &boot_history_table,
    &bootloader_table,
    &certificates_table,
    &connections_table,
    &cpu_vulnerabilities_table,
    &cron_table,
    &crypto_policy_table,
    &crypttab_table,
    &dns_resolvers_table,
    &failed_logins_table,
    &file_facts_table,
    &file_findings_table,
    &file_hashes_table,
    &files_table,
    &firewall_chains_table,
    &firewall_rules_table,
    &fstab_table,
    &group_members_table,
    &groups_table,
    &host_identity_table,
    &interfaces_table,
    &kernel_modules_table,
    &kernel_table,
    &last_login_table,
    &listening_table,
    &log_files_table,
    &log_settings_table,
    &log_targets_table,
    &logged_in_table,
    &login_defs_table,
    &login_history_table,
    &mac_status_table,
    &mounts_table,
    &package_files_table,
    &packages_table,
    &pam_rules_table,
    &password_policy_table,
    &pending_updates_table,
    &processes_table,
    &reboot_required_table,
    &repos_table,
    &routes_table,
    &security_agents_table,
    &services_table,
    &shadow_table,
    &shell_env_table,
    &ssh_authorized_keys_table,
    &ssh_host_keys_table,
    &sshd_effective_table,
    &sudo_defaults_table,
    &sudo_rules_table,
    &swaps_table,
    &sysctl_table,
    &time_sync_table,
    &timers_table,
    &update_policy_table,
    &uptime_table,
    &usb_storage_table,
    &users_table,
    NULL,
};
