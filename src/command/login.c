/* login - keep a token for the API. */

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/config.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/auth.h"
#include "command/command.h"
#include "command/survey.h"

enum { LOGIN_MS = 30000, TOKEN_MAX = 16 * 1024, FILE_MAX = 64 * 1024 };

/* All of stdin; a terminal shows nothing of what is typed and ends at the line. */
static int read_token(struct strbuf *token, struct error *err)
{
	struct termios shown;
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
	char block[1024];
	ssize_t n;

	if (terminal) {
		struct termios hidden = shown;

		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)fputs("Token (not shown): ", stderr);
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0 &&
	       token->len < TOKEN_MAX) {
		strbuf_add(token, block, (size_t)n);
		if (terminal)
			break;
	}
	mem_wipe(block, sizeof(block));
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		(void)fputc('\n', stderr);
	}
	if (n == -1)
		return error_errno(err, ERROR_CONFIG, "reading the token");
	if (token->len >= TOKEN_MAX)
		return error_set(err, ERROR_USAGE, "this is too long for a token");
	return 0;
}

/* The token file as it was, so that a wrong token costs nobody the right one. */
struct backup {
	struct auth auth; /* has the path, whether there is a token or not */
	struct strbuf content;
	bool exists;
};

static void backup_take(struct backup *backup, const struct config *config)
{
	struct error ignored = ERROR_INIT;

	*backup = (struct backup){ .content = STRBUF_SECRET };
	(void)auth_load(&backup->auth, config->profile, deadline_in(0), &ignored);
	backup->exists = backup->auth.token_path != NULL &&
	                 atomic_read(backup->auth.token_path, FILE_MAX, &backup->content,
	                             &ignored) == 1;
}

static int backup_restore(const struct backup *backup, struct error *err)
{
	if (backup->exists)
		return atomic_update_users(backup->auth.token_path, backup->content.data,
		                           backup->content.len, 0600, err);
	if (backup->auth.token_path != NULL)
		(void)unlink(backup->auth.token_path);
	return 0;
}

static void backup_release(struct backup *backup)
{
	auth_release(&backup->auth);
	strbuf_release(&backup->content);
}

/* Keep it, unless the API does not know it. */
static int keep(const struct config *config, const char *token, struct error *err)
{
	struct deadline until = deadline_in(LOGIN_MS);
	struct error second = ERROR_INIT;
	struct backup backup;
	struct api *api = NULL;
	int rc = -1;

	backup_take(&backup, config);
	if (auth_store(config->profile, token, err) == -1)
		goto out;
	api = survey_api(config, until, err);
	rc = api != NULL ? api_ping(api, until, err) : -1;
	if (rc == 0)
		(void)printf("logged in to %s\n", api_base_url(api));
	else if (err->code == ERROR_DENIED && backup_restore(&backup, &second) == 0)
		error_prefix(err, "nothing was changed");
	else
		error_prefix(err, "the token is kept, but");
out:
	api_free(api);
	backup_release(&backup);
	return rc;
}

int command_login(int argc, char *argv[], struct config *config, struct error *err)
{
	static const char how[] =
		"cxssh login --token [--profile NAME] (the token is read from "
		"standard input)";
	static const struct option options[] = {
		{ "token", no_argument, NULL, 't' },
		{ "profile", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct strbuf token = STRBUF_SECRET;
	bool by_token = false;
	int opt;
	int rc;

	opterr = 0; /* our own words, in one line */
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 't')
			by_token = true;
		else if (opt != 'p')
			return command_usage(err, how);
		else if (config_set(config, "profile", optarg, err) == -1)
			return -1;
	}
	if (argc != optind || !by_token)
		return command_usage(err, how);
	rc = read_token(&token, err);
	if (rc == 0)
		rc = keep(config, token.data, err);
	strbuf_release(&token);
	return rc;
}
