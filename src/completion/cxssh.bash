# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of cxssh for bash: eval "$(cxssh completion bash)"
_cxssh() {
	local line word quote=${COMP_WORDS[COMP_CWORD]:0:1}
	local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	words=("${words[@]//\\/}") # as they are without quotes
	words=("${words[@]#[\"\']}")
	words=("${words[@]%[\"\']}")
	COMPREPLY=()
	while IFS= read -r line; do
		[ "$line" != :files ] || return 0 # what "-o default" does
		word=${line%%$'\t'*}
		[[ $quote == [\"\'] ]] || printf -v word %q "$word"
		COMPREPLY+=("$word")
	done < <(cxssh complete -- "${words[@]}" 2>/dev/null)
}
complete -o default -F _cxssh cxssh
