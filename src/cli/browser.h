/* SPDX-License-Identifier: MIT */
/*
 * browser.h - the user's browser.  Does not block.
 */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

#include <stdbool.h>

/* Can a browser be shown here: DISPLAY, WAYLAND_DISPLAY or BROWSER is set, or the system
 * is macOS? */
bool browser_is_there(void);

/* Start it with url, by BROWSER or the system's own opener; false when there is none. */
bool browser_open(const char *url);

#endif
