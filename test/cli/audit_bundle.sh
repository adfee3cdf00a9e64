#!/bin/sh
# What an auditor takes home: an engagement with captures, evidence, a population, a sample and a sheet in one file; read, verified, performed again, damaged.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
verify=${ASSAY_VERIFY:-}

record() { expect 0 "$assay" --data "$d/data" record "$@"; }
audit() { expect 0 "$assay" --data "$d/data" audit "$@"; }
again() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/nowhere" reperform "$@"
}
tool() { python3 "$here/audit_bundle.py" "$@"; }
ask() { # ask METHOD ADDRESS [JSON]
    curl -s -X "$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' ${3:+-d "$3"} "$at/api/v1$2" >"$d/answer" || fail "no answer: $2"
    ! grep -q '"status": *[45]' "$d/answer" || { cp "$d/answer" "$d/out"; fail "$1 $2 was refused"; }
}

# Management's side, by the command line.
make_engagement() {
    make_data
    record add person name='Ann Field' email=ann@example.org started_on=2026-02-01
    record add person name='Audrey Auditor' email=audrey@example.org kind=contractor
    record add person name='Rea Reviewer' email=rea@example.org kind=contractor
    record add organisation name='Acme Ltd' time_zone=UTC
    record add control AC-05 title='Access is taken away' owner=ann@example.org effective_from=2025-01-01
    record move control AC-05 adopt
    record add control AC-06 title='SSH is hardened' owner=ann@example.org effective_from=2025-01-01
    record move control AC-06 adopt
    record add control AC-07 title='Secret plan' owner=ann@example.org # never adopted: nobody outside sees it
    record add engagement title='SOC 2 Type 2' kind=type2 window_from="$(date -u -d '-100 days' +%F)" window_to="$(date -u -d '+80 days' +%F)" categories=security firm='Reed & <Partners>' auditors=P-0002,P-0003
    printf 'id,date,completed\n' >"$d/leavers.csv"
    for n in $(seq 1 30); do printf 'L-%03d,2026-03-%02d,2026-03-%02d\n' "$n" "$((n % 27 + 1))" "$((n % 27 + 1))" >>"$d/leavers.csv"; done
    printf 'a screenshot of nothing\n' >"$d/shot.txt"
    printf 'handed to nobody\n' >"$d/kept.txt"
    record add evidence title='What was shown' period_from=2026-03-01 period_to=2026-03-31 controls=AC-05 --file files="$d/shot.txt"
    record add evidence title='Kept back' period_from=2026-03-01 period_to=2026-03-31 controls=AC-05 --file files="$d/kept.txt"
    record add audit_request title='Proof of leavers' engagement=ENG-0001 kind=document controls=AC-05 evidence=EV-0001
    record change audit_request REQ-0001 answer='As shown'
    record move audit_request REQ-0001 submit
    record add task title='A whisper' owner=ann@example.org due_on=2026-12-31
}

# The auditor's, by the API: a commitment, then the freeze, then the number.
draw_sample() {
    expect 0 "$assay" --data "$d/data" user add audrey --roles auditor --until 2099-01-01 --person P-0002
    expect 0 "$assay" --data "$d/data" token add audrey --label tools --scope examine
    token=$(cat "$d/out")
    : >"$d/serve"
    "$assay" --data "$d/data" serve --no-collect --no-link --listen 127.0.0.1:0 >"$d/serve" 2>"$d/log" &
    server=$!
    for i in $(seq 1 200); do
        grep -q '^Assay is at' "$d/serve" && break
        sleep 0.1
    done
    at=$(sed -n 's/^Assay is at //p' "$d/serve")
    expect 0 "$assay" --data "$d/nowhere" audit sample nonce --json
    nonce=$(sed -n 's/.*"nonce": *"\([0-9a-f]*\)".*/\1/p' "$d/out")
    commitment=$(sed -n 's/.*"commitment": *"\([0-9a-f]*\)".*/\1/p' "$d/out")
    record add population title=Leavers engagement=ENG-0001 controls=AC-05 kind=import system=HR query='all who left' period_from=2026-03-01 period_to=2026-03-31
    ask POST /audit/ENG-0001/samples "{\"population\":\"POP-0001\",\"commitment\":\"$commitment\",\"size\":5}"
    audit population freeze POP-0001 --file "$d/leavers.csv"
    for i in $(seq 1 60); do
        curl -s -X POST -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "{\"step\":\"reveal\",\"nonce\":\"$nonce\"}" "$at/api/v1/audit/ENG-0001/samples/SMP-0001" >"$d/answer"
        grep -q '"leaf"' "$d/answer" && break
        sleep 0.5
    done
    audit population freeze hires --engagement ENG-0001
    curl -s -X POST -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"control":"AC-05"}' "$at/api/v1/audit/ENG-0001/sheets" >"$d/answer"
    kill "$server"
    wait "$server" || :
}

case_a_bundle_is_whole_readable_and_performed_again_without_a_difference() {
    command -v curl >/dev/null && command -v python3 >/dev/null || skip "needs curl and python3"
    make_engagement
    draw_sample
    audit bundle ENG-0001 --output "$d/a.slb"
    has 'reperform'
    expect 0 "$assay" --data "$d/data" verify "$d/a.slb"
    has '^OK'
    [ -z "$verify" ] || { expect 0 "$verify" "$d/a.slb" && has '^OK'; }
    again 0 "$d/a.slb"
    has '^no difference'
    has '^samples  *1 drawn again, 5 items'
    has '^populations  *2 counted and hashed; 0 of them selected again by their query, 1 from the file of their source'
    has '^not again  *population POP-0002: its query reads .*people' # whose records are nobody's but the organisation's
    again 0 "$d/a.slb" --json
    has '"difference_count": *0'
    mkdir "$d/x" && tar xf "$d/a.slb" -C "$d/x" || fail "tar does not open it"
    tool pages "$d/x" >"$d/out" || fail "the pages are not as they should be"
    (cd "$d/x" && sed 's/{"h":"\([0-9a-f]*\)","n":"\([^"]*\)".*/\1  \2/' members.jsonl | sha256sum -c --quiet) || fail "members are not what members.jsonl says"
    grep -q 'control-AC-05.html' "$d/x/index.html" && grep -q 'population-POP-0001.html' "$d/x/pages/control-AC-05.html" && grep -q 'L-001' "$d/x/pages/population-POP-0001.html" || fail "the way is broken"
    grep -q 'Reed &amp; &lt;Partners&gt;' "$d/x/index.html" || fail "what people typed is not escaped"
    if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then # others' C2SP code takes its tree and proofs
        export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$d/cache"
        key=$("$assay" --data "$d/data" key list | grep -F "$(head -1 "$d"/data/ledger/*/checkpoint)+")
        expect 0 go build -o "$d/go-proof" "$here/../conformance/proof.go"
        expect 0 go build -o "$d/go-tree" "$here/../conformance/verifier.go"
        leaf=$(ls "$d"/x/audit/proofs/*.leaf | tail -1)
        expect 0 "$d/go-proof" "$key" "${leaf%.leaf}.tlog-proof" "$leaf"
        sed 1d "$d/x/checkpoints.txt" >"$d/x/checkpoint"
        cp "$d/x/checkpoint" "$d/x/checkpoint.old"
        expect 0 "$d/go-tree" "$d/x" "$key" "$(basename "$leaf" .leaf | sed 's/^0*//')" "$leaf"
    fi
    # What an auditor may not see is in no file of it: not adopted, not handed in, in confidence, people.
    for word in 'Secret plan' 'handed to nobody' 'Kept back' 'whisper' 'ann@example.org' 'Ann Field'; do
        ! grep -rq "$word" "$d/x" || fail "in the bundle: $word: $(grep -rl "$word" "$d/x" | head -3)"
    done
    grep -rq 'a screenshot of nothing' "$d/x/blobs" || fail "what was handed in is missing"
    # The same ledger gives the same bytes.
    audit bundle ENG-0001 --output "$d/b.slb"
    cmp "$d/a.slb" "$d/b.slb" || fail "another bundle of the same ledger"
    expect 2 "$assay" --data "$d/data" audit bundle ENG-0001 --output "$d/a.slb"
    expect 2 "$assay" --data "$d/data" audit bundle ENG-0009 --output "$d/c.slb"
    test ! -e "$d/c.slb" || fail "left a broken file"
}

case_one_changed_byte_is_one_named_difference() {
    command -v python3 >/dev/null || skip "needs python3"
    make_engagement
    record add population title=Accounts engagement=ENG-0001 controls=AC-05 system=Hosts query='select username as id, uid from users' period_from=2026-03-01 period_to=2026-03-31
    audit population freeze POP-0001
    audit bundle ENG-0001 --output "$d/a.slb"
    again 0 "$d/a.slb"
    has '1 counted and hashed; 1 of them selected again'
    tool blobs "$d/a.slb" >"$d/blobs"
    for blob in $(cat "$d/blobs") tile/entries/000.p/$(tar tf "$d/a.slb" | sed -n 's#^tile/entries/000.p/##p') audit/records.jsonl audit/evaluation.jsonl index.html keys.jsonl README.txt policy; do
        tar tf "$d/a.slb" "$blob" >/dev/null 2>&1 || continue
        tool flip "$d/a.slb" "$d/flipped.slb" "$blob"
        again 1 "$d/flipped.slb" --json
        has '"difference_count": *1\b' || fail "not one difference: $blob"
        case $blob in blobs/*) has '"kind": *"bytes"' && has 'leaf [0-9]' && has 'stored digest' ;; esac
    done
    # The first header: one line that says which byte, from all three, and that something is wrong; what is no bundle is wrong use.
    for place in 0 5 101 124 130 135 150 156 258 300 511; do
        cp "$d/a.slb" "$d/flipped.slb"
        flip "$d/flipped.slb" "$place"
        again 1 "$d/flipped.slb"
        has "^container: manifest.note: byte $place of the file, in the .* of its tar header, is 0x" || fail "a header changed at $place is not told"
        has '^1 difference$'
        expect 1 "$assay" verify "$d/flipped.slb"
        has "E05 .*manifest.note: byte $place of the file"
        [ -z "$verify" ] || { expect 1 "$verify" "$d/flipped.slb" && has "E05 .*manifest.note: byte $place of the file"; }
    done
    printf 'no bundle at all%2000s\n' . >"$d/none.slb"
    expect 2 "$assay" reperform "$d/none.slb"
    expect 2 "$assay" verify "$d/none.slb"
    # The rest of the file: a manifest, a list, a cut.
    for blob in manifest.note members.jsonl; do
        tool flip "$d/a.slb" "$d/flipped.slb" "$blob"
        got=0
        "$assay" reperform "$d/flipped.slb" >"$d/out" 2>"$d/err" || got=$?
        [ "$got" -ge 1 ] && [ "$got" -le 3 ] || fail "exit status $got for a damaged $blob"
    done
    for size in 0 100 511 512 1024 20000; do
        head -c "$size" "$d/a.slb" >"$d/cut.slb"
        got=0
        "$assay" reperform "$d/cut.slb" >"$d/out" 2>"$d/err" || got=$?
        [ "$got" -ge 1 ] && [ "$got" -le 3 ] || fail "exit status $got for $size bytes"
    done
}

case_what_people_performed_follows_from_the_ledger() {
    make_engagement
    record add control AC-10 title='Access is reviewed' owner=ann@example.org effective_from=2025-01-01
    record move control AC-10 adopt
    for days in 90 60 30; do
        day=$(date -u -d "-$days days" +%F)
        record add occurrence title='Review of access' control=AC-10 period_from="$day" period_to="$day" due_on="$day" performed_by=ann@example.org
    done
    record move occurrence OCC-0001 perform performed_on="$(date -u -d '-91 days' +%F)"
    audit bundle ENG-0001 --output "$d/a.slb"
    again 0 "$d/a.slb"
    has '^no difference'
    has '^performances 3, on which 1 controls rest'
    lacks '^not again  *control'
    tar xOf "$d/a.slb" audit/performances.jsonl >"$d/out"
    has '"id":"OCC-0001".*"state":"performed"'
    lacks 'P-0001\|ann'
    # Whoever states another state than the ledger has is named, and so is what was concluded from it.
    command -v sqlite3 >/dev/null || skip "needs sqlite3"
    sqlite3 "$d/data/db/assay.db" "update occurrences_versions set state = 'performed', performed_on = due_on where id = 'OCC-0002'" || fail "the projection was not altered"
    audit bundle ENG-0001 --output "$d/b.slb"
    again 1 "$d/b.slb"
    has '^performance: occurrence OCC-0002: stated as performed, version 1, by leaf [0-9]*; the ledger has it as expected'
    has '^evaluation: control AC-10: '
}

case_what_lies_on_the_server_goes_after_a_day_and_when_anything_is_erased() {
    serve_once() { # until it has looked
        : >"$d/serve"
        "$assay" --data "$d/data" serve --no-collect --no-link --listen 127.0.0.1:0 >"$d/serve" 2>"$d/log" &
        server=$!
        for i in $(seq 1 200); do
            grep -q '^Assay is at' "$d/serve" && break
            sleep 0.1
        done
        sleep 0.5
        kill "$server"
        wait "$server" || :
    }
    make_data
    mkdir -m 700 "$d/data/bundles"
    echo old >"$d/data/bundles/BDL-0001.slb"
    touch -d '-25 hours' "$d/data/bundles/BDL-0001.slb"
    echo new >"$d/data/bundles/BDL-0002.slb"
    serve_once
    test ! -e "$d/data/bundles/BDL-0001.slb" || fail "a file of yesterday is still there"
    test -e "$d/data/bundles/BDL-0002.slb" || fail "a file of today is gone"
    leaf=$(sqlite3 "$d/data/db/assay.db" 'select min(leaf) from capture' 2>/dev/null) || skip "needs sqlite3"
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis order --reason 'As ordered'
    serve_once
    test ! -e "$d/data/bundles/BDL-0002.slb" || fail "what was erased lies on in a file"
}

case_an_altered_pack_is_one_named_difference_too() {
    make_engagement
    expect 0 "$assay" reperform "$d/data"
    has '^no difference'
    pack=$(ls "$d"/data/blobs/pack/0* | head -1)
    cp "$pack" "$d/pack"
    size=$(stat -c %s "$pack")
    for place in 3 5 7; do # somewhere within: in the bytes of some blob
        cp "$d/pack" "$pack"
        flip "$pack" $((size * place / 9))
        got=0
        "$assay" reperform "$d/data" >"$d/out" 2>"$d/err" || got=$?
        [ "$got" -eq 1 ] || fail "exit status $got with a damaged pack"
        has '^1 difference$'
    done
}

run_cases
