/*
 * commands.h - every command, in the order in which --help lists them. To add one: cmd_<name>.c, a line here, a line in
 * meson.build.
 */
CLI_COMMAND(init)
CLI_COMMAND(collect)
CLI_COMMAND(serve)
CLI_COMMAND(test)
CLI_COMMAND(status)
CLI_COMMAND(report)
CLI_COMMAND(query)
CLI_COMMAND(tables)
CLI_COMMAND(reperform)
CLI_COMMAND(record)
CLI_COMMAND(user)
CLI_COMMAND(verify)
CLI_COMMAND(scrub)
CLI_COMMAND(erase)
CLI_COMMAND(hold)
CLI_COMMAND(key)
CLI_COMMAND(rebuild)
CLI_COMMAND(dump)
CLI_COMMAND(doctor)
