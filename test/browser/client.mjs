// A client without a browser, and the other side of one-time codes: for tests of accounts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { url } from './site.mjs';

export const assay = (...args) => execFileSync(process.env.ASSAY_PROGRAM, ['--data', process.env.ASSAY_DATA_DIR, ...args], { encoding: 'utf8' });

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

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// Nothing that axe finds wrong.
export const axeOn = async (page, kind) => {
  await page.addScriptTag({ content: axe });
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((v) => `${kind}: ${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`), []);
};
