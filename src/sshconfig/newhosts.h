/* SPDX-License-Identifier: MIT */
/*
 * newhosts.h - the blocks of ~/.ssh/cxssh/new: for each stack one that leads to the names
 * that came after the last sync.
 */
#ifndef SSHCONFIG_NEWHOSTS_H
#define SSHCONFIG_NEWHOSTS_H

struct config;
struct error;
struct fleet;
struct generator;
struct strbuf;

/*
 * Append a block for each stack, the longest prefix first: the first one that fits a name
 * decides.  User and key are those that most of its servers have; for a stack without a
 * server, those that are usual in most stacks.  None where the fleet has no server,
 * and none with auto-sync = no.  Does not block.  Errors as generate_add().
 */
int newhosts_add(struct generator *generator, const struct fleet *fleet,
                 const struct config *config, struct strbuf *text, struct error *err);

#endif
