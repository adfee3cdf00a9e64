// What the browser tests share: one browser, one sign-in, and pages that fail the test on any console error or failed request.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

export const url = process.env.ASSAY_URL;
export const shots = process.env.ASSAY_SHOTS;
// A picture of the page, where they are wanted: under that name, of the whole page unless told otherwise.
export const picture = (page, name, options = { fullPage: true }) => shots && page.screenshot({ path: `${shots}/${name}.png`, ...options });
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// The shell without a window first: the whole browser, without a screen, at times stops drawing a page that it believes to be covered.
const shells = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

let browser = null;
let state = null;

export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? shells.find((one) => fs.existsSync(one)), headless: true, args });
  return browser;
}

export async function end() {
  await browser?.close();
}

// Signs in by the one-time link once; every other context takes over the cookie.
export async function signedIn() {
  if (state) return state;
  const file = path.join(path.dirname(process.env.ASSAY_LOG), 'state.json');
  if (fs.existsSync(file)) return (state = JSON.parse(fs.readFileSync(file, 'utf8')));
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(process.env.ASSAY_LINK);
  await page.getByRole('button', { name: 'Sign in as local administrator' }).click();
  await page.waitForURL(url + '/');
  state = await context.storageState();
  fs.writeFileSync(file, JSON.stringify(state));
  await context.close();
  return state;
}

// The API as the local administrator: the answer's JSON.
export async function admin(method, path, body, headers = {}) {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const answer = await fetch(url + '/api/v1' + path, {
    method,
    headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  return answer.json();
}

// A page that remembers what went wrong on it. `options` are those of a context: colorScheme, viewport, javaScriptEnabled, bypassCSP.
export async function open(options = {}) {
  const { signIn = true, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...(signIn ? { storageState: await signedIn() } : {}), ...rest });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') wrong.push(`console ${m.type()}: ${m.text()}`);
  });
  page.on('pageerror', (e) => wrong.push(`script: ${e.message}`));
  // The browser itself drops what it still loads (an icon, say) when the page goes on to the next address: that is no failure.
  page.on('requestfailed', (r) => {
    const why = r.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') wrong.push(`request: ${r.url()} ${why}`);
  });
  page.on('response', (r) => {
    if (r.status() >= 400 && !page.expectsErrors) wrong.push(`answer: ${r.status()} ${r.url()}`);
  });
  page.wrong = wrong;
  page.isClean = () => assert.deepEqual(wrong, []);
  page.finish = () => context.close();
  return page;
}

// A record of a few types, made once through the API.
async function records(cookie) {
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const send = async (path, body) => {
    const answer = await fetch(url + '/api/v1/records' + path, { method: 'POST', headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const json = await answer.json();
    assert.equal(answer.status, 201, JSON.stringify(json));
    return json;
  };
  const list = async (type) => (await (await fetch(url + '/api/v1/records/' + type + '?q=Shown', { headers: { cookie } })).json()).rows;
  const found = (await list('system'))[0];
  if (found) return found;
  const person = await send('/person', { values: { name: 'Shown Person', kind: 'employee', email: 'shown@example.org', job_title: 'Engineer' } });
  const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
  for (const [title, days] of [['Shown late review of accounts', -3], ['Shown answer that is due today', 0], ['Shown restore of a backup', 4], ['Shown plan for the year', 40]])
    await send('/task', { values: { title, owner: person.id, due_on: day(days) } });
  await send('/person', { values: { name: 'Shown Leaver', kind: 'employee', email: 'shown.leaver@example.org', manager: person.id, team: 'Shown team', left_on: day(-5) } });
  await send('/person', { values: { name: 'Shown Contractor', kind: 'contractor', email: 'shown.contractor@example.org', manager: person.id, contract_ends_on: day(5) } });
  await send('/device', { values: { name: 'shown-laptop', kind: 'laptop', owner: person.id, serial: 'SHOWN-1', is_encrypted: true, is_managed: true } }).catch(() => null);
  await send('/holiday', { values: { name: 'Shown day off', on_date: day(1) } });
  await send('/service', { values: { name: 'Shown service', owner: person.id } }).catch(() => null);
  for (const name of ['Shown database', 'Shown host with a name that is rather long for a column', 'Shown pipeline'])
    await send('/system', { values: { name, kind: 'database', owner: person.id, reason: 'Holds what customers bring.\n\nBacked up every night.' } });
  await send('/gap', { values: { title: 'Shown gap: leavers keep access for days', kind: 'operation', impact: 3, likelihood: 3, effort: 'm', owner: person.id, due_on: day(30), controls: ['AC-04'], criteria: ['CC6.2'] } });
  await send('/control', { id: 'SHOWN-1', values: { title: 'Shown control of our own', statement: 'Every month somebody compares leavers with accounts.', owner: person.id, frequency: 'monthly', criteria_key: ['CC6.2'] } });
  await send('/campaign', { values: { title: 'Shown campaign', course: 'privacy', audience: 'all', due_on: day(30), owner: person.id } });
  await send('/narrative', { values: { control: 'AC-02', title: 'Shown narrative of multi-factor sign-in', owner: person.id, who: 'The IT lead.', what: '1. Looks at the list.\n2. Asks for a second factor.', when: 'Every quarter.', evidence: 'The list, signed.' } });
  return (await list('system'))[0];
}

// A risk with its controls, and an assessment.
async function risk(cookie) {
  const get = async (p) => (await fetch(url + p, { headers: { cookie } })).json();
  const found = (await get('/api/v1/records/risk?q=Shown')).rows[0];
  if (found) return found;
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const send = async (type, values) =>
    (await fetch(url + '/api/v1/records/' + type, { method: 'POST', headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' }, body: JSON.stringify({ values }) })).json();
  await send('risk_campaign', { title: 'Shown assessment of the year', area: 'All of it.' });
  await send('lesson', { title: 'Shown lesson', source: 'others' });
  return send('risk', { title: 'Shown risk: accounts of customers are taken over with stolen passwords', category: 'access', inherent_l: 4, inherent_i: 4, controls_l2: ['AC-06'], controls_l1: ['AC-02', 'HR-02'], controls_i1: ['MON-01'], criteria: ['CC6.1'] });
}

// An engagement with a milestone; each room of the audit adds what its own pages show.
async function engagement(cookie) {
  const get = async (p) => (await fetch(url + p, { headers: { cookie } })).json();
  const found = (await get('/api/v1/records/engagement?q=Shown')).rows[0];
  if (found) return found;
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const send = async (type, values) =>
    (await fetch(url + '/api/v1/records/' + type, { method: 'POST', headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' }, body: JSON.stringify({ values }) })).json();
  const year = new Date().getUTCFullYear();
  const one = await send('engagement', { title: 'Shown SOC 2 Type 2', kind: 'type2', window_from: `${year}-01-01`, window_to: `${year}-12-31`, categories: ['security', 'availability'], firm: 'Shown Reed & Partners' });
  await send('population', { title: 'Shown population: leavers', engagement: one.id, controls: ['AC-04'], kind: 'query', system: 'Personnel records', query: 'select p.id as id, p.left_on as date from people p where p.left_on between :from and :to', period_from: `${year}-01-01`, period_to: `${year}-12-31` });
  await send('audit_request', { title: 'Shown request: minutes of the board in the period', engagement: one.id, kind: 'document', template: 'PBC-012', controls: ['GOV-02'], criteria: ['CC1.2'], due_on: `${year}-11-01`, details: 'Wanted as: PDF' });
  await fetch(`${url}/audit/${one.id}/room/report`, {
    method: 'POST', redirect: 'manual', headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', origin: url }, body: new URLSearchParams({ csrf: token, share: 'yes' }),
  });
  await send('milestone', { title: 'Shown milestone: final populations', engagement: one.id, planned_on: `${year + 1}-01-07` });
  return one;
}

// A piece of evidence with a table in it, looked at.
async function upload(cookie) {
  const get = async (p) => (await fetch(url + p, { headers: { cookie } })).json();
  let one = (await get('/api/v1/records/evidence?q=Displayed')).rows[0];
  if (!one) {
    const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
    const form = new FormData();
    for (const [name, value] of Object.entries({ title: 'Displayed review of access', period_from: '2026-07-01', period_to: '2026-09-30', controls: 'AC-06', source: 'Identity provider, all users' }))
      form.append(name, value);
    form.append('file', new Blob(['account,role,reviewed\r\nann,admin,2026-09-28\r\nbob,none,2026-09-28\r\n']), 'review of access with a name that is rather long.csv');
    const answer = await fetch(url + '/api/v1/evidence', { method: 'POST', headers: { cookie, 'x-csrf-token': token }, body: form });
    assert.equal(answer.status, 201);
    one = await answer.json();
  }
  for (let i = 0; i < 100; i++) {
    one = await get('/api/v1/records/evidence/' + one.id);
    if (one.evidence.is_checked) return one;
    await new Promise((r) => setTimeout(r, 200));
  }
  throw new Error('evidence was not looked at within 20 s');
}

// A document with a file of two versions, looked at, a folder, a label, a hold.
async function document(cookie) {
  const get = async (p) => (await fetch(url + p, { headers: { cookie } })).json();
  let one = (await get('/api/v1/documents?q=Shown')).rows[0];
  if (!one) {
    const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
    const owner = (await get('/api/v1/records/person?q=Shown')).rows[0].id;
    const send = async (type, values) => (await fetch(url + '/api/v1/records/' + type, { method: 'POST', headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' }, body: JSON.stringify({ values }) })).json();
    const label = await send('retention_label', { name: 'Shown label', basis: 'Commercial code', owner, trigger: 'event', event: 'end of the contract', period: 10, unit: 'years', action: 'dispose' });
    const folder = await send('folder', { name: 'Shown folder', owner, access: 'inherit', label: label.id });
    await send('legal_hold', { name: 'Shown dispute', reason: 'A claim', words: 'reeds', custodian: owner });
    const form = new FormData();
    form.append('folder', folder.id);
    form.append('owner', owner);
    form.append('file', new Blob(['Shown contract.\nIt is about reeds.\n']), 'Shown contract with a name that is rather long for a list.txt');
    const answer = await fetch(url + '/api/v1/documents', { method: 'POST', headers: { cookie, 'x-csrf-token': token }, body: form });
    assert.equal(answer.status, 201);
    one = (await answer.json()).records[0];
  }
  for (let i = 0; i < 150; i++) {
    const now = await get('/api/v1/documents/' + one.id);
    if (now.document.versions[0].is_checked) return now;
    await new Promise((r) => setTimeout(r, 200));
  }
  throw new Error('the document was not looked at within 30 s');
}

// One of everything, found through the API so that the tests hold for any host.
export async function addresses() {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const get = async (p) => (await fetch(url + p, { headers: { cookie } })).json();
  const failing = await get('/api/v1/tests?status=fail&per_page=1');
  const unknown = await get('/api/v1/tests?status=unknown&per_page=1');
  const passing = await get('/api/v1/tests?status=pass&per_page=1');
  const captures = await get('/api/v1/evidence?per_page=200');
  const users = captures.rows.find((r) => r.table === 'users') ?? captures.rows[0];
  const withFile = captures.rows.find((r) => r.table === 'fstab') ?? captures.rows[1];
  const test = failing.rows[0] ?? unknown.rows[0] ?? passing.rows[0];
  const list = {
    overview: '/',
    criteria: '/criteria',
    criterion: '/criteria/CC6.1',
    'criterion-out-of-scope': '/criteria/P1.1',
    controls: '/controls',
    adopt: '/controls/adopt',
    gaps: '/gaps',
    'gaps-register': '/gaps/register',
    'gaps-plan': '/gaps/plan',
    'gaps-goals': '/gaps/goals',
    'gaps-readiness': '/gaps/readiness',
    'gaps-import': '/gaps/import',
    completeness: '/criteria/completeness',
    topics: '/controls/topics',
    period: '/controls/period?from=2026-01-01',
    'impact-control': '/impact/control/AC-06',
    'gaps-unanswered': '/gaps?status=unanswered&q=backup',
    'controls-found': '/controls?q=password&sort=score',
    control: '/controls/' + (test.controls[0] ?? 'AC-06'),
    'control-without-tests': '/controls/GOV-01',
    tests: '/tests',
    'tests-failing': '/tests?status=fail&sort=severity',
    'tests-none': '/tests?q=nothing-is-called-this',
    'test-failing': test.url,
    evidence: '/evidence',
    'evidence-uploads': '/evidence?group=uploads&sort=table',
    'evidence-new': '/records/evidence/new?v.controls=AC-06',
    capture: users?.url,
    'capture-file': withFile?.url,
    parameters: '/parameters',
    'parameter-number': '/parameters/password_length_min',
    'parameter-cadence': '/parameters/access_review_cadence',
    'parameter-two-people': '/parameters/listeners_approved',
    settings: '/settings',
    notifications: '/settings/notifications',
    onboarding: '/onboarding',
    policies: '/policies',
    policy: '/policies/POL-08',
    'policy-matrix': '/policies/matrix',
    handbook: '/handbook',
    'policy-edit': '/policies/POL-08/edit',
    search: '/search?q=ssh',
    'search-empty': '/search',
    past: '/?at=now-1d',
    sources: '/settings/sources',
  };
  const record = await records(cookie);
  const brought = await upload(cookie);
  const shownRisk = await risk(cookie);
  const shownDocument = await document(cookie);
  const shownEngagement = await engagement(cookie);
  Object.assign(list, { audit: '/audit', 'audit-new': '/audit/new', 'audit-firms': '/audit/firms', 'audit-trend': '/audit/trend', engagement: '/audit/' + shownEngagement.id, populations: `/audit/${shownEngagement.id}/populations`, 'audit-after': `/audit/${shownEngagement.id}/after` });
  Object.assign(list, { 'audit-samples': `/audit/${shownEngagement.id}/samples`, 'audit-sheets': `/audit/${shownEngagement.id}/sheets`, 'audit-exceptions': `/audit/${shownEngagement.id}/exceptions` });
  Object.assign(list, { reports: '/reports', 'report-readiness': '/reports/readiness', 'report-type1': '/reports/type1?part=3', 'reports-engagement': '/audit/' + shownEngagement.id + '/reports', 'report-type2': '/audit/' + shownEngagement.id + '/reports/type2?part=4' });
  const shownPopulation = (await (await fetch(url + '/api/v1/records/population?q=Shown', { headers: { cookie } })).json()).rows[0];
  if (shownPopulation) list.population = `/audit/${shownEngagement.id}/populations/${shownPopulation.id}`;
  const shownRequest = (await (await fetch(`${url}/api/v1/records/audit_request?where=engagement=${shownEngagement.id}`, { headers: { cookie } })).json()).rows[0];
  Object.assign(list, { requests: `/audit/${shownEngagement.id}/requests`, request: `/audit/${shownEngagement.id}/requests/${shownRequest.id}`, 'requests-import': `/audit/${shownEngagement.id}/requests/import`, 'audit-room': `/audit/${shownEngagement.id}/room`, 'audit-room-as': `/audit/${shownEngagement.id}/room?as=auditor`, 'audit-room-report': `/audit/${shownEngagement.id}/room/report`, 'audit-log': `/audit/${shownEngagement.id}/room/log`, 'audit-bundle': `/audit/${shownEngagement.id}/room/bundle` });
  Object.assign(list, { documents: '/documents', document: '/documents/' + shownDocument.id, 'documents-holds': '/documents/holds', 'documents-retention': '/documents/retention', 'documents-disposition': '/documents/disposition' });
  Object.assign(list, { risks: '/risks', 'risks-cell': '/risks?by=inherent&cell=4.4', risk: '/risks/' + shownRisk.id, 'risk-method': '/risks/matrix', 'risk-campaign': '/risks/campaigns/RA-0001' });
  Object.assign(list, { 'evidence-found': '/records/evidence/' + brought.id, 'evidence-file': brought.evidence.files[0].url });
  Object.assign(list, {
    my: '/my',
    tasks: '/tasks',
    'tasks-overdue': '/tasks?status=fail&sort=owner',
    'tasks-none-found': '/tasks?person=none&q=nothing-is-called-this',
    calendar: '/calendar',
    'calendar-other': '/calendar?month=2031-02',
    assets: '/assets',
    'asset-stores': '/assets/stores',
    'asset-encryption': '/assets/encryption?class=confidential&medium=disk',
    'asset-suggestions': '/assets/suggestions',
    prepare: '/prepare',
    stakeholders: '/stakeholders',
    resources: '/resources',
    concern: '/concern',
    'concern-follow': '/concern/follow',
    concerns: '/concerns',
    access: '/access',
    'access-extract': '/access/extract',
    'access-accounts': '/access/accounts',
    narratives: '/narratives',
    narrative: '/narratives/NAR-0001',
    training: '/training',
    course: '/training/courses/privacy',
    campaign: '/training/campaigns/CAMP-0001',
    'training-overdue': '/training/overdue',
    'my-training': '/my/training',
    scope: '/scope',
    'scope-profile': '/scope/profile',
    'scope-boundary': '/scope/boundary',
    'scope-categories': '/scope/categories',
    'scope-commitments': '/scope/commitments',
    'scope-subservices': '/scope/subservices',
    'scope-team': '/scope/team',
    'scope-version': '/scope/version',
    people: '/people',
    'people-late': '/people?status=fail&sort=team',
    person: (await get('/api/v1/people?q=Shown+Person')).rows[0]?.url,
    joiners: '/people/joiners',
    'joiners-leavers': '/people/joiners?kind=leaver&status=fail',
    lifecycle: (await get('/api/v1/people/joiners?q=Shown')).rows[0]?.url,
    reconcile: '/people/reconcile',
    roster: '/people/roster',
    records: '/records',
    'record-list': '/records/system',
    'record-found': '/records/system?q=shown&f.kind=database&sort=-name',
    'record-none': '/records/system?q=nothing-is-called-this',
    'record-empty': '/records/commitment',
    record: record.url,
    'record-edit': record.url + '/edit',
    'record-new': '/records/subservice/new',
    'record-import': '/records/person/import',
    'record-board': '/records/gap/board',
    'record-calendar': '/records/task/calendar',
    leaf: '/ledger/' + record.created.leaf,
    gap: (await get('/api/v1/gaps/register')).rows.find((r) => /Shown/.test(r.name))?.url,
    'control-own': '/controls/SHOWN-1',
    'impact-system': '/impact/system/' + record.id,
    'record-view': '/records/system?f.kind=database&sort=name',
    'saved-views': '/records/saved_view',
  });
  if (unknown.rows[0]) list['test-unknown'] = unknown.rows[0].url;
  if (passing.rows[0]) list['test-passing'] = passing.rows[0].url;
  return Object.entries(list).filter(([, address]) => address);
}
