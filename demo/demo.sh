#!/usr/bin/env bash
# The demonstration that ./dev demo runs: an ordinary user's JVM counts, is checkpointed, is gone, and counts on. First
# with no capability at all, then with CAP_CHECKPOINT_RESTORE on the binary and under its old pid.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/torpor-demo.XXXXXX")
log=$work/counter.log
pids=()
started=0 # of the log's lines, how many belong to earlier acts

cleanup() {
    local pid
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Root plays an ordinary user that nothing else on the machine belongs to, and who has no capability and can get only
# the one that the second act is about.
readonly user=61547
as_user() { (become_user "$@"); }

# Ends the shell that calls it: in the background the pid is then the program's own.
become_user() {
    # What this script was started with stays out of the demonstration: a pipe to someone else could not be saved.
    local fd
    for fd in /proc/"$BASHPID"/fd/*; do
        fd=${fd##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
    if ((EUID == 0)); then
        exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all \
            --bounding-set=-all,+checkpoint_restore env HOME="$work" "$@"
    else
        exec "$@"
    fi
}

heading() { printf '\n=== %s\n\n' "$*"; }
command_line() { printf '$ %s\n' "$*"; }
indent() { sed 's/^/    /'; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# Prints the counter's lines from number $1 of this act until $2 of them are there; gives up when no line comes for 15 s.
show() {
    local next=$((started + $1)) last=$((started + $1 + $2 - 1)) have waited=0
    while ((next <= last)); do
        have=$(wc -l <"$log")
        if ((have >= next)); then
            sed -n "${next}p" "$log" | indent
            next=$((next + 1))
            waited=0
        else
            sleep 0.1
            waited=$((waited + 1))
            ((waited < 150)) || { tail -n 5 "$log"; die "the counter has stopped counting"; }
        fi
    done
}

# The ticks of this act must be 1, 2, 3 ... without a gap or a repetition.
check() {
    local line tick=0
    while IFS= read -r line; do
        tick=$((tick + 1))
        [[ $line == "tick $tick: "*verified* ]] || die "expected tick $tick, but found: $line"
    done < <(tail -n "+$((started + 1))" "$log")
    printf '\nNot a tick is missing or doubled: %d in a row, checksums verified.\n' "$tick"
}

act() {
    local torpor=$1 placement=$2 images=$3 pid new seen
    started=$(wc -l <"$log")

    command_line "java Counter >> counter.log &"
    become_user java -Xmx128m -cp "$work" Counter >>"$log" 2>&1 </dev/null &
    pid=$!
    pids+=("$pid")
    show 1 4

    printf '\n'
    command_line "torpor checkpoint $pid -o $images"
    as_user "$torpor" checkpoint "$pid" -o "$work/$images" 2>&1 </dev/null | indent
    wait "$pid" 2>/dev/null || true
    if kill -0 "$pid" 2>/dev/null; then die "process $pid is still there"; fi
    echo "    process $pid is gone; what is left of it is $(du -sh "$work/$images" | cut -f1) in $images/"
    seen=$(($(wc -l <"$log") - started))

    printf '\n'
    command_line "torpor restore $images --detach $placement"
    as_user "$torpor" restore "$work/$images" --detach "$placement" --pid-file "$work/$images.pid" 2>&1 </dev/null | indent
    new=$(<"$work/$images.pid")
    pids+=("$new")
    show $((seen + 1)) 4
    check
    if [[ $placement == --same-pid ]]; then
        [[ $new == "$pid" ]] || die "the process came back as $new, not as $pid"
        echo "It has its old pid, $pid."
    else
        echo "Inside its namespace it is still $pid; here it is $new."
    fi
    kill -KILL "$new"
}

: >"$log"
cp "$repository/out/torpor" "$work/torpor"
javac -d "$work" "$repository/demo/Counter.java"
if ((EUID == 0)); then
    chmod 755 "$work"
    chown -R "$user:$user" "$work"
fi

heading "No capability at all: the same pid inside a private namespace"
as_user sh -c 'echo "user id $(id -u), effective capabilities $(sed -n "s/^CapEff:[[:space:]]*//p" /proc/self/status)"'
act "$work/torpor" --pidns first

heading "With CAP_CHECKPOINT_RESTORE on the binary: the same pid, here"
able=
granted=$repository/out/torpor-able
if ((EUID == 0)); then
    able=$work/torpor-able
    cp "$repository/out/torpor" "$able"
    if ! setcap cap_checkpoint_restore+ep "$able"; then
        able= why="setcap failed on $work"
    elif [[ $(findmnt -no OPTIONS -T "$work") == *nosuid* ]]; then
        able= why="$work is mounted nosuid, where file capabilities do not count"
    fi
elif [[ $granted -nt $repository/out/torpor && $(getcap "$granted" 2>/dev/null) == *cap_checkpoint_restore* ]]; then
    able=$granted
else
    why="file capabilities need root once: cp out/torpor out/torpor-able && sudo setcap cap_checkpoint_restore+ep out/torpor-able"
fi
if [[ -n $able ]]; then
    act "$able" --same-pid second
else
    echo "skipped: $why"
fi
