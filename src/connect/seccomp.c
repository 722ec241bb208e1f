/* SPDX-License-Identifier: MIT */
#include "connect/seccomp.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "runtime/hardening.h"

#ifdef __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* Load one value; return verdict if it is, or is not, value. */
#define LOAD(member) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define END(verdict) BPF_STMT(BPF_RET | BPF_K, (verdict))
#define IF_IS(value, verdict) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), END(verdict)
#define IF_NOT(value, verdict) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0), END(verdict)
#define ALLOW(call) IF_IS(__NR_##call, SECCOMP_RET_ALLOW)

/* A sanitizer needs many other calls at its end, but no program. */
#define REST (SANITIZED ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM)

bool pumpfilter_set(void)
{
	/* The most frequent calls first: the kernel runs the list for each call. */
	static struct sock_filter filter[] = {
		LOAD(arch),
		IF_NOT(MACHINE, SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		ALLOW(read),
		ALLOW(write),
#ifdef __NR_poll
		ALLOW(poll),
#endif
		ALLOW(ppoll),
		ALLOW(shutdown),
		ALLOW(fcntl),
		ALLOW(close),
		ALLOW(restart_syscall),
		ALLOW(rt_sigreturn),
		ALLOW(exit_group),
		/* the last line of the log, and its memory */
		ALLOW(clock_gettime),
		ALLOW(getpid),
		ALLOW(brk),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(futex),
		/* abort() */
		ALLOW(rt_sigprocmask),
		ALLOW(gettid),
		ALLOW(tgkill),
		IF_IS(__NR_execve, SECCOMP_RET_KILL_PROCESS),
		IF_IS(__NR_execveat, SECCOMP_RET_KILL_PROCESS),
#if !SANITIZED
		IF_IS(__NR_ptrace, SECCOMP_RET_KILL_PROCESS),
#endif
		END(REST),
	};
	const struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]),
		                            .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0 &&
	       prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &program) == 0;
}

#else

bool pumpfilter_set(void)
{
	return false;
}

#endif
