/* SPDX-License-Identifier: MIT */
/*
 * opensshoptions.h - the rules of hostkey/verify for a bastion, as options of the ssh
 * that speaks to it in our place.
 */
#ifndef BASTION_OPENSSHOPTIONS_H
#define BASTION_OPENSSHOPTIONS_H

struct error;
struct strvec;

/*
 * Push the options that let ssh believe the key that we know of address; else one that
 * the user's own known_hosts has for it; else any that is not revoked there, once.
 * revoked is the path of a file that may be written for ssh to read; the caller removes
 * it.  -1 with ERROR_TRUST or ERROR_CONFIG.
 */
int opensshoptions_push(const char *address, const char *revoked, struct strvec *argv,
                        struct error *err);

/* ssh refused a changed key: add the command that accepts it, by the file that ssh was
 * told to look into. */
void opensshoptions_remedy(const char *address, struct error *err);

#endif
