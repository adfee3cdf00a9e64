// Accounts from end to end: invitations, passwords, one-time codes, recovery codes, passkeys, sessions, tokens, and what each role may.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, axeOn, Client, invited, lines, totp } from './client.mjs';
import { end, launch, open, picture, url } from './site.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const PASSWORD = 'correct horse battery staple';
const named = url.replace('127.0.0.1', 'localhost'); // passkeys want a name


before(launch);
after(end);

let seed, codes, ann, used;

test('an invitation leads to a password and a second factor, and only then to the pages', async () => {
  ann = await invited('ann', '--roles', 'administrator', '--name', 'Ann Admin');
  assert.equal((await ann.ask('/')).location, '/settings/sign-in?why=second');
  assert.equal((await ann.ask('/api/v1/overview')).status, 403);
  assert.equal((await ann.post('/settings/sign-in/password', { password: 'short', again: 'short' })).status, 400);
  assert.equal((await ann.post('/settings/sign-in/password', { password: PASSWORD, again: PASSWORD + 'x' })).status, 400);
  const before = ann.cookie;
  assert.equal((await ann.post('/settings/sign-in/password', { password: PASSWORD, again: PASSWORD })).status, 303);
  assert.notEqual(ann.cookie, before, 'a new password gives a new session');
  assert.equal((await new Client().ask('/settings/sign-in', { headers: { cookie: before } })).status, 303, 'the old one is over');
  seed = (await ann.post('/settings/sign-in/totp', {})).text.match(/name="seed" value="([A-Z2-7]{32})"/)[1];
  assert.equal((await ann.post('/settings/sign-in/totp', { seed, code: '000000' })).status, 403);
  used = totp(seed);
  const done = await ann.post('/settings/sign-in/totp', { seed, code: used });
  codes = lines(done.text);
  assert.equal(codes.length, 10);
  assert.equal((await ann.ask('/')).status, 200);
});

test('a password is asked for its second factor; a code counts once, a recovery code once', async () => {
  const c = new Client();
  const first = await c.ask('/sign-in', { form: { login: 'ANN', password: PASSWORD } });
  assert.equal(first.location, '/sign-in/code?back=%2F');
  for (const address of ['/', '/settings/sign-in', '/api/v1/me']) assert.notEqual((await c.ask(address)).status, 200, address);
  const csrf = await c.csrf('/sign-in/code');
  assert.equal((await c.ask('/sign-in/code', { form: { csrf, code: used } })).status, 403, 'the code of adding it is used up');
  const half = c.cookie;
  assert.equal((await c.ask('/sign-in/code', { form: { csrf, code: codes[0] } })).status, 303);
  assert.notEqual(c.cookie, half, 'a second factor gives a new session');
  assert.equal((await c.ask('/')).status, 200);
  const d = new Client();
  await d.ask('/sign-in', { form: { login: 'ann', password: PASSWORD } });
  assert.equal((await d.ask('/sign-in/code', { form: { csrf: await d.csrf('/sign-in/code'), code: codes[0] } })).status, 403, 'used up');
  assert.equal((await d.ask('/sign-in/code', { form: { csrf: await d.csrf('/sign-in/code'), code: totp(seed, 1) } })).status, 303);
  assert.match((await d.ask('/settings/sign-in')).text, /9 recovery codes left/);
});

test('a session that was set from outside is not taken over, and a sign-in always gives another one', async () => {
  const planted = 'assay=' + 'ab'.repeat(32);
  const c = new Client();
  c.cookie = planted;
  await c.ask('/sign-in', { form: { login: 'ann', password: PASSWORD } });
  assert.notEqual(c.cookie, planted);
  assert.equal((await new Client().ask('/settings/sign-in', { headers: { cookie: planted } })).status, 303);
});

test('forms from elsewhere and without a token are refused', async () => {
  const csrf = await ann.csrf();
  const form = { id: 'others' };
  const cases = [[{}, form], [{}, { ...form, csrf: 'f'.repeat(64) }], [{ origin: 'https://evil.example' }, { ...form, csrf }], [{ 'sec-fetch-site': 'cross-site' }, { ...form, csrf }]];
  for (const [headers, fields] of cases) assert.equal((await ann.ask('/settings/sign-in/sessions', { form: fields, headers })).status, 403);
  assert.equal((await ann.ask('/sign-in', { form: { login: 'ann', password: PASSWORD }, headers: { origin: 'https://evil.example' } })).status, 403);
});

test('nobody is sent to another site after signing in', async () => {
  for (const back of ['//evil.example', 'https://evil.example', '/\\evil.example', '/\tevil', 'javascript:alert(1)', '/%0d%0aSet-Cookie: x', '']) {
    const { location, status } = await new Client().ask('/sign-in', { form: { login: 'ann', password: PASSWORD, back } });
    assert.equal(status, 303);
    assert.ok(location.startsWith('/sign-in/code?back=%2F'), location);
    assert.ok(!/^\/sign-in\/code\?back=%2F(%2F|%5C)/.test(location), location);
  }
});

test('the same words answer a wrong password and an unknown name; guessing slows down', async () => {
  assay('user', 'add', 'gus', '--roles', 'employee');
  const c = new Client();
  const words = async (login) => {
    const { status, text } = await c.ask('/sign-in', { form: { login, password: 'not this one either' } });
    return [status, text.match(/role="alert">([^<]*)/)?.[1]];
  };
  assert.deepEqual(await words('gus'), await words('nobody-of-this-name'));
  let status = 0;
  for (let i = 0; i < 6 && status !== 429; i++) [status] = await words('gus');
  assert.equal(status, 429);
  const waiting = await c.ask('/sign-in', { form: { login: 'GUS', password: 'whatever it is' } });
  assert.equal(waiting.status, 429, 'in any spelling');
  assert.ok(Number(waiting.headers.get('retry-after')) >= 1);
});

test('what matters asks again after five minutes, or when told to', async () => {
  // A fresh sign-in counts as asked; a token made for it never is asked.
  const token = assay('token', 'add', 'ann', '--label', 'ci', '--scope', 'read,users,audit,own_page').trim();
  const bearer = { authorization: 'Bearer ' + token };
  assert.equal((await fetch(url + '/api/v1/users', { headers: bearer })).status, 200);
  const add = await fetch(url + '/api/v1/users', { method: 'POST', headers: { ...bearer, 'content-type': 'application/json' }, body: JSON.stringify({ login: 'tom', roles: ['viewer'] }) });
  assert.equal(add.status, 200);
  assert.equal((await fetch(url + '/api/v1/tests/no-such-test/run', { method: 'POST', headers: bearer })).status, 403, 'outside of its scope');
  const id = token.split('_')[1];
  assay('token', 'revoke', id);
  assert.equal((await fetch(url + '/api/v1/users', { headers: bearer })).status, 401);
});

test("nobody touches another's sessions, tokens or credentials", async () => {
  const eve = await invited('eve', '--roles', 'employee');
  await eve.post('/settings/sign-in/password', { password: PASSWORD + '!', again: PASSWORD + '!' });
  const me = JSON.parse(await (await fetch(url + '/api/v1/me', { headers: { cookie: ann.cookie } })).text());
  assert.ok(me.sessions.length && me.totp.length);
  await eve.post('/settings/sign-in/sessions', { id: me.sessions[0].id });
  assert.equal((await ann.ask('/')).status, 200, 'still signed in');
  assert.equal((await eve.post('/settings/sign-in/remove', { id: me.totp[0].id })).status, 404);
  const token = assay('token', 'add', 'ann', '--label', 'other', '--scope', 'read').trim();
  assert.notEqual((await eve.post('/settings/tokens/revoke', { id: token.split('_')[1] })).status, 303);
  assert.equal((await fetch(url + '/api/v1/tests', { headers: { authorization: 'Bearer ' + token } })).status, 200);
  for (const address of ['/settings/users', '/settings/activity', '/api/v1/users', '/evidence']) assert.notEqual((await eve.ask(address)).status, 200, address);
});

test('roles of the organisation give what they say, and changing one ends sessions', async () => {
  assert.equal((await ann.post('/settings/roles', { id: 'clerk', label: 'Clerk', words: 'Adds people', permissions: 'users' })).status, 303);
  const carl = await invited('carl', '--roles', 'clerk');
  await carl.post('/settings/sign-in/password', { password: PASSWORD, again: PASSWORD });
  const key = (await carl.post('/settings/sign-in/totp', {})).text.match(/name="seed" value="([A-Z2-7]{32})"/)[1];
  await carl.post('/settings/sign-in/totp', { seed: key, code: totp(key) });
  assert.equal((await carl.ask('/api/v1/overview')).status, 403);
  const wrong = await carl.ask('/api/v1/users', { form: { csrf: await carl.csrf(), login: 'boss', roles: 'administrator' } });
  assert.equal(wrong.status, 403, 'gives no more than they have');
  const users = JSON.parse(await (await fetch(url + '/api/v1/users', { headers: { cookie: ann.cookie } })).text());
  const row = users.rows.find((u) => u.login === 'carl');
  assert.equal((await ann.post('/settings/users/' + row.id, { login: 'carl', roles: 'viewer', state: 'active' })).status, 303);
  assert.equal((await carl.ask('/settings/sign-in')).status, 303, 'the session is over');
});

test('an auditor is let in until the last day, and by nothing after it', async () => {
  const audrey = await invited('audrey', '--roles', 'auditor', '--until', '2099-01-31');
  await audrey.post('/settings/sign-in/password', { password: PASSWORD, again: PASSWORD });
  const bearer = { authorization: 'Bearer ' + assay('token', 'add', 'audrey', '--label', 'sampling', '--scope', 'examine').trim() };
  assert.equal((await fetch(url + '/api/v1/audit', { headers: bearer })).status, 200);
  assert.equal((await audrey.ask('/settings/sign-in')).status, 200);
  assay('user', 'roles', 'audrey', 'auditor', '--until', '2026-01-31');
  for (let i = 0; i < 20 && (await fetch(url + '/api/v1/audit', { headers: bearer })).status === 200; i++) await new Promise((done) => setTimeout(done, 100));
  assert.equal((await fetch(url + '/api/v1/audit', { headers: bearer })).status, 403);
  assert.notEqual((await audrey.ask('/settings/sign-in')).status, 200, 'the session is worth nothing');
  assert.equal((await new Client().ask('/sign-in', { form: { login: 'audrey', password: PASSWORD } })).status, 403);
  assert.throws(() => assay('user', 'roles', 'audrey', 'auditor,viewer', '--until', 'never'), /no day/);
});

test('one factor is enough where the organisation says so, but never where a second one is there', async () => {
  const frank = await invited('frank', '--roles', 'viewer');
  await frank.post('/settings/sign-in/password', { password: PASSWORD, again: PASSWORD });
  assert.equal((await frank.ask('/controls')).location, '/settings/sign-in?why=second');
  const set = async (n) => {
    const { leaf } = JSON.parse(assay('record', 'set', 'parameter', 'sign_in_factors_min', n, '--reason', 'a machine without a network', '--json'));
    const done = await ann.post('/parameters/sign_in_factors_min/decide', { proposal: leaf, act: 'approve', why: 'agreed', step_password: PASSWORD });
    assert.equal(done.status, 303, 'it takes two people');
  };
  await set('1');
  const open1 = async () => (await frank.ask('/controls')).status;
  for (let i = 0; i < 20 && (await open1()) !== 200; i++) await new Promise((done) => setTimeout(done, 100));
  assert.equal(await open1(), 200);
  const half = new Client();
  await half.ask('/sign-in', { form: { login: 'ann', password: PASSWORD } });
  assert.match((await half.ask('/controls')).location, /^\/sign-in\/code/, 'who has a second factor is asked for it');
  await set('2');
  for (let i = 0; i < 20 && (await open1()) === 200; i++) await new Promise((done) => setTimeout(done, 100));
  assert.equal((await frank.ask('/controls')).location, '/settings/sign-in?why=second');
});

// RFC 6962: the root to which a leaf's text and its path lead.
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
function rootOf(text, index, size, path) {
  let at = sha256(Buffer.from([0]), Buffer.from(text)), left = index, last = size - 1;
  for (const step of path.map((p) => Buffer.from(p, 'hex'))) {
    const isRight = left % 2 === 1 || left === last;
    at = isRight ? sha256(Buffer.from([1]), step, at) : sha256(Buffer.from([1]), at, step);
    while (isRight && left % 2 === 0 && left !== 0) [left, last] = [left >> 1, last >> 1];
    [left, last] = [left >> 1, last >> 1];
  }
  return at.toString('hex');
}

test('a parameter that two people decide leaves a receipt that proves itself elsewhere', async () => {
  const name = 'breach_notice_hours', set = (value) => JSON.parse(assay('record', 'set', 'parameter', name, value, '--reason', 'our contracts', '--json')).leaf;
  const one = async () => JSON.parse((await ann.ask('/api/v1/parameters/' + name)).text);
  const decide = (proposal, act) => ann.post(`/parameters/${name}/decide`, { proposal, act, why: 'agreed with counsel', step_password: PASSWORD });
  const proposal = set('48');
  assert.equal((await one()).proposals[0].receipt, '', 'nothing was decided yet');
  assert.equal((await decide(proposal, 'approve')).status, 303);
  const { receipt } = (await one()).proposals.find((p) => p.leaf === proposal);
  assert.match(receipt, /^\/receipts\/\d+$/);
  assert.ok((await ann.ask('/parameters/' + name)).text.includes(`href="${receipt}"`), 'the page of the parameter leads to it');
  let paper = await ann.ask(receipt);
  for (let i = 0; i < 30 && !paper.text.includes('in a tree of'); i++) {
    await new Promise((done) => setTimeout(done, 200)); // a head is signed over it
    paper = await ann.ask(receipt);
  }
  assert.equal(paper.status, 200);
  for (const words of ['Ann Admin', 'agreed with counsel', 'our contracts', 'SHA-256 of what was decided']) assert.ok(paper.text.includes(words), words);
  const json = JSON.parse((await ann.ask('/api/v1' + receipt)).text);
  assert.deepEqual([json.format, json.type, json.id, json.step, json.proposal.leaf, json.by.name], ['assay/receipt@v1', 'parameter', name, 'approve', proposal, 'Ann Admin']);
  assert.match(json.factor, /^(password|totp)$/, 'by which they were asked last, within five minutes');
  assert.equal(json.digest, sha256(Buffer.from(JSON.stringify({ id: name, proposal, type: 'parameter', value: '48' }))).toString('hex'));
  assert.equal(rootOf(json.proof.leaf_text, json.leaf, json.proof.tree_size, json.proof.path), json.proof.root);
  const [origin, size, root] = json.proof.checkpoint.split('\n');
  assert.deepEqual([origin, size, Buffer.from(root, 'base64').toString('hex')], [json.origin, String(json.proof.tree_size), json.proof.root], 'which is the root that the ledger signed');
  // What was refused has its receipt as well; what nobody decided, and other leaves, have none.
  const other = set('24');
  assert.equal((await decide(other, 'refuse')).status, 303);
  const refused = (await one()).proposals.find((p) => p.leaf === other).receipt;
  assert.match((await ann.ask(refused)).text, /Refused/);
  for (const leaf of [proposal, other, 999999]) assert.equal((await ann.ask('/receipts/' + leaf)).status, 404, String(leaf));
  assert.equal((await new Client().ask(receipt)).status, 303, 'nobody else sees it');
});

test('every route and role: the table holds', async () => {
  const source = fs.readFileSync(path.join(here, '../../src/web/route.c'), 'utf8');
  const routes = [...source.matchAll(/ROUTE\(\s*(\w+),\s*"([^"]+)",\s*(\w+),/g)].map((m) => `${m[1]} ${m[2]}`);
  const rows = fs.readFileSync(path.join(here, 'authorization.tsv'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.split('\t'));
  const [, , ...who] = rows.shift();
  const listed = rows.map(([method, address]) => `${method} ${address}`);
  assert.deepEqual(routes.filter((r) => !listed.includes(r)), [], 'routes without a line in authorization.tsv');
  const all = ['own_page', 'read', 'run', 'records', 'export', 'audit', 'users', 'settings', 'keys', 'examine'];
  const roles = JSON.parse(await (await fetch(url + '/api/v1/roles', { headers: { cookie: ann.cookie } })).text()).rows;
  const headers = { nobody: {}, half: {} };
  const half = new Client();
  await half.ask('/sign-in', { form: { login: 'ann', password: PASSWORD } });
  headers.half = { cookie: half.cookie };
  for (const role of who.slice(2)) {
    assay('user', 'add', 'm-' + role, '--roles', role, '--until', '2099-01-01');
    const may = roles.find((r) => r.id === role).permissions;
    assert.ok(may.every((p) => all.includes(p)));
    headers[role] = { authorization: 'Bearer ' + assay('token', 'add', 'm-' + role, '--label', 'matrix', '--scope', may.join(',')).trim() };
  }
  const wrong = [];
  for (const [method, pattern, ...cells] of rows) {
    const address = pattern.replace(/:\w+/g, 'none').replace('*', 'checkpoint');
    for (const [i, cell] of cells.entries()) {
      if (who[i] === 'half' && address === '/sign-out') continue;
      const changes = !['GET', 'HEAD'].includes(method);
      const answer = await fetch(url + address, { method, headers: headers[who[i]], redirect: 'manual', ...(changes && { body: new URLSearchParams() }) });
      const text = await answer.text();
      const is401 = answer.status === 401 || /^\/sign-in($|\?|\/)/.test(answer.headers.get('location') ?? '');
      const refused = is401 || (answer.status === 403 && /takes the permission|second factor|Your session is over/.test(text)) || (answer.headers.get('location') ?? '').includes('why=second') || (address === '/' && ['/settings/sign-in', '/audit'].includes(answer.headers.get('location')));
      const is_public = cells.every((c) => c === '+');
      if (!is_public && refused !== (cell === '-')) wrong.push(`${method} ${pattern} ${who[i]}: ${answer.status} ${answer.headers.get('location') ?? ''}`);
      if (answer.status >= 500 && answer.status !== 503) wrong.push(`${method} ${pattern} ${who[i]}: ${answer.status}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('a passkey is added and signs in, in a browser', async () => {
  const page = await open({ signIn: false });
  page.expectsErrors = true;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  const link = assay('user', 'add', 'pia', '--roles', 'compliance_lead', '--name', 'Pia Lead').match(/token=([0-9a-f]{64})/)[1];
  await page.goto(`${named}/sign-in?token=${link}`);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForURL('**/settings/sign-in?why=welcome');
  await picture(page, 'accounts-welcome');
  await page.getByLabel('Name of a new passkey').fill('Laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('heading', { name: 'Recovery codes' }).waitFor();
  await page.getByRole('link', { name: 'I have kept it' }).click();
  await page.getByText('Passkey Laptop').first().waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL(named + '/');
  assert.match((await page.request.get(named + '/settings/sign-in').then((r) => r.text())), /by passkey/);
  await page.finish();
});

test('the pages of accounts, in both themes and widths, held against axe', async () => {
  assay('user', 'add', 'long-name-of-somebody@a-very-long-domain.example.org', '--roles', 'auditor', '--until', '2027-01-31', '--name', 'Auguste Auditor of Somewhere Else');
  const users = JSON.parse(await (await fetch(url + '/api/v1/users', { headers: { cookie: ann.cookie } })).text());
  const list = { 'sign-in': '/settings/sign-in', users: '/settings/users', user: users.rows[0].url, roles: '/settings/roles', activity: '/settings/activity' };
  const [name, value] = ann.cookie.split('=');
  for (const colorScheme of ['light', 'dark'])
    for (const width of [360, 1440]) {
      const page = await open({ signIn: false, colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await page.goto(url + '/sign-in');
      await picture(page, `accounts-door-${colorScheme}-${width}`);
      await axeOn(page, 'sign-in');
      await page.context().addCookies([{ name, value, url }]);
      for (const [kind, address] of Object.entries(list)) {
        await page.goto(url + address);
        await picture(page, `accounts-${kind}-${colorScheme}-${width}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${kind} is wider than ${width}`);
        await axeOn(page, kind);
      }
      page.isClean();
      await page.finish();
    }
});
