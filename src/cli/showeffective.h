/* SPDX-License-Identifier: MIT */
/*
 * showeffective.h - warn of what keeps ssh from the generated settings.
 */
#ifndef CLI_SHOWEFFECTIVE_H
#define CLI_SHOWEFFECTIVE_H

#include <stdbool.h>

struct error;
struct fleet;

enum showeffective {
	SHOWEFFECTIVE_USED = 0,
	SHOWEFFECTIVE_BYPASSED = 1, /* ssh does not start cxssh-proxy */
};

/*
 * Ask ssh what is in force for the first server and the first role of the fleet, whose
 * blocks stand in the file generated.  With print, each line that overrides a setting is
 * named once on stderr, and a shell that prints text.  Blocks for ssh and the shell, at
 * most 20 s.  -1 with an error as effective_check().
 */
int showeffective(const char *generated, const struct fleet *fleet, bool print,
                  struct error *err);

/*
 * Warn of each line of the user's that wins for names that have no block yet (generated
 * is the file for them); their blocks will win over it.  Blocks for ssh, at most 20 s.
 */
void showeffective_new(const char *generated, const struct fleet *fleet);

#endif
