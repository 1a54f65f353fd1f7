# What the checks of both kinds of machine are made of. Sourced by a POSIX shell.
#
# A machine speaks with run.sh by lines on its console that begin with VM:
#
#   VM ok NAME TEXT       a check passed
#   VM FAIL NAME TEXT     a check failed
#   VM data NAME JSON     what run.sh is to judge
#   VM ask WHAT           run.sh does something outside and answers with a line
# shellcheck shell=sh disable=SC1091,SC2015

. /vm/settings

say() { printf 'VM %s\n' "$*" >/dev/console; }

# check NAME COMMAND... is a check that is no more than a command.
check() {
  name=$1
  shift
  if output=$("$@" 2>&1); then say "ok $name"; else say "FAIL $name: $* says: $(echo "$output" | tail -n 3 | tr '\n' ' ')"; fi
}

# ask WHAT waits until run.sh has done it.
ask() {
  say "ask $*"
  read -r _ </dev/console
}

# eventually SECONDS COMMAND... tells whether a command succeeds within a time
# that this machine's clock, which is being set, has no part in.
eventually() {
  tries=$(($1 * 5))
  shift
  while [ $tries -gt 0 ]; do
    "$@" >/dev/null 2>&1 && return 0
    tries=$((tries - 1))
    sleep 0.2
  done
  return 1
}

agent() { "${AGENT:-/vm/eljefe-agent}" --state-dir "${STATE:-/state}" "$@"; }

# stream FIELD prints a number of the agent's stream: last, acknowledged, waiting.
stream() { agent status --json | sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" | head -n 1; }

reached() { [ "$(stream acknowledged)" -ge "$1" ]; }

# acknowledged waits until the server has all that has happened until now.
acknowledged() {
  sleep 3 # what happened is told by the sensor, and hashed
  eventually 90 reached "$(stream last)"
}

selftest() {
  results=$(agent selftest --json) && good=0 || good=$?
  say "data selftest $results"
  [ "$good" = 0 ] && say 'ok selftest' || say "FAIL selftest: exit code $good"
}

# uptime prints hundredths of a second since the start, whatever the clock says.
uptime() {
  read -r seconds _ </proc/uptime
  echo "${seconds%.*}${seconds#*.}"
}

# marks N WORD starts N short processes, 500 in a second. Its own shell has no
# other children to wait for.
marks() (
  began=$(uptime)
  i=0
  while [ $i -lt "$1" ]; do
    /bin/true "$2-$i" &
    i=$((i + 1))
    [ $((i % 50)) = 0 ] || continue
    wait
    while [ "$(uptime)" -lt $((began + i / 5)) ]; do sleep 0.02; done
  done
  wait
)

storm() {
  began=$(uptime)
  marks "$VM_STORM" storm
  say "data storm $(($(uptime) - began))"
  acknowledged || say 'FAIL storm: not all of it was acknowledged within 90 seconds'
}

# turn SECONDS sets the clock by so much.
turn() { date -s "@$(($(date +%s) + $1))" >/dev/null; }

# clock sets the clock back an hour and forward again, with processes before,
# between and after. What the server says of the station meanwhile, run.sh looks at.
clock() {
  marks 50 before
  turn -3600
  marks 50 between
  acknowledged || say 'FAIL clock: set back, nothing was acknowledged for 90 seconds'
  ask offset 3600
  turn 3600
  marks 50 after
  acknowledged || say 'FAIL clock: set forward, nothing was acknowledged for 90 seconds'
  ask offset 0
}

# usb_count prints how many devices there are, without controllers.
usb_count() { find /sys/bus/usb/devices -name '[0-9]*' ! -name '*:*' | wc -l; }
usb_is() { [ "$(usb_count)" = "$1" ]; }

# plug WHAT has run.sh plug something in, and waits for the kernel to see it.
plug() {
  there=$(usb_count)
  ask plug "$1"
  eventually 20 usb_is $((there + 1)) || say "FAIL usb: the kernel does not see $1"
}

unplug() {
  there=$(usb_count)
  ask unplug "$1"
  eventually 20 usb_is $((there - 1)) || say "FAIL usb: the kernel still sees $1"
}

mount_stick() {
  eventually 20 [ -b "$1" ] && mkdir -p "$2" && mount -t vfat -o ro "$1" "$2"
}

# usb plugs in and out: a stick that is mounted, a keyboard, a card reader, and
# two sticks of the same make, which also say that they have one serial number.
usb() {
  plug stick
  check 'usb: mount the stick' mount_stick /dev/sda /mnt/stick
  sleep 6 # the agent waits for a volume to be mounted
  umount /mnt/stick
  unplug stick
  plug keyboard
  plug network
  plug twin1
  plug twin2
  sleep 6
  unplug twin1
  unplug keyboard
  acknowledged || say 'FAIL usb: not all of it was acknowledged within 90 seconds'
}
