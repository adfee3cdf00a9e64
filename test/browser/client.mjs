// A client without a browser, and the other side of one-time codes: for tests of accounts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { admin, open, picture, shots, url } from './site.mjs';

const run = (args, env) => execFileSync(process.env.ASSAY_PROGRAM, ['--data', process.env.ASSAY_DATA_DIR, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
// The program on the data that the server serves; its standard output.
export const assay = (...args) => run(args);
// The same, when so many days have passed.
export const assayOn = (days, ...args) => run(args, { ASSAY_TEST_NOW_MS: String(Date.now() + days * 86400000) });

// RFC 6238, as the other side computes it.
const decode32 = (text) => {
  let bits = '';
  for (const c of text.replaceAll(' ', '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
};
export const totp = (seed, by = 0) => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + by));
  const mac = createHmac('sha1', decode32(seed)).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
};

// A client without a browser: keeps the cookie as one does.
export class Client {
  cookie = '';
  async ask(address, { form, headers = {}, method } = {}) {
    const body = form && new URLSearchParams(form);
    const answer = await fetch(url + address, {
      method: method ?? (form ? 'POST' : 'GET'), body, redirect: 'manual', headers: { ...(this.cookie && { cookie: this.cookie }), ...headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      if (pair.startsWith('assay=')) this.cookie = pair === 'assay=' ? '' : pair;
    }
    return { status: answer.status, location: answer.headers.get('location'), text: await answer.text(), headers: answer.headers };
  }
  async csrf(address = '/settings/sign-in') {
    return (await this.ask(address)).text.match(/name="csrf" value="([0-9a-f]{64})"/)?.[1];
  }
  async post(address, form) {
    return this.ask(address, { form: { csrf: await this.csrf(), ...form } });
  }
}

export const invited = async (login, ...options) => {
  const link = assay('user', 'add', login, ...options).match(/token=([0-9a-f]{64})/)[1];
  const c = new Client();
  assert.equal((await c.ask('/sign-in', { form: { token: link } })).location, '/settings/sign-in?why=welcome');
  return c;
};
export const lines = (html) => html.match(/<pre class="code"[^>]*><code>([^<]*)/)[1].trim().split('\n');

// Somebody with an account, a password and one-time codes (unless `codes` is false), signed in just now: their page. `name` is what they are called,
// `person` the id of their record; `until` their last day; other options are those of open().
export async function newcomer(login, roles, { name = login, person, codes = true, until, ...options } = {}) {
  const link = assay('user', 'add', login, '--roles', roles, '--name', name, ...(person ? ['--person', person] : []), ...(until ? ['--until', until] : [])).match(/http\S+token=[0-9a-f]{64}/)[0];
  const page = await open({ signIn: false, ...options });
  await page.goto(link.replace(/^http:..[^/]+/, url));
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForURL(/settings\/sign-in/);
  await page.getByLabel('New password').fill('correct horse battery staple');
  await page.getByLabel('Once more').fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.waitForLoadState();
  if (!codes) return page;
  await page.getByRole('button', { name: 'Add one-time codes' }).click();
  const seed = await page.locator('input[name="seed"]').getAttribute('value');
  await page.locator('input[name="code"]').fill(totp(seed));
  await page.locator('main form:has(input[name="seed"]) button').click();
  await page.waitForLoadState();
  return page;
}

// Somebody with a record and an account: {id of the record, page}.
export async function person(login, name, roles, { kind = 'employee', ...more } = {}) {
  const { id } = await admin('POST', '/records/person', { values: { name, kind, email: `${login}@example.org` } });
  return { id, page: await newcomer(login, roles, { name, person: id, ...more }) };
}

// Confirms who one is, where a page asks.
export async function confirmed(page) {
  await page.waitForLoadState();
  if (!(await page.locator('input[name="step_password"]').count())) return;
  await page.locator('input[name="step_password"]').fill('correct horse battery staple');
  await page.locator('main form:has(input[name="step_password"]) button').first().click();
  await page.waitForLoadState();
}

// Held against axe, and at two widths never wider than the window; where pictures are wanted, light and dark.
export async function looked(page, name) {
  await axeOn(page, name);
  for (const [width, theme] of [[1440, 'light'], [360, 'light'], [1440, 'dark'], [360, 'dark']].slice(0, shots ? 4 : 2)) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await picture(page, `${name}-${width}-${theme}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name} is wider than ${width} px`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
}

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// The rules that another theme can break.
export const colours = ['color-contrast', 'link-in-text-block'];
// Nothing that axe finds wrong by these tags or rules.
export const axeOn = async (page, kind, by = standards) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), by);
  assert.deepEqual(violations.map((v) => `${kind}: ${v.id}: ${v.help}: ` + v.nodes.slice(0, 5).map((n) => `${n.html} ${n.failureSummary}`).join(' | ')), []);
};
