/* SPDX-License-Identifier: MIT */
/* Stands in for Apple's header, which zig does not have. */
#include <sys/types.h>
#define PT_DENY_ATTACH 31
int ptrace(int request, pid_t pid, caddr_t address, int data);
