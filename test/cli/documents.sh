#!/bin/sh
# Documents by the command line: found by the words in their files, also after a rebuild and not after an erasure; held, and destroyed when two people said so.
set -eu
. "$(dirname "$0")/lib.sh"

fixtures=$(dirname "$0")/../../src/inspect/fixtures
document() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" document "$@"
}
record() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" record "$@"
}

case_words_in_files_are_found_after_a_rebuild_and_not_after_an_erasure() {
    expect 0 "$assay" --data "$d/data" init
    record 0 add person name=Ann
    document 0 add "$fixtures/minutes.pdf" "$fixtures/minutes.docx" "$fixtures/amounts.xlsx" --owner P-0001
    has 'DOC-0001  minutes.pdf: PDF' && has 'DOC-0003  amounts.xlsx: Excel workbook'
    document 0 search 'Zebrafinch' && has DOC-0001 && has DOC-0002 && lacks DOC-0003
    document 0 search 'Woodpecker' && has DOC-0003
    "$assay" --data "$d/data" dump >"$d/before" || fail "dump"
    expect 0 "$assay" --data "$d/data" rebuild
    "$assay" --data "$d/data" dump >"$d/after" || fail "dump"
    cmp -s "$d/before" "$d/after" || fail "another dump after the rebuild"
    document 0 search 'Zebrafinch' && has DOC-0001 && has DOC-0002 && lacks DOC-0003
    # A title that changes keeps the words; the file's erasure takes them, and its text with it.
    record 0 change document DOC-0003 title=Birds
    document 0 search 'Woodpecker' && has 'DOC-0003 .*Birds'
    leaf=$("$assay" --data "$d/data" record history document DOC-0003 --json | grep '"leaf"' | tail -1 | grep -o '[0-9][0-9]*')
    expect 0 "$assay" --data "$d/data" erase "$leaf" --blob 2 --basis request --reason 'asked for'
    document 0 search 'Woodpecker' && has 'nothing found'
    document 0 search 'Zebrafinch' && has DOC-0001
    expect 0 "$assay" --data "$d/data" verify
}

case_a_label_that_is_not_in_force_disposes_of_nothing_and_a_hold_keeps_from_erasure() {
    expect 0 "$assay" --data "$d/data" init
    record 0 add person name=Ann
    printf 'The bittern delivers reeds.\n' >"$d/contract.txt"
    record 0 add retention_label name=Short basis=law owner=P-0001 trigger=event period=1 unit=years action=dispose
    document 0 add "$d/contract.txt" --owner P-0001 --label RET-0001
    record 0 change document DOC-0001 event_on=2020-02-29
    document 0 due && has 'nothing is due'
    document 0 due --all && has 'kept *DOC-0001 .*not in force'
    record 0 add legal_hold name=Dispute reason=claim words=bittern custodian=P-0001
    leaf=$("$assay" --data "$d/data" record history document DOC-0001 --json | grep '"leaf"' | tail -1 | grep -o '[0-9][0-9]*')
    ! "$assay" --data "$d/data" erase "$leaf" --basis request --reason 'asked for' 2>"$d/err" || fail "what is held was erased"
    grep -q 'legal hold HOLD-0001' "$d/err" || fail "it does not say which hold"
}

run_cases
