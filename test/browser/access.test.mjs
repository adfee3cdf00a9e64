// An access review of a host, from the tables that were captured there to the proof of removal: with the keyboard, by two people, signed by a third.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, looked as lookedAt, person } from './client.mjs';
import { admin, end, launch, url } from './site.mjs';

const looked = (page, name) => lookedAt(page, `access-${name}`);
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-access-'));

// A tree with these people on it, captured as the host review-host.
function capture(users) {
  const write = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  };
  write('usr/bin/true', '');
  write('bin/bash', '#!');
  fs.chmodSync(path.join(root, 'bin/bash'), 0o755);
  for (const u of users) fs.mkdirSync(path.join(root, 'home', u), { recursive: true });
  write('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n' + users.map((u, i) => `${u}:x:${1000 + i}:${1000 + i}::/home/${u}:/bin/bash\n`).join(''));
  write('etc/group', 'root:x:0:\ndaemon:x:1:\nsudo:x:27:ada\n' + users.map((u, i) => `${u}:x:${1000 + i}:\n`).join(''));
  write('etc/shadow', 'root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n' + users.map((u) => `${u}:$6$saltsalt$${'x'.repeat(86)}:19000:0:99999:7:::\n`).join(''));
  write('etc/sudoers', 'root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n');
  write('etc/hostname', 'review-host\n');
  write('etc/machine-id', '0123456789abcdef0123456789abcdef\n');
  write('etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n');
  const run = spawnSync(process.env.ASSAY_PROGRAM, ['--data', process.env.ASSAY_DATA_DIR, 'collect', '--root', root], { encoding: 'utf8' });
  assert.ok(run.status === 0 || run.status === 1, run.stderr);
}

let ada, olga, review;

before(async () => {
  await launch();
  capture(['ada', 'bob', 'cem', 'left']);
});
after(async () => {
  await end();
  fs.rmSync(root, { recursive: true, force: true });
});

test('an empty room says what a review is, and begins one of a captured host with one click', async () => {
  ada = await person('ada', 'Ada Reviewer', 'compliance_lead');
  olga = await person('olga', 'Olga Owner', 'compliance_lead');
  await admin('POST', '/records/person', { values: { name: 'Bob Stone', email: 'bob@example.org', kind: 'employee' } });
  const gone = await admin('POST', '/records/person', { values: { name: 'Lea Left', email: 'left@example.org', kind: 'employee', left_on: '2026-01-31' } });
  await admin('POST', `/records/person/${gone.id}/moves`, { transition: 'leave', sure: true }, { 'if-match': gone.etag });
  const page = ada.page;
  await page.goto(url + '/access');
  await page.getByText('A review takes a complete list').waitFor();
  await looked(page, 'empty');
  const form = page.locator('form.host-review', { hasText: 'review-host' });
  await form.getByLabel('Reviewer').selectOption(ada.id);
  await form.getByLabel('Signs it off').selectOption(olga.id);
  await form.getByRole('button', { name: /Begin a review/ }).click();
  await page.waitForURL(/\/access\/AR-\d+\?done=begun/);
  review = page.url().match(/AR-\d+/)[0];
  await page.getByText(/lines are to be decided/).waitFor();
  await looked(page, 'review');
  const json = await admin('GET', `/access/${review}`);
  assert.equal(json.lines, 6, 'root, daemon and four people');
  assert.equal(json.attributes.find((a) => a.id === 'population_complete').status, 'pass');
});

test('what is flagged comes first, a leaver above all; nobody decides about themselves', async () => {
  const page = ada.page;
  await page.goto(`${url}/access/${review}/lines`);
  const first = page.locator('.review-lines > li').first();
  assert.match(await first.innerText(), /left[\s\S]*Has left/);
  const own = page.locator('.review-lines > li', { has: page.getByRole('heading', { name: /^ada/ }) });
  assert.equal(await own.getByRole('radio').count(), 0, 'her own account is not hers to decide');
  assert.match(await own.innerText(), /own account|somebody else/);
  await looked(page, 'lines');
  const { rows } = await admin('GET', `/access/${review}/lines?show=all`);
  const line = rows.find((r) => r.name === 'ada');
  assert.equal(line.reviewer.id, olga.id, 'somebody else reviews it');
  const cem = rows.find((r) => r.name === 'cem');
  assert.ok(cem.flags.some((f) => f.id === 'orphan') && cem.flags.some((f) => f.id === 'use_unknown'));
});

test('lines are decided with the keyboard alone; a removal without a reason is not taken', async () => {
  const page = ada.page;
  await page.goto(`${url}/access/${review}/lines?show=mine`);
  const lines = await page.locator('.review-lines > li').evaluateAll((all) => all.map((l) => [l.querySelector('h2').innerText, 'flagged' in l.dataset]));
  await page.keyboard.press('j');
  for (const [name, flagged] of lines) {
    const remove = /^(left|cem)/.test(name);
    await page.keyboard.press(remove ? 'r' : 'k');
    if (!remove && !flagged) continue; // kept: the focus is on the next line
    await page.keyboard.type(remove ? 'No longer needed' : 'Needed for the system');
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('Escape');
  await page.keyboard.press('s');
  await page.waitForURL(/done=decided/);
  page.isClean();
  // Without scripts, and without a reason.
  const plain = await olga.page.context().browser().newContext({ storageState: await olga.page.context().storageState(), javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
  const bare = await plain.newPage();
  await bare.goto(`${url}/access/${review}/lines?show=mine`);
  await bare.getByLabel('Remove').first().check();
  await bare.getByRole('button', { name: 'Save decisions' }).click();
  await bare.getByText(/Nothing is stored/).waitFor();
  assert.ok(await bare.getByLabel('Remove').first().isChecked(), 'what was chosen stays');
  await bare.getByLabel('Keep').first().check();
  await bare.getByPlaceholder(/Reason/).first().fill('Administers the host');
  await bare.getByRole('button', { name: 'Save decisions' }).click();
  await bare.waitForURL(/done=decided/);
  await plain.close();
});

test('when all is decided, changes are due, and only a later list proves them', async () => {
  const page = olga.page;
  await page.goto(`${url}/access/${review}`);
  await page.getByText(/2 changes are to be carried out by/).waitFor();
  const { id } = (await admin('GET', '/records/task?q=Carry')).rows[0];
  assert.match(id, /^TASK-/);
  // A list in which one of the two is still there proves the other alone.
  capture(['ada', 'bob', 'cem']);
  await page.goto(url + '/access');
  await page.locator('form.host-review', { hasText: 'review-host' }).getByRole('button', { name: 'Only read in its accounts' }).click();
  await page.waitForURL(/done=extract/);
  let json = await admin('GET', `/access/${review}`);
  assert.equal(json.state, 'executing');
  assert.deepEqual(json.todo_lines.map((l) => [l.name, l.status_words]).sort(), [['cem', 'Still there'], ['left', 'Proven']]);
  await page.goto(`${url}/access/${review}`);
  await looked(page, 'executing');
  capture(['ada', 'bob']);
  await page.goto(url + '/access');
  await page.locator('form.host-review', { hasText: 'review-host' }).getByRole('button', { name: 'Only read in its accounts' }).click();
  await page.waitForURL(/done=extract/);
  json = await admin('GET', `/access/${review}`);
  assert.equal(json.state, 'proven');
  assert.ok(json.attributes.every((a) => a.status === 'pass'), JSON.stringify(json.attributes));
  assert.equal((await admin('GET', `/records/task/${id}`)).state.id, 'done');
});

test('whoever signs did not decide alone, is asked again who they are, and leaves evidence that the evaluator reads', async () => {
  const page = olga.page;
  await page.goto(`${url}/access/${review}`);
  await page.getByRole('button', { name: 'Sign off' }).click();
  await page.waitForLoadState();
  if (await page.getByLabel('Password').count()) {
    await page.getByLabel('Password').fill(PASSWORD);
    await page.locator('main form:has(input[type=password]) button').first().click();
    await page.waitForLoadState();
  }
  await page.goto(`${url}/access/${review}`);
  await page.getByText('Signed off, and locked.').waitFor();
  await looked(page, 'signed');
  const json = await admin('GET', `/access/${review}`);
  assert.equal(json.state, 'signed');
  assert.equal(json.evidence.length, 1);
  const file = path.join(root, 'attributes.json');
  fs.writeFileSync(file, assay('access', 'attributes', review));
  assert.match(assay('evaluate', file), /ON_TIME|NOT_DUE/);
  const lines = await admin('GET', `/access/${review}/lines?show=all`);
  assert.ok(lines.rows.every((l) => !l.may), 'nothing changes any more');
});

test('accounts that are gone stand in the list of those that are', async () => {
  const page = ada.page;
  await page.goto(url + '/access/accounts?show=gone');
  assert.ok(await page.getByRole('link', { name: 'left', exact: true }).isVisible());
  await page.goto(url + '/access/accounts');
  await looked(page, 'accounts');
});

test('lines are handed over to another reviewer, and what is not flagged is kept together with one reason', async () => {
  const system = await admin('POST', '/records/system', { values: { name: 'Ledger of hours', kind: 'application', owner: olga.id } });
  const today = new Date().toISOString().slice(0, 10);
  const rows = ['plain1', 'plain2', 'plain3', 'other1'].map((n) => `${n},${n}@example.org,${n[0] === 'o' ? 'write' : 'read'},${today},active,2025-01-01`);
  const file = path.join(root, 'hours.csv');
  for (const n of ['plain1', 'plain2', 'plain3', 'other1']) await admin('POST', '/records/person', { values: { name: `Person ${n}`, email: `${n}@example.org`, kind: 'employee' } });
  fs.writeFileSync(file, ['User,Email,Roles,Last login,Status,Created', ...rows, 'ghost,,read,never,active,2024-01-01'].join('\n') + '\n');
  assay('access', 'extract', file, '--system', system.id, '--query', 'all', '--complete', 'counted');
  const made = assay('access', 'review', '--system', system.id, '--owner', 'olga@example.org', '--reviewer', 'ada@example.org').match(/AR-\d+/)[0];
  const page = ada.page;
  await page.goto(`${url}/access/${made}/lines`);
  // One of the flagged lines in the same breath is not possible: the page offers four, and the keeper refuses the fifth.
  await page.locator('details.bulk-keep summary').click();
  await looked(page, 'bulk');
  await page.getByRole('button', { name: 'Keep 3 of 3' }).click();
  assert.ok(await page.locator('#bulk-why').evaluate((x) => !x.validity.valid), 'a reason is asked for');
  await page.locator('#bulk-why').fill('Everybody records their hours');
  await page.getByRole('button', { name: 'Keep 3 of 3' }).click();
  await page.waitForURL(/done=kept/);
  let lines = (await admin('GET', `/access/${made}/lines?show=all`)).rows;
  assert.deepEqual(lines.filter((l) => l.state === 'kept').map((l) => l.name).sort(), ['plain1', 'plain2', 'plain3']);
  assert.ok(lines.filter((l) => l.state === 'kept').every((l) => l.bulk === 3 && /Everybody records their hours \(kept together with 2 others\)/.test(l.decision.why)));
  const ghost = lines.find((l) => l.name === 'ghost');
  assert.ok(ghost.is_flagged && ghost.state === 'open');
  // The rest goes to Olga, who decides it; Ada finds nothing of it any more.
  await page.goto(`${url}/access/${made}/lines`);
  await page.locator('details.hand-over summary').click();
  await page.locator('#to').selectOption(olga.id);
  await page.locator('#hw').fill('On leave from tomorrow');
  await page.getByRole('button', { name: 'Hand over' }).click();
  await page.waitForURL(/done=handed/);
  lines = (await admin('GET', `/access/${made}/lines?show=all`)).rows;
  assert.ok(lines.filter((l) => l.state === 'open').every((l) => l.delegate.id === olga.id));
  await olga.page.goto(`${url}/access/${made}/lines?show=mine`);
  assert.equal(await olga.page.locator('.review-lines > li').count(), 2);
  for (const [name, choice, why] of [['ghost', 'Remove', 'Nobody knows whose it is'], ['other1', 'Keep', '']]) {
    const line = olga.page.locator('.review-lines > li', { has: olga.page.getByRole('heading', { name: new RegExp('^' + name) }) });
    await line.getByLabel(choice).check();
    if (why) await line.getByPlaceholder(/Reason/).fill(why);
  }
  await olga.page.getByRole('button', { name: 'Save decisions' }).click();
  await olga.page.waitForURL(/done=decided/);
  const before = await admin('GET', `/access/${made}/lines?show=all`);
  const history = await admin('GET', `/records/access_line/${ghost.id}/history`);
  assert.ok(JSON.stringify(history).includes('On leave from tomorrow'), 'the history of the line says who handed it over, and why');
  // As of yesterday none of this was there; a moment ago it was.
  assert.equal((await page.request.get(`${url}/api/v1/access/${made}?at=now-1d`)).status(), 404);
  const then = await (await page.request.get(`${url}/api/v1/access?at=now-1d`)).json();
  assert.equal(then.reviews.length, 0);
  assert.ok(before.rows.length === 5);
});

test('a list as CSV: what is wrong is said by row and column, then it is read in', async () => {
  const page = ada.page;
  page.expectsErrors = true;
  const { id } = await admin('POST', '/records/system', { values: { name: 'Payroll', kind: 'application' } });
  await page.goto(url + '/access/extract?system=' + id);
  await page.getByLabel('How the list was made').fill('all users');
  await page.getByLabel('How you know that nobody is missing').fill('the console counts three');
  await page.getByLabel('Or paste its lines').fill('User,Last login\nann,12/31/2025\nANN,2026-01-01\n');
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  await page.getByText('is no date: write 2026-11-30').waitFor();
  assert.ok(await page.getByText('stands in row 2 already').isVisible());
  await looked(page, 'extract-problems');
  await page.goto(url + '/access/extract?system=' + id);
  await page.getByLabel('How the list was made').fill('all users');
  await page.getByLabel('How you know that nobody is missing').fill('the console counts two');
  await page.getByLabel('Or paste its lines').fill('User,E-mail,Roles,Last login\nann,ada@example.org,"billing, admin",2025-12-31\nsvc-backup,,writer,never\n');
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  await page.getByText('2 accounts').first().waitFor();
  await looked(page, 'extract-plan');
  await page.getByRole('button', { name: /Read in 2 accounts/ }).click();
  await page.waitForURL(/done=extract/);
  const json = await admin('GET', '/access/accounts?system=' + id);
  assert.deepEqual(json.rows.map((r) => [r.name, r.person?.name ?? null]), [['ann', 'Ada Reviewer'], ['svc-backup', null]]);
});
