#!/bin/sh
# SPDX-License-Identifier: MIT
# git over ssh: clones, fetches in parallel, submodules, archives.
# shellcheck disable=SC1091,SC2034,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs git
export GIT_AUTHOR_NAME=tester GIT_AUTHOR_EMAIL=t@example.test
export GIT_COMMITTER_NAME=tester GIT_COMMITTER_EMAIL=t@example.test
git init -q first && cd first && echo content >file && git add file && git commit -q -m first && cd ..
for server in lion otter; do
	git clone -q --bare first "$SANDBOX/hosts/$server/home/$server.git"
	[ "$(id -u)" != 0 ] || chown -R "$SANDBOX_UID" "$SANDBOX/hosts/$server/home/$server.git"
done
cat >reach <<'SH'
#!/bin/sh
case $1 in *otter) server=otter ;; *) server=lion ;; esac
git clone -q "$1:$server.git" "clone.$$" && [ -s "clone.$$/file" ] && echo "$server"
SH
battery git "$(version_of git --version)"

cold
it 'git archive --remote has the files of a cold server' \
	sh -c "git archive --remote=myapp-lion:lion.git HEAD | tar t | grep -qx file"
many_remotes() {
	git init -q many && cd many || return 1
	for number in 1 2 3 4; do
		git remote add "lion$number" myapp-lion:lion.git
		git remote add "otter$number" "$behind:otter.git"
	done
	git fetch -q --all -j8; status=$?
	cd ..; return "$status"
}
cold
it 'git fetch -j8 fetches from eight remotes on two cold servers' many_remotes
git config --global protocol.file.allow always
super=$work/super
git init -q "$super"
for number in 1 2 3; do
	git -C "$super" submodule --quiet add "ssh://myapp-lion/~/lion.git" "part$number"
done
git -C "$super" commit -q -m parts
rm -rf "$super/.git/modules"
submodules() {
	git clone -q "$super" with-parts && git -C with-parts submodule --quiet update --init --jobs 3 &&
		[ -s with-parts/part3/file ]
}
cold
it 'git clones three submodules at once' submodules
cold
it 'git by GIT_SSH_COMMAND' env GIT_SSH_COMMAND='ssh -T -o BatchMode=yes' git ls-remote -q myapp-lion:lion.git
it 'git by core.sshCommand' git -c core.sshCommand='ssh -C' ls-remote -q "$behind:otter.git"
it 'git pushes' git -C first push -q "$behind:otter.git" HEAD:refs/heads/pushed
done_testing
