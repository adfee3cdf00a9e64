// Hostile input, over every route that there is (routes.mjs reads them from the program's own table) and every type of records: each test is named after
// what it tries. Files that lie about themselves, bombs and polyglots are in evidence.test.mjs, session fixation and guessing in accounts.test.mjs.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { assay, Client } from './client.mjs';
import { address, csvRows, raw, routes, samples, session } from './routes.mjs';
import { end, launch, open, url } from './site.mjs';

let headers, known, description;
const MARK = `zq"'><zq onclick=zq>`;
const RUNS = `"><script>window.hit=1</script><img src=x onerror=window.hit=1> [x](javascript:window.hit=1) ![y](https://evil.example/y.png) ${MARK}`;
const FORMULAS = ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\uff1d1+1', '=HYPERLINK("https://evil.example","x")'];

const get = async (path, options = {}) => {
  const answer = await fetch(url + path, { headers, redirect: 'manual', ...options });
  return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') ?? '', type: answer.headers.get('content-type') ?? '', headers: answer.headers };
};
const send = (method, path, body, more = {}) =>
  get(path, { method, headers: { ...headers, 'content-type': 'application/json', ...more }, body: typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body) });
const ref = (o) => (o?.$ref ? o.$ref.slice(2).split('/').reduce((at, key) => at[key], description) : o);

// Nothing of what was typed stands in a page as more than a text.
const isText = (text, what) => {
  for (const bad of ['zq"', "zq'", '<zq', '<script>window', '<img src=x', 'href="javascript:', 'src="https://evil'])
    assert.ok(!text.includes(bad), `${what}: ${bad} in …${text.slice(Math.max(0, text.indexOf(bad) - 120), text.indexOf(bad) + 60)}…`);
};

before(async () => {
  await launch();
  headers = await session();
  known = await samples();
  description = JSON.parse((await get('/api/v1/openapi.json')).text);
});
after(end);

describe('CSRF', () => {
  it('no route changes anything by GET, and each that changes something asks for a token or at least the origin', () => {
    const open = routes.filter((r) => r.changes && r.csrf === 'SAFE').map((r) => r.name);
    assert.deepEqual(open, []);
    const byOrigin = routes.filter((r) => r.csrf === 'ORIGIN').map((r) => r.name);
    for (const name of byOrigin) assert.ok(PUBLIC_FORMS.includes(name), `${name} asks for the origin alone: let it take the token, or say here why it need not`);
  });

  it('every form without its token, with that of another session, or sent by another site is refused', async () => {
    const other = new Client();
    await other.ask('/sign-in', { form: { token: assay('user', 'link').trim().split('token=')[1] } });
    const theirs = await other.csrf();
    const { cookie, 'x-csrf-token': token } = headers;
    assert.ok(theirs && theirs !== token);
    for (const r of routes.filter((x) => x.changes)) {
      const to = address(r.pattern, known);
      const tries = [[{ cookie, origin: 'https://evil.example', 'x-csrf-token': token }, 'another origin'], [{ cookie, 'sec-fetch-site': 'cross-site', 'x-csrf-token': token }, 'a cross-site fetch']];
      if (r.csrf === 'TOKEN') tries.push([{ cookie }, 'no token'], [{ cookie, 'x-csrf-token': theirs }, 'the token of another session'], [{ cookie, 'x-csrf-token': token.slice(0, 63) }, 'a cut token'], [{ cookie, origin: 'null', 'x-csrf-token': token }, 'an origin that hides']);
      for (const [h, what] of tries) {
        if (r.pattern === '/log/cosignature') continue; // signed itself; no cookie matters there
        const answer = await get(to, { method: r.method, headers: h, body: new URLSearchParams({ a: '1' }) });
        assert.equal(answer.status, 403, `${r.name} with ${what}: ${answer.status}`);
      }
    }
    assert.equal((await get('/api/v1/me')).status, 200, 'nothing of it ended the session');
  });
});

describe('XSS', () => {
  it('reflected: nothing that an address holds comes back as markup, from any page', async () => {
    const names = ['q', 'sort', 'status', 'group', 'at', 'where', 'state', 'f.kind', 'f.state', 'done', 'why', 'back', 'month', 'person', 'token', 'v.title', 'v.name', 'asked', 'category', 'kind', 'page', 'by', 'error', 'code', 'login', 'view', 'from', 'to', 'map', 'map.x'];
    const all = new URLSearchParams(names.map((n) => [n, MARK]));
    for (const r of routes.filter((x) => !x.changes)) {
      const is = (a, what) => {
        assert.ok(a.status < 500 || a.status === 503, `${r.name} ${what}: ${a.status} ${a.text.slice(0, 200)}`);
        if (a.type.startsWith('text/html')) isText(a.text, `${r.name} ${what}`);
        assert.equal(a.headers.get('x-content-type-options'), 'nosniff', r.name);
        assert.ok(!a.location.includes('zq"') && !/[\r\n]/.test(a.location), `${r.name} ${what}: Location ${a.location}`);
      };
      const to = address(r.pattern, known);
      is(await get(`${to}?${all}`), 'with all at once');
      for (const n of ['q', 'sort', 'at', 'where', 'month', 'f.kind', 'done']) is(await get(`${to}?${n}=${encodeURIComponent(MARK)}`), n);
      if (r.pattern.includes(':')) is(await get(r.pattern.replace(/:\w+/g, encodeURIComponent(MARK))), 'in its path');
      is(await get(`${to}?zq=%0d%0aX-Zq:%201&done=%0d%0aX-Zq:1&back=/%0d%0aX-Zq:1`), 'with line ends');
    }
    isText((await get(`/${encodeURIComponent(MARK)}`)).text, 'an address of nothing');
  });

  it('reflected: nor what a form sent, in the page that says what is wrong with it', async () => {
    for (const r of routes.filter((x) => x.changes && !x.isApi && x.csrf === 'TOKEN' && !/sign-out|recovery|sessions|revoke|link|reset/.test(x.pattern))) {
      const fields = ['name', 'title', 'value', 'why', 'url', 'from', 'user', 'base', 'id', 'act', 'login', 'email', 'roles', 'label', 'words', 'permissions', 'back', 'query', 'do', 'row', 'text', 'csv', 'owner', 'due', 'evidence', 'transition', 'version', 'proposal', 'kind', 'category', 'password', 'until', 'person'];
      const answer = await get(address(r.pattern, known), { method: r.method, body: new URLSearchParams(fields.map((n) => [n, MARK])) });
      assert.ok(answer.status < 500, `${r.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
      if (answer.type.startsWith('text/html')) isText(answer.text, r.name);
    }
  });

  it('stored: hostile texts in every field of every type are texts on every page, and run nothing', async () => {
    const made = [];
    for (const [path, item] of Object.entries(description.paths)) {
      const type = /^\/records\/([a-z_]+)$/.exec(path)?.[1];
      if (!type || !item.post) continue;
      const body = ref(item.post.requestBody.content['application/json'].schema);
      const values = {};
      for (const [name, field] of Object.entries(ref(body.properties.values).properties)) {
        const s = ref(field), target = /id of a ([a-z_]+)/.exec(s.description ?? '')?.[1];
        const needed = (ref(body.properties.values).required ?? []).includes(name);
        if (s.type === 'string' && !s.enum && !s.format && !s.pattern && !target) values[name] = RUNS.slice(0, s.maxLength ?? 2000).padEnd(s.minLength ?? 0, 'x');
        else if (needed && target) values[name] = target === 'person' ? known['/records/:type/:id'][1] : target === 'control' ? 'AC-06' : target === 'criterion' ? 'CC6.1' : ((await JSON.parse((await get(`/api/v1/records/${target}?per_page=1`)).text)).rows?.[0]?.id ?? 'none');
        else if (needed) values[name] = s.enum ? s.enum[0] : s.type === 'boolean' ? true : s.type === 'integer' ? Math.max(1, s.minimum ?? 1) : s.format === 'date' ? '2026-11-20' : s.type === 'array' ? [] : s.pattern ? '1' : { currency: 'EUR', minor: 1 };
        if (values[name] && s.type === 'array' && needed && target) values[name] = [values[name]].flat();
      }
      const answer = await send('POST', `/api/v1${path}`, { ...(body.required.includes('id') ? { id: `HOSTILE-${type}` } : {}), values, why: RUNS });
      assert.ok(answer.status < 500, `${path}: ${answer.status} ${answer.text}`);
      isJson(answer);
      if (answer.status === 201) made.push([type, JSON.parse(answer.text).id]);
    }
    assert.ok(made.length >= 10, `only ${made.map(String)} could be made`);
    const pages = routes.filter((r) => !r.changes && !r.isApi && !r.pattern.includes(':')).map((r) => r.pattern.replace('*', 'checkpoint'));
    for (const [type, id] of made) pages.push(`/records/${type}`, `/records/${type}?q=script`, `/records/${type}/${id}`, `/records/${type}/${id}/edit`, `/records/${type}/board`, `/records/${type}/calendar`, `/gaps/${id}`, `/controls/${id}`, `/impact/${type}/${id}`, `/search?q=onerror`);
    for (const path of new Set(pages)) {
      const answer = await get(path);
      assert.ok(answer.status < 500 || answer.status === 503, `${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
      if (answer.type.startsWith('text/html')) isText(answer.text, path);
    }
    const page = await open();
    page.expectsErrors = true;
    for (const path of ['/', '/my', '/tasks', '/records', '/search?q=script', '/scope', '/gaps/register', ...made.slice(0, 12).map(([type, id]) => `/records/${type}/${id}`)]) {
      await page.goto(url + path);
      assert.equal(await page.evaluate(() => window.hit), undefined, path);
    }
    await page.finish();
    for (const [type, id] of made.reverse()) await send('DELETE', `/api/v1/records/${type}/${id}`, { why: 'it was a test', version: 1 });
  });
});

const isJson = (a) => a.type.includes('json') && JSON.parse(a.text);
// Before anybody has signed in there is no session whose token could be asked for.
const PUBLIC_FORMS = ['POST /sign-in', 'POST /theme', 'POST /log/cosignature', 'POST /concern', 'POST /concern/follow'];

describe('SQL injection', () => {
  it('no filter, sort, id or value is more than a value: nothing matches, nothing breaks, nothing is gone', async () => {
    const count = async () => JSON.parse((await get('/api/v1/records/person')).text).total;
    const before = await count();
    const words = [`' or '1'='1`, `" or ""="`, `x'; drop table person; --`, `1 union select name, sql from sqlite_master --`, `') or 1=1 --`, `name) or (1=1`, `case when 1 then id else randomblob(1000000000) end`, `"*" OR "x" NEAR("y")`, `person.rowid; attach database '/tmp/zq' as zq`];
    for (const r of routes.filter((x) => !x.changes && x.isApi)) {
      const to = address(r.pattern, known);
      for (const w of words)
        for (const n of /records\/:type$/.test(r.pattern) ? ['q', 'sort', 'where', 'state', 'f.name'] : r.pattern.includes(':') ? ['at'] : ['q', 'sort', 'status', 'group']) {
          const answer = await get(`${to}?${n}=${encodeURIComponent(w)}`);
          assert.ok(answer.status < 500 || answer.status === 503, `${r.name} ${n}=${w}: ${answer.status} ${answer.text.slice(0, 200)}`);
          assert.ok(!/sqlite|syntax error|no such column|near "/i.test(answer.text.replaceAll(/'[^']*sqlite_master[^']*'|near\("y"\)|sqlite_master/gi, '')) || answer.status === 200, `${r.name} ${n}=${w}: ${answer.text.slice(0, 200)}`);
        }
      if (r.pattern.includes(':id')) for (const w of words) assert.ok((await get(r.pattern.replace(':type', 'person').replace(/:\w+/g, encodeURIComponent(w)))).status < 500, r.name);
    }
    for (const w of words.slice(0, 5)) {
      assert.equal(JSON.parse((await get(`/api/v1/records/person?q=${encodeURIComponent(w)}`)).text).total ?? 0, 0, w);
      assert.equal((await get(`/api/v1/records/person?where=${encodeURIComponent(`name="${w.replaceAll('"', '')}" or 1=1`)}`)).status, 400, w);
      const made = await send('POST', '/api/v1/records/person', { values: { name: w } });
      assert.equal(made.status, 201, made.text);
      assert.equal(JSON.parse(made.text).values.name, w);
      await send('DELETE', `/api/v1/records/person/${JSON.parse(made.text).id}`, { why: w, version: 1 });
    }
    assert.equal(await count(), before);
  });
});

describe('path injection', () => {
  it('no address leads out of what it names', async () => {
    const climbs = ['../../../../etc/passwd', '..%2f..%2f..%2fetc%2fpasswd', '%2e%2e/%2e%2e/etc/passwd', '..%5c..%5cetc', '%00', 'x%00.csv', '....//....//etc/passwd', '/etc/passwd', '%252e%252e%252fetc', 'config.json', '..;/private/keys/master'];
    for (const r of routes.filter((x) => /[:*]/.test(x.pattern) && !x.changes)) {
      for (const c of climbs) {
        const target = (r.pattern.match(/:/g)?.length > 1 ? r.pattern.replace(':type', 'evidence') : r.pattern.replace(':type', c)).replace(/:\w+$/, c).replace(/:\w+/g, c).replace('*', c);
        const answer = await raw('GET', target, { headers: { Cookie: headers.cookie } });
        assert.ok([303, 400, 403, 404, 405].includes(answer.status) || (answer.status === 200 && /\/search|text\/html/.test(target + answer.head) && !/root:|BEGIN|origin"/.test(answer.text)), `${r.name} ${target}: ${answer.status}`);
        assert.ok(!/root:x:|"origin"|PRIVATE KEY/.test(answer.text), `${target} gives a file away`);
      }
    }
    for (const target of ['/a/../../config.json', '/a/%2e%2e/config.json', '/log/../private/keys/log', '/log/tile/../../config.json', '//etc/passwd', '/.git/config', '/..'])
      assert.ok([0, 400, 403, 404].includes((await raw('GET', target, { headers: { Cookie: headers.cookie } })).status), target);
  });

  it('no file is called what leads out of a directory, whatever it was called when it came', async () => {
    for (const name of ['../../etc/passwd', '..\\..\\boot.ini', '/etc/shadow', 'a\u0000b.txt', '.', '..', 'con\u202etxt.exe.txt', `zq"; filename="evil.html.txt`]) {
      const form = new FormData();
      for (const [k, v] of Object.entries({ title: 'Oddly named', period_from: '2026-07-01', period_to: '2026-07-31', controls: 'AC-06' })) form.append(k, v);
      form.append('file', new Blob(['as of 2026-07-02\n']), name);
      const answer = await get('/api/v1/evidence', { method: 'POST', headers, body: form });
      assert.ok([201, 400, 422].includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
      if (answer.status !== 201) continue;
      const one = JSON.parse(answer.text), file = one.values.files[0];
      assert.ok(!/[\/\\\u0000\u202e"]/.test(file.name) && !/^\.+$/.test(file.name), `${name} is called ${file.name}`);
      const given = await get(`/records/evidence/${one.id}/files/${file.x}`);
      assert.match(given.headers.get('content-disposition'), /^attachment; filename="[^"\/\\]+"; filename\*=UTF-8''[\w.%-]+$/);
      await send('DELETE', `/api/v1/records/evidence/${one.id}`, { why: 'a test', version: one.version });
    }
  });
});

describe('broken UTF-8', () => {
  it('in addresses, forms, JSON and files of tables is refused with words and stored nowhere', async () => {
    const bad = Buffer.from([0x7a, 0x71, 0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80]);
    for (const r of routes) {
      const to = address(r.pattern, known), h = { Cookie: headers.cookie, 'X-CSRF-Token': headers['x-csrf-token'] };
      if (/sign-out|recovery|sessions/.test(r.pattern)) continue;
      if (!r.changes) {
        for (const target of [`${to}?q=%ff%c0%af`, `${to}?where=%ed%a0%80`, `${to}?%ff=1`]) {
          const answer = await raw('GET', target, { headers: h });
          assert.ok(answer.status < 500 || answer.status === 503, `${r.name} ${target}: ${answer.status}`);
        }
        if (r.pattern.includes(':')) assert.ok([303, 400, 403, 404].includes((await raw('GET', r.pattern.replace(/:\w+/g, '%ff%fe'), { headers: h })).status), r.name);
        continue;
      }
      const bodies = [['application/x-www-form-urlencoded', Buffer.concat([Buffer.from('name='), bad, Buffer.from('&title=%ff%fe&why=%c3&value=%ff')])], ['multipart/form-data; boundary=b', Buffer.concat([Buffer.from('--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n'), bad, Buffer.from('\r\n--b--\r\n')])]];
      if (r.isApi) bodies.push(['application/json', Buffer.concat([Buffer.from('{"values":{"name":"'), bad, Buffer.from('"}}')])], ['application/json', Buffer.from('{"values":{"name":"\\ud800"}}')], ['text/csv', Buffer.concat([Buffer.from('name\n'), bad])]);
      for (const [type, body] of bodies) {
        const answer = await raw(r.method, to, { headers: { ...h, 'Content-Type': type, 'Content-Length': body.length }, body });
        assert.ok((answer.status >= 300 && answer.status < 500) || answer.text.includes('"count":0'), `${r.name} as ${type}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    }
    assert.equal(JSON.parse((await get('/api/v1/search?q=zq')).text).rows?.filter((x) => /\ufffd/.test(JSON.stringify(x))).length ?? 0, 0);
  });
});

describe('bodies of 100 MB', () => {
  it('are refused by their length alone on every route, before a byte of them is sent', async () => {
    for (const r of routes) {
      const answer = await raw(r.method, address(r.pattern, known), { headers: { Cookie: headers.cookie, 'X-CSRF-Token': headers['x-csrf-token'], 'Content-Type': r.isApi ? 'application/json' : 'application/x-www-form-urlencoded', 'Content-Length': 100 << 20 } });
      assert.ok(answer.status === (r.changes ? 413 : 400), `${r.name}: ${answer.status}`);
    }
    for (const r of routes.filter((x) => x.changes)) assert.ok([411, 400].includes((await raw(r.method, address(r.pattern, known), { headers: { Cookie: headers.cookie, 'Transfer-Encoding': 'chunked' } })).status), r.name);
  });
});

describe('open redirects', () => {
  it('no route sends anybody to another site, whatever it is asked with', async () => {
    const away = ['//evil.example', 'https://evil.example/', '/\\evil.example', '\\\\evil.example', '/%09/evil.example', 'javascript:alert(1)', '/.//evil.example/../..//evil.example'];
    let turn = 0; // each route gets two of them, and each of them comes to a third of the routes
    const names = ['back', 'next', 'return', 'return_to', 'url', 'to', 'redirect', 'redirect_uri', 'query', 'from'];
    for (const r of routes) {
      if (/sign-out|recovery|\/sessions/.test(r.pattern)) continue;
      const to = address(r.pattern, known);
      for (const a of [away[turn++ % away.length], away[turn++ % away.length]]) {
        const all = new URLSearchParams(names.map((n) => [n, a]));
        const h = { ...headers, referer: 'https://evil.example/' };
        const answers = [r.changes ? await get(to, { method: r.method, headers: h, body: all }) : await get(`${to}?${all}`, { headers: turn % 3 ? h : { referer: h.referer } })];
        for (const { location } of answers) assert.ok(location === '' || /^\/($|[^\/\\])/.test(location), `${r.name} with ${a}: ${location}`);
      }
    }
  });

  it('nor does a request that names another host make links to it', async () => {
    const { port, hostname } = new URL(url);
    for (const path of ['/', '/settings', '/settings/sources', '/settings/sign-in', '/settings/users', '/onboarding', '/api/v1/openapi.json', '/my', '/calendar']) {
      const text = await new Promise((resolve, reject) => {
        http.get({ host: hostname, port, path, headers: { cookie: headers.cookie, host: 'made-up.example', 'x-forwarded-host': 'made-up.example', forwarded: 'host=made-up.example' } }, (r) => {
          let all = JSON.stringify(r.headers);
          r.on('data', (d) => (all += d)).on('end', () => resolve(all));
        }).on('error', reject);
      });
      assert.ok(!text.includes('made-up.example'), `${path} names the host that the request made up`);
    }
  });
});

describe("access to another's objects", () => {
  it('an employee who knows every id opens, changes and exports none of the records that are not theirs', async () => {
    const stranger = JSON.parse((await send('POST', '/api/v1/records/person', { values: { name: 'Iris Idor', email: 'iris@idor.example' } })).text);
    assay('user', 'add', 'iris', '--roles', 'employee', '--person', stranger.id);
    const bearer = { authorization: 'Bearer ' + assay('token', 'add', 'iris', '--label', 'idor', '--scope', 'own_page').trim() };
    const types = JSON.parse((await get('/api/v1/record-types')).text).types.map((t) => t.id);
    let tried = 0;
    for (const type of types) {
      const { rows } = JSON.parse((await get(`/api/v1/records/${type}?per_page=5`)).text);
      const listed = JSON.parse((await get(`/api/v1/records/${type}?per_page=1000`, { headers: bearer })).text).rows ?? [];
      for (const one of rows ?? []) {
        if (listed.some((l) => l.id === one.id)) {
          assert.ok(JSON.stringify((await get(`/api/v1/records/${type}/${one.id}`)).text).includes(stranger.id), `${type} ${one.id} is shown to somebody whom it does not name`);
          continue;
        }
        tried++;
        for (const path of [`/records/${type}/${one.id}`, `/records/${type}/${one.id}/edit`, `/api/v1/records/${type}/${one.id}`, `/api/v1/records/${type}/${one.id}/history`, `/records/${type}/${one.id}?at=now`, `/evidence/${one.id}/files/${'0'.repeat(64)}`, `/gaps/${one.id}`, `/api/v1/gaps/${one.id}`, `/controls/${one.id}`]) {
          const answer = await get(path, { headers: bearer });
          assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
        }
        const patch = await get(`/api/v1/records/${type}/${one.id}`, { method: 'PATCH', headers: { ...bearer, 'content-type': 'application/json' }, body: JSON.stringify({ values: {}, version: one.version }) });
        assert.ok([403, 404].includes(patch.status), `PATCH ${type} ${one.id}: ${patch.status}`);
        const title = String(one.title ?? '');
        const csv = await get(`/records/${type}/export.csv`, { headers: bearer });
        assert.ok(csv.status !== 200 || title.length < 8 || !csv.text.includes(title), `${type}: the export holds ${title}`);
      }
      const changed = await get('/api/v1/changes', { method: 'POST', headers: { ...bearer, 'content-type': 'application/json' }, body: JSON.stringify({ changes: [{ act: 'delete', type, id: rows?.[0]?.id ?? 'none', version: rows?.[0]?.version ?? 1, why: 'mine now' }] }) });
      assert.ok([403, 404, 422].includes(changed.status), `${type} over /changes: ${changed.status}`);
    }
    assert.ok(tried >= 5, `${tried} tried`);
  });
});

describe('CSV formula injection', () => {
  it('on export: no cell of any list begins as a formula does', async () => {
    const ids = [];
    for (const f of FORMULAS)
      for (const [type, values] of [['system', { name: f, kind: 'tool', provider: f }], ['gap', { title: f, kind: 'missing' }], ['task', { title: f, due_on: '2026-11-23', owner: known['/records/:type/:id'][1] }], ['control', { title: f, statement: f }]]) {
        const made = await send('POST', `/api/v1/records/${type}`, { ...(type === 'control' ? { id: `CSV-${ids.length}` } : {}), values, why: f });
        if (made.status === 201) ids.push([type, JSON.parse(made.text).id]);
      }
    assert.ok(ids.length >= FORMULAS.length * 2, `${ids.length} were made`);
    const fresh = new Client();
    await fresh.ask('/sign-in', { form: { token: assay('user', 'link').trim().split('token=')[1] } });
    const lists = routes.filter((r) => !r.changes && r.pattern.endsWith('.csv')).flatMap((r) => (r.pattern.includes(':type') ? ['system', 'gap', 'task', 'control'].map((t) => r.pattern.replace(':type', t)) : [address(r.pattern, known)]));
    assert.ok(lists.length >= 8);
    for (const path of lists) {
      const answer = await get(path, { headers: { cookie: fresh.cookie } });
      if (answer.status === 404) continue;
      assert.equal(answer.status, 200, path);
      assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/, path);
      for (const cell of csvRows(answer.text).flat()) assert.ok(!/^[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]./.test(cell), `${path}: ${JSON.stringify(cell)}`);
    }
    for (const [type, id] of ids) await send('DELETE', `/api/v1/records/${type}/${id}`, { why: 'a test', version: 1 });
  });
});
