# Shared by the scripts: installing packages, building, starting libvirt where it does not run.
# Sourced by bash; what is started here is stopped by stop_services, by its own pid.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# packages_of KIND...: the package names of these kinds.
packages_of() {
    local kinds=" $* "
    awk -v kinds="$kinds" '!/^#/ && index(kinds, " " $1 " ") {print $2}' "$top/scripts/packages"
}

# install_packages NAME...: those that are missing, by apt, without questions. Fails, and has said why, where
# that cannot be.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || { say "missing, and only root can install them: ${missing[*]}" >&2; return 1; }
    say "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    local log=$top/build/apt.log
    mkdir -p "$top/build"
    { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; say "apt-get failed; the whole log is in $log" >&2; return 1; }
}

# unpack_program PACKAGE PATH: puts one file of a package below build/tools, if it is not there yet.
unpack_program() {
    local tools=$top/build/tools log=$top/build/apt.log
    [ -e "$tools/$2" ] && return 0
    say "unpacking: $2 of $1"
    mkdir -p "$tools"
    { apt-get update -q && cd "$tools" && apt-get download -q "$1" &&
        dpkg-deb --fsys-tarfile "$1"_*.deb | tar -x "./$2" && rm "$1"_*.deb; } >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; die "apt-get failed; the whole log is in $log"; }
    cd "$top"
}

# build_tree DIR [CONFIGURE ARGUMENT...]: configures (once) and builds below build/.
build_tree() {
    local dir=$top/build/$1 log=$top/build/$1.log
    shift
    mkdir -p "$dir"
    {
        [ -x "$top/configure" ] && [ "$top/configure" -nt "$top/configure.ac" ] || "$top/autogen.sh"
    } >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "autogen.sh failed; see $log"; }
    {
        cd "$dir" &&
            { [ -f Makefile ] || "$top/configure" "$@"; } &&
            make -j"$(nproc)"
    } >>"$log" 2>&1 || { tail -n 40 "$log" >&2; die "the build failed; see $log"; }
    cd "$top"
}

# Can every control group file system here be written to?
cgroups_writable() {
    local path paths
    paths=$(awk '/ - cgroup2? / {print $5}' /proc/self/mountinfo)
    [ -n "$paths" ] || return 1
    for path in $paths; do [ -w "$path" ] || return 1; done
}

libvirtd_runs() { virsh -q -c qemu:///system uri >/dev/null 2>&1; }

# The control groups that libvirt makes at its first guest, and leaves behind.
machine_groups() { find /sys/fs/cgroup -maxdepth 2 -type d -name machine 2>/dev/null | sort; }

daemons=() # the pid files of what was started here

# start_daemon PIDFILE COMMAND...: Ctrl-C may come at any moment. So it is noted before it starts, and starts in
# a session of its own, which the terminal does not signal: bash ends after the command has written its pid.
start_daemon() {
    daemons+=("$1")
    setsid "${@:2}" || { unset 'daemons[-1]'; die "$2 does not start"; }
}

# start_services: what a real guest needs, where it does not run. Under systemd its units do it.
start_services() {
    machine_before=$(machine_groups)
    libvirtd_runs && return 0
    if [ -d /run/systemd/system ]; then
        stop_unit=libvirtd.service
        systemctl start libvirtd.service || die "systemctl start libvirtd failed: see journalctl -u libvirtd"
    else
        mkdir -p /run/dbus
        if ! dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.Peer.Ping >/dev/null 2>&1; then
            rm -f /run/dbus/pid # a killed one's: dbus-daemon refuses to start over it
            start_daemon /run/dbus/pid dbus-daemon --system --fork
        fi
        if ! kill -0 "$(cat /run/virtlogd.pid 2>/dev/null)" 2>/dev/null; then
            start_daemon /run/virtlogd.pid virtlogd -d
        fi
        start_daemon /run/libvirtd.pid libvirtd -d
    fi
    local i
    for i in $(seq 100); do
        libvirtd_runs && return 0
        sleep 0.1
    done
    die "libvirtd was started and does not answer"
}

# stop_services: what start_services started, last first, and the empty groups that are left.
stop_services() {
    local i pid group
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
        pid=$(cat "${daemons[i]}" 2>/dev/null) && kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    done
    daemons=()
    [ -z "${stop_unit:-}" ] || systemctl stop "$stop_unit" libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket 2>/dev/null || true
    [ -n "${machine_before+noted}" ] || return 0
    for group in $(machine_groups); do
        grep -qxF "$group" <<<"$machine_before" || rmdir "$group" 2>/dev/null || true
    done
}
