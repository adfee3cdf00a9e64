/*
 * commands.h - every command, in the order in which --help lists them. To add one: cmd_<name>.c, a line here, a line in meson.build.
 */
CLI_COMMAND(query)
CLI_COMMAND(tables)
CLI_COMMAND(doctor)
