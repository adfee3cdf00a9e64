// The routes of the program as its own table has them, with addresses that lead somewhere: for tests that ask every one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { signedIn, url } from './site.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);

export const routes = [...fs.readFileSync(path.join(here, '../../src/web/route.c'), 'utf8').matchAll(/ROUTE\(\s*(\w+),\s*"([^"]+)",\s*(\w+),\s*(\w+),/g)].map(
  ([, method, pattern, permission, csrf]) => ({ method, pattern, permission, csrf, name: `${method} ${pattern}`, isApi: pattern.startsWith('/api/'), changes: !['GET', 'HEAD'].includes(method) }),
);

// The session of the local administrator, as headers.
export async function session() {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  return { cookie, 'x-csrf-token': token };
}

// One that is there for every parameter that a pattern can have, as far as the program has one by now.
export async function samples() {
  const headers = await session();
  const get = async (address) => (await fetch(url + address, { headers })).json();
  const first = async (address) => (await get(address)).rows?.[0] ?? {};
  const capture = await first('/api/v1/evidence?group=&per_page=1');
  const person = await first('/api/v1/records/person?per_page=1');
  return {
    '/criteria/:id': ['CC6.1'], '/controls/:id': ['AC-06'], '/impact/:kind/:id': ['control', 'AC-06'], '/tests/:id': [(await first('/api/v1/tests?per_page=1')).id],
    '/evidence/:leaf': [String(capture.leaf ?? 1)], '/parameters/:name': ['password_length_min'], '/policies/:id': ['POL-08'], '/ledger/:leaf': ['1'],
    '/gaps/:id': [(await first('/api/v1/records/gap?per_page=1')).id ?? 'GAP-0001'], '/records/:type/:id': ['person', person.id ?? 'P-0001'], '/records/:type': ['person'],
    '/record-types/:type': ['person'], '/settings/users/:id': [(await first('/api/v1/users?per_page=1')).id ?? '0'.repeat(16)],
  };
}

// "/records/:type/:id/edit" with what fits best; what nothing fits gets `otherwise`.
export function address(pattern, known, otherwise = 'none') {
  const prefix = pattern.replace(/^\/api\/v1/, '');
  const best = Object.keys(known).filter((k) => prefix === k || prefix.startsWith(k + '/') || (k.startsWith('/settings/users') && prefix.startsWith('/users/:id'))).sort((a, b) => b.length - a.length)[0];
  const values = [...(best ? known[best] : [])];
  return pattern.replace(/:\w+/g, () => encodeURIComponent(values.shift() ?? otherwise)).replace('*', 'checkpoint');
}

// A request that no client would send as it is: the path is not mended, Host and Content-Length are ours. The status, headers and text; status 0: closed without an answer.
export function raw(method, target, { headers = {}, body } = {}) {
  return new Promise((resolve) => {
    const { hostname, port, host } = new URL(url);
    const socket = net.connect(port, hostname);
    let text = '';
    const lines = Object.entries({ Host: host, Connection: 'close', ...headers }).map(([k, v]) => `${k}: ${v}\r\n`).join('');
    const done = () => {
      const [head] = text.split('\r\n\r\n', 1);
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, text: text.slice(head.length + 4) });
      socket.destroy();
    };
    socket.setTimeout(10000, done);
    socket.on('data', (d) => (text += d.toString('latin1'))).on('end', done).on('error', done);
    socket.write(Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, 'latin1'), body ?? Buffer.alloc(0)]));
  });
}

// What CSV gives, as rows of cells (RFC 4180).
export function csvRows(text) {
  const rows = [[]];
  let cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') (cell += c), i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ',') rows.at(-1).push(cell), (cell = '');
    else if (!quoted && c === '\n') rows.at(-1).push(cell.replace(/\r$/, '')), (cell = ''), rows.push([]);
    else cell += c;
  }
  rows.at(-1).push(cell);
  assert.ok(!quoted, 'an open quote');
  return rows;
}
export { http };
