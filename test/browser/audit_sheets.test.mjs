// A sample from commitment to draw, and a test sheet from the grid to its lock: two auditors, and the compliance lead beside them.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, confirmed, looked as lookedAt, person } from './client.mjs';
import { admin, end, launch, url } from './site.mjs';

const looked = (page, name) => lookedAt(page, `sheets-${name}`);
const nonce = randomBytes(32);
const commitment = createHash('sha256').update(nonce).digest('hex');
const until = new Date(Date.now() + 90 * 86400000).toISOString().slice(0, 10);

// A call of the API from somebody's own page.
const call = (page, method, path, body, headers = {}) =>
  page.evaluate(
    async ([method, path, body, headers]) => {
      const token = document.querySelector('input[name=csrf]')?.value ?? '';
      const answer = await fetch('/api/v1' + path, { method, headers: { 'x-csrf-token': token, 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) });
      return { status: answer.status, json: await answer.json() };
    },
    [method, path, body, headers],
  );

let ann, bob, lea, engagement, population, sample, sheet, evidence;

before(async () => {
  await launch();
  ann = await person('ann', 'Ann Auditor', 'auditor', { kind: 'contractor', until });
  bob = await person('bob', 'Bob Second', 'auditor', { kind: 'contractor', until });
  lea = await person('lea', 'Lea Lead', 'compliance_lead');
  engagement = await admin('POST', '/records/engagement', {
    values: { title: 'Journey Type 2', kind: 'type2', window_from: '2026-01-01', window_to: '2026-06-30', categories: ['security'], firm: 'Reed & Partners', auditors: [ann.id, bob.id] },
  });
  assert.ok(engagement.id, JSON.stringify(engagement));
  await admin('POST', '/records/control', { id: 'CHG-02', values: { title: 'Changes are reviewed', owner: lea.id, effective_from: '2025-01-01' } });
  const control = await admin('GET', '/records/control/CHG-02');
  await admin('POST', '/records/control/CHG-02/moves', { transition: 'adopt' }, { 'if-match': control.etag ?? '"1"' });
  population = await admin('POST', '/records/population', {
    values: { title: 'Merges', engagement: engagement.id, controls: ['CHG-02'], kind: 'query', system: 'Repository', query: 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 120) select i as id from n',
      period_from: '2026-01-01', period_to: '2026-06-30' },
  });
  assert.ok(population.id, JSON.stringify(population));
  evidence = await admin('POST', '/records/evidence', { values: { title: 'Pull requests', period_from: '2026-01-01', period_to: '2026-06-30', link: 'https://example.org/' } });
});
after(end);

test('the auditor commits before the population is frozen; nobody of the organisation can', async () => {
  const page = ann.page;
  await page.goto(`${url}/audit/${engagement.id}/samples`);
  await page.getByText('No sample yet').waitFor();
  await looked(page, 'samples-empty');
  await page.getByLabel('Size', { exact: true }).fill('25');
  await page.getByLabel(/Commitment/).fill(commitment);
  await page.getByRole('button', { name: 'Commit', exact: true }).click();
  await page.waitForURL(/samples\/SMP-\d+/);
  sample = page.url().match(/SMP-\d+/)[0];
  await page.getByText('The organisation has to freeze the population now').waitFor();
  await looked(page, 'sample-committed');
  const refused = await call(lea.page, 'POST', `/audit/${engagement.id}/samples`, { population: population.id, commitment, size: 5 });
  assert.equal(refused.status, 403, JSON.stringify(refused.json));
});

test('the population is frozen, the number is shown, and the items follow', async () => {
  // Rows as record/frozen.h writes them: a heading, then an array a row.
  const rows = '{"columns":["id","merged_on"]}\n' + Array.from({ length: 120 }, (_, i) => `["M-${String(i + 1).padStart(4, '0')}","2026-0${1 + (i % 6)}-10"]\n`).join('');
  const file = path.join(os.tmpdir(), `assay-rows-${process.pid}.ndjson`);
  fs.writeFileSync(file, rows);
  assay('record', 'move', 'population', population.id, 'freeze', '--file', `files=${file}`, 'rows=120', `digest=${createHash('sha256').update(rows).digest('hex')}`, 'run_at=2026-07-01T08:00:00Z', 'run_by=Lea Lead', 'columns=id merged_on');
  fs.rmSync(file);
  const page = ann.page;
  for (let i = 0; i < 60; i++) {
    await page.goto(`${url}/audit/${engagement.id}/samples/${sample}`);
    if (await page.getByLabel(/Secret number/).count()) break;
    await page.waitForTimeout(500);
  }
  await page.getByLabel(/Secret number/).fill(nonce.toString('hex'));
  await page.getByRole('button', { name: 'Show it and draw' }).click();
  await page.waitForURL(/done=moved/);
  await page.getByText('The same items.').waitFor();
  await looked(page, 'sample-drawn');
  const { json } = await call(page, 'GET', `/audit/${engagement.id}/samples/${sample}`);
  assert.equal(json.items.length, 25);
  assert.equal(json.is_late, false);
  // The same by the command, and by the ledger's own check.
  const again = JSON.parse(assay('audit', 'sample', 'draw-again', sample, '--json'));
  assert.equal(again.is_same, true, JSON.stringify(again));
});

test('sheets for the controls in scope are made with one click, and filled in with the keyboard', async () => {
  const page = ann.page;
  await page.goto(`${url}/audit/${engagement.id}/sheets`);
  await looked(page, 'sheets-empty');
  await page.getByRole('button', { name: /Make .* sheet/ }).click();
  await page.waitForURL(/done=created/);
  await looked(page, 'sheets');
  await page.getByRole('link', { name: /CHG-02/ }).first().click();
  await page.waitForURL(/sheets\/TS-\d+/);
  sheet = page.url().match(/TS-\d+/)[0];
  await page.getByText('What was done, how, and what it rests on').click();
  await page.locator('#sample').selectOption(sample);
  await page.locator('#evidence').fill(evidence.id);
  await page.locator('#procedure').fill('Each merge was looked at in the repository.');
  await page.locator('#attributes').fill('A: reviewed\nB: by another person\nC: tests passed\nD: approved before\nE: ticket named');
  await page.locator('details .form-end button').click();
  await page.waitForURL(/done=changed/);
  await page.waitForLoadState('networkidle'); // the script that goes on to the next cell
  const cells = page.locator('input.mark');
  assert.equal(await cells.count(), 125);
  const begun = Date.now();
  await cells.first().focus();
  for (let i = 0; i < 125; i++) await page.keyboard.type(i === 11 ? 'n' : 'y'); // item 3, B
  assert.ok(Date.now() - begun < 120000, 'two minutes are enough');
  await looked(page, 'sheet-grid');
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name: 'Save', exact: true }).first().click()]); // the address says done=changed already
  await page.waitForURL(/done=changed/);
  const { json } = await call(page, 'GET', `/audit/${engagement.id}/sheets/${sheet}`);
  assert.deepEqual([json.count.tested, json.count.deviations, json.count.open], [25, 1, 0]);
  assert.equal(json.extension.to, 38);
  // Without scripts: one cell is typed and saved.
  const plain = await page.context().browser().newContext({ storageState: await page.context().storageState(), javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
  const bare = await plain.newPage();
  await bare.goto(`${url}/audit/${engagement.id}/sheets/${sheet}`);
  await bare.locator('input.mark').nth(11).fill('n');
  await bare.locator('input[name^="t."]').nth(2).fill('The author merged it alone');
  await Promise.all([bare.waitForNavigation(), bare.getByRole('button', { name: 'Save', exact: true }).first().click()]);
  await bare.waitForURL(/done=changed/);
  await plain.close();
});

test('what deviates is an exception, management answers, and nobody writes the other side', async () => {
  const page = ann.page;
  await page.goto(`${url}/audit/${engagement.id}/sheets/${sheet}`);
  await page.getByRole('button', { name: 'Extend the sample to 38' }).click();
  await page.waitForURL(/done=moved/);
  await page.getByRole('button', { name: 'Everything open: yes' }).click();
  await page.waitForURL(/done=changed/);
  await page.getByRole('link', { name: 'Write an exception' }).click();
  await page.getByLabel(/^What(?! was)/).first().fill('One merge without a second person');
  await page.getByLabel(/What was expected/).fill('approval by another person');
  await page.getByLabel(/Facts and dates/).fill('one merge of 2026-03-04');
  await page.getByLabel(/^Cause/).selectOption('isolated');
  await page.locator('main form button.primary').first().click();
  await page.waitForURL(new RegExp(`sheets/${sheet}\\?done=`));
  await page.goto(`${url}/audit/${engagement.id}/exceptions`);
  await page.getByText('1 exception has no response').waitFor();
  await looked(page, 'exceptions');
  const exception = (await call(page, 'GET', `/audit/${engagement.id}/exceptions`)).json.rows[0];
  const ours = await call(lea.page, 'PATCH', `/records/audit_exception/${exception.id}`, { values: { facts: 'hardly anything' } }, { 'if-match': `"${exception.version}"` });
  assert.equal(ours.status, 403, JSON.stringify(ours.json));
  const theirs = await call(page, 'POST', '/records/response', { values: { title: 'x', exception: exception.id, cause: 'c', effect: 'e', action: 'a', action_on: '2026-09-01', owner: lea.id } });
  assert.equal(theirs.status, 403, JSON.stringify(theirs.json));
  await lea.page.goto(`${url}/audit/${engagement.id}/exceptions/${exception.id}`);
  await lea.page.getByRole('button', { name: 'The facts are agreed' }).click();
  await lea.page.waitForURL(/done=moved/);
  await looked(lea.page, 'exception');
});

test('prepared by one, signed by another, locked for good', async () => {
  const page = ann.page;
  await page.goto(`${url}/audit/${engagement.id}/sheets/${sheet}`);
  await page.getByText('Exception: for 1 of 38 items tested, approval by another person did not happen').waitFor();
  await page.getByRole('button', { name: 'Prepared: conclude' }).click();
  await page.waitForLoadState();
  const early = await call(page, 'GET', `/audit/${engagement.id}/sheets/${sheet}`);
  if (early.json.is_draft) {
    // The population was not found complete and accurate: nothing is concluded.
    assert.match(await page.innerText('main'), /complete and accurate/);
    const p = await admin('GET', `/records/population/${population.id}`);
    const checked = await call(page, 'POST', `/records/population/${population.id}/moves`, {
      transition: 'check', values: { completeness_by: 'sequence', completeness: 'No hole in the numbers', accuracy_rows: '1, 2', accuracy: 'Traced to the repository and back' },
    }, { 'if-match': p.etag ?? `"${p.version}"` });
    assert.equal(checked.status, 200, JSON.stringify(checked.json));
    await page.goto(`${url}/audit/${engagement.id}/sheets/${sheet}`);
    await page.getByRole('button', { name: 'Prepared: conclude' }).click();
    await page.waitForURL(/done=moved/);
  }
  assert.equal(await page.getByRole('button', { name: 'Sign off and lock' }).count(), 0, 'whoever prepared it does not sign');
  await looked(page, 'sheet-prepared');
  await bob.page.waitForTimeout(1500); // a head is signed over what it cites
  await bob.page.goto(`${url}/audit/${engagement.id}/sheets/${sheet}`);
  await bob.page.getByRole('button', { name: 'Sign off and lock' }).click();
  await confirmed(bob.page);
  await bob.page.goto(`${url}/audit/${engagement.id}/sheets/${sheet}`);
  await bob.page.getByText('Locked.').waitFor();
  assert.equal(await bob.page.locator('input.mark').count(), 0);
  await bob.page.getByLabel('What came to light later').fill('The repository kept its log.');
  await bob.page.getByRole('button', { name: /Add it/ }).click();
  await bob.page.waitForURL(/done=moved/);
  await bob.page.getByText(/Bob Second \(P-\d+\): The repository kept its log/).first().waitFor();
  await looked(bob.page, 'sheet-locked');
  const { json } = await call(bob.page, 'GET', `/audit/${engagement.id}/sheets/${sheet}`);
  assert.ok(json.opinion.proof);
  for (const one of [ann, bob, lea]) {
    const tried = await call(one.page, 'PATCH', `/records/test_sheet/${sheet}`, { values: { results: '' } }, { 'if-match': `"${json.version}"` });
    assert.ok([403, 409, 412, 422].includes(tried.status), JSON.stringify(tried));
  }
});
