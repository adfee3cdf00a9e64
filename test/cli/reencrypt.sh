#!/bin/sh
# Blobs sealed anew: commitments, pages, bundles and erasures go on; the former keys are gone.
. "$(dirname "$0")/lib.sh"

blobs_of() { "$assay" --data "$d/data" reencrypt "$@" --json 2>/dev/null | sed -n 's/.*"blobs": \([0-9]*\).*/\1/p'; }

case_every_blob_is_sealed_anew_and_everything_reads_as_before() {
    make_data
    expect 0 "$assay" --data "$d/data" query "select count(*) as n from users" && cp "$d/out" "$d/users"
    xxd -p "$d/data/private/keyring/keys" | tr -d '\n' | fold -w 192 | cut -c1-64 | sort >"$d/names"
    expect 0 "$assay" --data "$d/data" reencrypt --all --json
    grep -q '"erased": 0' "$d/out"
    n=$(sed -n 's/.*"blobs": \([0-9]*\).*/\1/p' "$d/out")
    [ "$n" -gt 20 ] || fail "$n blobs"
    xxd -p "$d/data/private/keyring/keys" | tr -d '\n' | fold -w 192 | cut -c1-64 | sort >"$d/names2"
    [ -z "$(comm -12 "$d/names" "$d/names2")" ] || fail "former keys are there"
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" scrub "$d/data"
    rebuild_is_same
    expect 0 "$assay" --data "$d/data" query "select count(*) as n from users" && cmp "$d/out" "$d/users"
    expect 0 "$assay" reperform "$d/data"
    collect "$d/data" "$d/host" # goes on, and unchanged tables are still known as unchanged
    expect 0 "$assay" --data "$d/data" reencrypt --all
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" --data "$d/data" bundle -o "$d/all.slb" --audience a --purpose p --blobs all
    expect 0 "$assay" verify "$d/all.slb"
}

case_what_was_sealed_anew_can_be_erased_and_does_not_come_back_with_keys() {
    make_data
    leaf=$("$assay" --data "$d/data" query --json "select 1" >/dev/null 2>&1; sqlite3 "$d/data/db/assay.db" "select leaf from capture where x is not null order by leaf limit 1" 2>/dev/null) || leaf=
    [ -n "$leaf" ] || leaf=5
    expect 0 "$assay" --data "$d/data" reencrypt "$leaf"
    expect 0 "$assay" --data "$d/data" keyring backup "$d/keys.bak"
    cp -r "$d/data/blobs" "$d/blobs"
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis request --reason "asked for"
    expect 2 "$assay" --data "$d/data" reencrypt "$leaf" && one_line 'its content is erased'
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" scrub "$d/data"
    rebuild_is_same
    expect 0 "$assay" --data "$d/data" keyring restore "$d/keys.bak" --json
    grep -q '"added": 0' "$d/out" || fail "a destroyed key came back"
    # The sealed bytes of the middle come back with a copy: told, and destroyed again by the next start.
    cat "$d"/blobs/pack/*.pack >>"$d/data/blobs/pack/00000000.pack"
    expect 1 "$assay" scrub "$d/data" && grep -q 'is there again' "$d/out" || fail "scrub"
    expect 1 "$assay" verify "$d/data" && grep -q E65 "$d/out" || fail "verify"
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 13 --reason "any command that writes"
    expect 0 "$assay" verify "$d/data"
}

case_beside_a_server_and_in_a_backup() {
    make_data
    "$assay" --data "$d/data" serve --listen "unix:$d/http" >"$d/log" 2>&1 </dev/null &
    server=$!
    for i in $(seq 1 200); do [ -S "$d/http" ] && break; sleep 0.1; done
    code=0
    "$assay" --data "$d/data" reencrypt --all >"$d/out" 2>"$d/err" </dev/null || code=1
    "$assay" verify "$d/data" >"$d/out2" 2>&1 </dev/null || code=2
    "$assay" --data "$d/data" backup --with-keyring "$d/all.tar" >"$d/out3" 2>&1 </dev/null || code=3
    kill "$server"
    wait "$server" || :
    [ "$code" -eq 0 ] || fail "code $code: $(cat "$d/out2" "$d/out3")"
    expect 0 "$assay" --data "$d/again" restore "$d/all.tar"
    expect 0 "$assay" verify "$d/again"
}

case_wrong_use_is_one_line() {
    expect 0 "$assay" --data "$d/data" init
    expect 2 "$assay" --data "$d/data" reencrypt && grep -q 'wants leaves, or --all' "$d/err"
    expect 2 "$assay" --data "$d/data" reencrypt 0 && one_line 'has no blob'
    expect 2 "$assay" --data "$d/data" reencrypt 4000 && one_line 'there is none'
    expect 2 "$assay" --data "$d/data" reencrypt x && grep -q 'a leaf is a number' "$d/err"
    expect 0 "$assay" --data "$d/data" reencrypt --all
}

run_cases
