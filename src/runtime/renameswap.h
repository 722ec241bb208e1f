/* SPDX-License-Identifier: MIT */
/*
 * renameswap.h - exchange two files in one step: each name then leads to the other file,
 * and neither is missing at any moment.
 */
#ifndef RUNTIME_RENAMESWAP_H
#define RUNTIME_RENAMESWAP_H

#include <stdbool.h>

/* 0, or -1 with errno.  Does not block.  By renameat2(2) of Linux 3.15 or renamex_np(2)
 * of macOS 10.12. */
int rename_exchange(const char *a, const char *b);

/* Does this errno of rename_exchange() mean that system or file system lack it? */
bool rename_exchange_is_missing(int number);

#endif
