#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages of the last commit, built here: for Debian, twice and looked at by lintian; an
# rpm; the formula.  Nothing is installed.  make check-packages runs it; no network is needed.
# shellcheck disable=SC2317 # functions are called through it()
set -u
LC_ALL=C; export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES SANITIZE WERROR PREFIX DESTDIR
n=0 failed=0
it() {
	n=$((n + 1)); what=$1; shift
	if out=$("$@" 2>&1); then echo "ok $n - $what"; return; fi
	echo "$out" | sed 's/^/# /' >&2
	echo "not ok $n - $what"
	failed=1
}
has() { command -v "$1" >/dev/null || [ -n "${NO_SKIP-}" ]; }
skipped() { n=$((n + 1)); echo "ok $n - $2 # SKIP no $1"; }
says_nothing() { out=$("$@" 2>&1); echo "$out"; [ -z "$out" ]; }
version=$(git -C "$top" show HEAD:Makefile | sed -n 's/^VERSION *:= *//p')

deb() { # FOLDER: the built package in it
	echo "$1"/cxssh_"$version"-*_*.deb
}
same() { cmp "$(deb "$work/one")" "$(deb "$work/two with a blank")"; }
depends() { dpkg-deb -f "$(deb "$work/one")" Depends | tr , '\n' | sed 's/^ *//; s/ .*//; s/t64$//' | sort | tr '\n' ' '; }
depends_on_what_is_linked() {
	[ "$(depends)" = "libc6 libcurl4 libjson-c5 libseccomp2 libssh2-1 libssl3 openssh-client " ] || { depends; return 1; }
}
has_files() {
	dpkg-deb -c "$(deb "$work/one")" | awk '{ print $6 }' >"$work/files"
	for file in bin/cxssh bin/cxssh-proxy share/man/man1/cxssh.1.gz share/man/man5/cxssh.conf.5.gz \
		share/cxssh/ssh_config.d/server.conf share/cxssh/ssh_config.d/new.conf lib/systemd/user/cxssh-sync.timer \
		share/bash-completion/completions/cxssh share/zsh/vendor-completions/_cxssh \
		share/fish/vendor_completions.d/cxssh.fish; do
		grep -qx "./usr/$file" "$work/files" || { echo "no $file"; return 1; }
	done
}
no_scripts() { dpkg-deb -e "$(deb "$work/one")" "$work/control" && [ "$(ls "$work/control" | tr '\n' ' ')" = 'control md5sums ' ]; }
hardened() { # PROGRAM: from the package
	dpkg-deb -x "$(deb "$work/one")" "$work/tree" && readelf -d "$work/tree/usr/bin/$1" | grep -q 'BIND_NOW\|FLAGS.*NOW'
}
no_paths_of_the_build() { ! grep -r "$work" "$work/tree"; }
proxy_links_libc_only() { ! readelf -d "$work/tree/usr/bin/cxssh-proxy" | grep NEEDED | grep -v 'libc\.so\|ld-linux'; }
if has dh && has dpkg-buildpackage; then
	it 'the package for Debian is built, and make check-unit passes' "$top/src/packaging/deb" "$work/one"
	it 'make check-unit ran while it was built' grep -q '^All tests successful' "$work/one/deb.log"
	it 'the package is built again, in another folder' env DEB_BUILD_OPTIONS=nocheck "$top/src/packaging/deb" "$work/two with a blank"
	it 'both packages are the same to the byte' same
	it 'the package has programs, man pages, templates, completions and the timer' has_files
	it 'the package depends on what is linked, and ssh' depends_on_what_is_linked
	it 'the package runs no script' no_scripts
	it 'cxssh of the package has its addresses resolved at the start' hardened cxssh
	it 'cxssh-proxy of the package, too' hardened cxssh-proxy
	it 'cxssh-proxy of the package links libc only' proxy_links_libc_only
	it 'the package has no path of the folder that it was built in' no_paths_of_the_build
	sha256sum "$(deb "$work/one")" "$work/one/cxssh-$version.tar.gz" | sed "s,$work/,,; s/^/# /"
	if has lintian; then
		lintian --fail-on error,warning "$work"/one/*.changes >"$work/lintian" 2>/dev/null; status=$?
		sed 's/^/# lintian: /' "$work/lintian"
		it 'lintian finds no error and no warning in it' test "$status" = 0
	else
		skipped lintian 'lintian finds no error and no warning in it'
	fi
else
	skipped debhelper 'the package for Debian is built'
fi

rpm_of() { echo "$work"/rpm/cxssh-"$version"-*.rpm; }
rpm_has() { # WHAT WORD...: of a query
	query=$1; shift
	rpm -qp --nosignature "$query" "$(rpm_of)" >"$work/answer" || return
	for word; do grep -q "$word" "$work/answer" || { echo "no $word in $query"; cat "$work/answer"; return 1; }; done
}
if has rpmbuild; then
	it 'the rpm is built' "$top/src/packaging/rpm/build" "$work/rpm" HEAD --nocheck
	it 'the rpm has programs, man pages, templates, completions and the timer' rpm_has -l /usr/bin/cxssh$ \
		/usr/bin/cxssh-proxy man1/cxssh.1 man5/cxssh.conf.5 ssh_config.d/server.conf site-functions/_cxssh \
		systemd/user/cxssh-sync.timer completions/cxssh$ licenses/cxssh/LICENSE
	it 'the rpm needs what is linked, and ssh' rpm_has --requires openssh-clients libcurl.so libssh2.so libjson-c.so libcrypto.so
	it 'the rpm runs no script' says_nothing rpm -qp --nosignature --scripts "$(rpm_of)"
	it 'the rpm says its version and license' rpm_has -i "^Version *: $version\$" '^License *: MIT$'
else
	skipped rpm 'the rpm is built'
fi
if has ruby; then
	it 'ruby reads the formula for Homebrew' ruby -c "$top/src/packaging/homebrew/cxssh.rb"
else
	skipped ruby 'ruby reads the formula for Homebrew'
fi
echo "1..$n"
exit "$failed"
