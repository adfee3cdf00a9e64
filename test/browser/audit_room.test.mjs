// The audit room: what an auditor sees and nothing else, the same bytes for the lead who looks as the auditor, every read on record, neither side in the other's words.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { axeOn } from './client.mjs';
import { end, launch, open, picture, url } from './site.mjs';

const member = (login, roles, scope, ...more) => {
  assay('user', 'add', login, '--roles', roles, '--until', '2099-01-01', ...more);
  return { authorization: 'Bearer ' + assay('token', 'add', login, '--label', 'test', '--scope', scope).trim() };
};
const ask = async (headers, method, address, body) => {
  const answer = await fetch(url + address, { method, headers: { ...headers, ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body), redirect: 'manual' });
  const text = await answer.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* not JSON */ }
  return { status: answer.status, text, json };
};
const make = async (headers, type, values) => {
  const { status, json, text } = await ask(headers, 'POST', '/api/v1/records/' + type, { values });
  assert.equal(status, 201, type + ': ' + text);
  return json;
};
const move = async (headers, type, id, transition, why, values) => {
  const now = (await ask(headers, 'GET', `/api/v1/records/${type}/${id}`)).json;
  return ask(headers, 'POST', `/api/v1/records/${type}/${id}/moves`, { transition, version: now?.version ?? 1, why, values });
};

let lead, second, auditor, stranger, mine, other, people = {};

before(async () => {
  await launch();
  lead = member('lea', 'compliance_lead', 'own_page,read,records,audit,export');
  second = member('leo', 'compliance_lead', 'own_page,read,records,audit');
  people.audrey = await make(lead, 'person', { name: 'Audrey Auditor', email: 'audrey@firm.example', kind: 'auditor' });
  people.otto = await make(lead, 'person', { name: 'Otto Other', email: 'otto@other.example', kind: 'auditor' });
  people.olga = await make(lead, 'person', { name: 'Olga Owner', email: 'olga@example.org', kind: 'employee' });
  auditor = member('audrey', 'auditor', 'own_page,examine', '--person', people.audrey.id);
  stranger = member('otto', 'auditor', 'own_page,examine', '--person', people.otto.id);
  mine = await make(lead, 'engagement', { title: 'SOC 2 Type 2', kind: 'type2', window_from: '2026-01-01', window_to: '2026-12-31', categories: ['security'], firm: 'Reed', auditors: [people.audrey.id], owner: people.olga.id });
  other = await make(lead, 'engagement', { title: 'Another examination', kind: 'type2', window_from: '2027-01-01', window_to: '2027-12-31', categories: ['security'], firm: 'Other', auditors: [people.otto.id] });
});
after(end);

describe('what an auditor sees', () => {
  it('is the engagement that names them, and no other', async () => {
    assert.equal((await ask(auditor, 'GET', '/api/v1/audit/' + mine.id)).status, 200);
    for (const address of ['/api/v1/audit/' + other.id, `/audit/${other.id}/requests`, `/api/v1/audit/${other.id}/room/log`, '/api/v1/records/engagement/' + other.id, '/records/engagement/' + other.id])
      assert.equal((await ask(auditor, 'GET', address)).status, 404, address);
    const list = (await ask(auditor, 'GET', '/api/v1/audit')).json.rows;
    assert.deepEqual(list.map((r) => r.id), [mine.id]);
    assert.deepEqual((await ask(auditor, 'GET', '/api/v1/records/engagement')).json.rows.map((r) => r.id), [mine.id]);
  });

  it('is none of the rest of the organisation', async () => {
    const gap = await make(lead, 'gap', { title: 'No one reviews access', kind: 'operation' });
    const risk = await make(lead, 'risk', { title: 'Secret plans leak', category: 'access' });
    const check = (await ask(lead, 'POST', '/api/v1/records/background_check', { values: { person: people.olga.id } })).json;
    const draft = await make(lead, 'policy_version', { policy: 'POL-01', number: 1, title: 'Draft of a policy', text: 'Not yet.' }).catch(() => null);
    for (const address of ['/', '/controls', '/gaps', '/risks', '/people', '/evidence', '/settings', '/settings/users', '/api/v1/users', '/api/v1/overview', '/api/v1/gaps', '/concerns', '/documents', '/search?q=secret',
      '/api/v1/search-index', '/parameters', '/tests', '/policies', '/access', '/training', '/assets', '/stakeholders', '/handbook/none/document/1', '/api/v1/activity', '/calendar', '/tasks'])
      assert.ok(![200].includes((await ask(auditor, 'GET', address)).status) || /^\/search|search-index/.test(address), address);
    for (const [type, id] of [['gap', gap.id], ['risk', risk.id], ['background_check', check?.id ?? 'none'], ['person', people.olga.id], ['policy_version', draft?.id ?? 'none'], ['concern', 'none'], ['auditor_candidate', 'none']]) {
      assert.notEqual((await ask(auditor, 'GET', `/api/v1/records/${type}/${id}`)).status, 200, type);
      assert.notEqual((await ask(auditor, 'GET', `/records/${type}/${id}`)).status, 200, type);
      const list = await ask(auditor, 'GET', '/api/v1/records/' + type);
      assert.ok(list.status !== 200 || list.json.rows.length === 0, type);
    }
    for (const word of ['Secret', 'reviews', 'Draft', 'Olga']) {
      const found = await ask(auditor, 'GET', '/search?q=' + word);
      assert.ok(!found.text.includes('Secret plans') && !found.text.includes('No one reviews') && !found.text.includes('Draft of a policy'), word);
      assert.ok(!(await ask(auditor, 'GET', '/api/v1/search-index')).text.includes('Secret plans'));
    }
  });

  it('is evidence once it is handed in, and not before', async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ title: 'Review of access', period_from: '2026-01-01', period_to: '2026-03-31', controls: 'AC-05' })) form.append(name, value);
    form.append('file', new Blob(['account,kept\r\nann,yes\r\n']), 'review.csv');
    const evidence = await (await fetch(url + '/api/v1/evidence', { method: 'POST', headers: lead, body: form })).json();
    const request = await make(lead, 'audit_request', { title: 'Reviews of access', engagement: mine.id, kind: 'document', controls: ['AC-05'], owner: people.olga.id });
    assert.equal((await ask(auditor, 'GET', '/api/v1/records/evidence/' + evidence.id)).status, 404);
    const at = `/api/v1/audit/${mine.id}/requests/${request.id}`;
    assert.equal((await move(second, 'evidence', evidence.id, 'accept')).status, 200);
    const before = (await ask(lead, 'GET', at)).json;
    assert.deepEqual(before.suggestions.map((s) => [s.kind, s.id]).filter(([k]) => k === 'evidence'), [['evidence', evidence.id]]);
    assert.equal((await ask(auditor, 'GET', at)).json.suggestions.length, 0, 'what might be given is not given');
    assert.equal((await ask(auditor, 'POST', at + '/submit', { answer: 'I answer myself' })).status, 403);
    const done = await ask(lead, 'POST', at + '/submit', { evidence: [evidence.id], answer: 'The review of the first quarter.' });
    assert.equal(done.status, 200, done.text);
    const seen = (await ask(auditor, 'GET', at)).json;
    assert.equal(seen.request.state.id, 'submitted');
    assert.equal(seen.evidence[0].title, 'Review of access');
    assert.equal((await ask(auditor, 'GET', '/api/v1' + seen.evidence[0].url)).status, 200);
    const file = await ask(auditor, 'GET', '/api/v1' + seen.evidence[0].files[0].url);
    assert.match(file.text, /ann,yes/);
    assert.equal((await ask(stranger, 'GET', '/api/v1' + seen.evidence[0].url)).status, 404);
    assert.equal((await ask(lead, 'POST', at + '/accept', {})).status, 403, 'the organisation does not accept its own answer');
    const back = await ask(auditor, 'POST', at + '/return', { why: 'The second quarter is missing' });
    assert.equal(back.status, 200, back.text);
    assert.equal(back.json.request.sent_back, 1);
    assert.equal((await ask(auditor, 'POST', at + '/return', {})).status, 409, 'it has been sent back already');
    assert.equal((await ask(auditor, 'POST', at + '/comments', { text: 'Until Friday, please.\nThank you.' })).status, 201);
    assert.equal((await ask(lead, 'POST', at + '/comments', { text: 'You will have it.' })).status, 201);
    const said = (await ask(auditor, 'GET', at)).json.comments_list;
    assert.deepEqual(said.map((c) => [c.side, c.by.name, c.text]), [['auditor', 'audrey', 'Until Friday, please.\nThank you.'], ['management', 'lea', 'You will have it.']].map((r, i) => [r[0], said[i].by.name, r[2]]));
    assert.equal((await ask(lead, 'PATCH', '/api/v1/records/audit_comment/' + said[0].id, { values: { text: 'Never' }, version: 1 })).status, 403);
    assert.equal((await ask(auditor, 'PATCH', '/api/v1/records/audit_comment/' + said[1].id, { values: { text: 'Never' }, version: 1 })).status, 403);
  });
});

describe('the lead who looks as the auditor', () => {
  it('gets the same bytes, page by page', async () => {
    const request = (await ask(auditor, 'GET', `/api/v1/audit/${mine.id}/requests?show=all`)).json.rows[0];
    await new Promise((r) => setTimeout(r, 3000));
    const pages = ['', '/requests', '/requests?show=all', '/requests?show=done', `/requests/${request.id}`, '/room', '/room/log', '/populations', '/samples', '/sheets', '/exceptions'];
    for (const page of pages) {
      const address = `/api/v1/audit/${mine.id}${page}`, at = 'at=' + encodeURIComponent(new Date(Date.now() - 1500).toISOString().replace(/\.\d+/, ''));
      const own = await ask(auditor, 'GET', address + (page.includes('?') ? '&' : '?') + at);
      const shown = await ask(lead, 'GET', address + (page.includes('?') ? '&' : '?') + at + '&as=auditor');
      assert.equal(shown.status, own.status, page);
      if (own.status === 200) assert.equal(shown.text.replace(/"ago":"[^"]*"/g, ''), own.text.replace(/"ago":"[^"]*"/g, ''), page);
    }
    for (const type of ['audit_request', 'evidence', 'control', 'policy_version', 'gap', 'risk', 'person', 'engagement']) {
      const own = await ask(auditor, 'GET', '/api/v1/records/' + type), shown = await ask(lead, 'GET', `/api/v1/records/${type}?as=auditor&of=${mine.id}`);
      assert.equal(shown.status, own.status, type);
      if (own.status === 200) assert.deepEqual(shown.json.rows, own.json.rows, type);
    }
  });

  it('may only look, and nobody else may', async () => {
    assert.equal((await ask(lead, 'GET', '/gaps?as=auditor')).status, 403, 'what an auditor may not ask for is not shown either');
    assert.equal((await ask(lead, 'POST', `/api/v1/audit/${mine.id}/requests?as=auditor`, {})).status, 400);
    const viewer = member('vic', 'viewer', 'own_page,read');
    assert.equal((await ask(viewer, 'GET', `/api/v1/audit/${mine.id}/requests?as=auditor`)).status, 403);
    assert.equal((await ask(auditor, 'GET', `/api/v1/audit/${other.id}/requests?as=auditor&of=${mine.id}`)).status, 404);
  });
});

describe('what was read', () => {
  it('stands in the ledger and is shown to both sides', async () => {
    await ask(auditor, 'GET', `/audit/${mine.id}/requests?show=late`);
    for (const who of [lead, auditor]) {
      const log = (await ask(who, 'GET', `/api/v1/audit/${mine.id}/room/log`)).json;
      const row = log.rows.find((r) => r.address === `/audit/${mine.id}/requests?show=late`);
      assert.ok(row && row.leaf > 0 && row.side === 'auditor', JSON.stringify(log.rows.slice(0, 3)));
    }
    const rows = (await ask(lead, 'GET', `/api/v1/audit/${mine.id}/room/log`)).json.rows;
    assert.ok(rows.some((r) => r.address.startsWith('/api/v1/records/evidence/')), 'files and records, too');
    assert.ok(!rows.some((r) => r.address.includes(other.id) && r.side === 'auditor'), 'what was refused was not read');
  });
});

describe('accounts', () => {
  it('of auditors stand alone and end', () => {
    assert.throws(() => assay('user', 'add', 'both', '--roles', 'auditor,compliance_lead', '--until', '2099-01-01'), /stands alone/);
    assert.throws(() => assay('user', 'add', 'ever', '--roles', 'auditor'), /last day/);
  });

  it('that are over see nothing', async () => {
    const gone = member('gone', 'auditor', 'own_page,examine', '--person', people.audrey.id);
    assert.equal((await ask(gone, 'GET', '/api/v1/audit')).status, 200);
    assay('user', 'roles', 'gone', 'auditor', '--until', '2026-01-31');
    let status = 200;
    for (let i = 0; i < 30 && status === 200; i++) {
      await new Promise((r) => setTimeout(r, 100));
      status = (await ask(gone, 'GET', '/api/v1/audit/' + mine.id)).status;
    }
    assert.notEqual(status, 200);
  });
});

describe('the pages', () => {
  it('are held against axe and photographed', async () => {
    const page = await open();
    for (const [name, address] of [['audit-room', '/room'], ['audit-room-as', '/room?as=auditor'], ['audit-log', '/room/log']]) {
      await page.goto(`${url}/audit/${mine.id}${address}`);
      await axeOn(page, name);
      await picture(page, `${name}`);
    }
    await page.finish();
  });
});
