#!/bin/sh
# The build's check of content/: a mistake stops it with file, line and column, and leaves no output.
# usage: compile_test.sh CONTENT_COMPILE CONTENT_DIRECTORY
set -eu
compile=$1
content=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refuses() { # what the message must hold, then the sed program and the file that it breaks
    rm -rf "$work/content"
    cp -r "$content" "$work/content"
    sed -i "$2" "$work/content/$3"
    rm -f "$work/out.c"
    if "$compile" "$work/content" "$work/out.c" "$work/out.d" "$work/out.sql" 2>"$work/messages"; then
        echo "accepted: $2 in $3"
        exit 1
    fi
    if ! grep -qF "$1" "$work/messages"; then
        echo "expected \"$1\" in:"
        cat "$work/messages"
        exit 1
    fi
    if [ -e "$work/out.c" ]; then
        echo "output was written all the same: $2 in $3"
        exit 1
    fi
}

refuses 'content/risks.yaml:2:10: anchor: ' '2s/version: /version: \&a /' risks.yaml
refuses 'content/tests/account-uid-zero.sql:2:5: account-uid-one: the id must be the file' '2s/zero/one/' tests/account-uid-zero.sql
refuses 'refers to control "AC-99", which is not defined' 's/control: AC-06/control: AC-99/' tests/account-uid-zero.sql

rm -rf "$work/content"
cp -r "$content" "$work/content"
rm "$work/content/fixtures/account-uid-zero.json"
if "$compile" "$work/content" "$work/out.c" "$work/out.d" "$work/out.sql" 2>"$work/messages"; then
    echo "accepted: a test without a fixture"
    exit 1
fi
grep -qF 'account-uid-zero: it has no fixture' "$work/messages"

cp "$content/fixtures/account-uid-zero.json" "$work/content/fixtures/"
"$compile" "$work/content" "$work/out.c" "$work/out.d" "$work/out.sql"
"$compile" "$work/content" "$work/again.c" "$work/again.d" "$work/again.sql"
cmp "$work/out.c" "$work/again.c"

refuses 'courses/privacy.yaml' 's/^  diagram:/  picture:/' courses/privacy.yaml
refuses 'the right answer stands among the wrong ones' '0,/right: "A person who is brought to act", wrong: \["A broken cipher"/s//right: "A person who is brought to act", wrong: ["A person who is brought to act"/' courses/security_awareness.yaml
refuses 'refers to control "HR-99", which is not defined' 's/^controls: \[HR-04/controls: [HR-99/' courses/privacy.yaml
