#!/bin/sh
# Witnesses and time stamps as a person sets them up: configuration, asking, what is kept, what verify and openssl say of it.
. "$(dirname "$0")/lib.sh"
tsa_server=${TSA_SERVER:?} witness_server=${WITNESS_SERVER:?} tls_front=${TLS_FRONT:?}
peers=

wait_for() {
    i=0
    until eval "$1"; do
        i=$((i + 1))
        [ $i -lt 400 ] || { fail "waited for: $1"; return 1; }
        sleep 0.05
    done
}
stop_peers() { # also a server that a failing case left behind
    for p in $peers ${server-}; do kill "$p" 2>/dev/null || :; done
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

case_what_others_vouched_for_is_in_the_backup() {
    make_data
    start_witness 1
    make_policy 1 1
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    expect 0 "$assay" --data "$d/data" anchor now
    expect 0 "$assay" --data "$d/data" verify --policy "$d/policy"
    has '^anchored [0-9]* leaves by 1 of 1 witnesses'
    anchored=$(grep '^anchored' "$d/out")
    expect 0 "$assay" --data "$d/data" verify --explain 1 # with partial tiles beside the newest ones
    [ "$(ls "$d"/data/ledger/*/tile/entries/000.p | wc -l)" -gt 1 ] || fail "one partial bundle only"
    has '^anchor    [0-9]* ms behind the newest leaf$'
    expect 0 "$assay" --data "$d/data" backup --with-keyring "$d/backup.tar"
    expect 0 "$assay" --data "$d/again" restore "$d/backup.tar"
    expect 0 "$assay" --data "$d/again" verify --policy "$d/policy"
    [ "$(grep '^anchored' "$d/out")" = "$anchored" ] || fail "another witnessed head than before: $anchored"
    stop_peers
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
    # An auditor's own authorities count in place of the ledger's, for a directory and for a bundle.
    expect 0 "$assay" verify --tsa-ca "$d/tsa/ca.pem" "$d/data"
    grep -q '^stamped ' "$d/out"
    openssl req -x509 -newkey ed25519 -nodes -keyout "$d/other.key" -out "$d/other.pem" -days 2 -subj /CN=other 2>/dev/null
    expect 1 "$assay" verify --tsa-ca "$d/other.pem" "$d/data"
    grep -q '^E21 .*the authorities given' "$d/out"
    grep -q '^stamped ' "$d/out" && fail "a stamp under a strange authority counts"
    expect 2 "$assay" verify --tsa-ca "$d/other.key" "$d/data"
    : >"$d/empty"
    expect 2 "$assay" verify --tsa-ca "$d/empty" "$d/data"
    expect 0 "$assay" --data "$d/data" bundle -o "$d/b.slb" --audience a --purpose p
    expect 0 "$assay" verify "$d/b.slb"
    grep -q '1 of 1 time stamps chain to the authorities in tsa/ca.pem' "$d/out"
    expect 0 "$assay" verify --tsa-ca "$d/tsa/ca.pem" "$d/b.slb"
    grep -q '1 of 1 time stamps chain to the authorities given' "$d/out"
    expect 1 "$assay" verify --tsa-ca "$d/other.pem" "$d/b.slb"
    grep -q 'E21 .*none of 1 time stamps' "$d/out"
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
    grep -q '^anchored .* by 2 of 3 witnesses' "$d/out"
    grep -q '^lag ' "$d/out"
    # An auditor's own policy: the same witnesses, then one that asks for all three.
    cp "$d/policy" "$d/auditor"
    expect 0 "$assay" verify --policy "$d/auditor" "$d/data"
    make_policy 3 1 2 3
    expect 1 "$assay" verify --policy "$d/policy" "$d/data"
    grep -q '^E11 .*the quorum is not reached: 2 of 3' "$d/out"
    echo nonsense >"$d/policy"
    expect 2 "$assay" verify --policy "$d/policy" "$d/data"
    # A flipped bit in what witnesses signed.
    sed -i -e '/^— witness.example/!b' -e 's/[^+]\(.\{6\}\)$/+\1/' -e t -e 's/+\(.\{6\}\)$/A\1/' "$witnessed"
    expect 1 "$assay" verify "$d/data"
    grep -q '^E11 ' "$d/out"
    stop_peers
}

# serve DIR EVERY OPTION...: in the background, ready when it returns; $server is its pid
serve() {
    directory=$1 every=$2
    shift 2
    "$assay" --data "$directory" serve --listen "unix:$d/http" --no-collect --anchor-every "$every" "$@" >"$d/serve.out" 2>"$d/serve.err" </dev/null &
    server=$!
    wait_for "grep -q '^Assay is at' $d/serve.out"
}
stop_server() {
    kill "$server"
    code=0
    wait "$server" || code=$?
    server=
    [ $code -eq 0 ] || fail "the server ended with $code: $(cat "$d/serve.err")"
}
cosigned() { # cosigned N: notes that anchors.log holds (each begins with this)
    n=$(grep -ac ACPL "$d/data/private/anchors.log" 2>/dev/null)
    [ "${n:-0}" -ge "$1" ]
}
status_of() { # status_of PEER: its state, as the serving process tells it
    tr '{' '\n' <"$d/data/private/anchors.json" | sed -n "s/.*\"name\":\"$1\".*\"state\":\"\([a-z]*\)\".*/\1/p"
}

case_the_server_asks_by_itself_and_again_when_nothing_is_new() {
    make_data
    start_witness 1
    start_witness 2
    witness_2=$witness
    make_down 3
    make_policy 2 1 2 3
    serve "$d/data" PT1S
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    wait_for "cosigned 1"
    expect 0 "$assay" verify "$d/data"
    # Idle: the same size again and again, so that time stays bracketed.
    before=$(grep -ac 'ACPL' "$d/data/private/anchors.log")
    wait_for "cosigned $((before + 3))"
    wait_for "[ \"$(status_of w1)\" = ok ] && [ \"$(status_of w3)\" = down ]"
    # Something new is cosigned too, in time.
    collect "$d/data" "$d/host"
    size=$("$assay" verify --json "$d/data" | sed -n 's/^ *"size": \([0-9]*\).*/\1/p')
    wait_for "grep -qa '^$size\$' $(find "$d/data/ledger" -name checkpoint.witnessed)"
    # A witness that goes and comes back; the keeper that is killed.
    kill "$witness_2"
    wait_for "[ \"\$(status_of w2)\" = down ]"
    expect 0 "$assay" --data "$d/data" status
    stop_server
    expect 0 "$assay" verify "$d/data"
    stop_peers
}

make_authority() { # make_authority NAME: a certificate authority of one's own
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" -keyout "$d/$1.key" -out "$d/$1.pem" \
        2>/dev/null
}
make_certificate() { # make_certificate FILE AUTHORITY DNS-NAME
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" -keyout "$d/$1.key" -out "$d/$1.csr" 2>/dev/null
    echo "subjectAltName=DNS:$3" >"$d/$1.ext"
    openssl x509 -req -in "$d/$1.csr" -CA "$d/$2.pem" -CAkey "$d/$2.key" -CAcreateserial -days 2 -extfile "$d/$1.ext" -out "$d/$1.pem" \
        2>/dev/null
}
start_front() { # start_front CERTIFICATE URL-FILE: TLS before the server of URL-FILE, which has the https address then
    port=$(sed 's/.*://' "$2")
    rm "$2"
    "$tls_front" "$d/$1.pem" "$d/$1.key" "$port" "$2" 2>"$d/front.err" &
    peers="$peers $!"
    trap stop_peers EXIT
    wait_for "[ -s $2 ]"
}
why_of() { # why_of PEER: what is said of it in $d/out
    tr -d '\n' <"$d/out" | tr '{' '\n' | sed -n "s/.*\"name\": \"$1\".*\"why\": \"\([^\"]*\)\".*/\1/p"
}

case_they_are_asked_over_tls_and_only_under_the_right_certificate() {
    make_data
    start_tsa
    start_witness 1
    start_witness 2
    make_authority ours
    make_authority strange
    make_certificate good ours localhost
    make_certificate named ours elsewhere.example
    start_front good "$d/tsa/url"
    start_front good "$d/w1/url"
    start_front named "$d/w2/url"
    make_policy 1 1 2
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    expect 0 "$assay" --data "$d/data" anchor tsa add test "$(cat "$d/tsa/url")" --ca "$d/tsa/ca.pem" --every 1h
    # The system's authorities, and strange ones, know none of them: nothing is taken.
    for ca in '' "--tls-ca $d/strange.pem"; do
        # shellcheck disable=SC2086
        expect 0 "$assay" --data "$d/data" anchor now --json $ca
        for peer in w1 test; do
            why_of $peer | grep -qi 'certificate' || fail "$peer without its authority ($ca): $(why_of $peer)"
        done
        [ "$(field strength)" = '"signed"' ] || fail "something was taken"
    done
    [ ! -e "$d/data/private/anchors.log" ] || fail "a cosignature was taken"
    # Under the right authority: witness and time stamp are taken, the one with another's name is not.
    expect 0 "$assay" --data "$d/data" anchor now --json --tls-ca "$d/ours.pem"
    [ "$(field strength)" = '"timestamped"' ] || [ "$(field strength)" = '"witnessed"' ] || fail "not anchored: $(cat "$d/out")"
    [ -z "$(why_of w1)$(why_of test)" ] || fail "w1: $(why_of w1), test: $(why_of test)"
    why_of w2 | grep -qi 'name' || fail "another's certificate: $(why_of w2)"
    expect 0 "$assay" verify "$d/data"
    grep -q '^anchored .* by 1 of 2 witnesses' "$d/out" && grep -q '^stamped ' "$d/out"
    expect 2 "$assay" --data "$d/data" anchor now --tls-ca "$d/nothing.pem"
    # The server too, from inside its jail.
    before=$(grep -ac ACPL "$d/data/private/anchors.log")
    serve "$d/data" PT1S --anchor-ca "$d/ours.pem"
    wait_for "cosigned $((before + 2))"
    wait_for "[ \"\$(status_of w1)\" = ok ] && [ \"\$(status_of w2)\" = down ]"
    stop_server
    stop_peers
}

# A server whose log can be reached at $url, over TCP.
serve_log() { # serve_log OPTION...
    rm -f "$d/serve.out"
    "$assay" --data "$d/data" serve --listen 127.0.0.1:0 --no-collect --anchor-every PT1S "$@" >"$d/serve.out" 2>"$d/serve.err" </dev/null &
    server=$!
    trap stop_peers EXIT
    wait_for "grep -q '^Assay is at' $d/serve.out"
    url=$(sed -n 's/^Assay is at //p' "$d/serve.out")
}
post() { # post FILE: the answer in $d/answer, its status in $d/out
    expect 0 curl -s -o "$d/answer" -w '%{http_code}' -H 'Content-Type: text/plain' --data-binary "@$1" "$url/log/cosignature"
}
# The audit firm's laptop: nobody can connect to it, it comes by itself.
case_a_witness_that_only_connects_out_vouches_too() {
    command -v curl >/dev/null || skip "needs curl"
    make_data
    expect 0 "$assay" witness key --dir "$d/laptop" --name firm.example/laptop
    key=$(cat "$d/out")
    printf 'log %s\nwitness laptop %s\nquorum laptop\n' "$(log_vkey)" "$key" >"$d/policy"
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    expect 2 "$assay" witness --dir "$d/laptop" --poll --once
    one_line 'no log of the list has an address'
    serve_log
    expect 0 "$assay" witness add --dir "$d/laptop" "$(log_vkey)" "$url/log"
    expect 0 "$assay" witness --dir "$d/laptop" --poll --once
    grep -q 'leaves cosigned, and the log has it' "$d/out" || fail "$(cat "$d/out")"
    witnessed=$(find "$d/data/ledger" -name checkpoint.witnessed)
    grep -q '^— firm.example/laptop ' "$witnessed" || fail "not published"
    expect 0 "$assay" --data "$d/data" anchor list
    grep -q 'laptop.*Comes by itself' "$d/out" || fail "anchor list: $(cat "$d/out")"
    wait_for '"$assay" --data "$d/data" anchor list --json 2>/dev/null | grep -q "\"strength\": \"witnessed\""'
    # Idle: again, with a later time. Then something new.
    cp "$witnessed" "$d/first"
    sleep 1.1
    expect 0 "$assay" witness --dir "$d/laptop" --poll --once
    collect "$d/data" "$d/host"
    wait_for '"$assay" witness --dir "$d/laptop" --poll --once >"$d/out" 2>"$d/err" && cosigned 3'
    cmp -s "$witnessed" "$d/first" && fail "nothing new was cosigned"
    # What is brought again, is older, is by nobody of the policy, or no note at all, is not kept.
    lines=$(grep -ac ACPL "$d/data/private/anchors.log")
    post "$witnessed" && grep -q '^200' "$d/out" && grep -q 'known already' "$d/answer" || fail "again: $(cat "$d/out" "$d/answer")"
    sed '/^— firm/d' "$witnessed" >"$d/bare"
    post "$d/bare" && grep -q '^403' "$d/out" || fail "without a cosignature: $(cat "$d/out")"
    sed '2s/.*/9/' "$witnessed" >"$d/forged"
    post "$d/forged" && grep -q '^403' "$d/out" || fail "another size: $(cat "$d/out")"
    post "$d/policy" && grep -q '^400' "$d/out" || fail "no note: $(cat "$d/out")"
    head -c 40000 /dev/zero >"$d/large"
    post "$d/large" && grep -q '^413' "$d/out" || fail "too large: $(cat "$d/out")"
    expect 0 curl -s -o "$d/answer" -w '%{http_code}' -H 'Origin: https://evil.example' --data-binary "@$witnessed" "$url/log/cosignature"
    grep -q '^403' "$d/out" || fail "from another site: $(cat "$d/out")"
    [ "$(grep -ac ACPL "$d/data/private/anchors.log")" -eq "$lines" ] || fail "something was kept"
    # Running on its own it keeps up.
    "$assay" witness --dir "$d/laptop" --poll --interval 1 >"$d/poll.out" 2>"$d/poll.err" </dev/null &
    peers="$peers $!"
    wait_for "cosigned $((lines + 2))"
    stop_server
    wait_for "grep -q 'assay: witness: ' $d/poll.err"
    stop_peers
    expect 0 "$assay" witness list --dir "$d/laptop"
    expect 0 "$assay" verify "$d/data"
    grep -q '^anchored .* by 1 of 1 witnesses' "$d/out" || fail "$(cat "$d/out")"
    # A log that was set back is told.
    cp -a "$d/data" "$d/older"
    for value in 80 81 82 83; do expect 0 "$assay" --data "$d/data" record set parameter account_dormant_days_max $value --reason x; done
    serve_log
    sed -i "s|http://127.0.0.1:[0-9]*/log|$url/log|" "$d/laptop/logs"
    expect 0 "$assay" witness --dir "$d/laptop" --poll --once
    stop_server
    rm -r "$d/data"
    mv "$d/older" "$d/data"
    serve_log
    sed -i "s|http://127.0.0.1:[0-9]*/log|$url/log|" "$d/laptop/logs"
    expect 1 "$assay" witness --dir "$d/laptop" --poll --once
    one_line 'MISBEHAVIOUR: .*set back'
    stop_server
    serve_log --private-log
    sed -i "s|http://127.0.0.1:[0-9]*/log|$url/log|" "$d/laptop/logs"
    expect 3 "$assay" witness --dir "$d/laptop" --poll --once
    one_line 'shown only to who is signed in there'
    stop_peers
}

case_a_ledger_that_was_set_back_is_loud() {
    make_data
    start_witness 1
    echo "log $(log_vkey)" >"$d/policy"
    echo "witness w1 $(cat "$d/w1/vkey") $(cat "$d/w1/url")" >>"$d/policy"
    echo "quorum w1" >>"$d/policy"
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    cp -a "$d/data" "$d/backup"
    expect 0 "$assay" --data "$d/data" anchor now
    collect "$d/data" "$d/host"
    expect 0 "$assay" --data "$d/data" anchor now
    rm -r "$d/data"
    mv "$d/backup" "$d/data"
    expect 1 "$assay" --data "$d/data" anchor now
    grep -q 'LOUD' "$d/err" || fail "nobody was told"
    grep -q 'A witness holds a checkpoint' "$d/out"
    [ -s "$d/data/private/fork-evidence" ] || fail "the evidence was not kept"
    expect 1 "$assay" --data "$d/data" anchor list
    expect 1 "$assay" verify "$d/data"
    grep -q '^E12 .*fork-evidence' "$d/out"
    expect 0 "$assay" --data "$d/data" status
    grep -q '^Anchored .*■' "$d/out"
    stop_peers
}
run_cases "$@"
