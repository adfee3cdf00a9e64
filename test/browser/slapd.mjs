// A directory (slapd) on loopback with TLS. people: {uid: {attributes}}; null where slapd is not installed.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const base = 'dc=example,dc=org';
const freePort = () => new Promise((done) => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

export async function directory(scratch, people) {
  const program = ['/usr/sbin/slapd', '/usr/lib/openldap/slapd'].find((p) => fs.existsSync(p));
  if (!program) return null;
  const at = fs.mkdtempSync(path.join(scratch, 'slapd-'));
  const file = (name, text) => fs.writeFileSync(path.join(at, name), text) ?? path.join(at, name);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=slapd', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', path.join(at, 'key.pem'), '-out', path.join(at, 'cert.pem')], { stdio: 'ignore' });
  fs.mkdirSync(path.join(at, 'db'));
  const schema = ['core', 'cosine', 'inetorgperson'].map((n) => `include /etc/ldap/schema/${n}.schema`).join('\n');
  const conf = file('slapd.conf', `${schema}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${at}/pid
TLSCertificateFile ${at}/cert.pem
TLSCertificateKeyFile ${at}/key.pem
database mdb
suffix "${base}"
rootdn "cn=admin,${base}"
rootpw rootsecret
directory ${at}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,${base}" read by * none
`);
  const entry = (uid, attributes) => `dn: uid=${uid},${base}\nobjectClass: inetOrgPerson\nuid: ${uid}\nsn: ${uid}\n${Object.entries(attributes).map(([k, v]) => `${k}: ${v}`).join('\n')}\n`;
  const tree = file('tree.ldif', [`dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
    `dn: cn=reader,${base}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: readersecret\n`,
    ...Object.entries(people).map(([uid, attributes]) => entry(uid, attributes))].join('\n'));
  const loaded = spawnSync(program, ['-T', 'add', '-f', conf, '-l', tree], { encoding: 'utf8' });
  if (loaded.status !== 0) throw new Error(loaded.stderr);
  const port = await freePort();
  const child = spawn(program, ['-h', `ldaps://127.0.0.1:${port}`, '-f', conf, '-d', '0'], { stdio: 'ignore' });
  for (let i = 0; i < 200; i++) {
    const there = await new Promise((done) => {
      const s = net.connect(port, '127.0.0.1', () => (s.destroy(), done(true))).on('error', () => done(false));
    });
    if (there) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  return { url: `ldaps://127.0.0.1:${port}`, base, reader: `cn=reader,${base}`, ca: fs.readFileSync(path.join(at, 'cert.pem'), 'utf8'), close: () => child.kill() };
}
