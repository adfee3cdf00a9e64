// Says of each proof that `proofs` prints what golang.org/x/mod says of it, and where that is not what Assay says. Shares no code with
// Assay.
//
//	proofs 2000 1 | ./compare
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func bytes(s string) []byte {
	b, e := hex.DecodeString(s)
	if e != nil {
		panic(e)
	}
	return b
}

func hash(s string) (h tlog.Hash) {
	copy(h[:], bytes(s))
	return
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	agreed, differed, held := 0, 0, 0
	for in.Scan() {
		f := strings.Fields(in.Text())
		first, _ := strconv.ParseInt(f[3], 10, 64)
		size, _ := strconv.ParseInt(f[4], 10, 64)
		var path []tlog.Hash
		if f[7] != "-" {
			for _, h := range strings.Split(f[7], ",") {
				path = append(path, hash(h))
			}
		}
		var e error
		if f[0] == "I" {
			e = tlog.CheckRecord(path, size, hash(f[6]), first, tlog.RecordHash(bytes(f[5])))
		} else {
			e = tlog.CheckTree(path, size, hash(f[6]), first, hash(f[5]))
		}
		if (e == nil) == (f[1] == "1") {
			agreed++
		} else {
			differed++
			fmt.Println("differs:", e, in.Text())
		}
		if e == nil {
			held++
		}
	}
	fmt.Printf("golang.org/x/mod: %d proofs, %d hold, %d differ\n", agreed+differed, held, differed)
	if differed > 0 || agreed == 0 || held == 0 || held == agreed {
		os.Exit(1)
	}
}
