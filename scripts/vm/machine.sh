# Runs one virtual machine and does outside what it asks for. Sourced by run.sh,
# which sets at (the machine's folder) and page (the server's address).
# shellcheck shell=bash disable=SC2154,SC2054 # at is run.sh's; QEMU's options have commas

longest=1200 # seconds that a machine may take

# result WORD TEXT notes one for the machine's table.
result() { printf '%s\n' "$*" >>"$at/results"; }
pass() { result "ok $*"; }
fail() { result "FAIL $1: ${*:2}"; }

# monitor COMMAND... has QEMU do something.
monitor() { printf '%s\n' "$*" >"$at/monitor.in"; }

# run_machine ARCHITECTURE KIND FETCHED boots a machine and stays until it is off.
run_machine() {
  local arch=$1 kind=$2 fetched=$3 line stick
  for stick in stick twin1 twin2; do
    truncate -s 16M "$at/$stick.img"
    mkfs.vfat -n "${stick^^}" -i "5713C00${#stick}" "$at/$stick.img" >/dev/null
  done
  mkfifo "$at/monitor.in" "$at/monitor.out"
  cat "$at/monitor.out" >"$at/monitor.log" &

  local processors=2 console=ttyS0 qemu=(qemu-system-x86_64)
  if [[ $arch == arm64 ]]; then
    console=ttyAMA0 qemu=(qemu-system-aarch64 -machine virt -cpu cortex-a57)
  fi
  # A processor that is virtual itself may have the device without being able to.
  if [[ $arch == amd64 && -w /dev/kvm ]] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
    qemu+=(-accel kvm -cpu host)
  else
    qemu+=(-accel tcg)
    # Emulated, a second one is often lost when the machine starts again.
    [[ $kind == system ]] && processors=1
  fi
  qemu+=(
    -m 1024 -smp "$processors" -nodefaults -display none -no-user-config -serial stdio -monitor "pipe:$at/monitor"
    -kernel "$fetched/kernel" -initrd "$at/initrd"
    -append "console=$console panic=30 quiet loglevel=1 net.ifnames=0 systemd.mask=serial-getty@$console.service"
    -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= -device qemu-xhci,id=xhci,p2=8,p3=8
  )
  [[ $kind == system ]] && qemu+=(-drive "if=virtio,format=raw,snapshot=on,file=$fetched.ext4")
  for stick in stick twin1 twin2; do
    qemu+=(-blockdev "driver=raw,node-name=$stick,file.driver=file,file.filename=$at/$stick.img")
  done

  coproc MACHINE { exec timeout --foreground "$longest" "${qemu[@]}" 2>"$at/qemu.log"; }
  # Copies, because bash takes its own away when QEMU has ended.
  # shellcheck disable=SC2153 # set by coproc
  local machine_pid=$MACHINE_PID out in
  exec {out}<&"${MACHINE[0]}" {in}>&"${MACHINE[1]}"
  while read -r -u "$out" line; do
    line=${line%$'\r'}
    printf '%s %s\n' "$(date +%T)" "$line" >>"$at/console.log"
    [[ $line == *'VM '* ]] || continue
    line=${line#*VM }
    case $line in
    'ok '*) pass "${line#ok }" ;;
    'FAIL '*) result "$line" ;;
    'data '*) line=${line#data } && printf '%s\n' "${line#* }" >"$at/${line%% *}.json" ;;
    'ask '*)
      # shellcheck disable=SC2086 # words are arguments
      answer ${line#ask }
      echo ready >&"$in"
      ;;
    finished) : >"$at/finished" ;;
    esac
  done
  exec {out}<&- {in}>&-
  wait "$machine_pid" || fail machine "QEMU ended with $?: $(tail -n 1 "$at/qemu.log")"
  [[ -e $at/finished ]] || fail machine "it went off before its checks were over: $at/console.log"
}

# answer WHAT... does what a machine asks for.
answer() {
  case $1 in
  offset) await_offset "$2" ;;
  plug)
    case $2 in
    stick) monitor device_add usb-storage,id=stick,drive=stick,serial=JEFE0001 ;;
    twin?) monitor device_add "usb-storage,id=$2,drive=$2,serial=JEFE0002" ;;
    keyboard) monitor device_add usb-kbd,id=keyboard ;;
    network) monitor device_add usb-net,id=network ;; # several interfaces in one device
    esac
    ;;
  unplug) monitor device_del "$2" ;;
  esac
}
