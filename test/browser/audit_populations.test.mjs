// Populations of an engagement: taken from the library and frozen by the lead, held against payroll, explained, checked by the auditor; then the window is evaluated.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { looked as lookedAt, person } from './client.mjs';
import { admin, end, launch, url } from './site.mjs';

let lead, auditor, engagement, population;
const looked = (page, name) => lookedAt(page, `audit-${name}`);
const year = new Date().getUTCFullYear();

before(async () => {
  await launch();
  lead = await person('poplead', 'Ada Lead', 'compliance_lead');
  auditor = await person('popauditor', 'Rosa Reed', 'compliance_lead');
  for (const [name, left] of [['Lena Left', `${year}-01-20`], ['Otto Out', `${year}-01-28`]]) {
    const one = await admin('POST', '/records/person', { values: { name, kind: 'employee', email: `${name.split(' ')[0].toLowerCase()}@example.org`, left_on: left } });
    await admin('POST', `/records/person/${one.id}/moves`, { transition: 'leave', sure: true }, { 'if-match': one.etag });
  }
  const { id } = await admin('POST', '/records/engagement', { values: { title: 'Populated SOC 2', kind: 'type2', window_from: `${year}-01-01`, window_to: `${year}-12-31`, categories: ['security'], firm: 'Reed' } });
  engagement = id;
  const adopted = await admin('POST', '/records/control', { id: 'AC-04', values: { title: 'Access removed on termination', owner: lead.id } }).catch(() => null);
  if (adopted?.etag) await admin('POST', '/records/control/AC-04/moves', { transition: 'adopt' }, { 'if-match': adopted.etag }).catch(() => null);
});
after(end);

test('an empty list teaches, and one of the library is taken with a click', async () => {
  const page = lead.page;
  await page.goto(`${url}/audit/${engagement}/populations`);
  await page.getByText('No population yet').waitFor();
  await looked(page, 'populations-empty');
  await page.getByLabel('Population', { exact: true }).selectOption('leavers');
  await page.getByRole('button', { name: 'Take it' }).click();
  await page.waitForURL(/\/populations\/POP-\d+\?done=taken/);
  population = page.url().match(/POP-\d+/)[0];
  await page.getByRole('button', { name: 'Look at what it gives' }).click();
  await page.getByRole('heading', { name: 'What it would give: 2 rows' }).waitFor();
  assert.equal((await admin('GET', `/audit/${engagement}/populations/${population}`)).is_frozen, false, 'looking stores nothing');
});

test('frozen, its rows and digest stay, and whoever froze it cannot check it', async () => {
  const page = lead.page;
  await page.goto(`${url}/audit/${engagement}/populations/${population}`);
  await page.getByRole('button', { name: 'Run and freeze' }).click();
  await page.waitForURL(/done=frozen/);
  await page.getByText('Same digest').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Complete and accurate' }).count(), 0, 'whoever froze it does not check it');
  await looked(page, 'population-frozen');
  const json = await admin('GET', `/audit/${engagement}/populations/${population}`);
  assert.equal(json.rows_count, 2);
  assert.match(json.digest, /^[0-9a-f]{64}$/);
  assert.equal(json.traced.rows.length, 2);
  await page.getByLabel('Search in rows').fill('otto');
  await page.getByRole('button', { name: 'Search', exact: true }).last().click();
  await page.getByText('1 row holds it.').waitFor();
});

test('payroll names somebody more; that is explained, or nothing is complete', async () => {
  const page = lead.page;
  await page.goto(`${url}/audit/${engagement}/populations`);
  await page.getByLabel('Population', { exact: true }).selectOption('payroll_leavers');
  await page.getByRole('button', { name: 'Take it' }).click();
  await page.waitForURL(/done=taken/);
  await page.getByLabel('The file').setInputFiles({ name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from('number,name,date\n7,"Lena') });
  await page.getByRole('button', { name: 'Read and freeze' }).click();
  await page.getByText('file: line 2: a quote is not closed').waitFor();
  await looked(page, 'population-bad-file');
  await page.getByLabel('The file').setInputFiles({ name: 'pay.csv', mimeType: 'text/csv', buffer: Buffer.from(`number,name,date\n7,Lena Left,${year}-01-20\n8,Otto Out,${year}-01-28\n9,Uwe Unknown,${year}-02-03\n`) });
  await page.getByRole('button', { name: 'Read and freeze' }).click();
  await page.waitForURL(/done=frozen/);
  await page.goto(`${url}/audit/${engagement}/populations/${population}`);
  assert.equal(await page.getByLabel('Both name the same thing by').inputValue(), 'name', 'the library knows by what');
  await page.getByRole('button', { name: 'Hold them against one another' }).click();
  await page.waitForURL(/done=reconciled/);
  await page.getByRole('cell', { name: /Uwe Unknown/ }).first().waitFor();
  await looked(page, 'population-differences');

  const other = auditor.page;
  const check = async () => {
    await other.goto(`${url}/audit/${engagement}/populations/${population}`);
    await other.getByLabel('Complete by').selectOption('source');
    await other.getByLabel('How you know that nothing is missing').fill('Payroll names the same people.');
    await other.getByLabel(/What you found for rows/).fill('Both last days agree with the letters.');
    await other.getByRole('button', { name: 'Complete and accurate' }).click();
  };
  await check();
  await other.getByText('a difference to another source is neither explained nor a deviation').waitFor();
  assert.equal(await other.getByLabel('How you know that nothing is missing').inputValue(), 'Payroll names the same people.', 'what was typed stays');
  await page.getByLabel(/Why Uwe Unknown differs/).fill('Paid by another company of the group; never had access.');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.waitForURL(/done=explained/);
  await check();
  await other.waitForURL(/done=checked/);
  await other.getByText('Complete and accurate').first().waitFor();
  await looked(other, 'population-checked');
});

test('the window is evaluated from what is checked, and from nothing else', async () => {
  const page = lead.page;
  const period = await admin('GET', `/controls/period?from=${year}-01-01&to=${year}-12-31`);
  assert.equal(period.engagement?.id, engagement);
  const control = period.controls.find((c) => c.id === 'AC-04');
  if (control?.is_of_population) {
    assert.deepEqual(control.populations.map((p) => p.id), [population]);
    assert.match(control.inputs, /^[0-9a-f]{64}$/);
    assert.notEqual(control.conclusion, 'INSUFFICIENT_EVIDENCE');
  }
  for (const c of period.controls.filter((k) => k.is_of_population && k.id !== 'AC-04')) assert.equal(c.conclusion, 'INSUFFICIENT_EVIDENCE', c.id);
  await page.goto(`${url}/audit/${engagement}/populations`);
  await looked(page, 'populations');
});
