#!/bin/sh
# Words are found in files that office programs made: those beside this test (LibreOffice 7.4, Chromium), and one made now where LibreOffice is installed.
show=$1
shift
failed=0
holds() {
    if ! "$show" "$1" | grep -qFe "$2"; then
        echo "$1: no \"$2\" in:"
        "$show" "$1" | head -20
        failed=1
    fi
}
for file in "$@"; do
    case $file in
    *amounts.xlsx)
        holds "$file" Woodpecker
        holds "$file" Nuthatch ;;
    *)
        holds "$file" 'Vertrag über Ölfässer'
        holds "$file" 'quick brown fox'
        holds "$file" 'Zebrafinch agreement № 17, naïve façade'
        holds "$file" Kestrel
        holds "$file" Ελληνικά ;;
    esac
    holds "$file" '-- readable pass'
    holds "$file" '-- active pass'
done
if ! command -v soffice > /dev/null; then
    echo 'LibreOffice is not installed: none was made now'
    exit $failed
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat > "$dir/new.fodt" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>Made just now: Bartgeier, Größe</text:p></office:text></office:body></office:document>
END
for kind in pdf docx odt; do
    HOME=$dir timeout 120 soffice -env:UserInstallation="file://$dir/profile" --headless --convert-to $kind --outdir "$dir" "$dir/new.fodt" > "$dir/said" 2>&1
    if [ ! -s "$dir/new.$kind" ]; then
        echo "LibreOffice made no $kind (its writer is not installed)"
        continue
    fi
    holds "$dir/new.$kind" 'Bartgeier, Größe'
done
exit $failed
