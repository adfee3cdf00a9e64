// Requests as two sides live with them: the list made in one click, an answer from what is there, back and forth, the firm's workbook out and in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assay, axeOn, newcomer } from './client.mjs';
import { end, launch, open, picture, url } from './site.mjs';

const token = (login, scope) => ({ authorization: 'Bearer ' + assay('token', 'add', login, '--label', 'test', '--scope', scope).trim() });
const ask = async (headers, method, address, body) => {
  const answer = await fetch(url + address, { method, headers: { ...headers, ...(body && !(body instanceof FormData) && { 'content-type': typeof body === 'string' ? 'text/csv' : 'application/json' }) }, body: body && (typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body)) });
  const text = await answer.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* a file */ }
  return { status: answer.status, text, json };
};
const make = async (headers, type, values) => {
  const { status, json, text } = await ask(headers, 'POST', '/api/v1/records/' + type, { values });
  assert.equal(status, 201, type + ': ' + text);
  return json;
};

let lead, auditor, mine, auditorPage;

before(async () => {
  await launch();
  assay('user', 'add', 'lea', '--roles', 'compliance_lead');
  lead = token('lea', 'own_page,read,records,audit,export');
  const audrey = await make(lead, 'person', { name: 'Audrey Auditor', email: 'audrey@firm.example', kind: 'auditor' });
  const olga = await make(lead, 'person', { name: 'Olga Owner', email: 'olga@example.org', kind: 'employee' });
  mine = await make(lead, 'engagement', { title: 'SOC 2 Type 2', kind: 'type2', window_from: '2026-01-01', window_to: '2026-12-31', categories: ['security'], firm: 'Reed', auditors: [audrey.id], owner: olga.id });
  await make(lead, 'risk', { title: 'Accounts are taken over', category: 'access' });
  assay('user', 'add', 'audrey', '--roles', 'auditor', '--until', '2099-01-01', '--person', audrey.id);
  auditor = token('audrey', 'own_page,examine');
});
after(end);

const rows = async (who, query = 'show=all') => (await ask(who, 'GET', `/api/v1/audit/${mine.id}/requests?${query}`)).json;

describe('the list', () => {
  it('is made in one click, once, with owners and days', async () => {
    const page = await open();
    await page.goto(`${url}/audit/${mine.id}/requests`);
    await axeOn(page, 'requests before');
    await page.getByRole('button', { name: 'Make the list' }).click();
    await page.waitForURL(/done=requests/);
    const all = await rows(lead);
    assert.ok(all.counts.all > 60 && all.counts.all < 119, String(all.counts.all));
    assert.equal(all.missing, 0);
    assert.ok(all.rows.every((r) => r.owner && /^\d{4}-\d\d-\d\d$/.test(r.due) && r.template.startsWith('PBC-')));
    assert.equal((await ask(lead, 'POST', `/api/v1/audit/${mine.id}/requests`, {})).json.made, 0, 'again: nothing');
    await axeOn(page, 'requests');
    await picture(page, 'audit-requests');
    await page.setViewportSize({ width: 360, height: 800 });
    await picture(page, 'audit-requests-360');
    await page.finish();
  });

  it('is answered from what is there, by one who looks at it first', async () => {
    const register = (await rows(lead, 'show=all&q=PBC-033')).rows[0];
    const page = await open();
    await page.goto(url + register.url);
    assert.ok(await page.getByRole('checkbox', { name: /Risks/ }).isChecked(), 'the register is proposed');
    await axeOn(page, 'request');
    await picture(page, 'audit-request');
    assert.equal((await ask(auditor, 'GET', '/api/v1' + register.url)).json.files.length, 0, 'nothing goes by itself');
    await page.getByRole('button', { name: 'Hand in what is ticked' }).click();
    await page.waitForURL(/done=submitted/);
    await page.finish();
    const seen = (await ask(auditor, 'GET', '/api/v1' + register.url)).json;
    assert.equal(seen.request.state.id, 'submitted');
    const file = await ask(auditor, 'GET', '/api/v1' + seen.files[0].url);
    assert.match(file.text, /Accounts are taken over/);
  });

  it('goes back and forth, and a population that is taken asks for its sample', async () => {
    const population = (await rows(lead, 'show=all&q=PBC-024')).rows[0], at = '/api/v1' + population.url;
    const form = new FormData();
    form.append('file', new Blob(['person,from,to\r\nann,sales,ops\r\n']), 'transfers.csv');
    assert.equal((await ask(lead, 'POST', at + '/files', form)).status, 201);
    assert.equal((await ask(lead, 'POST', at + '/submit', { answer: 'All transfers.' })).status, 200);
    assert.equal((await ask(auditor, 'POST', at + '/return', { why: 'No query is given.' })).json.request.sent_back, 1);
    assert.equal((await ask(lead, 'POST', at + '/submit', { answer: 'All transfers: select * from moves.' })).status, 200);
    assert.equal((await ask(auditor, 'POST', at + '/return', { why: 'Of which system?' })).json.request.sent_back, 2);
    assert.equal((await ask(lead, 'POST', at + '/submit', { answer: 'HR: select * from moves.' })).status, 200);
    const done = (await ask(auditor, 'POST', at + '/accept', {})).json;
    assert.equal(done.request.state.id, 'accepted');
    assert.deepEqual(done.rounds.map((r) => r.act_words), ['Handed in', 'Sent back', 'Handed in', 'Sent back', 'Handed in', 'Accepted']);
    const after = (await ask(auditor, 'GET', at)).json;
    assert.equal(after.followed_by.length, 1);
    const sample = (await ask(auditor, 'GET', '/api/v1' + after.followed_by[0].url)).json;
    assert.equal(sample.request.kind, 'sample');
    assert.equal(sample.follows.id, population.id);
  });
});

describe('files of the firm', () => {
  it('go out as a workbook that others read, and come back as they were', async () => {
    const answer = await fetch(`${url}/audit/${mine.id}/requests.xlsx`, { headers: lead });
    assert.equal(answer.status, 200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.subarray(0, 2).toString(), 'PK');
    const form = new FormData();
    form.append('file', new Blob([bytes]), 'requests.xlsx');
    const back = await ask(lead, 'POST', `/api/v1/audit/${mine.id}/requests/import?dry_run=1`, form);
    assert.equal(back.status, 200, back.text);
    assert.deepEqual([back.json.problems, back.json.made, back.json.changed, back.json.unknown], [[], 0, 0, 0]);
    assert.ok(back.json.same > 60);
  });

  it('are tried first: every problem by row and column, nothing stored until all is right', async () => {
    const all = (await rows(auditor)).counts.all;
    const wrong = 'Ref,Description,Due date,Control\r\nR-1,Minutes,31.02.2026,GOV-02\r\nR-2,Logs,2026-12-01,NO-99\r\n';
    const refused = await ask(auditor, 'POST', `/api/v1/audit/${mine.id}/requests/import`, wrong);
    assert.equal(refused.status, 422);
    assert.deepEqual(refused.json.errors.map((e) => e.field), ['row 2, Due date', 'row 3, Control']);
    assert.equal((await rows(auditor)).counts.all, all);
    const page = await open();
    await page.goto(`${url}/audit/${mine.id}/requests/import`);
    await axeOn(page, 'import');
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'requests-')), 'list.csv');
    fs.writeFileSync(file, 'Reed & Partners\r\nRef,Description,Due date,Control,Sampling lead\r\nR-1,Minutes of the board,30.11.2026,GOV-02,Ann\r\nR-2,Logs of the proxy,2026-12-01,LOG-01,\r\n');
    await page.getByLabel('The file').setInputFiles(file);
    await page.getByRole('button', { name: 'Show what would happen' }).click();
    await page.getByText('2 new, 0 changed, 0 as they are').waitFor();
    await axeOn(page, 'import shown');
    await picture(page, 'audit-import');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.waitForURL(/done=imported/);
    await page.finish();
    const made = (await rows(auditor, 'show=all&q=R-1')).rows.filter((r) => r.firm_id === 'R-1');
    assert.equal(made.length, 1);
    assert.match((await ask(auditor, 'GET', '/api/v1' + made[0].url)).json.details, /Sampling lead: Ann/);
  });

  it('that are hostile do no harm', async () => {
    for (const [name, bytes] of [['empty.xlsx', 'PK'], ['text.xlsx', 'PK\x03\x04 not a workbook'], ['old.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex')]]) {
      const form = new FormData();
      form.append('file', new Blob([bytes]), name);
      const answer = await ask(auditor, 'POST', `/api/v1/audit/${mine.id}/requests/import`, form);
      assert.ok([400, 415, 422, 501].includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
    }
  });
});

describe('the auditor, in a browser', () => {
  it('signs in to the engagement, sends back and takes, and sees no door to anything else', async () => {
    const person = (await ask(lead, 'GET', '/api/v1/records/person?q=Audrey')).json.rows[0];
    auditorPage = await newcomer('audra', 'auditor', { name: 'Audra', person: person.id, until: '2099-01-01' }).catch((e) => e);
    if (auditorPage instanceof Error) throw auditorPage;
    await auditorPage.goto(url + '/');
    await auditorPage.waitForURL(/\/audit$/);
    const register = (await rows(auditor, 'show=waiting&q=PBC-033')).rows[0];
    await auditorPage.goto(url + register.url);
    await auditorPage.getByLabel('Why').first().fill('Of the whole year, please.');
    await auditorPage.getByRole('button', { name: 'Send back' }).click();
    await auditorPage.waitForURL(/done=moved/);
    await auditorPage.getByLabel('Comment').fill('Thank you.');
    await auditorPage.getByRole('button', { name: 'Say it' }).click();
    await auditorPage.waitForURL(/done=said/);
    const rooms = await auditorPage.getByRole('navigation', { name: 'Rooms' }).getByRole('link').allInnerTexts();
    assert.ok(!rooms.join(' ').match(/Gaps|Risks|People|Controls|Overview/), rooms.join(', '));
    await axeOn(auditorPage, 'request of the auditor');
    await picture(auditorPage, 'audit-request-auditor');
    await auditorPage.finish();
  });
});
