#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh - install what cxssh needs, build it, install it; see --help
set -eu

here=$(cd "$(dirname "$0")" && pwd)
me=$here/$(basename "$0")

usage() {
	cat <<-USAGE
		usage: ./install.sh [--prefix DIR]      build cxssh and install it
		       ./install.sh --deps [--for-tests | --for-ci | --for-ports | --for-clients | --for-packages]
		                           [--dry-run]
		       ./install.sh --uninstall [--prefix DIR]

		  --prefix DIR   where to: DIR/bin and DIR/share/cxssh; without it \$PREFIX, else
		                 /usr/local for root and ~/.local for other users
		  --deps         install the compiler, the libraries and ssh, as root or by sudo;
		                 does nothing where all of it is there
		  --for-tests    ... and what "make demo" and "make check" run
		  --for-ci       ... and what .ci/run runs: "make fuzz", "make analyse", some ssh clients
		  --for-ports    ... and what "make check-portability" runs
		  --for-clients  ... and the ssh clients that "make check-clients" runs
		  --for-packages ... and what "make deb" and "make rpm" run
		  --dry-run      only print the command that --deps would run
		  --uninstall    remove what was installed; nothing in any home folder
		  --version      print the version that would be installed
	USAGE
}
say() { echo "install.sh: $*"; }
fail() { # STATUS MESSAGE...
	status=$1; shift
	echo "install.sh: $*" >&2
	exit "$status"
}

# What is needed, for which use, how to test for it, and its package.  "-": part of the
# system or of another line's package, or not used there.
needs() {
	cat <<-'TABLE'
		# set what                      debian               fedora              arch         alpine          macos
		all   program:cc                gcc                  gcc                 gcc          gcc             xcode
		all   file:/usr/include/stdio.h libc6-dev            glibc-devel         glibc        musl-dev        -
		all   program:make              make                 make                make         make            xcode
		all   program:pkg-config        pkg-config           pkgconf-pkg-config  pkgconf      pkgconf         pkgconf
		all   library:libcurl           libcurl4-openssl-dev libcurl-devel       curl         curl-dev        curl
		all   library:json-c            libjson-c-dev        json-c-devel        json-c       json-c-dev      json-c
		all   library:libssh2           libssh2-1-dev        libssh2-devel       libssh2      libssh2-dev     libssh2
		all   library:libcrypto         libssl-dev           openssl-devel       openssl      openssl-dev     openssl@3
		all   program:ssh               openssh-client       openssh-clients     openssh      openssh-client  -
		all   certificates              ca-certificates      ca-certificates     ca-certificates ca-certificates -
		all   library:libseccomp        libseccomp-dev       libseccomp-devel    libseccomp   libseccomp-dev  -
		tests program:sshd              openssh-server       openssh-server      openssh      openssh-server  -
		tests program:nft               nftables             nftables            nftables     nftables        -
		tests program:ip                iproute2             iproute             iproute2     iproute2        -
		tests program:unshare           util-linux           util-linux          util-linux   util-linux-misc -
		tests program:nsenter           util-linux           util-linux          util-linux   util-linux-misc -
		tests program:setpriv           util-linux           util-linux          util-linux   setpriv         -
		tests program:mount             mount                util-linux          util-linux   -               -
		tests program:hostname          hostname             hostname            inetutils    -               -
		tests program:bash              bash                 bash                bash         bash            -
		tests program:zsh               zsh                  zsh                 zsh          zsh             -
		tests program:fish              fish                 fish                fish         fish            -
		tests program:tmux              tmux                 tmux                tmux         tmux            -
		tests program:awk               mawk                 gawk                gawk         -               -
		tests program:cmp               diffutils            diffutils           diffutils    diffutils       -
		tests program:patch             patch                patch               patch        patch           -
		tests program:pgrep             procps               procps-ng           procps-ng    procps-ng       -
		tests program:find              findutils            findutils           findutils    -               -
		tests program:strace            strace               strace              strace       strace          -
		tests program:openssl           openssl              openssl             openssl      openssl         -
		tests program:curl              curl                 curl                curl         curl            -
		tests program:rsync             rsync                rsync               rsync        rsync           -
		tests program:git               git                  git-core            git          git             -
		tests program:prove             perl                 perl-Test-Harness   perl         perl-utils      -
		tests program:shellcheck        shellcheck           ShellCheck          shellcheck   shellcheck      shellcheck
		tests program:mandoc            mandoc               mandoc              mandoc       mandoc          mandoc
		tests library:libmicrohttpd     libmicrohttpd-dev    libmicrohttpd-devel libmicrohttpd libmicrohttpd-dev libmicrohttpd
		tests gnu:env                   coreutils            coreutils           coreutils    coreutils       -
		tests fedora:libasan.so         -                    libasan             -            -               -
		tests fedora:libubsan.so        -                    libubsan            -            -               -
		cold    program:ansible         ansible-core         ansible-core        ansible-core ansible-core    ansible
		clients program:sshfs           sshfs                fuse-sshfs          sshfs        sshfs           -
		cold    program:lftp            lftp                 lftp                lftp         lftp            lftp
		cold    python:paramiko         python3-paramiko     python3-paramiko    python-paramiko py3-paramiko -
		cold    python:asyncssh         python3-asyncssh     python3-asyncssh    python-asyncssh py3-asyncssh -
		cold    library:libssh          libssh-dev           libssh-devel        libssh       libssh-dev      libssh
		cold    program:borg            borgbackup           borgbackup          borg         borgbackup      borgbackup
		cold    program:unison          unison               -                   unison       unison          unison
		cold    program:hg              mercurial            mercurial           mercurial    mercurial       mercurial
		cold    program:parallel-ssh    pssh                 pssh                -            -               -
		cold    python:fabric           python3-fabric       -                   python-fabric py3-fabric     -
		cold    ruby:net/ssh            ruby-net-ssh         rubygem-net-ssh     ruby-net-ssh -               -
		cold    ruby:net/scp            ruby-net-scp         rubygem-net-scp     ruby-net-scp -               -
		cold    ruby:sshkit             ruby-sshkit          -                   -            -               -
		clients program:emacs           emacs-nox            emacs-nox           emacs-nox    emacs-nox       -
		clients program:docker          docker.io            -                   docker       docker-cli      docker
		clients program:mosh            mosh                 mosh                mosh         mosh            mosh
		clients program:script          bsdutils             util-linux          util-linux   util-linux-misc -
		clients program:javac           default-jdk-headless java-latest-openjdk-devel jdk-openjdk openjdk21  openjdk
		clients file:/usr/share/java/jsch.jar libjsch-java   jsch                -            -               -
		clients program:restic          restic               restic              restic       restic          restic
		clients program:rdiff-backup    rdiff-backup         rdiff-backup        rdiff-backup rdiff-backup    rdiff-backup
		clients program:duplicity       duplicity            duplicity           duplicity    duplicity       duplicity
		clients python:pexpect          python3-pexpect      python3-pexpect     python-pexpect py3-pexpect   -
		clients program:rclone          rclone               rclone              rclone       rclone          rclone
		clients program:svn             subversion           subversion          subversion   subversion      subversion
		clients program:autossh         autossh              autossh             autossh      autossh         autossh
		clients program:sshuttle        sshuttle             sshuttle            sshuttle     sshuttle        sshuttle
		clients file:/usr/share/perl5/Net/OpenSSH.pm libnet-openssh-perl perl-Net-OpenSSH -  -               -
		clients file:/usr/share/perl5/Net/SFTP/Foreign.pm libnet-sftp-foreign-perl perl-Net-SFTP-Foreign - - -
		clients program:node            nodejs               nodejs              nodejs       nodejs          node
		clients program:npm             npm                  npm                 npm          npm             node
		clients program:tcsh            tcsh                 tcsh                tcsh         tcsh            tcsh
		clients program:dash            dash                 dash                dash         dash            dash
		cold    program:plink           putty-tools          putty               putty        putty           putty
		clients program:dropbear        dropbear-bin         dropbear            dropbear     dropbear        -
		clients program:tinysshd        tinysshd             -                   tinyssh      tinyssh         -
		clients program:chromium        chromium             -                   chromium     chromium        -
		ci    program:clang             clang                clang               clang        clang           xcode
		ci    clang:libclang_rt.fuzzer  libclang-rt-dev      compiler-rt         compiler-rt  compiler-rt     -
		ci    program:clang-format      clang-format         clang-tools-extra   clang        clang-extra-tools -
		ci    program:clang-tidy        clang-tidy           clang-tools-extra   clang        clang-extra-tools -
		ci    program:cppcheck          cppcheck             cppcheck            cppcheck     cppcheck        -
		ci    program:debootstrap       debootstrap          debootstrap         debootstrap  debootstrap     -
		ports program:musl-gcc          musl-tools           -                   -            -               -
		ports gnu:m32                   gcc-multilib         -                   -            -               -
		ports gnu:run32                 qemu-system-x86      -                   -            -               -
		ports program:cpio              cpio                 -                   -            -               -
		ports program:npm               npm                  npm                 npm          npm             -
		packages program:dpkg-buildpackage dpkg-dev      -                   -            -               -
		packages program:g++            build-essential      -                   -            -               -
		packages program:dh             debhelper            -                   -            -               -
		packages program:lintian        lintian              -                   -            -               -
		packages program:rpmbuild       rpm                  rpm-build           -            -               -
		packages program:ruby           ruby                 ruby                ruby         ruby            -
		packages program:git            git                  git-core            git          git             -
	TABLE
}

# Without a package manager, for speed: "make check" runs this every time.
is_there() { # WHAT
	case $1 in
	program:*) command -v "${1#*:}" >/dev/null 2>&1 ;;
	library:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
	file:*) [ -e "${1#*:}" ] ;;
	python:*) /usr/bin/python3 -c "import ${1#*:}" 2>/dev/null ;;
	ruby:*) ruby -e "require '${1#*:}'" 2>/dev/null ;;
	certificates)
		[ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/ssl/cert.pem ] ||
			[ -s /etc/pki/tls/certs/ca-bundle.crt ]
		;;
	gnu:m32) [ "$(uname -m)" != x86_64 ] || [ -n "$(find /usr/lib/gcc/*/*/32 -name crtbegin.o 2>/dev/null)" ] ;;
	gnu:run32) # a kernel without 32-bit programs needs one in qemu
		[ "$(uname -m)" != x86_64 ] || /lib/ld-linux.so.2 --version >/dev/null 2>&1 ||
			command -v qemu-system-x86_64 >/dev/null
		;;
	gnu:env) env --default-signal=INT sh -c : 2>/dev/null ;; # busybox has none
	fedora:*) set -- "/usr/lib64/${1#*:}".*; [ -e "$1" ] ;;
	clang:*) # a library of its own
		set -- "$(clang -print-resource-dir 2>/dev/null)"/lib/*/"${1#*:}"*
		[ -e "$1" ]
		;;
	esac
}

# Set system to a column of the table, or to unknown.
find_system() {
	system=unknown names=
	case ${INSTALL_UNAME:-$(uname -s)} in
	Darwin) system=macos; return ;;
	Linux) ;;
	*) return ;;
	esac
	release=${INSTALL_OS_RELEASE:-/etc/os-release} # a test sets its own
	[ -r "$release" ] || return 0
	while IFS='=' read -r key value; do
		case $key in ID | ID_LIKE) names="$names $value" ;; esac
	done <"$release"
	case $names in
	*debian* | *ubuntu*) system=debian ;;
	*fedora* | *rhel* | *centos*) system=fedora ;;
	*arch*) system=arch ;;
	*alpine*) system=alpine ;;
	esac
}

# Set missing, in the words of the table, and packages.
find_missing() { # SET...
	missing='' packages=''
	find_system
	while read -r set what debian fedora arch alpine macos; do
		case " $* " in *" $set "*) ;; *) continue ;; esac
		case $system in
		debian) package=$debian ;;
		fedora) package=$fedora ;;
		arch) package=$arch ;;
		alpine) package=$alpine ;;
		macos) package=$macos ;;
		*) package=unknown ;;
		esac
		if [ "$package" = - ] || is_there "$what"; then continue; fi
		missing="$missing ${what#*:}"
		case " $packages " in *" $package "*) ;; *) packages="$packages $package" ;; esac
	done <<-TABLE
		$(needs)
	TABLE
}

# A fresh machine and a container image have no package lists.
lists_are_there() {
	for list in /var/lib/apt/lists/*_Packages*; do
		[ -e "$list" ] && return 0
	done
	return 1
}
# The command that installs $packages, on one line, to be run by root.
command_for_packages() {
	case $system in
	debian)
		lists_are_there || printf 'apt-get update && '
		printf 'DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends'
		echo " -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3$packages" # a new machine updates itself first
		;;
	fedora) echo "dnf install -y --setopt=install_weak_deps=False$packages" ;;
	arch)
		# Keep the lists that are there: new ones would make a partial upgrade.
		refresh=
		[ -e /var/lib/pacman/sync/core.db ] || refresh=y
		echo "pacman -S$refresh --needed --noconfirm$packages"
		;;
	alpine) echo "apk add --update-cache$packages" ;;
	macos)
		case $packages in *xcode*) echo 'xcode-select --install' ;; esac
		rest=
		for package in $packages; do
			[ "$package" = xcode ] || rest="$rest $package"
		done
		[ -z "$rest" ] || echo "brew install$rest"
		;;
	*) fail 69 "missing:$missing; install them with the package manager of this system" ;;
	esac
}

# The tests run sshd in a network of their own.  Its package would start it for the
# machine's network, now and at every boot, and open a port.  An sshd that install.sh
# brings is kept from both; one that was there keeps running.
policy=/usr/sbin/policy-rc.d
keep_sshd_down() {
	[ -e "$policy" ] && return 0 # the administrator's own: sshd is stopped afterwards
	trap 'rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM HUP
	printf '#!/bin/sh\n# of cxssh: no package starts a service for now\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}
disable_sshd() {
	now=
	[ ! -d /run/systemd/system ] || now=--now
	for unit in ssh.socket ssh.service sshd.socket sshd.service; do
		# shellcheck disable=SC2086 # an option or none
		systemctl disable $now "$unit" || deb-systemd-helper disable "$unit" || :
	done >/dev/null 2>&1
	update-rc.d ssh disable >/dev/null 2>&1 || : # Debian without systemd
}
install_packages() { # as root, or on macos as the owner of brew
	command=$(command_for_packages)
	case $missing in *sshd*) brings_sshd=yes ;; *) brings_sshd=no ;; esac
	say "missing:$missing"
	[ "$brings_sshd" = no ] || [ "$system" != debian ] || keep_sshd_down
	echo "$command"
	if ! sh -c "$command" </dev/null; then
		# Old lists name packages that the mirror no longer has.
		[ "$system" = debian ] || fail 69 "this did not work: $command"
		apt-get update </dev/null || :
		command=$(command_for_packages)
		sh -c "$command" </dev/null || fail 69 "this did not work: $command"
	fi
	[ "$brings_sshd" = no ] || disable_sshd
}

can_sudo() {
	command -v sudo >/dev/null || return 1
	sudo -n true 2>/dev/null || [ -t 0 ]
}
install_needs() { # [--for-tests | --for-ci | --for-ports | --for-clients | --for-packages] [--dry-run]
	for_tests='' dry_run=no sets=all
	for option; do
		case $option in
		--for-tests) for_tests=' --for-tests' sets='all tests' ;;
		--for-ci) for_tests=' --for-ci' sets='all tests ci cold' ;;
		--for-ports) for_tests=' --for-ports' sets='all tests ports' ;;
		--for-clients) for_tests=' --for-clients' sets='all tests cold clients' ;;
		--for-packages) for_tests=' --for-packages' sets='all packages' ;;
		--dry-run) dry_run=yes ;;
		*) fail 64 "--deps knows no $option; run: ./install.sh --help" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list
	find_missing $sets
	[ -n "$missing" ] || return 0
	if [ "$dry_run" = yes ]; then
		command_for_packages
	elif [ "$system" = unknown ]; then
		command_for_packages
	elif [ "$system" = macos ]; then
		case $packages in *xcode*) fail 69 "missing:$missing; run: xcode-select --install" ;; esac
		command -v brew >/dev/null ||
			fail 69 "missing:$missing; with Homebrew, run: $(command_for_packages)"
		install_packages
	elif [ "$(id -u)" = 0 ]; then
		install_packages
		# shellcheck disable=SC2086 # a list
		find_missing $sets
		[ -z "$missing" ] || fail 69 "still missing:$missing"
	elif can_sudo; then
		# shellcheck disable=SC2086 # an option or none
		exec sudo sh "$me" --deps $for_tests
	else
		fail 69 "missing:$missing; as root, run: sh $me --deps$for_tests (it runs $(command_for_packages))"
	fi
}

# Not all readers of ssh_config know quotes in a ProxyCommand.
check_prefix() {
	case $prefix in
	/*) ;;
	*) prefix=$(pwd)/$prefix ;;
	esac
	while :; do
		case $prefix in
		/) break ;;
		*/) prefix=${prefix%/} ;;
		*) break ;;
		esac
	done
	case $prefix in
	*[!A-Za-z0-9_./+@=,-]* | *..*)
		fail 64 "ssh_config can only name a path of letters, digits and . _ - + @ = , and not $prefix; run: ./install.sh --prefix DIR"
		;;
	esac
}
default_prefix() {
	if [ "$(id -u)" = 0 ]; then echo /usr/local
	elif [ -n "${HOME-}" ]; then echo "$HOME/.local"
	else fail 64 'no HOME to install into; run: ./install.sh --prefix DIR'
	fi
}
check_needs() {
	find_missing all
	[ -z "$missing" ] || fail 69 "missing:$missing; run: ./install.sh --deps"
}

say_what_is_next() {
	cxssh=cxssh
	case ":$PATH:" in
	*":$prefix/bin:"*) ;;
	*)
		cxssh=$prefix/bin/cxssh
		say "$prefix/bin is not in your PATH; add to ~/.profile: PATH=$prefix/bin:\$PATH"
		;;
	esac
	for token in "${HOME-}"/.cloud66/cx*.json; do
		case $token in *cxprofiles.json) continue ;; esac
		[ ! -s "$token" ] || { say "next, run: $cxssh sync"; return; }
	done
	say "next, run: $cxssh login --token, and then: $cxssh sync"
}
build_and_install() {
	check_needs
	make -s -C "$here" -j "$(getconf _NPROCESSORS_ONLN)" PREFIX="$prefix" all ||
		fail 70 "the build failed"
	make -s -C "$here" PREFIX="$prefix" install || fail 77 "cannot write to $prefix; run: ./install.sh --prefix DIR"
	say "cxssh $(version) is in $prefix/bin"
	say_what_is_next
}
uninstall() {
	command -v make >/dev/null || fail 69 'missing: make; run: ./install.sh --deps'
	[ -e "$prefix/bin/cxssh" ] || fail 66 "no cxssh in $prefix/bin; run: ./install.sh --uninstall --prefix DIR"
	# With the Include left, ssh to every host would start a missing program.
	config=${HOME-}/.ssh/config
	line=$(grep -ns -e '^[^#]*cxssh/config' -e "^[^#]*$prefix/bin/cxssh-proxy" "$config" | head -n 1)
	if [ -n "$line" ]; then
		# A line of the user's own is not cxssh's to take out.
		grep -qs '^include = added' "$HOME/.ssh/cxssh/state" || grep -q '^# BEGIN cxssh' "$config" ||
			fail 78 "$config still uses it; first delete its line ${line%%:*} by hand: ${line#*:}"
		fail 78 "the ssh configuration in $HOME still uses it; first run: $prefix/bin/cxssh sync --remove"
	fi
	make -s -C "$here" PREFIX="$prefix" uninstall || fail 77 "cannot write to $prefix"
	say "removed from $prefix; ~/.ssh, ~/.config/cxssh and ~/.cache/cxssh stay as they are"
}
version() { sed -n 's/^VERSION *:= *//p' "$here/Makefile"; }

main() {
	PATH=$PATH:/usr/sbin:/sbin:/usr/bin/core_perl # not in every user's PATH
	if [ "${INSTALL_UNAME:-$(uname -s)}" = Darwin ]; then # keg-only: not where pkg-config looks
		brew=$(brew --prefix 2>/dev/null || :)/opt
		PKG_CONFIG_PATH=${PKG_CONFIG_PATH-}:$brew/openssl@3/lib/pkgconfig:$brew/curl/lib/pkgconfig
		export PKG_CONFIG_PATH
	fi
	if [ "${1-}" = --deps ]; then
		shift
		install_needs "$@"
		return
	fi
	prefix=${PREFIX-} action=build_and_install
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix)
			[ -n "${2-}" ] || fail 64 '--prefix needs a folder'
			prefix=$2
			shift
			;;
		--prefix=?*) prefix=${1#*=} ;;
		--uninstall) action=uninstall ;;
		--help) usage; return ;;
		--version) echo "cxssh $(version)"; return ;;
		*) fail 64 "no option $1; run: ./install.sh --help" ;;
		esac
		shift
	done
	[ -n "$prefix" ] || prefix=$(default_prefix)
	check_prefix
	"$action"
}
main "$@"
