// The room Risks: the library is adopted, the map filters, a risk is decided, accepted by an executive, ends and is opened again; a control fails, and what
// remains rises and says why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assay, assayOn, axeOn, newcomer } from './client.mjs';
import { admin as api, end, launch, open, picture, url } from './site.mjs';

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);

async function decide(page, values) {
  for (const [label, value] of Object.entries(values)) {
    const field = page.locator('#decide ~ form, section:has(#decide) form').getByLabel(label, { exact: true });
    if ((await field.evaluate((f) => f.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  await page.getByRole('button', { name: 'Decide', exact: true }).click();
  await page.waitForLoadState();
}

let ann, eve;

before(launch);
after(end);

test('the library is adopted with one click, as proposals, and the map leads to the risks of a cell with and without scripts', async () => {
  ann = (await api('POST', '/records/person', { values: { name: 'Ann Owner', kind: 'employee' } })).id;
  eve = (await api('POST', '/records/person', { values: { name: 'Eve Executive', kind: 'employee' } })).id;
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url + '/risks');
  await page.getByRole('button', { name: /^Adopt \d+ risks/ }).click();
  await page.waitForURL(/done=library/);
  const all = await api('GET', '/risks?per_page=1000');
  assert.ok(all.rows.length >= 30, 'those of the categories in scope');
  assert.ok(all.rows.every((r) => r.is_proposed && r.inherent.score > 0 && r.residual.score <= r.inherent.score));
  assert.equal(all.library.count, 0);
  const cells = (map) => map.heat.rows.flatMap((r) => r.cells);
  assert.equal(cells(all).reduce((n, c) => n + c.count, 0), all.rows.length, 'the map holds each risk once');
  const cell = cells(all).filter((c) => c.count).sort((a, b) => b.score - a.score)[0];
  await page.getByRole('link', { name: cell.label }).click();
  await page.waitForURL(/cell=/);
  assert.equal(await page.locator('table.list tbody tr').count(), cell.count);
  await page.getByRole('link', { name: 'Without controls' }).click();
  await page.waitForURL(/by=inherent/);
  const inherent = await api('GET', '/risks?by=inherent&per_page=1000');
  assert.equal(cells(inherent).reduce((n, c) => n + c.count, 0), all.rows.length);
  page.isClean();
  await page.finish();
  const keys = await open();
  await keys.goto(url + '/risks');
  await keys.locator('.heat a').first().focus();
  await Promise.all([keys.waitForURL(/cell=/), keys.keyboard.press('Enter')]);
  assert.equal(await keys.locator('.heat a[aria-current]').count(), 1);
  keys.isClean();
  await keys.finish();
});

test('a risk is accepted by an executive, ends, and is opened again with a task', async () => {
  const risk = await api('POST', '/records/risk', { values: { title: 'One region goes down', category: 'availability' } });
  const page = await open();
  await page.goto(`${url}/risks/${risk.id}`);
  await decide(page, {
    'Likelihood without controls': '3', 'Why so likely': 'It did twice in five years.', 'Impact without controls': '5', 'Why so bad': 'Everything runs there.', Owner: ann, Treatment: 'accept',
    'Next review': day(200), 'Decision in words': 'A second region costs more than it saves.',
  });
  assert.ok(await page.getByText('Above it, open').first().isVisible());
  assert.equal((await api('GET', `/risks/${risk.id}`)).need, 'treatment');
  const form = page.locator(`form[action$="/accept"]`);
  await form.getByLabel('Why it is borne').fill('A second region costs more than it saves.');
  await form.getByLabel('Until').fill(day(60));
  await form.getByRole('button', { name: 'Ask for it' }).click();
  await page.waitForURL(/done=asked/);
  const asked = (await api('GET', `/risks/${risk.id}`)).acceptances[0];
  assert.equal(asked.score, 15);
  assert.equal((await api('GET', `/risks/${risk.id}`)).need, 'treatment', 'asking alone covers nothing');

  const own = await newcomer('ann@risks.example', 'executive', { name: 'Ann Owner', person: ann });
  await own.goto(url + asked.url);
  assert.ok(await own.getByRole('button', { name: 'Accept', exact: true }).isDisabled(), 'nobody accepts a risk of their own');
  await own.finish();

  const executive = await newcomer('eve@risks.example', 'executive', { name: 'Eve Executive', person: eve });
  await executive.goto(url + asked.url);
  await executive.getByRole('button', { name: 'Accept', exact: true }).click();
  await executive.waitForLoadState();
  const now = await api('GET', `/risks/${risk.id}`);
  assert.equal(now.need, 'covered');
  assert.match(now.covered_by.words, /accepted until/);
  await executive.finish();

  // Two months later.
  assayOn(70, 'risk', 'check');
  const later = await api('GET', `/risks/${risk.id}`);
  assert.equal(later.state.id, 'review');
  assert.equal(later.reopened.by, 'acceptance');
  await page.goto(`${url}/risks/${risk.id}`);
  assert.ok(await page.getByText(new RegExp(`Acceptance ${asked.id} ended`)).first().isVisible());
  assert.equal(later.tasks.filter((t) => /Look at .* again/.test(t.title)).length, 1, 'beside the executive\'s own task about what ended');
  page.isClean();
  await page.finish();
});

// A setting whose test follows a number that may be changed by one person alone.
async function toggled() {
  const { rows } = await api('GET', '/tests?status=pass&per_page=1000');
  for (const row of rows) {
    const one = await api('GET', `/tests/${row.id}`);
    for (const p of one.parameters) {
      const parameter = await api('GET', `/parameters/${p.name}`);
      if (/^\d+$/.test(p.value) && !parameter.has_four_eyes && /_(max|min)$/.test(p.name)) return { test: row.id, name: p.name, value: p.value, limit: p.name.endsWith('_max') ? parameter.min : parameter.max };
    }
  }
  return null;
}

test('a control fails and what remains rises, and the page says which control and when', async (t) => {
  const found = await toggled();
  if (!found) return t.skip('no test of this host follows a number');
  await api('POST', '/records/control', { id: 'RISKY-1', values: { title: 'A setting of ours', statement: 'It is set.', owner: ann, model: 'config_state', frequency: 'daily', tests: [found.test], criteria_key: ['CC6.1'] } });
  const control = await api('GET', '/records/control/RISKY-1');
  assert.ok(control.id, JSON.stringify(control));
  const risk = await api('POST', '/records/risk', { values: { title: 'The setting is undone', category: 'access', inherent_l: 4, inherent_i: 4, controls_l2: ['RISKY-1'] } });
  const page = await open();
  await page.goto(`${url}/risks/${risk.id}`);
  await decide(page, { 'Likelihood without controls': '4', 'Why so likely': 'Often seen.', 'Impact without controls': '4', 'Why so bad': 'Many records.', Owner: ann, Treatment: 'mitigate', 'Next review': day(200) });
  const before = await api('GET', `/risks/${risk.id}`);
  assert.equal(before.controls[0].state, 'OK');
  assert.equal(before.residual.score, 8, '4 − 2 times 4');
  assert.equal(before.need, 'nothing');
  await api('POST', `/parameters/${found.name}`, { value: String(found.limit), why: 'to see it fail' });
  try {
    assay('collect');
  } catch {
    // failing tests end it with 1
  }
  let now;
  for (let i = 0; i < 120; i++) {
    now = await api('GET', `/risks/${risk.id}`);
    if (now.residual.score > 8) break;
    await new Promise((r) => setTimeout(r, 500));
  }
  assert.equal(now.residual.score, 16, JSON.stringify(now.controls));
  assay('risk', 'check');
  now = await api('GET', `/risks/${risk.id}`);
  assert.equal(now.state.id, 'review');
  assert.match(now.reopened.why, /RISKY-1/);
  const move = now.over_time.moves.at(-1);
  assert.deepEqual([move.from, move.to, move.is_up], [8, 16, true]);
  assert.ok(move.controls.some((k) => k.id === 'RISKY-1' && k.to === 'Failing'));
  await page.goto(`${url}/risks/${risk.id}`);
  assert.ok(await page.getByText('rose').first().isVisible());
  assert.ok(await page.locator('.risk-chart svg').isVisible());
  const then = await api('GET', `/risks/${risk.id}?at=${encodeURIComponent(new Date(before.as_of.t).toISOString())}`);
  assert.equal(then.residual.score, 8, 'at an earlier instant it is what it was');
  await api('POST', `/parameters/${found.name}`, { value: found.value, why: 'as before' });
  page.isClean();
  await page.finish();
});

test('an assessment takes fraud, vendors and change, and is readiness then', async () => {
  const campaign = await api('POST', '/records/risk_campaign', { values: { title: 'Yearly', area: 'All of it.', owner: ann, assessors: [ann], due_on: day(30), summary: 'Nothing new.' } });
  const moved = await api('POST', `/records/risk_campaign/${campaign.id}/moves`, { transition: 'start', why: '' }, { 'if-match': '"1"' });
  assert.equal(moved.state?.id ?? moved.records?.[0]?.act, moved.state ? 'running' : 'move', JSON.stringify(moved));
  const page = await open({ javaScriptEnabled: false });
  await page.goto(`${url}/risks/campaigns/${campaign.id}`);
  assert.ok(await page.getByRole('button', { name: 'Close' }).isDisabled());
  assert.ok(await page.getByText(/fraud is part of every assessment/i).isVisible());
  const { rows } = await api('GET', '/risks?per_page=1000');
  for (const category of ['fraud', 'vendor', 'change']) {
    await page.goto(`${url}/risks/${rows.find((r) => r.category === category).id}`);
    await decide(page, { 'Why so likely': 'As elsewhere.', 'Why so bad': 'As elsewhere.', Owner: ann, Treatment: 'mitigate', 'Next review': day(200), 'Counts for': campaign.id });
    await page.waitForURL(new RegExp(`/risks/campaigns/${campaign.id}`));
  }
  const json = await api('GET', `/risks/campaigns/${campaign.id}`);
  assert.equal(json.progress.done, 3);
  assert.ok(json.mandatory.every((m) => m.status === 'pass'));
  assert.ok(await page.getByRole('button', { name: 'Close' }).isEnabled());
  assay('record', 'move', 'risk_campaign', campaign.id, 'close');
  const overview = await api('GET', '/overview');
  assert.ok(!overview.blockers.some((b) => b.code === 'no_risk_assessment'), 'the blocker of readiness is gone');
  page.isClean();
  await page.finish();
});

test('the room is legible in both themes, wide and narrow, and axe finds nothing', async () => {
  const { rows } = await api('GET', '/risks?per_page=1000');
  const { rows: campaigns } = await api('GET', '/records/risk_campaign');
  const pages = { risks: '/risks', 'risks-inherent': '/risks?by=inherent', risk: rows.find((r) => r.state.id === 'review')?.url ?? rows[0].url, 'risk-proposed': rows.find((r) => r.is_proposed).url, 'risk-method': '/risks/matrix', 'risk-campaign': `/risks/campaigns/${campaigns[0].id}` };
  for (const colorScheme of ['light', 'dark'])
    for (const width of [1440, 360]) {
      const page = await open({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(url + address);
        await picture(page, `${name}-${colorScheme}-${width}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name} is wider than ${width}`);
        await axeOn(page, `${name} ${colorScheme} ${width}`);
      }
      page.isClean();
      await page.finish();
    }
});
