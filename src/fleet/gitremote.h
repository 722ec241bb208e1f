/* SPDX-License-Identifier: MIT */
/*
 * gitremote.h - URLs of git repositories, as git and the API write them.  Nothing here
 * blocks.
 */
#ifndef FLEET_GITREMOTE_H
#define FLEET_GITREMOTE_H

#include <stdbool.h>

/* Do these two remotes name the same repository? */
bool gitremote_same(const char *a, const char *b);

#endif
