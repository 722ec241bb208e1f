#!/bin/sh
# SPDX-License-Identifier: MIT
# make dist, the recipes of src/packaging, and the doubts at which make release stops, in a
# repository of their own.
# shellcheck disable=SC1091,SC2154,SC2034 # lib.sh
# shellcheck disable=SC2317,SC2016,SC2086 # functions are called through it(); expanded there
no_sandbox=1
. "$(dirname "$0")/../lib.sh"

for program in git bash perl; do
	command -v $program >/dev/null || skip_all "no $program"
done
top=$(cd "$tests/.." && pwd)
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES WERROR PREFIX DESTDIR CPPFLAGS CFLAGS
GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' GIT_COMMITTER_DATE='2026-01-02T03:04:05Z'
export GIT_CONFIG_GLOBAL GIT_AUTHOR_DATE GIT_COMMITTER_DATE
version=$(sed -n 's/^VERSION *:= *//p' "$top/Makefile")

# The source as it is, committed in a repository here.
mkdir repo
(cd "$top" && cp -a .gitignore Makefile LICENSE README.md install.sh src ssh_config.d "$work/repo/")
for link in $(grep -o '](\(src\|\.github\)/[^)#]*' repo/README.md | sed 's/^..//'); do
	[ -e "repo/$link" ] || { mkdir -p "repo/$(dirname "$link")" && echo . >"repo/$link"; }
done
git_here() { git -C repo -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false \
	-c tag.gpgsign=false "$@"; }
git_here init --quiet -b main
git_here add -A
git_here commit --quiet -m 'The source'

# The tarball.
dist() { repo/src/packaging/dist "$@"; }
it 'the source is packed' quietly dist one
sleep 1.1 # the clock of a tarball would show
cp -a repo 'other place'
it 'the source is packed in another folder' quietly 'other place/src/packaging/dist' two
it 'two tarballs of one commit are the same' cmp "one/cxssh-$version.tar.gz" "two/cxssh-$version.tar.gz"
it 'two lists of what is linked are the same' cmp "one/cxssh-$version.spdx.json" "two/cxssh-$version.spdx.json"
it 'the checksum is that of the tarball' sh -c 'cd one && sha256sum -c *.sha256'
it 'the tarball has the source below its version' sh -c \
	'tar -tzf one/*.gz | grep -qx "cxssh-$1/src/proxy.c" && ! tar -tzf one/*.gz | grep -v "^cxssh-$1/"' sh "$version"
sbom() { perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>); print join " ", sort map { $_->{name} } @{ $d->{packages} }' \
	<"one/cxssh-$version.spdx.json"; }
it 'the list of what is linked has each library and the program' prints \
	'^cxssh json-c libcrypto libcurl .*libssh2' sbom
echo more >>repo/README.md
it 'dist says that what is not committed is left out' prints '' sh -c 'repo/src/packaging/dist three 2>said && grep -q "not committed" said'
it 'what is not committed is left out' cmp "one/cxssh-$version.tar.gz" "three/cxssh-$version.tar.gz"
git_here checkout --quiet README.md

# Recipes, which have functions that put the files of an installation below $pkgdir.
it 'the recipes get version and checksums' quietly repo/src/packaging/fill one
sum=$(cut -d ' ' -f 1 "one/cxssh-$version.tar.gz.sha256")
it 'each recipe has the version, and nothing that is left to fill' \
	sh -c 'cd one && grep -q "$1" PKGBUILD && grep -q "$1" APKBUILD && grep -q "$1" cxssh.rb && ! grep "@[A-Z0-9]*@" PKGBUILD APKBUILD cxssh.rb' sh "$version"
it 'PKGBUILD and the formula have the checksum' sh -c 'grep -q "$1" one/PKGBUILD && grep -q "$1" one/cxssh.rb' sh "$sum"
it 'PKGBUILD is a script of bash' bash -n one/PKGBUILD
it 'APKBUILD is a script of sh' sh -n one/APKBUILD
! command -v ruby >/dev/null || it 'the formula is a script of ruby' ruby -c one/cxssh.rb
# What takes minutes, the compiler, is replaced by the programs that are there.
tar -xzf "one/cxssh-$version.tar.gz"
case $CXSSH_BUILD in */sanitize) B=build/sanitize SANITIZE=1; export SANITIZE ;; *) B=build/plain ;; esac
mkdir -p "cxssh-$version/build"
cp -a "$top/$B" "cxssh-$version/build/"
find "cxssh-$version/$B" -exec touch {} +
files() { (cd "$1" && find . ! -type d | sed 's,^\./,,' | sort); }
packaged() { # FOLDER
	for file in usr/bin/cxssh usr/bin/cxssh-proxy usr/share/man/man1/cxssh.1 usr/share/man/man5/cxssh.conf.5 \
		usr/share/cxssh/ssh_config.d/server.conf usr/share/cxssh/examples/cxssh-sync.timer \
		usr/share/bash-completion/completions/cxssh usr/share/zsh/site-functions/_cxssh \
		usr/share/fish/vendor_completions.d/cxssh.fish usr/share/licenses/cxssh/LICENSE; do
		[ -s "$1/$file" ] || { echo "no $file" >&2; return 1; }
	done
}
it 'the functions of PKGBUILD install a package' bash -c \
	'set -eu; pkgdir=$PWD/arch; . one/PKGBUILD; build; package' bash
it 'the package of Arch has its files' packaged arch
it 'the package of Arch has the timer where systemd looks for it' test -s arch/usr/lib/systemd/user/cxssh-sync.timer
it 'the functions of APKBUILD install a package' sh -c \
	'set -eu; pkgdir=$PWD/alpine; . one/APKBUILD; cd "cxssh-$pkgver"; build; package' sh
it 'the package of Alpine has its files' packaged alpine
it 'the package of Alpine has nothing of systemd' test ! -e alpine/usr/lib

# The doubts of make release.
look() { repo/src/packaging/release --only-look; }
set_version() { sed -i "s/^VERSION *:=.*/VERSION     := $1/" repo/Makefile; }
commit() { git_here add -A && git_here commit --quiet -m "$1"; }
set_version 9.8
it 'a release stops at a version that has no three numbers' fails_with 1 '"9.8" in the Makefile is no version' look
set_version 9.8.7
it 'a release stops at a change that is not committed' fails_with 1 'not committed.*git status' look
commit version
it 'a release stops without a tag' fails_with 1 'there is no tag v9.8.7; run: git tag -a v9.8.7' look
git_here tag v9.8.7
it 'a release stops at a tag without a message' fails_with 1 'v9.8.7 is no annotated tag' look
printf '\n## 9.8.7\n' >>repo/src/CHANGELOG.md
commit changes
git_here tag -a -f -m 9.8.7 v9.8.7 >/dev/null
it 'a release stops at a change log whose newest heading is another version' \
	fails_with 1 'newest heading of src/CHANGELOG.md is "## .*", not "## 9.8.7"' look
sed -i '0,/^## /s/^## .*/## 9.8.7/' repo/src/CHANGELOG.md
commit changes
it 'a release stops at a tag of an older commit' fails_with 1 'v9.8.7 is not the last commit' look
sed -i 's/^Version [0-9.]*,/Version 9.8.6,/' repo/README.md
commit readme
git_here tag -a -f -m 9.8.7 v9.8.7 >/dev/null
it 'a release stops at a README of another version' fails_with 1 'README.md does not say "Version 9.8.7"' look
sed -i 's/^Version [0-9.]*,/Version 9.8.7,/' repo/README.md
mv repo/src/doc/trust.md trust.md
echo '| date | today |' >repo/src/doc/performance.md
commit readme
git_here tag -a -f -m 9.8.7 v9.8.7 >/dev/null
it 'a release stops at a link that leads nowhere' fails_with 1 'README.md leads to src/doc/trust.md, which is missing' look
mv trust.md repo/src/doc/
echo none >repo/src/doc/performance.md
commit trust
git_here tag -a -f -m 9.8.7 v9.8.7 >/dev/null
it 'a release stops at a page without figures' fails_with 1 'performance.md has no figures; run: make bench' look
echo '| date | today |' >repo/src/doc/performance.md
commit trust
git_here tag -a -f -m 9.8.7 v9.8.7 >/dev/null
it 'a release without a doubt goes on' prints 'v9.8.7 is the last commit' look
failing() { RELEASE_CHECKS='echo checked; false' repo/src/packaging/release; }
it 'a release stops at a check that fails' fails_with 1 'a check fails: ' failing
it 'a release with a check that fails leaves nothing' test ! -e repo/build/release
without_dpkg() { # the package itself is built by tests/packages
	mkdir -p few && for program in sh dirname basename sed git grep rm mkdir mv cp cat cmp cut date gzip sha256sum sha512sum pkg-config tar; do
		ln -sf "$(command -v $program)" few/
	done
	PATH=$work/few RELEASE_CHECKS=true repo/src/packaging/release >release.said && cat release.said
}
it 'a release is made of the tag' prints 'cxssh-9.8.7.tar.gz' without_dpkg
it 'a release without dpkg-buildpackage says that it has no Debian package' \
	grep -q 'no Debian package: dpkg-buildpackage is not here' release.said
it 'the checksums of a release are right' sh -c 'cd repo/build/release && sha256sum -c SHA256SUMS'
it 'release refuses an unknown option' fails_with 64 'no option --force' repo/src/packaging/release --force
done_testing
