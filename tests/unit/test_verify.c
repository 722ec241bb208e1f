/* SPDX-License-Identifier: MIT */
/*
 * Which host key is trusted, learnt, refused, forgotten: by the files of a home folder of
 * the test's own.  In the texts $A and $B stand for two keys.
 */

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "hostkey/fingerprint.h"
#include "hostkey/hashedname.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsedit.h"
#include "hostkey/knownhostsfile.h"
#include "hostkey/verify.h"
#include "runtime/atomic.h"
#include "tap.h"

static char home[] = "/tmp/cxssh-test-verify.XXXXXX";
static char own[128];
static char users[128];
static struct strbuf keys[2] = { STRBUF_INIT, STRBUF_INIT };

/* The program's symbol comes before that of libc. */
struct passwd *own_getpwuid(uid_t uid) __asm__("getpwuid");
struct passwd *own_getpwuid(uid_t uid)
{
	static struct passwd entry;

	entry = (struct passwd){ .pw_uid = uid, .pw_gid = getgid(), .pw_dir = home };
	return &entry;
}

static void make_key(struct strbuf *key, char filler)
{
	char rest[36] = { 0, 0, 0, 32 };

	memset(rest + 4, filler, 32);
	strbuf_add(key, "\0\0\0\13ssh-ed25519", 15);
	strbuf_add(key, rest, sizeof(rest));
}

/* text with $A and $B filled in; the caller frees it. */
static char *fill_in(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	for (; *text != '\0'; text++) {
		if (text[0] == '$' && (text[1] == 'A' || text[1] == 'B')) {
			const struct strbuf *key = &keys[*++text - 'A'];

			strbuf_adds(&out, "ssh-ed25519 ");
			base64_encode((const unsigned char *)key->data, key->len, &out);
		} else {
			strbuf_add(&out, text, 1);
		}
	}
	return strbuf_detach(&out);
}

static void put(const char *path, const char *text)
{
	struct error err = ERROR_INIT;
	char *filled = fill_in(text);

	if (atomic_write(path, filled, strlen(filled), 0600, &err) == -1)
		(void)printf("Bail out! %s\n", err.text);
	free(filled);
}

static void is_file(const char *path, const char *wanted, const char *what)
{
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *filled = fill_in(wanted);

	(void)atomic_read(path, 4096, &text, &err);
	is_str(text.data, filled, "%s", what);
	strbuf_release(&text);
	free(filled);
}

/* Key A as that of cxssh-1 at 192.0.2.1, with a role and an alias. */
static int verify(struct error *err)
{
	struct hostkey_peer peer = { .address = "192.0.2.1",
		                     .called = "lion",
		                     .until = deadline_in(1000) };
	int rc;

	strvec_push(&peer.names, "cxssh-1");
	strvec_push(&peer.names, "cxssh-s.web");
	strvec_push(&peer.names, "lion");
	*err = (struct error)ERROR_INIT;
	rc = hostkey_verify_or_learn(&peer, (const unsigned char *)keys[0].data,
	                             keys[0].len, err);
	strvec_release(&peer.names);
	return rc;
}

static const struct {
	const char *what;
	const char *own;
	const char *users;
	enum error_code code;
	const char *after; /* NULL: as before */
} verdicts[] = {
	{ "a key of a first contact is learnt", "", "", ERROR_NONE,
	  "cxssh-1,cxssh-s.web,lion $A\n" },
	{ "a known key is trusted, and nothing is written",
	  "cxssh-1,cxssh-s.web,lion $A\n", "", ERROR_NONE, NULL },
	{ "a known key gets the names that are new", "cxssh-1 $A\n", "", ERROR_NONE,
	  "cxssh-1,cxssh-s.web,lion $A\n" },
	{ "another key than the known one is refused", "cxssh-1 $B\n", "", ERROR_TRUST,
	  NULL },
	{ "a key that is revoked is refused", "@revoked lion $A\n", "", ERROR_TRUST,
	  NULL },
	{ "a known key that is revoked is refused",
	  "cxssh-1,cxssh-s.web,lion $A\n@revoked * $A\n", "", ERROR_TRUST, NULL },
	{ "a key of which the user's file has another is refused", "", "192.0.2.1 $B\n",
	  ERROR_TRUST, NULL },
	{ "a key that the user's file has is learnt", "", "192.0.2.1 $A\n", ERROR_NONE,
	  "cxssh-1,cxssh-s.web,lion $A\n" },
	{ "a known key is trusted beside another in the user's file", "cxssh-1 $A\n",
	  "192.0.2.1 $B\n", ERROR_NONE, "cxssh-1,cxssh-s.web,lion $A\n" },
	{ "a known key that the user's file revokes is refused", "cxssh-1 $A\n",
	  "@revoked 192.0.2.1 $A\n", ERROR_TRUST, NULL },
	{ "no key is learnt where a certificate is due", "@cert-authority cxssh-1 $B\n",
	  "", ERROR_TRUST, NULL },
	{ "a key that is known by a pattern gets a line of its own", "cxssh-? $A\n", "",
	  ERROR_NONE, "cxssh-? $A\ncxssh-1,cxssh-s.web,lion $A\n" },
	{ "a file without an end of its last line is completed", "other $B", "",
	  ERROR_NONE, "other $B\ncxssh-1,cxssh-s.web,lion $A\n" },
};

static void test_verdicts(void)
{
	struct error err;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		put(own, verdicts[i].own);
		put(users, verdicts[i].users);
		(void)verify(&err);
		ok(err.code == verdicts[i].code, "%s (%s)", verdicts[i].what, err.text);
		is_file(own,
		        verdicts[i].after != NULL ? verdicts[i].after : verdicts[i].own,
		        verdicts[i].what);
	}
}

static void test_unreadable(void)
{
	struct error err;

	put(users, "");
	(void)unlink(own);
	(void)mkdir(own, 0700);
	ok(verify(&err) == -1 && err.code == ERROR_CONFIG,
	   "no key is trusted where known_hosts is no file");
	(void)rmdir(own);
	put(own, "");
	ok(truncate(own, 1) == 0 && verify(&err) == -1 && err.code == ERROR_TRUST,
	   "no key is trusted where known_hosts has a NUL byte");
	put(own, "");
	ok(truncate(users, 1) == 0 && verify(&err) == -1 && err.code == ERROR_TRUST,
	   "no key is learnt where the user's file has a NUL byte");
	put(users, "");
	(void)unlink(own);
	ok(hostkey_touch(&err) == 0 && access(own, F_OK) == 0 && hostkey_touch(&err) == 0,
	   "the file is made where it is missing, and left where it is there");
}

static void test_questions(void)
{
	struct hostkey_peer peer = { .address = "192.0.2.1" };
	struct strvec types = STRVEC_INIT;
	struct strvec of_roles = STRVEC_INIT;
	struct hostkey_of_bastion known;
	struct error err = ERROR_INIT;

	strvec_push(&peer.names, "cxssh-1");
	strvec_push(&peer.names, "cxssh-s.web");
	put(own, "cxssh-s.web $B\n");
	put(users, "192.0.2.1 $A\n");
	hostkey_types(&peer, &types, &of_roles);
	ok(types.count == 1 && of_roles.count == 1,
	   "the types of the user's file and those of a role are told apart");
	ok(hostkey_users_know("192.0.2.1") && !hostkey_users_know("192.0.2.2"),
	   "the user's file knows an address or not");
	ok(hostkey_add_names(&peer.names, deadline_in(1000), &err) == 0,
	   "names are not given to a key that is not there");
	put(own, "cxssh-1 $A\n");
	ok(hostkey_add_names(&peer.names, deadline_in(1000), &err) == 1,
	   "names are given to a key that is there");
	is_file(own, "cxssh-1,cxssh-s.web $A\n", "the line has the names");
	ok(hostkey_is_listed(&peer.names), "the names are listed");
	put(own, "cxssh-gateway-192.0.2.1 $A\n");
	put(users, "192.0.2.1 $A\n@revoked * $B\n@revoked 192.0.2.1 ssh-rsa no\n");
	ok(hostkey_of_bastion("192.0.2.1", &known, &err) == 0 && known.own && known.users,
	   "a bastion is known by both files");
	ok(strncmp(known.revoked.data, "ssh-ed25519 ", 12) == 0 &&
	           strchr(known.revoked.data, '\n')[1] == '\0',
	   "of revoked keys those that ssh can read are told");
	strbuf_release(&known.revoked);
	strvec_release(&types);
	strvec_release(&of_roles);
	strvec_release(&peer.names);
}

static void test_forget(void)
{
	struct knownhostsedit_owner owner = { .names = STRVEC_INIT };
	struct knownhostsedit_forgotten done;
	struct error err = ERROR_INIT;

	strvec_push(&owner.names, "cxssh-1");
	strvec_push(&owner.names, "lion");
	strvec_push(&owner.roles, "cxssh-s.web");
	put(own, "# mine\ncxssh-1,lion,byhand $A\ncxssh-s.web $A\ncxssh-s.web $B\n"
	         "@revoked cxssh-1 $B\ncxssh-2 $A\n");
	ok(knownhostsedit_knows(&owner), "the server's key is known");
	ok(knownhostsedit_forget(&owner, &done, &err) == 0 && done.keys.count == 1 &&
	           done.revoked.count == 1 && !done.kept && !done.certified,
	   "the key that goes and the one that stays refused are told");
	is_file(own,
	        "# mine\nbyhand $A\ncxssh-s.web $B\n@revoked cxssh-1 $B\ncxssh-2 $A\n",
	        "the server's names go, and every other byte stays");
	knownhostsedit_forgotten_release(&done);
	ok(!knownhostsedit_knows(&owner), "the server's key is not known any more");
	put(own, "cxssh-* $A\n@cert-authority cxssh-1 $B\n");
	ok(knownhostsedit_forget(&owner, &done, &err) == 0 && done.keys.count == 0 &&
	           done.kept && done.certified,
	   "a pattern and a certificate's authority stay, and are told");
	knownhostsedit_forgotten_release(&done);
	strvec_release(&owner.names);
	strvec_release(&owner.roles);
}

static bool keep(const char *owner, const char *name, void *cookie)
{
	(void)cookie;
	return strcmp(owner, "cxssh-1") == 0 && strcmp(name, "lion") == 0;
}

static void count(const struct kh_line *line, const char *fingerprint, void *cookie)
{
	int *lines = cookie;

	*lines += line->names.len > 0 && strncmp(fingerprint, "SHA256:", 7) == 0;
}

static void test_prune(void)
{
	struct error err = ERROR_INIT;
	int lines = 0;

	put(own, "cxssh-1,lion,old $A\ncxssh-2,lion $B\nbyhand $B\n# end\n");
	ok(knownhostsedit_prune(keep, NULL, &err) == 0, "names are taken off");
	is_file(own, "cxssh-1,lion $A\ncxssh-2 $B\nbyhand $B\n# end\n",
	        "names that lead elsewhere go, and lines by hand stay");
	ok(knownhostsedit_list(count, &lines, &err) == 0 && lines == 3,
	   "each line with a key is listed, with its fingerprint");
}

int main(void)
{
	char ssh[128];
	char cxssh[128];

	(void)unsetenv("XDG_CACHE_HOME");
	if (mkdtemp(home) == NULL)
		return 1;
	(void)snprintf(ssh, sizeof(ssh), "%s/.ssh", home);
	(void)snprintf(cxssh, sizeof(cxssh), "%s/.ssh/cxssh", home);
	(void)snprintf(own, sizeof(own), "%s/.ssh/cxssh/known_hosts", home);
	(void)snprintf(users, sizeof(users), "%s/.ssh/known_hosts", home);
	(void)mkdir(ssh, 0700);
	(void)mkdir(cxssh, 0700);
	make_key(&keys[0], 'a');
	make_key(&keys[1], 'b');
	test_verdicts();
	test_unreadable();
	test_questions();
	test_forget();
	test_prune();
	strbuf_release(&keys[0]);
	strbuf_release(&keys[1]);
	(void)snprintf(ssh, sizeof(ssh), "rm -rf --one-file-system '%s'", home);
	(void)!system(ssh);
	return done_testing();
}
