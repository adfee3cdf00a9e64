/*
 * program.h - what this program is called and which version it is; set by the build.
 */
#ifndef OS_PROGRAM_H
#define OS_PROGRAM_H

#ifndef PROGRAM_VERSION
#define PROGRAM_VERSION "0.1.0"
#endif

#endif
