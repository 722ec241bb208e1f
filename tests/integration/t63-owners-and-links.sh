#!/bin/sh
# SPDX-License-Identifier: MIT
# Owners, modes and links of the files that are read and written.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2088 # shown like that
SANDBOX_OPTIONS='--hosts "lion newt" --lease-delay 0'
. "$(dirname "$0")/../lib.sh"

generated=$HOME/.ssh/cxssh/config
theirs=$HOME/.ssh/config
lion=9ae1611c97a92c90fac60c884e1d8240
web=609b30031d56fd640ba7f43b1657495b.web
key=$HOME/.ssh/cx_609b30031d56fd640ba7f43b1657495b
mkdir -p "$HOME/.config/cxssh" && echo 'stacks = myapp' >"$HOME/.config/cxssh/config"
printf 'Host own\n  User me\n' >mine
cp -a "$HOME/.ssh" first.ssh
afresh() { rm -rf "$HOME/.ssh" "$HOME/.cache/cxssh"; cp -a first.ssh "$HOME/.ssh"; cp mine "$theirs"; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ] || { stat "$1" >&2; return 1; }; }
owner_is() { [ "$(stat -c %u "$1")" = "$2" ] || { stat "$1" >&2; return 1; }; }
begins_with_ours() { [ "$(head -n 1 "$1")" = 'Include cxssh/config' ]; }
# COMMAND fails with 78, one line that matches PATTERN, and a file that is as it was.
refuses() { # PATTERN COMMAND...   an error has "~" for the home folder
	pattern=$(echo "$1" | sed "s,$HOME,~,"); shift
	cp "$theirs" as_it_was 2>/dev/null || rm -f as_it_was
	"$@" >said 2>complaint
	code=$?
	[ "$code" = 78 ] && [ "$(grep -c . complaint)" = 1 ] && grep -q "^cxssh: .*$pattern" complaint ||
		{ echo "exit status $code: $(cat complaint)" >&2; return 1; }
	[ ! -e as_it_was ] || cmp as_it_was "$theirs"
}
# A file of another user: root can make one; in a user namespace the machine's files
# belong to an unknown user.
given_away() { # FILE
	if [ "$(id -u)" = 0 ]; then chown 12345 "$1"; else mount --bind /bin/true "$1"; fi
}
taken_back() { if [ "$(id -u)" = 0 ]; then chown 0 "$1"; else umount "$1"; fi; }

# Folders.
afresh; rm -rf "$HOME/.ssh"
it 'cxssh makes a ~/.ssh where there is none' cxssh sync --yes
it 'cxssh makes ~/.ssh for its owner alone' mode_is "$HOME/.ssh" 700
it 'cxssh writes its line into a ~/.ssh/config of a new ~/.ssh' begins_with_ours "$theirs"
it 'cxssh takes its line out of a ~/.ssh that it made' cxssh sync --remove
it 'cxssh takes away all files that it made in ~/.ssh' test ! -e "$theirs" -a ! -e "$generated"
afresh; chmod 777 "$HOME/.ssh"
it 'cxssh refuses a ~/.ssh that everybody can write' refuses "chmod go-w $HOME/.ssh" cxssh sync --yes
chmod 755 "$HOME/.ssh"
it 'cxssh takes a ~/.ssh that everybody can read' cxssh sync --yes
it 'cxssh leaves the mode of a ~/.ssh that everybody can read' mode_is "$HOME/.ssh" 755
chmod 777 "$HOME/.ssh/cxssh"
it 'cxssh refuses a folder of its own that everybody can write' refuses "chmod go-w $HOME/.ssh/cxssh" \
	cxssh sync --remove
chmod 700 "$HOME/.ssh/cxssh"
afresh; mkdir -p "$HOME/.cache/cxssh/routes"; chmod 777 "$HOME/.cache/cxssh/routes"
it 'cxssh refuses a cache that everybody can write' refuses "chmod go-w $HOME/.cache/cxssh/routes" \
	cxssh sync --yes
chmod 700 "$HOME/.cache/cxssh/routes"

# A line that is in already is no reason not to look.
afresh; cxssh sync --yes >/dev/null; chmod 777 "$HOME/.ssh"
it 'cxssh refuses a ~/.ssh that everybody can write, whatever is to be done' refuses "chmod go-w $HOME/.ssh" cxssh sync --yes
it 'cxssh refuses to list with a ~/.ssh that everybody can write' refuses "chmod go-w $HOME/.ssh" cxssh list
chmod 700 "$HOME/.ssh"
mode=$(stat -c %a "$HOME"); chmod 777 "$HOME"
it 'cxssh refuses a home folder that everybody can write' refuses "others can write it; run: chmod o-w $HOME" cxssh sync --yes
chmod "$mode" "$HOME"

# What a group can write is what others can write, but for the group that is the user's.
mkdir -p "$HOME/.config/cxssh/ssh_config.d"
template=$HOME/.config/cxssh/ssh_config.d/server.conf
cp "$tests/../ssh_config.d/server.conf" "$template"
chmod 664 "$template" "$HOME/.config/cxssh/config" "$HOME/.ssh/cxssh/known_hosts"; chmod 775 "$HOME/.ssh/cxssh"
it 'cxssh takes what the group of the user can write' cxssh sync --yes
if [ "$(id -u)" = 0 ]; then
	for file in "$template" "$HOME/.config/cxssh/config" "$HOME/.ssh/cxssh/known_hosts"; do
		chgrp 12345 "$file"
		it "cxssh refuses a $(basename "$file") that another group can write" refuses "chmod g-w $file" cxssh sync --yes
		chgrp 0 "$file"
	done
	chgrp 12345 "$HOME/.ssh/cxssh"
	it 'cxssh refuses a folder that another group can write' refuses "chmod go-w $HOME/.ssh/cxssh" cxssh sync --yes
fi
rm -r "$HOME/.config/cxssh/ssh_config.d"

# Without /etc/passwd there is no home folder; as root, all would go into "/".
homeless() { # COMMAND...
	mount --bind /dev/null /etc/passwd
	refuses 'no home folder' "$@"; _rc=$?
	umount /etc/passwd
	return "$_rc"
}
homeless_proxy() {
	mount --bind /dev/null /etc/passwd
	"$CXSSH_BIN/cxssh-proxy" "$lion" 22 </dev/null; _rc=$?
	umount /etc/passwd
	return "$_rc"
}
afresh; ls -A / >root.before
it 'cxssh does nothing for a user without a home' homeless cxssh sync --yes
it 'cxssh takes nothing back for a user without a home' homeless cxssh sync --remove
it 'cxssh opens nothing for a user without a home' homeless cxssh open "$lion"
it 'the proxy does nothing for a user without a home' fails_with 78 'no home folder' homeless_proxy
it 'cxssh writes to no other place for a user without a home' sh -c 'ls -A / | cmp - root.before'

# The user's file.
afresh; given_away "$theirs"
it 'cxssh leaves a file of another user alone' refuses 'belongs to another user\|is read-only' plainly cxssh sync --yes
taken_back "$theirs"
chmod 666 "$theirs"
it 'cxssh refuses a file that everybody can write' refuses "chmod o-w $theirs" cxssh sync --yes
chmod 644 "$theirs"
it 'cxssh takes a file that everybody can read' cxssh sync --yes
it 'cxssh leaves the mode of a file that everybody can read' mode_is "$theirs" 644
if [ "$(id -u)" = 0 ]; then
	afresh; chown 0:12345 "$theirs"; chmod 640 "$theirs"; cxssh sync --yes >/dev/null
	it 'cxssh keeps the group of the file' sh -c "[ \$(stat -c %g:%a '$theirs') = 12345:640 ]"
else
	afresh; chmod 640 "$theirs"; cxssh sync --yes >/dev/null
	it 'cxssh keeps the group of the file' sh -c "[ \$(stat -c %g:%a '$theirs') = $(id -g):640 ]"
fi
afresh; ln "$theirs" other.name
it 'cxssh leaves a file with a second name alone' refuses 'another name (a hard link)' cxssh sync --yes
it 'cxssh says what to write by hand into a file with a second name' grep -q '"Include cxssh/config", which must come first in' complaint
{ echo 'Include cxssh/config'; cat mine; } >"$theirs"
it 'cxssh is content with the line by hand in a file with a second name' cxssh sync --yes
it 'cxssh leaves both names of the file the same' cmp other.name "$theirs"
rm other.name

# Its links.  The draft must lie on the disk of the file.
afresh
mkdir disk && mount -t tmpfs small disk && mkdir disk/dotfiles
mv "$theirs" disk/dotfiles/ssh_config; ln -s "$work/disk/dotfiles/ssh_config" "$theirs"
it 'cxssh follows a link to another disk' cxssh sync --yes
it 'cxssh leaves a link to another disk a link' test -L "$theirs"
it 'cxssh writes its line into the file on the other disk' begins_with_ours disk/dotfiles/ssh_config
it 'cxssh leaves nothing beside the file on the other disk' sh -c "[ \"\$(ls -A disk/dotfiles)\" = ssh_config ]"
: >disk/dotfiles/.ssh_config.cxssh-Ab3dEf
it 'cxssh takes a second sync with a file on another disk' cxssh sync --yes
it 'cxssh sweeps old temporary files on the other disk' sh -c "[ \"\$(ls -A disk/dotfiles)\" = ssh_config ]"
it 'cxssh takes its line out of the file on the other disk' cxssh sync --remove
it 'cxssh gives the file on the other disk back byte for byte' cmp mine disk/dotfiles/ssh_config
umount disk
afresh; rm "$theirs"; mkdir "$HOME/.ssh/dots"; ln -s dots/here "$theirs"
it 'cxssh makes the file that a link waits for' cxssh sync --yes
it 'cxssh makes the file where the link waits for it' begins_with_ours "$HOME/.ssh/dots/here"
it 'cxssh takes its line out of the file that a link waited for' cxssh sync --remove
it 'cxssh takes the file that it made away, but not the link' test -L "$theirs" -a ! -e "$theirs"
ln -sf nowhere/here "$theirs"
it 'cxssh makes no folder for a link' refuses 'no such folder' cxssh sync --yes
ln -sf config "$theirs"
it 'cxssh is not led in circles' refuses 'symbolic links' cxssh sync --yes

# The user's other file.
afresh
mkdir -p dots; mv "$HOME/.config/cxssh/config" dots/cxssh; ln -s "$work/dots/cxssh" "$HOME/.config/cxssh/config"
sed -i "s/myapp/My Awesome App/" dots/cxssh; chmod 640 dots/cxssh
it 'cxssh remembers the key of a gateway' cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
it 'cxssh remembers the key of a gateway in the file at the end of a link' grep -q '^gateway-key 203.0.113.30 = ' dots/cxssh
it 'cxssh leaves the link to the configuration a link' test -L "$HOME/.config/cxssh/config"
it 'cxssh keeps the mode of the configuration at the end of a link' mode_is dots/cxssh 640
if [ "$(id -u)" = 0 ]; then
	chown :12345 dots/cxssh; cp "$SANDBOX/bastion_key" dots/key
	it 'cxssh rewrites a configuration with another group' cxssh gateway key 203.0.113.30 "$work/dots/key"
	it 'cxssh keeps the group of the configuration' is 12345:640 stat -c %g:%a dots/cxssh
fi
sed -i 's|^gateway-key.*|gateway-key 203.0.113.30 = /other|' dots/cxssh
cp dots/cxssh kept; ln dots/cxssh second
it 'cxssh leaves a file with a second name alone' \
	fails_with 78 'cannot put "gateway-key 203.0.113.30 = .* into .* has another name (a hard link)' \
	cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
rm second; chmod 440 dots/cxssh
it 'cxssh leaves a read-only file alone' fails_with 78 'is read-only' cxssh gateway key 203.0.113.30 "$SANDBOX/bastion_key"
it 'cxssh leaves each byte of a read-only file' cmp kept dots/cxssh
rm "$HOME/.config/cxssh/config"; echo 'stacks = myapp' >"$HOME/.config/cxssh/config"

# The generated files: neither links nor files of another user.
afresh; cxssh sync --yes >/dev/null
cp "$generated" generated; cp "$generated" elsewhere; ln -sf "$work/elsewhere" "$generated"
it 'cxssh puts a file in the place of a link of its own' cxssh sync --yes
it 'cxssh has no link in the place of its own file' test ! -L "$generated"
it 'cxssh does not write where a link in the place of its own file led' cmp generated elsewhere
chmod 644 "$HOME/.cache/cxssh/routes/$web" "$generated"
sed -i 's/^user=.*/user=other/' "$HOME/.cache/cxssh/routes/$web"
it 'cxssh writes anew what others can read' cxssh sync --yes
it 'cxssh writes its configuration anew for its owner alone' mode_is "$generated" 600
it 'cxssh writes its routes anew for its owner alone' mode_is "$HOME/.cache/cxssh/routes/$web" 600
if [ "$(id -u)" = 0 ]; then
	chown 12345 "$generated"
	it 'cxssh writes anew what belongs to another user' cxssh sync --yes
	it 'cxssh owns its configuration when it has written it anew' owner_is "$generated" 0
fi
it 'cxssh is as at first' cmp generated "$generated"

# Private keys.
it 'cxssh connects with files of its own' ssh -T -o BatchMode=yes myapp-lion true
it 'cxssh downloads a key for its owner alone' mode_is "$key" 600
for bad in 640 604 660; do
	chmod "$bad" "$key"
	it "cxssh refuses a key of mode $bad" refuses \
		'the key ~/.ssh/cx_609b30031d56fd640ba7f43b1657495b can be read or changed by others; run: chmod 600 ~/.ssh/cx_' \
		cxssh open "$lion"
	it "cxssh lets ssh refuse a key of mode $bad, too" fails_with 255 'UNPROTECTED PRIVATE KEY' ssh -T -o BatchMode=yes myapp-lion true
	it "cxssh leaves a key of mode $bad as it is" mode_is "$key" "$bad"
done
chmod 400 "$key"
it 'cxssh takes a key that cannot be written' cxssh open "$lion"
chmod 600 "$key"
it 'cxssh takes a key of mode 400' cxssh open "$lion"

# A log that is none.
afresh; cxssh sync --yes >/dev/null; rm -f "$HOME/.cache/cxssh/log"; mkfifo "$HOME/.cache/cxssh/log"
it 'cxssh does not wait for the reader of a log that is a pipe' within 20 cxssh sync --check
rm "$HOME/.cache/cxssh/log"

done_testing
