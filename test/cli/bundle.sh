#!/bin/sh
# Bundles and proofs as a person makes and checks them: assay bundle, assay prove, assay-verify; tar, sha256sum and Go beside it.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
verify=${ASSAY_VERIFY:?ASSAY_VERIFY names assay-verify}

bundle() { expect 0 "$assay" --data "$d/data" bundle --audience "Example CPA" --purpose "SOC 2" "$@"; }
holds() { expect 0 "$verify" "$@"; grep -q '^OK' "$d/out" || fail "no OK"; }
code() { grep -q "^$1 " "$d/out" || { cat "$d/out"; fail "no $1"; }; }
log_key() { "$assay" --data "$d/data" key list | grep -F "$(head -1 "$d"/data/ledger/*/checkpoint)+"; }
grow() { # more than one entry bundle
    for n in $(seq 1 "$1"); do
        "$assay" --data "$d/data" record set parameter account_dormant_days_max "$((80 + n))" --reason "a test" >/dev/null || fail "record $n"
    done
}

case_a_full_bundle_with_its_blobs_holds() {
    make_data
    bundle -o "$d/full.slb" --blobs all
    holds "$d/full.slb"
    grep -q 'TRUST IS TAKEN FROM THE DATA ITSELF' "$d/out" || fail "says nothing of trust"
    grep -q ' 0 blobs, ' "$d/out" && fail "no blob was checked"
    holds --log "$(log_key)" --root "$("$assay" --data "$d/data" key list | grep /root+)" "$d/full.slb"
    grep -q 'TRUST IS TAKEN' "$d/out" && fail "pinned, and still says that it is not"
    expect 0 "$assay" --data "$d/data" verify "$d/full.slb"
}

case_the_same_ledger_gives_the_same_bytes() {
    make_data
    bundle -o "$d/a.slb" --blobs all
    bundle -o "$d/b.slb" --blobs all
    cmp "$d/a.slb" "$d/b.slb" || fail "they differ"
    expect 2 "$assay" --data "$d/data" bundle --audience a --purpose b -o "$d/a.slb" # never over a file that is there
}

case_blobs_are_withheld_unless_they_are_asked_for() {
    make_data
    bundle -o "$d/none.slb"
    holds "$d/none.slb"
    grep -q 'withheld 0' "$d/out" && fail "nothing withheld"
    tar tf "$d/none.slb" | grep -q '^blobs/' && fail "a blob is in it"
    control=$("$assay" --data "$d/data" test list --json 2>/dev/null | sed -n 's/.*"control": *"\([A-Z]*-[0-9]*\)".*/\1/p' | head -1)
    bundle -o "$d/some.slb" --blobs "${control:-AC-06}"
    holds "$d/some.slb"
    expect 2 "$assay" --data "$d/data" bundle --audience a --purpose b -o "$d/x.slb" --blobs ZZ-99
}

case_ranges_and_selected_leaves_hold() {
    make_data
    grow 6
    bundle -o "$d/range.slb" --range 0:20
    holds "$d/range.slb"
    bundle -o "$d/time.slb" --from now-1d
    holds "$d/time.slb"
    bundle -o "$d/two.slb" --leaf 5 2 --blobs all
    holds --explain 5 "$d/two.slb"
    grep -q '^leaf 5' "$d/out" || fail "does not explain"
    expect 2 "$verify" --explain 4 "$d/two.slb"
    expect 2 "$assay" --data "$d/data" bundle --audience a --purpose b -o "$d/x.slb" --leaf 99999
    test ! -e "$d/x.slb" || fail "left a broken file"
}

case_what_was_erased_is_named_and_the_rest_holds() {
    make_data
    leaf=$("$assay" --data "$d/data" dump | sed -n 's/^\["capture",\([0-9]*\),[0-9-]*,"[^"]*","users",.*/\1/p' | tail -1)
    bundle -o "$d/before.slb" --blobs all
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis request --reason "a letter"
    bundle -o "$d/after.slb" --blobs all
    holds "$d/after.slb"
    grep -Eq 'erased [1-9]' "$d/out" || fail "does not count what was erased"
    holds --explain "$leaf" "$d/after.slb"
    grep -q '^  blob .* erased' "$d/out" || fail "does not say that the blob was erased"
    bundle -o "$d/one.slb" --leaf "$leaf" --blobs all
    holds "$d/one.slb"
    holds "$d/data"
    holds "$d/before.slb" # what was handed out before stays what it was
}

case_rotated_keys_are_followed_and_stolen_ones_are_not() {
    make_data
    first=$(log_key)
    root=$("$assay" --data "$d/data" key list | grep '/root+')
    old=$(echo "$first" | sed 's/.*+\([0-9a-f]\{8\}\)+.*/\1/')
    expect 0 "$assay" --data "$d/data" key rotate log
    second=$(cat "$d/out")
    expect 0 "$assay" --data "$d/data" key rotate officer
    grow 1
    bundle -o "$d/both.slb" --blobs all
    holds --log "$first" "$d/both.slb"
    holds --log "$second" "$d/both.slb"
    expect 0 "$assay" --data "$d/data" key retire "$old"
    grow 1
    bundle -o "$d/after.slb"
    holds --log "$first" "$d/after.slb"
    expect 0 "$assay" --data "$d/data" key rotate log
    last=$(cat "$d/out" | sed 's/.*+\([0-9a-f]\{8\}\)+.*/\1/')
    grow 1
    expect 0 "$assay" --data "$d/data" key revoke "$last" --trust 5
    grow 1
    bundle -o "$d/stolen.slb"
    holds --root "$root" "$d/stolen.slb"
    expect 1 "$verify" --log "$(cat "$d/kept-last" 2>/dev/null || "$assay" --data "$d/data" key list | grep -- "+$last+")" "$d/stolen.slb"
    code E01
    holds --root "$root" "$d/data"
}

case_tar_and_sha256sum_are_enough_for_the_members() {
    make_data
    bundle -o "$d/full.slb" --blobs all
    mkdir "$d/x"
    tar xf "$d/full.slb" -C "$d/x"
    sed 's/{"h":"\([0-9a-f]*\)","n":"\([^"]*\)".*/\1  \2/' "$d/x/members.jsonl" >"$d/sums"
    (cd "$d/x" && sha256sum --quiet -c "$d/sums") || fail "a member has another hash"
    [ "$(wc -l <"$d/sums")" -eq "$(($(tar tf "$d/full.slb" | wc -l) - 2))" ] || fail "another number of members"
}

case_a_damaged_bundle_is_refused() {
    make_data
    bundle -o "$d/full.slb" --blobs all
    for at in 600 1200 9000 40000 100000; do
        cp "$d/full.slb" "$d/bad.slb"
        flip "$d/bad.slb" "$at"
        expect 1 "$verify" "$d/bad.slb"
    done
    head -c 50000 "$d/full.slb" >"$d/cut.slb"
    expect 1 "$verify" "$d/cut.slb"
    echo hello >"$d/text"
    expect 2 "$verify" "$d/text"
    expect 2 "$verify" "$d/nothing"
    : >"$d/empty"
    mkfifo "$d/pipe"
    for name in empty pipe; do
        expect 2 timeout 20 "$verify" "$d/$name"
        grep -q 'is empty, or neither a file nor a directory' "$d/out" || fail "$name: $(cat "$d/out" "$d/err")"
    done
    expect 2 "$verify"
}

case_another_key_and_an_older_state_are_refused() {
    make_data
    cp "$d"/data/ledger/*/checkpoint "$d/old"
    bundle -o "$d/old.slb"
    grow 3
    bundle -o "$d/new.slb"
    expect 0 "$assay" --data "$d/other" init
    expect 1 "$verify" --log "$("$assay" --data "$d/other" key list | sed -n 2p)" "$d/new.slb"
    code E10
    expect 1 "$verify" --root "$("$assay" --data "$d/other" key list | sed -n 1p)" "$d/new.slb"
    code E01
    holds --last-seen "$d/old" "$d/new.slb"
    cp "$d"/data/ledger/*/checkpoint "$d/newest"
    expect 1 "$verify" --last-seen "$d/newest" "$d/old.slb"
    code E14
    seen=$(sed -n 2p "$d/newest"):$(sed -n 3p "$d/newest" | base64 -d | od -An -v -tx1 | tr -d ' \n')
    holds --last-seen "$seen" "$d/new.slb"
    expect 0 "$assay" verify --last-seen "$seen" "$d/new.slb" && lacks 'give --last-seen' && lacks '[^-]--log'
    expect 1 "$assay" verify --last-seen "$d/newest" "$d/old.slb"
    code E14
    expect 2 "$verify" --last-seen 12:xyz "$d/new.slb"
}

case_a_ledger_directory_holds_and_its_damage_does_not() {
    make_data
    holds "$d/data"
    grep -q 'ledger directory' "$d/out" || fail "not taken for a directory"
    ledger=$(echo "$d"/data/ledger/*)
    expect 0 "$verify" --json "$ledger"
    grep -q '"verdict": "ok"' "$d/out" || fail "no JSON verdict"
    for tile in $(find "$ledger/tile" -type f); do # also the narrower ones of earlier sizes
        cp "$tile" "$d/kept"
        flip "$tile" 20
        expect 1 "$verify" "$ledger"
        grep -q '^E3[0-4] ' "$d/out" || fail "no code of a tile: $tile"
        cp "$d/kept" "$tile"
    done
    touch "$ledger/tile/extra"
    expect 1 "$verify" "$ledger"
    code E32
}

case_a_proof_holds_for_us_and_for_go() {
    make_data
    grow 3
    expect 0 "$assay" --data "$d/data" prove 0 7 -o "$d/proofs"
    holds --log "$(log_key)" --proof "$d/proofs/7.tlog-proof" --leaf "$d/proofs/7.leaf"
    expect 1 "$verify" --log "$(log_key)" --proof "$d/proofs/7.tlog-proof" --leaf "$d/proofs/0.leaf"
    expect 2 "$verify" --proof "$d/proofs/7.tlog-proof" --leaf "$d/proofs/7.leaf" # no key to trust
    expect 0 "$assay" --data "$d/data" prove 7
    cmp "$d/out" "$d/proofs/7.tlog-proof" || fail "another proof on standard output"
    expect 2 "$assay" --data "$d/data" prove 99999
    command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || skip "Go and x/mod are not installed"
    export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$d/cache"
    expect 0 go build -o "$d/go-proof" "$here/../conformance/proof.go"
    expect 0 "$d/go-proof" "$(log_key)" "$d/proofs/7.tlog-proof" "$d/proofs/7.leaf"
    expect 1 "$d/go-proof" "$(log_key)" "$d/proofs/7.tlog-proof" "$d/proofs/0.leaf"
    expect 0 go build -o "$d/go-tree" "$here/../conformance/verifier.go"
    bundle -o "$d/full.slb"
    mkdir "$d/x"
    tar xf "$d/full.slb" -C "$d/x"
    sed 1d "$d/x/checkpoints.txt" >"$d/x/checkpoint" # "== bytes", then the one note
    cp "$d/x/checkpoint" "$d/x/checkpoint.old"
    expect 0 "$d/go-tree" "$d/x" "$(log_key)" 7 "$d/proofs/7.leaf"
}

wait_for() {
    i=0
    until eval "$1"; do
        i=$((i + 1))
        [ $i -lt 400 ] || fail "waited for: $1"
        sleep 0.05
    done
}
case_witnesses_and_time_stamps_are_checked_against_the_policy() {
    [ -n "${TSA_SERVER-}" ] && [ -n "${WITNESS_SERVER-}" ] || skip "no servers given"
    make_data
    mkdir "$d/tsa" "$d/w"
    "$TSA_SERVER" "$d/tsa" 2>"$d/tsa.err" &
    tsa=$!
    "$WITNESS_SERVER" "$d/w" "witness.example/w" "$(log_key)" 2>"$d/w.err" &
    witness=$!
    trap 'kill $tsa $witness 2>/dev/null || :' EXIT
    wait_for "[ -s $d/tsa/url ] && [ -s $d/w/url ]"
    printf 'log %s\nwitness w %s %s\nquorum w\n' "$(log_key)" "$(cat "$d/w/vkey")" "$(cat "$d/w/url")" >"$d/policy"
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    expect 0 "$assay" --data "$d/data" anchor tsa add test "$(cat "$d/tsa/url")" --ca "$d/tsa/ca.pem" --every 1h
    expect 0 "$assay" --data "$d/data" anchor now
    grow 2
    bundle -o "$d/full.slb" --blobs all
    holds --policy "$d/policy" "$d/full.slb"
    grep -q ' 1 time stamps' "$d/out" || fail "no time stamp was checked"
    grep -Eq '[1-9] witnessed' "$d/out" || fail "no cosignature was checked"
    grep -q '^anchor .* ms behind' "$d/out" || fail "no lag"
    sed -n 's/.*; do: \(openssl ts -verify .* -attime [0-9]*\)$/\1/p' "$d/out" >"$d/openssl"
    [ -s "$d/openssl" ] || fail "does not say how to check the time stamp"
    holds --policy "$d/policy" --explain 0 "$d/full.slb"
    grep -q '^  witnessed with' "$d/out" && grep -q '^  stamped   with [0-9]* leaves by 2[0-9-]*T[0-9:]*Z' "$d/out" || fail "explains no bracket of time"
    holds --policy "$d/policy" "$d/data"
    # A policy that wants another witness.
    "$assay" witness --dir "$d/other" key >"$d/other.vkey" 2>/dev/null || skip "no witness key to be had"
    printf 'log %s\nwitness o %s\nquorum o\n' "$(log_key)" "$(head -1 "$d/other.vkey")" >"$d/other.policy"
    expect 1 "$verify" --policy "$d/other.policy" "$d/full.slb"
    code E11
    expect 0 "$assay" --data "$d/data" prove 0 -o "$d/proofs"
    holds --policy "$d/policy" --proof "$d/proofs/0.tlog-proof" --leaf "$d/proofs/0.leaf"
    grep -q 'witnessed as the policy demands' "$d/out" || fail "the proof is not witnessed"
    mkdir "$d/x"
    tar xf "$d/full.slb" -C "$d/x"
    (cd "$d/x" && sh "$d/openssl" >/dev/null 2>&1) || fail "openssl refuses what is printed: $(cat "$d/openssl")"
    # Nobody asks the authority any more; its stamp is still there, and so are its certificates.
    expect 0 "$assay" --data "$d/data" anchor tsa remove test
    bundle -o "$d/later.slb" --blobs none
    tar xOf "$d/later.slb" tsa/ca.pem | cmp -s - "$d/x/tsa/ca.pem" || fail "the certificates went with the authority"
    kill $tsa $witness
}

case_ledgers_of_many_tiles_hold_and_their_damage_does_not() {
    for size in 300 3000; do
        mkdir "$d/$size"
        expect 0 "${ASSAY_BENCH_BUNDLE:?}" "$d/$size" "$size" 1 20
        holds "$d/$size/full.slb"
        grep -q ' 0 runs' "$d/out" && fail "no run was checked"
        holds "$d/$size/log/"
    done
    for tile in $(find "$d/3000/log/" -type f -path '*/tile/*'); do
        cp "$tile" "$d/kept"
        flip "$tile" 25
        expect 1 "$verify" "$d/3000/log/"
        cp "$d/kept" "$tile"
    done
    rm "$d/3000/log/tile/0/003"
    expect 1 "$verify" "$d/3000/log/"
    code E31
    expect 0 "${ASSAY_MUTANTS:?}" 200 "$d/300/full.slb"
}

case_mutants_of_a_bundle_are_all_refused() {
    make_data
    bundle -o "$d/full.slb" --blobs all
    bundle -o "$d/two.slb" --leaf 5 2
    count=400
    [ -z "${ASSAY_TEST_LONG-}" ] || count=20000
    expect 0 "${ASSAY_MUTANTS:?}" "$count" "$d/full.slb" "$d/two.slb"
}

run_cases "$@"
