#!/bin/sh
# SPDX-License-Identifier: MIT
# The Makefile, in folders whose names the shell would split, and with a packager's flags.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016 # functions are called through it(); expanded there
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES WERROR PREFIX DESTDIR CPPFLAGS CFLAGS
case $CXSSH_BUILD in */sanitize) SANITIZE=1 B=build/sanitize; export SANITIZE ;; *) B=build/plain ;; esac
make -n -C "$top" all | grep -q -e ' -o build/' -e '^cp ' &&
	skip_all 'the build is older than its source; run: make'
files() { (cd "$1" && find . ! -type d | sort); }

# make install and make uninstall; what a split name would hit is there to be hit.
split="$work/d d's"
staged() { make -s -C "$top" PREFIX=/usr DESTDIR="$split" "$@"; }
mkdir d "d/usr" usr
echo mine | tee d/usr/file usr/file cxssh "d's" >/dev/null
it 'make install takes a DESTDIR with a blank and an apostrophe' staged install
it 'make install puts the programs into that folder' test -x "$split/usr/bin/cxssh-proxy"
echo mine >"$split/usr/bin/own"
it 'make uninstall takes a DESTDIR with a blank and an apostrophe' staged uninstall
it 'make uninstall leaves nothing but the file that it did not install' \
	is ./usr/bin/own files "$split"
it 'make uninstall removes nothing beside a DESTDIR with a blank' \
	is "$(printf 'mine\nmine\nmine\nmine')" cat d/usr/file usr/file cxssh "d's"

# A source tree in such a folder, built as it is here.
tree="$work/a b's c"
mkdir -p "$tree/build"
(cd "$top" && cp -a Makefile LICENSE README.md install.sh src ssh_config.d tests "$tree/") &&
	cp -a "$top/$B" "$tree/build/"
probe=tests/integration/t00-probe.sh
cat >"$tree/$probe" <<'END'
#!/bin/sh
[ -x "$CXSSH_BUILD/bin/cxssh" ] && echo 'ok 1 - is where it was built' || echo 'not ok 1'
echo 1..1
END
chmod +x "$tree/$probe"
in_tree() { make -s -C "$tree" "$@"; }
it 'make finds nothing to do in a copied tree with a blank in its name' \
	is '' in_tree all
it 'make check runs tests in such a folder' in_tree run-tests TESTS="$probe"
it 'make install installs from such a folder' in_tree install DESTDIR="$work/from"
it 'make uninstall uninstalls from such a folder' in_tree uninstall DESTDIR="$work/from"

# Warnings are errors here.
compiles_with() { # FLAG...
	rm -f "$tree/$B/src/base/mem.o"
	in_tree "$B/src/base/mem.o" WERROR=1 "$@"
}
it 'make compiles without a warning with the packager'\''s _FORTIFY_SOURCE in CPPFLAGS' \
	compiles_with CPPFLAGS=-D_FORTIFY_SOURCE=3
it 'make compiles without a warning with the packager'\''s _FORTIFY_SOURCE in CFLAGS' \
	compiles_with CFLAGS='-O2 -D_FORTIFY_SOURCE=3'
it 'make compiles without a warning and without optimization' compiles_with CFLAGS=-O0
done_testing
