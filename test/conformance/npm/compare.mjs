// Says of each proof that `proofs` prints what @sigstore/verify and @transmute/rfc9162 say of it, and where that is not what Assay
// says.
//
//   proofs 2000 1 | node compare.mjs
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import path from 'node:path';

const require = createRequire(import.meta.url);
const sigstore = path.dirname(require.resolve('@sigstore/verify'));
const { verifyMerkleInclusion } = require(path.join(sigstore, 'timestamp/merkle.js')); // not exported, but all that we want of it
const { RFC9162 } = require('@transmute/rfc9162');

const bytes = (s) => new Uint8Array(Buffer.from(s, 'hex'));

function bySigstore(p) {
  if (p.kind === 'C') return null; // has no consistency proofs
  try {
    verifyMerkleInclusion({
      canonicalizedBody: Buffer.from(p.leaf),
      inclusionProof: { logIndex: String(p.first), treeSize: String(p.size), rootHash: Buffer.from(p.root), hashes: p.path.map(Buffer.from) },
    });
    return true;
  } catch (error) {
    if (error.code !== 'TLOG_INCLUSION_PROOF_ERROR') throw error;
    return false;
  }
}

// What it is known to do wrong is left out: an index equal to the size can be accepted (`>` for `>=`); an old size that is a power of
// two needs the old root put before the path, which it forgets and we do here; equal sizes are not proven at all.
async function byTransmute(p) {
  if (p.kind === 'I') {
    if (p.first >= p.size) return null;
    const hash = await RFC9162.leaf(p.leaf);
    return RFC9162.verifyInclusionProof(p.root, hash, { tree_size: p.size, leaf_index: p.first, inclusion_path: p.path });
  }
  if (p.first >= p.size || p.path.length === 0) return null;
  const isPower = (p.first & (p.first - 1)) === 0;
  const consistency_path = isPower ? [p.oldRoot, ...p.path] : p.path;
  return RFC9162.verifyConsistencyProof(p.oldRoot, p.root, { tree_size_1: p.first, tree_size_2: p.size, consistency_path });
}

const verifiers = [
  { name: '@sigstore/verify', verify: bySigstore, said: 0, held: 0, differed: 0 },
  { name: '@transmute/rfc9162', verify: byTransmute, said: 0, held: 0, differed: 0 },
];
for await (const line of createInterface({ input: process.stdin })) {
  const [kind, answer, , first, size, leaf, root, list] = line.split(' ');
  const p = {
    kind, first: Number(first), size: Number(size), leaf: bytes(leaf), oldRoot: bytes(leaf), root: bytes(root),
    path: list === '-' ? [] : list.split(',').map(bytes),
  };
  for (const v of verifiers) {
    const holds = await v.verify(p);
    if (holds === null) continue;
    v.said++;
    if (holds) v.held++;
    if (holds !== (answer === '1')) {
      v.differed++;
      console.log(`${v.name} differs: ${holds} ${line}`);
    }
  }
}
let status = 0;
for (const v of verifiers) {
  console.log(`${v.name}: ${v.said} proofs, ${v.held} hold, ${v.differed} differ`);
  if (v.differed || !v.held || v.held === v.said) status = 1;
}
process.exit(status);
