// Holds a leaf's C2SP tlog-proof against the log's key with one verifier of others.
//
//   node check.mjs sigstore|transmute VKEY N.tlog-proof N.leaf
//
// @sigstore/verify checks the checkpoint's Ed25519 signature and the inclusion; the lines of cosigners are taken out before, since its
// version for Node 18 refuses notes with lines by keys that it does not know. @transmute/rfc9162 checks the inclusion under the root
// that the note states.
import { createRequire } from 'node:module';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(import.meta.url);

function parse(vkey, proof) {
  const [head, text, lines] = proof.toString('utf8').split('\n\n');
  const rows = head.split('\n').filter((row) => !row.startsWith('extra '));
  if (rows[0] !== 'c2sp.org/tlog-proof@v1' || !/^index \d+$/.test(rows[1])) throw new Error('not a tlog-proof');
  const [origin, size, root] = text.split('\n');
  const [, id, key] = /^.*\+([0-9a-f]{8})\+(\S+)\s*$/.exec(vkey);
  const isOurs = (row) => row && Buffer.from(row.split(' ')[2], 'base64').subarray(0, 4).toString('hex') === id;
  const own = lines.split('\n').filter(isOurs);
  return {
    origin, size, index: rows[1].slice(6), root: Buffer.from(root, 'base64'), hashes: rows.slice(2).map((h) => Buffer.from(h, 'base64')),
    id: Buffer.from(id, 'hex'), note: `${text}\n\n${own.join('\n')}\n`,
    key: createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64').subarray(1)]), format: 'der', type: 'spki',
    }),
  };
}

function bySigstore(p, leaf) {
  const dist = path.join(path.dirname(require.resolve('@sigstore/verify')), 'timestamp');
  const { verifyCheckpoint } = require(path.join(dist, 'checkpoint.js'));
  const { verifyMerkleInclusion } = require(path.join(dist, 'merkle.js'));
  const entry = {
    canonicalizedBody: leaf,
    integratedTime: '1700000000',
    inclusionProof: { logIndex: p.index, treeSize: p.size, rootHash: p.root, hashes: p.hashes, checkpoint: { envelope: p.note } },
  };
  const log = { baseURL: '', logID: p.id, publicKey: p.key, validFor: { start: new Date(0), end: new Date(4e12) } };
  verifyCheckpoint(entry, [log]);
  verifyMerkleInclusion(entry);
  return true;
}

async function byTransmute(p, leaf) {
  const { RFC9162 } = require('@transmute/rfc9162');
  const bytes = (b) => new Uint8Array(b);
  const proof = { tree_size: Number(p.size), leaf_index: Number(p.index), inclusion_path: p.hashes.map(bytes) };
  return RFC9162.verifyInclusionProof(bytes(p.root), await RFC9162.leaf(bytes(leaf)), proof);
}

const [, , which, vkey, proofPath, leafPath] = process.argv;
try {
  const p = parse(vkey, readFileSync(proofPath));
  const leaf = readFileSync(leafPath);
  if (!(which === 'sigstore' ? bySigstore(p, leaf) : await byTransmute(p, leaf))) throw new Error('does not hold');
  console.log(`OK ${p.index} of ${p.size}`);
} catch (error) {
  console.log(`FAIL ${error.message}`);
  process.exit(1);
}
