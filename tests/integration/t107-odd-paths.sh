#!/bin/sh
# SPDX-License-Identifier: MIT
# Keys and home folders whose paths have spaces and letters beyond ASCII.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317 # functions are called through it()
# shellcheck disable=SC2016 # expanded elsewhere
SANDBOX_OPTIONS='--hosts "lion otter bastion" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

key="$work/Müllers key/my kéy"
mkdir -p "$work/Müllers key" && cp "$SANDBOX/bastion_key" "$key" && chmod 600 "$key"
it 'gateway key takes a path with spaces and letters beyond ASCII' cxssh gateway key 203.0.113.30 "$key"
cxssh sync --yes >/dev/null
it 'libssh2 logs in on the bastion with that key' is otter ssh my-awesome-app-otter hostname
cxssh gateway close 203.0.113.30 >/dev/null
echo 'gateway-transport 203.0.113.30 = openssh' >>"$HOME/.config/cxssh/config"
it 'OpenSSH logs in on the bastion with that key' is otter ssh my-awesome-app-otter hostname
cp "$key" "$work/50%key" && chmod 600 "$work/50%key"
it 'gateway key names the path that it refuses, and why' \
	fails_with 78 "the path of the key, $work/50%key, has a control character or one of" \
	cxssh gateway key 203.0.113.30 "$work/50%key"
it 'gateway key shows letters beyond ASCII in the path of a file that is missing' \
	fails_with 78 'Müllers key/none' cxssh gateway key 203.0.113.30 "$work/Müllers key/none"

# Folders for sockets whose path is too long, for the broker's, and for ssh's, which is longer: the cache has a shorter one.
too_long() { # TRANSPORT LENGTH
	sed -i '/^gateway-transport/d' "$HOME/.config/cxssh/config"
	echo "gateway-transport 203.0.113.30 = $1" >>"$HOME/.config/cxssh/config"
	cxssh gateway close 203.0.113.30 >/dev/null
	rm -rf "$HOME/.cache/cxssh/failed"
	XDG_RUNTIME_DIR=$(printf "%s/%0$(($2 - ${#SANDBOX} - 1))d" "$SANDBOX" 0); export XDG_RUNTIME_DIR
	mkdir -p -m 700 "$XDG_RUNTIME_DIR"
	within 20 ssh my-awesome-app-otter hostname
}
it 'libssh2 logs in where the folder leaves no room for the name of a socket' is otter too_long libssh2 90
it 'OpenSSH logs in where the folder leaves no room for the longer name of its socket' is otter too_long openssh 74
cxssh gateway close 203.0.113.30 >/dev/null
unset XDG_RUNTIME_DIR

# The home folder moves: ssh and cxssh read it from /etc/passwd.
first=$HOME passwd=$work/passwd
cp /etc/passwd users && cp users "$passwd"
mount --bind "$passwd" /etc/passwd || { echo 'Bail out! no mount'; exit 1; }
move_home() { # FOLDER
	cp -a "$first" "$1"
	HOME=$1; export HOME
	awk -F: -v OFS=: -v from="$first" '$6 == from { $6 = ENVIRON["HOME"] } 1' users >"$passwd"
	rm -rf "$HOME/.ssh/cxssh" "$HOME/.ssh"/cx_*
}
move_home "$SANDBOX/josé"
it 'sync works in a home folder with a letter beyond ASCII' cxssh sync --yes
it 'the configuration is in that folder' test -s "$HOME/.ssh/cxssh/config"
it 'ssh reaches a server from such a home folder' is lion ssh myapp-lion hostname

move_home "$SANDBOX/first  and \"last\" #1"
it 'sync works in a home folder with blanks and quotes' cxssh sync --yes
it 'sync --check is content in such a home folder' cxssh sync --check
it 'ssh reaches a server from a home folder with blanks' is lion ssh myapp-lion hostname
it 'ssh reaches a server behind a bastion from a home folder with blanks' \
	is otter ssh my-awesome-app-otter hostname
it 'the keys are in the folder with blanks' sh -c 'ls "$HOME"/.ssh/cx_*'
it 'doctor finds nothing wrong with blanks in the home folder' cxssh doctor
echo 'control-master = yes' >>"$HOME/.config/cxssh/config"
it 'sync writes control-master with blanks in the home folder' cxssh sync
it 'ssh shares a connection by a socket in the folder with blanks' \
	sh -c 'ssh myapp-lion true && ssh -O check myapp-lion && ssh -O exit myapp-lion'
mkdir -p "$HOME/.local/bin" && cp "$CXSSH_BIN/cxssh" "$CXSSH_BIN/cxssh-proxy" "$HOME/.local/bin/"
it 'sync says that ssh cannot start a cxssh-proxy below a home folder with blanks' \
	fails_with 78 'cxssh-proxy lies at .*first  and .*; install cxssh in such a folder' \
	"$HOME/.local/bin/cxssh" sync

cxssh gateway close 203.0.113.30 >/dev/null
long=$(printf 'a-folder-%.0s' 1 2 3 4 5 6 7 8 9)
short=/tmp/cxssh-$(id -u)
# A /tmp of this test alone, with the sandbox in it.
mount --rbind "$SANDBOX" /mnt && mount -t tmpfs none /tmp && mkdir -p "$SANDBOX" &&
	mount --rbind /mnt "$SANDBOX"
move_home "$SANDBOX/$long"
echo 'gateway-transport 203.0.113.30 = libssh2' >>"$HOME/.config/cxssh/config"
for transport in libssh2 openssh; do
	sed -i "s/^\(gateway-transport .* = \).*/\1$transport/" "$HOME/.config/cxssh/config"
	cxssh sync --yes >/dev/null
	it "ssh reaches a server behind a bastion from a home folder with a long path, by $transport" \
		is otter quietly ssh my-awesome-app-otter hostname
	it "doctor finds no fault with the folder of the sockets, by $transport" \
		prints "^pass *sockets *1 broker in $short\$" cxssh doctor
	cxssh gateway close 203.0.113.30 >/dev/null
done
it 'the folder of the sockets is for its owner alone' is 700 stat -c %a "$short"
rm -rf "$short"; ln -s "$work" "$short"
it 'cxssh puts no socket where a link in /tmp leads' fails_with 255 'the path for a socket is too long, set XDG_RUNTIME_DIR' \
	ssh my-awesome-app-otter hostname
rm "$short"

for name in 'a%hb' 'a${HOME}b' 'a*b' 'a[b]'; do
	move_home "$SANDBOX/$name"
	it "sync refuses the home folder $name, in which ssh finds no file" \
		fails_with 78 'below the home folder .*, because of "[%*[$]" in its path' cxssh sync --yes
	it "sync writes nothing into the home folder $name" test ! -e "$HOME/.ssh/cxssh/config"
done
done_testing
