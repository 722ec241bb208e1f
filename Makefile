# SPDX-License-Identifier: MIT
# cxssh - see README.md.  Everything set with ?= or named below is for packagers.

PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
DATADIR     ?= $(PREFIX)/share/cxssh
MANDIR      ?= $(PREFIX)/share/man
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR      ?= $(PREFIX)/share/zsh/site-functions
FISHDIR     ?= $(PREFIX)/share/fish/vendor_completions.d
# Where systemd looks for units of users; set by packages, since a prefix of one's own is not there.
USERUNITDIR ?=
INSTALL     ?= install
PKG_CONFIG  ?= pkg-config
CFLAGS      ?= -O2 -g
VERSION     := 1.0.0

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef -Wwrite-strings \
            -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
# The packager's own _FORTIFY_SOURCE stays; 2 replaces the compiler's own, and needs
# optimization.
FORTIFY  := $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN   ?= $(FORTIFY) -fstack-protector-strong -fPIE
ifdef WERROR
WARNINGS += -Werror
endif

# make SANITIZE=1 and plain make never share an object file.
ifdef SANITIZE
B        := build/sanitize
HARDEN   := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK     := $(HARDEN)
else
B        := build/plain
LINK     := $(if $(findstring -fPIE,$(HARDEN)),-pie)
# Functions are looked up at the start: at a first call the loader saves all vector
# registers on the stack, and with them a piece of a key that memcpy() left there.
ifneq ($(shell uname),Darwin)
LINK     += -Wl,-z,relro,-z,now
endif
endif

pkg       = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
override CPPFLAGS += -D_GNU_SOURCE -D_DARWIN_C_SOURCE -Isrc \
                     -DCXSSH_VERSION='"$(VERSION)"' -DBINDIR='"$(BINDIR)"' -DDATADIR='"$(DATADIR)"' \
                     $(call pkg,--cflags libcurl json-c libssh2 libcrypto)
# The holes of libssh2 1.11 (src/bastion/libssh2flaws.h) that your libssh2 has patches for,
# by its changelog: 1 for the ciphers, 2 for RSA, 3 for both.  "table": as src/bastion/
# libssh2.patched says of the version that dpkg or rpm has installed.
LIBSSH2_PATCHED ?= 0
ifeq ($(LIBSSH2_PATCHED),table)
override LIBSSH2_PATCHED := $(or $(shell { dpkg-query -W -f '$${Version}\n' 'libssh2-1*' || \
	rpm -q --qf '%{VERSION}-%{RELEASE}\n' libssh2; } 2>/dev/null | \
	awk 'NR == FNR { v[$$1] = 1; next } $$1 in v { print $$2 }' - src/bastion/libssh2.patched),0)
endif
override CPPFLAGS += -DLIBSSH2_PATCHED=$(LIBSSH2_PATCHED)
# Linux alone has it; without it the broker's system calls are not filtered.
SECCOMP  := $(if $(call pkg,--exists libseccomp && echo yes),libseccomp)
ifneq ($(SECCOMP),)
override CPPFLAGS += -DHAVE_SECCOMP $(call pkg,--cflags $(SECCOMP))
endif
override CFLAGS   += -std=c11 -pthread $(WARNINGS) $(HARDEN)
override LDFLAGS  += -pthread $(LINK)
LIBS     := $(call pkg,--libs libcurl json-c libssh2 libcrypto $(SECCOMP))

# cxssh-proxy links the modules that LAYERS lists for it, and libc.
PROXY_MODULES := $(shell sed -n 's/^program proxy\.c //p' src/LAYERS)
PROXY       := src/proxy.c $(foreach r,$(PROXY_MODULES),src/$(r).c)
MODULES       := $(filter-out src/cxssh.c src/proxy.c,$(wildcard src/*.c src/*/*.c))
MODULE_OBJ    := $(MODULES:%.c=$(B)/%.o)
UNITS       := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
DRIVERS     := $(patsubst %.c,$(B)/%,$(wildcard tests/integration/*.c))
SANDBOX_SRC := $(wildcard tests/sandbox/*.c)
FUZZERS     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TESTS  := $(FUZZERS:%=$(B)/tests/fuzz/fuzz_%)

# Laid out as it will be installed, so that it runs from here: programs find
# each other in bin, and the templates in ../share.
TEMPLATES := $(patsubst %,$(B)/share/cxssh/%,$(wildcard ssh_config.d/*.conf))
COMPLETION := $(patsubst src/%,$(B)/share/cxssh/%,$(wildcard src/completion/cxssh.*))
all: $(B)/bin/cxssh $(B)/bin/cxssh-proxy $(TEMPLATES) $(COMPLETION)

$(B)/share/cxssh/%.conf: %.conf
	@mkdir -p $(@D)
	cp $< $@

$(B)/share/cxssh/completion/%: src/completion/%
	@mkdir -p $(@D)
	cp $< $@

$(B)/bin/cxssh: $(B)/src/cxssh.o $(MODULE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/bin/cxssh-proxy: $(PROXY:%.c=$(B)/%.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(B)/%.o: %.c | need-libraries
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The version is in these.
$(B)/src/cxssh.o $(B)/src/cloud66/request.o $(B)/src/doctor/bugreport.o: Makefile

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(MODULE_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/integration/%: $(B)/tests/integration/%.o $(MODULE_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/portability/%: $(B)/tests/portability/%.o $(MODULE_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# A fuzz target is linked twice: as a test that runs its corpus, and with libFuzzer.
# tests/fuzz/answers.c takes the place of the modules that speak HTTP.
FUZZ_MODULES := $(filter-out $(B)/src/http/http.o $(B)/src/command/%,$(MODULE_OBJ)) $(B)/tests/fuzz/answers.o \
              $(B)/tests/fuzz/fuzz.o
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/standalone.o $(FUZZ_MODULES)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/fuzz/%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/libfuzzer.o $(FUZZ_MODULES)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/sandbox-api: $(SANDBOX_SRC:%.c=$(B)/%.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg,--libs libmicrohttpd json-c libcrypto)

# One line says what is missing, instead of a page of compiler errors.
need-libraries:
	@for p in libcurl json-c libssh2 libcrypto; do \
		$(PKG_CONFIG) --exists $$p 2>/dev/null || { \
		echo "cxssh: $$p and its headers are missing; run: ./install.sh --deps" >&2; exit 1; }; done
	@$(PKG_CONFIG) --atleast-version=7.81 libcurl || { \
		echo "cxssh: libcurl 7.81 or newer is needed" >&2; exit 1; }
	@[ -n "$(SECCOMP)" ] || [ "$$(uname)" != Linux ] || \
		echo "cxssh: built without libseccomp: the system calls of a gateway's broker are not filtered" >&2

# What the tests, the demo and the shell run; built before anything of theirs starts.
sandbox-programs: all $(B)/tests/sandbox-api
	@tests/sandbox/make-keys $(B)/tests/sandbox-keys

# Compile on all processors unless make was given -j.
SPREAD = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

# The two commands of the README.
demo: deps
	@$(MAKE) --no-print-directory -s $(SPREAD) sandbox-programs
	@CXSSH_BUILD="$(CURDIR)/$(B)" tests/sandbox/sandbox --or-loopback tests/sandbox/demo

# A program that nohup started has SIGHUP ignored, and its children inherit that; a shell
# cannot reset it.
HUP_DEFAULT := $(shell env --default-signal=HUP true 2>/dev/null && echo env --default-signal=HUP)
# What needs no rights, no network and no sandbox; and the integration tests, of which
# tests/long.list names those that take long.
UNIT_TESTS  := tests/layers.sh tests/banned.sh tests/words.sh tests/citations.sh tests/man.sh tests/messages.sh $(UNITS) $(FUZZ_TESTS)
INTEGRATION := $(sort $(wildcard tests/integration/t*.sh))
LONG_TESTS  := $(filter $(INTEGRATION),$(shell sed -n 's|^\(t[^ ]*\).*|tests/integration/\1.sh|p' tests/long.list))
CI_TESTS    := $(filter $(INTEGRATION),$(shell sed -n 's|^\(t[^ ]*\) *. ci: .*|tests/integration/\1.sh|p' tests/long.list))
QUICK_TESTS := $(filter-out $(LONG_TESTS),$(INTEGRATION))
TESTS       ?= $(UNIT_TESTS) $(QUICK_TESTS)
RUN_TESTS    = CXSSH_BUILD="$(CURDIR)/$(B)" $(HUP_DEFAULT) tests/run --timer -j$(or $(JOBS),4) $(if $(V),-v)
check: deps
	@$(MAKE) --no-print-directory $(if $(V),,-s) $(SPREAD) run-tests

run-tests: sandbox-programs $(filter $(B)/%,$(TESTS)) $(DRIVERS)
	$(RUN_TESTS) $(TESTS)

# All others: fault tables, kill at every call, cycles, hostile fleets.
check-long:
	@$(MAKE) --no-print-directory check TESTS="$(LONG_TESTS)"

# Those of them that .ci/run has, too.
check-ci:
	@$(MAKE) --no-print-directory check TESTS="$(CI_TESTS)"

# Demo, warnings and check on fresh Debians; as root.  tests/systems/run says how.
check-systems:
	@tests/systems/run $(or $(SYSTEMS),trixie sid)

# For packagers, and wherever namespaces are refused.
check-unit:
	@$(MAKE) --no-print-directory $(if $(V),,-s) $(SPREAD) run-unit-tests

run-unit-tests: all $(UNITS) $(FUZZ_TESTS)
	$(RUN_TESTS) $(UNIT_TESTS)

# Real ssh clients; those that are not installed are skipped, each by its name.
# CLIENTS='scp borg' runs those; TABLE=src/doc/clients.md renews its table of clients, and that of README.md.
# The longest one first.
ALL_CLIENTS = tests/clients/failures.sh $(sort $(filter-out %/clients.sh %/failures.sh,$(wildcard tests/clients/*.sh)))
check-clients: deps
	@$(MAKE) --no-print-directory -s $(SPREAD) sandbox-programs $(DRIVERS)
	$(if $(COLUMN),,@tests/clients/fetch-npm)
	@rm -f $(B)/clients
	$(if $(TABLE),CLIENTS_REPORT="$(CURDIR)/$(B)/clients") $(RUN_TESTS) $(or $(CLIENTS:%=tests/clients/%.sh),$(ALL_CLIENTS)) $(if $(TABLE),; status=$$?; tests/clients/write-table "$(B)/clients" "$(TABLE)" README.md; exit $$status)

# Each client as the very first one after cxssh sync: those that need few packages, and none
# of npm.
COLD_CLIENTS := ssh scp sftp rsync git vscode zed mutagen jetbrains cold paramiko asyncssh \
                fabric ansible libssh lftp borg unison hg pssh netssh netscp sshkit plink
check-clients-cold:
	@COLUMN=cold $(MAKE) --no-print-directory check-clients COLUMN=cold CLIENTS="$(COLD_CLIENTS)"

shell: deps
	@$(MAKE) --no-print-directory -s $(SPREAD) sandbox-programs
	@CXSSH_BUILD="$(CURDIR)/$(B)" tests/sandbox/sandbox tests/sandbox/shell

# make bench BENCH='--only direct --rounds 5'; what there is: tests/bench/bench --help
BENCH_TOOLS := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))
$(B)/tests/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

bench: deps
	@$(MAKE) --no-print-directory -s $(SPREAD) sandbox-programs $(BENCH_TOOLS)
	@CXSSH_BUILD="$(CURDIR)/$(B)" tests/bench/bench $(BENCH)

# make fuzz FUZZ_SECONDS=3600 FUZZERS='route config'; see tests/fuzz/README.md
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz: ci-deps
	@$(MAKE) --no-print-directory -s $(SPREAD) B=build/fuzz CC=clang CFLAGS='-O1 -g' WARNINGS=-w \
		HARDEN='$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link' \
		LINK='$(FUZZ_FLAGS) -fsanitize=fuzzer' fuzz-programs
	@tests/fuzz/run build/fuzz/fuzz $(FUZZERS)

fuzz-programs: $(FUZZERS:%=$(B)/fuzz/%)

# Which lines the tests run, of the modules in tests/coverage.list.  It judges no test.
coverage: deps
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || :
	@$(MAKE) --no-print-directory -s $(SPREAD) B=build/coverage CC=gcc CFLAGS='-O0 -g' WARNINGS=-w \
		HARDEN=--coverage LINK=--coverage run-tests \
		TESTS='$$(UNIT_TESTS) $$(QUICK_TESTS) $$(CI_TESTS)' || :
	@tests/coverage build/coverage

analyse: ci-deps
	@tests/analyse $(CPPFLAGS)

# All that is compiled, linked to nothing.
source-objects: $(MODULE_OBJ) $(B)/src/cxssh.o $(B)/src/proxy.o
objects: source-objects $(SANDBOX_SRC:%.c=$(B)/%.o) \
         $(patsubst %.c,$(B)/%.o,$(wildcard tests/fuzz/*.c))

# musl, 32 bits, ARM, macOS: what can be shown here; see tests/portability/run
check-portability: ports-deps
	@prove $(if $(V),-v) --exec '' tests/portability/run

# Installs what is missing, as root or with sudo; says what is missing otherwise.
deps:
	@./install.sh --deps --for-tests

# What only make fuzz, make analyse and CI need.
ci-deps:
	@./install.sh --deps --for-ci
ports-deps:
	@./install.sh --deps --for-ports

# The source of the last commit, and packages of it, in build/dist; recipes are for Arch,
# Alpine and Homebrew.  See src/doc/packagers.md.
package-deps:
	@./install.sh --deps --for-packages
dist:
	@src/packaging/dist build/dist
deb: package-deps
	@src/packaging/deb build/dist
rpm: package-deps
	@src/packaging/rpm/build build/dist HEAD $(RPM)
recipes: dist
	@src/packaging/fill build/dist

# Packages on this machine; as root on fresh Debians: tests/systems/run --steps package
check-packages: package-deps
	@$(RUN_TESTS) tests/packages/packages.sh

# All of a release, from the tag v$(VERSION); it changes nothing but build/release.
release:
	@src/packaging/release $(RELEASE)

# The recording in README.md.
recording: deps
	@$(MAKE) --no-print-directory -s $(SPREAD) sandbox-programs
	@CXSSH_BUILD="$(CURDIR)/$(B)" tests/sandbox/record tests/sandbox/sandbox tests/sandbox/demo >build/demo.svg
	@mv build/demo.svg src/doc/demo.svg

# Does the API answer for your account as cxssh expects?  It only reads; see tests/account.
check-account:
	@tests/account $(ACCOUNT)

# What CI runs before a change is taken, and what it runs each night.
ci:
	@.ci/run
nightly:
	@.ci/nightly

# Each version of clang-format formats otherwise: version 14, Debian 12's, decides.
CLANG_FORMAT ?= $(firstword $(shell command -v clang-format-14 clang-format))
C_FILES       = $(shell find src tests -name '*.[ch]')
format:
	@$(CLANG_FORMAT) -i $(C_FILES)

check-format:
	@case "$$($(or $(CLANG_FORMAT),echo no clang-format) --version)" in \
	*'version 14.'*) $(CLANG_FORMAT) --dry-run --Werror $(C_FILES) && \
		echo "$(words $(C_FILES)) files as clang-format 14 has them" ;; \
	*) echo "skipped: only clang-format 14 judges the format" ;; esac

# Left out: advice; what shellcheck would know only if it could follow a test into lib.sh
# (2034, 2154); "name=" and "mkdir -p -m", which are meant (1007, 2174); and files that it
# takes for commands, such as >patch (2238).
SCRIPTS = $(shell grep -rlE '^(\#!/bin/(ba)?sh|\# shellcheck shell=)' --exclude-dir=.git --exclude-dir=build .)
check-scripts:
	@shellcheck --severity=warning --exclude=SC2034,SC2154,SC1007,SC2174,SC2238 $(SCRIPTS)
	@echo "$(words $(SCRIPTS)) scripts, no warning"

# A path as one word of the shell, whatever is in it.
quoted = '$(subst ','\'',$(1))'
to_bin  = $(call quoted,$(DESTDIR)$(BINDIR))
to_data = $(call quoted,$(DESTDIR)$(DATADIR))
to_man  = $(call quoted,$(DESTDIR)$(MANDIR))
to_bash = $(call quoted,$(DESTDIR)$(BASHDIR))
to_zsh  = $(call quoted,$(DESTDIR)$(ZSHDIR))
to_fish = $(call quoted,$(DESTDIR)$(FISHDIR))
to_unit = $(call quoted,$(DESTDIR)$(USERUNITDIR))
UNITS_OF_USER = cxssh-sync.service cxssh-sync.timer
EXAMPLES = $(UNITS_OF_USER) com.cxssh.sync.plist
MAN1    = $(notdir $(wildcard src/man/*.1))
MAN5    = $(notdir $(wildcard src/man/*.5))

install: all
	$(INSTALL) -d $(to_bin) $(to_data)/ssh_config.d $(to_man)/man1 $(to_man)/man5
	@# Both whole under other names first: every ssh of the user may depend on the old ones.
	@set -e; to=$(to_bin); trap 'rm -f "$$to/.cxssh.new" "$$to/.cxssh-proxy.new"' EXIT; \
	for p in cxssh-proxy cxssh; do $(INSTALL) -m 755 $(B)/bin/$$p "$$to/.$$p.new"; done; \
	sync "$$to/.cxssh-proxy.new" "$$to/.cxssh.new"; \
	for p in cxssh-proxy cxssh; do mv -f "$$to/.$$p.new" "$$to/$$p"; done
	$(INSTALL) -m 644 ssh_config.d/*.conf $(to_data)/ssh_config.d/
	$(INSTALL) -d $(to_data)/examples
	$(INSTALL) -m 644 $(EXAMPLES:%=src/packaging/%) $(to_data)/examples/
	$(INSTALL) -m 644 $(MAN1:%=src/man/%) $(to_man)/man1/
	$(INSTALL) -m 644 $(MAN5:%=src/man/%) $(to_man)/man5/
	$(INSTALL) -d $(to_data)/completion $(to_bash) $(to_zsh) $(to_fish)
	$(INSTALL) -m 644 src/completion/cxssh.* $(to_data)/completion/
	$(INSTALL) -m 644 src/completion/cxssh.bash $(to_bash)/cxssh
	$(INSTALL) -m 644 src/completion/cxssh.zsh $(to_zsh)/_cxssh
	$(INSTALL) -m 644 src/completion/cxssh.fish $(to_fish)/cxssh.fish
ifneq ($(USERUNITDIR),)
	$(INSTALL) -d $(to_unit)
	$(INSTALL) -m 644 $(UNITS_OF_USER:%=src/packaging/%) $(to_unit)/
endif

# Of the files that install made, each by its name; of folders, its own if they are empty.
uninstall:
	rm -f $(foreach p,cxssh cxssh-proxy .cxssh.new .cxssh-proxy.new,$(to_bin)/$p)
	rm -f $(foreach f,$(notdir $(wildcard ssh_config.d/*.conf)),$(to_data)/ssh_config.d/$(f))
	rm -f $(foreach f,$(EXAMPLES),$(to_data)/examples/$(f))
	rmdir $(to_data)/examples 2>/dev/null || :
	rm -f $(foreach f,$(MAN1),$(to_man)/man1/$f) $(foreach f,$(MAN5),$(to_man)/man5/$f)
	rm -f $(foreach f,$(notdir $(wildcard src/completion/cxssh.*)),$(to_data)/completion/$(f))
	rm -f $(to_bash)/cxssh $(to_zsh)/_cxssh $(to_fish)/cxssh.fish
	$(if $(USERUNITDIR),rm -f $(foreach f,$(UNITS_OF_USER),$(to_unit)/$f))
	rmdir $(to_data)/completion $(to_data)/ssh_config.d $(to_data) 2>/dev/null || :

clean:
	rm -rf build

.PHONY: all need-libraries sandbox-programs demo check run-tests check-long check-ci check-unit check-systems run-unit-tests \
        check-portability check-clients check-clients-cold shell bench deps ci-deps ports-deps ci nightly fuzz fuzz-programs coverage analyse \
        source-objects objects format check-format check-scripts \
        dist deb rpm recipes package-deps check-packages release recording check-account install uninstall clean
.SECONDARY:
-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
