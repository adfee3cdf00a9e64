#!/bin/sh
# assay witness, assay mirror and /log/ as a person uses them.
. "$(dirname "$0")/lib.sh"
# Starts COMMAND..., waits for its address; sets server and url. Stopped at the case's end.
serve() {
    : >"$d/hello"
    "$@" >"$d/hello" 2>"$d/log" </dev/null &
    server=$!
    trap 'kill $server 2>/dev/null; wait $server 2>/dev/null' EXIT
    n=0
    until grep -q '^listens on ' "$d/hello"; do
        n=$((n + 1))
        kill -0 $server 2>/dev/null && [ $n -lt 300 ] || { cat "$d/log"; fail "it does not start"; }
        sleep 0.1
    done
    url=$(sed -n 's/^listens on //p' "$d/hello")
}
need_curl() { command -v curl >/dev/null || skip "needs curl"; }
make_ledger() {
    expect 0 "$assay" --data "$d/data" init
    ledger=$(echo "$d"/data/ledger/*)
    vkey=$("$assay" --data "$d/data" key list | grep -F "$(head -1 "$ledger/checkpoint")+")
}
more_leaves() {
    for value in "$@"; do
        expect 0 "$assay" --data "$d/data" record set parameter account_dormant_days_max "$value" --reason "a test"
    done
}
case_key_is_made_once_and_private() {
    expect 0 "$assay" witness key --dir "$d/w" --name aud.example/w1
    cp "$d/out" "$d/first"
    grep -q '^aud.example/w1+[0-9a-f]\{8\}+B' "$d/out" || fail "no key of type 4"
    [ "$(stat -c %a "$d/w/key")" = 600 ] || fail "the key is not 0600"
    [ "$(stat -c %a "$d/w")" = 700 ] || fail "the directory is not 0700"
    expect 0 "$assay" witness key --dir "$d/w"
    cmp "$d/out" "$d/first" || fail "another key"
    expect 3 "$assay" witness key --dir "$d/w" --name other.example
    one_line "is called aud.example/w1"
    expect 0 "$assay" witness key --dir "$d/w" --json
    grep -q '"vkey": "aud.example/w1+' "$d/out" || fail "no JSON"
}
case_logs_are_added_and_listed() {
    make_ledger
    expect 0 "$assay" witness add --dir "$d/w" "$vkey"
    expect 0 "$assay" witness add --dir "$d/w" "$vkey"
    grep -q 'already there' "$d/out" || fail "twice"
    echo "# a remark" >>"$d/w/logs"
    expect 0 "$assay" witness add --dir "$d/w" "$vkey" https://ledger.example/log
    expect 0 "$assay" witness add --dir "$d/w" "$vkey" https://ledger.example/log
    grep -q 'already there' "$d/out" || fail "the same address twice"
    expect 0 "$assay" witness add --dir "$d/w" "$vkey"
    [ "$(cat "$d/w/logs")" = "log $vkey https://ledger.example/log
# a remark" ] || fail "the address: $(cat "$d/w/logs")"
    expect 2 "$assay" witness add --dir "$d/w" "x+00000000+AAAA"
    one_line "logs line 1"
    expect 0 "$assay" witness list --dir "$d/w"
    grep -q 'nothing cosigned yet' "$d/out" || fail "list"
    expect 2 "$assay" witness
    one_line "listen"
    expect 2 "$assay" witness list more --dir "$d/w"
    expect 2 "$assay" mirror
}
case_heads_are_cosigned_once_and_conflicts_told() {
    need_curl
    make_ledger
    serve "$assay" witness --dir "$d/w" --listen 127.0.0.1:0 --log "$vkey"
    { printf 'old 0\n\n'; cat "$ledger/checkpoint"; } >"$d/request"
    expect 0 curl -s -o "$d/answer" -w '%{http_code} %{content_type}' --data-binary "@$d/request" "$url/add-checkpoint"
    grep -q '^200 ' "$d/out" || fail "$(cat "$d/out" "$d/answer")"
    expect 0 curl -s -o "$d/answer" -w '%{http_code} %{content_type}' --data-binary "@$d/request" "$url/add-checkpoint"
    grep -q '^409 text/x.tlog.size$' "$d/out" || fail "$(cat "$d/out")"
    [ "$(cat "$d/answer")" = "$(sed -n 2p "$ledger/checkpoint")" ] || fail "the size in the 409"
    expect 0 curl -s -o "$d/answer" -w '%{http_code}' "$url/$(basename "$ledger")/checkpoint"
    grep -q "^— .*/assay-witness/" "$d/answer" || fail "no cosignature for monitors"
    for path in / /nothing "/$(basename "$ledger")/tile/0/000" /add-entries "/$(basename "$ledger")/checkpoint?x"; do
        expect 0 curl -s -o /dev/null -w '%{http_code}' "$url$path"
        [ "$path" = / ] && wanted=200 || wanted=404
        [ "$(cat "$d/out")" = $wanted ] || fail "$path: $(cat "$d/out")"
    done
    expect 0 curl -s -o /dev/null -w '%{http_code}' "$url/add-checkpoint"
    [ "$(cat "$d/out")" = 405 ] || fail "GET add-checkpoint: $(cat "$d/out")"
    expect 3 "$assay" witness --dir "$d/w" --listen 127.0.0.1:0
    one_line "another process"
    expect 0 "$assay" witness list --dir "$d/w" --json
    grep -q '"cosignatures": 1' "$d/out" || fail "list"
}
case_a_mirror_pulls_a_directory_and_assay_verify_accepts_it() {
    make_ledger
    more_leaves 80 81
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --log "$vkey" --once --cosign --name m.example/1
    copy=$(echo "$d"/m/ledger/*)
    grep -q '^— m.example/1 ' "$copy/checkpoint" || fail "not cosigned"
    for file in $(cd "$ledger" && find tile -type f); do
        [ ! -e "$copy/$file" ] || cmp "$ledger/$file" "$copy/$file" || fail "$file differs"
    done
    expect 0 "$assay" verify "$d/m"
    more_leaves 82
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --once --cosign
    expect 0 "$assay" verify "$d/m"
    expect 0 "$assay" mirror list --dir "$d/m"
    grep -q "^  $(sed -n 2p "$ledger/checkpoint") leaves" "$d/out" || fail "list"
    bundle=$(find "$copy/tile/entries" -type f | head -1)
    flip "$bundle" 200
    expect 1 "$assay" verify "$d/m"
}
rotate_log() { # sets vkey_1 and vkey_2
    vkey_1=$vkey
    expect 0 "$assay" --data "$d/data" key rotate log
    "$assay" --data "$d/data" key list >"$d/keys"
    vkey_2=$(grep -o "$(head -1 "$ledger/checkpoint")+[0-9a-f]\{8\}+[A-Za-z0-9+/=]*" "$d/keys" | grep -vF "$vkey_1" | head -1)
    [ -n "$vkey_2" ] || fail "no second log key"
}
retire_first() {
    id=${vkey_1#*+}
    expect 0 "$assay" --data "$d/data" key retire "${id%%+*}"
}
case_a_mirror_learns_a_rotated_key_from_the_leaves_it_holds() {
    make_ledger
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --log "$vkey" --once --cosign
    rotate_log
    more_leaves 80
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --once --cosign
    retire_first
    more_leaves 81
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --once --cosign
    grep -qF "$vkey_2" "$d/err" && grep -qF "$vkey_2" "$d/m/logs" || fail "the new key is not in the list"
    more_leaves 82
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --once --cosign
    [ ! -s "$d/err" ] || fail "learned twice"
    expect 0 "$assay" verify "$d/m"
    # One that was away during the whole overlap cannot know: it says what to do, and goes on with the new key.
    rm -rf "$d/data" "$d/m"
    make_ledger
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --log "$vkey" --once --cosign
    rotate_log
    retire_first
    more_leaves 80
    expect 3 "$assay" mirror --from "$d/data" --dir "$d/m" --once --cosign
    one_line 'none by a key that is trusted for this log'
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --log "$vkey_2" --once --cosign
    expect 0 "$assay" verify "$d/m"
}
case_a_key_that_left_the_list_early_does_not_lock_the_copy() {
    make_ledger
    more_leaves 80
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --log "$vkey" --once
    rotate_log
    more_leaves 81
    echo "log $vkey_2" >"$d/m/logs"
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --once
    expect 0 "$assay" verify "$d/m"
    # A list without any key of this log lets nothing new in.
    expect 0 "$assay" witness key --dir "$d/w"
    copy=$(echo "$d"/m/ledger/*)
    cp "$copy/checkpoint" "$d/before"
    expect 0 "$assay" --data "$d/other" init
    other=$("$assay" --data "$d/other" key list | grep -F "$(head -1 "$d"/other/ledger/*/checkpoint)+")
    echo "log $other - $(head -1 "$d/before")" >"$d/m/logs"
    more_leaves 82
    expect 3 "$assay" mirror --from "$d/data" --dir "$d/m" --once
    cmp "$copy/checkpoint" "$d/before"
    # A copy whose leaves were changed is not taken for its own.
    bundle=$(find "$copy/tile/entries" -type f | head -1)
    flip "$bundle" 60
    expect 3 "$assay" mirror --from "$d/data" --dir "$d/m" --once
    one_line 'signed by none of the keys in the list'
}
case_a_mirror_takes_pushes_and_serves_them() {
    need_curl
    make_ledger
    more_leaves 80 81 82
    serve "$assay" mirror --dir "$d/m" --listen 127.0.0.1:0 --log "$vkey"
    expect 0 "$assay" mirror push "$d/data" "$url" --json
    grep -q '"size": ' "$d/out" || fail "push"
    expect 0 "$assay" mirror push "$d/data" "$url"
    expect 0 curl -s -o "$d/answer" -w '%{http_code} %{content_type}' "$url/$(basename "$ledger")/tile/entries/000.p/$(sed -n 2p "$ledger/checkpoint")"
    grep -q '^200 application/octet-stream$' "$d/out" || fail "$(cat "$d/out")"
    expect 0 curl -s -o "$d/answer" -w '%{http_code}' --data-binary x "$url/add-entries"
    [ "$(cat "$d/out")" = 400 ] || fail "add-entries: $(cat "$d/out")"
    printf '\000\001x\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000' | gzip >"$d/gz"
    expect 0 curl -s -o "$d/answer" -w '%{http_code}' -H 'Content-Encoding: gzip' --data-binary "@$d/gz" "$url/add-entries"
    [ "$(cat "$d/out")" = 404 ] || fail "gzip: $(cat "$d/out")"
    expect 0 curl -s -o "$d/answer" -w '%{http_code}' -H 'Content-Encoding: br' --data-binary "@$d/gz" "$url/add-entries"
    [ "$(cat "$d/out")" = 415 ] || fail "br: $(cat "$d/out")"
    expect 0 "$assay" mirror --once --from "$url/$(basename "$ledger")" --dir "$d/m2" --log "$vkey"
    expect 0 "$assay" verify "$d/m2"
    rm -rf "$d/data2"
    expect 0 "$assay" --data "$d/data2" init
    expect 2 "$assay" mirror push "$d/data2" "$url"
    one_line "404"
}
case_assay_serve_shows_the_log() {
    need_curl
    make_ledger
    : >"$d/hello"
    "$assay" --data "$d/data" serve --listen 127.0.0.1:0 --every never >"$d/hello" 2>"$d/log" </dev/null &
    server=$!
    trap 'kill $server 2>/dev/null; wait $server 2>/dev/null' EXIT
    n=0
    until grep -q 'Assay is at' "$d/hello"; do
        n=$((n + 1))
        kill -0 $server 2>/dev/null && [ $n -lt 600 ] || fail "it does not start"
        sleep 0.1
    done
    url=$(sed -n 's/^Assay is at //p' "$d/hello")
    expect 0 curl -s -D "$d/head" -o "$d/answer" "$url/log/checkpoint"
    n=0 # another may be signed between the two looks at it
    until cmp -s "$d/answer" "$ledger/checkpoint"; do
        n=$((n + 1))
        [ $n -lt 50 ] || fail "another checkpoint"
        expect 0 curl -s -D "$d/head" -o "$d/answer" "$url/log/checkpoint"
    done
    grep -qi '^content-type: text/plain; charset=utf-8' "$d/head" && grep -qi '^cache-control: no-cache' "$d/head" || fail "$(cat "$d/head")"
    size=$(sed -n 2p "$d/answer") # more may be signed meanwhile
    expect 0 curl -s -D "$d/head" -o "$d/answer" "$url/log/tile/0/000.p/$size"
    [ "$(wc -c <"$d/answer")" -eq $((32 * size)) ] || fail "the partial tile"
    for path in tile/0/001 tile/0/000.p/0 tile/0/000.p/256 ../private/keys/log %2e%2e/private/keys/log tile/data/000 checkpoint/; do
        expect 0 curl -s --path-as-is -o /dev/null -w '%{http_code}' "$url/log/$path"
        [ "$(cat "$d/out")" = 404 ] || fail "$path: $(cat "$d/out")"
    done
    expect 0 "$assay" mirror --once --from "$url/log" --dir "$d/m" --log "$vkey" --cosign
    expect 0 "$assay" verify "$d/m"
}
case_a_leaf_is_explained_from_the_public_part_alone() {
    make_ledger
    more_leaves 80
    expect 0 "$assay" verify --explain 1 "$d/data"
    grep -q '^leaf 1$' "$d/out" && grep -q '^  position  1 of ' "$d/out" && grep -q '^  seal  ' "$d/out" || fail "what is told"
    expect 0 "$assay" mirror --from "$d/data" --dir "$d/m" --log "$vkey" --once
    expect 0 "$assay" verify --explain 1 "$d/m"
    expect 2 "$assay" verify --explain x "$d/data"
    "$assay" verify --explain 999 "$d/data" >"$d/out" 2>"$d/err" && fail "a leaf that is not there"
    grep -q 'leaf 999 is not here' "$d/out"
}
run_cases "$@"
