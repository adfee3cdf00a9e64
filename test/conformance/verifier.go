// An independent check of a C2SP tlog-tiles directory, with golang.org/x/mod alone. Shares no code with Assay.
//
//	go build -o verifier verifier.go; ./verifier DIR "$(cat DIR/log.vkey)" INDEX ENTRYFILE
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tiles string

func (d tiles) Height() int                      { return 8 }
func (d tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (d tiles) ReadTiles(ts []tlog.Tile) (o [][]byte, err error) {
	for _, t := range ts { // x/mod path "tile/8/L/N" -> C2SP "tile/L/N"
		b, e := os.ReadFile(string(d) + "/" + strings.Replace(t.Path(), "tile/8/", "tile/", 1))
		if e != nil {
			return nil, e
		}
		o = append(o, b)
	}
	return
}

func ok(e error) {
	if e != nil {
		fmt.Println("FAIL", e)
		os.Exit(1)
	}
}

func main() {
	v, e := note.NewVerifier(os.Args[2])
	ok(e)
	open := func(f string) (t tlog.Tree) {
		m, e := os.ReadFile(os.Args[1] + "/" + f)
		ok(e)
		n, e := note.Open(m, note.VerifierList(v))
		ok(e)
		l := strings.Split(n.Text, "\n") // tlog.ParseTree insists on "go.sum database tree", so parse here
		if l[0] != v.Name() {
			ok(fmt.Errorf("origin"))
		}
		t.N, e = strconv.ParseInt(l[1], 10, 64)
		ok(e)
		t.Hash, e = tlog.ParseHash(l[2])
		ok(e)
		return
	}
	now, old := open("checkpoint"), open("checkpoint.old")
	hr := tlog.TileHashReader(now, tiles(os.Args[1])) // authenticates every tile against the signed root
	i, e := strconv.ParseInt(os.Args[3], 10, 64)
	ok(e)
	b, e := os.ReadFile(os.Args[4])
	ok(e)
	p, e := tlog.ProveRecord(now.N, i, hr)
	ok(e)
	ok(tlog.CheckRecord(p, now.N, now.Hash, i, tlog.RecordHash(b)))
	q, e := tlog.ProveTree(now.N, old.N, hr)
	ok(e)
	ok(tlog.CheckTree(q, now.N, now.Hash, old.N, old.Hash))
	audit(now, tiles(os.Args[1]), hr)
	fmt.Println("OK", old.N, "->", now.N, "entry", i)
}

// audit reads every leaf out of the entry bundles and holds it against its hash in the authenticated tree.
func audit(now tlog.Tree, d tiles, hr tlog.HashReader) {
	for first := int64(0); first < now.N; first += 256 {
		width := now.N - first
		if width > 256 {
			width = 256
		}
		path := strings.Replace(tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}.Path(), "tile/8/0/", "tile/entries/", 1)
		b, e := os.ReadFile(string(d) + "/" + path)
		ok(e)
		var indexes []int64
		for k := int64(0); k < width; k++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+k))
		}
		hashes, e := hr.ReadHashes(indexes)
		ok(e)
		for k := int64(0); k < width; k++ {
			if len(b) < 2 || len(b) < 2+(int(b[0])<<8|int(b[1])) {
				ok(fmt.Errorf("%s: cut", path))
			}
			size := int(b[0])<<8 | int(b[1])
			if tlog.RecordHash(b[2:2+size]) != hashes[k] {
				ok(fmt.Errorf("%s: leaf %d is not the one that its hash is of", path, first+k))
			}
			b = b[2+size:]
		}
		if len(b) != 0 {
			ok(fmt.Errorf("%s: bytes behind the last leaf", path))
		}
	}
}
