#!/bin/sh
# SPDX-License-Identifier: MIT
# cxssh login in a real browser, Chromium without a window.
# shellcheck disable=SC1091,SC2154,SC2034,SC2016 # lib.sh
SANDBOX_OPTIONS='--hosts lion --no-login --lease-delay 0'
. "$(dirname "$0")/../lib.sh"
command -v chromium >/dev/null || skip_all 'chromium is not installed; run: ./install.sh --deps --for-clients'

CXSSH_BASE_URL=$SANDBOX_BASE_URL; export CXSSH_BASE_URL
cat >browser <<'END'
#!/bin/sh
cd "$SANDBOX/work" && HOME=$SANDBOX/work timeout 100 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
	--ignore-certificate-errors --no-first-run --user-data-dir="$SANDBOX/work/chromium" \
	--screenshot="$SANDBOX/work/page.png" --dump-dom "$1" >page.new 2>chromium.err
mv page.new page
END
chmod +x browser
in_browser() { BROWSER=$work/browser CXSSH_CLIENT_ID=sandbox-client CXSSH_CLIENT_SECRET=sandbox-secret within 120 cxssh login; }
it 'cxssh logs in with Chromium' prints "^logged in to $SANDBOX_BASE_URL\$" in_browser
it 'Chromium has ended' wait_up_to 60 test -e page
it 'Chromium shows the page that may be closed' grep -q 'cxssh is logged in.  *This page may be closed' page
it 'cxssh works then' quietly cxssh sync --yes
[ -z "${SCREENSHOT-}" ] || cp page.png "$SCREENSHOT"
done_testing
