# Judges a machine by what the server has of it. Sourced by run.sh, which sets
# station (the machine's name there).
# shellcheck shell=bash disable=SC2154 # at, dir, page, token and storm are run.sh's too

# on_server FILTER prints what the server says of the station of this machine.
on_server() { jefe station list --json --search "$station" | jq -r --arg name "$station" "select(.name == \$name) | $1"; }

# ask_server PATH prints what the API answers.
ask_server() { curl -sS --cacert "$dir/server/keys/authority.pem" -H "Authorization: Bearer $token" "https://localhost:${page##*:}/api/v1/$1"; }

# await_offset SECONDS waits until the server has noticed that the station's clock
# is so much behind its own.
await_offset() {
  local want=$1 tries offset=
  for ((tries = 0; tries < 60; tries++)); do
    offset=$(on_server '.clock_offset_ms // 0')
    [[ $offset ]] && ((offset > want * 1000 - 5000 && offset < want * 1000 + 5000)) && {
      pass "clock: the server says that the station's is $offset ms behind"
      return
    }
    sleep 2
  done
  fail clock "the server says that the station's is $offset ms behind; it is $want s"
}

judge() {
  [[ $(on_server .id) ]] || { fail start 'the server has no such station'; return; }
  jefe export --q "station:$station" >"$at/events.ndjson"
  jefe station gaps --json "$station" >"$at/gaps.ndjson"
  judge_selftest
  judge_storm
  judge_clock
  judge_usb
}

# judge_selftest looks at what each sensor saw of its canary. On a slow machine an
# event may say that its file could not be read in time.
judge_selftest() {
  local sensor start stop error missing
  [[ -e $at/selftest.json ]] || { fail selftest 'there was none'; return; }
  while IFS=$'\t' read -r sensor start stop error missing; do
    if [[ $error != - ]]; then
      fail selftest "$sensor: $error"
    elif [[ $missing != - ]]; then
      fail selftest "$sensor does not tell: $missing"
    else
      pass "selftest: $sensor saw the start after $start ms, the end after $stop ms"
    fi
  done < <(jq -r '
    ["command_line", "image", "parent_pid", "started", "user", "sha256", "architecture", "entry_sha256"] as $needed
    | .[] | (if (.missing // "" | test("hashes=busy")) then ["sha256", "architecture", "entry_sha256"] else [] end) as $busy
    | [.sensor, ((.start_seen_after_ns // 0) / 1e6 | ceil), ((.stop_seen_after_ns // 0) / 1e6 | ceil), .error // "-",
      ($needed - $busy - (.start_fields // []) | join(" ") | if . == "" then "-" else . end)] | @tsv' "$at/selftest.json")
}

# told WORD N tells what is wrong with what the server has of N processes that
# were started with a word: of each one start and one end, by our shell. (Where
# this machine is slow, the shell's fork is told as a process of its own.)
told() {
  jq -rs --arg word "$1" --argjson n "$2" '
    map(select((.command_line // "") | test("^/bin/true " + $word + "-[0-9]+$")) | {kind, command_line, parent: .parent_command_line})
    | [.[] | select(.kind == "start")] as $starts | [.[] | select(.kind == "stop")] as $ends
    | [if ($starts | length) != $n then "\($starts | length) starts of \($n)" else empty end,
       if ($starts | unique_by(.command_line) | length) != ($starts | length) then "starts that are told twice" else empty end,
       if ($ends | length) != $n then "\($ends | length) ends of \($n)" else empty end,
       if ($ends | unique_by(.command_line) | length) != ($ends | length) then "ends that are told twice" else empty end,
       if ($starts | all(.parent // "" | test("^[a-z/]*sh /vm/[a-z]+.sh$")) | not) then "wrong parents" else empty end]
    | join(", ")' "$at/events.ndjson"
}

# judge_storm wants each process, or that those which are missing were counted.
judge_storm() {
  [[ -e $at/storm.json ]] || return 0
  local wrong lost took
  took=$(jq '. / 100' "$at/storm.json")
  wrong=$(told storm "$storm")
  lost=$(jq -s 'map(select(.cause == "source_lost") | .events // 0) | add // 0' "$at/gaps.ndjson")
  if [[ -z $wrong ]]; then
    pass "storm: $storm processes in $took s, each there once with its end and parent; $lost lost"
  else
    fail storm "$wrong, in $took s; $lost were counted as lost"
  fi
}

# judge_clock wants everything once, at the times that the clock showed, and to be
# told of both times that it was set.
judge_clock() {
  local word wrong ok=1
  grep -q 'clock: the server says' "$at/results" || return 0
  for word in before between after; do
    wrong=$(told "$word" 50)
    [[ -z $wrong ]] || { ok=0; fail clock "$word it was set back: $wrong"; }
  done
  local jumps
  jumps=$(jq -rs 'map(select(.cause == "clock_jump") | .detail) | join("; ")' "$at/gaps.ndjson")
  local hour='by (1h0m|59m5)[0-9.]*s'
  [[ $jumps =~ set\ back\ $hour && $jumps =~ set\ forward\ $hour ]] || { ok=0; fail clock "the gaps of both times are not there: $jumps"; }
  wrong=$(jq -rs 'map(select(.seq)) | (length) - (unique_by(.seq) | length)' "$at/events.ndjson")
  ((wrong == 0)) || { ok=0; fail clock "$wrong records are there twice"; }
  wrong=$(jq -rs 'map(select(.cause == "unexplained" or .cause == "refused")) | length' "$at/gaps.ndjson")
  ((wrong == 0)) || { ok=0; fail clock "$wrong gaps are unexplained or refused"; }
  ((ok == 0)) || pass "clock: all processes are there, each once; gaps: $jumps"
}

# judge_usb wants each device that was plugged in told as such, and as gone when it
# was: with its names and classes, and the stick with its file system.
judge_usb() {
  grep -q '^ok usb' "$at/results" || return 0
  ask_server "device-events?limit=100&order=asc&station=$(on_server .id)" >"$at/devices.json"
  ask_server "stations/$(on_server .id)/devices?limit=100" >"$at/plugged.json"
  local what want
  while IFS='|' read -r what want; do
    [[ $what ]] || continue
    if jq -e "[.events[] | select($want)] | length >= 1" "$at/devices.json" >/dev/null; then pass "usb: $what"; else fail usb "not told: $what"; fi
  done <<'END'
the stick came|.kind == "device_plugged" and .serial == "JEFE0001" and .classes == ["mass_storage"]
the stick's file system|.serial == "JEFE0001" and (.volumes[0] | .mount == "/mnt/stick" and .bytes == 16777216)
the stick went|.kind == "device_removed" and .serial == "JEFE0001"
the keyboard came|.kind == "device_plugged" and .classes == ["hid"]
the keyboard went|.kind == "device_removed" and .classes == ["hid"]
the network card came, with both of its classes|.kind == "device_plugged" and .classes == ["cdc_data", "communications"]
END
  if jq -e '[.events[] | select(.serial == "JEFE0002")] | group_by(.kind) | map([.[].device_name] | unique | length) == [2, 1]' "$at/devices.json" >/dev/null; then
    pass 'usb: two sticks that are the same came, and one of them went'
  else
    fail usb 'not told: two sticks that are the same came, and one of them went'
  fi
}

# area NAME prints how the checks of that name went.
area() {
  if grep -q "^FAIL $1" "$at/results"; then
    echo FAILED
  elif grep -q "^ok $1" "$at/results"; then
    echo ok
  else
    echo -
  fi
}

# row NAME prints the machine's row of the table.
row() {
  local kernel sensor
  kernel=$(cat "$at/kernel.json" 2>/dev/null || echo -)
  sensor=$(on_server '.sensor_mode // "-"')
  printf '%s|%s|%s|%s' "$1" "${kernel//\"/}" "${sensor:--}" "$(area selftest)"
  printf '|%s' "$(area storm)" "$(area clock)" "$(area usb)" "$(area service)" "$(area end)"
}
