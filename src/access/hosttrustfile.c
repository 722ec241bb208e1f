#include <stdlib.h>
#include <string.h>

#include "access/hosttrustfile.h"
#include "base/atomic.h"
#include "base/dirs.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/strvec.h"

enum { FILE_MAX = 64 * 1024 * 1024, LOCK_MS = 5000, KEYGEN_MS = 2000 };

static const char hash_mark[] = "|1|";

char *hosttrustfile_path(void)
{
	return dirs_ssh("cxssh/known_hosts");
}

int hosttrustfile_lock(struct error *err)
{
	char *path = dirs_ssh("cxssh/known_hosts.lock");
	int lock = lock_take_to_read(path, deadline_in(LOCK_MS), err);

	free(path);
	return lock;
}

/* Behind a NUL we would overlook what ssh reads: a @revoked line, say. */
static int read_file(const char *path, struct strbuf *text, struct error *err)
{
	if (atomic_read(path, FILE_MAX, text, err) == -1)
		return -1;
	if (strlen(text->data) != text->len)
		return error_set(err, ERROR_TRUST,
		                 "%s: has a NUL byte, which no known_hosts may have",
		                 path);
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		strbuf_adds(text, "\n");
	return 0;
}

int hosttrustfile_read(struct strbuf *text, struct error *err)
{
	char *path = hosttrustfile_path();
	int rc = read_file(path, text, err);

	free(path);
	return rc;
}

int hosttrustfile_write(const struct strbuf *text, struct error *err)
{
	char *path = hosttrustfile_path();
	int rc = dirs_make_for(path, err);

	if (rc == 0)
		rc = atomic_update(path, text->data, text->len, 0600, NULL, err);
	free(path);
	return rc;
}

/* What ssh-keygen finds of name in the file: comments, and the lines as they stand. */
static int ask_keygen(const char *path, const char *name, struct strbuf *said,
                      struct error *err)
{
	char *keygen = dirs_tool("ssh-keygen");
	char *argv[] = { keygen,           (char[]){ "-F" }, (char *)name,
		         (char[]){ "-f" }, (char *)path,     NULL };
	int status;
	int rc = spawn_run(argv, deadline_in(KEYGEN_MS), said, &status, err);

	free(keygen);
	/* It may hide the very key that we should refuse another one for. */
	if (rc == -1 || status > 1)
		return error_set(err, ERROR_TRUST,
		                 "%s has hashed names, and ssh-keygen cannot look "
		                 "them up",
		                 path);
	return 0;
}

/* The next line of what ssh-keygen said that has a hashed name; NULL at the end. */
static const char *next_hashed(const char **said, const char **line, size_t *len)
{
	while (**said != '\0') {
		const char *hash = strstr(*said, hash_mark);

		*line = *said;
		*len = strcspn(*said, "\n");
		*said += *len + ((*said)[*len] == '\n');
		if (hash != NULL && hash < *line + *len && **line != '#')
			return hash;
	}
	return NULL;
}

int hosttrustfile_about(const char *path, const char *name, struct strbuf *text,
                        struct error *err)
{
	struct strbuf said = STRBUF_INIT;
	const char *rest;
	const char *line;
	const char *hash;
	size_t len;
	int rc = read_file(path, text, err);

	if (rc == 0 && strstr(text->data, hash_mark) != NULL)
		rc = ask_keygen(path, name, &said, err);
	rest = said.data;
	while (rc == 0 && (hash = next_hashed(&rest, &line, &len)) != NULL) {
		size_t word = strcspn(hash, " \t\n");

		strbuf_add(text, line, (size_t)(hash - line));
		strbuf_adds(text, name);
		strbuf_add(text, hash + word, len - (size_t)(hash - line) - word);
		strbuf_adds(text, "\n");
	}
	strbuf_release(&said);
	return rc;
}

int hosttrustfile_hashed(const char *name, struct strvec *forms, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf said = STRBUF_INIT;
	char *path = hosttrustfile_path();
	const char *rest;
	const char *line;
	const char *hash;
	size_t len;
	int rc = read_file(path, &text, err);

	if (rc == 0 && strstr(text.data, hash_mark) != NULL)
		rc = ask_keygen(path, name, &said, err);
	rest = said.data;
	while (rc == 0 && (hash = next_hashed(&rest, &line, &len)) != NULL)
		strvec_pushf(forms, "%.*s", (int)strcspn(hash, " \t\n"), hash);
	strbuf_release(&text);
	strbuf_release(&said);
	free(path);
	return rc;
}
