// Gaps, Controls and Criteria as people go through them: from nothing to adopted controls with owners; from a failing test to a closed gap.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { end, launch, open, picture, signedIn, url } from './site.mjs';

let me, other;

async function ask(method, path, body, headers = {}) {
  const { cookies } = await signedIn();
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const token = headers.authorization ? '' : (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  const answer = await fetch(url + '/api/v1' + path, {
    method,
    headers: { ...(headers.authorization ? {} : { cookie, 'x-csrf-token': token }), 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const json = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(json)}`);
  return json;
}

before(async () => {
  await launch();
  me = await ask('POST', '/records/person', { values: { name: 'Ada Owner', kind: 'employee', email: 'ada@example.org', job_title: 'Security lead' } });
  assay('user', 'add', 'rita', '--roles', 'compliance_lead', '--name', 'Rita Reviewer');
  const token = assay('token', 'add', 'rita', '--label', 'second person', '--scope', 'read,records').match(/asy_\S+/)[0];
  other = { authorization: `Bearer ${token}` };
});
after(end);

// A page in both widths and themes, to be looked at.
async function look(page, name) {
  for (const width of [1440, 360])
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await picture(page, `${name}-${width}-${colorScheme}`);
    }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

describe('from nothing to adopted controls with owners', () => {
  it('gives the starter set to people, by who usually owns what', async () => {
    const page = await open();
    await page.goto(url + '/gaps/readiness');
    await page.getByRole('button', { name: 'Take it now' }).click();
    await page.waitForURL(/done=baseline/);
    await page.goto(url + '/controls/adopt');
    const before = await ask('GET', '/controls?per_page=1000');
    assert.equal(before.rows.filter((r) => r.adoption === 'adopted').length, 0);
    for (const select of await page.locator('select[name^="owner."]').all()) await select.selectOption({ label: 'Ada Owner, Security lead' });
    await page.getByRole('button', { name: 'Adopt' }).click();
    await page.waitForURL(/\/controls\?done=adopted/);
    const adopted = (await ask('GET', '/controls?per_page=1000')).rows.filter((r) => r.adoption === 'adopted');
    assert.ok(adopted.length >= 85 && adopted.every((r) => r.owner === 'Ada Owner'), `${adopted.length} adopted`);
    const overview = await ask('GET', '/overview');
    const ownerless = overview.blockers.find((b) => b.code === 'key_control_without_owner')?.count ?? 0;
    assert.ok(ownerless < 56, `${ownerless} key controls without an owner`);
    page.isClean();
    await page.finish();
  });
});

describe('from a failing test to a closed gap', () => {
  it('is proposed, accepted, given to somebody, planned, shown by evidence, and closed by another person', async () => {
    const page = await open();
    await page.goto(url + '/gaps/register');
    await look(page, 'register-proposed');
    const proposed = (await ask('GET', '/gaps/register')).proposals.find((p) => p.id.startsWith('test:') && p.controls.length);
    await page.getByRole('button', { name: `Accept ${proposed.name}` }).click();
    await page.waitForURL(/\/gaps\/GAP-\d+\?done=created/);
    const id = /GAP-\d+/.exec(page.url())[0];
    await page.locator('#task-owner').selectOption({ label: 'Ada Owner' });
    await page.locator('#task-due').fill('2027-01-31');
    await page.getByRole('button', { name: 'Make the task' }).click();
    await page.waitForURL(/done=task/);
    assert.ok(await page.locator('.trace').getByText(/TASK-\d+/).first().isVisible());
    const gap = await ask('GET', `/gaps/${id}`);
    assert.equal(gap.owner.name, 'Ada Owner');
    await ask('PATCH', `/records/gap/${id}`, { values: { due_on: '2027-01-31', plan: 'Mend the setting, and keep it mended.', effort_days: 3 }, why: 'planned' }, { 'if-match': `"${gap.record.version}"` });
    await page.goto(url + `/gaps/${id}`);
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.waitForURL(/done=moved/);
    const plan = await ask('GET', '/gaps/plan');
    assert.equal(plan.rows[0].id, id);
    assert.equal(plan.rows[0].effort_days, 3);

    const evidence = await ask('POST', '/records/evidence', { values: { title: 'The setting as it is now', link: 'https://example.org/change/1', period_from: '2026-11-01', period_to: '2026-11-22', controls: [gap.controls[0].id], owner: me.id } });
    await page.goto(url + `/gaps/${id}`);
    await page.locator('#evidence').selectOption(evidence.id);
    await page.getByRole('button', { name: 'Name it' }).click();
    await page.waitForURL(/done=changed/);
    await look(page, 'gap');
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.waitForURL(/done=moved/);
    assert.ok(await page.getByRole('button', { name: 'Close', exact: true }).isDisabled(), 'who said that it is done does not close it');

    await ask('POST', `/records/evidence/${evidence.id}/moves`, { transition: 'accept', version: evidence.version }, other);
    const now = await ask('GET', `/records/gap/${id}`, undefined, other);
    await ask('POST', `/records/gap/${id}/moves`, { transition: 'close', version: now.version }, other);
    const register = await ask('GET', '/gaps/register');
    assert.equal(register.rows.find((r) => r.id === id).rank, 0);

    const progress = await ask('GET', '/gaps/readiness');
    assert.ok(progress.closed.some((g) => g.id === id) && progress.then && progress.evidence >= 1);
    assert.ok(progress.moved > 0 && progress.adopted >= 85, `${progress.moved} points, ${progress.adopted} adopted`);
    assert.ok(progress.controls.length > 0 && progress.controls.every((k) => k.from !== k.to && k.why), 'each control that moved says why');
    await page.goto(url + '/gaps/readiness');
    assert.ok(await page.getByRole('link', { name: new RegExp(id) }).isVisible());
    await look(page, 'readiness');
    await page.goto(url + '/gaps/plan');
    await look(page, 'plan');
    page.isClean();
    await page.finish();
  });

  it('shows goals that measure themselves, from a template', async () => {
    const page = await open();
    await page.goto(url + '/gaps/goals');
    await page.getByRole('link', { name: /encrypted wherever it rests/ }).click();
    await page.getByLabel('Owner').selectOption({ label: 'Ada Owner' });
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/\/gaps\/goals\?done=created/);
    const goal = (await ask('GET', '/gaps/goals')).rows[0];
    assert.equal(goal.target, '100');
    await look(page, 'goals');
    page.isClean();
    await page.finish();
  });
});

describe('controls and criteria', () => {
  it('shows a control of our own with its two results, and what a change of it affects', async () => {
    const page = await open();
    await ask('POST', '/records/control', { id: 'ACME-1', values: { title: 'Monthly comparison of leavers', statement: 'Ada compares leavers with accounts each month.', owner: me.id, frequency: 'monthly', criteria_key: ['CC6.2'], compensates: ['AC-04'] } });
    await page.goto(url + '/controls/ACME-1');
    await page.getByRole('button', { name: 'Adopt', exact: true }).click();
    await page.waitForURL(/done=moved/);
    const control = await ask('GET', '/controls/ACME-1');
    assert.equal(control.design.result, 'NOT_IMPLEMENTED');
    assert.equal(control.compensates[0].id, 'AC-04');
    assert.ok(control.criteria.some((k) => k.id === 'CC6.2' && k.role === 'key'));
    await look(page, 'control-own');
    await page.getByRole('link', { name: 'What a change affects' }).click();
    await page.waitForURL(/\/impact\/control\/ACME-1/);
    await look(page, 'impact');
    page.isClean();
    await page.finish();
  });

  it('takes a criterion out with a reason that another person approves', async () => {
    const page = await open();
    await page.goto(url + '/criteria/CC6.4');
    await page.getByText('It is not relevant to us').click();
    await page.getByLabel('Why not').fill('No premises of our own: everything runs with a hosting provider.');
    await page.getByRole('button', { name: 'Ask for approval' }).click();
    await page.waitForURL(/done=created/);
    assert.ok(await page.getByRole('button', { name: 'Approve', exact: true }).isDisabled(), 'who asked does not approve');
    assert.equal((await ask('GET', '/criteria/CC6.4')).in_scope, true);
    await look(page, 'criterion');
    await page.goto(url + '/criteria/completeness');
    assert.ok(await page.getByText('Waits for approval').isVisible());
    await look(page, 'completeness');
    page.isClean();
    await page.finish();
  });
});

describe('templates and views', () => {
  it('agree', async () => {
    const fs = await import('node:fs');
    const log = fs.readFileSync(process.env.ASSAY_LOG, 'utf8');
    assert.deepEqual(log.split('\n').filter((l) => l.includes('why="template:')), []);
  });
});
