# `just` lists the recipes. CI is .ci/run, which these call.

set shell := ["bash", "-euo", "pipefail", "-c"]

[private]
default:
    @just --list --unsorted

# Both services on http://localhost:8000, data in ./var
run *arguments:
    cargo run --release --locked -- {{ arguments }}

# All tests on SQLite; a name runs those that have it in theirs
test *names:
    env -u TEST_DATABASE_URL cargo test --workspace --locked -- {{ names }}

# All tests on PostgreSQL, as TEST_DATABASE_URL or on one of our own
test-postgres *names:
    if [ -n "${TEST_DATABASE_URL:-}" ]; then cargo test --workspace --locked -- {{ names }}; else .ci/run postgres; fi

# The pages in a real browser: Chromium, chromedriver, and axe-core as AXE_CORE
test-browser *names:
    cargo test -p standalone --locked --test it -- --ignored {{ names }}

# A picture of every page in that folder: phone and desktop, light and dark; needs what test-browser needs
screenshots folder *names:
    SCREENSHOT_DIR={{ absolute_path(folder) }} just test-browser {{ names }}

# Every flow with openid-client and Authlib, which are fetched
interop:
    .ci/run interop

# The API against its own document, with schemathesis, which is fetched
openapi:
    .ci/run openapi

# The tutorials, line by line
tutorials:
    .ci/run tutorials

# kill -9 under load
test-crash rounds="50":
    ROUNDS={{ rounds }} cargo test -p standalone --locked --test it -- kill::

# Each parser, that many seconds of inputs nobody has tried; a name runs those that have it in theirs
fuzz seconds="60" name="fuzz_":
    FUZZ_SECONDS={{ seconds }} cargo test -p model -p authz --locked --lib -- {{ name }}

# What holds of everything, on that many cases each that nobody has tried
properties cases="20000":
    PROPTEST_CASES={{ cases }} PROPTEST_MAX_GLOBAL_REJECTS={{ cases }} PROPTEST_RNG_SEED=$RANDOM$RANDOM \
        cargo test -p model -p authz --locked --lib -- properties::

# Formatting, clippy, what may lean on what
lint:
    .ci/run fmt lint guards

# Format
fmt:
    cargo fmt --all

# Requests a second, beside a bare handler; needs wrk and, for PostgreSQL, its programs
bench *arguments:
    python3 crates/standalone/bench/run.py {{ arguments }}

# Instructions a request, beside the programs of another commit; needs valgrind
bench-instructions *arguments:
    python3 crates/standalone/bench/instructions.py {{ arguments }}

# What is asked most, among ten million tracks; needs what bench needs, and half an hour
bench-scale *arguments:
    python3 crates/standalone/bench/scale.py {{ arguments }}

# Whether the time of a refused sign-in tells why; needs the programs of PostgreSQL
bench-sign-in *arguments:
    python3 crates/standalone/bench/sign_in.py {{ arguments }}

# The documentation of the code
doc:
    cargo doc --workspace --locked --no-deps --document-private-items

# Units, gateway and the road through https
deploy-try:
    deploy/try.sh

# Licences, advisories, sources; needs cargo-deny
deny:
    cargo deny check

# Everything that must hold
ci *steps:
    .ci/run {{ steps }}
