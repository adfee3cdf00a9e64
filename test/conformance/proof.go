// An independent check of a C2SP tlog-proof, with golang.org/x/mod alone. Shares no code with Assay.
//
//	go build -o proof proof.go; ./proof VKEY N.tlog-proof N.leaf
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func ok(e error) {
	if e != nil {
		fmt.Println("FAIL", e)
		os.Exit(1)
	}
}

func main() {
	v, e := note.NewVerifier(os.Args[1])
	ok(e)
	b, e := os.ReadFile(os.Args[2])
	ok(e)
	leaf, e := os.ReadFile(os.Args[3])
	ok(e)
	head, checkpoint, found := strings.Cut(string(b), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		ok(fmt.Errorf("not a tlog-proof"))
	}
	if strings.HasPrefix(lines[1], "extra ") {
		lines = lines[1:]
	}
	index, e := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	ok(e)
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		h, e := tlog.ParseHash(line)
		ok(e)
		path = append(path, h)
	}
	n, e := note.Open([]byte(checkpoint), note.VerifierList(v))
	ok(e)
	l := strings.Split(n.Text, "\n")
	size, e := strconv.ParseInt(l[1], 10, 64)
	ok(e)
	root, e := tlog.ParseHash(l[2])
	ok(e)
	ok(tlog.CheckRecord(path, size, root, index, tlog.RecordHash(leaf)))
	fmt.Println("OK", index, "of", size)
}
