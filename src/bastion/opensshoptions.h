/* SPDX-License-Identifier: MIT */
/*
 * opensshoptions.h - the rules of hostkey/verify for a bastion, as options of ssh(1).
 */
#ifndef BASTION_OPENSSHOPTIONS_H
#define BASTION_OPENSSHOPTIONS_H

struct error;
struct strvec;
struct transport_config;

/*
 * The command line of an ssh that is a ControlMaster at the path control: the program,
 * what argv has, and the options by which ssh takes the key that the known_hosts of cxssh
 * has for the address; else one of the user's known_hosts; else, once, any that is not
 * revoked there. revoked: the path of a file to write for RevokedHostKeys; the caller
 * removes it.  Reads and writes files.  -1 with ERROR_TRUST or ERROR_CONFIG.
 */
int opensshoptions_command(const struct transport_config *config, const char *control,
                           const char *revoked, struct strvec *argv, struct error *err);

/* ssh refused a changed key: add to err the command that removes the old one from the
 * file that ssh was told to read. */
void opensshoptions_remedy(const char *address, struct error *err);

#endif
