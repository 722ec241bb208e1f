/* SPDX-License-Identifier: MIT */
/*
 * ansible.h - an inventory for Ansible: the aliases by stack and by role.
 *
 * No variables: how a host is reached stands in ssh_config.  Does not block.
 */
#ifndef FLEET_ANSIBLE_H
#define FLEET_ANSIBLE_H

#include <stddef.h>

struct fleet;
struct host;
struct strbuf;

/*
 * Append an inventory (INI) of these servers, sorted as by rows_collect().  Groups:
 *   stack_NAME_ENVIRONMENT             a stack
 *   stack_NAME_ENVIRONMENT_role_ROLE   servers of a role in it
 *   role_ROLE                          those of the role in all stacks
 * The first characters of a stack's uid are added where another stack has the same text.
 */
void ansible_inventory(const struct fleet *fleet, const struct host *hosts, size_t count,
                       struct strbuf *out);

#endif
