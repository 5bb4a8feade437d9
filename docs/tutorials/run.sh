#!/usr/bin/env bash
# Follows the tutorials: takes the lines out of each page, runs them in one shell in a new folder, and compares all that
# they print with what the page says. Needs curl, awk and openssl.
#
#   docs/tutorials/run.sh target/debug/timetracker                      and `authz` beside it
#   docs/tutorials/run.sh target/debug/timetracker target/debug/authz
#   PAGES='docs/tutorials/4-*.md' docs/tutorials/run.sh …               these pages only
#
# A block marked `sh` is run. A block after it that is marked `json`, `http` or `text` is what its lines print, without
# which they print nothing. `…` there is whatever the server made up: one or more characters, none of them white space, a
# comma or a quotation mark. Of the headers those are compared that an `http` block names, in any order; the body wholly.
# Ports are other ones here than on the page: 8000 and 9000 become free ones. The processes that a page starts end with it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:?which timetracker?}")
authz=$(realpath "${2:-$(dirname "$program")/authz}")

dir=$(mktemp -d)
running=
finish() {
    if [ -n "$running" ]; then kill -TERM "$running" 2>/dev/null && wait "$running" || true; fi
    rm -rf "$dir"
}
trap finish EXIT
umask 077
mkdir "$dir/bin"
ln -s "$program" "$dir/bin/timetracker"
ln -s "$authz" "$dir/bin/authz"
# Settings of whoever runs this are not those of the tutorials.
for name in $(compgen -e); do
    case $name in AUTHZ_* | TIMETRACKER_* | STANDALONE_* | CURL_HOME | *_proxy | *_PROXY) unset "$name" ;; esac
done
printf 'silent\nshow-error\nmax-time = 30\n' > "$dir/.curlrc"
export PATH=$dir/bin:$PATH CURL_HOME=$dir

free_port() { # not one of those named
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if [ "$port" != "${1:-}" ] && ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    done
    echo "$port"
}

# A page becomes a shell script and, for each of its blocks, a file with what is expected.
take_apart() { # page, folder
    awk -v folder="$2" '
        /^```sh$/ { number++; inside = "sh"
            printf "exec > %s/%d.found\n", folder, number > (folder "/script")
            print NR > (folder "/" number ".line")
            printf "" > (folder "/" number ".expected"); printf "" > (folder "/" number ".found"); next }
        /^```(json|http|text)$/ && number { inside = substr($0, 4)
            print inside > (folder "/" number ".kind"); next }
        /^```/ { inside = inside ? "" : "other"; next }
        inside == "sh" { print > (folder "/script") }
        inside ~ /^(json|http|text)$/ { print > (folder "/" number ".expected") }
        END { printf "exec > %s/end\n", folder > (folder "/script") }
    ' "$1"
}

# The status, the headers that the page names, an empty line and the body.
as_on_the_page() { # expected, found
    tr -d '\r' < "$2" | awk -v expected="$1" '
        BEGIN { while ((getline line < expected) > 0 && line != "") { sub(/:.*/, "", line); named[tolower(line)] = 1 } }
        body || /^HTTP\// { print; fflush(); next }
        $0 == "" { body = 1; close("sort"); print; fflush(); next }
        { name = $0; sub(/:.*/, "", name); if (tolower(name) in named) print | "sort" }'
}

matches() { # expected, found
    local pattern
    pattern=$(sed -e 's/[][\\.*^$+?(){}|]/\\&/g' -e 's/…/[^[:space:]",]+/g' <<< "$1")
    [[ $2 =~ ^$pattern$ ]]
}

# The script ends the processes that it started, however it ends.
follow() { # page
    local page=$1 work=$dir/${1##*/} first second number expected found differ=0
    mkdir -p "$work/here"
    take_apart "$page" "$work"
    first=$(free_port)
    second=$(free_port "$first")
    sed -i -E "s/(:|%3A)8000/\1$first/g; s/(:|%3A)9000/\1$second/g" "$work/script" "$work"/*.expected
    sed -i '1i trap '\''pids=$(jobs -p); [ -z "$pids" ] || { kill $pids; wait $pids; }'\'' EXIT\ntrap "exit 1" TERM' "$work/script"
    (cd "$work/here" && STANDALONE_LISTEN=127.0.0.1:$first exec timeout 300 bash "$work/script") 2> "$work/errors" < /dev/null &
    running=$!
    wait "$running" || true
    running=
    for ((number = 1; ; number++)); do
        if [ ! -e "$work/$number.line" ]; then break; fi
        expected=$(cat "$work/$number.expected")
        found=$(cat "$work/$number.found")
        if [ "$(cat "$work/$number.kind" 2>/dev/null)" = http ]; then
            expected=$(as_on_the_page "$work/$number.expected" "$work/$number.expected")
            found=$(as_on_the_page "$work/$number.expected" "$work/$number.found")
        fi
        if ! matches "$expected" "$found"; then
            differ=$((differ + 1))
            printf '%s:%s: expected\n%s\nfound\n%s\n\n' "$page" "$(cat "$work/$number.line")" "$expected" "$found"
        fi
    done
    if [ "$differ" -ne 0 ] || [ ! -e "$work/end" ]; then
        echo "${page##*/}: $differ of $((number - 1)) blocks differ$([ -e "$work/end" ] || echo ", and it did not come to its end"); on the side was said"
        cat "$work/errors" "$work"/here/*.log 2>/dev/null | grep -E '^[a-z0-9]+: |^[0-9-]+T|^[^ ]+: line ' | grep -v ' INFO migrated ' | tail -n 30
        return 1
    fi
    echo "${page##*/}: $((number - 1)) blocks, all as they say"
}

failed=0
for page in ${PAGES:-"$here"/[0-9]*.md}; do
    follow "$page" || failed=1
done
exit "$failed"
