/* SPDX-License-Identifier: MIT */
/*
 * without_namespaces COMMAND [ARGUMENT...] - run COMMAND as in a container with Docker's
 * default seccomp profile: unshare(2), setns(2), mount(2) and clone(2) for namespaces
 * fail with EPERM, and clone3(2), whose flags no filter can see, with ENOSYS.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define ANSWER(code) BPF_STMT(BPF_RET | BPF_K, (code))
/* The next statement is for system call nr alone. */
#define CALL(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1)
#define DENY(nr, number) CALL(nr), ANSWER(SECCOMP_RET_ERRNO | (number))

static struct sock_filter filter[] = {
	LOAD(nr),
	DENY(__NR_unshare, EPERM),
	DENY(__NR_setns, EPERM),
	DENY(__NR_mount, EPERM),
	DENY(__NR_umount2, EPERM),
	DENY(__NR_pivot_root, EPERM),
	DENY(__NR_clone3, ENOSYS),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
	LOAD(args[0]), /* the low half, on a machine that stores it first */
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1),
	ANSWER(SECCOMP_RET_ERRNO | EPERM),
	ANSWER(SECCOMP_RET_ALLOW),
};

int main(int argc, char *argv[])
{
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]),
		                      .filter = filter };

	if (argc < 2) {
		(void)fputs("usage: without_namespaces COMMAND [ARGUMENT...]\n", stderr);
		return 64;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
		perror("without_namespaces: seccomp");
		return 125;
	}
	(void)execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
