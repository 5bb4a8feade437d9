#!/usr/bin/env bash
# Tries what lies in this folder: judges the units, starts both services apart with the .toml files here and nginx
# with nginx.conf in front of them, on loopback and high ports with a certificate of its own, takes the whole road
# through https, and ends everything it started. Needs nginx, openssl and curl; systemd-analyze if there is one.
#
#   deploy/try.sh                                    release programs (built when missing) on SQLite
#   BIN=target/debug deploy/try.sh                   other programs
#   DB_AUTHZ=postgres://… DB_API=postgres://… deploy/try.sh     other databases; what is in them stays
#   … OWNER_AUTHZ=postgres://… OWNER_API=postgres://… deploy/try.sh  migrates as the roles that own their tables
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:-$here/../target/release}
if [ ! -x "$bin/authz" ] || [ ! -x "$bin/timetracker-api" ]; then
    (cd "$here/.." && cargo build --release --locked -p authz -p timetracker-api)
fi
bin=$(cd "$bin" && pwd)
tls=${PORT_TLS:-8443} plain=${PORT_PLAIN:-8480} authz_port=${PORT_AUTHZ:-8450} api_port=${PORT_API:-8451}

dir=$(mktemp -d)
# The workers of nginx are not root; what is secret in here is 0600 by itself.
chmod 755 "$dir"
mkdir "$dir/tmp"
pids=()
finish() {
    local status=$?
    for pid in "${pids[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    if [ "$status" -ne 0 ]; then
        echo "FAILED; the logs:"
        tail -n 20 "$dir"/*.log
    fi
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT
umask 077

step() { echo "-- $*"; }
expect() { # what, expected, found
    if [ "$2" != "$3" ]; then
        echo "$1: expected $2, found $3" >&2
        exit 1
    fi
    echo "   $1: $3"
}
until_ready() {
    for _ in $(seq 100); do
        if curl -fso /dev/null "$1"; then
            return
        fi
        sleep 0.1
    done
    echo "$1 does not become ready" >&2
    exit 1
}

if command -v systemd-analyze >/dev/null; then
    step "the units"
    for name in authz timetracker-api; do
        # The programs of this tree in the place of installed ones, and a user there is everywhere.
        sed "s#/usr/local/bin/#$bin/#; s#^User=.*#User=daemon#; s#^Group=.*#Group=daemon#" \
            "$here/$name.service" > "$dir/$name.service"
    done
    systemd-analyze verify --man=no "$dir/authz.service" "$dir/timetracker-api.service"
fi

step "the certificate and the gateway's file"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=time.example.com \
    -addext "subjectAltName=DNS:time.example.com,DNS:id.example.com,DNS:api.example.com" \
    -keyout "$dir/privkey.pem" -out "$dir/fullchain.pem" 2>/dev/null
drop_user='s#^user .*#user root;#'
if [ "$(id -u)" -ne 0 ]; then drop_user='/^user /d'; fi
sed -e "$drop_user" \
    -e "s#/run/nginx.pid#$dir/nginx.pid#; s#/var/log/nginx/#$dir/nginx-#; s#/etc/timetracker/tls/#$dir/#" \
    -e "s#listen 443#listen 127.0.0.1:$tls#; s#listen 80#listen 127.0.0.1:$plain#; /listen \[::\]/d" \
    -e "s#127.0.0.1:8000;#127.0.0.1:$authz_port;#; s#127.0.0.1:8001;#127.0.0.1:$api_port;#" \
    -e "s#^http {#&\n    client_body_temp_path $dir/tmp/body; proxy_temp_path $dir/tmp/proxy; fastcgi_temp_path $dir/tmp/fastcgi; uwsgi_temp_path $dir/tmp/uwsgi; scgi_temp_path $dir/tmp/scgi;#" \
    "$here/nginx.conf" > "$dir/nginx.conf"
nginx -q -t -p "$dir" -c "$dir/nginx.conf" -e "$dir/nginx-error.log"

step "the settings"
site=https://time.example.com:$tls
sed -e "s#postgres:///authz?host=/run/postgresql#${DB_AUTHZ:-sqlite://$dir/authz.db}#" \
    -e "s#https://time.example.com#$site#; s#/etc/timetracker/#$dir/#; s#127.0.0.1:8000#127.0.0.1:$authz_port#" \
    -e 's#drain_seconds = .*#drain_seconds = 1#' "$here/authz.toml" > "$dir/authz.toml"
sed -e "s#postgres:///timetracker?host=/run/postgresql#${DB_API:-sqlite://$dir/timetracker.db}#" \
    -e "s#https://time.example.com#$site#; s#/etc/timetracker/#$dir/#" \
    -e "s#127.0.0.1:8000#127.0.0.1:$authz_port#; s#127.0.0.1:8001#127.0.0.1:$api_port#" \
    -e 's#drain_seconds = .*#drain_seconds = 1#' "$here/timetracker-api.toml" > "$dir/timetracker-api.toml"
export AUTHZ_CONFIG=$dir/authz.toml TIMETRACKER_CONFIG=$dir/timetracker-api.toml
"$bin/authz" key generate > "$dir/authz.key"

step "migrations, the API's client, a client for the road"
# As the roles that own the tables, where there are such roles (postgres-roles.sql).
migrate() { # program, the name of its setting, the owner's URL
    if [ -n "$3" ]; then env "$2=$3" "$bin/$1" migrate; else "$bin/$1" migrate; fi
}
migrate authz AUTHZ_DATABASE_URL "${OWNER_AUTHZ:-}"
api_client=timetracker-api
if [ -n "${DB_AUTHZ:-}" ]; then
    # A database that is kept may have the usual id taken.
    api_client=try-$(date +%s)-$$
    sed -i "s#^client_id = .*#client_id = \"$api_client\"#" "$dir/timetracker-api.toml"
fi
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
"$bin/authz" --json client create --id "$api_client" --name "Time tracker API" --type confidential \
    --introspects timetracker | member client_secret > "$dir/timetracker-api.secret"
migrate timetracker-api TIMETRACKER_DATABASE_URL "${OWNER_API:-}"
client_id=$("$bin/authz" --json client create --name "Try" --type public --grant-type authorization_code \
    --redirect-uri "$site/o/code/" --scope read --scope write --scope reports:share | member client_id)

step "the services and the gateway"
"$bin/authz" serve 2> "$dir/authz.log" &
pids+=($!)
"$bin/timetracker-api" serve 2> "$dir/timetracker-api.log" &
pids+=($!)
until_ready "http://127.0.0.1:$authz_port/readyz"
until_ready "http://127.0.0.1:$api_port/readyz"
nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/nginx-error.log" -g 'daemon off;' 2> "$dir/nginx.log" &
pids+=($!)
for _ in $(seq 50); do if [ -s "$dir/nginx.pid" ]; then break; fi; sleep 0.1; done

web() {
    curl -s --cacert "$dir/fullchain.pem" --resolve "*:$tls:127.0.0.1" --resolve "*:$plain:127.0.0.1" "$@"
}
status() { web -o /dev/null -w '%{http_code}' "$@"; }
browser() { web -b "$dir/jar" -c "$dir/jar" "$@"; }
leads_to() { browser -o /dev/null -w '%{redirect_url}' "$@"; }
hidden() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" | head -n 1 | sed 's/&#38;/\&/g; s/&amp;/\&/g'; }

step "a person signs up, signs in and allows"
verifier=$(openssl rand -hex 32)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)
url="$site/o/authorize/?response_type=code&client_id=$client_id&redirect_uri=$site/o/code/&scope=read%20write%20reports:share&state=s&code_challenge=$challenge&code_challenge_method=S256"
login=$(leads_to "$url")
signup=${login/\/login\//\/signup\/}
page=$(browser "$signup")
name=try$(date +%s)
password=$(openssl rand -hex 16)
consent=$(leads_to "$site/accounts/signup/" --data-urlencode "csrf_token=$(hidden csrf_token <<< "$page")" \
    --data-urlencode "next=$(hidden next <<< "$page")" -d "username=$name" -d "password=$password")
page=$(browser "$consent")
there=$(leads_to "$consent" --data-urlencode "csrf_token=$(hidden csrf_token <<< "$page")" \
    --data-urlencode "shown=$(hidden shown <<< "$page")" -d decision=allow)
expect "the code page" 200 "$(browser -o /dev/null -w '%{http_code}' "$there")"
code=$(sed 's/.*[?&]code=\([^&]*\).*/\1/' <<< "$there")

step "tokens and the API"
answer=$(web "$site/o/token/" -d grant_type=authorization_code -d "client_id=$client_id" -d "code=$code" \
    -d "redirect_uri=$site/o/code/" -d "code_verifier=$verifier")
access=$(member access_token <<< "$answer")
refresh=$(member refresh_token <<< "$answer")
bearer="Authorization: Bearer $access"
expect "a new activity" 201 "$(status -H "$bearer" "$site/api/activities/" -d name=Reading)"
expect "the list, over HTTP/2" "200 2" "$(web -o /dev/null -w '%{http_code} %{http_version}' -H "$bearer" "$site/api/activities/")"
expect "links begin with" "$site" "$(web -H "$bearer" "$site/api/" | member tracks | sed 's#/api/.*##')"
expect "the API's own host" 200 "$(status -H "$bearer" "https://api.example.com:$tls/api/tracks/")"
feed=$(web -H "$bearer" "$site/api/feeds/" -d name=Phone | member url)
expect "a calendar" 200 "$(status "$feed")"
expect "a wrong code" 400 "$(status "$site/o/token/" -d grant_type=authorization_code -d "client_id=$client_id" \
    -d "code=wrong$code" -d "code_verifier=$verifier")"
answer=$(web "$site/o/token/" -d grant_type=refresh_token -d "client_id=$client_id" -d "refresh_token=$refresh")
access=$(member access_token <<< "$answer")
expect "with the renewed token" 200 "$(status -H "Authorization: Bearer $access" "$site/api/tracks/")"
expect "revoked" 200 "$(status "$site/o/revoke_token/" -d "client_id=$client_id" -d "token=$access")"
expect "metadata" 200 "$(status "$site/.well-known/oauth-authorization-server/o")"
expect "the identity host" 200 "$(status "https://id.example.com:$tls/.well-known/oauth-authorization-server/o")"

step "what the gateway keeps out"
expect "readiness is not public" 404 "$(status "$site/readyz")"
expect "not by an escape either" 404 "$(status "$site/%72eadyz")"
expect "no TLS, a page" 301 "$(status "http://time.example.com:$plain/")"
expect "no TLS, a write" 403 "$(status "http://time.example.com:$plain/o/token/" -d a=b)"
expect "too large for the gateway" 413 "$(head -c 600000 /dev/zero | status "$site/api/tracks/" -H "$bearer" --data-binary @-)"
expect "a name that is nobody's" 000 "$(status "https://other.example.com:$tls/" || true)"
for try in $(seq 11); do
    found=$(browser -o "$dir/page" -w '%{http_code}' "$site/accounts/login/" -H "X-Forwarded-For: 198.51.100.$try" \
        -H "Forwarded: for=198.51.100.$try" -d username=nobody -d password=wrong \
        --data-urlencode "csrf_token=$(browser "$site/accounts/login/" | hidden csrf_token)")
done
expect "eleven guesses under eleven invented addresses end in a page" 200 "$found"
expect "that says to wait" 1 "$(grep -c 'too many wrong tries' "$dir/page")"

step "an idle minute is no broken connection"
sleep 6
expect "after six seconds" 400 "$(status "$site/o/token/" -d grant_type=refresh_token -d "client_id=$client_id" -d refresh_token=x)"
expect "no query in the gateway's log" 0 "$(grep -c 'code=' "$dir/nginx-access.log" || true)"

expect "no calendar's address in its logs" 0 "$(cat "$dir"/nginx-*.log | grep -c ttf_ || true)"

step "the stop"
for pid in "${pids[@]}"; do
    kill -TERM "$pid"
done
for pid in "${pids[@]}"; do
    code=0
    wait "$pid" || code=$?
    expect "exit code" 0 "$code"
done
pids=()
echo "-- all is well"
