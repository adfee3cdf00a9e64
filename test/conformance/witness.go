// An independent client of C2SP tlog-witness and verifier of cosignature/v1, with golang.org/x/mod alone. Shares no code with Assay.
//
//	witness URL WITNESS-VKEY LOG-SKEY        submits the heads of a growing log of its own and asks for every status there is
//	witness verify NOTEFILE LOG-VKEY VKEY…   checks a checkpoint: the log's signature and a cosignature by each further key
//	witness genkey NAME                      prints a log's private and public key
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner is a note.Verifier of type 0x04.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
	time uint64 // of what was verified last
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	c.time = binary.BigEndian.Uint64(sig)
	m := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", c.time)), msg...)
	return ed25519.Verify(c.key, m, sig[8:])
}

func newCosigner(vkey string) (*cosigner, error) {
	p := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(p) != 3 {
		return nil, errors.New("vkey")
	}
	key, e := base64.StdEncoding.DecodeString(p[2])
	if e != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("not a cosignature/v1 key")
	}
	h := sha256.Sum256(append([]byte(p[0]+"\n"), key...))
	if hex.EncodeToString(h[:4]) != p[1] {
		return nil, errors.New("key id")
	}
	return &cosigner{p[0], binary.BigEndian.Uint32(h[:]), key[1:], 0}, nil
}

func ok(e error) {
	if e != nil {
		fmt.Println("FAIL", e)
		os.Exit(1)
	}
}

// log is a Merkle tree of leaves "branch index" in memory.
type log struct {
	signer note.Signer
	hashes []tlog.Hash
	size   int64
}

func (l *log) ReadHashes(indexes []int64) (o []tlog.Hash, _ error) {
	for _, i := range indexes {
		o = append(o, l.hashes[i])
	}
	return
}

func (l *log) grow(branch string, size int64) {
	for ; l.size < size; l.size++ {
		h, e := tlog.StoredHashes(l.size, []byte(fmt.Sprintf("%s %d", branch, l.size)), l)
		ok(e)
		l.hashes = append(l.hashes, h...)
	}
}

func (l *log) root(size int64) tlog.Hash {
	if size == 0 {
		return sha256.Sum256(nil)
	}
	h, e := tlog.TreeHash(size, l)
	ok(e)
	return h
}

func (l *log) note(size int64) []byte {
	b, e := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, l.root(size))}, l.signer)
	ok(e)
	return b
}

func (l *log) request(old, size int64) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	if old > 0 && old < size {
		p, e := tlog.ProveTree(size, old, l)
		ok(e)
		for _, h := range p {
			fmt.Fprintf(&b, "%s\n", h)
		}
	}
	b.WriteString("\n")
	b.Write(l.note(size))
	return b.Bytes()
}

var failed, passed int

func check(what string, is bool, more ...interface{}) {
	if is {
		passed++
		return
	}
	failed++
	fmt.Println("FAIL", what, more)
}

func post(url string, body []byte) (int, string, string) {
	r, e := http.Post(url+"/add-checkpoint", "text/plain", bytes.NewReader(body))
	ok(e)
	defer r.Body.Close()
	b, e := io.ReadAll(r.Body)
	ok(e)
	return r.StatusCode, r.Header.Get("Content-Type"), string(b)
}

func get(url string) (int, []byte) {
	r, e := http.Get(url)
	ok(e)
	defer r.Body.Close()
	b, e := io.ReadAll(r.Body)
	ok(e)
	return r.StatusCode, b
}

func want(what, url string, body []byte, status int) string {
	s, _, b := post(url, body)
	check(what, s == status, s, "instead of", status, strings.TrimSpace(b))
	return b
}

func run(url, vkey, skey string) {
	w, e := newCosigner(vkey)
	ok(e)
	signer, e := note.NewSigner(skey)
	ok(e)
	l, fork := &log{signer: signer}, &log{signer: signer}
	l.grow("a", 600)
	fork.grow("a", 5)
	fork.grow("b", 600)
	origin := sha256.Sum256([]byte(signer.Name()))
	where := url + "/" + hex.EncodeToString(origin[:]) + "/checkpoint"
	s, _ := get(where)
	check("monitor before the first", s == 404, s)

	check("cosigned", w.verifyLines(l.note(0), want("an empty tree", url, l.request(0, 0), 200)))
	check("cosigned", w.verifyLines(l.note(3), want("from nothing", url, l.request(0, 3), 200)))
	check("cosigned", w.verifyLines(l.note(3), want("the same again", url, l.request(3, 3), 200)))
	for old, size := range map[int64]int64{3: 3} {
		for _, size = range []int64{4, 7, 8, 255, 256, 257, 300, 512} {
			check("cosigned", w.verifyLines(l.note(size), want("growing", url, l.request(old, size), 200)), size)
			old = size
		}
	}
	s, kind, b := post(url, l.request(0, 600))
	check("409 with the size", s == 409 && kind == "text/x.tlog.size" && b == "512\n", s, kind, b)
	want("an older size", url, l.request(300, 512), 409)
	want("another history", url, fork.request(512, 600), 422)
	want("another history of this size", url, fork.request(512, 512), 422)
	proof := l.request(512, 600)
	want("a missing proof", url, append([]byte("old 512\n\n"), l.note(600)...), 422)
	want("a proof for equal sizes", url, append([]byte("old 512\n"+l.root(9).String()+"\n\n"), l.note(512)...), 422)
	want("old larger than new", url, append([]byte("old 513\n\n"), l.note(512)...), 400)
	want("no body", url, nil, 400)
	want("no empty line", url, []byte("old 512\n"), 400)
	want("leading zero", url, bytes.Replace(proof, []byte("old 512"), []byte("old 0512"), 1), 400)
	want("64 proof lines", url, append([]byte("old 512\n"+strings.Repeat(l.root(9).String()+"\n", 64)+"\n"), l.note(600)...), 400)
	k, _, e := note.GenerateKey(rand.Reader, signer.Name())
	ok(e)
	impostor, e := note.NewSigner(k)
	ok(e)
	l.signer = impostor
	want("a key that is not the log's", url, l.request(512, 600), 403)
	k, _, e = note.GenerateKey(rand.Reader, "nobody.example/log")
	ok(e)
	l.signer, e = note.NewSigner(k)
	ok(e)
	want("an unknown log", url, l.request(0, 600), 404)
	l.signer = signer
	bad := l.request(512, 600)
	bad[len(bad)-20] ^= 1
	want("a broken signature", url, bad, 403)

	s, head := get(where)
	check("monitor", s == 200, s)
	v := verifierOf(signer, skey)
	n, e := note.Open(head, note.VerifierList(v, w))
	check("the monitor's note", e == nil && len(n.Sigs) == 2 && strings.HasPrefix(n.Text, signer.Name()+"\n512\n"), e)
	s, _ = get(url + "/" + strings.Repeat("0", 64) + "/checkpoint")
	check("monitor of an unknown log", s == 404, s)

	type answer struct{ size, status int }
	answers := make(chan answer, 80) // two at once, many times: the size never goes back
	for size := 513; size < 593; size++ {
		go func(size int) {
			s, _, _ := post(url, l.request(512, int64(size)))
			answers <- answer{size, s}
		}(size)
	}
	won := 0
	for i := 0; i < 80; i++ {
		a := <-answers
		if a.status == 200 {
			won++
		}
		check("one of many", a.status == 200 || a.status == 409, a)
	}
	check("exactly one won from the same old size", won == 1, won)
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// verifyLines checks the witness's answer as the specification says: behind the checkpoint it is a note.
func (c *cosigner) verifyLines(checkpoint []byte, lines string) bool {
	n, e := note.Open(append(append([]byte{}, checkpoint...), lines...), note.VerifierList(c))
	return e == nil && len(n.Sigs) == 1 && c.time > 1700000000
}

func verifierOf(signer note.Signer, skey string) note.Verifier {
	p := strings.SplitN(skey, "+", 5)
	seed, e := base64.StdEncoding.DecodeString(p[4])
	ok(e)
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	vkey, e := note.NewEd25519VerifierKey(signer.Name(), public)
	ok(e)
	v, e := note.NewVerifier(vkey)
	ok(e)
	return v
}

func verify(file, logKey string, others []string) {
	b, e := os.ReadFile(file)
	ok(e)
	v, e := note.NewVerifier(strings.TrimSpace(logKey))
	ok(e)
	list := []note.Verifier{v}
	for _, k := range others {
		c, e := newCosigner(k)
		ok(e)
		list = append(list, c)
	}
	n, e := note.Open(b, note.VerifierList(list...))
	ok(e)
	if len(n.Sigs) != len(list) {
		ok(fmt.Errorf("%d of %d keys signed", len(n.Sigs), len(list)))
	}
	l := strings.Split(n.Text, "\n")
	if l[0] != v.Name() {
		ok(errors.New("origin"))
	}
	size, e := strconv.ParseInt(l[1], 10, 64)
	ok(e)
	fmt.Println("OK", size)
}

func main() {
	switch {
	case os.Args[1] == "genkey":
		s, v, e := note.GenerateKey(rand.Reader, os.Args[2])
		ok(e)
		fmt.Println(s)
		fmt.Println(v)
	case os.Args[1] == "verify":
		verify(os.Args[2], os.Args[3], os.Args[4:])
	default:
		run(os.Args[1], os.Args[2], os.Args[3])
	}
}
