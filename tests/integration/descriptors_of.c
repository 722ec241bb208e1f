/* SPDX-License-Identifier: MIT */
/*
 * descriptors_of PID - print the number of each descriptor that PID has open, and what
 * it is: "1 /dev/null".  /proc/PID/fd belongs to root where a process has closed itself
 * to others; a process that may trace it can copy the descriptor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 65536 };

int main(int argc, char *argv[])
{
	int process = argc == 2 ? (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0) : -1;
	int seen = 0;

	for (int fd = 0; process != -1 && fd < MOST; fd++) {
		int copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
		char path[64];
		char is[256];
		ssize_t n;

		if (copy == -1)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
		n = readlink(path, is, sizeof(is));
		(void)printf("%d %.*s\n", fd, n > 0 ? (int)n : 0, is);
		(void)close(copy);
		seen++;
	}
	if (seen == 0)
		perror("descriptors_of");
	return seen > 0 ? 0 : 1;
}
