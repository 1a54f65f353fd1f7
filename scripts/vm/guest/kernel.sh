# The checks of a machine that has a kernel, busybox and the agent, and no more.
# shellcheck shell=sh disable=SC1091,SC2015

. /vm/checks.sh

say "data kernel \"$(uname -r)\""
selftest

# Not by the function: what is started shall be the agent and no shell.
/vm/eljefe-agent --state-dir /state run --server "$VM_SERVER" --authority "$VM_AUTHORITY" --key "$VM_KEY" --proxy none 2>/tmp/agent.log &
agent_pid=$!
if eventually 120 agent status; then
  say 'ok start'
  sleep 20 # the agent tests its sensor by itself
  check 'status' agent status
  storm
  clock
  usb
  check 'status at the end' agent status
  say "data status $(agent status --json | tr -d '\n')"
else
  say "FAIL start: $(agent status 2>&1 | tr '\n' ' ')"
fi

kill -TERM $agent_pid
wait $agent_pid && say 'ok end' || say "FAIL end: exit code $?"
grep -v 'level=INFO' /tmp/agent.log | while read -r line; do say "log $line"; done
say 'finished'
