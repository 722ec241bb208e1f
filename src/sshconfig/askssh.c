#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allow.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "sshconfig/askssh.h"

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *askssh_program(void)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		char *candidate = xasprintf("%.*s/ssh", (int)len, path);

		if (path[0] == '/' && is_program(candidate))
			return candidate;
		free(candidate);
		path += len + (path[len] == ':');
	}
	return xstrdup("/usr/bin/ssh");
}

/* The first line of what ssh said, without the name of a file that will be gone. */
static int refuse(const char *file, const struct strbuf *said, struct error *err)
{
	char line[300];
	char clean[300];
	const char *text = said->data;
	size_t len = strlen(file);

	if (strncmp(text, file, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\r\n"), text);
	return error_set(err, ERROR_CONFIG, "ssh says: %s",
	                 line[0] == '\0' ? "nothing, but that it failed" :
	                                   allow_printable(line, clean, sizeof(clean)));
}

/*
 * quietly: without what ssh grumbles about a line which it then goes on to take.  Such
 * a remark names the file and the line's number, and is no setting.
 */
static int ask(const char *file, const char *host, bool quietly, struct deadline until,
               struct strbuf *said, int *status, struct error *err)
{
	char *program = askssh_program();
	char *path = xstrdup(file);
	char *name = xstrdup(host);
	char g[] = "-G";
	char f[] = "-F";
	char o[] = "-oCanonicalizeHostname=no"; /* else it asks the name service */
	char e[] = "-E/dev/null";
	char end[] = "--";
	char *loud[] = { program, g, o, f, path, end, name, NULL };
	char *quiet[] = { program, g, o, f, path, e, end, name, NULL };
	int rc = spawn_run(quietly ? quiet : loud, until, said, status, err);

	free(program);
	free(path);
	free(name);
	return rc;
}

int askssh_config(const char *file, const char *host, struct deadline until,
                  struct strbuf *said, struct error *err)
{
	struct strbuf words = STRBUF_INIT;
	int status;
	int rc = ask(file, host, true, until, said, &status, err);

	if (rc == 0 && status != 0) {
		rc = ask(file, host, false, until, &words, &status, err);
		if (rc == 0)
			rc = refuse(file, &words, err);
	}
	strbuf_release(&words);
	return rc;
}

char *askssh_value(const char *said, const char *keyword)
{
	size_t len = strlen(keyword);

	while (*said != '\0') {
		size_t end = strcspn(said, "\n");

		if (strncmp(said, keyword, len) == 0 && said[len] == ' ')
			return xstrndup(said + len + 1, end - len - 1);
		said += end + (said[end] == '\n');
	}
	return NULL;
}
