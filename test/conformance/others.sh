#!/bin/sh
# Four verifiers that share no code with Assay take what the program wrote for good, and refuse what was damaged afterwards: Go
# (golang.org/x/mod/sumdb), OpenSSL, @sigstore/verify and @transmute/rfc9162; then all of them are asked about random proofs, whole and
# damaged, and must answer as Assay does. ASSAY_TEST_LONG: 100,000 proofs instead of 2,000.
#
# Usage: others.sh ASSAY PROOFS TSA-SERVER WITNESS-SERVER. What is not there (Go, npm's packages) is left out, and said.
set -eu
assay=$(realpath "$1") proofs=$(realpath "$2") tsa_server=$(realpath "$3") witness_server=$(realpath "$4")
here=$(dirname "$(realpath "$0")")
scratch=$(mktemp -d)
peers=
finish() {
    for p in $peers; do kill "$p" 2>/dev/null || :; done
    rm -rf "$scratch"
}
trap finish EXIT
passed=0
failed=0
good=$scratch/good

# ---- what is there ----
verifiers="ssl_log ssl_cosigned ssl_stamp"
if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$scratch/cache"
    for program in verifier proof witness compare; do go build -o "$scratch/go-$program" "$here/$program.go"; done
    verifiers="$verifiers go_tree go_bundle go_proof go_cosigned"
    has_go=1
else
    echo "skipped: the verifiers in Go, since golang-go and golang-golang-x-mod-dev are not installed"
    has_go=
fi
if command -v npm >/dev/null && { [ -d "$here/npm/node_modules/@transmute" ] && [ ! "$here/npm/package-lock.json" -nt "$here/npm/node_modules/.package-lock.json" ] ||
    (cd "$here/npm" && npm ci --no-audit --no-fund) >"$scratch/npm" 2>&1; }; then
    verifiers="$verifiers sigstore transmute"
    has_npm=1
else
    echo "skipped: @sigstore/verify and @transmute/rfc9162, since npm did not bring them"
    has_npm=
fi

# ---- a ledger of the program, vouched for by a witness and a time-stamp authority ----
data=$scratch/data
run() { "$assay" --data "$data" "$@"; }
wait_for() {
    n=0
    until [ -s "$1" ]; do
        n=$((n + 1))
        [ $n -lt 400 ] || { echo "no $1"; exit 1; }
        sleep 0.05
    done
}
grow() { # grow FROM TO
    for value in $(seq "$1" "$2"); do
        run record set parameter account_dormant_days_max "$value" --reason "a conformance test" >/dev/null
    done
}
run init >/dev/null
ledger=$(echo "$data"/ledger/*)
mkdir "$good" "$scratch/tsa" "$scratch/w"
run key list | grep -F "$(head -1 "$ledger/checkpoint")+" >"$good/log.vkey"
"$tsa_server" "$scratch/tsa" 2>/dev/null &
peers="$peers $!"
"$witness_server" "$scratch/w" witness.example/w "$(cat "$good/log.vkey")" 2>/dev/null &
peers="$peers $!"
wait_for "$scratch/tsa/url"
wait_for "$scratch/w/url"
cp "$scratch/w/vkey" "$good/witness.vkey"
cp "$scratch/tsa/ca.pem" "$good/ca.pem"
{
    echo "log $(cat "$good/log.vkey")"
    echo "witness w $(cat "$good/witness.vkey") $(cat "$scratch/w/url")"
    echo "group all 1 w"
    echo "quorum all"
} >"$scratch/policy"
grow 81 83
run anchor policy "$scratch/policy" >/dev/null
run anchor tsa add test "$(cat "$scratch/tsa/url")" --ca "$good/ca.pem" --every 1h >/dev/null
run anchor now --json >"$scratch/anchored"
leaf=$(sed -n 's/^ *"leaf": \([0-9]*\).*/\1/p' "$scratch/anchored" | head -1)
run anchor export "$leaf" -o "$good/stamp.tsr" >"$scratch/exported"
sed -n 's/.*-attime \([0-9]*\)$/\1/p' "$scratch/exported" >"$good/stamp.at"
cp "$ledger/checkpoint.witnessed" "$good/cosigned"
grow 84 85
run prove 7 -o "$scratch/proofs" >/dev/null
cp "$scratch/proofs/7.tlog-proof" "$good/proof"
cp "$scratch/proofs/7.leaf" "$good/leaf"
cp -a "$ledger/tile" "$ledger/checkpoint" "$good"
cp "$good/cosigned" "$good/checkpoint.old"
run bundle --audience a --purpose b -o "$good/bundle.slb" >/dev/null

# ---- the verifiers, each in a directory like $good ----
go_tree() { "$scratch/go-verifier" . "$(cat log.vkey)" 7 leaf; }
go_proof() { "$scratch/go-proof" "$(cat log.vkey)" proof leaf; }
go_cosigned() { "$scratch/go-witness" verify cosigned "$(cat log.vkey)" "$(cat witness.vkey)"; }
go_bundle() {
    rm -rf x && mkdir x && tar xf bundle.slb -C x && sed -n '/^== /,$p' x/checkpoints.txt | sed 1d >x/all || return 1
    # the newest note stands last; each begins with "== bytes"
    awk '/^== / { n = "" ; next } { n = n $0 "\n" } END { printf "%s", n }' x/checkpoints.txt >x/checkpoint
    cp x/checkpoint x/checkpoint.old
    "$scratch/go-verifier" x "$(cat log.vkey)" 7 leaf
}
sigstore() { node "$here/npm/check.mjs" sigstore "$(cat log.vkey)" proof leaf; }
transmute() { node "$here/npm/check.mjs" transmute "$(cat log.vkey)" proof leaf; }
public_key() { # public_key VKEY: its SubjectPublicKeyInfo
    printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    sed 's/^[^+]*+[^+]*+//' "$1" | base64 -d | tail -c 32
}
signature_of() { # signature_of NAME: the bytes behind the key id
    sed -n "s|^— $1 ||p" cosigned | base64 -d | tail -c +5
}
pkeyutl() { openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$1" -in "$2" -sigfile "$3"; }
ssl_log() {
    public_key log.vkey >pub.der && sed '/^$/,$d' cosigned >text && signature_of "$(sed 's/+.*//' log.vkey)" >sig && pkeyutl pub.der text sig
}
ssl_cosigned() {
    public_key witness.vkey >pub.der && signature_of witness.example/w >line || return 1
    printf 'cosignature/v1\ntime %d\n' "$(head -c 8 line | od -An -tu8 --endian=big)" >message
    sed '/^$/,$d' cosigned >>message && tail -c +9 line >sig && pkeyutl pub.der message sig
}
ssl_stamp() { openssl ts -verify -data stamp.tsr.checkpoint -in stamp.tsr -CAfile ca.pem -attime "$(cat stamp.at)"; }

has() { case " $verifiers " in *" $1 "*) ;; *) return 1 ;; esac; }
answer() { # answer 0|1 VERIFIER WHAT: must accept or refuse what is in the current directory
    got=0
    "$2" >"$scratch/said" 2>&1 || got=1
    if [ $got -eq "$1" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$2: $3: $([ $got -eq 0 ] && echo accepted || echo refused)"
        head -3 "$scratch/said"
    fi
}
damaged() { # damaged WHAT "VERIFIERS" COMMAND...: a copy in which the command ran must be refused by each
    what=$1 by=$2
    shift 2
    rm -rf "$scratch/bad"
    cp -a "$good" "$scratch/bad"
    cd "$scratch/bad"
    "$@"
    for v in $by; do ! has "$v" || answer 1 "$v" "$what"; done
}
flip() { # flip FILE OFFSET
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "$(printf '\\%03o' $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
at() { # at FILE TEXT: where the text begins
    grep -abo -- "$2" "$1" | head -1 | cut -d: -f1
}
line_flip() { # line_flip FILE LINE: another letter in the middle of the line
    awk -v n="$2" 'NR == n { k = int(length($0) / 2); c = substr($0, k, 1); $0 = substr($0, 1, k - 1) (c == "A" ? "B" : "A") substr($0, k + 1) } { print }' "$1" >t
    mv t "$1"
}
signature_flip() { line_flip "$1" "$(grep -n -- "^— $2 " "$1" | head -1 | cut -d: -f1)"; }
bump() { awk -v n="$2" 'NR == n { $0 = $0 + 1 } { print }' "$1" >t && mv t "$1"; }
width=$(ls "$good/tile/0/000.p" | sort -n | tail -1)
head_line=$(grep -n '^$' "$good/proof" | head -1 | cut -d: -f1) # the note in the proof begins behind it
log_name=$(sed 's/+.*//' "$good/log.vkey")

cd "$good"
for v in $verifiers; do answer 0 "$v" "what the program wrote"; done
damaged "a leaf" "go_tree go_bundle go_proof sigstore transmute" sh -c 'printf x >>leaf'
damaged "a byte of a leaf" "go_tree go_bundle go_proof sigstore transmute" flip leaf 60
damaged "a byte of the entry bundle" "go_tree" flip "tile/entries/000.p/$width" 300
damaged "a byte of the tile" "go_tree" flip "tile/0/000.p/$width" 40
damaged "a tile gone" "go_tree" rm "tile/0/000.p/$width"
damaged "a leaf in the .slb" "go_bundle" flip bundle.slb "$(($(at "$good/bundle.slb" 'assay/leaf@v1 run') + 40))"
damaged "the size in the checkpoint" "go_tree" bump checkpoint 2
damaged "the size in the cosigned note" "go_cosigned ssl_log ssl_cosigned" bump cosigned 2
damaged "the size in the proof" "go_proof sigstore" bump proof $((head_line + 2))
damaged "the root in the checkpoint" "go_tree" line_flip checkpoint 3
damaged "the root in the cosigned note" "go_cosigned ssl_log ssl_cosigned" line_flip cosigned 3
damaged "the root in the proof" "go_proof sigstore transmute" line_flip proof $((head_line + 3))
damaged "the origin in the cosigned note" "go_cosigned ssl_log ssl_cosigned" line_flip cosigned 1
damaged "the origin in the proof" "go_proof sigstore" line_flip proof $((head_line + 1))
damaged "a line more in the note" "go_cosigned ssl_log ssl_cosigned" sed -i '3a more' cosigned
damaged "the log's signature" "go_cosigned ssl_log" signature_flip cosigned "$log_name"
damaged "the log's signature in the proof" "go_proof sigstore" signature_flip proof "$log_name"
damaged "the cosignature" "go_cosigned ssl_cosigned" signature_flip cosigned witness.example/w
damaged "another witness's key" "go_cosigned ssl_cosigned" cp "$good/log.vkey" witness.vkey
damaged "another log's key" "go_tree go_proof go_cosigned sigstore" line_flip log.vkey 1
damaged "the index in the proof" "go_proof sigstore transmute" sed -i 's/^index 7$/index 6/' proof
damaged "a hash of the proof" "go_proof sigstore transmute" line_flip proof 3
damaged "a hash of the proof gone" "go_proof sigstore transmute" sed -i 3d proof
damaged "a hash of the proof twice" "go_proof sigstore transmute" sed -i 3p proof
damaged "the stamped bytes" "ssl_stamp" sh -c 'echo more >>stamp.tsr.checkpoint'
damaged "the end of the stamp" "ssl_stamp" truncate -s -9 stamp.tsr
damaged "the signature of the stamp" "ssl_stamp" flip stamp.tsr $(($(wc -c <"$good/stamp.tsr") - 20))
damaged "a stamp by a stranger" "ssl_stamp" cp /etc/ssl/certs/ca-certificates.crt ca.pem

# ---- random proofs ----
count=2000
[ -z "${ASSAY_TEST_LONG:-}" ] || count=100000
"$proofs" $count "${ASSAY_TEST_SEED:-1}" >"$scratch/random"
agree() { # agree COMMAND...
    if "$@" <"$scratch/random" >"$scratch/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    tail -4 "$scratch/said" | cut -c1-300
}
[ -z "$has_go" ] || agree "$scratch/go-compare"
[ -z "$has_npm" ] || agree node "$here/npm/compare.mjs"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
