/* SPDX-License-Identifier: MIT */
/*
 * syscalls.h - the system calls that change files, and those that read or ask about
 * them, for atcall.c.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* path: which argument is one, or -1.  flags: which one must ask for writing, or -1. */
static const struct call {
	int number;
	const char *name;
	int path;
	int flags;
	bool reads;
} calls[] = {
#ifdef __NR_open
	{ __NR_open, "open", 0, 1, false },
	{ __NR_creat, "creat", 0, -1, false },
	{ __NR_rename, "rename", 0, -1, false },
	{ __NR_unlink, "unlink", 0, -1, false },
	{ __NR_rmdir, "rmdir", 0, -1, false },
	{ __NR_link, "link", 0, -1, false },
	{ __NR_symlink, "symlink", 1, -1, false },
	{ __NR_mkdir, "mkdir", 0, -1, false },
	{ __NR_chmod, "chmod", 0, -1, false },
	{ __NR_chown, "chown", 0, -1, false },
#endif
#ifdef __NR_renameat
	{ __NR_renameat, "renameat", 1, -1, false },
#endif
	{ __NR_openat, "openat", 1, 2, false },
	{ __NR_renameat2, "renameat2", 1, -1, false },
	{ __NR_unlinkat, "unlinkat", 1, -1, false },
	{ __NR_linkat, "linkat", 1, -1, false },
	{ __NR_symlinkat, "symlinkat", 2, -1, false },
	{ __NR_mkdirat, "mkdirat", 1, -1, false },
	{ __NR_fchmodat, "fchmodat", 1, -1, false },
	{ __NR_fchownat, "fchownat", 1, -1, false },
	{ __NR_utimensat, "utimensat", 1, -1, false },
	{ __NR_truncate, "truncate", 0, -1, false },
	{ __NR_setxattr, "setxattr", 0, -1, false },
	{ __NR_write, "write", -1, -1, false },
	{ __NR_writev, "writev", -1, -1, false },
	{ __NR_pwrite64, "pwrite", -1, -1, false },
	{ __NR_ftruncate, "ftruncate", -1, -1, false },
	{ __NR_fallocate, "fallocate", -1, -1, false },
	{ __NR_fchmod, "fchmod", -1, -1, false },
	{ __NR_fchown, "fchown", -1, -1, false },
	{ __NR_fsetxattr, "fsetxattr", -1, -1, false },
	{ __NR_fsync, "fsync", -1, -1, false },
	{ __NR_fdatasync, "fdatasync", -1, -1, false },
	{ __NR_flock, "flock", -1, -1, false },
	{ __NR_read, "read", -1, -1, true },
	{ __NR_pread64, "pread", -1, -1, true },
	{ __NR_fstat, "fstat", -1, -1, true },
	{ __NR_getdents64, "getdents64", -1, -1, true },
	{ __NR_lseek, "lseek", -1, -1, true },
	{ __NR_faccessat, "faccessat", 1, -1, true },
	{ __NR_readlinkat, "readlinkat", 1, -1, true },
	{ __NR_statx, "statx", 1, -1, true },
#ifdef __NR_newfstatat
	{ __NR_newfstatat, "newfstatat", 1, -1, true },
#endif
#ifdef __NR_stat
	{ __NR_stat, "stat", 0, -1, true },
	{ __NR_lstat, "lstat", 0, -1, true },
	{ __NR_access, "access", 0, -1, true },
	{ __NR_readlink, "readlink", 0, -1, true },
#endif
};

#endif
