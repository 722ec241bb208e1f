#!/bin/sh
# SPDX-License-Identifier: MIT
# Lines before the identification (RFC 4253, 4.2) of a bastion and of a server: as many and
# as long as ssh itself takes, also empty ones, and in single bytes.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh, faults.sh
# shellcheck disable=SC2317 # functions are called through it()
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

cxssh sync --yes >/dev/null
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
known=$HOME/.ssh/cxssh/known_hosts
cat >greet <<'END'
#!/bin/sh
# greet HOST COMMAND: what COMMAND prints, then the sshd of HOST
sh -c "$2"
exec "$(command -v sshd)" -i -f "$SANDBOX/hosts/$1/sshd_config"
END
chmod +x greet
greets() { bad "$1" late 0 "$work/greet" "$1" "$2"; } # HOST COMMAND
afresh() { cxssh gateway close "$bastion" >/dev/null 2>&1; rm -rf "$HOME/.cache/cxssh/failed"; : >"$known"; }
line() { echo "yes x | head -n $1 | tr -d '\\n'; printf '\\r\\n'"; } # LENGTH
reached() { # HOST COMMAND
	afresh
	greets "$1" "$2"
	if [ "$1" = lion ]; then reaches lion myapp-lion; else reaches otter my-awesome-app-otter; fi
	_rc=$?
	good "$1"
	return "$_rc"
}
for host in bastion lion; do
	it "$host: lines before the identification are passed over, also empty ones" \
		reached "$host" "printf 'Welcome\\r\\n\\r\\nno SSH-2.0 yet\\n\\n'"
	it "$host: a line of 255 bytes is passed over" reached "$host" "$(line 255)"
	it "$host: a line of 8000 bytes is passed over" reached "$host" "$(line 8000)"
done
it 'a thousand lines are passed over' reached bastion "yes 'no shell here' | head -n 1000"
it 'a line that comes in two pieces is passed over' reached bastion "printf 'Wel'; sleep 0.5; printf 'come\\r'; sleep 0.5; echo"
# The first letters of what sshd says to those that it turns away.
for start in E N 'Exceeded' 'Not allowed at'; do
	it "a line that begins with \"$start\" and comes in two pieces is passed over" \
		reached lion "printf '$start'; sleep 0.3; printf ' and more\\r\\n'"
done
# Servers of other protocols greet, and wait for their client.
printf '#!/bin/sh\nprintf "%%s\\r\\n" "$1"\nexec sleep 30\n' >other
chmod +x other
other() { # HOST ALIAS PATTERN GREETING
	afresh
	bad "$1" late 0 "$work/other" "$4"
	fails_with 255 "$3" within 20 ssh -o BatchMode=yes "$2" true
	_rc=$?
	good "$1"
	return "$_rc"
}
for greeting in '220 ftp.example.com FTP server ready' '220-smtp.example.com ESMTP' '+OK POP3 ready' '* OK IMAP4rev1 ready'; do
	it "a bastion that says \"$greeting\" is no SSH server" \
		other bastion my-awesome-app-otter 'gateway 203.0.113.30.* no SSH server' "$greeting"
	it "a server that says \"$greeting\" is no SSH server" \
		other lion myapp-lion 'myapp-lion (203.0.113.21) is no SSH server' "$greeting"
done
cxssh gateway close "$bastion" >/dev/null 2>&1
it 'cxssh leaves no process behind' wait_for no_leftovers
done_testing
