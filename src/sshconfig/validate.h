/* SPDX-License-Identifier: MIT */
/*
 * validate.h - have ssh read a configuration file before it is put in its place.
 *
 * A bad file there would break every ssh of the user.
 */
#ifndef SSHCONFIG_VALIDATE_H
#define SSHCONFIG_VALIDATE_H

#include <stdbool.h>

#include "base/deadline.h"

struct error;
struct strbuf;

/* What "ssh -G" must print for a generated alias, which is its HostName, too; NULL: any
 * value. */
struct validate_expected {
	const char *alias;
	const char *host_key_alias;
	const char *proxy_command; /* unexpanded, with its %p */
};

/*
 * 0 when ssh takes the file and prints exactly wanted for a host that no configuration
 * names (SSHDUMP_FOREIGN).  Blocks until ssh has ended.  -1 with ERROR_CONFIG and ssh's
 * reason, or ERROR_RETRY when time is up.
 */
int validate_others(const char *file, const char *wanted, struct deadline until,
                    struct error *err);

/*
 * Make path hold exactly this text, mode 0600, if ssh takes it: with the settings
 * expected (or NULL) of one generated host, and without an effect on others.  Folders are
 * made. Nothing is done when it holds it already.  *changed tells whether it was written.
 * Blocks until ssh has ended.  -1 with ERROR_CONFIG and ssh's reason, or ERROR_RETRY when
 * time is up; path is then as it was.
 */
int validate_replace(const char *path, const struct strbuf *text,
                     const struct validate_expected *expected, struct deadline until,
                     bool *changed, struct error *err);

#endif
