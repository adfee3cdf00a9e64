// One examination, lead and auditor side by side: from opening the engagement to the locked test sheet and the draft of the report. After every step the other
// side sees it, and cannot change it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, confirmed, looked as lookedAt, person } from './client.mjs';
import { admin, end, launch, url } from './site.mjs';

const until = new Date(Date.now() + 90 * 86400000).toISOString().slice(0, 10);
const nonce = randomBytes(32);
const commitment = createHash('sha256').update(nonce).digest('hex');
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-auditor-')); // the auditor's own machine
let lea, leo, ann, bob, engagement, population, sample, sheet, exception;

// A step as both sides see it: what one did, the other reads at the same address.
async function both(name, address) {
  for (const [side, one] of [['lead', lea], ['auditor', ann]]) {
    await one.page.goto(url + address);
    await lookedAt(one.page, `side-${name}-${side}`);
  }
}
const at = (rest) => `/audit/${engagement}${rest}`;
const call = (page, method, address, body, headers = {}) =>
  page.evaluate(
    async ([method, address, body, headers]) => {
      const token = document.querySelector('input[name=csrf]')?.value ?? '';
      const answer = await fetch(address, { method, headers: { 'x-csrf-token': token, 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) });
      const text = await answer.text();
      return { status: answer.status, json: text.startsWith('{') ? JSON.parse(text) : null };
    },
    [method, address, body, headers],
  );
const read = async (who, address) => (await call(who.page, 'GET', '/api/v1' + address)).json;
// Whatever the screen offers: the other side's words are not theirs to change.
async function refused(who, type, id, values) {
  const now = await admin('GET', `/records/${type}/${id}`);
  const tried = await call(who.page, 'PATCH', `/api/v1/records/${type}/${id}`, { values }, { 'if-match': now.etag ?? `"${now.version}"` });
  assert.ok([403, 404, 409, 422].includes(tried.status), `${type} ${id}: ${tried.status}`);
}
// A key made on the auditor's own machine by the command that the room shows them, and registered by the organisation.
async function bringsKey(page, name, file) {
  await page.goto(url + at('/room'));
  await page.getByText('None: what they conclude is said by their account alone').first().click();
  const called = (await page.getByRole('group', { name: `Command for ${name}` }).innerText()).match(/--name (\S+)/)[1];
  const vkey = execFileSync(process.env.ASSAY_PROGRAM, ['audit', 'key', 'new', path.join(home, file), '--name', called], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  assay('key', 'add', 'auditor', vkey);
}
// There: what the page gives is signed, and what that writes is handed in.
async function signed(page, key = 'auditor.key') {
  await page.getByRole('heading', { name: 'Sign it with your key' }).waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download what is signed' }).click()]);
  const statement = path.join(home, 'statement.txt');
  await file.saveAs(statement);
  const note = execFileSync(process.env.ASSAY_PROGRAM, ['--data', path.join(home, 'none'), 'audit', 'sign', statement, '--key', path.join(home, key)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  await page.getByLabel('Paste all that it wrote').fill(note);
  await page.getByRole('button', { name: 'Hand it in' }).click();
}

before(async () => {
  await launch();
  lea = await person('lea', 'Lea Lead', 'compliance_lead');
  leo = await person('leo', 'Leo Deputy', 'compliance_lead');
  ann = await person('ann', 'Ann Auditor', 'auditor', { kind: 'auditor', until });
  bob = await person('bob', 'Bob Second', 'auditor', { kind: 'auditor', until });
  await admin('POST', '/records/control', { id: 'CHG-02', values: { title: 'Changes are reviewed', owner: lea.id, effective_from: '2025-01-01' } });
  const control = await admin('GET', '/records/control/CHG-02');
  await admin('POST', '/records/control/CHG-02/moves', { transition: 'adopt' }, { 'if-match': control.etag });
  await admin('POST', '/records/risk', { values: { title: 'Accounts are taken over', category: 'access' } });
  for (const one of [lea, leo, ann, bob]) one.page.expectsErrors = true; // what is refused is asked for on purpose
});
after(async () => {
  await end();
  fs.rmSync(home, { recursive: true, force: true });
});

test('the lead opens the engagement, the scope is held fast, and auditors come in', async () => {
  const page = lea.page;
  await page.goto(url + '/audit/new');
  await page.getByLabel('Name').fill('SOC 2 Type 2, side by side');
  await page.getByLabel('Type 2: window from').fill('2026-01-01');
  await page.getByLabel('to', { exact: true }).fill('2026-06-30');
  await page.getByLabel('Audit firm').fill('Reed & Partners');
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByLabel('Leads it on our side').selectOption(lea.id);
  await page.getByRole('button', { name: 'Open the engagement' }).click();
  await page.waitForURL(/\/audit\/ENG-\d+\?done=created/);
  engagement = page.url().match(/ENG-\d+/)[0];
  await admin('POST', '/records/scope', { values: { name: 'Scope', boundary: 'All of it.', rationale: 'Customers ask.', owner: lea.id } });
  assay('record', 'move', 'scope', 'SCOPE-0001', 'submit');
  await page.goto(url + '/scope/version');
  await page.getByRole('button', { name: 'Approve this scope' }).click();
  await confirmed(page);
  await page.goto(url + at(''));
  await page.getByRole('button', { name: 'End the planning' }).click();
  await confirmed(page);
  await page.waitForURL(/done=moved/);
  await ann.page.goto(url + '/audit');
  assert.equal(await ann.page.getByText('side by side').count(), 0, 'whoever is not named sees nothing');
  const now = await admin('GET', '/records/engagement/' + engagement);
  await admin('PATCH', '/records/engagement/' + engagement, { values: { auditors: [ann.id, bob.id] } }, { 'if-match': now.etag });
  await both('engagement', at(''));
  assert.equal(await ann.page.getByRole('link', { name: 'Edit' }).count(), 0);
  await refused(ann, 'engagement', engagement, { window_to: '2026-12-31' });
  await refused(lea, 'engagement', engagement, { window_to: '2026-12-31' }); // nor does the lead without a reason
});

test('what is asked is answered, sent back, answered again and taken', async () => {
  await lea.page.goto(url + at('/requests'));
  await lea.page.getByRole('button', { name: 'Make the list' }).click();
  await lea.page.waitForURL(/done=requests/);
  const one = (await read(ann, at('/requests?show=all&q=PBC-033'))).rows[0];
  await both('requests', at('/requests'));
  await lea.page.goto(url + one.url);
  await lea.page.getByLabel('In words').fill('The register as it is today.');
  await lea.page.getByRole('button', { name: 'Hand in what is ticked' }).click();
  await lea.page.waitForURL(/done=submitted/);
  assert.equal((await call(lea.page, 'POST', `/api/v1${one.url}/accept`, {})).status, 403, 'the organisation does not take its own answer');
  await ann.page.goto(url + one.url);
  await ann.page.getByLabel('Why').first().fill('Of the whole window, please.');
  await ann.page.getByRole('button', { name: 'Send back' }).click();
  await ann.page.waitForURL(/done=moved/);
  assert.equal((await call(ann.page, 'POST', `/api/v1${one.url}/submit`, { answer: 'Mine' })).status, 403);
  await lea.page.goto(url + one.url);
  await lea.page.getByText('Of the whole window, please.').waitFor();
  await lea.page.getByLabel('In words').fill('The register with its history of the window.');
  await lea.page.getByRole('button', { name: 'Hand in what is ticked' }).click();
  await lea.page.waitForURL(/done=submitted/);
  await ann.page.goto(url + one.url);
  await ann.page.getByRole('button', { name: 'Accept' }).click();
  await ann.page.waitForURL(/done=moved/);
  await both('request', one.url);
  assert.equal((await read(lea, one.url)).request.state.id, 'accepted');
});

test('the auditor brings a key of her own, and commits to a sample with it', async () => {
  await both('room', at('/room'));
  await bringsKey(ann.page, 'Ann Auditor', 'auditor.key');
  await both('room-key', at('/room'));
  await ann.page.getByText('in force since').waitFor();
  population = (await admin('POST', '/records/population', {
    values: { title: 'Merges to main', engagement, controls: ['CHG-02'], kind: 'import', system: 'Repository', query: 'All merges to main', period_from: '2026-01-01', period_to: '2026-06-30', owner: lea.id },
  })).id;
  await ann.page.goto(url + at('/samples'));
  await ann.page.getByLabel('Size', { exact: true }).fill('25');
  await ann.page.getByLabel(/Commitment/).fill(commitment);
  await ann.page.getByRole('button', { name: 'Commit', exact: true }).click();
  await ann.page.getByRole('heading', { name: 'Sign it with your key' }).waitFor();
  await lookedAt(ann.page, 'side-sign-auditor');
  await signed(ann.page);
  await ann.page.waitForURL(/samples\/SMP-\d+/);
  sample = ann.page.url().match(/SMP-\d+/)[0];
  await both('sample-committed', at(`/samples/${sample}`));
  assert.equal(await lea.page.getByRole('button', { name: 'Make void' }).count(), 0);
  await refused(lea, 'sample', sample, { size: 3 });
});

test('the lead freezes the population, another person finds it complete, and the number is shown', async () => {
  await lea.page.goto(url + at(`/populations/${population}`));
  const rows = 'id,merged_on\n' + Array.from({ length: 120 }, (_, i) => `M-${String(i + 1).padStart(4, '0')},2026-0${1 + (i % 6)}-10\n`).join('');
  await lea.page.getByLabel('The file').setInputFiles({ name: 'merges.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
  await lea.page.getByRole('button', { name: 'Read and freeze' }).click();
  await lea.page.waitForURL(/done=frozen/);
  await bob.page.goto(url + at(`/populations/${population}`));
  await bob.page.getByLabel('Complete by').selectOption('sequence');
  await bob.page.getByLabel('How you know that nothing is missing').fill('M-0001 to M-0120 without a hole.');
  await bob.page.getByLabel(/What you found for rows/).fill('Each is a merge of that day.');
  await bob.page.getByRole('button', { name: 'Complete and accurate' }).click();
  await bob.page.waitForURL(/done=checked/);
  await both('population', at(`/populations/${population}`));
  await refused(ann, 'population', population, { title: 'Another' });
  await refused(lea, 'population', population, { query: 'Others' });
  for (let i = 0; i < 60; i++) {
    await ann.page.goto(url + at(`/samples/${sample}`));
    if (await ann.page.getByLabel(/Secret number/).count()) break;
    await ann.page.waitForTimeout(500);
  }
  await ann.page.getByLabel(/Secret number/).fill(nonce.toString('hex'));
  await ann.page.getByRole('button', { name: 'Show it and draw' }).click();
  await signed(ann.page);
  await ann.page.waitForURL(/done=moved/);
  await both('sample-drawn', at(`/samples/${sample}`));
  await lea.page.getByText('The same items.').waitFor();
  assert.equal((await read(lea, at(`/samples/${sample}`))).items.length, 25);
});

test('the sheet is filled in with the keyboard; the lead reads it and nothing more', async () => {
  const page = ann.page;
  await page.goto(url + at('/sheets'));
  await page.getByRole('button', { name: /Make .* sheet/ }).click();
  await page.waitForURL(/done=created/);
  await page.getByRole('link', { name: /CHG-02/ }).first().click();
  await page.waitForURL(/sheets\/TS-\d+/);
  sheet = page.url().match(/TS-\d+/)[0];
  const evidence = await admin('POST', '/records/evidence', { values: { title: 'Pull requests of the sample', period_from: '2026-01-01', period_to: '2026-06-30', link: 'https://example.org/' } });
  await page.getByText('What was done, how, and what it rests on').click();
  await page.locator('#sample').selectOption(sample);
  await page.locator('#evidence').fill(evidence.id);
  await page.locator('#procedure').fill('Each merge was looked at in the repository.');
  await page.locator('#attributes').fill('A: reviewed\nB: by another person\nC: tests passed');
  await page.locator('details .form-end button').click();
  await page.waitForURL(/done=changed/);
  await page.waitForLoadState('networkidle');
  const cells = page.locator('input.mark');
  assert.equal(await cells.count(), 75);
  await cells.first().focus();
  for (let i = 0; i < 75; i++) await page.keyboard.type(i === 7 ? 'n' : 'y'); // item 3, B
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name: 'Save', exact: true }).first().click()]);
  const json = await read(lea, at(`/sheets/${sheet}`));
  assert.deepEqual([json.count.tested, json.count.deviations, json.count.open], [25, 1, 0]);
  await both('sheet', at(`/sheets/${sheet}`));
  assert.equal(await lea.page.locator('input.mark').count(), 0, 'the lead has no cells to fill in');
  await refused(lea, 'test_sheet', sheet, { results: '1 A=yes B=yes C=yes' });
});

test('a deviation is an exception; management answers, the auditor reads it once it is given', async () => {
  await ann.page.goto(url + at(`/sheets/${sheet}`));
  await ann.page.getByRole('button', { name: 'Extend the sample to 38' }).click();
  await ann.page.waitForURL(/done=moved/);
  await ann.page.getByRole('button', { name: 'Everything open: yes' }).click();
  await ann.page.waitForURL(/done=changed/);
  await ann.page.getByRole('link', { name: 'Write an exception' }).click();
  await ann.page.getByLabel(/^What(?! was)/).first().fill('One merge without a second person');
  await ann.page.getByLabel(/What was expected/).fill('approval by another person');
  await ann.page.getByLabel(/Facts and dates/).fill('one merge of 2026-03-10');
  await ann.page.getByLabel(/^Cause/).selectOption('isolated');
  await ann.page.locator('main form button.primary').first().click();
  await ann.page.waitForURL(new RegExp(`sheets/${sheet}\\?done=`));
  exception = (await read(lea, at('/exceptions'))).rows[0];
  await refused(lea, 'audit_exception', exception.id, { facts: 'hardly anything' });
  await lea.page.goto(url + exception.url);
  await lea.page.getByRole('button', { name: 'The facts are agreed' }).click();
  await lea.page.waitForURL(/done=moved/);
  await lea.page.getByRole('link', { name: 'Write the response' }).click();
  await lea.page.getByLabel(/^In one line/).fill('Branch protection covers every branch now');
  await lea.page.getByLabel(/^Cause/).fill('A rule was missing for one branch.');
  await lea.page.getByLabel(/^Effect that was evaluated/).fill('Nothing else was merged there.');
  await lea.page.getByLabel(/^What will be done/).fill('The rule is set for all branches.');
  await lea.page.getByLabel(/^By/).first().fill('2027-01-31');
  await lea.page.getByLabel(/^Owner/).selectOption(lea.id);
  await lea.page.locator('main form button.primary').first().click();
  await lea.page.waitForURL(/exceptions\/AEX-|responses?\/|records\/response/);
  const response = (await admin('GET', '/records/response')).rows[0];
  assert.equal((await call(ann.page, 'GET', '/api/v1/records/response/' + response.id)).status, 404, 'a draft is management\'s own');
  await leo.page.goto(url + exception.url);
  await leo.page.getByRole('button', { name: 'Give the response' }).click();
  await confirmed(leo.page);
  await both('exception', exception.url);
  await ann.page.getByText('Branch protection covers every branch now').first().waitFor();
  await refused(ann, 'response', response.id, { title: 'Theirs' });
});

test('prepared by one auditor, signed by another, locked for good; later only addenda', async () => {
  await ann.page.goto(url + at(`/sheets/${sheet}`));
  await ann.page.getByRole('button', { name: 'Prepared: conclude' }).click();
  await ann.page.waitForURL(/done=moved/);
  await both('sheet-prepared', at(`/sheets/${sheet}`));
  assert.equal(await ann.page.getByRole('button', { name: 'Sign off and lock' }).count(), 0);
  await bringsKey(bob.page, 'Bob Second', 'second.key');
  await bob.page.waitForTimeout(1500); // a head is signed over what it cites
  await bob.page.goto(url + at(`/sheets/${sheet}`));
  await bob.page.getByRole('button', { name: 'Sign off and lock' }).click();
  await signed(bob.page, 'second.key');
  await confirmed(bob.page);
  await bob.page.goto(url + at(`/sheets/${sheet}`));
  await bob.page.getByText('Locked.').waitFor();
  await ann.page.goto(url + at(`/sheets/${sheet}`));
  await ann.page.getByLabel('What came to light later').fill('The repository kept its log.');
  await ann.page.getByRole('button', { name: /Add it/ }).click();
  await ann.page.waitForURL(/done=moved/);
  await both('sheet-locked', at(`/sheets/${sheet}`));
  await lea.page.getByText(/Ann Auditor \(P-\d+\): The repository kept its log/).first().waitFor();
  for (const one of [lea, ann, bob]) await refused(one, 'test_sheet', sheet, { results: '' });
  // Whose key it was stands under the leaf, for whoever checks it without us.
  const { opinion } = await read(lea, at(`/sheets/${sheet}`));
  const leaf = (await admin('GET', opinion.proof)).proof.leaf_text;
  assert.match(leaf, new RegExp(`\u2014 \\S+/auditor/${bob.id} `));
});

test('the lead shares the draft of the report; the auditor reads it, and that is on record', async () => {
  assert.equal((await call(ann.page, 'GET', '/api/v1' + at('/room/report'))).status, 404, 'nothing is shared yet');
  await lea.page.goto(url + at('/room'));
  await lea.page.getByRole('button', { name: 'Share the draft' }).click();
  await lea.page.waitForURL(/done=shared/);
  await both('draft', at('/room/report'));
  await ann.page.getByText('A draft, shared by management').waitFor();
  await ann.page.goto(url + at('/room'));
  assert.equal(await ann.page.getByRole('button', { name: /Share/ }).count(), 0);
  const csrf = await ann.page.locator('input[name=csrf]').first().getAttribute('value');
  const tried = await ann.page.evaluate(async ([address, csrf]) => (await fetch(address, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${csrf}&share=no`, redirect: 'manual' })).status, [at('/room/report'), csrf]);
  assert.equal(tried, 403);
  const log = await read(lea, at('/room/log'));
  assert.ok(log.rows.some((r) => r.address.startsWith(at('/room/report')) && r.side === 'auditor'), 'the read is on record');
  await both('log', at('/room/log'));
});

test('the ledger holds: order, items, and whose key signed', () => {
  const told = assay('verify', process.env.ASSAY_DATA_DIR);
  assert.doesNotMatch(told, /E43|E71|E72/);
});
