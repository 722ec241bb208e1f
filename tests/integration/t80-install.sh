#!/bin/sh
# SPDX-License-Identifier: MIT
# make install, make uninstall and install.sh.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
SANDBOX_OPTIONS='--hosts api'
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
install=$top/install.sh
# The make around these tests has options of its own.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES WERROR PREFIX DESTDIR
case $CXSSH_BUILD in */sanitize) SANITIZE=1; export SANITIZE ;; *) unset SANITIZE ;; esac
# A build is not this test's to make: not with this umask, nor beside other tests.
make -n -C "$top" all | grep -q -e ' -o build/' -e '^cp ' &&
	skip_all 'the build is older than its source; run: make'

is() { # WANTED command...
	wanted=$1; shift
	got=$("$@") || return 1
	[ "$got" = "$wanted" ] || { printf '%s, not %s\n' "$got" "$wanted" >&2; return 1; }
}
says_nothing() { "$@" && ! [ -s "$work/out" ] && ! [ -s "$work/err" ]; }
files() { (cd "$1" && find . ! -type d | sort); }
gone() { [ ! -e "$1" ] && [ ! -L "$1" ]; }
no_cxssh_in() { [ -z "$(find "$1" -name '*cxssh*')" ]; }

# What a package would have in it.
at() { make -s -C "$top" PREFIX=/usr DESTDIR="$work/stage" "$@"; }
umask 077
it 'make installs into a folder for a package' at install
expected='./usr/bin/cxssh
./usr/bin/cxssh-proxy
./usr/share/bash-completion/completions/cxssh
./usr/share/cxssh/completion/cxssh.bash
./usr/share/cxssh/completion/cxssh.fish
./usr/share/cxssh/completion/cxssh.zsh
./usr/share/cxssh/examples/com.cxssh.sync.plist
./usr/share/cxssh/examples/cxssh-sync.service
./usr/share/cxssh/examples/cxssh-sync.timer
./usr/share/cxssh/ssh_config.d/header.conf
./usr/share/cxssh/ssh_config.d/new.conf
./usr/share/cxssh/ssh_config.d/role.conf
./usr/share/cxssh/ssh_config.d/server.conf
./usr/share/fish/vendor_completions.d/cxssh.fish
./usr/share/man/man1/cxssh-proxy.1
./usr/share/man/man1/cxssh.1
./usr/share/man/man5/cxssh.conf.5
./usr/share/zsh/site-functions/_cxssh'
it 'make installs what it should and nothing else' is "$expected" files stage
it 'make installs programs that each user can run' \
	is '755 755' sh -c 'echo $(stat -c %a stage/usr/bin/cxssh stage/usr/bin/cxssh-proxy)'
it 'make installs templates that each user can read' \
	is 644 sh -c 'stat -c %a stage/usr/share/cxssh/ssh_config.d/* | sort -u'
it 'make installs folders that each user can enter' is 755 sh -c 'find stage/usr -type d ! -path stage/usr \
	-exec stat -c %a {} + | sort -u'
it 'make uninstalls the programs' at uninstall
it 'make leaves no file' is '' files stage
it 'make leaves no folder of its own' no_cxssh_in stage
it 'make uninstalls where nothing is, without a word' says_nothing at uninstall
at install
touch stage/usr/share/cxssh/mine
at uninstall
it 'make leaves files that it did not install' is ./usr/share/cxssh/mine files stage
umask 022

# install.sh, for a person.
it 'install.sh is a script that shellcheck finds nothing in' shellcheck "$install" "$top/.ci/run"
it 'install.sh explains itself' prints 'usage: ./install.sh' "$install" --help
it 'install.sh knows its version' is "$("$CXSSH_BIN/cxssh" --version | head -n 1)" "$install" --version
it 'install.sh refuses an unknown option' fails_with 64 'no option --nonsense; run: ' "$install" --nonsense
it 'install.sh refuses --prefix without a folder' fails_with 64 'needs a folder' "$install" --prefix
it 'install.sh refuses a folder with a blank' fails_with 64 'ssh_config can only name' \
	"$install" --prefix "$work/a b"
it 'install.sh refuses a folder with a percent sign' fails_with 64 'ssh_config can only name' \
	"$install" --prefix "$work/%h"
it 'install.sh makes no folder that it refuses' gone "$work/a b"

prefix=$work/opt/cxssh
it 'install.sh builds and installs' prints "is in $prefix/bin" "$install" --prefix "$prefix"
it 'install.sh says that the folder is not in PATH' prints "$prefix/bin is not in your PATH" \
	"$install" --prefix "$prefix"
it 'install.sh says what is next for a user of the toolbelt' prints "next, run: $prefix/bin/cxssh sync$" \
	"$install" --prefix "$prefix"
mv "$HOME/.cloud66" cloud66
it 'names the next command to another user' prints 'next, run: .*cxssh login --token, and then: ' \
	"$install" --prefix "$prefix"
mv cloud66 "$HOME/.cloud66"
with_path() { PATH=$prefix/bin:$PATH "$@"; }
says_nothing_of_path() { with_path "$install" --prefix "$prefix" && ! grep PATH "$work/out"; }
it 'install.sh says nothing of PATH where it is right' says_nothing_of_path
it 'install.sh takes PREFIX from the environment and a relative folder' \
	prints "is in $work/relative/bin" env PREFIX=relative/ "$install"
first_line() { "$@" | head -n 1; }
it 'install.sh installs a program that runs' is "$("$install" --version)" first_line "$prefix/bin/cxssh" --version

echo '  Compression {{?alias}}yes' >>"$prefix/share/cxssh/ssh_config.d/server.conf"
it 'install.sh installs a program that finds its templates' "$prefix/bin/cxssh" sync --yes
it 'install.sh installs a program that finds the templates of its own folder' grep -q '^  Compression yes' "$HOME/.ssh/cxssh/config"
it 'install.sh installs a program that names its own proxy' grep -q "^  ProxyCommand $prefix/bin/cxssh-proxy " "$HOME/.ssh/cxssh/config"
it 'install.sh does not uninstall what ~/.ssh/config still needs' \
	fails_with 78 "first run: $prefix/bin/cxssh sync --remove" "$install" --uninstall --prefix "$prefix"
it 'install.sh is there still' test -x "$prefix/bin/cxssh"
"$prefix/bin/cxssh" sync --remove >/dev/null
printf '# mine\n\nInclude ~/.ssh/cxssh/config\n' >"$HOME/.ssh/config"
"$prefix/bin/cxssh" sync --remove >/dev/null
it 'names a line that only its owner can take out' fails_with 78 \
	'still uses it; first delete its line 3 by hand: Include ~/.ssh/cxssh/config' "$install" --uninstall --prefix "$prefix"
rm "$HOME/.ssh/config"
it 'install.sh uninstalls then' prints 'removed from' "$install" --uninstall --prefix "$prefix"
it 'install.sh leaves nothing there' is '' files "$prefix"
it 'install.sh has nothing to uninstall a second time' \
	fails_with 66 'no cxssh in' "$install" --uninstall --prefix "$prefix"

# An upgrade onto a full disk.
kb=$(du -ckL "$CXSSH_BIN/cxssh" "$CXSSH_BIN/cxssh-proxy" | tail -n 1 | cut -f 1)
mkdir disk && mount -t tmpfs -o "size=$((2 * kb))k" small disk && mkdir disk/bin
for p in cxssh cxssh-proxy; do printf '#!/bin/sh\n' >"disk/bin/$p"; chmod 755 "disk/bin/$p"; done
cp -a disk/bin old.bin
cat /dev/zero >disk/ballast 2>/dev/null
upgrade() { make -s -C "$top" PREFIX="$work/disk" install; }
it 'install.sh says that an upgrade does not fit onto the disk' fails_with 2 'No space left' upgrade
it 'install.sh leaves the old programs when an upgrade does not fit onto the disk' diff -r old.bin disk/bin
rm disk/ballast
it 'install.sh upgrades when there is space on the disk' upgrade
it 'install.sh installs a whole proxy when there is space on the disk' cmp "$CXSSH_BIN/cxssh-proxy" disk/bin/cxssh-proxy
it 'install.sh leaves nothing beside the programs when there is space on the disk' is 'cxssh cxssh-proxy' sh -c 'echo $(ls -A disk/bin)'
umount disk

# --deps, on machines that are not there.  In $work/bare nothing is installed.
fake() { # FOLDER NAME: a program with the script on stdin
	mkdir -p "$1"
	{ echo '#!/bin/sh'; cat; } >"$1/$2"
	chmod 755 "$1/$2"
}
for program in sh dirname basename cat chmod rm sed uname env ln; do
	mkdir -p bare
	ln -s "$(command -v "$program")" bare/
done
fake bare id <<-'SH'
	echo "${FAKE_UID-1000}"
SH
blank_home() { HOME='/home/a b' PATH=$work/bare "$install"; }
it 'install.sh refuses a home folder with a blank, too' fails_with 64 'ssh_config can only name' blank_home

os() { # NAME LINE...: an os-release
	mkdir -p os
	name=$1; shift
	printf '%s\n' "$@" >"os/$name"
}
os debian 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"' 'ID=debian'
os mint 'ID=linuxmint' 'ID_LIKE="ubuntu debian"'
os fedora 'ID=fedora' 'VERSION_ID=42'
os rocky 'ID="rocky"' 'ID_LIKE="rhel centos fedora"'
os arch 'ID=arch'
os alpine 'ID=alpine'
os plan9 'ID=plan9'
deps() { # NAME OPTION...
	name=$1; shift
	INSTALL_OS_RELEASE=$work/os/$name PATH=$work/bare "$install" --deps "$@"
}
on_a_mac() { INSTALL_UNAME=Darwin PATH=$work/bare "$install" --deps "$@"; }
for name in debian mint; do
	it "install.sh knows the packages of $name" prints \
		'apt-get install -y .* gcc .*libcurl4-openssl-dev libjson-c-dev libssh2-1-dev libssl-dev openssh-client' \
		deps "$name" --dry-run
done
for name in fedora rocky; do
	it "install.sh knows the packages of $name" prints \
		'^dnf install -y .* gcc .*libcurl-devel json-c-devel libssh2-devel openssl-devel openssh-clients' \
		deps "$name" --dry-run
done
it 'install.sh knows the packages of arch' prints \
	'^pacman -S.* --noconfirm gcc .*pkgconf curl json-c libssh2 openssl openssh' deps arch --dry-run
it 'install.sh knows the packages of alpine' prints \
	'^apk add .* gcc .*curl-dev json-c-dev libssh2-dev openssl-dev openssh-client' deps alpine --dry-run
it 'install.sh knows the packages of macos' prints '^brew install pkgconf curl json-c libssh2 openssl@3' \
	on_a_mac --dry-run
it 'install.sh knows where the compiler of macos is' prints '^xcode-select --install' on_a_mac --dry-run
it 'install.sh knows what the tests need' prints \
	'apt-get .* rsync git perl shellcheck mandoc libmicrohttpd-dev' deps debian --for-tests --dry-run
it 'install.sh knows what CI needs' prints 'apt-get .* clang libclang-rt-dev clang-format clang-tidy cppcheck' \
	deps debian --for-ci --dry-run
names_no_clang() { deps debian --for-tests --dry-run >named && grep -q shellcheck named && ! grep clang named; }
it 'install.sh does not ask for sudo to run the tests' names_no_clang
it 'install.sh knows what builds packages' prints 'apt-get .* dpkg-dev build-essential debhelper lintian rpm ruby' deps debian --for-packages --dry-run
no_test_tools() { deps "$1" --dry-run >named && grep -q libssh2 named && ! grep -E 'server|nftables|shellcheck|perl|git|clang|debhelper' named; }
for name in debian fedora alpine; do
	it "--deps alone brings no test tools on $name" no_test_tools "$name"
done
for name in fedora arch alpine; do
	it "install.sh knows what CI needs on $name" prints ' clang .*compiler-rt .*cppcheck' deps "$name" --for-ci --dry-run
done
one_line() { [ "$("$@" | wc -l)" = 1 ]; }
it 'install.sh prints one line' one_line deps debian --for-tests --dry-run
twice() { deps debian --for-tests --dry-run >named && tr ' ' '\n' <named | sort | uniq -d | sed '/^-/d'; }
it 'names no package twice' is '' twice
it 'install.sh says what it misses on a system that it does not know' \
	fails_with 69 'missing: cc .*package manager' deps plan9
it 'install.sh refuses an unknown option of --deps' fails_with 64 'knows no --all' deps debian --all

it 'install.sh tells a user without sudo what to run as root' fails_with 69 \
	"missing: cc .*; as root, run: sh $install --deps (it runs .*apt-get install .*libssh2-1-dev" deps debian
it 'install.sh tells a user without sudo what to run as root for the tests' fails_with 69 "run: sh $install --deps --for-tests (it runs " \
	deps debian --for-tests
fake bare sudo <<-SH
	exit 1
SH
it 'install.sh tells that where sudo would ask without a terminal' fails_with 69 'as root, run' deps debian
fake bare sudo <<-SH
	echo "\$*" >>$work/sudo.log
SH
it 'install.sh uses a sudo that does not ask' deps debian --for-tests
it 'install.sh uses sudo for itself and nothing else' is "-n true
sh $install --deps --for-tests" cat sudo.log

# As root: apt-get is a script that brings all, and sees how things are then.
fake bare apt-get <<-SH
	echo "apt-get \$*" >>$work/apt.log
	/usr/sbin/policy-rc.d; echo "policy \$?" >>$work/apt.log
	[ "\$1" = install ] || exit 0
	[ ! -e $work/stale ] || { rm $work/stale; exit 100; }
	for name in cc make ssh sshd nft ip unshare nsenter setpriv mount hostname bash zsh fish tmux awk cmp \\
		patch pgrep find strace openssl curl rsync git prove shellcheck mandoc pkg-config; do
		ln -sf /bin/true $work/bare/\$name
	done
SH
fake bare systemctl <<-SH
	echo "systemctl \$*" >>$work/apt.log
SH
export install work
fake . install_as_root <<-'SH'
	INSTALL_OS_RELEASE=$work/os/debian PATH=$work/bare FAKE_UID=0 exec "$install" --deps --for-tests
SH
fake . with_empty_sbin <<-'SH'
	# A file of the machine's /usr/sbin is not to be written here.
	mount -t tmpfs none /usr/sbin && "$@" && ls -A /usr/sbin >sbin.after
SH
touch stale
installs() { unshare --mount ./with_empty_sbin ./install_as_root >said.install; }
it 'install.sh installs what is missing' installs
it 'install.sh says what is missing, and the command, before anything else' is 'missing command' sh -c \
	'echo $(sed -n "1s/^install.sh: missing: .*cc .*/missing/p; 2s/^.*apt-get install .* gcc .*/command/p" said.install)'
it 'install.sh asks for newer lists when a package cannot be had' grep -q '^apt-get update' apt.log
it 'install.sh lets no package start a service' is 'policy 101' sh -c 'grep policy apt.log | sort -u'
it 'install.sh takes that back' is '' cat sbin.after
it 'install.sh keeps sshd from the next start of the machine' grep -q 'systemctl disable .*ssh.service' apt.log
rm -f apt.log
it 'install.sh does nothing where all is there' says_nothing ./install_as_root
it 'install.sh asks no package manager where all is there' gone apt.log
done_testing
