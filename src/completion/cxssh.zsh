#compdef cxssh
# SPDX-License-Identifier: MIT
# Completion of cxssh for zsh: a file _cxssh in $fpath, or: eval "$(cxssh completion zsh)"
_cxssh() {
	local line
	local -a found
	for line in "${(@f)$(cxssh complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
		if [[ $line == :files ]]; then
			_files
			return
		fi
		[[ -z $line ]] || found+=("${${line%%$'\t'*}//:/\\:}${${(M)line%$'\t'*}/$'\t'/:}")
	done
	_describe -V cxssh found
}
if [[ ${funcstack[1]} == _cxssh ]]; then _cxssh "$@"; else compdef _cxssh cxssh; fi
