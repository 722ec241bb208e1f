# SPDX-License-Identifier: MIT
# Completion of cxssh for fish: cxssh completion fish | source
function __cxssh_complete
	set -l words (commandline -opc) (commandline -ct | string unescape)
	set -l found (cxssh complete -- $words[2..-1] 2>/dev/null)
	if test "$found[1]" = :files
		__fish_complete_path (commandline -ct)
	else
		string join \n -- $found
	end
end
complete -c cxssh -f -a '(__cxssh_complete)'
