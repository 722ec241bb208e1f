/* SPDX-License-Identifier: MIT */
/*
 * cryptoalloc.h - make OpenSSL wipe the memory that it frees.
 *
 * OpenSSL 3.0 wipes the numbers of a key itself, but not the buffers in which it decodes
 * a PEM file.  For processes that live long after they read a key; it costs a process
 * that reads the CA file for TLS 5 ms.
 */
#ifndef BROKER_CRYPTOALLOC_H
#define BROKER_CRYPTOALLOC_H

/* For the rest of the process.  Must be the first use of OpenSSL, by libraries, too;
 * later it does nothing.  Does not block. */
void cryptoalloc_begin(void);

#endif
