/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "doctor/bugreport.h"
#include "doctor/findings.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { LOG_END = 32 * 1024, HEX_MIN = 12, SECRET_MIN = 20, WORD_MAX = 256 };

struct redaction {
	struct strvec names; /* sorted */
	struct strvec seen;  /* the replaced words, in order of appearance */
};

static void push_name(struct strvec *names, const char *name)
{
	if (name != NULL && name[0] != '\0')
		strvec_push(names, name);
}

static void collect_names(const struct fleet *fleet, struct strvec *names)
{
	struct utsname machine;
	struct host host = { .server = NULL };

	while (fleet_next_host(fleet, &host)) {
		push_name(names, host_alias(&host));
		if (host.server != NULL) {
			push_name(names, host.server->name);
			push_name(names, host.server->address);
			push_name(names, host.server->dns_record);
		}
	}
	for (size_t i = 0; i < fleet->stack_count; i++)
		push_name(names, fleet->stacks[i].name);
	push_name(names, fleet->profile);
	push_name(names, getenv("USER"));
	push_name(names, getenv("LOGNAME"));
	if (uname(&machine) == 0)
		push_name(names, machine.nodename);
	strvec_sort(names);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_' || c == '@';
}

/* The length of a run of hexadecimal digits that a uid may be, or 0. */
static size_t hex_run(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && isxdigit((unsigned char)text[n]))
		n++;
	return n >= HEX_MIN ? n : 0;
}

/* May the word be a token, a part of a key or a cookie?  Names have no such mixture. */
static bool is_opaque(const char *word)
{
	bool digit = false;
	bool upper = false;
	bool lower = false;

	if (strlen(word) < SECRET_MIN)
		return false;
	for (; *word != '\0'; word++) {
		digit = digit || isdigit((unsigned char)*word);
		upper = upper || isupper((unsigned char)*word);
		lower = lower || islower((unsigned char)*word);
	}
	return digit && upper && lower;
}

/* KIND-N for the word, N the same each time. */
static void replace(struct redaction *r, const char *kind, const char *word,
                    struct strbuf *out)
{
	size_t i = 0;

	while (i < r->seen.count && strcmp(r->seen.items[i], word) != 0)
		i++;
	if (i == r->seen.count)
		strvec_push(&r->seen, word);
	strbuf_addf(out, "%s-%zu", kind, i + 1);
}

/* The parts of a word that is none of the names: uids in it are replaced. */
static void add_parts(struct redaction *r, const char *word, size_t len,
                      struct strbuf *out)
{
	for (size_t i = 0; i < len;) {
		size_t run = i == 0 || !isalnum((unsigned char)word[i - 1]) ?
		                     hex_run(word + i, len - i) :
		                     0;

		if (run > 0) {
			char *id = xstrndup(word + i, run);

			replace(r, "ID", id, out);
			free(id);
			i += run;
		} else {
			strbuf_add(out, word + i++, 1);
		}
	}
}

/* A word without an address of mail in it. */
static void add_plain(struct redaction *r, const char *text, size_t len,
                      struct strbuf *out)
{
	char *word = xstrndup(text, len);
	struct in_addr address;

	if (strvec_has_sorted(&r->names, word))
		replace(r, "NAME", word, out);
	else if (inet_pton(AF_INET, word, &address) == 1)
		replace(r, "IP", word, out);
	else if (is_opaque(word))
		replace(r, "SECRET", word, out);
	else
		add_parts(r, word, len, out);
	free(word);
}

static bool is_mail(const char *word)
{
	const char *host = strchr(word, '@');
	struct in_addr address;

	return host != NULL && strchr(host, '.') != NULL &&
	       inet_pton(AF_INET, host + 1, &address) != 1;
}

static void add_word(struct redaction *r, const char *text, size_t len,
                     struct strbuf *out)
{
	char *word;
	size_t end = len;

	while (end > 0 && strchr(".-_", text[end - 1]) != NULL)
		end--;
	word = xstrndup(text, end);
	if (strvec_has_sorted(&r->names, word)) {
		replace(r, "NAME", word, out);
	} else if (is_mail(word)) {
		replace(r, "MAIL", word, out);
	} else {
		for (size_t i = 0; i <= end; i++) {
			size_t part = strcspn(word + i, "@");

			add_plain(r, word + i, part, out);
			i += part;
			if (i < end)
				strbuf_adds(out, "@");
		}
	}
	strbuf_add(out, text + end, len - end);
	free(word);
}

/* "://" with the user and the password that follow it, or 0. */
static size_t credentials_len(const char *text)
{
	size_t len = strncmp(text, "://", 3) == 0 ? 3 : 0;

	if (len > 0)
		len += strcspn(text + len, "/@ \t\n");
	return text[len] == '@' ? len : 0;
}

/* The length of the IPv6 address that text begins with, or 0. */
static size_t ipv6_len(const char *text, char address[static INET6_ADDRSTRLEN])
{
	size_t len = strspn(text, "0123456789abcdefABCDEF:.");
	struct in6_addr ignored;

	for (; len > 2 && len < INET6_ADDRSTRLEN; len--) {
		memcpy(address, text, len);
		address[len] = '\0';
		if (inet_pton(AF_INET6, address, &ignored) == 1)
			return len;
		if (text[len - 1] != ':' && text[len - 1] != '.')
			return 0;
	}
	return 0;
}

/* What is more than one word: the home folder, a password in a URL, an address. */
static size_t add_whole(struct redaction *r, const char *text, struct strbuf *out)
{
	const char *home = paths_home();
	size_t len = strlen(home);
	char address[INET6_ADDRSTRLEN];

	if (len > 1 && strncmp(text, home, len) == 0) {
		strbuf_adds(out, "~");
		return len;
	}
	if ((len = credentials_len(text)) > 0)
		strbuf_adds(out, "://(not shown)");
	else if ((len = ipv6_len(text, address)) > 0)
		replace(r, "IP", address, out);
	return len;
}

void bugreport_redact(const struct fleet *fleet, const char *text, struct strbuf *out)
{
	struct redaction r = { .names = STRVEC_INIT, .seen = STRVEC_INIT };

	collect_names(fleet, &r.names);
	while (*text != '\0') {
		size_t len = add_whole(&r, text, out);

		text += len;
		if (len > 0)
			continue;
		while (len < WORD_MAX && is_word(text[len]))
			len++;
		if (len > 0)
			add_word(&r, text, len, out);
		else
			strbuf_add(out, text, len = 1);
		text += len;
	}
	strvec_release(&r.names);
	strvec_release(&r.seen);
}

/* Does the line hold a secret by its own word? */
static bool has_secret(const char *line)
{
	static const char *const words[] = {
		"client-secret", "client_secret", "access_token",
		"refresh_token", "authorization", "cookie:",
		"bearer ",       "password=",     "private key---"
	};

	for (; *line != '\0'; line++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strncasecmp(line, words[i], strlen(words[i])) == 0)
				return true;
		}
	}
	return false;
}

/* Append the lines of text but comments, and those with a secret by their first word. */
static void add_lines(struct strbuf *all, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		const char *begin = line + strspn(line, " \t");

		if (has_secret(begin))
			strbuf_addf(all, "%.*s = (not shown)\n",
			            (int)strcspn(begin, " \t=:"), begin);
		else if (*begin != '#')
			strbuf_addf(all, "%s\n", line);
		free(line);
		text += len + (text[len] == '\n');
	}
}

/* Append "== TITLE" and the file's end; "no file" where it cannot be read. */
static void add_file(struct strbuf *all, const char *title, char *path)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;

	strbuf_addf(all, "\n== %s\n", title);
	if (atomic_read_end(path, LOG_END, &text, &err) >= 1)
		add_lines(all, text.data);
	else
		strbuf_addf(all, "no file%s%s\n", err.text[0] != '\0' ? ": " : "",
		            err.text);
	strbuf_release(&text);
	free(path);
}

int bugreport_write(const char *path, const struct fleet *fleet,
                    const struct findings *findings, struct error *err)
{
	struct strbuf all = STRBUF_INIT;
	struct strbuf redacted = STRBUF_INIT;
	struct utsname machine;
	int rc;

	strbuf_adds(&all, "cxssh " CXSSH_VERSION "\n");
	if (uname(&machine) == 0)
		strbuf_addf(&all, "%s %s %s\n", machine.sysname, machine.release,
		            machine.machine);
	strbuf_adds(&all, "\n== doctor\n");
	findings_table(findings, 0, false, &all);
	add_file(&all, "configuration", config_path());
	add_file(&all, "log", paths_cache("log"));
	bugreport_redact(fleet, all.data, &redacted);
	rc = atomic_write(path, redacted.data, redacted.len, 0600, err);
	strbuf_release(&all);
	strbuf_release(&redacted);
	return rc;
}
