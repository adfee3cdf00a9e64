// A document through its life: uploaded and found by the words in it, kept from those who may not read, approved by another, changed, shared, held, released,
// destroyed with a certificate. Then what hostile files do.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { admin, end, launch, open, picture, url } from './site.mjs';

const fixtures = path.join(import.meta.dirname, '../../src/inspect/fixtures');
const fixture = (name) => path.join(fixtures, name);
const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const tokens = {};
const people = {};

async function call(who, method, address, body, headers = {}) {
  const answer = await fetch(url + '/api/v1' + address, {
    method,
    headers: { authorization: 'Bearer ' + tokens[who], ...(body && !(body instanceof FormData) ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body instanceof FormData ? body : body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null, text };
}
const make = async (who, type, values) => {
  const r = await call(who, 'POST', '/records/' + type, { values });
  assert.equal(r.status, 201, r.text);
  return r.json;
};
const move = async (who, type, id, transition, why = 'so it is') => {
  const now = await call(who, 'GET', `/records/${type}/${id}`);
  return call(who, 'POST', `/records/${type}/${id}/moves`, { transition, why }, { 'if-match': now.json.etag });
};
async function bring(who, files, fields = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, bytes] of files) form.append('file', new Blob([bytes]), name);
  return call(who, 'POST', '/documents', form);
}
// Until the machine has looked at its newest file.
async function looked(id, who = 'one') {
  for (let i = 0; i < 150; i++) {
    const r = await call(who, 'GET', '/documents/' + id);
    assert.equal(r.status, 200, r.text);
    const last = r.json.document.versions.at(-1);
    if (last?.is_checked) return r.json;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`${id} was not looked at within 30 s`);
}
const list = async (who, q) => (await call(who, 'GET', '/documents?q=' + encodeURIComponent(q))).json.rows.map((r) => r.id);

before(async () => {
  await launch();
  for (const [name, roles, scope] of [['one', 'compliance_lead', 'read,records,export'], ['two', 'compliance_lead', 'read,records,export'], ['looker', 'viewer', 'read'], ['staff', 'employee', 'own_page']]) {
    people[name] = (await admin('POST', '/records/person', { values: { name: `Shown ${name}`, email: `${name}@example.org` } })).id;
    assay('user', 'add', name, '--roles', roles, '--person', people[name]);
    tokens[name] = assay('token', 'add', name, '--label', 'test', '--scope', scope).trim();
  }
});
after(end);

describe('documents', () => {
  const ids = {};

  it('are uploaded several at a time and found by the words in them', async () => {
    const page = await open();
    await page.goto(url + '/documents');
    await picture(page, 'documents-empty');
    await page.getByLabel('Files', { exact: true }).setInputFiles([fixture('minutes.pdf'), fixture('minutes.docx'), fixture('amounts.xlsx'), fixture('wide.pdf')]);
    await page.getByLabel('Owner').last().selectOption(people.one);
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.waitForURL(/done=created/);
    const rows = (await call('one', 'GET', '/documents')).json.rows;
    assert.equal(rows.length, 4);
    for (const r of rows) {
      const name = r.values.file[0].name;
      ids[name] = r.id;
      const one = await looked(r.id);
      assert.equal(one.document.versions[0].status, 'pass', JSON.stringify(one.document.versions[0].found));
    }
    for (const name of ['minutes.pdf', 'minutes.docx', 'wide.pdf']) {
      assert.ok((await list('one', 'Zebrafinch')).includes(ids[name]), name);
      assert.ok((await list('one', 'Ölfässer')).includes(ids[name]), name);
      assert.ok((await list('one', 'Ελληνικά')).includes(ids[name]), name);
    }
    assert.deepEqual(await list('one', 'Woodpecker'), [ids['amounts.xlsx']]);
    await page.goto(url + '/documents?q=Zebrafinch');
    await picture(page, 'documents');
    assert.equal(await page.locator('table.records tbody tr').count(), 3);
    await page.goto(url + '/search?q=Woodpecker');
    await page.getByRole('link', { name: /amounts/ }).first().waitFor();
    page.isClean();
    await page.finish();
  });

  it('are seen by those whom the folder lets', async () => {
    const closed = await make('one', 'folder', { name: 'Board', owner: people.one, access: 'own', readers: [people.two] });
    const below = await make('one', 'folder', { name: 'Minutes of the board', owner: people.one, parent: closed.id });
    const r = await bring('one', [['secret.txt', 'The kingfisher merger is off.']], { folder: below.id, classification: 'restricted' });
    assert.equal(r.status, 201, r.text);
    const id = r.json.records[0].id;
    const one = await looked(id);
    assert.deepEqual(await list('one', 'kingfisher'), [id]);
    assert.deepEqual(await list('two', 'kingfisher'), [id]);
    assert.deepEqual(await list('looker', 'kingfisher'), []);
    assert.equal((await call('two', 'GET', '/documents/' + id)).status, 200);
    const x = one.document.versions[0].x;
    for (const who of ['looker', 'staff'])
      for (const address of [`/documents/${id}`, `/records/document/${id}`, `/records/document/${id}/history`, `/documents/${id}/files/${x}`, `/records/document/${id}/files/${x}`, `/records/folder/${below.id}`])
        assert.equal((await call(who, 'GET', address)).status, 404, `${who} ${address}`);
    const all = await (await fetch(url + '/search?q=kingfisher', { headers: { authorization: 'Bearer ' + tokens.looker } })).text();
    assert.ok(!all.includes(id));
    const into = await bring('two', [['more.txt', 'more']], { folder: below.id });
    assert.equal(into.status, 422, into.text);
    assert.match(into.text, /put nothing into it/);
  });

  it('are approved by somebody else, and differ by version', async () => {
    const r = await bring('one', [['plan.txt', 'First line.\nSecond line.\nThird line.\n']], {});
    const id = (ids.plan = r.json.records[0].id);
    await looked(id);
    assert.equal((await move('one', 'document', id, 'submit')).status, 200);
    assert.equal((await move('one', 'document', id, 'approve')).status, 403);
    const approved = await move('two', 'document', id, 'approve');
    assert.equal(approved.status, 200, approved.text);
    assert.equal((await move('one', 'document', id, 'revise', 'the second line is wrong')).status, 200);
    const page = await open();
    await page.goto(`${url}/records/document/${id}/edit`);
    fs.writeFileSync(path.join(path.dirname(process.env.ASSAY_LOG), 'plan.txt'), 'First line.\nThe second line is right now.\nThird line.\n');
    await page.getByLabel('File', { exact: true }).setInputFiles(path.join(path.dirname(process.env.ASSAY_LOG), 'plan.txt'));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/done=changed/);
    const now = await looked(id);
    assert.equal(now.document.versions.length, 2);
    await page.goto(`${url}/documents/${id}?v=2&compare=1`);
    await page.getByText('What changed from version 1 to 2').waitFor();
    assert.equal(await page.locator('del').innerText(), 'Second line.');
    assert.equal(await page.locator('ins').innerText(), 'The second line is right now.');
    await picture(page, 'document-difference');
    assert.deepEqual(await list('one', 'right now'), [id]);
    page.isClean();
    await page.finish();
  });

  it('are evidence in one version', async () => {
    const page = await open();
    await page.goto(`${url}/documents/${ids.plan}`);
    await page.getByText('Make version 2 evidence').click();
    await page.getByLabel('About the time from').fill(day(-60));
    await page.getByLabel('to', { exact: true }).fill(day(-30));
    await page.getByRole('button', { name: 'Make it evidence' }).click();
    await page.waitForURL(/evidence\/EV-/);
    const ev = (await call('one', 'GET', '/records/evidence/' + page.url().match(/EV-\d+/)[0])).json;
    const versions = (await call('one', 'GET', '/documents/' + ids.plan)).json.document.versions;
    assert.equal(ev.values.document, ids.plan);
    assert.equal(ev.values.document_version, 2);
    assert.equal(ev.values.document_digest, versions[1].digest);
    page.isClean();
    await page.finish();
  });

  it('are shared by a link that is counted, and taken back', async () => {
    const page = await open();
    await page.goto(`${url}/documents/${ids['minutes.docx']}`);
    await picture(page, 'document');
    await page.getByText('Make a link').click();
    await page.getByLabel('For whom').fill('Example LLP');
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = (await page.locator('pre code').innerText()).trim();
    assert.match(link, /^\/s\/[0-9a-f]{64}$/);
    await picture(page, 'document-shared');
    const outside = await open({ signIn: false });
    await outside.goto(url + link);
    await outside.getByText('Zebrafinch agreement').waitFor();
    assert.equal(await outside.getByRole('link', { name: 'Download' }).count(), 0);
    await picture(outside, 'document-share');
    outside.isClean();
    assert.equal((await fetch(url + link + '/file')).status, 403);
    const headers = (await fetch(url + link)).headers;
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('referrer-policy'), 'same-origin');
    assert.equal((await fetch(url + '/s/' + '0'.repeat(64))).status, 404);
    const shares = (await call('one', 'GET', '/documents/' + ids['minutes.docx'])).json.document.shares;
    assert.equal(shares[0].views, 2);
    await page.goto(`${url}/documents/${ids['minutes.docx']}`);
    await page.getByRole('button', { name: /^Revoke/ }).click();
    await page.waitForURL(/share_link/);
    assert.equal((await fetch(url + link)).status, 404);
    await outside.finish();
    await page.finish();
  });

  it('go when their time is over, nobody holds them, and two people said so', async () => {
    const label = await make('one', 'retention_label', { name: 'Contracts', basis: 'Commercial code', owner: people.one, trigger: 'event', event: 'end of the contract', period: 10, unit: 'years', action: 'dispose' });
    assert.equal((await move('one', 'retention_label', label.id, 'enact')).status, 403);
    assert.equal((await move('two', 'retention_label', label.id, 'enact')).status, 200);
    const folder = await make('one', 'folder', { name: 'Contracts', owner: people.one, label: label.id });
    const r = await bring('one', [['old contract.txt', 'The bittern delivers reeds.'], ['running contract.txt', 'The heron delivers fish.']], { folder: folder.id });
    const [old, running] = r.json.records.map((x) => x.id);
    for (const [id, event] of [[old, day(-3700)], [running, day(-3600)]]) {
      const now = await looked(id);
      const set = await call('one', 'PATCH', '/records/document/' + id, { values: { event_on: event } }, { 'if-match': now.etag });
      assert.equal(set.status, 200, set.text);
    }
    const x = (await looked(old)).document.versions[0].x;
    const due = async () => (await call('one', 'GET', '/documents/disposition')).json;
    assert.deepEqual((await due()).due.map((d) => d.id), [old]);
    const hold = await make('one', 'legal_hold', { name: 'Reeds dispute', reason: 'A claim was filed.', words: 'bittern', custodian: people.one });
    assert.deepEqual((await due()).due, []);
    assert.match((await due()).stays[0].why, /held by HOLD-0001/);
    const early = await call('one', 'POST', '/documents/disposition', { document: old });
    assert.ok(early.status >= 400);
    const page = await open();
    await page.goto(`${url}/documents/${old}`);
    await page.getByText('On hold').waitFor();
    await picture(page, 'document-held');
    for (const name of ['holds', 'retention', 'disposition']) {
      await page.goto(`${url}/documents/${name}`);
      await picture(page, `documents-${name}`);
    }
    const leaf = (await call('one', 'GET', `/records/document/${old}/history`)).json.history.at(-1).leaf;
    assert.throws(() => assay('erase', String(leaf), '--basis', 'retention', '--reason', 'it is over'), /legal hold HOLD-0001/);
    assert.equal((await move('one', 'legal_hold', hold.id, 'release')).status, 403);
    const released = await move('two', 'legal_hold', hold.id, 'release');
    assert.equal(released.status, 200, released.text);
    assert.deepEqual((await due()).due.map((d) => d.id), [old]);
    await page.goto(`${url}/documents/disposition`);
    await page.getByRole('button', { name: 'Propose what is ticked' }).click();
    await page.waitForURL(/records\/disposition\/DSP-0001/);
    const approved = await move('two', 'disposition', 'DSP-0001', 'approve');
    assert.equal(approved.status, 200, approved.text);
    let state = '';
    for (let i = 0; i < 200 && state !== 'carried_out'; i++) {
      await new Promise((done) => setTimeout(done, 300));
      state = (await call('one', 'GET', '/records/disposition/DSP-0001')).json?.state?.id;
    }
    assert.equal(state, 'carried_out');
    const gone = (await call('one', 'GET', '/documents/' + old)).json;
    assert.equal(gone.state.id, 'disposed');
    assert.equal(gone.document.versions[0].is_erased, true);
    assert.ok((await call('one', 'GET', `/documents/${old}/files/${x}`)).status >= 400);
    assert.deepEqual(await list('one', 'bittern'), []);
    assert.deepEqual(await list('one', 'heron'), [running]);
    await page.goto(`${url}/dispositions/DSP-0001`);
    await page.getByText(old, { exact: true }).waitFor();
    await picture(page, 'documents-certificate');
    await page.goto(`${url}/documents/${old}`);
    await page.getByText('destroyed').first().waitFor();
    page.isClean();
    await page.finish();
  });

  it('of a hostile kind give one clear line', async () => {
    const zip = (name, bytes) => {
      const data = zlib.deflateRawSync(bytes, { level: 9 }), crc = zlib.crc32 ? zlib.crc32(bytes) : 0, n = Buffer.from(name);
      const local = Buffer.alloc(30), central = Buffer.alloc(46), last = Buffer.alloc(22);
      local.writeUInt32LE(0x04034b50, 0); local.writeUInt16LE(20, 4); local.writeUInt16LE(8, 8); local.writeUInt32LE(crc, 14); local.writeUInt32LE(data.length, 18); local.writeUInt32LE(bytes.length, 22); local.writeUInt16LE(n.length, 26);
      central.writeUInt32LE(0x02014b50, 0); central.writeUInt16LE(20, 6); central.writeUInt16LE(8, 10); central.writeUInt32LE(crc, 16); central.writeUInt32LE(data.length, 20); central.writeUInt32LE(bytes.length, 24); central.writeUInt16LE(n.length, 28);
      last.writeUInt32LE(0x06054b50, 0); last.writeUInt16LE(1, 8); last.writeUInt16LE(1, 10); last.writeUInt32LE(46 + n.length, 12); last.writeUInt32LE(30 + n.length + data.length, 16);
      return Buffer.concat([local, n, data, central, n, last]);
    };
    const pdf = fs.readFileSync(fixture('minutes.pdf'));
    const files = [
      ['bomb.docx', zip('word/document.xml', Buffer.alloc(64 << 20, 0x41)), /expand|bomb|within/i],
      ['cut.pdf', pdf.subarray(0, pdf.length >> 1), /cut off/],
      ['locked.pdf', Buffer.from(pdf.toString('latin1').replace('/Root', '/Encrypt 99 0 R/Root'), 'latin1'), /encrypted/],
      ['acts.pdf', Buffer.from(pdf.toString('latin1').replace('/Type/Catalog', '/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>'), 'latin1'), /acts/],
      ['broken.docx', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(200, 7)]), /./],
    ];
    for (const [name, bytes, words] of files) {
      const r = await bring('one', [[name, bytes]], {});
      assert.equal(r.status, 201, name + r.text);
      const one = await looked(r.json.records[0].id);
      const version = one.document.versions[0];
      assert.notEqual(version.status, 'pass', name);
      assert.ok(version.found.some((f) => words.test(f.why)), name + JSON.stringify(version.found));
      assert.ok(version.found.every((f) => !f.why.includes('\n')));
      assert.equal(version.is_inert, false, name);
    }
    for (const [name, bytes] of [['run.sh', '#!/bin/sh\nrm -rf /\n'], ['empty.txt', ''], ['x.exe', 'MZ\0\0']]) {
      const r = await bring('one', [[name, bytes]], {});
      assert.equal(r.status, 422, name + r.text);
      assert.match(r.text, /nothing was stored/);
    }
  });
});
