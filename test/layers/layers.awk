# Reads the includes of src/ and fails when a lower floor knows a higher one, or neighbours on a floor know each other where
# doc/architecture.md does not say so. The table below is that page's table.
BEGIN {
    split("base:0 os:1 crypto:1 db:1 blob:1 ledger:1 inspect:2 print:2 keeper:2 content:3 table:3 record:3 account:3 collect:4 logs:4 assess:5 audit:6 report:7 oscal:7 notify:7 web:8 role:9 cli:9 demo:9 main:9", pairs, " ")
    for (i in pairs) { split(pairs[i], p, ":"); floor[p[1]] = p[2] }
    # neighbours that may know each other, one way
    split("crypto>os blob>os blob>crypto ledger>os ledger>crypto ledger>blob table>content account>content record>account record>content record>table logs>collect oscal>report cli>role cli>demo demo>role cli>main role>cli main>cli main>role", ways, " ")
    for (i in ways) allowed[ways[i]] = 1
    bad = 0; seen = 0
}
function room(path,   parts, n) {
    n = split(path, parts, "/")
    return n == 2 ? "main" : parts[2]
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    from = room(FILENAME)
    match($0, /"[^"]+"/); target = substr($0, RSTART + 1, RLENGTH - 2)
    split(target, t, "/"); to = t[1]
    if (!(to in floor)) next # generated headers
    seen++
    is_test = FILENAME ~ /_test\.c$/ || FILENAME ~ /_fuzz\.c$/
    if (!(from in floor)) { print FILENAME ":" FNR ": the folder " from " is in no floor"; bad++; next }
    if (from == to || floor[to] < floor[from]) next
    if ((from ">" to) in allowed) next
    print FILENAME ":" FNR ": " from " (floor " floor[from] ") may not know " to " (floor " floor[to] ")"
    bad++
}
END {
    if (seen < 100) { print "layers: only " seen " includes were read: the test looks in the wrong place"; bad++ }
    print seen " includes read"
    print (bad ? "0 passed, " bad " failed" : "1 passed, 0 failed")
    exit bad > 0
}
