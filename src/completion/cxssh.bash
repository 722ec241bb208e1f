# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of cxssh for bash: eval "$(cxssh completion bash)"
_cxssh() {
	local line word
	local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	words=("${words[@]//\\/}") # as they are without quotes
	COMPREPLY=()
	while IFS= read -r line; do
		[ "$line" != :files ] || return 0 # what "-o default" does
		printf -v word %q "${line%%$'\t'*}"
		COMPREPLY+=("$word")
	done < <(cxssh complete -- "${words[@]}" 2>/dev/null)
}
complete -o default -F _cxssh cxssh
