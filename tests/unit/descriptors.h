/* SPDX-License-Identifier: MIT */
/* descriptors.h - how many descriptors are open: for tests that nothing stays so. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <fcntl.h>

static inline int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

#endif
