/* SPDX-License-Identifier: MIT */
/*
 * utc.h - a moment as text for people and logs: 2026-11-22T18:02:13.123Z.
 *
 * Not by gmtime_r(3): glibc reads /etc/localtime for it, a file more in every session.
 */
#ifndef RUNTIME_UTC_H
#define RUNTIME_UTC_H

#include <stdint.h>

enum { UTC_TEXT = 32 };

/* seconds since the epoch, up to the year 9999 (what is outside is the nearest one). */
void utc_text(int64_t seconds, int ms, char out[static UTC_TEXT]);

#endif
