#!/bin/sh
# Witnesses and time stamps as a person sets them up: configuration, asking, what is kept, what verify and openssl say of it.
. "$(dirname "$0")/lib.sh"
tsa_server=${TSA_SERVER:?} witness_server=${WITNESS_SERVER:?}
peers=

wait_for() {
    i=0
    until eval "$1"; do
        i=$((i + 1))
        [ $i -lt 400 ] || { fail "waited for: $1"; return 1; }
        sleep 0.05
    done
}
stop_peers() {
    for p in $peers; do kill "$p" 2>/dev/null || :; done
    peers=
}
start_tsa() {
    mkdir -p "$d/tsa"
    "$tsa_server" "$d/tsa" 2>"$d/tsa.err" &
    peers="$peers $!"
    trap stop_peers EXIT
    wait_for "[ -s $d/tsa/url ]"
}
start_witness() { # start_witness N
    mkdir -p "$d/w$1"
    "$witness_server" "$d/w$1" "witness.example/w$1" "$(log_vkey)" 2>"$d/w$1.err" &
    witness=$!
    peers="$peers $witness"
    trap stop_peers EXIT
    wait_for "[ -s $d/w$1/url ]"
}
log_vkey() { "$assay" --data "$d/data" key list | sed -n 2p; }
make_policy() { # make_policy K N...: K of the witnesses N have to cosign
    k=$1
    shift
    {
        echo "log $(log_vkey)"
        names=
        for n in "$@"; do
            if [ -s "$d/w$n/url" ]; then url=$(cat "$d/w$n/url") key=$(cat "$d/w$n/vkey"); else url=http://127.0.0.1:1 key=$(cat "$d/down.vkey"); fi
            echo "witness w$n $key $url"
            names="$names w$n"
        done
        echo "group all-of-them $k$names"
        echo "quorum all-of-them"
    } >"$d/policy"
}
# A witness that is not there: its key is real, nobody answers.
make_down() {
    start_witness "$1"
    kill "$witness"
    wait "$witness" 2>/dev/null || :
    mv "$d/w$1/vkey" "$d/down.vkey"
    rm "$d/w$1/url"
}
field() { # field NAME: a member of the JSON in $d/out, one line each
    sed -n "s/^ *\"$1\": \(.*[^,]\),\{0,1\}$/\1/p" "$d/out"
}

case_nothing_is_anchored_until_it_is_set_up() {
    make_data
    expect 0 "$assay" --data "$d/data" anchor list
    grep -q 'could write it anew' "$d/out" && grep -q 'assay anchor policy FILE' "$d/out"
    expect 0 "$assay" --data "$d/data" status
    grep -q '^Anchored .*Nobody outside' "$d/out"
    expect 2 "$assay" --data "$d/data" anchor policy
    one_line 'no policy is set'
    expect 2 "$assay" --data "$d/data" anchor tsa remove nobody
    expect 2 "$assay" --data "$d/data" anchor tsa add x http://127.0.0.1:1
    printf 'witness w nonsense\nquorum w\n' >"$d/policy"
    expect 2 "$assay" --data "$d/data" anchor policy "$d/policy"
    one_line 'policy line 1'
    expect 2 "$assay" --data "$d/data" anchor tsa add x ftp://example.com --ca "$d/policy"
}

case_a_time_stamp_is_kept_and_openssl_accepts_it() {
    make_data
    start_tsa
    expect 0 "$assay" --data "$d/data" anchor tsa add test "$(cat "$d/tsa/url")" --ca "$d/tsa/ca.pem" --every 1h
    expect 2 "$assay" --data "$d/data" anchor tsa add test "$(cat "$d/tsa/url")" --ca "$d/tsa/ca.pem"
    one_line 'is there already'
    expect 0 "$assay" --data "$d/data" anchor now --json
    [ "$(field strength)" = '"timestamped"' ] || fail "not time stamped: $(cat "$d/out")"
    leaf=$(field leaf | head -1)
    expect 0 "$assay" --data "$d/data" anchor export "$leaf" -o "$d/stamp.tsr"
    at=$(sed -n 's/.*-attime \([0-9]*\)$/\1/p' "$d/out")
    expect 0 openssl ts -verify -data "$d/stamp.tsr.checkpoint" -in "$d/stamp.tsr" -CAfile "$d/tsa/ca.pem" -attime "$at"
    expect 0 "$assay" verify "$d/data"
    # A damaged stamp, and other bytes under it.
    size=$(wc -c <"$d/stamp.tsr")
    { head -c $((size - 10)) "$d/stamp.tsr"; printf 'damaged!!!'; } >"$d/bad.tsr"
    expect 1 openssl ts -verify -data "$d/stamp.tsr.checkpoint" -in "$d/bad.tsr" -CAfile "$d/tsa/ca.pem" -attime "$at"
    echo more >>"$d/stamp.tsr.checkpoint"
    expect 1 openssl ts -verify -data "$d/stamp.tsr.checkpoint" -in "$d/stamp.tsr" -CAfile "$d/tsa/ca.pem" -attime "$at"
    expect 0 "$assay" --data "$d/data" anchor tsa remove test
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" verify "$d/data"
    stop_peers
}

case_witnesses_vouch_although_one_is_down() {
    make_data
    start_witness 1
    start_witness 2
    make_down 3
    make_policy 2 1 2 3
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    grep -q 'nothing has changed' "$d/out"
    expect 0 "$assay" --data "$d/data" anchor now --json
    [ "$(field count)" = 2 ] && [ "$(field of)" = 3 ] || fail "not 2 of 3: $(cat "$d/out")"
    witnessed=$(find "$d/data/ledger" -name checkpoint.witnessed)
    [ "$(grep -c '^— witness.example/' "$witnessed")" -eq 2 ]
    collect "$d/data" "$d/host"
    expect 0 "$assay" --data "$d/data" anchor now
    expect 0 "$assay" --data "$d/data" status
    grep -q '^Anchored .*2 of 3 witnesses vouch' "$d/out"
    expect 0 "$assay" verify "$d/data"
    stop_peers
}
run_cases "$@"
