#!/bin/sh
# One run of tap-jira into target-postgres, from the STATE that the run before it left in FOLDER:
#
#   load.sh FOLDER TARGET-CONFIG TAP-OPTION...
#
# Paths are from FOLDER on. The exit code is the target's if that failed, else the tap's; 75 while
# another run in FOLDER is under way. On SIGTERM the tap stops, and what it has written is loaded.
folder=$1 target=$2
shift 2

# The tap and the target hold the lock, too: if this script alone is killed, until they have ended.
if command -v flock > /dev/null; then
    exec 9> "$folder/lock" || exit 1
    flock -n 9 || exit 75
elif [ -z "${JIRA_LOCKED-}" ]; then
    # FreeBSD, newer macOS.
    JIRA_LOCKED=1 exec lockf -s -k -t 0 "$folder/lock" "$0" "$folder" "$target" "$@"
fi
cd "$folder" || exit 1

# What the target has printed is what it has loaded. A kill or a full disk may have cut the last line.
keep() {
    lines=$(wc -l < states.jsonl)
    if [ "$lines" -gt 0 ]; then
        sed -n "$((lines))p" states.jsonl > state.json.new && mv state.json.new state.json || return
    fi
    rm states.jsonl
}
# Left behind by a run that was killed.
[ ! -e states.jsonl ] || keep || exit 1
[ ! -e state.json ] || set -- "$@" --state state.json

reading= stopped=0
stop() {
    stopped=$((stopped + 1))
    : > stopping
    [ "$stopped" -gt 1 ] || [ -z "$reading" ] || kill -TERM "$reading" 2> /dev/null
}
rm -f pipe stopping
trap stop INT TERM
# Opened here, so that neither waits for the other to open it; it needs no name then.
mkfifo -m 600 pipe && exec 8<> pipe 7< pipe 6> pipe 8>&- && rm pipe || exit 1
target-postgres --config "$target" <&7 6>&- 7<&- > states.jsonl &
loading=$!
# A signal may be lost on a process that is only just there; what is to be stopped does not begin.
([ ! -e stopping ] || exit 143; exec tap-jira "$@" >&6 6>&- 7<&-) &
reading=$!
exec 6>&- 7<&-
[ "$stopped" = 0 ] || kill -TERM "$reading" 2> /dev/null

# A signal that is trapped ends `wait` early, and then it has to be asked again; but one that has
# told already knows nothing more (127).
ended() {
    code=127
    while
        before=$stopped
        wait "$1" 2> /dev/null
        told=$?
        [ "$told" = 127 ] || code=$told
        [ "$before" != "$stopped" ]
    do :; done
    return "$code"
}
ended "$reading"
read=$? reading=
ended "$loading"
loaded=$?
rm -f stopping
keep || exit 1
exit $((loaded ? loaded : read))
