// Reports: what is missing is said beside the draft, words that break the rules stop every file, and all four files come from one tree.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { looked as lookedAt, newcomer } from './client.mjs';
import { admin, end, launch, open, url } from './site.mjs';

let page, engagement;

const looked = (name) => lookedAt(page, `reports-${name}`);
const make = async (type, values, id) => admin('POST', `/records/${type}`, { ...(id && { id }), values });
const file = async (format) => page.context().request.get(`${url}/audit/${engagement}/reports/type2/file?format=${format}`);

before(async () => {
  await launch();
  const ann = await make('person', { name: 'Ann Field', email: 'ann@example.org', kind: 'employee', department: 'Engineering' });
  await make('organisation', { name: 'Example Freight Ltd', what: 'Plans routes for carriers.', archetype: 'saas', data_flows: 'Orders come in over the API.', sponsor: ann.id });
  await make('service', { name: 'Route planner', what: 'Plans routes.', is_in: true });
  await make('system', { name: 'Orders', kind: 'database', owner: ann.id, data_class: 'confidential', is_in: true });
  await make('commitment', { title: 'Up', text: '99.9 percent of each month', category: 'availability', source: 'sla', requirements: 'Two zones', is_principal: true });
  await make('subservice', { name: 'Cloud One', what: 'Runs servers', method: 'carve_out', rationale: 'It has its own report', controls_assumed: '- Entry is limited' });
  await make('user_control', { title: 'Leavers', text: 'Take away accounts of leavers', criteria: ['CC6.2'] });
  for (const id of ['GOV-01', 'AC-05']) {
    const one = await make('control', { title: id, owner: ann.id }, id);
    await admin('POST', `/records/control/${id}/moves`, { transition: 'adopt' }, { 'if-match': one.etag });
  }
  const day = (by) => new Date(Date.now() + by * 86400000).toISOString().slice(0, 10);
  engagement = (await make('engagement', { title: 'SOC 2 Type 2', kind: 'type2', window_from: day(-200), window_to: day(-10), categories: ['security'], firm: 'Reed & Partners LLP' })).id;
  page = await newcomer('rhea', 'compliance_lead', { name: 'Rhea Reports' });
});
after(end);

test('the draft of an engagement stands part by part, with what is missing and where to mend it', async () => {
  await page.goto(url + '/reports');
  await page.getByRole('link', { name: 'Statement of applicability' }).waitFor();
  await looked('list');
  await page.goto(`${url}/audit/${engagement}/reports`);
  assert.equal(await page.getByRole('link', { name: 'SOC 2 Type 1, draft' }).count(), 0);
  await page.getByRole('link', { name: 'SOC 2 Type 2, draft' }).click();
  assert.match(await page.locator('#checks + table').textContent(), /no control of yours watches it/);
  assert.match(await page.locator('.paper').textContent(), /belongs to Reed & Partners LLP/);
  await page.getByRole('link', { name: /^III/ }).click();
  await page.getByRole('heading', { name: 'DC 7' }).waitFor();
  await looked('type2');
  await page.getByRole('link', { name: 'SUB-0001 Cloud One' }).first().click();
  assert.match(page.url(), /\/records\/subservice\/SUB-0001/);
});

test('a section that somebody writes takes the place of the draft', async () => {
  await page.goto(`${url}/audit/${engagement}/reports/type2?part=2`);
  assert.equal(await page.locator('.paper .todo').count() > 0, true);
  const { window_from: from, window_to: to } = (await admin('GET', `/records/engagement/${engagement}`)).values;
  await make('report_section', { title: 'Assertion', engagement, part: 'assertion', text: `We state, for ${from} to ${to}, that it is so.` });
  await page.reload();
  assert.equal(await page.locator('.paper .todo').count(), 0);
  assert.match(await page.locator('.paper').textContent(), /that it is so/);
});

test('each file says the same, and none is made while a word breaks the rules', async () => {
  for (const [format, magic] of [['pdf', '%PDF-1.'], ['xlsx', 'PK'], ['html', '<!doctype html>'], ['json', '{']]) {
    const answer = await file(format);
    assert.equal(answer.status(), 200, format);
    const body = await answer.body();
    assert.ok(body.subarray(0, 16).toString('latin1').startsWith(magic), format);
    assert.match(answer.headers()['content-disposition'], new RegExp(`attachment; filename="type2-.*\\.${format}"`));
    if (format === 'html') assert.ok(!/<script|src=/.test(body.toString()) && body.toString().includes('Route planner'));
  }
  const service = (await admin('GET', '/records/service?q=planner')).rows[0];
  await admin('PATCH', `/records/service/${service.id}`, { values: { what: ['We are SOC 2', 'certified.'].join(' ') } }, { 'if-match': service.etag });
  await page.goto(`${url}/audit/${engagement}/reports/type2`);
  await page.locator('.banner.stale').waitFor();
  assert.match(await page.locator('#checks + table tbody tr').first().textContent(), /Route planner/);
  assert.equal(await page.getByRole('link', { name: 'PDF' }).count(), 0);
  await looked('refused');
  assert.equal((await file('pdf')).status(), 409);
  assert.equal((await file('json')).status(), 200);
});

test('somebody else’s engagement and unknown kinds are not found', async () => {
  assert.equal((await page.context().request.get(`${url}/audit/ENG-9999/reports/type2`)).status(), 404);
  assert.equal((await page.context().request.get(`${url}/reports/nonsense`)).status(), 404);
  const employee = await newcomer('emil', 'employee', { name: 'Emil Employee' });
  assert.equal((await employee.context().request.get(`${url}/reports/readiness`)).status(), 403);
});
