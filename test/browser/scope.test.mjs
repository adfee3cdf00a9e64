// The Scope room: from nothing to an approved scope by two people, with the keyboard and without scripts; what changes afterwards is seen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axeOn, newcomer } from './client.mjs';
import { end, launch, open, picture, signedIn, url } from './site.mjs';

const rooms = ['', '/profile', '/boundary', '/categories', '/commitments', '/subservices', '/team', '/version'];

async function api(method, path, body) {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const answer = await fetch(url + '/api/v1' + path, {
    method,
    headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const json = await answer.json();
  assert.ok(answer.ok, JSON.stringify(json));
  return json;
}

// Only the keyboard: goes on with Tab until `selector` has the focus.
async function reach(page, selector) {
  for (let i = 0; i < 400; i++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${selector} cannot be reached with Tab on ${page.url()}`);
}
const type = async (page, selector, text) => {
  await reach(page, selector);
  await page.keyboard.type(text);
};
const press = async (page, selector, key = 'Enter') => {
  await reach(page, selector);
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
};
// A choice of a list by its first letters, as people do.
const choose = type;

let ann, bea, admin;

before(launch);
after(end);

test('an empty room teaches what a scope is, and names one step for everything that is missing', async () => {
  ann = (await api('POST', '/records/person', { values: { name: 'Ann Lead', kind: 'employee', job_title: 'Compliance lead' } })).id;
  admin = await open({ javaScriptEnabled: false });
  await admin.goto(url + '/scope');
  assert.ok(await admin.getByText('Never approved yet').or(admin.getByText('Nobody has said in words')).first().isVisible());
  const rows = admin.locator('.checklist > li');
  assert.ok((await rows.count()) >= 9);
  for (const row of await rows.all()) if (await row.locator('.status.fail').count()) assert.equal(await row.getByRole('link').count(), 1, await row.innerText());
  const json = await api('GET', '/scope');
  assert.equal(json.missing, json.checklist.filter((m) => m.status !== 'pass').length);
});

test('the organisation is described with the keyboard, and is advised', async () => {
  const page = await open();
  await page.goto(url + '/scope/profile');
  await type(page, '[name="v.name"]', 'Example Ltd');
  await type(page, '[name="v.what"]', 'Keeps ledgers for small companies.');
  await choose(page, '[name="v.archetype"]', 'Software');
  await type(page, '[name="v.data_flows"]', 'Customers upload over HTTPS; kept in PostgreSQL; exported on request.');
  await choose(page, '[name="v.handles_customer_data"]', 'Yes');
  await choose(page, '[name="v.affects_customer_books"]', 'Yes');
  await press(page, 'main form button.primary');
  await page.waitForURL(/done=created/);
  assert.ok(await page.getByText("Customers' auditors may ask for a SOC 1 report").isVisible());
  assert.ok(await page.getByText('A SOC 2 report fits').isVisible());
  await page.getByRole('link', { name: /usual boundary items are open/ }).waitFor();
  page.isClean();
  await page.finish();
});

test('what is usual and what was seen is registered in or out with one click each', async () => {
  await admin.goto(url + '/scope/boundary');
  const host = admin.locator('.suggestions li', { hasText: 'The collector runs on it' }).first();
  assert.ok(await host.isVisible(), 'the host that is observed is suggested');
  await host.getByRole('button', { name: /^(In|Include):/ }).click();
  await admin.waitForURL(/done=registered/);
  const left = admin.locator('.suggestions li', { hasText: 'Corporate web site' });
  await left.getByRole('textbox').fill('');
  admin.expectsErrors = true;
  await left.getByRole('textbox').fill('Static pages, no accounts.');
  await left.getByRole('button', { name: /^(Out|Carve out):/ }).click();
  await admin.waitForURL(/done=registered/);
  await admin.getByRole('button', { name: /Take all \d+ that are usual/ }).click();
  await admin.waitForURL(/done=registered/);
  assert.equal(await admin.getByRole('button', { name: /Take all/ }).count(), 0);
  assert.ok(await admin.getByText('Static pages, no accounts.').isVisible());
  const json = await api('GET', '/scope/boundary');
  assert.ok(json.outside.every((i) => i.reason), 'whatever is out has a reason');
  assert.ok(json.inside.some((i) => i.type === 'system' && i.kind === 'host'));
  assert.equal(json.approvable, 0, 'nobody approves what they made');
});

test('questions lead to a proposal with a reason, which may be put better', async () => {
  const page = await open();
  await page.goto(url + '/scope/categories');
  for (const [id, answer] of [['AV-1', 'yes'], ['AV-2', 'yes'], ['AV-3', 'yes'], ['PI-1', 'no'], ['PI-2', 'no'], ['PI-3', 'no'], ['CO-1', 'yes'], ['CO-2', 'unsure'], ['CO-3', 'no'], ['PR-1', 'no'], ['PR-2', 'no'], ['PR-3', 'no']]) {
    await reach(page, `[name="q.${id}"]`);
    if (answer === 'yes') await page.keyboard.press('Space');
    for (let i = 0; i < ['yes', 'no', 'unsure'].indexOf(answer); i++) await page.keyboard.press('ArrowRight');
  }
  await press(page, 'button[form="answers"]');
  await page.waitForURL(/done=answered/);
  const { categories } = await api('GET', '/scope/categories');
  const by = Object.fromEntries(categories.map((c) => [c.id, c]));
  assert.deepEqual(categories.map((c) => c.record.is_in), [true, true, false, true, false]);
  assert.match(by.availability.record.rationale, /^Contracts promise uptime/);
  assert.match(by.privacy.record.rationale, /^Customers decide/);
  assert.equal(by.confidentiality.questions[1].answer, 'unsure');
  const privacy = page.locator('form[action="/scope/categories/privacy"]');
  await privacy.getByLabel('Why').fill('We only process for customers; they answer to people.');
  await privacy.getByRole('button').click();
  await page.waitForURL(/done=changed/);
  // Other answers leave alone what somebody wrote.
  await page.locator('[name="q.PR-3"][value="yes"]').check();
  await page.getByRole('button', { name: 'Save the answers' }).click();
  await page.waitForURL(/done=answered/);
  assert.equal((await api('GET', '/scope/categories')).categories[4].record.rationale, 'We only process for customers; they answer to people.');
  await page.finish();
});

test('the team has one who answers for each area; two are flagged', async () => {
  const page = await open();
  const other = (await api('POST', '/records/person', { values: { name: 'Cy Engineer', kind: 'employee' } })).id;
  await page.goto(url + '/scope/team?area=access');
  assert.equal(await page.locator('[name="v.work"]').inputValue(), 'Access and its reviews');
  await page.locator('[name="v.responsible"]').selectOption(other);
  await page.locator('[name="v.accountable"]').selectOption(ann);
  await page.locator('[name="v.hours_a_week"]').fill('6.5');
  await page.getByRole('button', { name: 'Assign', exact: true }).click();
  await page.waitForURL(/done=created/);
  const area = async () => (await api('GET', '/scope/team')).areas.find((a) => a.area === 'access');
  assert.equal((await area()).status, 'pass');
  assert.deepEqual((await area()).cells.map((c) => c.letters).filter(Boolean).sort(), ['A', 'R']);
  assert.equal((await area()).hours, '6.5');
  const twice = await api('POST', '/records/responsibility', { values: { work: 'access and its reviews', responsible: other, accountable: other } });
  assert.equal((await area()).problem, 'More than one answers for it');
  await page.goto(url + '/scope/team');
  assert.ok(await page.getByText('More than one answers for it').isVisible());
  await api('PATCH', `/records/responsibility/${twice.id}`, { version: twice.version, values: { accountable: ann } });
  page.isClean();
  await page.finish();
});

test('commitments and subservice organisations say what keeps them and what is missing', async () => {
  await api('POST', '/records/service', { values: { name: 'Ledgers', what: 'Bookkeeping in the browser' } });
  await api('POST', '/records/commitment', { values: { title: '99.9 % a month', text: 'The service is available 99.9 % of each month.', category: 'availability', source: 'sla', metric: 'Availability', target: '99.9 %', controls: ['AC-06'] } });
  await api('POST', '/records/subservice', { values: { name: 'Cloud Ltd', what: 'Hosts production', method: 'carve_out', rationale: 'They have their own report.' } });
  const { rows } = await api('GET', '/scope/commitments');
  assert.equal(rows.find((r) => r.title === '99.9 % a month').controls[0].id, 'AC-06');
  const sub = (await api('GET', '/scope/subservices')).rows.find((r) => r.title === 'Cloud Ltd');
  assert.equal(sub.problems.length, 3);
  await admin.goto(url + '/scope/subservices');
  assert.ok(await admin.getByText('Carved out, and nothing says which of their controls are assumed').isVisible());
});

test('the scope is sent by one and approved by another; whoever sent it cannot', async () => {
  const page = await open();
  await page.goto(url + '/scope/version');
  await type(page, '[name="v.boundary"]', 'The bookkeeping service with its production environment, operated by Example Ltd.');
  await type(page, '[name="v.rationale"]', 'Customers ask for availability and confidentiality.');
  await choose(page, '[name="v.owner"]', 'Ann');
  await press(page, 'form[action="/records/scope"] button');
  await page.waitForURL(/done=created/);
  await type(page, '#why', 'First version');
  await press(page, 'form[action="/scope/version/submit"] button');
  await page.waitForURL(/done=sent/);
  assert.equal(await page.getByRole('button', { name: 'Approve this scope' }).count(), 0, 'four eyes');
  assert.ok(await page.getByText(/somebody other than you/).isVisible());
  bea = await newcomer('bea' + Date.now(), 'compliance_lead', { name: 'Bea Second' });
  for (const [path, name] of [['/scope/categories', /^Approve 5 decisions/], ['/scope/boundary', /^Approve \d+ items/], ['/scope/subservices', /^Approve 1 organisation/], ['/scope/version', 'Approve this scope']]) {
    await bea.goto(url + path);
    await bea.getByRole('button', { name }).click();
    await bea.waitForURL(/done=approved/);
  }
  const { version } = await api('GET', '/scope');
  assert.equal(version.state.id, 'approved');
  assert.ok(version.approved.is_recorded, 'the digest that was sent is that of the records as of the approval');
  assert.equal(version.changes.total, 0);
  assert.ok(await bea.getByText('Computed again from the ledger').isVisible());
  const overview = await api('GET', '/overview');
  assert.ok(!overview.blockers.some((b) => b.code === 'scope_not_approved'), 'the blocker of readiness is gone');
  await page.finish();
});

test('what changes after the approval is shown with its difference', async () => {
  await admin.goto(url + '/scope/boundary');
  await admin.getByLabel('What', { exact: true }).fill('Mobile app');
  await admin.getByLabel('Component', { exact: true }).selectOption('software');
  await admin.getByLabel('Place', { exact: true }).selectOption('no');
  await admin.getByLabel('Why it is in or out').fill('Not launched yet.');
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await admin.waitForURL(/done=created/);
  const { organisation } = await api('GET', '/scope');
  const id = organisation.url.split('/').pop();
  const now = await api('GET', `/records/organisation/${id}`);
  await api('PATCH', `/records/organisation/${id}`, { version: now.version, values: { what: 'Keeps ledgers for companies of any size.' } });
  await admin.goto(url + '/scope');
  assert.match(await admin.locator('.notice').first().innerText(), /changed since it was approved: 1 thing added, 1 changed/);
  await admin.goto(url + '/scope/version');
  const difference = admin.locator('section', { has: admin.locator('#difference') });
  assert.ok(await difference.getByText('Mobile app').isVisible());
  assert.ok(await difference.getByText('Keeps ledgers for companies of any size.').isVisible());
  const { version } = await api('GET', '/scope');
  await admin.goto(url + `/scope?at=${version.approved.at.text}`);
  assert.equal(await admin.getByText('Mobile app').count(), 0, 'as it was approved');
  admin.isClean();
});

test('hostile input is refused with its reason', async () => {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const csrf = (await (await fetch(url + '/scope/boundary', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const post = async (path, form) => {
    const answer = await fetch(url + path, { method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ csrf, ...form }) });
    return [answer.status, answer.headers.get('location') ?? (await answer.text())];
  };
  assert.equal((await post('/scope/register', { key: 'usual/saas/99', is_in: 'yes', reason: 'x' }))[0], 404);
  assert.match((await post('/scope/register', { key: 'host/x', is_in: 'no', reason: ' ' }))[1], /eason: say why/);
  assert.match((await post('/scope/register', { key: 'host/x', is_in: 'maybe', reason: 'x' }))[1], /s_in: say whether/);
  assert.match((await post('/scope/approve', { type: 'person' }))[1], /ype: category/);
  assert.match((await post('/scope/categories/security', { version: '1', is_in: 'no', rationale: 'x' }))[1], /cannot be left out/);
  assert.equal((await post('/scope/version/submit', { version: '1', digest: '0'.repeat(64) }))[0], 409);
  assert.equal((await post('/scope/categories/nothing', { version: '1', is_in: 'no', rationale: 'x' }))[0], 404);
  for (const back of ['//evil.example', 'https://evil.example'])
    assert.match((await post('/records/boundary_item', { back, 'has.name': '1', 'v.name': 'Back ' + back, 'has.kind': '1', 'v.kind': 'data', 'has.is_in': '1', 'v.is_in': 'yes', 'has.reason': '1', 'v.reason': 'x' }))[1], /^\/\?done=created/);
});

test('the room looks right in both widths and themes, and axe finds nothing', async () => {
  for (const width of [360, 1440])
    for (const colorScheme of ['light', 'dark']) {
      const page = await open({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      for (const room of rooms) {
        await page.goto(url + '/scope' + room);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${room}: ${wide} px wider than the screen`);
        await picture(page, `scope${room.replace('/', '-')}-full-${width}-${colorScheme}`);
        await page.evaluate(() => document.querySelectorAll('details').forEach((d) => (d.open = true)));
        await axeOn(page, room);
      }
      await page.finish();
    }
  await admin.finish();
  await bea.finish();
});
