// Lists: what is done with several rows at once, saved views, several changes in one operation, and what refers to what.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { admin, end, launch, open, picture, url } from './site.mjs';

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
let person;

before(async () => {
  await launch();
  person = await admin('POST', '/records/person', { values: { name: 'Lina Lister' } });
});
after(end);

const systems = async (word, n) => {
  const made = await admin('POST', '/changes', { changes: Array.from({ length: n }, (_, i) => ({ type: 'system', values: { name: `${word} ${i + 1}`, kind: 'tool' }, why: 'made together' })) });
  assert.equal(made.count, n, JSON.stringify(made));
  return made.records.map((r) => r.id);
};

describe('several rows at once', () => {
  for (const javaScriptEnabled of [true, false])
    it(`are set, moved and exported ${javaScriptEnabled ? 'with' : 'without'} scripts, as one operation`, async () => {
      const word = javaScriptEnabled ? 'Bulked' : 'Plainly';
      await systems(word, 4);
      const page = await open({ javaScriptEnabled });
      const list = url + '/records/system?sort=name&q=' + word;
      await page.goto(list);
      for (const n of [1, 2, 3]) await page.getByRole('row', { name: `${word} ${n}` }).getByRole('checkbox').check();
      await page.getByLabel('With what is ticked').selectOption('set.owner');
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.getByRole('heading', { name: 'Set "Owner": 3 Systems' }).waitFor();
      for (const [width, colorScheme] of [[360, 'light'], [360, 'dark'], [1440, 'dark']]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await picture(page, `bulk-set-${width}-${colorScheme}`);
        if (javaScriptEnabled) assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `wider than ${width}`);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByLabel('Owner').selectOption(person.id);
      await page.getByLabel('Why').fill('Lina takes them');
      await picture(page, 'bulk-set');
      await page.getByRole('button', { name: 'Set "Owner"' }).click();
      await page.waitForURL(/done=bulk/);
      const rows = (await admin('GET', `/records/system?q=${word}&sort=name`)).rows;
      assert.deepEqual(rows.map((r) => r.values.owner ?? null), [person.id, person.id, person.id, null]);
      const histories = await Promise.all(rows.slice(0, 3).map((r) => admin('GET', `/records/system/${r.id}/history`)));
      const leaves = histories.map((h) => h.history[0].leaf);
      assert.ok(Math.max(...leaves) - Math.min(...leaves) === 2 && histories.every((h) => h.history[0].why === 'Lina takes them'));

      await page.goto(list);
      await page.getByRole('checkbox', { name: 'Choose ' + rows[0].id }).check();
      await page.getByRole('checkbox', { name: 'Choose ' + rows[1].id }).check();
      await page.getByLabel('With what is ticked').selectOption('export');
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Go on' }).click()]);
      const text = await (await download.createReadStream()).toArray().then((parts) => Buffer.concat(parts).toString());
      assert.equal(text.trim().split(/\r?\n/).length, 3);
      await page.finish();
    });

  it('that cannot be taken along are said one by one, and the others go on', async () => {
    const ids = await systems('Partly', 3);
    const middle = await admin('GET', '/records/system/' + ids[1]);
    await admin('POST', `/records/system/${ids[1]}/moves`, { transition: 'retire', why: 'early', version: middle.version });
    await admin('POST', '/records/evidence', { values: {} });
    const page = await open();
    page.expectsErrors = true;
    await page.goto(url + '/records/system?q=Partly&sort=name');
    await page.getByLabel('Choose all rows of this page').check();
    await page.getByLabel('With what is ticked').selectOption('move.retire');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('1 record cannot be taken along').waitFor();
    assert.match(await page.getByRole('listitem').filter({ hasText: ids[1] }).last().innerText(), /not possible from state/i);
    await picture(page, 'bulk-partly');
    await page.getByLabel('Why').fill('No longer needed');
    await page.getByRole('button', { name: 'Retire' }).click();
    await page.waitForURL(/done=bulk/);
    for (const id of ids) assert.equal((await admin('GET', '/records/system/' + id)).state.id, 'retired');
    await page.finish();
  });

  it('include all that the filter finds', async () => {
    await systems('Everyone', 55);
    const page = await open();
    await page.goto(url + '/records/system?q=Everyone');
    await page.getByLabel('all 55').check();
    await page.getByLabel('With what is ticked').selectOption('set.environment');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel('Environment').selectOption('staging');
    await page.getByRole('button', { name: 'Set "Environment"' }).click();
    await page.waitForURL(/done=bulk/);
    assert.equal((await admin('GET', '/records/system?q=Everyone&f.environment=staging')).total, 55);
    await page.finish();
  });
});

describe('saved views', () => {
  it('keep a filter under a name, for oneself or for everybody', async () => {
    const page = await open();
    await systems('Viewed', 2);
    await page.goto(url + '/records/system?f.kind=tool&sort=-name&q=Viewed');
    await page.getByText('Keep this filter').click();
    await page.getByLabel('Name', { exact: true }).fill('Tools viewed');
    await picture(page, 'view-save');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.waitForURL(/done=view/);
    const chip = page.getByRole('list', { name: 'Saved views' }).getByRole('link', { name: /Tools viewed/ });
    assert.equal(await chip.getAttribute('aria-current'), 'true');
    await page.goto(url + '/records/system');
    await chip.click();
    await page.waitForURL(/f\.kind=tool/);
    assert.equal(await page.locator('tbody tr').count(), 2);
    const views = (await admin('GET', '/records/saved_view?q=Tools')).rows;
    assert.equal(views[0].values.is_shared, false);
    await page.finish();
  });
});

describe('one operation', () => {
  it('makes parents and children that refer to one another', async () => {
    const made = await admin('POST', '/changes', {
      changes: [
        { type: 'task', values: { title: 'Child', owner: 'new:2', due_on: day(5), gap: 'new:3' } },
        { type: 'person', values: { name: 'Parent', manager: person.id } },
        { type: 'gap', values: { title: 'Between', kind: 'missing', owner: 'new:2' } },
      ],
    });
    assert.equal(made.count, 3, JSON.stringify(made));
    const task = await admin('GET', '/records/task/' + made.records[0].id);
    assert.equal(task.values.owner, made.records[1].id);
    assert.equal(task.values.gap, made.records[2].id);
  });

  it('names every field that is wrong, and does nothing', async () => {
    const total = (await admin('GET', '/records/gap')).total;
    const answer = await admin('POST', '/changes', {
      changes: [
        { type: 'gap', values: { title: 'Fine', kind: 'missing' } },
        { type: 'gap', values: { title: 7, kind: 'nothing', owner: 'P-9999' } },
        { type: 'nothing', values: {} },
        { act: 'change', type: 'gap', id: 'GAP-9999', version: 1, values: { title: 'x' } },
      ],
    });
    assert.equal(answer.status, 422);
    assert.ok(answer.errors.some((e) => e.field === 'changes[2].type') && answer.errors.some((e) => e.field === 'changes[3].id'), JSON.stringify(answer.errors));
    const values = await admin('POST', '/changes', { changes: [{ type: 'gap', values: { title: 7, kind: 'nothing', owner: 'P-9999', controls: ['XX-99'] } }] });
    assert.deepEqual(values.errors.map((e) => e.field).sort(), ['changes[0].values.controls', 'changes[0].values.kind', 'changes[0].values.owner', 'changes[0].values.title']);
    for (const changes of [undefined, [], {}, 'x', [1], Array(3).fill(null)]) assert.ok([400, 422].includes((await admin('POST', '/changes', { changes })).status), JSON.stringify(changes));
    assert.equal((await admin('GET', '/records/gap')).total, total);
  });
});

describe('what others refer to', () => {
  it('is not deleted, and says by whom it is held', async () => {
    const one = await admin('POST', '/records/person', { values: { name: 'Held Person' } });
    const gap = await admin('POST', '/records/gap', { values: { title: 'Holds', kind: 'missing', owner: one.id } });
    const refused = await admin('DELETE', '/records/person/' + one.id, { why: 'x', version: 1 });
    assert.equal(refused.status, 409, JSON.stringify(refused));
    assert.ok(refused.detail.includes(gap.id));
    const page = await open();
    await page.goto(url + '/records/person/' + one.id);
    await page.locator('summary', { hasText: 'Delete' }).click();
    await page.getByText('It can be deleted when none does any more').waitFor();
    await picture(page, 'record-held');
    await admin('PATCH', '/records/person/' + one.id, { values: { left_on: day(0) }, version: 1 });
    const asked = await admin('POST', `/records/person/${one.id}/moves`, { transition: 'leave', version: 2 });
    assert.equal(asked.status, 409);
    await page.goto(url + '/records/person/' + one.id);
    const step = page.locator('.steps li', { hasText: 'Has left' });
    assert.match(await step.innerText(), new RegExp(gap.id));
    await picture(page, 'record-leaves');
    await step.getByLabel('They may stay as they are').check();
    await step.getByRole('button').click();
    await page.waitForURL(/done=moved/);
    await page.finish();
  });
});

describe('Markdown', () => {
  it('is shown as what it means, with a preview, and lets nothing run', async () => {
    const page = await open();
    await page.goto(url + '/records/system/new');
    await page.getByLabel('Name').fill('With a text');
    await page.getByLabel('Kind').selectOption('tool');
    const text = '# Head\n\n* one\n* **two**\n\n[safe](https://example.org) [bad](javascript:window.hit=1) <img src=x onerror=window.hit=1>';
    const field = page.locator('.field', { has: page.locator('textarea[name="v.reason"]') });
    await field.locator('textarea').fill(text);
    await field.getByRole('button', { name: 'Preview' }).click();
    await field.getByRole('heading', { name: 'Head' }).waitFor();
    await picture(page, 'markdown-preview');
    await field.getByRole('button', { name: 'Write' }).click();
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/done=created/);
    const prose = page.locator('.facts-list .prose').first();
    assert.equal(await prose.locator('li').count(), 2);
    assert.deepEqual(await prose.locator('a').evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.rel])), [['https://example.org', 'noopener noreferrer nofollow']]);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    await picture(page, 'markdown-shown');
    page.isClean();
    await page.finish();
  });
});

describe('the history', () => {
  it('lets a record say again what any version said, as a new change', async () => {
    const made = await admin('POST', '/records/system', { values: { name: 'First name', kind: 'tool', owner: person.id } });
    await admin('PATCH', '/records/system/' + made.id, { values: { name: 'Second name', owner: null }, version: 1 });
    await admin('PATCH', '/records/system/' + made.id, { values: { environment: 'staging' }, version: 2 });
    const page = await open();
    await page.goto(url + made.url);
    await page.getByRole('button', { name: 'Say again what version 1 said' }).click();
    await page.waitForURL(/done=returned/);
    const now = await admin('GET', '/records/system/' + made.id);
    assert.deepEqual([now.version, now.values.name, now.values.owner, now.values.environment], [4, 'First name', person.id, 'production']);
    assert.ok(await page.getByText('As in version 1').isVisible());
    const again = await admin('POST', `/records/system/${made.id}/undo`, { to: now.changed.leaf - 1, version: 4 });
    assert.deepEqual([again.version, again.values.name], [5, 'Second name'], JSON.stringify(again));
    const wrong = await admin('POST', `/records/system/${made.id}/undo`, { to: 'x', version: 5 });
    assert.equal(wrong.status, 422);
    await page.goto(url + made.url + '?at=' + new Date(made.created.at.t).toISOString());
    await page.getByText('This is the past.').first().waitFor();
    assert.equal(await page.getByRole('button', { name: /Say again|Undo/ }).count(), 0);
    for (const link of await page.locator('main a[href^="/records/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')))) assert.match(link, /[?&]at=/, link);
    await page.finish();
  });
});
