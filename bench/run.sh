#!/usr/bin/env bash
# Measures whole commands from outside: the median wall time of checkpoint (the process is killed) and of restore (until the command returns),
# and the peak memory of the checkpoint, for processes of several shapes. With CRIU=/path/to/criu that program is measured beside it, by the
# same command line as ours (CRIU needs its privileges: run as root).
#
#   bench/run.sh [ROUNDS]        TORPOR_BIN=out/torpor, SHAPES="small medium large threads mappings"
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-15}
torpor=$(realpath "${TORPOR_BIN:-$here/../out/torpor}")
work=$(mktemp -d /tmp/torpor-bench-XXXX)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
gcc -O2 -pthread -o "$work/sleeper" "$here/sleeper.c"

now() { echo "${EPOCHREALTIME/./}"; } # microseconds

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) printf "%.1f", v[int((NR + 1) / 2)] / 1000 }'; }

# Runs a command, appends its wall time to a file; its output is shown when it fails.
timed() {
    local to=$1 start end
    shift
    start=$(now)
    "$@" >"$work/log" 2>&1 </dev/null || { echo "failed: $*" >&2; cat "$work/log" >&2; exit 1; }
    end=$(now)
    echo $((end - start)) >>"$to"
}

measure() { # tool shape arguments...
    local tool=$1 shape=$2
    shift 2
    rm -f "$work"/t-* "$work/ready"
    setsid "$work/sleeper" "$work/ready" "$@" </dev/null >/dev/null 2>&1 3>&- &
    pid=$!
    disown
    until [ -e "$work/ready" ]; do sleep 0.05; done
    for ((i = 0; i < rounds; i++)); do
        rm -rf "$work/images" "$work/pid"
        case $tool in
        torpor)
            timed "$work/t-checkpoint" "$torpor" checkpoint "$pid" -o "$work/images"
            while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
            timed "$work/t-restore" "$torpor" restore "$work/images" --detach --pid-file "$work/pid"
            ;;
        criu)
            mkdir "$work/images"
            timed "$work/t-checkpoint" "$CRIU" dump -t "$pid" -D "$work/images" -o dump.log
            while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
            timed "$work/t-restore" "$CRIU" restore -d -D "$work/images" -o restore.log --pidfile "$work/pid"
            ;;
        esac
        pid=$(cat "$work/pid")
    done
    local size peak=-
    size=$(du -sk "$work/images" | cut -f1)
    if [ "$tool" = torpor ]; then
        rm -rf "$work/images"
        /usr/bin/env python3 - "$torpor" "$pid" "$work/images" >"$work/peak" <<'PYTHON' || true
import resource, subprocess, sys
subprocess.run([sys.argv[1], "checkpoint", sys.argv[2], "-o", sys.argv[3]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
PYTHON
        peak=$(cat "$work/peak")
    fi
    kill -9 "$pid" 2>/dev/null || true
    pid=
    printf '%-7s %-34s %12s %12s %12s %10s\n' "$tool" "$shape" "$(median <"$work/t-checkpoint")" "$(median <"$work/t-restore")" "$size" "$peak"
}

printf '%-7s %-34s %12s %12s %12s %10s\n' tool process 'checkpoint' restore 'images' 'peak'
printf '%-7s %-34s %12s %12s %12s %10s\n' '' "(medians of $rounds)" ms ms KiB MiB
for tool in torpor ${CRIU:+criu}; do
    for shape in ${SHAPES:-small medium large threads mappings}; do
        case $shape in
        small) measure $tool 'small (no memory of its own)' ;;
        medium) measure $tool '64 MiB' 64 ;;
        large) rounds=$((rounds > 5 ? 5 : rounds)) measure $tool '1 GiB' 1024 ;;
        huge) rounds=1 measure $tool '4 GiB' 4096 ;;
        threads) measure $tool '256 threads' 0 256 ;;
        mappings) measure $tool '10000 mappings' 0 1 5000 ;;
        esac
    done
done
