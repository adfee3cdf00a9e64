// Evidence in the browser: brought for a performance, looked at by machine, decided by another, and the same again found out. Then what hostile files do.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { admin, end, launch, open, picture, url } from './site.mjs';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'evidence-'));
const file = (name, bytes) => {
  fs.writeFileSync(path.join(scratch, name), bytes);
  return path.join(scratch, name);
};
let first, second, bearer, outsider, uploaded;

// Over the API, as a program would: multipart/form-data with a token.
async function bring(fields, files, token = bearer) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ title: 'Shown upload', period_from: '2026-07-01', period_to: '2026-07-31', ...fields })) form.append(name, value);
  for (const [name, bytes] of files) form.append('file', new Blob([bytes]), name);
  const answer = await fetch(url + '/api/v1/evidence', { method: 'POST', headers: { authorization: 'Bearer ' + token }, body: form });
  return { status: answer.status, json: await answer.json() };
}
async function found(id) {
  for (let i = 0; i < 100; i++) {
    const one = await (await fetch(`${url}/api/v1/records/evidence/${id}`, { headers: { authorization: 'Bearer ' + bearer } })).json();
    if (one.evidence?.is_checked) return one.evidence;
    await new Promise((r) => setTimeout(r, 200));
  }
  throw new Error(`${id} was not looked at within 20 s`);
}
const check = (e, name, x) => [...(x ? e.files.flatMap((f) => f.checks) : e.checks), ...e.files.flatMap((f) => f.checks)].find((c) => c.check === name);

before(async () => {
  await launch();
  const ann = await admin('POST', '/records/person', { values: { name: 'Shown Reviewer', email: 'reviewer@example.org' } });
  const make = (from, to) => admin('POST', '/records/occurrence', { values: { title: `Review of access ${from}`, control: 'AC-06', period_from: from, period_to: to, due_on: to } });
  first = await make('2026-04-01', '2026-06-30');
  second = await make('2026-07-01', '2026-09-30');
  assay('user', 'add', 'reviewer', '--roles', 'owner', '--person', ann.id);
  assay('user', 'add', 'bringer', '--roles', 'compliance_lead');
  bearer = assay('token', 'add', 'bringer', '--label', 'upload', '--scope', 'read,records').trim();
  assay('user', 'add', 'outsider', '--roles', 'employee');
  outsider = assay('token', 'add', 'outsider', '--label', 'own', '--scope', 'own_page').trim();
});
after(end);

describe('evidence', () => {
  const csv = file('access.csv', 'account,role,reviewed\r\nann,admin,2026-06-28\r\nbob,none,2026-06-28\r\n');

  for (const javaScriptEnabled of [true, false])
    it(`is brought for a performance and looked at, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const page = await open({ javaScriptEnabled });
      await page.goto(`${url}/records/evidence/new?v.occurrence=${first.id}&v.controls=AC-06&v.period_from=2026-04-01&v.period_to=2026-06-30`);
      assert.equal(await page.getByLabel(/^About the time from/).inputValue(), '2026-04-01');
      await page.getByLabel('What it shows').fill(`Review of access Q2 ${javaScriptEnabled ? 1 : 2}`);
      const name = javaScriptEnabled ? 'access.csv' : 'other.csv';
      if (!javaScriptEnabled) file(name, 'account,role,reviewed\r\ncid,admin,2026-06-27\r\n');
      await page.getByLabel('Files').setInputFiles(path.join(scratch, name));
      if (javaScriptEnabled) {
        await page.getByText(`${name} (1 KiB)`).waitFor();
        await picture(page, 'evidence-form');
      }
      await page.getByRole('button', { name: 'Create' }).click();
      await page.waitForURL(/\/records\/evidence\/EV-\d+/);
      const id = page.url().match(/EV-\d+/)[0];
      if (javaScriptEnabled) uploaded = id;
      await found(id);
      await page.reload();
      await page.getByRole('heading', { name: 'What the machine found' }).waitFor();
      assert.ok(await page.getByText('it names days within the period').isVisible());
      assert.ok(await page.getByText('what it shows is only claimed').isVisible());
      if (!javaScriptEnabled) return page.finish();
      await page.getByRole('link', { name, exact: true }).first().click();
      await page.getByRole('heading', { name: 'What is in it' }).waitFor();
      assert.equal(await page.locator('table.data tbody tr').count(), 2);
      await picture(page, 'evidence-file');
      page.isClean();
      await page.finish();
    });

  it('takes files that are dropped', async () => {
    const page = await open();
    await page.goto(url + '/records/evidence/new');
    const data = await page.evaluateHandle(() => {
      const d = new DataTransfer();
      d.items.add(new File(['hello'], 'dropped.txt'));
      return d;
    });
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
    await page.getByText('dropped.txt (1 KiB)').waitFor();
    assert.equal(await page.locator('input[type=file]').evaluate((i) => i.files.length), 1);
    await page.finish();
  });

  it('is decided by another than who brought it', async () => {
    const mine = await open();
    await mine.goto(`${url}/records/evidence/${uploaded}`);
    assert.match(await mine.locator('.steps').innerText(), /takes somebody other than you/);
    await mine.finish();
    const token = assay('token', 'add', 'reviewer', '--label', 'decide', '--scope', 'read,records').trim();
    const answer = await fetch(`${url}/api/v1/records/evidence/${uploaded}/moves`, {
      method: 'POST', headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json', 'if-match': '"1"' }, body: JSON.stringify({ transition: 'accept' }),
    });
    assert.equal(answer.status, 200, await answer.text());
    const page = await open();
    await page.goto(`${url}/records/evidence/${uploaded}`);
    assert.ok(await page.locator('.state-line').getByText('Accepted').isVisible());
    await picture(page, 'evidence-accepted');
    await page.finish();
  });

  it('that has not changed since last time is found out', async () => {
    const page = await open();
    await page.goto(`${url}/records/evidence/new?v.occurrence=${second.id}&v.controls=AC-06&v.period_from=2026-07-01&v.period_to=2026-09-30`);
    await page.getByLabel('What it shows').fill('Review of access Q3');
    await page.getByLabel('Files').setInputFiles(csv);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/\/records\/evidence\/EV-\d+/);
    const id = page.url().match(/EV-\d+/)[0];
    const e = await found(id);
    assert.equal(check(e, 'unchanged').result, 'problem');
    assert.equal(check(e, 'same').result, 'problem');
    assert.equal(check(e, 'period').result, 'problem');
    await page.reload();
    await page.getByText(`it is byte for byte what ${uploaded} was`).waitFor();
    for (const [name, options] of [['1440-light', {}], ['360-dark', { viewport: { width: 360, height: 800 }, colorScheme: 'dark' }]]) {
      const shot = await open(options);
      await shot.goto(`${url}/records/evidence/${id}`);
      await picture(shot, `evidence-found-${name}`);
      await shot.goto(url + '/evidence');
      await picture(shot, `evidence-list-${name}`, {});
      shot.isClean();
      await shot.finish();
    }
    await page.finish();
  });

  it('stands in one list with the captures, which is filtered, sorted and given as CSV', async () => {
    const get = async (p) => (await fetch(url + p, { headers: { authorization: 'Bearer ' + bearer } })).text();
    const all = JSON.parse(await get('/api/v1/evidence?per_page=1000'));
    assert.ok(all.rows.some((r) => r.kind === 'capture') && all.rows.some((r) => r.kind === 'upload'));
    assert.equal(all.rows.length, all.total);
    const uploads = JSON.parse(await get('/api/v1/evidence?group=uploads&per_page=1&page=2'));
    assert.equal(uploads.rows.length, 1);
    assert.equal(uploads.total, all.rows.filter((r) => r.kind === 'upload').length);
    const sorted = JSON.parse(await get('/api/v1/evidence?sort=received&desc=1&per_page=1000')).rows;
    assert.deepEqual(sorted.map((r) => r.received.ms), sorted.map((r) => r.received.ms).sort((a, b) => a - b));
    const accepted = JSON.parse(await get('/api/v1/evidence?status=accepted')).rows;
    assert.deepEqual(accepted.map((r) => r.id), [uploaded]);
    await admin('POST', '/records/evidence', { values: { title: '=cmd("x")', period_from: '2026-07-01', period_to: '2026-07-31', link: 'https://example.org/doc' } });
    assert.match(await get('/evidence.csv?group=uploads'), /'=cmd/);
  });

  it('that is only a link is a problem until what it showed is here', async () => {
    const bytes = Buffer.from('as it was on 2026-07-03');
    const digest = (await crypto.subtle.digest('SHA-256', bytes));
    const hex = Buffer.from(digest).toString('hex');
    const alone = await bring({ link: 'https://example.org/doc' }, []);
    assert.equal(alone.status, 201, JSON.stringify(alone.json));
    assert.equal(check(await found(alone.json.id), 'snapshot').result, 'problem');
    const kept = await bring({ link: 'https://example.org/doc', link_digest: hex }, [['doc.txt', bytes]]);
    assert.equal(check(await found(kept.json.id), 'snapshot').result, 'pass');
  });
});

describe('hostile files', () => {
  it('are named as they may be, shown as text, and run nothing', async () => {
    const name = '../../etc/<img src=x onerror=alert(1)>".html';
    const one = await bring({ title: '<script>alert(2)</script>' }, [[name, '<html><script>alert(3)</script><p>2026-07-04</html>']]);
    assert.equal(one.status, 201, JSON.stringify(one.json));
    const e = await found(one.json.id);
    assert.ok(!e.files[0].name.includes('/'), e.files[0].name);
    assert.equal(check(e, 'active').result, 'problem');
    const page = await open();
    page.on('dialog', () => assert.fail('something ran'));
    for (const address of [`/records/evidence/${one.json.id}`, e.files[0].url, '/evidence']) {
      await page.goto(url + address);
      assert.equal(await page.locator('img[onerror], article script').count(), 0);
    }
    await page.goto(url + e.files[0].url);
    assert.ok((await page.locator('pre').first().textContent()).includes('<script>alert(3)</script>'));
    page.isClean();
    await page.finish();
    const get = (p, token = bearer) => fetch(url + p, { headers: { authorization: 'Bearer ' + token } });
    const raw = await get(e.files[0].url + '/raw');
    assert.equal(raw.status, 403);
    const download = await get(e.files[0].download);
    assert.match(download.headers.get('content-disposition'), /^attachment/);
    assert.equal(download.headers.get('content-type'), 'application/octet-stream');
    assert.match(download.headers.get('content-security-policy'), /sandbox/);
    assert.equal(download.headers.get('x-content-type-options'), 'nosniff');
    for (const p of [e.files[0].url, e.files[0].url + '/raw', e.files[0].download]) assert.ok([403, 404].includes((await get(p, outsider)).status), p);
    assert.equal((await get(`/evidence/${uploaded}/files/${e.files[0].x}`)).status, 404, 'a file of another record');
  });

  it('that are bombs, polyglots, locked or lying are said to be', async () => {
    const zeros = zlib.gzipSync(Buffer.alloc(80 << 20));
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==', 'base64');
    const zip = Buffer.from('UEsFBgEAAQABAAEALgAAAAAAAAAAAA==', 'base64');
    const tries = [
      [['zeros.gz', zeros], 'expansion'],
      [['shot.png', Buffer.concat([png, Buffer.alloc(60), Buffer.from('504b05060000000001000100' + '2e000000' + '00000000' + '0000', 'hex')])], 'one'],
      [['locked.pdf', Buffer.from('%PDF-1.7\n1 0 obj\n<</Type /Page>>\nendobj\ntrailer <</Encrypt 3 0 R>>\nstartxref\n9\n%%EOF\n')], 'readable'],
      [['minutes.docx', zip], 'readable'],
      [['minutes.pdf', Buffer.from('only text')], 'type'],
    ];
    for (const [upload, name] of tries) {
      const one = await bring({}, [upload]);
      assert.equal(one.status, 201, JSON.stringify(one.json));
      const e = await found(one.json.id);
      assert.equal(check(e, name).result, 'problem', JSON.stringify(check(e, name)));
    }
    const image = await bring({}, [['plain.png', png]]);
    const e = await found(image.json.id);
    assert.equal(check(e, 'readable').result, 'pass');
    const raw = await fetch(url + e.files[0].url + '/raw', { headers: { authorization: 'Bearer ' + bearer } });
    assert.equal(raw.status, 200);
    assert.equal(raw.headers.get('content-type'), 'image/png');
    assert.match(raw.headers.get('content-security-policy'), /sandbox/);
    const program = await bring({}, [['tool', Buffer.from('\x7fELF\x02\x01', 'latin1')]]);
    assert.equal(program.status, 422);
    assert.match(JSON.stringify(program.json.errors), /program/);
  });

  it('of 100 MB are refused before they are read, and cost no memory; of 30 MiB they are taken from disk', async () => {
    const server = fs.readdirSync('/proc').filter((p) => /^\d+$/.test(p)).filter((p) => {
      try {
        return fs.readFileSync(`/proc/${p}/cmdline`, 'utf8').includes(`web\0${process.env.ASSAY_DATA_DIR}`);
      } catch {
        return false;
      }
    })[0];
    assert.ok(server, 'the web process');
    const peak = () => Number(fs.readFileSync(`/proc/${server}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]);
    const before = peak();
    const { hostname, port } = new URL(url);
    for (let i = 0; i < 4; i++) {
      const answer = await new Promise((resolve, reject) => {
        const socket = net.connect(Number(port), hostname, () => {
          socket.write(`POST /api/v1/evidence HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000000\r\n\r\n`);
        });
        let text = '';
        socket.on('data', (d) => {
          text += d;
          socket.write(Buffer.alloc(1 << 16));
        });
        socket.on('close', () => resolve(text));
        socket.on('error', () => (text ? resolve(text) : reject(new Error('no answer'))));
        setTimeout(() => socket.destroy(), 5000);
      });
      assert.match(answer, /^HTTP\/1\.1 413 /);
    }
    const afterLarge = peak();
    assert.ok(afterLarge - before < 20000, `grew by ${afterLarge - before} KiB`);
    const large = await bring({ title: 'Large' }, [['large.bin', crypto.getRandomValues(new Uint8Array(65536)).buffer], ['big.bin', Buffer.alloc(30 << 20, 'abc2026-07-02')]]);
    assert.equal(large.status, 201, JSON.stringify(large.json));
    console.log(`# memory of web: ${before} KiB, after 4 bodies of 100 MB ${afterLarge} KiB, after one of 30 MiB ${peak()} KiB`);
    const over = await bring({ title: 'Over' }, [['over.bin', Buffer.alloc((32 << 20) + 1)]]);
    assert.equal(over.status, 422);
    assert.match(JSON.stringify(over.json.errors), /32 MiB/);
  });

  it('that are cut off or oddly named leave nothing half-written', async () => {
    const { hostname, port } = new URL(url);
    const count = async () => JSON.parse(await (await fetch(url + '/api/v1/records/evidence?per_page=1', { headers: { authorization: 'Bearer ' + bearer } })).text()).total;
    const before = await count();
    await new Promise((resolve) => {
      const socket = net.connect(Number(port), hostname, () => {
        socket.write(`POST /api/v1/evidence HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000000\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`);
        socket.write(Buffer.alloc(1 << 20, 'a'), () => setTimeout(() => socket.destroy(), 200));
      });
      socket.on('close', resolve);
    });
    const body = Buffer.concat([Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="'), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('.txt"\r\n\r\nhi\r\n--x--\r\n')]);
    const odd = await fetch(url + '/api/v1/evidence', { method: 'POST', headers: { authorization: 'Bearer ' + bearer, 'content-type': 'multipart/form-data; boundary=x' }, body });
    assert.ok(odd.status >= 400 && odd.status < 500, String(odd.status));
    assert.equal(await count(), before);
    assert.equal(JSON.parse(assay('verify', process.env.ASSAY_DATA_DIR, '--json')).verdict ?? 'ok', 'ok');
  });
});
