/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "cli/manualtable.h"

/* clang-format off */
#define OPTIONS (const struct manual_option[])
#define EXAMPLES (const char *const[])
#define END { 0, NULL, NULL, NULL }
/* What names a host, as the toolbelt has it. */
#define HOST_OPTIONS \
	{ 's', "stack", "APP", "the stack" }, \
	{ 'e', "environment", "ENV", "the environment of the stack" }, \
	{ 'S', "server", "HOST", "the host, in the place of the operand" }

const struct manual_option manual_common[] = {
	{ 'P', "profile", "NAME", "use this profile of the toolbelt" },
	{ 'O', "org", "NAME", "use this organization, an account that the login sees" },
	{ 'h', "help", NULL, "print this help" },
	END
};

const struct manual manual_table[] = {
	{ .name = "login", .operands = "",
	  .summary = "log in to the API in a browser, or store a token",
	  .text = "Opens the browser; the login comes back to http://127.0.0.1:34543 on "
	          "this machine.  Without a browser here it prints the address to open "
	          "anywhere, and takes the one that the browser shows at the end.  Needs a "
	          "client, of the profile or of client-id in the configuration; else it "
	          "asks for a Personal Access Token, as --token does.  A token that the "
	          "toolbelt (cx) has stored is used without a login.  A token that the API "
	          "refuses is not stored.",
	  .options = OPTIONS{
		{ 'T', "token", NULL, "read a Personal Access Token from standard input" },
		{ 'N', "no-browser", NULL, "print the address, start no browser" },
		END },
	  .examples = EXAMPLES{
		"cxssh login", "in the browser",
		"cxssh login --token <token.txt", "read a token from a file", NULL } },

	{ .name = "logout", .operands = "",
	  .summary = "forget the token",
	  .text = "Removes the token file, which the toolbelt (cx) uses, too, and ends "
	          "the connections to bastions.  On a terminal it offers to remove the "
	          "server keys.",
	  .examples = EXAMPLES{
		"cxssh logout", "forget the token of the profile in use",
		"cxssh logout --profile work", "of another profile", NULL } },

	{ .name = "whoami", .operands = "",
	  .summary = "the account, profile and token in use",
	  .text = "Prints what API calls are made with, and where each value comes from; "
	          "asks the API whether it accepts the token.",
	  .examples = EXAMPLES{
		"cxssh whoami", "of the profile in use",
		"cxssh whoami --profile work", "of another profile", NULL } },

	{ .name = "profile", .operands = "list | use | create | delete",
	  .summary = "the logins that there are",
	  .text = "The toolbelt (cx) has the same profiles.",
	  .examples = EXAMPLES{
		"cxssh profile list", "all of them",
		"cxssh profile use work", "use another one", NULL } },
	{ .name = "profile list", .operands = "",
	  .summary = "profiles, whether there is a token, and which one is in use",
	  .examples = EXAMPLES{
		"cxssh profile list", "all of them",
		"cxssh whoami --profile work", "more about one of them", NULL } },
	{ .name = "profile use", .operands = "NAME",
	  .summary = "use this profile when none is named",
	  .text = "The hosts of the last sync stay until a sync of this profile.",
	  .examples = EXAMPLES{
		"cxssh profile use work", "for the toolbelt, too",
		"cxssh sync --profile work", "have its hosts", NULL } },
	{ .name = "profile create", .operands = "NAME",
	  .summary = "make a profile",
	  .text = "With --org it is for that organization.",
	  .options = OPTIONS{
		{ 'B', "base-url", "URL", "the API, where it is not the vendor's" },
		{ 'C', "client-id", "ID", "the client to log in with in a browser" },
		END },
	  .examples = EXAMPLES{
		"cxssh profile create work --org Acme", "for an organization",
		"cxssh profile create own --base-url https://cx.example.com", "for another API", NULL } },
	{ .name = "profile delete", .operands = "NAME",
	  .summary = "delete a profile and its token",
	  .text = "The one in use cannot be deleted.",
	  .examples = EXAMPLES{
		"cxssh profile delete work", "and its token",
		"cxssh profile use default", "before deleting the one in use", NULL } },

	{ .name = "sync", .operands = "",
	  .summary = "write the ssh configuration for all servers and roles",
	  .text = "Fetches stacks and servers from the API, writes ~/.ssh/cxssh/config, "
	          "and offers to include it in ~/.ssh/config.  Exit status 1 of --check: "
	          "not up to date.",
	  .options = OPTIONS{
		{ 's', "stack", "NAME", "only this stack, by name or uid; may be repeated" },
		{ 'n', "dry-run", NULL, "print what would change, write nothing" },
		{ 'C', "check", NULL, "only tell whether the configuration is up to date" },
		{ 'y', "yes", NULL, "add the Include lines without a question" },
		{ 'I', "inline", NULL, "write the hosts into ~/.ssh/config itself, for programs "
		                       "that do not follow Include" },
		{ 'R', "remove", NULL, "remove all of it again from ~/.ssh" },
		{ 'N', "rename", NULL, "give up names that are kept on this machine" },
		{ 'w', "watch", NULL, "go on: sync every five minutes, and on SIGHUP; tell "
		                      "changes" },
		{ 'q', "quiet", NULL, "only write the hosts anew, without a word or a question, "
		                      "at most once a minute and ten times an hour" },
		END },
	  .examples = EXAMPLES{
		"cxssh sync --dry-run", "print what would change",
		"cxssh sync --stack myapp --yes", "only one stack, without a question", NULL } },

	{ .name = "list", .operands = "[WORD...]",
	  .summary = "the servers and roles there are",
	  .text = "Prints a table of all servers, as of the last sync, and the names of "
	          "their roles.  With WORDs only servers that have each of them in their "
	          "names, roles or addresses; \"lion,heron\" is lion or heron.",
	  .options = OPTIONS{
		{ 's', "stack", "NAME", "only this stack, by name or uid" },
		{ 'e', "environment", "ENV", "only this environment" },
		{ 'r', "role", "ROLE", "only servers with this role" },
		{ 'H', "health", "WORD", "only servers that are unknown, building, impaired, "
		                         "healthy or failed" },
		{ 'J', "json", NULL, "print JSON: an array of objects" },
		{ 'A', "ansible", NULL, "print an inventory for Ansible, by stack and role" },
		END },
	  .examples = EXAMPLES{
		"cxssh list myapp web", "the servers of myapp with the role web",
		"cxssh list --ansible >hosts", "then: ansible -i hosts role_web -m ping", NULL } },

	{ .name = "show", .operands = "HOST",
	  .summary = "everything about one host",
	  .text = "HOST is an alias, a name, a uid, an address or a clear prefix, as in "
	          "every command.",
	  .examples = EXAMPLES{
		"cxssh show myapp-lion", "address, key, host key, firewall",
		"cxssh show lion", "by the server's own name", NULL } },

	{ .name = "prepare", .operands = "HOST...",
	  .summary = "make hosts ready for clients that read keys before they connect",
	  .text = "Fetches the key, opens the firewall and learns the host key of each "
	          "HOST (a role: of each of its servers), as the first ssh does.  For "
	          "clients that read key or known_hosts before they start the "
	          "ProxyCommand.  A name that is newer than the last sync gets its "
	          "block in ~/.ssh/cxssh/config.  Asks before it opens more than 10 "
	          "leases.",
	  .options = OPTIONS{
		{ 'y', "yes", NULL, "open more than 10 leases without a question" },
		END },
	  .examples = EXAMPLES{
		"cxssh prepare myapp-lion", "one server",
		"cxssh prepare --yes myapp-web myapp-db", "all servers of two roles", NULL } },

	{ .name = "listen", .operands = "HOST [PORT]",
	  .summary = "a listener for programs that run no ProxyCommand",
	  .text = "Makes HOST ready, listens on 127.0.0.1 and passes each connection on "
	          "to HOST, through its bastion where it has one.  Prints user, key, a "
	          "known_hosts line and settings for database clients and PuTTY.  PORT is "
	          "the port to listen on, by default one that is free.  Only connections "
	          "of this user are passed on, where the system tells whose they are.  "
	          "Ctrl-C or SIGTERM ends it; its sessions go on.",
	  .options = OPTIONS{
		{ 'S', "socket", "PATH", "listen on this Unix socket instead" },
		{ 'I', "idle", "TIME", "end after this time without a session, as 30m" },
		END },
	  .examples = EXAMPLES{
		"cxssh listen myapp-db 2222", "for a client that is set to port 2222",
		"cxssh listen --idle 1h myapp-lion", "until it is unused for an hour", NULL } },

	{ .name = "ssh",
	  .takes_command = true,
	  .operands = "NAME|IP|ROLE [ssh options] [command]",
	  .summary = "ssh with the toolbelt's command line",
	  .text = "Finds the host as cx ssh does, and runs ssh.  Without -s the stack is "
	          "that of .cx.yml, or the one that is deployed from this folder's git "
	          "remote and branch.  Options that cxssh does not know are ssh's.",
	  .options = OPTIONS{
		{ 's', "stack", "APP", "the stack" },
		{ 'e', "environment", "ENV", "the environment of the stack" },
		{ 'N', "session", "NAME", "in the tmux session NAME on the server, attached "
		                          "again when the connection was lost" },
		{ 'V', "service", "NAME", "in a new container of this service" },
		{ 'G', "gateway-key", "FILE", "log in to the bastion with this key; it is "
		                              "kept when the login worked" },
		END },
	  .examples = EXAMPLES{
		"cxssh ssh -s myapp lion", "a shell on a server",
		"cxssh ssh -s myapp -e staging web uptime", "a command on a role's server", NULL } },

	{ .name = "run",
	  .takes_command = true,
	  .operands = "HOST[,HOST...] COMMAND...",
	  .summary = "run a command on a server, or on many at once",
	  .text = "With the variables of the stack, which the toolbelt's run has, too.  "
	          "With --role or several HOSTs each line has its host in front, a summary "
	          "follows, and the exit status is the worst one.  Options come first.",
	  .options = OPTIONS{
		HOST_OPTIONS,
		{ 'r', "role", "ROLE", "on all servers of this role" },
		{ 'V', "service", "NAME", "in a new container of this service; with -s APP no "
		                          "HOST is needed" },
		{ 'C', "container", "UID", "in this container or pod" },
		{ 'V', "svc", "NAME", "the toolbelt's short name of --service" },
		{ 'C', "cnt", "UID", "the toolbelt's short name of --container" },
		{ 'L', "log-dir", "DIR", "write the output of each host to DIR/HOST.log, too" },
		{ 'i', "interactive", NULL, "with a terminal; without COMMAND a shell" },
		END },
	  .examples = EXAMPLES{
		"cxssh run myapp-lion 'bundle exec rake -T'", "on one server",
		"cxssh run -s myapp --role web uptime", "on all web servers of a stack", NULL } },

	{ .name = "tunnel", .operands = "HOST [LOCAL:]PORT...",
	  .summary = "forward ports of this machine to a server",
	  .text = "PORT is a number, a service such as postgresql, mysql, redis or "
	          "elasticsearch, or the path of a socket.  LOCAL is a port or a path; "
	          "without it PORT + 1, below 1024 PORT + 8000.  The tunnel connects again "
	          "when the connection was lost.  Subcommands: list, close.",
	  .options = OPTIONS{
		HOST_OPTIONS,
		{ 'r', "remote", "PORT", "the port on the server, as the toolbelt has it" },
		{ 'l', "local", "PORT", "the port of this machine for --remote" },
		{ 'b', "background", NULL, "end when the ports are open; the tunnel stays" },
		END },
	  .examples = EXAMPLES{
		"cxssh tunnel myapp-db postgresql", "then: psql -h 127.0.0.1 -p 5433",
		"cxssh tunnel --background myapp-db 15432:5432 redis", "two ports, until cxssh tunnel close", NULL } },
	{ .name = "tunnel list", .operands = "",
	  .summary = "the tunnels that are open",
	  .examples = EXAMPLES{
		"cxssh tunnel list", "all of them",
		"cxssh tunnel close 5433", "and one is closed", NULL } },
	{ .name = "tunnel close", .operands = "HOST|PORT",
	  .summary = "close tunnels, by host or local port",
	  .options = OPTIONS{ { 'a', "all", NULL, "close all" }, END },
	  .examples = EXAMPLES{
		"cxssh tunnel close myapp-db", "those to a host",
		"cxssh tunnel close --all", "all of them", NULL } },

	{ .name = "upload", .operands = "HOST FILE... [TO]",
	  .summary = "copy files and folders to a server, by scp",
	  .text = "TO is a path on the server, /tmp by default.",
	  .options = OPTIONS{ HOST_OPTIONS, END },
	  .examples = EXAMPLES{
		"cxssh upload myapp-lion dump.sql", "to /tmp",
		"cxssh upload -s myapp --server lion dump.sql /srv", "as the toolbelt has it", NULL } },
	{ .name = "download", .operands = "HOST FILE... [TO]",
	  .summary = "copy files and folders from a server, by scp",
	  .text = "TO is a path on this machine, the current folder by default.",
	  .options = OPTIONS{ HOST_OPTIONS, END },
	  .examples = EXAMPLES{
		"cxssh download myapp-lion /tmp/dump.sql", "to this folder",
		"cxssh download -s myapp --server lion /tmp/dump.sql ~/db", "as the toolbelt has it", NULL } },
	{ .name = "tail", .operands = "HOST LOG...",
	  .summary = "follow a log on a server",
	  .text = "LOG is an absolute path, or a name in the folder of the logs that "
	          "cxssh show names.",
	  .options = OPTIONS{ HOST_OPTIONS, END },
	  .examples = EXAMPLES{
		"cxssh tail myapp-lion production.log", "a log of the application",
		"cxssh tail myapp-lion /var/log/syslog", "another one", NULL } },

	{ .name = "lease", .operands = "[HOST]",
	  .summary = "open the firewall by hand",
	  .text = "For HOST, a server or each server of a role, or for all servers of the "
	          "stack of -s, .cx.yml or this folder's git remote and branch.",
	  .options = OPTIONS{
		{ 's', "stack", "APP", "all servers of this stack" },
		{ 'e', "environment", "ENV", "the environment of the stack" },
		{ 't', "ttl", "MINUTES", "how long, 1 to 240; lease-minutes by default" },
		{ 'U', "tto", "MINUTES", "the toolbelt's name of --ttl" },
		{ 'f', "from-ip", "ADDRESS", "let in this address or network; AUTO: the one "
		                             "that the API sees" },
		{ 'p', "port", "PORT", "the port, 22 by default" },
		{ 'L', "list", NULL, "open nothing: list what the firewalls let in" },
		END },
	  .examples = EXAMPLES{
		"cxssh lease myapp-lion", "port 22 of a server, for this machine",
		"cxssh lease -s myapp -p 5432 -t 60", "another port of a stack, for an hour", NULL } },

	{ .name = "gateway", .operands = "list | key | login | close",
	  .summary = "bastions: list them, set a key, close a connection",
	  .examples = EXAMPLES{
		"cxssh gateway list", "bastions, keys and connections",
		"cxssh gateway key 203.0.113.30 ~/.ssh/bastion", "set the key of a bastion", NULL } },
	{ .name = "gateway list", .operands = "",
	  .summary = "bastions with their keys and connections",
	  .examples = EXAMPLES{
		"cxssh gateway list", "those of all stacks",
		"cxssh gateway list --profile work", "those of another profile", NULL } },
	{ .name = "gateway key", .operands = "NAME FILE",
	  .summary = "set the private key for a bastion",
	  .text = "NAME is the bastion's address, or its name in the account.",
	  .examples = EXAMPLES{
		"cxssh gateway key 203.0.113.30 ~/.ssh/bastion", "by address",
		"cxssh gateway key bastion1 ~/.ssh/bastion", "by name", NULL } },
	{ .name = "gateway login", .operands = "NAME",
	  .summary = "log in to a bastion by ssh on this terminal",
	  .text = "For a bastion that asks for a second factor.  Later sessions share the "
	          "login until it has been unused for 8 hours.",
	  .examples = EXAMPLES{
		"cxssh gateway login 203.0.113.30", "by address",
		"cxssh gateway login bastion1", "by name", NULL } },
	{ .name = "gateway close", .operands = "NAME",
	  .summary = "end the shared connection to a bastion",
	  .text = "Sessions that use it end, too.",
	  .examples = EXAMPLES{
		"cxssh gateway close 203.0.113.30", "by address",
		"cxssh gateway close bastion1", "by name", NULL } },

	{ .name = "key", .operands = "list | refresh | remove | upload",
	  .summary = "server keys in ~/.ssh, and your own at the account",
	  .examples = EXAMPLES{
		"cxssh key refresh myapp-lion", "when ssh says Permission denied",
		"cxssh key list", "those that were fetched", NULL } },
	{ .name = "key list", .operands = "",
	  .summary = "server keys that were fetched, in ~/.ssh or ssh-agent",
	  .examples = EXAMPLES{
		"cxssh key list", "those of all stacks",
		"cxssh key list --profile work", "those of another profile", NULL } },
	{ .name = "key refresh", .operands = "HOST",
	  .summary = "fetch the server key of a host anew",
	  .examples = EXAMPLES{
		"cxssh key refresh myapp-lion", "of a server",
		"cxssh key refresh myapp-web", "of a role", NULL } },
	{ .name = "key remove", .operands = "[HOST]",
	  .summary = "remove the server key of a host from this machine",
	  .text = "With --stale, in place of HOST, those of stacks that are gone: key "
	          "files, keys in ssh-agent, and host keys of servers that are gone.  All "
	          "profiles with a token are asked.  Prints them and asks first.",
	  .options = OPTIONS{
		{ 'S', "stale", NULL, "those of stacks that no login sees any more" },
		{ 'y', "yes", NULL, "remove them without a question" },
		END },
	  .examples = EXAMPLES{
		"cxssh key remove myapp-lion", "of a server",
		"cxssh key remove --stale", "of stacks that are gone", NULL } },
	{ .name = "key upload", .operands = "[FILE]",
	  .summary = "give the account your own public key",
	  .text = "For servers that the API has no key for.  FILE is a private key or a "
	          "FILE.pub; else \"identity\", or ~/.ssh/id_ed25519, id_ecdsa or id_rsa.  Where none is "
	          "there, ssh-keygen makes one.  The account holds one key for a user.",
	  .options = OPTIONS{
		{ 'R', "replace", NULL, "replace another key that is there" },
		END },
	  .examples = EXAMPLES{
		"cxssh key upload", "the usual key",
		"cxssh key upload --replace ~/.ssh/work.pub", "another one", NULL } },
	{ .name = "hostkey", .operands = "list | add | forget",
	  .summary = "known host keys: list them, pin one, forget one",
	  .examples = EXAMPLES{
		"cxssh hostkey list", "all of them",
		"cxssh hostkey forget myapp-lion", "after the server got a new key", NULL } },
	{ .name = "hostkey list", .operands = "[HOST]",
	  .summary = "known host keys with their fingerprints",
	  .examples = EXAMPLES{
		"cxssh hostkey list", "all of them",
		"cxssh hostkey list myapp-lion", "that of a server", NULL } },
	{ .name = "hostkey add", .operands = "HOST SHA256:...|FILE",
	  .summary = "accept this host key and no other, before the first contact",
	  .examples = EXAMPLES{
		"cxssh hostkey add myapp-lion SHA256:jXw...", "as ssh-keygen -l printed it there",
		"cxssh hostkey add 203.0.113.30 bastion.pub", "a bastion's, from a file", NULL } },
	{ .name = "hostkey forget", .operands = "HOST",
	  .summary = "forget the host key of a server or bastion",
	  .text = "The next connection learns the key that the host shows then.",
	  .examples = EXAMPLES{
		"cxssh hostkey forget myapp-lion", "of a server",
		"cxssh hostkey forget 203.0.113.30", "of a bastion", NULL } },

	{ .name = "why", .operands = "[HOST]",
	  .summary = "why the last connection failed, what helps, and its steps",
	  .text = "What ssh said after it got the connection is not known: then the commands "
	          "for what it may have said are listed.  The last 200 connections count.",
	  .options = OPTIONS{
		{ 'j', "json", NULL, "print a JSON document" },
		{ 'L', "log", NULL, "print the lines of the log, of all programs meanwhile" },
		{ 'l', "list", NULL, "print a line for each connection, the last one first" },
		END },
	  .examples = EXAMPLES{
		"cxssh why myapp-lion", "the last connection to a host",
		"cxssh why --list myapp-lion", "all of them to a host", NULL } },

	{ .name = "doctor", .operands = "[HOST]",
	  .summary = "check what a connection needs, and say what to do",
	  .text = "Goes on after a failure.  With HOST it opens the firewall, connects and "
	          "logs in.  Exit status 1 when a check fails.",
	  .options = OPTIONS{
		{ 'j', "json", NULL, "print a JSON document" },
		{ 'f', "fix", NULL, "first mend modes of files and a missing Include line" },
		{ 'R', "report", "FILE", "write a file for a bug report, names and addresses replaced" },
		END },
	  .examples = EXAMPLES{
		"cxssh doctor", "the set-up of this machine",
		"cxssh doctor myapp-lion", "the way to a host, up to a login", NULL } },

	{ .name = "completion", .operands = "SHELL",
	  .summary = "the completion of bash, zsh or fish",
	  .text = "A script for the shell, which make install puts in its place.  "
	          "Names of hosts are those of the last sync.",
	  .examples = EXAMPLES{
		"cxssh completion bash", "in ~/.bashrc: eval \"$(cxssh completion bash)\"",
		"cxssh completion fish | source", "in config.fish", NULL } },

	{ .name = "help", .operands = "[COMMAND]",
	  .summary = "the help of a command",
	  .examples = EXAMPLES{
		"cxssh help sync", "the same as cxssh sync --help",
		"cxssh help key refresh", "of a subcommand", NULL } },

	{ .name = "complete", .operands = "-- WORD...",
	  .summary = "what may stand in the place of the last word",
	  .is_internal = true },
	{ .name = "open", .operands = "TARGET",
	  .summary = "make a target ready for cxssh-proxy",
	  .options = OPTIONS{
		{ 'R', "refresh", NULL, "look the server up again" },
		{ 'L', "locate", NULL, "look the server up, without a lease" },
		{ 'T', "tell", NULL, "print a line when the server answers" },
		{ 'W', "within", "MS", "time limit in milliseconds" },
		{ 'F', "opening", "MS", "time limit for a lease that is being applied" },
		{ 'A', "as", "ROLE", "the role that the user asked for" },
		END },
	  .is_internal = true },
	{ .name = NULL },
};
