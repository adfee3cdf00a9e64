// Signing in through a provider (OpenID Connect), against oidc-provider and against one that lies; and each way of signing in, in a browser.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, axeOn, Client, invited, totp } from './client.mjs';
import { liar, provider } from './provider.mjs';
import { directory } from './slapd.mjs';
import { end, launch, open, picture, url } from './site.mjs';

const people = {
  olga: { name: 'Olga Owner', email: 'olga@example.org', email_verified: true, groups: ['owners', 'staff'] },
  adam: { name: 'Adam', email: 'adam@example.org', email_verified: true, groups: ['staff'] },
};
const scratch = fs.mkdtempSync(path.join(path.dirname(process.env.ASSAY_LOG), 'sign-in-'));
const file = (name, text) => fs.writeFileSync(path.join(scratch, name), text) ?? path.join(scratch, name);
const secret = file('secret', 'a secret+of:the/client\n');
const roles = file('roles', 'owner: owners\n');
const closing = [];
let at;

before(async () => {
  await launch();
  assay('sign-in', 'site', url);
  at = await provider({ people, redirect: url + '/sign-in/with/id/back' });
  closing.push(at);
  assay('sign-in', 'oidc', 'id', at.issuer, 'client_id=assay', 'label=Example ID', '--secret-file', secret, '--roles-file', roles);
});
after(async () => {
  for (const c of closing) c.close();
  await end();
});

// A browser without pages: follows redirects, keeps cookies by origin.
class Walker {
  jars = {};
  async ask(address, form) {
    const { origin } = new URL(address);
    const jar = (this.jars[origin] ??= {});
    const cookie = Object.entries(jar).map(([k, v]) => `${k}=${v}`).join('; ');
    const answer = await fetch(address, { method: form ? 'POST' : 'GET', body: form && new URLSearchParams(form), redirect: 'manual', headers: cookie ? { cookie } : {} });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value) jar[name] = value;
      else delete jar[name];
    }
    const location = answer.headers.get('location');
    return { status: answer.status, location: location && new URL(location, address).href, text: await answer.text() };
  }
  // Goes on until a page comes, or an address that `until` names; signs in at the provider as `login`.
  async walk(address, login, until) {
    let r = await this.ask(address);
    for (let i = 0; i < 20; i++) {
      if (r.location && until?.(r.location)) return r;
      const form = r.text.match(/<form[^>]*action="([^"]+interaction[^"]*)"[^>]*>/)?.[1];
      const prompt = r.text.match(/name="prompt" value="(\w+)"/)?.[1];
      if (r.location) r = await this.ask(r.location);
      else if (form && prompt) r = await this.ask(new URL(form, at.issuer).href, prompt === 'login' ? { prompt, login, password: 'any' } : { prompt });
      else return r;
    }
    throw new Error('no end of redirects');
  }
}
const alert = (text) => text.match(/role="alert">([^<]*)/)?.[1] ?? '';
const me = async (w) => JSON.parse((await w.ask(url + '/api/v1/me')).text);

test('a person of the provider gets an account with the roles of their groups', async () => {
  const w = new Walker();
  const page = await w.walk(url + '/sign-in/with/id?back=/my', 'olga');
  assert.equal(page.status, 200, page.text);
  const v = await me(w);
  assert.equal(v.account.login, 'olga');
  assert.equal(v.how, 'OpenID Connect');
  assert.equal(v.is_one_factor, true);
  const row = JSON.parse(assay('user', 'list', '--json')).find((u) => u.login === 'olga');
  assert.deepEqual([row.kind, row.roles, row.name], ['oidc', ['owner'], 'Olga Owner']);
  assert.equal((await w.ask(url + '/evidence')).location, url + '/settings/sign-in?why=second', 'one factor opens the own page alone');
});

test('whoever is in no group that has a role is told so; leaving one ends the account, and only the source brings it back', async () => {
  const adam = await new Walker().walk(url + '/sign-in/with/id', 'adam');
  assert.equal(adam.status, 403);
  assert.match(alert(adam.text), /nothing here is open to you/);
  const w = new Walker();
  await w.walk(url + '/sign-in/with/id?back=/my', 'olga');
  people.olga.groups = ['staff'];
  assert.equal((await new Walker().walk(url + '/sign-in/with/id', 'olga')).status, 403);
  assert.equal((await w.ask(url + '/my')).status, 303, 'her session is over');
  people.olga.groups = ['owners'];
  assert.equal((await new Walker().walk(url + '/sign-in/with/id?back=/my', 'olga')).status, 200);
  assay('user', 'disable', 'olga');
  assert.match(alert((await new Walker().walk(url + '/sign-in/with/id', 'olga')).text), /disabled/);
  assay('user', 'enable', 'olga');
});

test('an account is never taken over by its name or its mail address', async () => {
  assay('user', 'add', 'victor', '--roles', 'administrator', '--email', 'victor@example.org');
  people.victor = { name: 'Not Victor', email: 'victor@example.org', email_verified: true, groups: ['owners'] };
  const page = await new Walker().walk(url + '/sign-in/with/id', 'victor');
  assert.equal(page.status, 409);
  assert.match(alert(page.text), /not linked to Example ID/);
  assay('user', 'connect', 'victor', '--source', 'id', '--subject', 'victor');
  assert.equal((await new Walker().walk(url + '/sign-in/with/id?back=/my', 'victor')).status, 200, 'whoever looks after accounts has linked it');
  assert.throws(() => assay('user', 'connect', 'olga', '--source', 'id', '--subject', 'victor'), /already/);
});

test('a code counts in the browser that asked for it, once, and with its state', async () => {
  const isBack = (l) => l.includes('/back?');
  const attacker = new Walker();
  const { location } = await attacker.walk(url + '/sign-in/with/id', 'olga', isBack);
  const victim = new Walker();
  const fixed = await victim.ask(location);
  assert.equal(fixed.status, 403);
  assert.match(alert(fixed.text), /another browser/);
  assert.ok(!victim.jars[url]?.assay, 'nobody was signed in');
  await victim.ask(url + '/sign-in/with/id');
  assert.equal((await victim.ask(location)).status, 403, 'with a sign-in of their own under way too');
  const other = new URL(location);
  other.searchParams.set('state', other.searchParams.get('state').replace(/^./, (c) => (c === 'A' ? 'B' : 'A')));
  assert.equal((await attacker.ask(other.href)).status, 403);
  const mixed = new Walker();
  const answer = new URL((await mixed.walk(url + '/sign-in/with/id', 'olga', isBack)).location);
  const cookie = { ...mixed.jars[url] };
  answer.searchParams.set('iss', 'https://evil.example');
  assert.match(alert((await mixed.ask(answer.href)).text), /another provider/);
  mixed.jars[url] = cookie;
  answer.searchParams.set('iss', at.issuer);
  assert.match(alert((await mixed.ask(answer.href)).text), /took too long/, 'that used the state up');
});

test('the browser is sent back to a page of ours only', async () => {
  for (const back of ['https://evil.example', '//evil.example', '/\\evil.example', '/%0d%0aSet-Cookie:%20a=b']) {
    const w = new Walker();
    const r = await w.walk(url + '/sign-in/with/id?back=' + encodeURIComponent(back), 'olga', (l) => !l.includes('/sign-in/') && !l.includes('/auth') && !l.includes('/interaction'));
    assert.ok(r.location.startsWith(url + '/'), r.location);
    assert.ok(!r.location.startsWith(url + '//'), r.location);
  }
});

test('tokens under ES256 and EdDSA, and a client whose secret goes into the form', async () => {
  for (const alg of ['ES256', 'EdDSA']) {
    const p = await provider({ people, redirect: url + '/sign-in/with/other/back', alg, client: { token_endpoint_auth_method: 'client_secret_basic' } });
    assay('sign-in', 'oidc', 'other', p.issuer, 'client_id=assay', '--secret-file', secret, 'default_roles=viewer', 'claim_login=email');
    const kept = at;
    at = p;
    people.nora = { name: 'Nora', email: `nora@${alg.toLowerCase()}.example.org`, email_verified: true };
    const w = new Walker();
    assert.equal((await w.walk(url + '/sign-in/with/other?back=/my', 'nora')).status, 200, alg);
    assert.equal((await me(w)).account.login, people.nora.email);
    people.nora.email_verified = false;
    assert.match(alert((await new Walker().walk(url + '/sign-in/with/other', 'nora')).text), /not verified/);
    at = kept;
    p.close();
  }
  assay('sign-in', 'remove', 'other');
});

test('what a provider must not say lets nobody in', async () => {
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig' };
  const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  let nonce;
  const claims = (issuer, more) => ({ iss: issuer, aud: 'assay', sub: 'mal', nonce, iat: now, exp: now + 300, preferred_username: 'mal', groups: [], ...more });
  const signed = (header, c) => {
    const text = b64(header) + '.' + b64(c);
    return { id_token: text + '.' + crypto.sign('sha256', Buffer.from(text), pair.privateKey).toString('base64url') };
  };
  const rs = { alg: 'RS256', kid: 'k' };
  const say = { keys: { keys: [jwk] }, token: () => ({}) };
  const p = await liar(say);
  closing.push(p);
  assay('sign-in', 'oidc', 'lie', p.issuer, 'client_id=assay', 'default_roles=viewer');
  const attempt = async (token) => {
    say.token = token;
    const w = new Walker();
    const away = await w.ask(url + '/sign-in/with/lie?back=/my');
    assert.ok(away.location?.startsWith(p.issuer + '/auth?'), alert(away.text));
    const q = new URL(away.location).searchParams;
    nonce = q.get('nonce');
    assert.equal(q.get('code_challenge_method'), 'S256');
    const r = await w.ask(`${url}/sign-in/with/lie/back?code=x&state=${q.get('state')}`);
    return r.status === 303 && w.jars[url].assay ? 'in' : `${r.status} ${alert(r.text)}`;
  };
  assert.equal(await attempt((i) => signed(rs, claims(i))), 'in', 'an honest one');
  const lies = {
    none: (i) => ({ id_token: `${b64({ alg: 'none' })}.${b64(claims(i))}.` }),
    'HS256 under the public key': (i) => {
      const text = b64({ alg: 'HS256', kid: 'k' }) + '.' + b64(claims(i));
      const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
      return { id_token: text + '.' + crypto.createHmac('sha256', pem).update(text).digest('base64url') };
    },
    'key in the token': (i) => signed({ alg: 'RS256', jwk }, claims(i, { aud: 'other' })),
    audience: (i) => signed(rs, claims(i, { aud: 'other' })),
    issuer: () => signed(rs, claims('https://evil.example')),
    nonce: (i) => signed(rs, claims(i, { nonce: 'other' })),
    'over': (i) => signed(rs, claims(i, { iat: now - 900, exp: now - 600 })),
    'no token': () => ({}),
    'no JSON': () => 'certainly not',
    'a deep one': () => '['.repeat(100000),
    'a large one': () => JSON.stringify({ id_token: 'x'.repeat(1 << 20) }),
    subject: (i) => signed(rs, claims(i, { sub: '' })),
    'name with a control character': (i) => signed(rs, claims(i, { sub: 'm2', preferred_username: '' })),
  };
  for (const [name, token] of Object.entries(lies)) {
    const said = await attempt(token);
    assert.notEqual(said, 'in', name);
    assert.match(said, /^(403|503|400) /, `${name}: ${said}`);
    await new Promise((done) => setTimeout(done, said.startsWith('503') ? 5100 : 0)); // it is left in peace for a while
    assay('sign-in', 'oidc', 'lie', p.issuer, 'client_id=assay', 'default_roles=viewer');
  }
  say.document = () => ({ issuer: 'https://somebody.else.example', authorization_endpoint: 'https://x/', token_endpoint: 'https://x/', jwks_uri: 'https://x/' });
  assert.match(alert((await new Walker().ask(url + '/sign-in/with/lie')).text), /calls itself/);
  assay('sign-in', 'remove', 'lie');
});

test('a provider that is down leaves the rest working', async () => {
  const p = await provider({ people, redirect: url + '/sign-in/with/down/back' });
  assay('sign-in', 'oidc', 'down', p.issuer, 'client_id=assay', 'label=Broken ID', 'default_roles=viewer');
  p.close();
  const page = await new Walker().ask(url + '/sign-in/with/down');
  assert.equal(page.status, 503);
  assert.match(alert(page.text), /Broken ID does not answer as it should/);
  assert.ok(!alert(page.text).includes('127.0.0.1'));
  assert.equal((await new Walker().walk(url + '/sign-in/with/id?back=/my', 'olga')).status, 200);
  assay('sign-in', 'remove', 'down');
});

test('what matters asks a person of a provider again, at the provider', async () => {
  const p = await provider({ people, redirect: url + '/sign-in/with/strong/back' });
  const kept = at;
  at = p;
  people.lena = { name: 'Lena Lead', email: 'lena@example.org', email_verified: true };
  assay('sign-in', 'oidc', 'strong', p.issuer, 'client_id=assay', '--secret-file', secret, 'default_roles=compliance_lead', 'second=trusted');
  const w = new Walker();
  assert.equal((await w.walk(url + '/sign-in/with/strong?back=/records/system', 'lena')).status, 200, 'the provider has asked for both factors');
  const asked = await w.ask(url + '/records/person/export.csv');
  assert.equal(asked.status, 403);
  assert.match(asked.text, /Sign in anew with strong/i);
  assert.match(asked.text, /action="\/records\/person\/export.csv"/);
  assert.equal((await w.walk(url + '/sign-in/with/strong?again=1&back=/records/system', 'lena')).status, 200);
  assert.ok(p.seen.some((address) => address.includes('prompt=login') && address.includes('max_age=0')));
  assert.equal((await w.ask(url + '/records/person/export.csv')).status, 200);
  at = kept;
  p.close();
  assay('sign-in', 'remove', 'strong');
});

// ---- in a browser ----

const PASSWORD = 'correct horse battery staple';
const shot = (page, name) => picture(page, `sign-in-${name}`);
const fits = async (page, what) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} is too wide`);
const narrow = { signIn: false, viewport: { width: 360, height: 740 } };

// A person with a password, one-time codes and recovery codes, made without a browser.
async function person(login, role) {
  const c = await invited(login, '--roles', role, '--name', login);
  await c.post('/settings/sign-in/password', { password: PASSWORD, again: PASSWORD });
  const seed = (await c.post('/settings/sign-in/totp', {})).text.match(/name="seed" value="([A-Z2-7]{32})"/)[1];
  const text = (await c.post('/settings/sign-in/totp', { seed, code: totp(seed) })).text;
  return { seed, codes: text.match(/<pre class="code"[^>]*><code>([^<]*)/)[1].trim().split('\n') };
}

test('a QR code holds the key of one-time codes, drawn by the page itself', async () => {
  const { default: jsQR } = await import('jsqr');
  const c = await invited('quinn', '--roles', 'owner');
  const page = await open({ ...narrow, colorScheme: 'dark' });
  const [name, value] = c.cookie.split('=');
  await page.context().addCookies([{ name, value, url }]);
  await page.goto(url + '/settings/sign-in');
  await page.getByRole('button', { name: 'Add one-time codes' }).click();
  const picture = page.getByRole('img', { name: /QR code/ });
  await picture.waitFor();
  await shot(page, 'qr-dark-360');
  await fits(page, 'the page of the QR code');
  const { size, path: d } = await picture.evaluate((svg) => ({ size: Number(svg.getAttribute('viewBox').split(' ')[2]), path: svg.querySelector('path').getAttribute('d') }));
  const scale = 4, pixels = new Uint8ClampedArray((size * scale) ** 2 * 4).fill(255);
  for (const [, x, y, n] of d.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let r = 0; r < scale; r++)
      for (let i = 0; i < n * scale; i++) pixels.fill(0, ((y * scale + r) * size * scale + x * scale + i) * 4, ((y * scale + r) * size * scale + x * scale + i) * 4 + 3);
  const uri = jsQR(pixels, size * scale, size * scale)?.data;
  const seed = await page.locator('input[name=seed]').inputValue();
  assert.equal(uri, `otpauth://totp/Assay:quinn?secret=${seed}&issuer=Assay`);
  page.isClean();
  await page.finish();
});

for (const javaScriptEnabled of [true, false])
  test(`password and one-time code, recovery code, one-time link, provider: on a phone, scripts ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
    const who = javaScriptEnabled ? 'paula' : 'pavel';
    const { seed, codes } = await person(who, 'owner');
    const options = { ...narrow, javaScriptEnabled };
    const first = async (page) => {
      await page.goto(url + '/evidence');
      await page.getByLabel('Name', { exact: true }).fill(who);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    };
    for (const code of [totp(seed, 1), codes[3]]) {
      const page = await open(options);
      await first(page);
      await fits(page, 'the second factor');
      await shot(page, `second-${javaScriptEnabled ? 'scripts' : 'plain'}`);
      await page.locator('input[name=code]').first().fill(code);
      await page.getByRole('button', { name: /go on|sign in|continue|confirm/i }).first().click();
      await page.waitForURL(url + '/evidence');
      page.isClean();
      await page.finish();
    }
    const link = assay('user', 'link', who).trim();
    assert.ok(link.startsWith(url + '/sign-in?token='), 'a link begins with the address that was set');
    const page = await open(options);
    await page.goto(link);
    await page.getByRole('button', { name: 'Go on' }).click();
    assert.match(page.url(), /\/sign-in\/code|\/settings\/sign-in/, 'who has a second factor is asked for it after a link too');
    await page.finish();
    const other = await open({ ...options, bypassCSP: false });
    other.expectsErrors = true;
    await other.goto(url + '/sign-in?back=/my');
    await fits(other, 'the sign-in page');
    await shot(other, `door-${javaScriptEnabled ? 'scripts' : 'plain'}`);
    await other.getByRole('link', { name: 'Sign in with Example ID' }).click();
    await other.locator('input[name=login]').fill('olga');
    await other.locator('input[name=password]').fill('any');
    await other.locator('button[type=submit]').first().click();
    await other.locator('button[type=submit]').first().click();
    await other.waitForURL(url + '/my');
    await other.finish();
  });

test('a directory: set up in Settings, tried, and signed in through, on a phone without scripts', async (t) => {
  const slapd = await directory(scratch, { dora: { cn: 'Dora Directory', mail: 'dora@example.org', userPassword: 'dorasecret' } });
  if (!slapd) return t.skip('slapd is not installed');
  closing.push(slapd);
  const { seed } = await person('iris', 'administrator');
  const client = new Client();
  await client.ask('/sign-in', { form: { login: 'iris', password: PASSWORD } });
  await client.ask('/sign-in/code', { form: { csrf: await client.csrf('/sign-in/code'), code: totp(seed, 1) } });
  const [name, value] = client.cookie.split('=');
  const page = await open({ ...narrow, javaScriptEnabled: false });
  await page.context().addCookies([{ name, value, url }]);
  await page.goto(url + '/settings/sources');
  await page.getByText('Add a directory (LDAP)').click();
  const field = (id) => page.locator('#ldap-' + id);
  await field('id').fill('staff');
  await field('label').fill('Staff directory');
  await field('url').fill(slapd.url);
  await field('base').fill(slapd.base);
  await field('bind_dn').fill(slapd.reader);
  await field('secret').fill('readersecret');
  await field('default_roles').fill('employee');
  await page.locator('details:has(#ldap-ca)').last().locator('summary').click();
  await field('ca').fill(slapd.ca);
  await page.getByRole('button', { name: 'Add the directory' }).click();
  await page.waitForURL('**/settings/sources/staff');
  await page.getByLabel('A name').fill('dora');
  await page.getByRole('button', { name: 'Look the name up' }).click();
  await page.getByText('Found dora (Dora Directory), 0 groups, roles: employee.').waitFor();
  await shot(page, 'directory-tried-360');
  page.isClean();
  await page.finish();
  const phone = await open({ ...narrow, javaScriptEnabled: false });
  phone.expectsErrors = true;
  const door = async (password) => {
    await phone.goto(url + '/sign-in?back=/my');
    await phone.getByLabel('Name', { exact: true }).fill('dora');
    await phone.getByLabel('Password').fill(password);
    await phone.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await door('dorasecret');
  // Other tests of this run have guessed from this address.
  for (let i = 0; i < 30 && (await phone.getByText(/too many wrong attempts/i).count()); i++) {
    await phone.waitForTimeout(1000);
    await door('dorasecret');
  }
  await phone.waitForURL(url + '/my');
  await fits(phone, 'my page');
  await phone.finish();
  assay('sign-in', 'remove', 'staff');
});

test('the pages of Settings about directories and providers, in both themes and widths', async () => {
  const c = await person('ida', 'administrator').then(async ({ seed }) => {
    const client = new Client();
    await client.ask('/sign-in', { form: { login: 'ida', password: PASSWORD } });
    await client.ask('/sign-in/code', { form: { csrf: await client.csrf('/sign-in/code'), code: totp(seed, 1) } });
    return client;
  });
  const [name, value] = c.cookie.split('=');
  for (const colorScheme of ['light', 'dark'])
    for (const width of [360, 1440]) {
      const page = await open({ signIn: false, colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      await page.context().addCookies([{ name, value, url }]);
      for (const [kind, address] of [['sources', '/settings/sources'], ['source', '/settings/sources/id']]) {
        await page.goto(url + address);
        for (const summary of await page.locator('summary').all()) await summary.click();
        await shot(page, `${kind}-${colorScheme}-${width}`);
        await fits(page, kind);
        await axeOn(page, kind);
      }
      page.isClean();
      await page.finish();
    }
  const page = await open({ signIn: false, javaScriptEnabled: false });
  await page.context().addCookies([{ name, value, url }]);
  page.expectsErrors = true;
  await page.goto(url + '/settings/sources');
  await page.getByText('Add a directory (LDAP)').click();
  await page.locator('#ldap-id').fill('corp');
  await page.locator('#ldap-url').fill('ldaps://ldap.example.org');
  await page.locator('#ldap-base').fill('ou=people,dc=example,dc=org');
  await page.locator('#ldap-filter').fill('(uid=everybody)');
  await page.getByRole('button', { name: 'Add the directory' }).click();
  await page.getByText('has no {login}').waitFor();
  assert.equal(await page.locator('#ldap-url').inputValue(), 'ldaps://ldap.example.org', 'what was typed is kept');
  await page.locator('#ldap-filter').fill('(uid={login})');
  await page.getByRole('button', { name: 'Add the directory' }).click();
  await page.waitForURL('**/settings/sources/corp');
  await page.getByRole('button', { name: /^Remove/ }).click();
  await page.waitForURL('**/settings/sources');
  await page.finish();
});
