/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "broker/confine.h"
#include "broker/landlock.h"
#include "runtime/hardening.h"
#include "runtime/log.h"
#include "runtime/paths.h"

/* ---- files and ports ---- */

enum { DNS_PORT = 53 };

/* Takes the path. */
static void allow(struct landlock *land, char *path, enum landlock_use use)
{
	landlock_allow(land, path, use);
	free(path);
}

/* Takes the path of a folder of cxssh; made if it is missing, since Landlock opens it. */
static void allow_own(struct landlock *land, char *path)
{
	char *inside = xasprintf("%s/x", path);
	struct error ignored = ERROR_INIT;

	(void)paths_make_for(inside, &ignored);
	free(inside);
	allow(land, path, LANDLOCK_CHANGE);
}

/* Allow to read the folder of a key, for FILE.pub and for a file that replaces the key;
 * only the files themselves where that folder is / or holds the home. */
static void allow_key(struct landlock *land, const char *key_file)
{
	char *real = realpath(key_file, NULL);
	char *folder = xstrdup(key_file);
	char *slash = strrchr(folder, '/');

	if (slash == NULL || slash == folder ||
	    strncmp(paths_home(), folder, (size_t)(slash - folder)) == 0) {
		landlock_allow(land, key_file, LANDLOCK_READ);
		allow(land, xasprintf("%s.pub", key_file), LANDLOCK_READ);
		allow(land, xasprintf("%s-cert.pub", key_file), LANDLOCK_READ);
	} else {
		*slash = '\0';
		landlock_allow(land, folder, LANDLOCK_READ);
	}
	if (real != NULL)
		landlock_allow(land, real, LANDLOCK_READ);
	free(real);
	free(folder);
}

/* The files that links in ~/.ssh lead to, as with dotfile managers. */
static void allow_links(struct landlock *land)
{
	char *folder = paths_in_home(".ssh");
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", folder, entry->d_name);
		char *real = realpath(path, NULL);
		struct stat st;

		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && real != NULL &&
		    stat(real, &st) == 0 && S_ISREG(st.st_mode))
			landlock_allow(land, real, LANDLOCK_READ);
		free(real);
		free(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(folder);
}

/* The reports of a sanitized program lie where ASAN_OPTIONS says. */
static void allow_reports(struct landlock *land)
{
	const char *options = SANITIZED ? getenv("ASAN_OPTIONS") : NULL;
	const char *path = options != NULL ? strstr(options, "log_path=/") : NULL;
	char *folder;
	char *slash;

	if (path == NULL)
		return;
	path += strlen("log_path=");
	folder = xstrndup(path, strcspn(path, ":"));
	slash = strrchr(folder, '/');
	*slash = '\0';
	allow(land, folder, LANDLOCK_CHANGE);
}

/* Leave the system's programs, libraries and name lookups, and of the user's files those
 * of ssh and cxssh; ~/.cloud66 is not among them.  The version of Landlock, or 0. */
static int restrict_files(const char *key_file)
{
	static const char *const system_folders[] = {
		"/usr",         "/lib",    "/lib64", "/lib32", "/bin", "/sbin",
		"/opt",         "/nix",    "/gnu",   "/etc",   "/run", "/proc",
		"/var/lib/sss", "/var/db", "/sys",   BINDIR,
	};
	struct landlock *land = landlock_new();
	char *ssh = paths_tool("ssh");
	char *known_hosts = paths_in_home(".ssh/cxssh/known_hosts");
	char *linked = realpath(known_hosts, NULL);

	for (size_t i = 0; i < sizeof(system_folders) / sizeof(system_folders[0]); i++)
		landlock_allow(land, system_folders[i], LANDLOCK_READ);
	allow(land, ssh, LANDLOCK_READ);
	landlock_allow(land, "/dev", LANDLOCK_USE);
	allow(land, paths_in_home(".ssh"), LANDLOCK_READ);
	allow_links(land);
	allow_own(land, paths_in_home(".ssh/cxssh"));
	allow_own(land, paths_config("."));
	allow_own(land, paths_cache("."));
	allow_own(land, paths_run("."));
	if (key_file != NULL)
		allow_key(land, key_file);
	/* The target of a link, to read only: its folder may hold other files. */
	if (linked != NULL)
		allow_key(land, linked);
	free(linked);
	free(known_hosts);
	allow_reports(land);
	landlock_allow_port(land, SSH_PORT);
	landlock_allow_port(land, DNS_PORT);
	return landlock_close(land);
}

/* ---- system calls ---- */

#ifdef HAVE_SECCOMP

/* What neither broker nor ssh needs; kernel bugs were reached by these. */
static const char refused_always[] =
	"process_vm_readv process_vm_writev bpf perf_event_open userfaultfd "
	"io_uring_setup kexec_load kexec_file_load init_module finit_module mount "
	"umount2 pivot_root chroot setns unshare swapon swapoff reboot acct iopl ioperm "
	"open_by_handle_at fanotify_init quotactl";

/* The calls of a settled broker by purpose.  One call has several names among
 * architectures and libcs. */
static const char allowed[] =
	/* to wait, and to know the time */
	"poll ppoll ppoll_time64 clock_gettime clock_gettime64 clock_nanosleep "
	"clock_nanosleep_time64 nanosleep gettimeofday time restart_syscall "
	/* to carry bytes: channels, the bastion, ssh-agent, name servers, pipes */
	"read write readv writev recv send recvfrom sendto recvmsg sendmsg sendmmsg "
	"recvmmsg recvmmsg_time64 "
	/* to log in again, and to accept clients; socket() and socketpair() have rules of
         * their own */
	"connect bind accept accept4 shutdown getsockopt setsockopt "
	"getsockname getpeername pipe pipe2 "
	/* to read routes, keys, known_hosts and the resolver's files, and to write the
         * log, marks and known_hosts; Landlock says where */
	"openat open close fstat fstat64 newfstatat fstatat64 stat stat64 lstat lstat64 "
	"statx access faccessat faccessat2 readlink readlinkat getdents64 lseek _llseek "
	"pread64 rename renameat renameat2 unlink unlinkat mkdir mkdirat fchmod "
	"ftruncate ftruncate64 fsync fdatasync flock fcntl fcntl64 dup umask getcwd "
	"utimensat utimensat_time64 "
	/* memory that is not executable: mmap() and mprotect() have rules of their own */
	"munmap mremap brk madvise "
	/* process and user ids, randomness, signals, exit */
	"getpid gettid getuid getuid32 geteuid geteuid32 getgid getgid32 getegid "
	"getegid32 getrandom uname getrlimit ugetrlimit rt_sigaction rt_sigprocmask "
	"rt_sigreturn sigreturn sigaltstack futex futex_time64 rseq set_robust_list "
	"sched_yield tgkill tkill exit exit_group";

/* End the process: the broker never calls these. */
static const char fatal[] = "execve execveat ptrace process_vm_readv process_vm_writev";

static const char processes[] = "fork vfork clone";

/* Families of sockets: the bastion, name servers; netlink is getaddrinfo's.  Not AF_UNIX:
 * blockinghelper connects to ssh-agent, and getaddrinfo() does without nscd. */
static const unsigned int families[] = { AF_INET, AF_INET6, AF_NETLINK };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names that this architecture lacks are left out. */
static void add(scmp_filter_ctx filter, uint32_t action, const char *names)
{
	while (*names != '\0') {
		size_t len = strcspn(names, " ");
		char *name = xstrndup(names, len);
		int number = seccomp_syscall_resolve_name(name);

		if (number != __NR_SCMP_ERROR)
			(void)seccomp_rule_add(filter, action, number, 0);
		free(name);
		names += len + strspn(names + len, " ");
	}
}

static void add_rules_of_arguments(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp not_executable =
		SCMP_A2(SCMP_CMP_MASKED_EQ, (scmp_datum_t)PROT_EXEC, 0);
	const struct scmp_arg_cmp own_process = SCMP_A0(SCMP_CMP_EQ, 0, 0);
	/* For channels.  A datagram socket could send to any path. */
	const struct scmp_arg_cmp stream =
		SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM); /* without its flags */
	const struct scmp_arg_cmp fionread = SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0);

	for (size_t i = 0; i < COUNT(families); i++) {
		const struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_EQ, families[i], 0);

		(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		                             &family);
	}
	(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
	                             &stream);
	/* 32-bit x86 has socketcall(2), whose arguments no filter sees. */
	if (seccomp_arch_native() == SCMP_ARCH_X86)
		add(filter, SCMP_ACT_ALLOW, "socket socketpair");
	(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	                             &not_executable);
	(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 1,
	                             &not_executable);
	(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	                             &not_executable);
	/* sysconf() reads limits; the resolver calls FIONREAD. */
	(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	                             &own_process);
	(void)seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	                             &fionread);
}

static int load(scmp_filter_ctx filter)
{
	int rc = -1;

	if (filter != NULL && seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1) == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc == 0 ? 0 : -1;
}

static int filter_always(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter != NULL) {
		add(filter, SCMP_ACT_ERRNO(EPERM), refused_always);
		add(filter, SCMP_ACT_ERRNO(EPERM), SANITIZED ? "" : "ptrace");
	}
	return load(filter);
}

static int filter_settled(void)
{
	/* A sanitizer needs many calls at its end, but execve() by none. */
	scmp_filter_ctx filter =
		seccomp_init(SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));

	if (filter != NULL && SANITIZED) {
		add(filter, SCMP_ACT_KILL_PROCESS, "execve execveat");
	} else if (filter != NULL) {
		add(filter, SCMP_ACT_KILL_PROCESS, fatal);
		add(filter, SCMP_ACT_ERRNO(EPERM), processes);
		add(filter, SCMP_ACT_ALLOW, allowed);
		add_rules_of_arguments(filter);
	}
	return load(filter);
}

#else

static int filter_always(void)
{
	return -1;
}

static int filter_settled(void)
{
	return -1;
}

#endif

void confine_begin(const char *key_file)
{
	int version = restrict_files(key_file);
	int filtered = filter_always();

	log_step("confined: files %s, system calls %s",
	         version > 0 ? "by Landlock" : "not (no Landlock here)",
	         filtered == 0 ? "by seccomp" : "not (no seccomp here)");
}

void confine_settle(void)
{
	static bool settled;

	if (settled)
		return;
	settled = true;
	landlock_refuse_sockets();
	if (filter_settled() == 0)
		log_step("confined: to the system calls of a settled broker");
}

const char *confine_built_in(void)
{
#if defined(__linux__) && defined(HAVE_SECCOMP)
	return "Landlock, seccomp";
#elif defined(__linux__)
	return "Landlock";
#else
	return "none";
#endif
}
