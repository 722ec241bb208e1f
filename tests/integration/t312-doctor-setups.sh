#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh doctor raises no false alarm in the set-ups that users have.
# shellcheck disable=SC1091,SC2154,SC2034,SC2120 # lib.sh, faults.sh
SANDBOX_OPTIONS='--hosts "lion bastion otter" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
. "$tests/integration/faults.sh"

mkdir -p "$HOME/.config/cxssh"
cxssh sync --yes >/dev/null
cp "$HOME/.ssh/config" config.was
config=$HOME/.config/cxssh/config
well() { # nothing fails, and nothing is warned of but the checks in $but
	cxssh doctor "$@" >said 2>complaint
	[ $? = 0 ] && ! grep -E '^(fail|warn)' said | grep -vE "^warn +(${but:-none}) " >&2 && return
	cat said complaint >&2
	return 1
}
but=

# The user's own lines.
printf 'Host *\n  ServerAliveInterval 60\n  ForwardAgent yes\nHost work\n  User me\n  Port 2222\n' >>"$HOME/.ssh/config"
it 'doctor is content with lines below the Include line' well
printf 'Host work\n  User me\n' | cat - config.was >mine; cat mine >"$HOME/.ssh/config"
sed -i 's/^Include/Host *\nInclude/' "$HOME/.ssh/config"
it 'doctor is content with another host above' well
mkdir -p "$HOME/.ssh/conf.d"; cp config.was "$HOME/.ssh/conf.d/cloud"; echo 'Include conf.d/*' >"$HOME/.ssh/config"
it 'doctor is content with an Include in an included file' well
rm -r "$HOME/.ssh/conf.d"
: >"$HOME/.ssh/config"; cxssh sync --inline --yes >/dev/null
it 'doctor is content with --inline' well
cxssh sync --remove >/dev/null; cat config.was >"$HOME/.ssh/config"; cxssh sync --yes >/dev/null
mount --bind "$HOME/.ssh/config" "$HOME/.ssh/config"
it 'doctor is content with a mounted configuration' well
umount "$HOME/.ssh/config"

# CA, agent, folders, locks, and the token.
ca=/etc/ssl/certs/ca-certificates.crt
cp "$ca" corporate.pem; : >empty.pem; mount --bind empty.pem "$ca"
by_file() { SSL_CERT_FILE=$work/corporate.pem well; }
it 'doctor is content with a CA by SSL_CERT_FILE' by_file
echo "ca-file = $work/corporate.pem" >"$config"
it 'doctor is content with a CA by ca-file' well
: >"$config"; umount "$ca"
eval "$(ssh-agent -a "$work/agent.sock")" >/dev/null
echo 'keys = agent' >"$config"; cxssh sync --yes >/dev/null 2>&1
it 'doctor is content with keys in ssh-agent' well myapp-lion
kill "$SSH_AGENT_PID"; unset SSH_AUTH_SOCK SSH_AGENT_PID
: >"$config"; cxssh sync --yes >/dev/null 2>&1
elsewhere() { XDG_CONFIG_HOME=$work/xdg XDG_CACHE_HOME=$work/xdg-cache XDG_RUNTIME_DIR=$work/xdg-run sh -c 'cxssh sync --yes >/dev/null 2>&1 && cxssh doctor >xdg.said'; }
mkdir -m 700 xdg xdg-run
it 'doctor is content with XDG folders' elsewhere
rm -f "$HOME/.ssh/cxssh/xdg-config"
${CC:-cc} -shared -fPIC -D_GNU_SOURCE -o no_locks.so "$tests/preload/no_locks.c" -ldl
without_flock() {
	NO_LOCKS=flock LD_PRELOAD=$work/no_locks.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		cxssh doctor >said 2>&1 || { cat said >&2; return 1; }
}
it 'doctor is content in a home without flock' without_flock
token=$HOME/.cloud66/cx.json
chmod 644 "$token"; mount --bind "$token" "$token"; mount -o remount,bind,ro "$token"
it 'doctor does not fail for a mounted token that is read-only' well
umount "$token"; chmod 600 "$token"
by_variable() { CLOUD66_TOKEN=$(base64 -w0 <"$token") well; }
it 'doctor is content with a token by CLOUD66_TOKEN' by_variable
in_zsh() { SHELL=/usr/bin/dash well; }
it 'doctor is content with another shell' in_zsh

# Bastions.
cxssh gateway key "$bastion" "$SANDBOX/bastion_key" >/dev/null
it 'doctor is content with a host behind a bastion' well my-awesome-app-otter
it 'doctor shows the login on the bastion' grep -q '^pass *gateway *' said
end_brokers
echo "gateway-transport $bastion = openssh" >>"$config"
it 'doctor is content with a bastion by OpenSSH' well my-awesome-app-otter
end_brokers
# Behind NAT the address of ssh is not the one that the API sees.
echo 'from-ip = 203.0.113.10' >>"$config"
it 'doctor is content with from-ip of this computer' well
done_testing
