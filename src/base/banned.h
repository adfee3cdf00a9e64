/*
 * banned.h - calls that the house does without, with what to use instead. Force-included into every file.
 *
 * Modelled on the idea of Git's banned.h: a call listed here fails to compile.
 */
#if !defined(BASE_BANNED_H) && !defined(__ASSEMBLER__)
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(call, instead) call##_is_banned_use_##instead
#undef strcpy
#define strcpy(a, b) BANNED(strcpy, buf_append)
#undef strcat
#define strcat(a, b) BANNED(strcat, buf_append)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, vsnprintf)
#undef strtok
#define strtok(a, b) BANNED(strtok, str_split)
#undef atoi
#define atoi(a) BANNED(atoi, str_to_int)
#undef atol
#define atol(a) BANNED(atol, str_to_int)
#undef system
#define system(a) BANNED(system, os_spawn)
#undef popen
#define popen(a, b) BANNED(popen, os_spawn)
#undef tmpnam
#define tmpnam(a) BANNED(tmpnam, mkstemp)
#undef gmtime
#define gmtime(a) BANNED(gmtime, gmtime_r)
#undef localtime
#define localtime(a) BANNED(localtime, localtime_r)

#endif
