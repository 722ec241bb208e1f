#!/bin/sh
# SPDX-License-Identifier: MIT
# Includes go to lower layers only, each library has its module, and a program may reach
# only what it is said to.  src/LAYERS says so, line by line:
#
#   layer FOLDER NUMBER         a folder may include from lower layers, and itself
#   may FOLDER FOLDER           the first may include from the second, of the same layer
#   library PREFIX MODULE...    <PREFIX...> may be included by these modules only
#   program FILE MODULE...      FILE may reach these modules only, through whatever it
#                               includes, and no library; base/* is all of base; more
#                               lines of FILE add to the first
#
# A module is folder/name, for name.h and name.c together.  Files directly in src
# are the programs, above all layers.  Includes are written "folder/name.h".
# shellcheck disable=SC1091,SC2317 # tap.sh; functions are called through it()
set -u
tests=$(cd "$(dirname "$0")" && pwd)
. "$tests/tap.sh"

# complaints FOLDER - what FOLDER, a src, does against its LAYERS
complaints() {
	cd "$1" || return 1
	# shellcheck disable=SC2046 # no name with a space gets far here
	awk '
	function module(path) { sub(/\.[ch]$/, "", path); return path }
	function folder(path) { return sub(/\/.*/, "", path) ? path : "" }
	function bad(text) { if (!(text in said)) { said[text] = 1; print text } }
	function among(name, list,    item, i, n) {
		n = split(list, item, " ")
		for (i = 1; i <= n; i++) {
			if (item[i] == name) return 1
			if (sub(/\*$/, "", item[i]) && index(name, item[i]) == 1) return 1
		}
		return 0
	}
	function rest(first,    text, i) {
		for (i = first; i <= NF; i++) text = text " " $i
		return text
	}
	function check_arrow(file, it,    from, to) {
		from = folder(file); to = folder(it)
		if (to == "") bad(file " includes \"" it "\": write it as \"folder/name.h\"")
		else if (!(to in layer)) bad(file " includes " it ", whose folder is not in LAYERS")
		else if (from == "" || from == to || (from, to) in may) return
		else if (layer[to] == layer[from])
			bad(file " includes " it ": " from " and " to \
			    " are neighbours, and LAYERS has no line \"may " from " " to "\"")
		else if (layer[to] > layer[from])
			bad(file " (layer " layer[from] ") includes " it " (layer " layer[to] \
			    "), which is above")
	}
	function check_library(file, header,    library) {
		for (library in home)
			if (index(header, library) == 1) {
				uses[module(file)] = header
				if (!among(module(file), home[library]))
					bad(file " includes <" header ">, which is for" home[library])
				return
			}
		if (header ~ /\// && header !~ /^(sys|net|netinet|arpa|linux|asm|mach-o)\//)
			bad(file " includes <" header ">, of a library that is not in LAYERS")
	}
	# Walk from a program through every module that it links, header and source.
	function reach(program, me, path,    item, i, n) {
		if ((program, me) in seen) return
		seen[program, me] = 1
		if (me in uses)
			bad("src/" program " reaches <" uses[me] ">, and may reach no library (" path ")")
		n = split(arrows[me], item, " ")
		for (i = 1; i <= n; i++) {
			if (!among(item[i], program_may[program])) {
				bad("src/" program " reaches " item[i] ", which its line in LAYERS does not" \
				    " allow (" path " -> " item[i] ")")
				seen[program, item[i]] = 1
			} else reach(program, item[i], path " -> " item[i])
		}
	}
	FILENAME == "LAYERS" {
		if ($1 == "layer" && NF == 3) layer[$2] = $3 + 0
		else if ($1 == "may" && NF == 3) may[$2, $3] = 1
		else if ($1 == "library" && NF > 2) home[$2] = rest(3)
		else if ($1 == "program" && NF > 1) program_may[$2] = program_may[$2] rest(3)
		else if ($1 !~ /^#/ && NF > 0) bad("LAYERS:" FNR ": not understood: " $0)
		next
	}
	FNR == 1 && folder(FILENAME) != "" && !(folder(FILENAME) in layer) {
		bad(FILENAME ": its folder is not in LAYERS")
		layer[folder(FILENAME)] = 99
	}
	/^[ \t]*#[ \t]*include[ \t]+"/ {
		split($0, part, "\"")
		check_arrow(FILENAME, part[2])
		from = module(FILENAME); to = module(part[2])
		if (from == to || (from, to) in edge) next
		edge[from, to] = FILENAME
		arrows[from] = arrows[from] " " to
		if ((to, from) in edge)
			bad(from " and " to " include each other: one stands wrong, or a third is missing")
	}
	/^[ \t]*#[ \t]*include[ \t]+</ {
		split($0, part, /[<>]/)
		check_library(FILENAME, part[2])
	}
	END { for (program in program_may) reach(program, module(program), program) }
	' LAYERS $(find . -name '*.[ch]' | sed 's,^\./,,' | sort)
}

# The check is checked: each planted fault must be found, and nothing else.
plant() { # FILE LINE...
	mkdir -p "$(dirname "$src/$1")"
	planted=$1; shift
	printf '%s\n' "$@" >"$src/$planted"
}
plant_tree() {
	rm -rf "$src"
	plant LAYERS 'layer base 0' 'layer cloud66 1' 'layer route 2' 'layer access 2' \
		'layer command 3' 'may access route' 'library curl/ cloud66/http' \
		'library json-c/ base/json' 'program proxy.c base/*' 'program proxy.c route/dial'
	plant base/error.c '#include <sys/socket.h>' '#include "base/error.h"'
	plant base/json.c '#include <json-c/json.h>' '#include "base/error.h"'
	plant cloud66/http.c '#include <curl/curl.h>' '#include "base/json.h"'
	plant route/dial.h '#include <stdbool.h>'
	plant route/dial.c '#include "base/error.h"'
	plant access/lease.c '#include "cloud66/http.h"' '#include "route/dial.h"'
	plant command/ssh.c '#include "access/lease.h"'
	plant proxy.c '#include "route/dial.h"'
	plant cxssh.c '#include "command/ssh.h"' '#include "base/error.h"'
}
finds() { # SENTENCE: complaints are it, and it alone
	found=$(complaints "$src")
	[ "$found" = "$1" ] || { printf 'found: %s\n' "$found"; return 1; }
}

# fault 'what' FILE SENTENCE LINE...: plant LINEs in FILE, expect SENTENCE
fault() {
	fault=$1 file=$2 sentence=$3; shift 3
	plant_tree
	plant "$file" "$@"
	it "finds $fault" finds "$sentence"
}

src=$(mktemp -d)/src
trap 'rm -rf "${src%/src}"' EXIT
it 'includes go to lower layers only' says_nothing complaints "$tests/../src"
plant_tree
it 'finds nothing in a tree without faults' finds ''
fault 'an include of a higher layer' base/log.c \
	'base/log.c (layer 0) includes cloud66/http.h (layer 1), which is above' \
	'#include "cloud66/http.h"'
fault 'an include sideways' route/bastion.c \
	'route/bastion.c includes access/lease.h: route and access are neighbours, and LAYERS has no line "may route access"' \
	'#include "access/lease.h"'
fault 'an include without its folder' base/log.c \
	'base/log.c includes "error.h": write it as "folder/name.h"' '#include "error.h"'
fault 'a folder that is not listed' attic/box.c 'attic/box.c: its folder is not in LAYERS' ''
fault 'a library in another module' command/list.c \
	'command/list.c includes <curl/curl.h>, which is for cloud66/http' '#include <curl/curl.h>'
fault 'a library that is not listed' base/log.c \
	'base/log.c includes <openssl/evp.h>, of a library that is not in LAYERS' \
	'#  include <openssl/evp.h>'
fault 'two modules that include each other' base/error.h \
	'base/json and base/error include each other: one stands wrong, or a third is missing
src/proxy.c reaches <json-c/json.h>, and may reach no library (proxy.c -> route/dial -> base/error -> base/json)' \
	'#include "base/json.h"'
fault 'what a program reaches behind its modules' route/dial.h \
	'src/proxy.c reaches cloud66/auth, which its line in LAYERS does not allow (proxy.c -> route/dial -> cloud66/auth)' \
	'#include "cloud66/auth.h"'
fault 'a library that a program reaches' route/dial.h \
	'src/proxy.c reaches <json-c/json.h>, and may reach no library (proxy.c -> route/dial -> base/json)' \
	'#include "base/json.h"'
plant_tree
echo 'roof attic' >>"$src/LAYERS"
it 'finds a line of LAYERS that says nothing' finds 'LAYERS:11: not understood: roof attic'
done_testing
