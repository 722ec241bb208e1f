/* SPDX-License-Identifier: MIT */
/*
 * bugreport.h - a file for a bug report, without names, addresses and uids.
 */
#ifndef DOCTOR_BUGREPORT_H
#define DOCTOR_BUGREPORT_H

struct error;
struct findings;
struct fleet;
struct strbuf;

/*
 * Append text to *out with each host, stack, user and machine name of the fleet or of
 * this machine, each IPv4 address, each run of 12 or more hexadecimal digits and each
 * e-mail address replaced by NAME-1, IP-1, ID-1, MAIL-1 and so on, the same one for the
 * same text. The home folder becomes "~".  Does not block.
 */
void bugreport_redact(const struct fleet *fleet, const char *text, struct strbuf *out);

/* Write version, system, findings, configuration and the end of the log, redacted, to the
 * new or replaced file path, mode 0600.  Does not block.  -1 with ERROR_CONFIG. */
int bugreport_write(const char *path, const struct fleet *fleet,
                    const struct findings *findings, struct error *err);

#endif
