/* SPDX-License-Identifier: MIT */
/*
 * opensshlogin.h - a login on a bastion by ssh(1) on the user's terminal, for what only
 * the user can answer (a second factor).  ssh stays in the background as a ControlMaster,
 * which opensshtransport uses, and ends when it has had no channel for
 * OPENSSHLOGIN_IDLE_S.
 */
#ifndef BASTION_OPENSSHLOGIN_H
#define BASTION_OPENSSHLOGIN_H

#include <stdbool.h>

struct error;
struct transport_config;

enum { OPENSSHLOGIN_IDLE_S = 8 * 3600 };

/* Log in.  Blocks for as long as the user and the bastion take; this process ignores
 * SIGHUP from then on.  -1 with ERROR_DENIED (ssh has printed why), ERROR_TRUST or
 * ERROR_CONFIG. */
int opensshlogin_run(const struct transport_config *config, struct error *err);

/* The path of the control socket; the caller frees it. */
char *opensshlogin_path(const char *gateway);

/* Does such an ssh run?  Does not block. */
bool opensshlogin_exists(const char *gateway);

/* End it; false when there is none.  Blocks for up to 2 s. */
bool opensshlogin_end(const char *gateway);

#endif
