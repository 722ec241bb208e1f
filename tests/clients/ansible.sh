#!/bin/sh
# SPDX-License-Identifier: MIT
# Ansible with its defaults: ControlPersist, and a control path of its own.
# shellcheck disable=SC1091,SC2154 # clients.sh
. "$(dirname "$0")/clients.sh"
needs ansible
export LC_ALL=C.UTF-8
export ANSIBLE_LOCAL_TEMP="$work/ansible" ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
echo myapp-lion >inventory
ping() { ansible -i inventory all -m ping; }
it 'Ansible pings a server' ping
sleep_masters() { for s in "$HOME"/.ansible/cp/*; do ssh -O exit -o ControlPath="$s" x; done; }
sleep_masters 2>/dev/null
break_lease
it 'Ansible shows the reason' shows_reason ansible -i inventory all -m ping
it 'Ansible shows none of ssh'"'"'s own words for it' is 0 grep -c mm_receive_fd shown
mend_lease
it 'Ansible works again' ping
done_testing
