#!/bin/sh
# A Type 2 of 150 pages from one tree: as HTML (goal: under 1 s) and as PDF (goal: at most 4 s), how both grow, and beside LibreOffice on the same HTML where it is installed.
set -eu
. "$(dirname "$0")/lib.sh"
bench=${ASSAY_BUILD:-build}/bench/bench-report
pages() { pdfinfo "$1" 2>/dev/null | awk '$1 == "Pages:" { print $2 }'; }

for controls in 220 880 1760; do
    "$bench" "$controls" "$scratch/r" >"$scratch/figures"
    echo "controls $controls pages $(pages "$scratch/r.pdf") html_ms $(figure html_ms "$scratch/figures") pdf_ms $(figure pdf_ms "$scratch/figures") html_bytes $(figure html_bytes "$scratch/figures") pdf_bytes $(figure pdf_bytes "$scratch/figures")"
    if [ "$controls" = 880 ]; then
        cp "$scratch/r.html" "$scratch/peer.html"
        ours=$(figure pdf_ms "$scratch/figures")
    fi
done
if command -v soffice >/dev/null; then
    from=$(date +%s%N)
    HOME=$scratch soffice --headless --convert-to pdf:writer_web_pdf_Export --outdir "$scratch/peer" "$scratch/peer.html" >/dev/null 2>&1 || echo "LibreOffice could not"
    to=$(date +%s%N)
    echo "libreoffice_ms $(((to - from) / 1000000)) pages $(pages "$scratch/peer/peer.pdf") ratio $(ratio $(((to - from) / 1000000)) "$ours")"
else
    echo "libreoffice not installed"
fi
