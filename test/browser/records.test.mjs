// Records in the browser: made, changed, moved, undone; two at once; hostile texts; without scripts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { assay, Client } from './client.mjs';
import { admin as api, end, launch, open, picture, signedIn, url } from './site.mjs';

before(launch);
after(end);

async function makeSystem(page, name) {
  await page.goto(url + '/records/system/new');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Kind').selectOption('database');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(/\/records\/system\/SYS-\d+\?done=created/);
  return new URL(page.url()).pathname;
}

describe('records', () => {
  for (const javaScriptEnabled of [true, false])
    it(`are made, changed, moved and undone ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const page = await open({ javaScriptEnabled });
      const name = `Ledger database ${javaScriptEnabled ? 1 : 2}`;
      const address = await makeSystem(page, name);
      await page.getByText('Created.').waitFor();
      assert.ok(await page.getByRole('heading', { name }).isVisible());
      await page.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Environment').selectOption('staging');
      await page.getByLabel('Why this change').fill('It moved');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.waitForURL(/done=changed/);
      assert.ok(await page.getByText('“It moved”').isVisible());
      const retire = page.locator('.steps li', { hasText: 'Retire' });
      await retire.getByLabel('Why').fill('Replaced');
      await retire.getByRole('button').click();
      await page.waitForURL(/done=moved/);
      assert.ok(await page.locator('.state-line').getByText('Retired').isVisible());
      await page.getByRole('button', { name: 'Undo the last change' }).click();
      await page.waitForURL(/done=undone/);
      assert.ok(await page.locator('.state-line').getByText('In use').isVisible());
      await page.goto(url + address + '?at=now-1d').catch(() => null);
      page.expectsErrors = true;
      await page.finish();
    });

  it('keep what was typed when something is wrong, and say it at the field', async () => {
    const page = await open();
    page.expectsErrors = true;
    await page.goto(url + '/records/person/new');
    await page.getByLabel('Position').fill('Chief of <i>everything</i>');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('Position').inputValue(), 'Chief of <i>everything</i>');
    const field = page.getByLabel(/^Name/);
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await picture(page, 'record-wrong');
    await page.finish();
  });

  it('lose no change when two people edit at once', async () => {
    const page = await open();
    const address = await makeSystem(page, 'Shared by two');
    const other = await open();
    other.expectsErrors = true;
    await other.goto(url + address + '/edit');
    await page.goto(url + address + '/edit');
    await page.getByLabel('Name').fill('Theirs');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/done=changed/);
    await other.getByLabel('Name').fill('Mine');
    await other.getByLabel('Environment').selectOption('corporate');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByText('has changed', { exact: false }).first().waitFor();
    assert.ok(await other.getByRole('heading', { name: /Somebody else has changed/ }).isVisible());
    await picture(other, 'record-conflict');
    const row = other.locator('tr', { hasText: 'Name' });
    await row.getByLabel(/Take theirs/).check();
    await other.getByRole('button', { name: 'Save what is chosen' }).click();
    await other.waitForURL(/done=changed/);
    const now = await api('GET', '/records' + address.slice('/records'.length));
    assert.equal(now.values.name, 'Theirs');
    assert.equal(now.values.environment, 'corporate');
    await page.finish();
    await other.finish();
  });

  it('show hostile texts as texts, everywhere', async () => {
    const evil = '"><script>window.hit=1</script><img src=x onerror=window.hit=1> javascript:window.hit=1 {{7*7}} \'';
    const made = await api('POST', '/records/system', {
      values: { name: evil, kind: 'tool', provider: evil, subject: evil, reason: evil + '\n\n[x](javascript:alert(1)) <b onclick=alert(1)>', note: evil },
      why: evil,
    });
    assert.ok(made.id, JSON.stringify(made));
    const page = await open();
    for (const path of [made.url, made.url + '/edit', '/records/system', '/records/system?q=' + encodeURIComponent('script'), '/search?q=script', '/records/system?where=' + encodeURIComponent('name~"<script>"')]) {
      await page.goto(url + path);
      assert.equal(await page.evaluate(() => window.hit), undefined, path);
      assert.equal(await page.locator('main img, main script, main b[onclick]').count(), 0, path);
    }
    page.expectsErrors = true;
    for (const path of ['/records/%3Cscript%3Ewindow.hit=1%3C/script%3E', `/records/system/${encodeURIComponent('<img src=x onerror=window.hit=1>')}`, '/records/system?sort=%3Cscript%3E', '/records/system?f.kind=%3Cscript%3E']) {
      await page.goto(url + path);
      assert.equal(await page.evaluate(() => window.hit), undefined, path);
    }
    await page.finish();
  });

  it('find records in the palette and on the search page', async () => {
    const page = await open();
    await makeSystem(page, 'Quokka warehouse');
    await page.goto(url + '/search?q=quokka');
    assert.ok(await page.getByRole('link', { name: /Quokka warehouse/ }).isVisible());
    await page.goto(url + '/');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('quokka');
    await page.getByRole('option', { name: /Quokka warehouse/ }).waitFor();
    await page.isClean();
    await page.finish();
  });

  it('take files that are what they are called, and give them back to download only', async () => {
    const page = await open();
    page.expectsErrors = true;
    await page.goto(url + '/records/subservice/new');
    const fill = async () => {
      await page.getByLabel(/^Name/).fill('Cloud ' + Math.random());
      await page.getByLabel(/^What they do/).fill('Hosting');
      await page.getByLabel(/^Why this method/).fill('Their report');
    };
    await fill();
    await page.getByLabel(/newest report/).setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<html><script>1</script>') });
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('alert').waitFor();
    assert.match(await page.getByRole('alert').innerText(), /report\.pdf/);
    await page.getByLabel(/newest report/).setInputFiles({ name: '../rep "1".pdf', mimeType: 'text/html', buffer: Buffer.from('%PDF-1.7 some') });
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/done=created/);
    const href = await page.locator('a[href*="/files/"]').getAttribute('href');
    const { cookies } = await signedIn();
    const answer = await fetch(url + href, { headers: { cookie: cookies.map((c) => `${c.name}=${c.value}`).join('; ') } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-disposition'), /^attachment/);
    assert.match(answer.headers.get('content-security-policy'), /sandbox/);
    assert.equal(await answer.text(), '%PDF-1.7 some');
    await page.finish();
  });

  it('come in as CSV after a look at what would happen, all of them or none', async () => {
    const page = await open();
    page.expectsErrors = true;
    await page.goto(url + '/records/person/import');
    const lines = (kind) => `Full name,kind,job_title\nImported One,employee,Engineer\nImported Two,${kind},"Lead, interim"\n`;
    await page.getByLabel('Or paste its lines').fill(lines('emperor'));
    await page.getByRole('button', { name: 'Show what would happen' }).click();
    await page.getByLabel('Full name').selectOption('name');
    await page.getByRole('button', { name: 'Look again with these columns' }).click();
    assert.match(await page.locator('section', { hasText: 'What is not right' }).innerText(), /3\s+kind/);
    assert.equal(await page.getByRole('button', { name: /^Import 2/ }).count(), 0);
    await picture(page, 'record-import-problems');
    assert.equal((await api('GET', '/records/person?q=Imported')).total, 0);
    await page.goto(url + '/records/person/import');
    await page.getByLabel('The file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(lines('employee').replace('Full name', 'name')) });
    await page.getByRole('button', { name: 'Show what would happen' }).click();
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.waitForURL(/done=imported/);
    const { cookies } = await signedIn();
    const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
    const token = (await page.content()).match(/name="csrf" value="([0-9a-f]+)"/)?.[1] ?? (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
    const refused = await (await fetch(url + '/api/v1/records/person/import?dry_run=1', { method: 'POST', headers: { cookie, 'x-csrf-token': token, 'content-type': 'text/csv' }, body: lines('emperor').replace('Full name', 'name') })).json();
    assert.deepEqual(refused.errors.map((e) => [e.field, e.row, e.column, e.pointer]), [['row 3, kind', 3, 'kind', undefined]]);
    assert.equal(refused.detail, '1 problem; nothing is stored');
    const pointers = async (path, body) => (await api('POST', path, body)).errors.map((e) => e.pointer);
    assert.deepEqual(await pointers('/records/person', { values: { name: 'Who', kind: 'emperor' } }), ['#/values/kind']);
    assert.deepEqual(await pointers('/changes', { changes: [{ type: 'person', values: { name: 'Who', kind: 'emperor' } }] }), ['#/changes/0/values/kind']);
    const { id } = await api('POST', '/records/person', { values: { name: 'Somebody to move', kind: 'employee' } });
    assert.deepEqual(await pointers(`/records/person/${id}/moves`, { transition: 'vanish', version: 1 }), ['#/transition']);
    assert.equal((await api('GET', '/records/person?q=Imported')).total, 2);
    await page.finish();
  });

  it('go out as CSV and XLSX without becoming formulas', async () => {
    for (const name of ['=1+1', '+SUM(A1)', '@cmd', '-2+3', '\u200b=HYPERLINK("http://evil")']) await api('POST', '/records/system', { values: { name, kind: 'tool' } });
    const fresh = new Client(); // who exports was asked who they are not long ago
    await fresh.ask('/sign-in', { form: { token: assay('user', 'link').trim().split('token=')[1] } });
    const headers = { cookie: fresh.cookie };
    const csv = await (await fetch(url + '/records/system/export.csv', { headers })).text();
    for (const cell of csv.split(/\r?\n/).flatMap((line) => line.split(','))) assert.ok(!/^"?[=+@\t-]/.test(cell), cell);
    const answer = await fetch(url + '/records/system/export.xlsx', { headers });
    assert.equal(answer.status, 200);
    const read = 'import sys,zipfile,io; z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())); print("".join(z.read(n).decode() for n in z.namelist() if n.endswith(".xml")))';
    const xml = execFileSync('python3', ['-c', read], { input: Buffer.from(await answer.arrayBuffer()), maxBuffer: 64 << 20 }).toString();
    assert.ok(xml.includes('=1+1') && !/<f[ >]/.test(xml));
  });

  it('are shown as they were known at an instant', async () => {
    const made = await api('POST', '/records/system', { values: { name: 'Before', kind: 'tool' } });
    await api('PATCH', `/records/system/${made.id}`, { values: { name: 'After' } }, { 'if-match': made.etag });
    const then = new Date(made.created.at.t).toISOString();
    assert.equal((await api('GET', `/records/system/${made.id}?at=${then}`)).values.name, 'Before');
    assert.equal((await api('GET', `/records/system/${made.id}`)).values.name, 'After');
    const page = await open();
    await page.goto(url + made.url + '?at=' + then);
    assert.ok(await page.getByRole('heading', { name: 'Before' }).isVisible());
    assert.equal(await page.getByRole('link', { name: 'Edit' }).count(), 0);
    page.isClean();
    await page.finish();
  });
});
