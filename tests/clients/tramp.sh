#!/bin/sh
# SPDX-License-Identifier: MIT
# Emacs: TRAMP opens a file, by ssh in a terminal of Emacs's own.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs emacs
cat >reach <<'SH'
#!/bin/sh
exec emacs -Q --batch --eval "(progn (require 'tramp) (setq tramp-verbose 1)
  (with-temp-buffer (insert-file-contents \"/ssh:$1:name\") (princ (buffer-string))))"
SH
at_once=1 shows=why
battery 'Emacs TRAMP' "$(version_of emacs --version)"
done_testing
