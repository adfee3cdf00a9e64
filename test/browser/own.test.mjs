// What is one's own: an employee sees, opens, moves and changes that, and finds nothing else, neither on pages nor over the API.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { admin, end, launch, open, picture, url } from './site.mjs';

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
let mine, theirs, me, boss, token, reader, link;

const ask = async (bearer, method, path, body, headers = {}) => {
  const answer = await fetch(url + path, {
    method, redirect: 'manual', headers: { authorization: 'Bearer ' + bearer, ...(body && { 'content-type': 'application/json' }), ...headers }, body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : null };
};
const employee = (...rest) => ask(token, ...rest);

before(async () => {
  await launch();
  me = await admin('POST', '/records/person', { values: { name: 'Emil Employee', email: 'emil@example.org' } });
  boss = await admin('POST', '/records/person', { values: { name: 'Berta Boss', email: 'berta@example.org' } });
  mine = await admin('POST', '/records/task', { values: { title: 'Read the policy', owner: me.id, due_on: day(3) } });
  theirs = await admin('POST', '/records/task', { values: { title: 'Secret of the boss', owner: boss.id, due_on: day(3) } });
  link = assay('user', 'add', 'emil', '--roles', 'employee', '--person', me.id).match(/http\S+/)[0];
  token = assay('token', 'add', 'emil', '--label', 'own', '--scope', 'own_page').trim();
  assay('user', 'add', 'rosa', '--roles', 'viewer', '--person', boss.id);
  reader = assay('token', 'add', 'rosa', '--label', 'read', '--scope', 'read').trim();
});
after(end);

describe('an employee', () => {
  it('lists and opens own records only', async () => {
    const list = await employee('GET', '/api/v1/records/task');
    assert.equal(list.status, 200);
    assert.deepEqual(list.json.rows.map((r) => r.id), [mine.id]);
    assert.equal(list.json.total, 1);
    assert.equal((await employee('GET', `/api/v1/records/task/${mine.id}`)).status, 200);
    assert.equal((await employee('GET', `/api/v1/records/person/${me.id}`)).status, 200, 'what is kept about oneself');
    assert.equal((await employee('GET', '/api/v1/records/system')).json.total, 0, 'nothing of what is for everybody who may look');
    for (const path of ['/api/v1/controls', '/api/v1/overview', '/controls', '/evidence', '/records/person/import', '/api/v1/users']) assert.equal((await employee('GET', path)).status, 403, path);
  });

  it('finds no record of somebody else, whatever the operation', async () => {
    const there = `/records/task/${theirs.id}`;
    const absent = await employee('GET', '/api/v1/records/task/TASK-9999');
    const tries = [
      ['GET', '/api/v1' + there], ['GET', '/api/v1' + there + '/history'], ['GET', there], ['GET', there + '/edit'], ['GET', `/api/v1/records/person/${boss.id}`],
      ['PATCH', '/api/v1' + there, { values: { title: 'mine now' }, version: 1 }], ['DELETE', '/api/v1' + there, { why: 'x', version: 1 }],
      ['POST', '/api/v1' + there + '/moves', { transition: 'drop', why: 'x', version: 1 }], ['POST', '/api/v1' + there + '/undo', { version: 1 }],
      ['GET', there + '/files/' + '0'.repeat(64)],
    ];
    for (const [method, path, body] of tries) {
      const answer = await employee(method, path, body);
      assert.equal(answer.status, 404, `${method} ${path}: ${answer.status}`);
      assert.ok(!answer.text.includes('Secret of'), path);
    }
    const seen = await employee('GET', '/api/v1' + there);
    assert.equal(seen.json.detail.replace(theirs.id, 'X'), absent.json.detail.replace('TASK-9999', 'X'), 'no difference between absent and not allowed');
    const batch = await employee('POST', '/api/v1/changes', { changes: [{ act: 'change', type: 'task', id: theirs.id, version: 1, values: { title: 'mine now' } }] });
    assert.equal(batch.status, 422);
    assert.equal(batch.json.errors[0].field, 'changes[0].id');
    for (const q of ['Secret', 'boss']) {
      assert.equal((await employee('GET', `/api/v1/records/task?q=${q}`)).json.total, 0);
      assert.ok(!(await employee('GET', `/api/v1/search?q=${q}`)).text.includes('Secret of'));
    }
    for (const path of ['/records/task/export.csv', '/records/task?where=' + encodeURIComponent('title~"Secret"'), '/records/task/board', '/records/task/calendar', '/records', '/my'])
      assert.ok(!(await employee('GET', path)).text.includes('Secret of'), path);
    assert.equal((await admin('GET', '/records/task/' + theirs.id)).values.title, 'Secret of the boss');
  });

  it('changes and moves own records, and makes none that the type does not let them', async () => {
    let now = await employee('PATCH', `/api/v1/records/task/${mine.id}`, { values: { done_on: day(0) }, why: 'read it', version: 1 });
    assert.equal(now.status, 200, now.text);
    now = await employee('POST', `/api/v1/records/task/${mine.id}/moves`, { transition: 'finish', version: 2 });
    assert.equal(now.status, 200, now.text);
    assert.equal(now.json.state.id, 'done');
    assert.equal((await employee('DELETE', `/api/v1/records/task/${mine.id}`, { why: 'x', version: 3 })).status, 403);
    assert.equal((await employee('POST', '/api/v1/records/task', { values: { title: 'x', owner: me.id, due_on: day(1) } })).status, 403);
    assert.equal((await employee('PATCH', `/api/v1/records/person/${me.id}`, { values: { name: 'CEO' }, version: 1 })).status, 403);
    now = await employee('POST', `/api/v1/records/task/${mine.id}/moves`, { transition: 'reopen', why: 'too soon', version: 3 });
    assert.equal(now.status, 200, now.text);
    /* Who gives it away no longer has it. */
    now = await employee('PATCH', `/api/v1/records/task/${mine.id}`, { values: { owner: boss.id }, version: 4 });
    assert.ok([200, 404, 422].includes(now.status), now.text);
    if (now.status !== 200) return;
    assert.equal((await employee('GET', `/api/v1/records/task/${mine.id}`)).status, 404);
    await admin('PATCH', `/records/task/${mine.id}`, { values: { owner: me.id }, version: 5 });
  });

  it('does so in the browser, from My page', async () => {
    const page = await open({ signIn: false });
    page.expectsErrors = true;
    await page.goto(link.replace(/^http:\/\/[^/]+/, url));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForURL('**/settings/sign-in**');
    await page.goto(url + '/my');
    await page.getByRole('link', { name: 'Read the policy' }).first().click();
    await page.waitForURL('**/records/task/' + mine.id);
    await picture(page, 'own-record');
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Done on').fill(day(-1));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/done=changed/);
    await page.locator('.steps').getByRole('button', { name: 'Done' }).click();
    await page.waitForURL(/done=moved/);
    await page.goto(url + '/records/task/' + theirs.id);
    assert.match(await page.locator('main').innerText(), /there is none/);
    await page.goto(url + '/records');
    await picture(page, 'own-records');
    await page.finish();
  });
});

describe('somebody who may look and not change', () => {
  it('changes nothing over a token that is for reading, and by no role', async () => {
    assert.equal((await ask(reader, 'GET', '/api/v1/records/task')).status, 200);
    assert.equal((await ask(reader, 'PATCH', `/api/v1/records/task/${theirs.id}`, { values: { title: 'x' }, version: 1 })).status, 403);
    const both = assay('token', 'add', 'rosa', '--label', 'both', '--scope', 'read,own_page').trim();
    const other = await admin('POST', '/records/task', { values: { title: 'Of nobody they know', owner: me.id, due_on: day(3) } });
    assert.equal((await ask(both, 'PATCH', `/api/v1/records/task/${other.id}`, { values: { title: 'x' }, version: 1 })).status, 403);
    assert.equal((await ask(both, 'PATCH', `/api/v1/records/task/${theirs.id}`, { values: { title: 'Secret, by its owner' }, version: 1 })).status, 200);
  });
});
