// The room People: a joiner until everything is done, a leaver who is two days late, a difference that is explained.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assay, axeOn } from './client.mjs';
import { directory } from './slapd.mjs';
import { admin, end, launch, open, picture, url } from './site.mjs';

before(launch);
after(end);
const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const until = async (what, look) => {
  for (let i = 0; i < 300; i++) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(what);
};
const lifecycle = (title) => until(title, async () => (await admin('GET', '/people/joiners?q=' + encodeURIComponent(title))).rows.find((r) => r.title === title));
const extract = (system, lines) => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'people-')), 'list.csv');
  fs.writeFileSync(file, lines.join('\n') + '\n');
  assay('access', 'extract', file, '--system', system, '--query', 'all users', '--complete', 'count equals the console');
  assay('people', 'look'); // the server would do it within a minute
};
const ids = {};

test('a roster of the HR system opens the checklist of whoever comes', async () => {
  ids.lead = (await admin('POST', '/records/person', { values: { name: 'Pia Lead', kind: 'employee', email: 'pia@example.org' } })).id;
  ids.system = (await admin('POST', '/records/system', { values: { name: 'Directory of people', kind: 'identity', owner: ids.lead } })).id;
  const page = await open({ bypassCSP: true });
  await page.goto(url + '/people/roster');
  await page.getByLabel('or paste it').fill(['Employee ID,Full Name,Work Email,Worker Type,Department,Reports To,Hire Date', `E1,Pia Lead,pia@example.org,Full-time,Board,,2020-01-01`,
    `E2,Jo Joiner,jo@example.org,Full-time,Engineering,E1,${day(1)}`, `E3,Max Mover,max@example.org,Full-time,Engineering,E1,2021-05-01`].join('\n'));
  await page.getByRole('button', { name: 'Look at it' }).click();
  await page.getByRole('heading', { name: 'What would happen' }).waitFor();
  assert.match(await page.locator('main').innerText(), /2\s*new/);
  await page.getByText('Columns', { exact: true }).click();
  assert.equal(await page.getByLabel('Work Email').inputValue(), 'email');
  await axeOn(page, 'roster with a plan');
  await picture(page, 'people-roster-plan');
  await page.getByRole('button', { name: 'Take it in' }).click();
  await page.waitForURL(/done=imported/);
  ids.joiner = await lifecycle('Joiner: Jo Joiner');
  assert.equal(ids.joiner.owner.id, ids.lead);
  assert.ok(ids.joiner.steps >= 5, JSON.stringify(ids.joiner));
  await page.close();
});

test('a joiner is done: by records, by an extract, and by the word of those who own a step', async () => {
  const jo = (await admin('GET', '/people?q=jo@example.org')).rows[0]?.id ?? (await admin('GET', '/people?q=Jo+Joiner')).rows[0].id;
  const check = await admin('POST', '/records/background_check', { values: { title: 'Background check', person: jo, provider: 'Agency', done_on: day(0), is_clear: true } });
  await admin('POST', `/records/background_check/${check.id}/moves`, { transition: 'answer' }, { 'if-match': `"${check.version}"` });
  await admin('POST', '/records/device', { values: { name: 'jo-laptop', kind: 'laptop', owner: jo, is_encrypted: true, is_managed: true } });
  extract('Directory of people', ['login,email,name', 'jo,jo@example.org,Jo Joiner', 'pia,pia@example.org,Pia Lead', 'ghost,,Old Ghost']);
  const one = () => admin('GET', '/people/joiners/' + ids.joiner.id);
  await until('three steps are proven', async () => (await one()).steps.filter((s) => s.status_words === 'Proven').length >= 3);
  const page = await open({ bypassCSP: true });
  await page.goto(url + ids.joiner.url);
  await picture(page, 'people-joiner');
  await axeOn(page, 'joiner');
  for (let left = 20; left > 0; left--) {
    const button = page.getByRole('button', { name: /^Done: / }).first();
    if (!(await button.count())) break;
    await button.click();
    await page.waitForURL(/done=moved/);
  }
  const done = await until('the joiner is done', async () => ((await one()).lifecycle.open === 0 && (await one()).lifecycle.status_words !== 'Open' ? one() : null));
  assert.equal(done.lifecycle.status_words, 'Done, as claimed');
  assert.ok(done.steps.some((s) => /Account in extract/.test(s.proof)));
  await page.close();
});

test('a leaver late by two days is a deviation, and done when the last account is', async () => {
  const max = (await admin('GET', '/people?q=Max+Mover')).rows[0].id;
  extract('Directory of people', ['login,email,name', 'jo,jo@example.org,Jo Joiner', 'pia,pia@example.org,Pia Lead', 'max,max@example.org,Max Mover', 'ghost,,Old Ghost']);
  const page = await open({ bypassCSP: true });
  await page.goto(url + '/people/' + max);
  await page.getByLabel('Last day').fill(day(-6));
  await page.getByRole('button', { name: 'Set the last day' }).click();
  await page.waitForURL(/done=changed/);
  const leaver = await lifecycle('Leaver: Max Mover');
  const late = await until('a deviation', async () => (await admin('GET', '/people/joiners/' + leaver.id)).steps.find((s) => s.kind === 'remove_access' && s.deviation));
  assert.equal(late.control, 'AC-04');
  assert.match(late.deviation.title, /Overdue: Take away the account of Directory of people: Max Mover/);
  const left = await until('a difference', async () => (await admin('GET', '/people/reconcile?q=max')).rows.find((d) => d.kind === 'leaver'));
  assert.ok(left.lag >= 5 * 24, String(left.lag));
  await page.goto(url + leaver.url);
  await picture(page, 'people-leaver');
  extract('Directory of people', ['login,email,name', 'jo,jo@example.org,Jo Joiner', 'pia,pia@example.org,Pia Lead', 'ghost,,Old Ghost']);
  const proven = await until('proven by the second extract', async () => (await admin('GET', '/people/joiners/' + leaver.id)).steps.find((s) => s.kind === 'remove_access' && s.status_words === 'Proven'));
  assert.ok(proven.lag >= 5 * 24);
  await until('the difference is mended', async () => (await admin('GET', '/people/reconcile?q=max')).rows.find((d) => d.kind === 'leaver' && d.status_words === 'Mended'));
  await page.close();
});

test('a difference is explained by somebody, and stays explained while it is the same', async () => {
  const page = await open({ bypassCSP: true });
  const ghost = await until('the orphan', async () => (await admin('GET', '/people/reconcile?q=ghost')).rows.find((d) => d.kind === 'orphan'));
  await page.goto(url + '/people/reconcile');
  await picture(page, 'people-reconcile');
  await axeOn(page, 'reconcile');
  await page.locator(`summary[aria-label="Explain ${ghost.id}"]`).click();
  await page.locator(`#x-${ghost.id}`).fill('The break-glass account, sealed in the safe.');
  await page.locator('tr', { hasText: ghost.id }).getByRole('button', { name: 'Keep the explanation' }).click();
  await page.waitForURL(/done=moved/);
  extract('Directory of people', ['login,email,name', 'jo,jo@example.org,Jo Joiner', 'ghost,,Old Ghost', 'ghost2,,Other Ghost']);
  await until('another orphan', async () => (await admin('GET', '/people/reconcile?q=ghost2')).rows.find((d) => d.status_words === 'Open'));
  assert.equal((await admin('GET', '/people/reconcile?q=ghost')).rows.find((d) => d.id === ghost.id).status_words, 'Explained');
  await page.close();
});

test('a directory is looked at first, and taken in when asked', async (t) => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'people-'));
  const ldap = await directory(scratch, {
    dia: { cn: 'Dia Rectory', mail: 'dia@example.org', employeeNumber: 'L1', title: 'Engineer', departmentNumber: 'Support', manager: 'uid=pia,dc=example,dc=org' },
    pia: { cn: 'Pia Lead', mail: 'pia@example.org', employeeNumber: 'E1', departmentNumber: 'Board' },
  });
  if (!ldap) return t.skip('slapd is not installed');
  try {
    fs.writeFileSync(path.join(scratch, 'ca.pem'), ldap.ca);
    fs.writeFileSync(path.join(scratch, 'secret'), 'readersecret\n');
    assay('sign-in', 'ldap', 'staff', ldap.url, 'base=' + ldap.base, 'bind_dn=' + ldap.reader, 'default_roles=employee', '--secret-file', path.join(scratch, 'secret'), '--tls-ca', path.join(scratch, 'ca.pem'));
    const dry = JSON.parse(assay('people', 'sync', 'staff', '--full', '--dry-run', '--json'));
    assert.equal(dry.new, 1, JSON.stringify(dry));
    assert.ok(dry.missing.some((m) => m.name === 'Jo Joiner'));
    const page = await open({ bypassCSP: true });
    await page.goto(url + '/people/roster');
    await page.getByRole('button', { name: /Look into the directory/ }).click();
    await page.getByRole('heading', { name: 'What would happen' }).waitFor();
    await page.getByRole('button', { name: 'Take it in' }).click();
    await page.waitForURL(/done=imported/);
    const dia = (await admin('GET', '/people?q=Dia+Rectory')).rows[0];
    assert.equal(dia.manager.name, 'Pia Lead');
    assert.equal(dia.department, 'Support');
    await page.close();
  } finally {
    ldap.close();
  }
});

test('everybody, late ones by manager, and one person, on a wide and a narrow screen', async () => {
  for (const [name, options] of [['wide', {}], ['narrow-dark', { viewport: { width: 360, height: 780 }, colorScheme: 'dark' }]]) {
    const page = await open({ bypassCSP: true, ...options });
    for (const address of ['/people', '/people/joiners', '/people/' + ids.lead, '/people/roster', '/people/reconcile', ids.joiner.url]) {
      await page.goto(url + address);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${address} is wider than the screen`);
      await axeOn(page, address);
      await picture(page, `people-${name}-${address.split('/').slice(2).join('-') || 'all'}`);
    }
    await page.close();
  }
});

test('whether somebody was checked is told to those who may know, and to nobody else', async () => {
  const bearer = async (login, roles) => {
    assay('user', 'add', login, '--roles', roles);
    const token = assay('token', 'add', login, '--label', 'test', '--scope', 'read').match(/asy_[0-9a-z_]+/)[0];
    return async (path) => (await fetch(url + path, { headers: { authorization: 'Bearer ' + token } }));
  };
  const viewer = await bearer('vera-viewer', 'viewer');
  const page = await (await viewer('/api/v1/people?per_page=100')).json();
  assert.ok(page.rows.length > 2 && page.sees_checks === false && page.sum.checks === 0);
  assert.ok(page.rows.every((r) => r.check === ''), 'no row says yes, no or missing');
  const told = await admin('GET', '/people?per_page=100');
  assert.ok(told.sees_checks && told.rows.some((r) => r.check === 'missing') && told.rows.some((r) => r.check === 'yes'));
  const jo = told.rows.find((r) => r.name === 'Jo Joiner');
  const one = await (await viewer('/api/v1/people/' + jo.id)).json();
  assert.ok(one.person.sees_check === false && !one.duties.some((d) => d.kind === 'background_check'));
  const steps = (await (await viewer('/api/v1/people/joiners/' + ids.joiner.id)).json()).steps.filter((s) => s.kind === 'background_check');
  assert.ok(steps.length === 1 && steps.every((s) => s.status_words === 'Not shown' && s.proof === ''), JSON.stringify(steps));
  assert.ok(!((await (await viewer('/api/v1/records/background_check')).json()).rows?.length), 'nor do the records themselves');
  assert.ok(!JSON.stringify(await (await viewer('/api/v1/records/lifecycle_step?q=check')).json()).includes('Background check BG-'));
  const auditor = await (async () => {
    assay('user', 'add', 'audrey', '--roles', 'auditor', '--until', day(30));
    const token = assay('token', 'add', 'audrey', '--label', 'test', '--scope', 'examine').match(/asy_[0-9a-z_]+/)[0];
    return (path) => fetch(url + path, { headers: { authorization: 'Bearer ' + token } });
  })();
  assert.ok([403, 404].includes((await auditor('/api/v1/people')).status), 'an auditor sees what is handed in, not the roster');
});

test('administrators keep the roster', async () => {
  assay('user', 'add', 'adam-admin', '--roles', 'administrator');
  const token = assay('token', 'add', 'adam-admin', '--label', 'test', '--scope', 'read,records').match(/asy_[0-9a-z_]+/)[0];
  const send = (path, values) => fetch(url + '/api/v1/records/' + path, { method: 'POST', headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' }, body: JSON.stringify({ values }) });
  assert.equal((await send('person', { name: 'Nia New', kind: 'employee', email: 'nia@example.org' })).status, 201);
  assert.equal((await send('risk_acceptance', { title: 'x', risk: 'R-0001', reason: 'x', accepted_l: 1, accepted_i: 1, owner: ids.lead, expires_on: day(20) })).status, 403, 'but not what is for others');
});
