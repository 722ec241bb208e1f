#!/bin/sh
# SPDX-License-Identifier: MIT
# Where ssh is started from: shells, no environment, cron, two users, a home elsewhere.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
printf '#!/bin/sh\nexec ssh "$1" cat name\n' >reach
chmod +x reach
for host in lion otter; do echo "$host" >"$SANDBOX/hosts/$host/home/name"; done

# ssh starts its ProxyCommand by $SHELL.
for shell in dash bash zsh fish tcsh; do
	path=$(command -v "$shell") || { echo "# $shell is not installed"; continue; }
	with_shell() { cold && is lion env SHELL="$path" ssh myapp-lion cat name; }
	it "ssh is the first one under SHELL=$shell" with_shell
	it "ssh reaches a server behind a bastion under SHELL=$shell" \
		is otter env SHELL="$path" ssh "$behind" cat name
	it "a line of $shell that runs ssh works" is lion "$path" -c 'ssh myapp-lion cat name'
done
missing_shell() { env SHELL=/no/shell ssh myapp-lion true; }
it 'ssh without its shell names that shell' fails_with 255 '/no/shell' missing_shell

bare() { cold && is "$(server_of "$1")" env -i /usr/bin/ssh "$1" cat name; } # HOST
for host in myapp-lion myapp-app "$behind"; do
	it "env -i: ssh is the first one to $host" bare "$host"
done
by_cron() { # as cron does it: this environment, no terminal, a session of its own
	cold && (cd "$HOME" && setsid -w env -i HOME="$HOME" LOGNAME="$(id -un)" SHELL=/bin/sh \
		PATH=/usr/bin:/bin /bin/sh -c 'ssh -o BatchMode=yes myapp-lion cat name' </dev/null)
}
it 'ssh is the first one from cron' is lion by_cron
it 'nothing of cron hangs on a background process' is lion within 20 sh -c 'ssh myapp-lion cat name 2>&1 | cat'
gui() { cold && is lion env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME="$HOME" DISPLAY=:0 ssh myapp-lion cat name; }
it 'ssh is the first one from a graphical session' gui
it 'ssh works from the root folder' sh -c 'cd / && exec ssh myapp-lion true'
closed() { is lion sh -c 'ssh myapp-lion cat name 2>&-'; }
it 'ssh works with stderr closed' closed

# Another user of this machine, with a home, a token and a configuration of its own.
second=$work/second
as_second() {
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		env -u XDG_RUNTIME_DIR -u SSH_AUTH_SOCK HOME="$second" USER=nobody LOGNAME=nobody "$@"
}
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	sed "s|^nobody:.*|nobody:x:65534:65534:nobody:$second:/bin/sh|" /etc/passwd >passwd.new
	mount --bind passwd.new /etc/passwd
	mkdir -p "$second/.ssh" && cp -r "$HOME/.cloud66" "$second/"
	chmod 711 "$SANDBOX" "$work" && chmod 700 "$second" "$second/.ssh"
	chown -R 65534:65534 "$second"
	as_second cxssh sync --yes >second.log 2>&1
	as_second cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >>second.log 2>&1
	it 'another user has a configuration of its own' test -s "$second/.ssh/cxssh/config"
	it 'ssh of another user is the first one' is lion as_second ssh myapp-lion cat name
	it 'both users reach it' is lion ssh myapp-lion cat name
	both_at_once() {
		cold; firewall_reset lion
		as_second ssh myapp-lion cat name >second.name 2>second.err & _pid=$!
		ssh myapp-lion cat name >first.name; wait "$_pid"
		cat second.err >&2
		is lion cat first.name && is lion cat second.name
	}
	it 'both are the first one at once' both_at_once
	owned() { ! find "$1" ! -uid "$2" 2>/dev/null | grep .; }
	it 'no file of another user is in a home folder' owned "$second" 65534
fi
done_testing
