/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <libssh2.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/libssh2flaws.h"
#include "bastion/libssh2memory.h"
#include "bastion/libssh2session.h"
#include "net/banner.h"
#include "net/netbuf.h"
#include "runtime/log.h"

/* ssh's own limits for what stands before the identification. */
enum { LINES_MAX = 1024, LINE_LENGTH_MAX = 8192 };

unsigned int libssh2session_flaws(void)
{
	return libssh2flaws_of(libssh2_version(0), LIBSSH2_PATCHED);
}

static LIBSSH2_SEND_FUNC(send_cb)
{
	struct netbuf *netbuf = *abstract;

	(void)socket;
	(void)flags;
	return netbuf_write(netbuf, buffer, length);
}

static LIBSSH2_RECV_FUNC(receive_cb)
{
	struct netbuf *netbuf = *abstract;

	(void)socket;
	(void)flags;
	return netbuf_read(netbuf, buffer, length);
}

static void set_callbacks(LIBSSH2_SESSION *session)
{
#if LIBSSH2_VERSION_NUM >= 0x010b01
	(void)libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND,
	                                    (libssh2_cb_generic *)send_cb);
	(void)libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV,
	                                    (libssh2_cb_generic *)receive_cb);
#else
	(void)libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND,
	                                   (void *)send_cb);
	(void)libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV,
	                                   (void *)receive_cb);
#endif
}

static const char ciphers[] = "aes128-ctr,aes256-ctr,aes192-ctr,"
			      "aes128-gcm@openssh.com,aes256-gcm@openssh.com";
static const char macs[] = "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,"
			   "hmac-sha2-512-etm@openssh.com";

/* prefer() leaves out what the running libssh2 does not have, or has with a hole. */
static const struct {
	int method;
	const char *list;
} preferences[] = {
	{ LIBSSH2_METHOD_KEX,
	  "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
	  "ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,"
	  "diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha256,"
	  "diffie-hellman-group14-sha256,ext-info-c,kex-strict-c-v00@openssh.com" },
	{ LIBSSH2_METHOD_CRYPT_CS, ciphers },
	{ LIBSSH2_METHOD_CRYPT_SC, ciphers },
	{ LIBSSH2_METHOD_MAC_CS, macs },
	{ LIBSSH2_METHOD_MAC_SC, macs },
};

static bool is_among(const char *name, size_t len, const char *const names[], int count)
{
	for (int i = 0; i < count; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	}
	return false;
}

/* Set the algorithms of one method, best first.  libssh2 would drop those that it does
 * not know itself, but 1.10 does so by an overlapping memcpy(). */
static void prefer(LIBSSH2_SESSION *session, int method, const char *list)
{
	unsigned int flaws = libssh2session_flaws();
	struct strbuf known = STRBUF_INIT;
	const char **names = NULL;
	int count = libssh2_session_supported_algs(session, method, &names);

	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		if (is_among(list, len, names, count) &&
		    libssh2flaws_allow_algorithm(flaws, list, len)) {
			strbuf_adds(&known, known.len > 0 ? "," : "");
			strbuf_add(&known, list, len);
		}
		list += len + (list[len] == ',' ? 1 : 0);
	}
	(void)libssh2_session_method_pref(session, method, known.data);
	if (count > 0)
		libssh2_free(session, names);
	strbuf_release(&known);
}

/* The key types known of this host come first; old: ssh-rsa (SHA-1) comes last. */
static void prefer_host_keys(LIBSSH2_SESSION *session, const struct strvec *known,
                             bool old)
{
	static const char rsa[] = "rsa-sha2-512,rsa-sha2-256";
	struct strbuf list = STRBUF_INIT;

	for (size_t i = 0; i < known->count; i++)
		strbuf_addf(&list, "%s,",
		            strcmp(known->items[i], "ssh-rsa") == 0 ? rsa :
		                                                      known->items[i]);
	strbuf_addf(&list,
	            "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
	            "ecdsa-sha2-nistp521,%s%s",
	            rsa, old ? ",ssh-rsa" : "");
	prefer(session, LIBSSH2_METHOD_HOSTKEY, list.data);
	strbuf_release(&list);
}

LIBSSH2_SESSION *libssh2session_new(struct netbuf *netbuf, const struct strvec *known,
                                    bool old)
{
	LIBSSH2_SESSION *session =
		libssh2_session_init_ex(libssh2memory_alloc, libssh2memory_free,
	                                libssh2memory_realloc, netbuf);

	if (session == NULL)
		mem_exhausted();
	set_callbacks(session);
	libssh2_session_set_blocking(session, 0);
	for (size_t i = 0; i < sizeof(preferences) / sizeof(preferences[0]); i++)
		prefer(session, preferences[i].method, preferences[i].list);
	prefer_host_keys(session, known, old);
	return session;
}

const char *libssh2session_reason(int error)
{
	log_step("libssh2 fails with error %d", error);
	switch (error) {
	case LIBSSH2_ERROR_SOCKET_NONE: /* 1.10: end of file */
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE: return "it hung up";
	case LIBSSH2_ERROR_HOSTKEY_SIGN: return "the signature of its host key is wrong";
	default: return "it breaks the SSH protocol";
	}
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Keep the first bytes of the peer's.  While reading is held they stay in the buffer. */
static void note_text(struct libssh2session_start *start, const struct netbuf *netbuf)
{
	size_t room;
	size_t n;

	if (start->lines > 0 || strchr(start->text, '\n') != NULL)
		return;
	if (!start->over)
		start->len = 0;
	room = sizeof(start->text) - 1 - start->len;
	n = netbuf->in_len < room ? netbuf->in_len : room;
	memcpy(start->text + start->len, netbuf->in + netbuf->in_off, n);
	start->len += n;
	start->text[start->len] = '\0';
}

/* Do the bytes in the buffer begin with the peer's identification? */
static bool at_identification(const struct netbuf *netbuf)
{
	return netbuf->in_len >= 4 && memcmp(netbuf->in + netbuf->in_off, "SSH-", 4) == 0;
}

/* Take the lines before the peer's identification away (RFC 4253, 4.2): libssh2 1.10
 * fails at an empty one, and at the end of one of 255 bytes. */
static void skip_lines(struct libssh2session_start *start, struct netbuf *netbuf)
{
	while (start->lines < LINES_MAX && !at_identification(netbuf)) {
		const unsigned char *line = netbuf->in + netbuf->in_off;
		const unsigned char *end = memchr(line, '\n', netbuf->in_len);
		size_t len = end != NULL ? (size_t)(end - line) + 1 : 0;

		if (end == NULL)
			return;
		netbuf->in_off += len;
		netbuf->in_len -= len;
		start->lines++;
	}
}

void libssh2session_note_start(struct libssh2session_start *start, struct netbuf *netbuf)
{
	const unsigned char *line;

	note_text(start, netbuf);
	if (start->over) {
		start->more = start->more || netbuf->in_len > 0;
		return;
	}
	skip_lines(start, netbuf);
	start->over = at_identification(netbuf) || netbuf->in_len > LINE_LENGTH_MAX ||
	              start->lines == LINES_MAX || netbuf->ended || netbuf->broken != 0;
	netbuf->held = !start->over;
	line = netbuf->in + netbuf->in_off;
	start->more = netbuf->in_len > 0 &&
	              memchr(line, '\n', netbuf->in_len) != line + netbuf->in_len - 1;
}

bool libssh2session_left_early(const struct libssh2session_start *start, bool closed)
{
	return closed && starts_with(start->text, "SSH-") && !start->more;
}

bool libssh2session_is_foreign(const struct libssh2session_start *start)
{
	return banner_is_foreign(start->text, start->len);
}

const char *libssh2session_no_banner(LIBSSH2_SESSION *session,
                                     const struct libssh2session_start *start,
                                     bool closed, enum error_code *code)
{
	const char *banner = libssh2_session_banner_get(session);
	bool cut = closed && start->len < sizeof(start->text) - 1 &&
	           strchr(start->text, '\n') == NULL;

	*code = ERROR_RETRY;
	if (starts_with(start->text, "Not allowed at this time"))
		return "it turns this address away (too many connections, or a penalty); "
		       "try again in 15 s";
	if (starts_with(start->text, "Exceeded MaxStartups") || start->len == 0 ||
	    (cut && starts_with(start->text, "SSH-")))
		return closed || start->len > 0 ?
		               "too many connections there that have not logged in "
		               "(MaxStartups); try again" :
		               NULL;
	*code = ERROR_UNAVAILABLE;
	if (starts_with(start->text, "SSH-") ||
	    (banner != NULL && starts_with(banner, "SSH-")))
		return NULL;
	return "that is no SSH server";
}
