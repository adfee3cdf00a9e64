// Assets and data, and concerns: from an empty room over what was seen to encryption by medium; a concern from report to answer; preparation and stakeholders.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { axeOn, newcomer } from './client.mjs';
import { admin, end, launch, open, picture, url } from './site.mjs';


before(launch);
after(end);

async function look(page, name) {
  for (const [width, scheme] of [[1440, 'light'], [360, 'dark']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await picture(page, `${name}-${width}-${scheme}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than ${width} px`);
    await axeOn(page, `${name} ${width} ${scheme}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

const made = async (type, values) => {
  const answer = await admin('POST', '/records/' + type, { values });
  assert.ok(answer.id, JSON.stringify(answer));
  return answer;
};

test('what the collector sees is suggested, registered with one click, left out with a reason, and does not return', async () => {
  const page = await open({ bypassCSP: true });
  await page.goto(url + '/assets');
  await page.getByText('Nothing is registered yet.').waitFor();
  await look(page, 'assets-empty');
  await page.getByRole('link', { name: 'What was seen' }).click();
  const before = await page.locator('.suggestions li').count();
  assert.ok(before > 0, 'this very host is not suggested');
  await look(page, 'asset-suggestions');
  const first = await page.locator('.suggestions li b').first().textContent();
  await page.locator('.suggestions li').first().getByRole('button', { name: /^Register/ }).click();
  await page.getByText('Registered.', { exact: true }).waitFor();
  assert.equal(await page.locator('.suggestions li').count(), before - 1);
  await page.goto(url + '/assets');
  await page.getByRole('link', { name: first, exact: true }).waitFor();
  assert.ok((await page.locator('table.list tbody tr').first().textContent()).includes('Nobody owns it'));
  // retired: it was decided, and is not suggested again
  const asset = (await admin('GET', '/records/asset')).rows[0];
  await admin('POST', `/records/asset/${asset.id}/moves`, { transition: 'retire', values: { disposed_on: '2026-11-01', disposal: 'Given back.' } }, { 'if-match': asset.etag });
  const seen = (await admin('GET', '/assets/suggestions')).seen;
  assert.ok(!seen.some((s) => s.name === first), 'it came back');
  if (seen.length) {
    const answer = await page.request.post(url + '/assets/register', { form: { key: seen[0].key, is_in: 'no', csrf: await page.locator('input[name=csrf]').first().getAttribute('value') }, maxRedirects: 0 });
    assert.equal(answer.status(), 422, 'left out without a reason');
  }
  page.isClean();
  await page.finish();
});

test('a data store is judged by its class: what nobody said is unknown, what is wrong is broken, and the matrix counts it', async () => {
  const owner = await made('person', { name: 'Dora Data', kind: 'employee' });
  const store = await made('data_store', { name: 'Orders', class: 'restricted', owner: owner.id, personal: true, special: false, enc_disk: 'encrypted', enc_database: 'clear' });
  await made('data_store', { name: 'Mailing list', class: 'internal', owner: owner.id, personal: true, special: false });
  const stores = await admin('GET', '/assets/stores');
  const one = stores.rows.find((r) => r.id === store.id), other = stores.rows.find((r) => r.title === 'Mailing list');
  assert.deepEqual(one.broken.map((b) => b.id), ['at_rest']);
  assert.ok(one.unknown.map((u) => u.id).includes('logged'));
  assert.ok(other.broken.some((b) => b.id === 'class_fits'), 'personal data in an internal store');
  const page = await open({ bypassCSP: true });
  await page.goto(url + '/assets/stores');
  await look(page, 'asset-stores');
  await page.goto(url + '/assets/encryption');
  await look(page, 'asset-encryption');
  const row = page.locator('table.matrix tbody tr', { hasText: 'Restricted' });
  await row.locator('td').nth(1).getByRole('link').click();
  await page.locator('#list').waitFor();
  assert.ok((await page.locator('section[aria-labelledby=list]').textContent()).includes('Orders'));
  await look(page, 'asset-encryption-list');
  page.isClean();
  await page.finish();
});

test('a concern with a name is answered by those who receive it, and its reporter reads the answer with the key', async () => {
  const hanna = await made('person', { name: 'Hanna Handler', kind: 'employee' }), otto = await made('person', { name: 'Otto Officer', kind: 'employee' });
  const ida = await made('person', { name: 'Ida Insider', kind: 'employee' });
  const nobody = await open({ signIn: false, bypassCSP: true });
  await nobody.goto(url + '/concern');
  await nobody.getByText('Nothing can be reported here yet.').waitFor();
  await made('concern_channel', { name: 'Concerns', open_to: 'signed_in', handlers: [hanna.id, otto.id], answer_days: 7 });
  await nobody.goto(url + '/concern');
  await nobody.getByText('Sign in first.').waitFor();

  const page = await newcomer('ida', 'employee', { person: ida.id, codes: false });
  await page.goto(url + '/concern');
  await look(page, 'concern');
  await page.getByLabel('What kind of concern is it?').selectOption('fraud');
  await page.getByLabel('Who or what is it about?').fill('Otto Officer');
  await page.getByLabel('What happened?').fill('Invoices were **paid twice**.');
  await page.getByLabel('I want to stay anonymous').uncheck();
  await page.getByRole('button', { name: 'Report it' }).click();
  const key = (await page.locator('pre.code code').textContent()).trim();
  assert.match(key, /^[A-Z2-9]{4}(-[A-Z2-9]{4}){4}$/);
  await look(page, 'concern-key');

  // whom it is about does not see it; who receives it does
  const about = await newcomer('otto', 'employee', { person: otto.id, codes: false });
  await about.goto(url + '/concerns');
  await about.getByText('Nothing was reported.').waitFor();
  const handler = await newcomer('hanna', 'employee', { person: hanna.id, codes: false });
  await handler.goto(url + '/concerns');
  await look(handler, 'concerns');
  await handler.locator('table.list tbody a').first().click();
  await handler.getByRole('button', { name: 'Take up' }).click();
  await handler.waitForLoadState();
  await handler.goto(url + '/concerns/CON-0001');
  assert.ok((await handler.locator('main').textContent()).includes('Ida Insider'));
  await handler.getByLabel('To the reporter').fill('Thank you. We look into it.');
  await handler.getByRole('button', { name: 'Send the answer' }).click();
  await handler.getByLabel('Said since').getByText('We look into it.').waitFor();
  assert.ok((await handler.locator('.state-line').textContent()).includes('Answered in time'));
  await look(handler, 'concern-one');

  await page.goto(url + '/concern/follow');
  await page.getByLabel('Your key').fill(key.toLowerCase());
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByText('We look into it.').waitFor();
  await page.getByLabel('Say more').fill('> not yours\nAlso in March.');
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByText('It is added.', { exact: true }).waitFor();
  await look(page, 'concern-follow');
  await handler.goto(url + '/concerns/CON-0001');
  assert.ok((await handler.locator('.state-line').textContent()).includes('In review'), 'what is added opens it again');
  for (const p of [page, about, handler]) await p.finish();
  await nobody.finish();
});

test('preparation, stakeholders and what to read are computed from records, and looking does nothing', async () => {
  const changes = () => execFileSync('sqlite3', ['-readonly', `${process.env.ASSAY_DATA_DIR}/db/assay.db`, 'select count(*) from record_change'], { encoding: 'utf8' });
  const customer = await made('stakeholder', { name: 'Kunde AG', kind: 'customer', expects: 'SOC 2 Type 2 each spring.' });
  await made('report_receipt', { stakeholder: customer.id, report: 'SOC 2 Type 2, first half', kind: 'type2', sent_on: '2026-07-20' });
  const before = changes();
  const page = await open({ bypassCSP: true });
  for (const [path, name] of [['/prepare', 'prepare'], ['/prepare?show=all', 'prepare-all'], ['/stakeholders', 'stakeholders'], ['/resources', 'resources']]) {
    await page.goto(url + path);
    await look(page, name);
  }
  assert.equal(changes(), before);
  const s = await admin('GET', '/stakeholders');
  assert.equal(s.sums.unbound, 1, 'a report without a promise of confidence');
  const prepare = await admin('GET', '/prepare');
  assert.equal(prepare.steps.length, prepare.total);
  assert.ok(prepare.documents.missing > 0 && prepare.documents.there + prepare.documents.waiting + prepare.documents.missing === prepare.documents.total);
  page.isClean();
  await page.finish();
});
