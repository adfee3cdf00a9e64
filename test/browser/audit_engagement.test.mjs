// An engagement from the choice of a firm to the window that follows: the wizard warns, planning ends with the approved scope, late requests move the report,
// the report comes in, its exceptions become actions, and no day is left out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assay, confirmed as confirmedOn, looked as lookedAt, newcomer } from './client.mjs';
import { admin as api, end, launch, url } from './site.mjs';

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const year = new Date().getUTCFullYear();
let ann, auditor, page, engagement;

const confirmed = () => confirmedOn(page);
async function looked(name) {
  assert.ok((await page.content()).length < 90_000, `${name} is long`);
  await lookedAt(page, `audit-${name}`);
}

before(async () => {
  await launch();
  ann = (await api('POST', '/records/person', { values: { name: 'Ann Lead', kind: 'employee', email: 'ann@audit.example' } })).id;
  page = await newcomer('ann', 'compliance_lead', { name: 'Ann Lead', person: ann });
  auditor = (await api('POST', '/records/person', { values: { name: 'Rae Reed', kind: 'auditor', email: 'rae@reed.example' } })).id;
});
after(end);

test('an empty room teaches the two types, and firms are compared before one is chosen', async () => {
  await page.goto(url + '/audit');
  await page.getByText('No engagement yet').waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Type 1: as of a day' }).count(), 1);
  assert.ok(await page.getByText('10 weeks after its end').count());
  await looked('empty');
  const scored = { experience_score: 4, sector_score: 4, method_score: 4, people_score: 4 };
  await api('POST', '/records/auditor_candidate', { values: { name: 'Reed & Partners', licence: 'CPA-77, state board', peer_review: 'pass', is_independent: true, independence: 'No other services.', price_score: 2, weeks: 10, ...scored } });
  await api('POST', '/records/auditor_candidate', { values: { name: 'Tool & Audit Ltd', licence: 'CPA-12', peer_review: 'pass', is_independent: false, price_score: 5, ...scored } });
  await page.goto(url + '/audit/firms');
  const rows = await page.locator('table.list tbody tr th').allInnerTexts();
  assert.match(rows[0], /Tool & Audit/, 'the cheaper one scores higher');
  assert.ok(await page.getByRole('button', { name: 'Choose Tool & Audit Ltd' }).isDisabled(), 'and cannot be chosen: it is not independent');
  await looked('firms');
  await page.getByLabel('Why Reed & Partners').fill('Independent, and knows hosting.');
  await page.getByRole('button', { name: 'Choose Reed & Partners' }).click();
  await confirmed();
  await page.waitForURL(/audit\/firms/);
  assert.equal((await api('GET', '/audit/firms')).rows[0].name, 'Reed & Partners');
});

test('the wizard keeps what was typed, asks for a reason, and refuses what no reason mends', async () => {
  await page.goto(url + '/audit');
  await page.getByRole('link', { name: 'Open an engagement' }).click();
  assert.equal(await page.getByLabel('Audit firm').inputValue(), 'Reed & Partners');
  await page.getByLabel('Name').fill('SOC 2 Type 2, first window');
  await page.getByLabel('Type 2: window from').fill(`${year}-01-01`);
  await page.getByLabel('to', { exact: true }).fill(`${year}-02-28`);
  page.expectsErrors = true;
  await page.getByRole('button', { name: 'Open the engagement' }).click();
  await page.getByText('under three months').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'SOC 2 Type 2, first window');
  await page.getByLabel('to', { exact: true }).fill(`${year}-05-31`);
  await page.getByRole('button', { name: 'Open the engagement' }).click();
  await page.getByText('say why it is shorter').waitFor();
  await looked('wizard');
  await page.getByLabel('to', { exact: true }).fill(`${year}-12-31`);
  await page.getByLabel('Leads it on our side').selectOption(ann);
  await page.getByRole('button', { name: 'Open the engagement' }).click();
  await page.waitForURL(/\/audit\/ENG-\d+\?done=created/);
  page.expectsErrors = false;
  page.wrong.length = 0; // the browser tells of what was refused
  engagement = page.url().match(/ENG-\d+/)[0];
  const json = await api('GET', '/audit/' + engagement);
  assert.ok(json.milestones.length > 10);
  assert.equal(json.milestones.find((m) => m.template === 't2_next').planned, `${year + 1}-01-01`);
  assert.ok(await page.getByRole('button', { name: 'End the planning' }).isDisabled());
  assert.match(await page.locator('section', { has: page.locator('#next') }).innerText(), /an approved scope/);
});

test('planning ends with the scope that was approved; what changes since is shown', async () => {
  await api('POST', '/records/scope', { values: { name: 'Scope', boundary: 'All of it.', rationale: 'Customers ask.', owner: ann } });
  assay('record', 'move', 'scope', 'SCOPE-0001', 'submit');
  await page.goto(url + '/scope/version');
  await page.getByRole('button', { name: 'Approve this scope' }).click();
  await confirmed();
  await page.goto(`${url}/audit/${engagement}`);
  await page.getByRole('button', { name: 'End the planning' }).click();
  await confirmed();
  await page.waitForURL(/done=moved/);
  let json = await api('GET', '/audit/' + engagement);
  assert.ok(json.scope.is_taken && json.scope.is_same && /^[0-9a-f]{64}$/.test(json.scope.digest));
  assert.equal(json.scope.changes.length, 0);
  await api('POST', '/records/service', { values: { name: 'A service of later', what: 'Sold since.', owner: ann } });
  json = await api('GET', '/audit/' + engagement);
  assert.equal(json.scope.changes.length, 1);
  assert.ok(json.scope.is_same, 'what was held fast stays');
  await page.reload();
  await page.getByText('1 record of the scope changed since').waitFor();
});

test('a late request moves the report by its days, and says which one', async () => {
  await page.goto(`${url}/audit/${engagement}`);
  const ready = (await api('GET', '/audit/' + engagement)).milestones.find((m) => m.template === 't2_ready');
  await page.getByLabel('Reached', { exact: true }).selectOption(ready.id);
  await page.getByRole('button', { name: 'It was reached' }).click();
  await page.waitForURL(/done=moved/);
  const reached = (await api('GET', '/audit/' + engagement)).milestones;
  assert.equal(reached.find((m) => m.id === ready.id).actual, day(0));
  for (const m of reached.filter((x) => !x.actual && x.planned < day(0))) {
    const answer = await api('POST', `/records/milestone/${m.id}/moves`, { transition: 'reach', values: { actual_on: m.planned } }, { 'if-match': `"${m.version}"` });
    assert.equal(answer.id, m.id, JSON.stringify(answer));
  }
  const before = (await api('GET', '/audit/' + engagement)).issue;
  assert.equal(before.late_days, 0, 'all that is past was reached: ' + before.cause);
  const late = await api('POST', '/records/audit_request', { values: { title: 'List of joiners', engagement, kind: 'population', due_on: day(-9), owner: ann } });
  const now = await api('GET', '/audit/' + engagement);
  assert.ok(now.issue.forecast > before.forecast, `${now.issue.forecast} after ${before.forecast}`);
  const fieldwork = now.milestones.find((m) => m.template === 't2_fieldwork');
  assert.ok(fieldwork.late_days >= 9 && fieldwork.cause.includes(late.id), JSON.stringify(fieldwork));
  await api('POST', '/records/walkthrough', { values: { title: 'Visitors of the machine room', engagement, controls: ['PHY-01'], mode: 'remote', held_on: day(5) } });
  await page.reload();
  await page.getByText('A physical control wants eyes on the spot').waitFor();
  await looked('engagement');
  page.isClean();
});

test('exceptions become actions, the report comes in, and the next window leaves no day out', async () => {
  const rae = await newcomer('rae', 'auditor', { name: 'Rae Reed', person: auditor, until: day(300) });
  const now = await api('GET', '/records/engagement/' + engagement);
  await api('PATCH', '/records/engagement/' + engagement, { values: { auditors: [auditor] } }, { 'if-match': now.etag });
  await rae.goto(url + '/settings/sign-in');
  const make = (type, values) => rae.evaluate(async ([t, v]) => {
    const csrf = document.querySelector('input[name="csrf"]').value;
    const answer = await fetch('/api/v1/records/' + t, { method: 'POST', headers: { 'x-csrf-token': csrf, 'content-type': 'application/json' }, body: JSON.stringify({ values: v }) });
    return { status: answer.status, ...(await answer.json()) };
  }, [type, values]);
  const sheet = await make('test_sheet', { title: 'Leavers', engagement, control: 'AC-04', criteria: ['CC6.2'], method: ['inspection'], procedure: 'Compared.' });
  assert.equal(sheet.status, 201, JSON.stringify(sheet));
  const found = await make('audit_exception', { title: 'Accounts of leavers stayed', engagement, sheet: sheet.id, control: 'AC-04', items: 2, of_items: 25, expected: 'Gone within a day.', facts: 'Two stayed for a week.' });
  assert.equal(found.status, 201, JSON.stringify(found));
  await page.goto(`${url}/audit/${engagement}/after`);
  await page.getByLabel('Owner, where the response names none').selectOption(ann);
  await page.getByRole('button', { name: 'Make corrective actions' }).click();
  await page.waitForURL(/done=created/);
  const { exceptions } = await api('GET', `/audit/${engagement}/after`);
  assert.match(exceptions[0].action.id, /^GAP-/);
  const gap = await api('GET', '/records/gap/' + exceptions[0].action.id);
  assert.deepEqual([gap.values.audit_exception, gap.values.source, gap.values.controls], [found.id, 'auditor', ['AC-04']]);

  await page.goto(`${url}/audit/${engagement}`);
  await page.getByRole('button', { name: 'Begin fieldwork' }).click();
  await page.waitForURL(/done=moved/);
  await page.goto(`${url}/audit/${engagement}/after`);
  await page.getByLabel('The report (PDF)').setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n') });
  await page.getByLabel('Dated').fill(day(0));
  await page.getByLabel('On the description').selectOption('unqualified');
  await page.getByLabel('On design').selectOption('unqualified');
  await page.getByLabel('On operation').selectOption('qualified');
  await page.getByLabel('The opinion in its own words').fill('In our opinion, except for the removal of access.');
  await looked('intake');
  await page.getByRole('button', { name: 'Take in the report' }).click();
  await confirmed();
  await page.waitForURL(/done=moved/);
  const taken = await api('GET', `/audit/${engagement}/after`);
  assert.match(taken.report.digest, /^[0-9a-f]{64}$/);
  assert.equal(taken.report.opinions[2].status_words, 'Qualified');
  assert.equal(taken.engagement.state.id, 'closed');
  await looked('after');
  await page.getByRole('link', { name: 'Roll over' }).click();
  assert.equal(await page.getByLabel('Type 2: window from').inputValue(), `${year + 1}-01-01`);
  await page.getByRole('button', { name: 'Open the engagement' }).click();
  await page.waitForURL(/done=created/);
  const next = await api('GET', '/audit/' + page.url().match(/ENG-\d+/)[0]);
  assert.ok(next.before.id === engagement && next.before.adjoins);
  assert.equal(next.carried[0].id, found.id, 'what was found comes along');
  await page.goto(url + '/audit/trend');
  await looked('trend');
  await page.goto(url + '/');
  await page.getByRole('heading', { name: 'The examination' }).waitFor();
  page.isClean();
});
