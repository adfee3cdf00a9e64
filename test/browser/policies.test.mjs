// Policies: one is written, approved by two, published, signed, changed, signed again where that is asked, and read by everybody; receipts prove it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { assay, axeOn, newcomer } from './client.mjs';
import { admin, end, launch, open, picture, url } from './site.mjs';

const stamp = String(Date.now());
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// Somebody with an account, a password and, where the role reads more than the own page, one-time codes.
async function someone(name, roles, options = {}) {
  const person = await admin('POST', '/records/person', { values: { name, kind: 'employee', department: options.department ?? 'Operations' } });
  const login = name.split(' ')[0].toLowerCase() + stamp;
  const page = await newcomer(login, roles, { name, person: person.id, codes: roles !== 'employee', ...options.page });
  return { page, person };
}

let writer, first, second, reader;

before(async () => {
  await launch();
  writer = await someone('Wanda Writer', 'compliance_lead');
  first = await someone('Fay First', 'compliance_lead');
  second = await someone('Saul Second', 'owner');
  reader = await someone('Rita Reader', 'employee', { department: 'Engineering', page: { javaScriptEnabled: false } });
});
after(end);

test('a policy of the library is taken over with its words, and lints clean', async () => {
  const { page } = writer;
  await page.goto(url + '/policies');
  assert.ok(await page.getByText('No policy is in force yet').isVisible());
  await page.goto(url + '/policies/POL-05');
  assert.match(await page.locator('.policy-text').innerText(), /password/i);
  await page.getByLabel('Owner').selectOption(writer.person.id);
  await page.locator('#approver').selectOption(first.person.id);
  await page.locator('#approver2').selectOption(second.person.id);
  await page.getByLabel('How many have to approve').fill('2');
  await page.getByRole('button', { name: 'Take it over' }).click();
  await page.waitForURL(/done=taken/);
  await page.getByRole('link', { name: 'Edit the draft' }).click();
  assert.equal(await page.locator('.problems').count(), 0, 'the library keeps its own rules');
  assert.match(assay('policy', 'lint', 'POL-05'), /1 texts keep all rules/);
});

test('what breaks a rule is told in the editor; the preview fills values in; nothing typed is lost', async () => {
  const { page } = writer;
  await page.goto(url + '/policies/POL-05/edit');
  const text = await page.locator('#text').inputValue();
  await page.locator('#text').fill(text.replace('## Exceptions', '## Others').replace(/\{\{session_idle_minutes_max\}\}|\{\{password_length_min\}\}/, '{{no_such_value}}'));
  await page.getByRole('button', { name: 'Preview' }).click();
  assert.ok(await page.getByText('there is no parameter {{no_such_value}}').isVisible());
  assert.ok(await page.getByText('the section "Exceptions" is missing').isVisible());
  assert.ok((await page.locator('#text').inputValue()).includes('## Others'));
  await page.locator('#text').fill(text.replace('## Purpose\n', '## Purpose\nIn short: be careful. '));
  await page.getByLabel('What changed').fill('The first version.');
  await page.getByRole('button', { name: 'Preview' }).click();
  assert.match(await page.locator('section[aria-labelledby="preview"]').innerText(), /In short: be careful/);
  assert.ok(!(await page.locator('section[aria-labelledby="preview"]').innerText()).includes('{{'));
  await page.getByRole('button', { name: 'Save the draft' }).click();
  await page.waitForURL(/done=saved/);
});

test('it is sent, approved by two who did not write it, and published', async () => {
  const { page } = writer;
  await page.getByRole('button', { name: 'Send for approval' }).click();
  await page.waitForURL(/done=sent/);
  assert.equal(await page.locator('button:not([disabled])', { hasText: /^Approve$/ }).count(), 0, 'the writer approves nothing');
  for (const [who, done] of [[first, 'voted'], [second, 'approved']]) {
    await who.page.goto(url + '/policies/POL-05');
    await who.page.getByRole('button', { name: 'Approve', exact: true }).click();
    await who.page.waitForURL(new RegExp('done=' + done));
  }
  await page.goto(url + '/policies/POL-05');
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.waitForURL(/done=published/);
  const json = await admin('GET', '/policies/POL-05');
  assert.equal(json.state.id, 'in_force');
  assert.equal(json.live.number, 1);
  assert.equal(json.live.approvals.length, 2);
  assert.ok(json.live.is_same_digest);
  const version = await admin('GET', '/records/policy_version/' + json.live.id);
  assert.equal(version.values.digest, sha256(version.values.rendered), 'the digest is that of the text');
  assert.ok(!version.values.rendered.includes('{{'));
  assert.match(json.review_on, /^\d{4}-\d\d-\d\d$/);
  assert.equal(json.progress.needed >= 4, true);
});

test('an approval has a receipt: who, what, by which factor, with the proof', async () => {
  const { live } = await admin('GET', '/policies/POL-05');
  let receipt = await admin('GET', '/receipts/' + live.approvals[0].leaf);
  for (let i = 0; i < 50 && !receipt.proof; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100)); // the next checkpoint covers it, at most a second later
    receipt = await admin('GET', '/receipts/' + live.approvals[0].leaf);
  }
  assert.equal(receipt.kind, 'approval');
  assert.equal(receipt.step, 'approve');
  assert.ok(['password', 'totp', 'passkey'].includes(receipt.factor), receipt.factor);
  assert.equal(receipt.digest, live.digest);
  assert.equal(receipt.person.name, 'Fay First');
  assert.equal(receipt.proof.leaf, live.approvals[0].leaf);
  assert.match(assay('policy', 'receipt', String(live.approvals[0].leaf)), new RegExp(`sha256:${live.digest}`));
  await writer.page.goto(url + '/policies/POL-05');
  await writer.page.getByRole('link', { name: 'receipt' }).first().click();
  assert.ok(await writer.page.getByText(live.digest).first().isVisible());
});

test('an employee finds it on the own page, reads and signs it with one click, without scripts', async () => {
  const { page } = reader;
  await page.goto(url + '/my');
  assert.ok(await page.getByRole('heading', { name: 'To be read and signed' }).isVisible());
  await page.getByRole('link', { name: 'Acceptable use policy' }).click();
  assert.ok(await page.getByText('In short: be careful').isVisible());
  await page.getByRole('button', { name: 'I have read it and will follow it' }).click();
  await page.waitForURL(/done=signed/);
  await page.getByRole('link', { name: 'Your receipt' }).click();
  assert.match(await page.locator('main').innerText(), /Rita Reader has read and signed Acceptable use policy, version 1/);
  await page.goto(url + '/handbook?q=careful');
  assert.equal(await page.getByRole('link', { name: 'Acceptable use policy' }).count(), 1, 'the search looks in the text');
  await page.goto(url + '/search?q=careful');
  assert.equal(await page.locator('.results a[href="/handbook/POL-05"]').count(), 1, 'and so does the search of everything, for who reads the handbook alone');
  await page.goto(url + '/search?q=training');
  assert.equal(await page.locator('.results a[href="/my/training"]').count(), 1);
  assert.equal(await page.locator('.results a[href="/training"]').count(), 0, 'no room that one may not enter');
  await page.goto(url + '/handbook?q=nothingiscalledthis');
  assert.ok(await page.getByText('Nothing is found').isVisible());
  await page.goto(url + '/my');
  assert.equal(await page.getByRole('heading', { name: 'To be read and signed' }).count(), 0);
  for (const path of ['/policies', '/policies/POL-05', '/policies/matrix', '/policies/POL-05/edit']) assert.equal((await page.goto(url + path)).status(), 403, path);
  const json = await admin('GET', '/policies/POL-05');
  assert.equal(json.progress.signed, 1);
  assert.equal(json.progress.teams.find((t) => t.name === 'Engineering').signed, 1);
});

async function publish(change, isMaterial, what) {
  const { page } = writer;
  await page.goto(url + '/policies/POL-05/edit');
  await page.locator('#text').fill(change(await page.locator('#text').inputValue()));
  await page.locator('#what_changed').fill(what);
  await page.getByLabel('Everybody who has to sign it signs again').setChecked(isMaterial);
  await page.getByRole('button', { name: 'Save and send for approval' }).click();
  await page.waitForURL(/done=sent/);
  for (const who of [first, second]) {
    await who.page.goto(url + '/policies/POL-05');
    await who.page.getByRole('button', { name: 'Approve', exact: true }).click();
    await who.page.waitForURL(/done=(voted|approved)/);
  }
  await page.goto(url + '/policies/POL-05');
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.waitForURL(/done=published/);
}

test('a correction is published without asking anybody to sign again; a new duty asks everybody', async () => {
  const { page } = reader;
  await publish((t) => t.replace('be careful.', 'be quite careful.'), false, 'A word.');
  await page.goto(url + '/my');
  assert.equal(await page.getByRole('heading', { name: 'To be read and signed' }).count(), 0, 'a correction');
  await publish((t) => t.replace('be quite careful.', 'be very careful and lock the door.'), true, 'Doors are locked.');
  await page.goto(url + '/my');
  assert.ok(await page.getByText('it changed since you signed').isVisible());
  await page.getByRole('link', { name: 'Acceptable use policy' }).click();
  const since = page.locator('section[aria-labelledby="since"]');
  assert.match(await since.innerText(), /What changed since you signed version 1/);
  assert.match(await since.locator('ins').first().innerText(), /very careful and lock the door/);
  assert.match(await since.innerText(), /Doors are locked/);
  for (const changed of [...(await since.locator('ins').allInnerTexts()), ...(await since.locator('del').allInnerTexts())]) assert.doesNotMatch(changed, /In short: be/, 'only the words that changed are marked');
  await page.goto(url + '/my');
  await page.getByRole('button', { name: 'I have read it and will follow it' }).click();
  await page.waitForURL(/my\?done=signed/);
  const { live, versions } = await admin('GET', '/policies/POL-05');
  assert.equal(live.number, 3);
  assert.deepEqual(versions.map((v) => v.state.id), ['in_force', 'superseded', 'superseded']);
  const old = await admin('GET', '/policies/POL-05/versions/1');
  assert.ok(old.one.is_same_digest, 'what was retired stays readable and whole');
  assert.match(assay('policy', 'diff', 'POL-05', '1', '3'), /\{\+/);
});

test('nobody signs for somebody else, nor another text than the one in force', async () => {
  const { live, versions } = await admin('GET', '/policies/POL-05');
  const token = assay('token', 'add', 'rita' + stamp, '--label', 'own', '--scope', 'own_page').trim();
  const post = async (path, body) => {
    const answer = await fetch(url + path, { method: 'POST', headers: { authorization: 'Bearer ' + token, 'content-type': typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) });
    return [answer.status, await answer.text()];
  };
  const other = { person: writer.person.id, policy_version: live.id, digest: live.digest };
  assert.equal((await post('/api/v1/records/acknowledgement', { values: other }))[0], 403, 'for somebody else');
  assert.equal((await post('/api/v1/handbook/POL-05/sign', `version_id=${versions[2].id}&digest=${versions[2].digest}`))[0], 409, 'what is superseded');
  assert.equal((await post('/api/v1/handbook/POL-05/sign', `version_id=${live.id}&digest=${'0'.repeat(64)}`))[0], 409, 'another text');
});

test('a document of our own goes the same way, signed by the digest of its bytes', async () => {
  const bytes = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
  await admin('POST', '/records/policy', { id: 'OWN-1', values: { title: 'House rules', owner: writer.person.id, audience: 'departments', departments: 'engineering, Sales' } });
  const { page } = writer;
  await page.goto(url + '/policies/OWN-1/edit');
  await page.locator('#text').fill('');
  await page.locator('#document').setInputFiles({ name: 'rules.pdf', mimeType: 'application/pdf', buffer: bytes });
  await page.getByRole('button', { name: 'Save and send for approval' }).click();
  await page.waitForURL(/done=sent/);
  await first.page.goto(url + '/policies/OWN-1');
  await first.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await first.page.waitForURL(/done=approved/);
  await page.goto(url + '/policies/OWN-1');
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.waitForURL(/done=published/);
  const { live, progress } = await admin('GET', '/policies/OWN-1');
  assert.equal(live.digest, sha256(bytes));
  assert.equal(progress.needed, 1, 'one engineer');
  await reader.page.goto(url + '/handbook/OWN-1');
  const got = await reader.page.request.get(url + live.document.url);
  assert.equal(sha256(await got.body()), live.digest);
  await reader.page.getByRole('button', { name: 'I have read it and will follow it' }).click();
  await reader.page.waitForURL(/done=signed/);
});

// A PDF of one line of text, as small as one may be.
const pdf = (words) => {
  const stream = `BT /F1 12 Tf 72 720 Td (${words}) Tj ET`;
  const objects = ['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>', '<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${stream.length}>>stream\n${stream}\nendstream`, '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>'];
  let text = '%PDF-1.4\n';
  const at = objects.map((o, i) => { const offset = text.length; text += `${i + 1} 0 obj${o}endobj\n`; return offset; });
  const xref = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${at.map((a) => String(a).padStart(10, '0') + ' 00000 n \n').join('')}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
};

test('the words of a document of our own are found, and compared between versions; a signature comes as JSON', { timeout: 120000 }, async () => {
  await admin('POST', '/records/policy', { id: 'OWN-2', values: { title: 'Quarry rules', owner: writer.person.id, audience: 'departments', departments: 'engineering, Sales' } });
  const publish = async (words, file = { name: 'quarry.pdf', mimeType: 'application/pdf', buffer: pdf(words) }) => {
    const { page } = writer;
    await page.goto(url + '/policies/OWN-2/edit');
    await page.locator('#text').fill('');
    await page.locator('#document').setInputFiles(file);
    await page.getByRole('button', { name: 'Save and send for approval' }).click();
    await page.waitForURL(/done=sent/);
    await first.page.goto(url + '/policies/OWN-2');
    await first.page.getByRole('button', { name: 'Approve', exact: true }).click();
    await first.page.waitForLoadState();
    if (await first.page.locator('main input[type=password]').count()) { // more than five minutes since they were asked
      await first.page.locator('main input[type=password]').fill('correct horse battery staple');
      await first.page.locator('main form:has(input[type=password]) button').first().click();
    }
    await first.page.waitForURL(/done=approved/);
    await page.goto(url + '/policies/OWN-2');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.waitForURL(/done=published/);
  };
  // At once, not with the next round of the schedule, which is a minute away.
  const until = async (what, look) => {
    for (const end = Date.now() + 20000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) if (await look()) return;
    assert.fail(what);
  };
  await publish('Whoever blasts granite wears a helmet');
  await until('the handbook finds the words', async () => (await admin('GET', '/handbook?q=granite')).rows.some((r) => r.id === 'OWN-2'));
  await publish('Whoever blasts granite wears a helmet and goggles');
  await until('the words of the second version', async () => (await admin('GET', '/handbook?q=goggles')).rows.some((r) => r.id === 'OWN-2'));
  const { diff } = await admin('GET', '/policies/OWN-2/diff?from=1&to=2');
  assert.ok(!diff.is_same && JSON.stringify(diff.lines).includes('goggles'), JSON.stringify(diff));
  assert.ok(diff.lines.some((l) => l.kind === 'changed' && l.parts.some((p) => p.kind === 'same' && /granite/.test(p.text))), 'the words that stay, stay');
  // The next version comes from a word processor: its words are held against those of the PDF.
  await publish('', { name: 'quarry.docx', mimeType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', buffer: fs.readFileSync(new URL('../../src/inspect/fixtures/minutes.docx', import.meta.url)) });
  await until('the words of the third version', async () => (await admin('GET', '/handbook?q=zebrafinch')).rows.some((r) => r.id === 'OWN-2'));
  const second = (await admin('GET', '/policies/OWN-2/diff?from=2&to=3')).diff;
  assert.match(JSON.stringify(second.lines), /Zebrafinch/);
  assert.match(JSON.stringify(second.lines), /goggles/, 'what went is there as well');
  const found = await (await writer.page.request.get(url + '/api/v1/search?q=zebrafinch')).json();
  assert.ok(JSON.stringify(found).includes('Quarry rules'), 'the search finds it');
  // Signed through the API with JSON, as OpenAPI has it.
  const { live } = await admin('GET', '/policies/OWN-2');
  await reader.page.goto(url + '/handbook/OWN-2');
  const csrf = (await reader.page.content()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const answer = await reader.page.request.post(url + '/api/v1/handbook/OWN-2/sign', { headers: { 'x-csrf-token': csrf, 'content-type': 'application/json' }, data: { version_id: live.id, digest: live.digest } });
  const signed = await answer.json();
  assert.ok(answer.status() === 200 && signed.is_new && signed.leaf > 0 && signed.digest === live.digest, JSON.stringify(signed));
});

test('a narrative is approved by somebody else, written anew and compared', async () => {
  const { page } = writer;
  const made = await admin('POST', '/records/narrative', { values: { control: 'AC-02', title: 'Second factors', owner: writer.person.id, who: 'The IT lead.', what: 'Looks at the list.', when: 'Every quarter.', evidence: 'The list.' } });
  const move = (transition, version, more = {}) => admin('POST', `/records/narrative/${made.id}/moves`, { transition, ...more }, { 'if-match': `"${version}"` });
  await move('submit', 1);
  await first.page.goto(`${url}/records/narrative/${made.id}`);
  await first.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await first.page.waitForLoadState();
  let one = await admin('GET', `/narratives/${made.id}`);
  if (one.versions.length === 0) { // asked again who they are
    await first.page.getByLabel('Password').fill('correct horse battery staple').catch(() => null);
    await first.page.locator('main form:has(input[type=password]) button').first().click().catch(() => null);
    await first.page.waitForLoadState();
    one = await admin('GET', `/narratives/${made.id}`);
  }
  assert.equal(one.versions.length, 1, JSON.stringify(one));
  assert.equal(one.shown, 1);
  const now = await admin('GET', `/records/narrative/${made.id}`);
  await move('rewrite', now.version, { why: 'a new tool' });
  await admin('PATCH', `/records/narrative/${made.id}`, { values: { what: 'Looks at the list of the new tool.' } }, { 'if-match': `"${now.version + 1}"` });
  one = await admin('GET', `/narratives/${made.id}`);
  assert.ok(one.shown === 0 && one.compared_with === 1 && JSON.stringify(one.diff).includes('new tool'));
  const then = await admin('GET', `/narratives/${made.id}?version=1`);
  assert.equal(then.parts.find((p) => p.id === 'what').text, 'Looks at the list.');
  await page.goto(url + '/controls/AC-02/narrative');
  await page.waitForURL(`**/narratives/${made.id}`);
  assert.ok(await page.getByRole('heading', { name: 'What is different from version 1' }).isVisible());
  await picture(page, 'narrative');
  const list = await admin('GET', '/narratives');
  assert.ok(list.rows.some((r) => r.id === made.id && r.control.id === 'AC-02'));
});

test('a parameter that changes is told against the text in force', async () => {
  const name = (await admin('GET', '/records/policy_version/' + (await admin('GET', '/policies/POL-05')).live.id)).values.parameters.match(/"(\w+_(?:min|max))":"\d+/)[1];
  const was = await admin('GET', '/parameters/' + name);
  if (was.has_four_eyes) return;
  await admin('POST', '/parameters/' + name, { value: String(Number(was.value) + 1), why: 'tried' });
  const { drift } = await admin('GET', '/policies/POL-05');
  assert.equal(drift.find((d) => d.name === name).then, was.text);
  await writer.page.goto(url + '/policies/POL-05');
  assert.ok(await writer.page.getByText('The text in force and its parameters say different things').isVisible());
  await admin('POST', '/parameters/' + name, { value: was.value, why: 'as before' });
});

test('the pages hold in both widths and themes, and with axe', async () => {
  const { live } = await admin('GET', '/policies/POL-05');
  const pages = { policies: '/policies', policy: '/policies/POL-05', library: '/policies/POL-08', edit: '/policies/POL-05/edit', diff: '/policies/POL-05/diff?from=1&to=3', version: '/policies/POL-05/versions/1', matrix: '/policies/matrix', handbook: '/handbook', read: '/handbook/POL-05', receipt: '/receipts/' + live.approvals[0].leaf };
  for (const [width, colorScheme] of [[1440, 'light'], [360, 'light'], [1440, 'dark'], [360, 'dark']]) {
    const page = await open({ viewport: { width, height: 900 }, colorScheme });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(url + path);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${path} is wider than ${width}`);
      await picture(page, `policies-${name}-${width}-${colorScheme}`);
      if (width !== 1440) continue;
      await axeOn(page, path);
    }
    page.isClean();
    await page.finish();
  }
});
