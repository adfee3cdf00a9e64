// The program's own rooms: one value in policy, control and test; settings that are tried; first steps; a missed performance.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { end, launch, open, picture, signedIn, url } from './site.mjs';
import { assay } from './client.mjs';

before(launch);
after(end);

async function api(method, path, body) {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const token = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const answer = await fetch(url + '/api/v1' + path, { method, headers: { cookie, 'x-csrf-token': token, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json()) };
}

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);

async function until(what, seconds, ask) {
  for (let i = 0; i < seconds * 2; i++) {
    const found = await ask();
    if (found) return found;
    await new Promise((r) => setTimeout(r, 500));
  }
  return assert.fail(`${what} did not come within ${seconds} s`);
}

async function setParameter(page, name, value, why) {
  await page.goto(url + '/parameters/' + name);
  const field = page.locator('#value');
  if (await field.evaluate((e) => e.tagName === 'SELECT')) await field.selectOption(value);
  else await field.fill(value);
  await page.locator('#why').fill(why);
  await page.locator('section[aria-labelledby="change"]').getByRole('button').click();
}

describe('parameters', () => {
  for (const javaScriptEnabled of [true, false])
    it(`stand in policy, control and test at once ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const page = await open({ javaScriptEnabled });
      await setParameter(page, 'password_length_min', '16', 'Agreed with our insurer');
      await page.getByText('Changed: policy, control and tests have the new value').waitFor();
      for (const [path, text] of [['/policies/POL-08', 'enforce passwords of at least 16 characters'], ['/controls/AC-09', 'passwords of at least 16 characters'], ['/tests/password-length', '16']]) {
        await page.goto(url + path);
        assert.ok((await page.locator('main').innerText()).includes(text), `${path} does not say ${text}`);
      }
      await page.goto(url + '/policies/POL-08');
      await page.getByRole('link', { name: '16 characters' }).first().click();
      assert.match(page.url(), /\/parameters\/password_length_min/);
      assert.ok(await page.getByText('Agreed with our insurer').first().isVisible());
      await page.getByRole('link', { name: /and its proof/ }).first().click();
      assert.match(page.url(), /\/ledger\/\d+/);
      await setParameter(page, 'password_length_min', '12', 'As before');
      await page.getByText('Changed: policy').waitFor();
      page.isClean();
      await page.finish();
    });

  it('say what is wrong at the form, and keep what was typed', async () => {
    const page = await open({ javaScriptEnabled: false });
    page.expectsErrors = true;
    await page.goto(url + '/parameters/listeners_approved');
    await page.locator('#value').fill(' '.repeat(3));
    await page.locator('#why').fill('Just so');
    await page.getByRole('button', { name: 'Propose' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.locator('#why').inputValue(), 'Just so');
    await page.finish();
  });

  it('that take two people are not approved by who proposes', async () => {
    const page = await open();
    page.expectsErrors = true;
    await setParameter(page, 'listeners_approved', 'tcp/22,tcp/443', 'The new web server');
    await page.getByText('Proposed. Somebody else decides').waitFor();
    await page.locator('#decide-why').fill('I agree with myself');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('whoever proposes a change does not approve it').waitFor();
    await picture(page, 'parameter-proposed');
    await page.locator('#decide-why').fill('Not yet');
    await page.getByRole('button', { name: 'Refuse or withdraw' }).click();
    await page.getByText('The proposal is refused or withdrawn').waitFor();
    await page.finish();
  });

  it('set when a control is due', async () => {
    await api('POST', '/parameters/restore_test_cadence', { value: 'monthly', why: 'Our customers ask for it' });
    const control = await api('GET', '/controls/BCP-04');
    assert.equal(control.frequency, 'monthly');
    assert.match(control.statement, /performed every month/);
    await api('POST', '/parameters/restore_test_cadence', { value: 'quarterly', why: 'As before' });
    const number = (await api('GET', '/parameters/password_length_min')).value;
    assert.equal((await api('POST', '/parameters/password_length_min', { value: Number(number), why: 'a number is one as JSON, too' })).done, 'set');
    const wrong = await api('POST', '/parameters/restore_test_cadence', { value: 'daily', why: 'x' });
    assert.equal(wrong.status, 400 <= wrong.status && wrong.status < 500 ? wrong.status : 'a refusal');
  });
});

describe('first steps', () => {
  it('are done by the records, never by looking', async () => {
    const page = await open();
    const steps = async () => Object.fromEntries((await api('GET', '/onboarding')).steps.map((s) => [s.id, s.is_done]));
    const before = await steps();
    for (const step of (await api('GET', '/onboarding')).steps) await page.goto(url + step.url);
    assert.deepEqual(await steps(), before);
    if (!before.organisation) {
      await api('POST', '/records/organisation', { values: { name: 'Shown Ltd', report_type: 'type2', window_from: day(20), window_to: day(200) } });
      assert.equal((await steps()).organisation, true);
      await page.goto(url + '/');
      assert.ok(await page.getByText('The window begins in 20 days').isVisible());
    }
    await page.goto(url + '/');
    assert.ok(await page.getByRole('heading', { name: /First steps/ }).isVisible());
    await picture(page, 'overview-first-steps');
    await page.getByRole('button', { name: 'Put these aside' }).click();
    await page.waitForURL(url + '/');
    assert.equal(await page.getByRole('heading', { name: /First steps/ }).count(), 0);
    await page.goto(url + '/onboarding');
    await page.getByRole('button', { name: 'Show them on the Overview again' }).click();
    await page.goto(url + '/');
    assert.ok(await page.getByRole('heading', { name: /First steps/ }).isVisible());
    page.isClean();
    await page.finish();
  });
});

describe('notifications', () => {
  it('are set, tried, and show what came of it', async () => {
    const got = [];
    const server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (d) => (body += d)).on('end', () => { got.push({ body, signature: request.headers['assay-signature'] }); response.end(); });
    });
    await new Promise((r) => server.listen(0, '127.0.0.1', r));
    const page = await open();
    await page.goto(url + '/settings/notifications');
    await page.locator('#hook-id').fill('shown');
    await page.locator('#hook-url').fill(`http://127.0.0.1:${server.address().port}/hook`);
    await page.locator('#hook-secret').fill('a key');
    await page.locator('section[aria-labelledby="hook"]').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Set. Send a test').waitFor();
    await page.getByRole('button', { name: 'Send a test over shown' }).click();
    await page.getByText('The test is on its way').waitFor();
    await until('the test', 20, async () => (await api('GET', '/notifications')).channels.find((c) => c.id === 'shown').trial?.out === 'sent');
    assert.match(got[0].body, /"kind":"test"/);
    assert.match(got[0].signature, /^t=\d+,v1=[0-9a-f]{64}$/);
    await page.goto(url + '/settings/notifications');
    await picture(page, 'notifications-tried');
    assert.ok(await page.locator('tr', { hasText: 'shown' }).getByText('Sent').isVisible());
    await page.getByRole('button', { name: 'Remove shown' }).click();
    await page.getByText('Removed').waitFor();
    page.isClean();
    await page.finish();
    server.close();
  });

  it('say which setting is wrong', async () => {
    const page = await open();
    page.expectsErrors = true;
    await page.goto(url + '/settings/notifications');
    await page.locator('#mail-url').fill('http://mail.example.org');
    await page.locator('#mail-from').fill('assay@example.org');
    await page.locator('section[aria-labelledby="mail"]').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.locator('#mail-url').inputValue(), 'http://mail.example.org');
    await page.finish();
  });
});

describe('lists', () => {
  it('say in their own words what their states mean', async () => {
    const words = async (path) => (await api('GET', path)).statuses.map((s) => s.words);
    for (const path of ['/gaps', '/gaps/register', '/policies', '/handbook', '/risks', '/people', '/people/joiners', '/people/reconcile', '/tasks', '/evidence'])
      for (const word of await words(path)) assert.doesNotMatch(word, /^(Pass|Fail|Unknown)$/, path);
    assert.deepEqual(await words('/gaps/register'), ['Open', 'Under way', 'Closed', 'Accepted']);
    assert.deepEqual(await words('/tests'), ['Fail', 'Unknown', 'Pass', 'Not applicable']);
  });
});

describe('the search', () => {
  it('finds every room by its name', async () => {
    for (const [name, address] of [['Policies', '/policies'], ['People', '/people'], ['Training', '/training'], ['Calendar', '/calendar'], ['Settings', '/settings'], ['Access reviews', '/access']])
      assert.ok((await api('GET', '/search?q=' + encodeURIComponent(name))).found.some((f) => f.url === address && f.kind === 'page'), name);
    const { items } = await api('GET', '/search-index');
    assert.equal(new Set(items.filter((i) => i.kind === 'page').map((i) => i.url)).size, items.filter((i) => i.kind === 'page').length, 'each once');
  });
});

describe('My page on a phone', () => {
  it('has room for what waits for a decision', async () => {
    const { id: owner } = await api('POST', '/records/person', { values: { name: 'Phoning Phil', kind: 'employee' } });
    assay('user', 'add', 'phil', '--roles', 'compliance_lead', '--name', 'Phoning Phil', '--person', owner);
    const headers = { authorization: 'Bearer ' + assay('token', 'add', 'phil', '--label', 'test', '--scope', 'read,records').match(/asy_\S+/)[0], 'content-type': 'application/json' };
    const send = async (path, body) => (await fetch(url + '/api/v1/records/gap' + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    const gap = await send('', { values: { title: 'Nobody looks at what the provider of the payroll reports', kind: 'operation', owner, due_on: day(30), plan: 'Somebody does.' } });
    assert.equal((await send(`/${gap.id}/moves`, { transition: 'plan', version: 1 })).state.id, 'planned');
    const page = await open({ viewport: { width: 360, height: 800 } });
    await page.goto(url + '/my');
    const row = page.locator('section[aria-labelledby="decisions"] li', { hasText: gap.id });
    assert.ok((await row.locator('.grow').boundingBox()).width > 250, 'a word for a line is no list');
    assert.ok((await row.boundingBox()).height < 160);
    page.isClean();
    await page.finish();
  });
});

describe('the calendar', () => {
  it('opens what a full day has besides', async () => {
    const { id: owner } = await api('POST', '/records/person', { values: { name: 'Busy Bea', kind: 'employee' } });
    await api('POST', '/changes', { changes: [...Array(12)].map((_, i) => ({ type: 'task', values: { title: `Busy task ${i}`, owner, due_on: '2031-03-12' } })) });
    const page = await open();
    await page.goto(url + '/calendar?month=2031-03');
    const day = page.locator('td', { has: page.locator('time[datetime="2031-03-12"]') });
    await day.getByText('5 more').click();
    assert.equal(await day.locator('li.due a:visible').count(), 12);
    page.isClean();
    await page.finish();
  });
});

describe('a missed performance', () => {
  it('becomes a deviation by itself, and is explained', async () => {
    const person = await api('POST', '/records/person', { values: { name: 'Missing Marta', kind: 'employee' } });
    const control = await api('POST', '/records/control', { id: 'AC-07', values: { title: 'Role design', library: 'AC-07', owner: person.id, frequency: 'weekly' } });
    if (control.status === 201) await api('POST', '/records/control/AC-07/moves', { transition: 'adopt', version: 1 });
    const title = 'Review of roles that nobody did';
    const occurrence = await api('POST', '/records/occurrence', { values: { title, control: 'AC-07', period_from: day(-40), period_to: day(-10), due_on: day(-9), grace_until: day(-2), owner: person.id } });
    assert.equal(occurrence.status, 201, JSON.stringify(occurrence));
    const found = await until('the deviation', 20, async () => (await api('GET', '/records/deviation?q=nobody')).rows.find((r) => r.values.occurrence === occurrence.id));
    assert.equal((await api('GET', '/records/occurrence/' + occurrence.id)).state.id, 'missed');
    const page = await open();
    await page.goto(url + found.url);
    assert.ok(await page.getByRole('heading', { name: 'Not performed: ' + title }).isVisible());
    await picture(page, 'deviation-missed');
    await page.goto(url + found.url + '/edit');
    await page.getByLabel(/^Cause/).fill('Nobody was named while Marta was ill.');
    await page.getByLabel(/^Effect/).fill('None: the roles had not changed.');
    await page.getByLabel(/^Management/).fill('A stand-in is named now.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/done=changed/);
    await page.locator('.steps li', { hasText: 'Explain' }).getByRole('button').click();
    await page.waitForURL(/done=moved/);
    assert.ok(await page.locator('.state-line').getByText('Explained').isVisible());
    await page.finish();
  });
});
