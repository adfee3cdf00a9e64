// What an auditor takes home, opened as they do: from a folder, without a network, without scripts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, axeOn, confirmed, looked as lookedAt, newcomer } from './client.mjs';
import { admin, end, launch, picture, url } from './site.mjs';

let browser, folder, engagement;

before(async () => {
  browser = await launch();
  const { id: person } = await admin('POST', '/records/person', { values: { name: 'Lea Lead', kind: 'employee', email: 'lea@example.org' } });
  for (const control of ['AC-05', 'AC-06', 'CHG-02']) {
    await admin('POST', '/records/control', { id: control, values: { title: `Ours of ${control}`, owner: person, effective_from: '2025-01-01' } });
    const { etag } = await admin('GET', `/records/control/${control}`);
    await admin('POST', `/records/control/${control}/moves`, { transition: 'adopt' }, { 'if-match': etag ?? '"1"' });
  }
  const day = (days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
  engagement = (await admin('POST', '/records/engagement', { values: { title: 'Type 2 to take home', kind: 'type2', window_from: day(-60), window_to: day(120), categories: ['security'], firm: 'Reed & Partners' } })).id;
  await admin('POST', '/records/audit_request', { values: { title: 'Minutes', engagement, kind: 'document', controls: ['AC-05'] } });
  assay('audit', 'population', 'freeze', 'hires', '--engagement', engagement);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-bundle-'));
  assay('audit', 'bundle', engagement, '--output', path.join(folder, 'a.slb'));
  execFileSync('tar', ['xf', 'a.slb'], { cwd: folder });
});
after(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  await end();
});

async function looked(page, name) {
  await axeOn(page, name);
  for (const [width, theme] of [[1440, 'light'], [360, 'light'], [1440, 'dark'], [360, 'dark']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await picture(page, `bundle-${name}-${width}-${theme}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name} is wider than ${width} px`);
  }
  await axeOn(page, `${name}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('the pages open from a folder, lead from criterion to evidence, and nothing is wrong with them', async () => {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const asked = [];
  page.on('request', (r) => asked.push(r.url()));
  await page.goto(`file://${folder}/index.html`);
  await looked(page, 'index');
  await page.getByRole('link', { name: 'AC-06', exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: /^AC-06/ }).waitFor();
  await looked(page, 'control');
  await page.locator('#tests ~ .t a').first().click();
  await page.getByRole('heading', { level: 2, name: 'What it read: the newest captures' }).waitFor();
  await looked(page, 'test');
  assert.ok(await page.locator('a[href^="../blobs/"]').count(), 'a capture can be opened');
  await page.goto(`file://${folder}/pages/population-POP-0001.html`);
  await looked(page, 'population');
  await page.goto(`file://${folder}/pages/control.html`);
  await looked(page, 'records');
  assert.ok(await page.locator('a[href^="../audit/proofs/"]').count(), 'each record leads to its proof');
  assert.deepEqual(asked.filter((u) => !u.startsWith('file:')), [], 'nothing is fetched');
  await context.close();
});

test('without scripts it is the same', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
  const page = await context.newPage();
  await page.goto(`file://${folder}/index.html`);
  await page.getByRole('link', { name: 'CHG-02', exact: true }).first().click();
  assert.match(await page.innerText('h1'), /^CHG-02/);
  await context.close();
});

// What was fetched is what the ledger says was made, and holds up: by the small program, by ours, and performed again.
function holds(file, digest) {
  const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' });
  assert.equal(run('sha256sum', file).slice(0, 64), digest);
  if (process.env.ASSAY_VERIFY) assert.match(run(process.env.ASSAY_VERIFY, file), /^OK/);
  assert.match(run(process.env.ASSAY_PROGRAM, 'verify', file), /^OK/);
  assert.match(run(process.env.ASSAY_PROGRAM, 'reperform', file), /^no difference$/m);
}

test('a lead makes it on the page and fetches it; who did what is on record', async () => {
  const page = await newcomer('lena', 'compliance_lead', { name: 'Lena Lead', acceptDownloads: true });
  await page.goto(`${url}/audit/${engagement}/room`);
  await page.getByRole('link', { name: 'make it or fetch it' }).click();
  await page.getByText('None was made yet.').waitFor();
  await lookedAt(page, 'audit-bundle-empty');
  await page.getByRole('button', { name: 'Make one as of now' }).click();
  await page.waitForLoadState();
  await confirmed(page);
  await page.getByText('It is being made.').waitFor();
  const link = page.getByRole('link', { name: /[.]slb$/ }); // the page loads itself again
  await link.waitFor({ timeout: 90000 });
  await lookedAt(page, 'audit-bundle-made');
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), `${engagement}-BDL-0001.slb`);
  const file = path.join(folder, 'fetched.slb');
  await download.saveAs(file);
  const record = await admin('GET', '/records/audit_bundle/BDL-0001');
  assert.equal(record.state.id, 'made');
  assert.equal(record.values?.bytes ?? record.fields?.find((f) => f.id === 'bytes')?.value, fs.statSync(file).size);
  const { rows } = await admin('GET', `/audit/${engagement}/room/bundle`);
  assert.equal(rows[0].by.name, 'Lena Lead');
  holds(file, rows[0].digest);
  const log = await admin('GET', `/audit/${engagement}/room/log`);
  assert.ok(log.rows.some((r) => r.address.endsWith('/room/bundle/BDL-0001/file') && r.by.name === 'Lena Lead'), 'the download is on record');
});

test('an auditor of the engagement fetches it over the API; another one, an owner and a viewer do not', async () => {
  const { id: one } = await admin('POST', '/records/person', { values: { name: 'Audrey Auditor', kind: 'auditor', email: 'audrey@firm.example' } });
  const { id: two } = await admin('POST', '/records/person', { values: { name: 'Otto Other', kind: 'auditor', email: 'otto@other.example' } });
  const now = await admin('GET', `/records/engagement/${engagement}`);
  await admin('PATCH', `/records/engagement/${engagement}`, { version: now.version, values: { auditors: [one] } });
  const member = (login, roles, scope, ...more) => {
    assay('user', 'add', login, '--roles', roles, '--until', '2099-01-01', ...more);
    return { authorization: 'Bearer ' + assay('token', 'add', login, '--label', 'test', '--scope', scope).trim() };
  };
  const audrey = member('audrey', 'auditor', 'own_page,examine', '--person', one), otto = member('otto', 'auditor', 'own_page,examine', '--person', two);
  const owner = member('olaf', 'owner', 'own_page,read,records'), viewer = member('vera', 'viewer', 'own_page,read');
  const at = `${url}/api/v1/audit/${engagement}/room/bundle`;
  const status = async (headers, address, method = 'GET') => (await fetch(address, { method, headers })).status;
  assert.equal(await status(otto, at), 404);
  assert.equal(await status(otto, at, 'POST'), 404);
  assert.equal(await status(otto, at + '/BDL-0001/file'), 404);
  for (const who of [owner, viewer]) {
    assert.equal(await status(who, at, 'POST'), 403);
    assert.equal(await status(who, at + '/BDL-0001/file'), 403);
  }
  const asked = await fetch(at, { method: 'POST', headers: audrey });
  assert.equal(asked.status, 202, await asked.clone().text());
  const { id } = await asked.json();
  let row;
  for (let i = 0; i < 300 && row?.state.id !== 'made'; i++) {
    await new Promise((done) => setTimeout(done, 300));
    row = (await (await fetch(at, { headers: audrey })).json()).rows.find((r) => r.id === id);
    assert.notEqual(row.state.id, 'failed', row.problem);
  }
  const answer = await fetch(`${at}/${id}/file`, { headers: audrey });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-length'), String(row.bytes));
  assert.match(answer.headers.get('content-disposition'), /^attachment; filename="ENG-\d+-BDL-\d+[.]slb"$/);
  const file = path.join(folder, 'audrey.slb');
  fs.writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  holds(file, row.digest);
  const log = await (await fetch(`${url}/api/v1/audit/${engagement}/room/log`, { headers: audrey })).json();
  assert.ok(log.rows.some((r) => r.address.endsWith(`/room/bundle/${id}/file`) && r.side === 'auditor'), 'the fetch is on record');
  assert.equal(await status(audrey, `${at}/BDL-9999/file`), 404);
  assert.equal(await status(audrey, `${at}/..%2f..%2fconfig.json/file`), 400);
});
