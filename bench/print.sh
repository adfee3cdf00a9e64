#!/bin/sh
# The PDF writer: pages a second of CPU, memory and bytes, growing with the pages, at so many rows of a table (some 40 a page); without: 400 1500 6000 24000.
# Beside it, where LibreOffice is installed, its conversion of the same table as HTML (at the second of these sizes).
set -eu
. "$(dirname "$0")/lib.sh"
print=$PWD/${ASSAY_BUILD:-build}/bench/bench-print
[ $# -gt 0 ] || set -- 400 1500 6000 24000
n=0 theirs_rows=${2:-$1}
echo "rows pages cpu_s ms/page pages/s peak_MB bytes/page" >"$scratch/table"
for rows; do
    "$print" "$rows" "$scratch/$rows.pdf" "$scratch/$rows.html" >"$scratch/made"
    for name in rows pages cpu_seconds ms_per_page pages_per_cpu_second peak_mb bytes_per_page; do printf '%s ' "$(figure "$name" "$scratch/made")"; done >>"$scratch/table"
    echo >>"$scratch/table"
    [ "$rows" != "$theirs_rows" ] || cp "$scratch/made" "$scratch/ours"
done
awk '{ for (i = 1; i <= NF; i++) printf "%-11s", $i; print "" }' "$scratch/table"
if command -v soffice >/dev/null 2>&1; then
    export HOME="$scratch"
    measure -n 1 libreoffice -- soffice --headless --convert-to pdf:writer_web_pdf_Export --outdir "$scratch/theirs" "$scratch/$theirs_rows.html" >"$scratch/theirs.txt" 2>&1 || cat "$scratch/theirs.txt"
    cat "$scratch/theirs.txt"
    theirs=$(figure libreoffice_cpu "$scratch/theirs.txt")
    echo "of $theirs_rows rows LibreOffice takes $(ratio "${theirs:-0}" "$(figure cpu_seconds "$scratch/ours")") times the CPU of ours (its start is among it)"
else
    echo "libreoffice is not installed: nothing to compare with"
fi
