/* SPDX-License-Identifier: MIT */
/*
 * cryptoalloc.h - make OpenSSL wipe what it lets go of.
 *
 * It wipes the numbers of a key itself, but not the buffers that a PEM file is unwrapped
 * in (OpenSSL 3.0).  For processes that live long after having read a key; reading the
 * list of CAs for TLS with it would cost a short one 5 ms.
 */
#ifndef BROKER_CRYPTOALLOC_H
#define BROKER_CRYPTOALLOC_H

/* For the rest of the process.  Must come before anything else of OpenSSL's, in
 * libraries that use it, too; later it does nothing. */
void cryptoalloc_begin(void);

#endif
