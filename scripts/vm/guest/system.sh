# The checks of a machine with a whole Debian: the agent as the service that its
# own install makes of it. The machine starts twice; /var/lib/vm-stage says which
# time it is.
# shellcheck shell=sh disable=SC1091,SC2015,SC2086

AGENT=/usr/local/bin/eljefe-agent STATE=/var/lib/eljefe-agent
. /vm/checks.sh

unit=eljefe-agent.service
main_pid() { systemctl show -P MainPID $unit; }
another_runs() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ] && agent status; }

# sees WORD tells whether the agent has seen something be run from a folder.
run_from() { mkdir -p "$1" && cp /bin/true "$1/from-here" && "$1/from-here" "$2-1"; }

install_agent() {
  say "data kernel \"$(uname -r), systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')\""
  check 'service: install' /vm/eljefe-agent install --server "$VM_SERVER" --authority "$VM_AUTHORITY" --key "$VM_KEY" --proxy none
  check 'service: active' systemctl is-active $unit
  check 'service: enabled' systemctl is-enabled $unit
  check 'service: status' eventually 60 agent status
  [ ! -e $STATE/enrolment.key ] && say 'ok service: the key was removed' || say 'FAIL service: the enrolment key is still there'
  check 'service: its unit is right' systemd-analyze verify /etc/systemd/system/$unit
  say "note systemd-analyze security: $(systemd-analyze security $unit --no-pager | tail -n 1)"
}

# survive has the agent killed and upgraded.
survive() {
  pid=$(main_pid)
  kill -KILL "$pid"
  check 'service: killed, it comes back' eventually 30 another_runs "$pid"
  pid=$(main_pid)
  check 'service: install again' /vm/eljefe-agent install
  check 'service: the new one runs' eventually 30 another_runs "$pid"
}

remove_agent() {
  check 'service: uninstall' $AGENT uninstall
  for file in $AGENT /etc/systemd/system/$unit; do
    [ ! -e $file ] || say "FAIL service: uninstall left $file"
  done
  systemctl is-active $unit >/dev/null && say 'FAIL service: it runs after uninstall'
  [ -e $STATE/station.pem ] && say 'ok service: its key stays' || say 'FAIL service: uninstall removed the key'
  check 'service: install as the same station' /vm/eljefe-agent install
  check 'service: purge' $AGENT uninstall --purge
  for file in $AGENT /etc/systemd/system/$unit /etc/eljefe-agent $STATE; do
    [ ! -e $file ] || say "FAIL service: purge left $file"
  done
}

journal() {
  journalctl -u $unit -o cat --no-pager | grep -v 'level=INFO' | while read -r line; do say "log $line"; done
}

case $(cat /var/lib/vm-stage 2>/dev/null) in
'')
  echo second >/var/lib/vm-stage
  install_agent
  selftest
  run_from /tmp/folder tmp
  run_from /home/somebody home
  storm
  clock
  usb
  survive
  say "data status $(agent status --json | tr -d '\n')"
  journal
  systemctl reboot
  ;;
second)
  check 'service: status after a reboot' eventually 60 agent status
  check 'service: selftest after a reboot' agent selftest
  acknowledged || say 'FAIL service: after the reboot nothing was acknowledged'
  pid=$(main_pid)
  began=$(uptime)
  check 'end' systemctl stop $unit
  [ $(($(uptime) - began)) -lt 1100 ] || say 'FAIL end: it took longer than 11 seconds'
  [ "$(systemctl show -P Result $unit)" = success ] || say "FAIL end: $(systemctl show -P Result $unit)"
  journal
  remove_agent
  say 'finished'
  systemctl poweroff
  ;;
esac
