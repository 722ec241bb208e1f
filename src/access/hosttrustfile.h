/*
 * hosttrustfile.h - known_hosts files on the disk: ours, with its lock, and hashed
 * names, which only ssh-keygen can look up.  For the rooms of host trust only.
 */
#ifndef ACCESS_HOSTTRUSTFILE_H
#define ACCESS_HOSTTRUSTFILE_H

struct error;
struct strbuf;
struct strvec;

/* Our known_hosts; the caller frees it. */
char *hosttrustfile_path(void);

/* One writer at a time; for lock_release().  Waits up to 5 s: ERROR_RETRY. */
int hosttrustfile_lock(struct error *err);

/* Our file as it is ("" without one), with a final newline, so that a line can
 * follow.  -1 with ERROR_CONFIG, or ERROR_TRUST for one with a NUL in it. */
int hosttrustfile_read(struct strbuf *text, struct error *err);

/* Make it hold text, if it does not; the lock is held. */
int hosttrustfile_write(const struct strbuf *text, struct error *err);

/*
 * What the file at path may say of name: its lines, and each hashed one that means
 * name once more with the plain name.  Hashed names hide from all who do not ask for
 * the right one, so that where there are any, ssh-keygen is asked (up to 2 s);
 * ERROR_TRUST when it cannot answer.
 */
int hosttrustfile_about(const char *path, const char *name, struct strbuf *text,
                        struct error *err);

/* Push the hashed forms ("|1|salt|hash") of name that our file has. */
int hosttrustfile_hashed(const char *name, struct strvec *forms, struct error *err);

#endif
