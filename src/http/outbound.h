/* SPDX-License-Identifier: MIT */
/*
 * outbound.h - how requests leave this machine: which CAs are trusted, and which proxy is
 * used.  From the configuration (ca-file, proxy), else from the variables that curl(1)
 * and the toolbelt read: CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY,
 * ALL_PROXY and NO_PROXY.  Does not block.
 */
#ifndef HTTP_OUTBOUND_H
#define HTTP_OUTBOUND_H

#include <stdbool.h>

/* The values of the configuration, or NULL; borrowed for the life of the process.  A
 * proxy of "none" means that the variables do not count. */
void outbound_configure(const char *ca_file, const char *proxy);

/* The file and the folder of CA certificates, or NULL: libcurl's own.  Borrowed. */
const char *outbound_ca_file(void);
const char *outbound_ca_folder(void);

/* The configured proxy, "" for none, or NULL: libcurl reads the variables. */
const char *outbound_proxy(void);

/* Does a request to this URL go through a proxy?  Remembered for outbound_was_proxied().
 */
bool outbound_is_proxied(const char *url);

/* Did any request of this process go through a proxy?  The API then sees the address of
 * the proxy, not of this machine. */
bool outbound_was_proxied(void);

#endif
