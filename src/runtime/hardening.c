/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>

#ifdef __linux__
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <sys/ptrace.h>
#elif defined(__FreeBSD__)
#include <sys/procctl.h>
#include <unistd.h>
#endif

#include "base/mem.h"
#include "runtime/hardening.h"

static const char *const secrets[] = { "CLOUD66_TOKEN", "CXTOKEN",
	                               "CXSSH_CLIENT_SECRET" };

enum { SECRETS = sizeof(secrets) / sizeof(secrets[0]) };

/* The limit before hardening_begin(). */
static struct rlimit core_before;
static bool core_changed;

/* Only the soft limit, which hardening_end() can raise again. */
static void no_core_file(void)
{
	struct rlimit none;

	if (core_changed || getrlimit(RLIMIT_CORE, &core_before) == -1)
		return;
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = core_before.rlim_max };
	core_changed = setrlimit(RLIMIT_CORE, &none) == 0;
}

/*
 * On Linux this prevents core files also where core_pattern is a pipe, which no limit
 * does; it ends at execve(2).  The files of /proc/self then belong to root, but a process
 * may still read its own fd and exe (proc_fd_permission() and ptrace_may_access() of
 * Linux 6.1).  SO_PEERCRED stays as it is.
 */
static void set_traceable(bool traceable)
{
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, traceable ? 1L : 0L, 0L, 0L, 0L);
#elif defined(__APPLE__)
	if (!traceable)
		(void)ptrace(PT_DENY_ATTACH, 0, NULL, 0);
#elif defined(__FreeBSD__)
	int how = traceable ? PROC_TRACE_CTL_ENABLE : PROC_TRACE_CTL_DISABLE;

	(void)procctl(P_PID, getpid(), PROC_TRACE_CTL, &how);
#else
	(void)traceable;
#endif
}

/* LeakSanitizer uses ptrace at the end of the program. */
static void allow_leak_check(void)
{
	set_traceable(true);
}

void hardening_begin(void)
{
	static bool begun;

	no_core_file();
	set_traceable(false);
	if (SANITIZED && !begun)
		(void)atexit(allow_leak_check);
	begun = true;
}

void hardening_end(void)
{
	if (core_changed)
		(void)setrlimit(RLIMIT_CORE, &core_before);
	core_changed = false;
}

bool hardening_is_secret(const char *variable)
{
	for (size_t i = 0; i < SECRETS; i++) {
		size_t len = strlen(secrets[i]);

		if (strncmp(variable, secrets[i], len) == 0 && variable[len] == '=')
			return true;
	}
	return false;
}

void hardening_forget(void)
{
	for (size_t i = 0; i < SECRETS; i++) {
		char *value = getenv(secrets[i]);

		if (value == NULL)
			continue;
		mem_wipe(value, strlen(value));
		(void)unsetenv(secrets[i]);
	}
}
