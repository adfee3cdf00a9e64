// What people do: with the keyboard alone, through the palette, looking at the past, running a test, signing out.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { addresses, end, launch, open, picture, url } from './site.mjs';

let pages;

before(async () => {
  await launch();
  pages = Object.fromEntries(await addresses());
});
after(end);

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute('name') || document.activeElement?.tagName);

describe('keyboard', () => {
  it('reaches every link and control, and shows where it is', async () => {
    const page = await open();
    for (const name of ['overview', 'tests', 'test-failing', 'capture']) {
      await page.goto(url + pages[name]);
      const wanted = await page.evaluate(() => {
        const able = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, [tabindex="0"]')];
        return able.filter((e) => e.checkVisibility() && !e.disabled && e.closest('details:not([open])') === (e.tagName === 'SUMMARY' ? e.closest('details:not([open])') : null)).length;
      });
      const seen = new Set();
      for (let i = 0; i < wanted + 2; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const e = document.activeElement;
          if (!e || e === document.body) return null;
          e.dataset.n ??= String(document.querySelectorAll('[data-n]').length);
          const s = getComputedStyle(e);
          const r = e.getBoundingClientRect();
          return { n: e.dataset.n, outline: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0, inView: r.bottom > 0 && r.top < innerHeight, html: e.outerHTML.slice(0, 80) };
        });
        if (!at) continue;
        assert.ok(at.outline, `${name}: focus is not shown on ${at.html}`);
        assert.ok(at.inView, `${name}: focus is out of view on ${at.html}`);
        seen.add(at.n);
      }
      assert.ok(seen.size >= wanted - 1, `${name}: ${seen.size} of ${wanted} reached`);
    }
    page.isClean();
    await page.finish();
  });

  it('skips to the content', async () => {
    const page = await open();
    await page.goto(url + '/');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.finish();
  });

  it('opens anything with the palette', async () => {
    const page = await open();
    await page.goto(url + '/');
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox');
    await field.waitFor();
    await page.keyboard.type('cc6.1');
    assert.match(await page.getByRole('option', { selected: true }).textContent(), /CC6\.1/);
    await picture(page, 'palette-1440-light', {});
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(url + '/criteria/CC6.1');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('combobox').isVisible(), false);
    page.isClean();
    await page.finish();
  });

  it('finds without the palette too', async () => {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(url + '/');
    await page.getByLabel('Find a criterion').fill('cc6.1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\?q=cc6\.1/);
    await page.getByRole('main').getByRole('link', { name: 'CC6.1' }).first().click();
    await page.waitForURL(url + '/criteria/CC6.1');
    page.isClean();
    await page.finish();
  });
});

describe('lists', () => {
  it('keep search, state, sort and page in the address', async () => {
    const page = await open();
    await page.goto(url + '/tests');
    await page.getByRole('link', { name: /^Unknown \d+/ }).click();
    await page.waitForURL(/status=unknown/);
    await page.getByRole('columnheader', { name: 'Severity' }).getByRole('link').click();
    await page.waitForURL(/status=unknown&sort=severity/);
    assert.equal(await page.getByRole('columnheader', { name: 'Severity' }).getAttribute('aria-sort'), 'ascending');
    await page.locator('#q').fill('ssh');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=ssh/);
    assert.match(page.url(), /status=unknown/);
    for (const row of await page.locator('main .list tbody tr').all()) assert.match(await row.textContent(), /Unknown/);
    page.isClean();
    await page.finish();
  });

  it('come as CSV with the same filter', async () => {
    const page = await open();
    await page.goto(url + '/controls?q=access');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
    const lines = fs.readFileSync(await download.path(), 'utf8').trim().split('\r\n');
    assert.equal(lines[0], 'State,Control,Title,Owner,Tests,Score,Since');
    const found = await page.locator('.pager p').first().textContent();
    assert.equal(lines.length - 1, Number(/of (\d+)/.exec(found)[1]));
    await page.finish();
  });
});

describe('the past', () => {
  it('has a banner, and links keep the instant', async () => {
    const page = await open();
    await page.goto(url + '/tests?at=now-1d');
    await page.getByText('This is the past.').waitFor();
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Criteria' }).click();
    await page.waitForURL(url + '/criteria?at=now-1d');
    await page.getByRole('link', { name: 'Back to now' }).click();
    await page.waitForURL(url + '/criteria');
    page.isClean();
    await page.finish();
  });

  it('of an instant that is none is refused with words', async () => {
    const page = await open();
    page.expectsErrors = true;
    for (const at of ['soon', '2100-01-01']) {
      const answer = await page.goto(url + '/?at=' + at);
      assert.equal(answer.status(), 400);
      assert.match(await page.getByRole('main').textContent(), /at: /i);
    }
    await page.finish();
  });
});

describe('running a test', () => {
  it('shows a newer result after a while', async () => {
    const page = await open();
    await page.goto(url + pages['test-failing']);
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.waitForURL(/asked=\d+/);
    await page.getByText(/The run is finished|Running/).waitFor();
    await picture(page, 'running-1440-light', {});
    await page.getByText('The run is finished.').waitFor({ timeout: 60000 });
    page.isClean();
    await page.finish();
  });

  it('needs the form’s own token', async () => {
    const page = await open();
    await page.goto(url + pages['test-failing']);
    await page.evaluate(() => (document.querySelector('main input[name=csrf]').value = '0'.repeat(64)));
    page.expectsErrors = true;
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText('no valid token').waitFor();
    await page.finish();
  });
});

describe('themes', () => {
  it('switch without a reload and stay', async () => {
    const page = await open({ colorScheme: 'light' });
    await page.goto(url + '/');
    const paper = () => page.evaluate(() => getComputedStyle(document.body).color);
    const before = await paper();
    await Promise.all([page.waitForEvent('requestfinished', (r) => r.url().endsWith('/theme')), page.getByRole('button', { name: 'Dark' }).click()]);
    assert.notEqual(await paper(), before);
    await page.goto(url + '/tests');
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    assert.equal(await page.getByRole('button', { name: 'Dark' }).getAttribute('aria-pressed'), 'true');
    page.isClean();
    await page.finish();
  });
});

describe('signing in', () => {
  it('is asked of whoever has no session, and leads back', async () => {
    const page = await open({ signIn: false });
    await page.goto(url + '/tests?status=fail');
    assert.match(page.url(), /\/sign-in\?back=%2Ftests%3Fstatus%3Dfail/);
    await picture(page, 'sign-in-1440-light', {});
    const link = assay('user', 'link');
    await page.getByText('I have a one-time link').click();
    await page.getByLabel('Token').fill(/token=([0-9a-f]{64})/.exec(link)[1]);
    await page.getByRole('button', { name: 'Use the link' }).click();
    await page.waitForURL(url + '/tests?status=fail');
    page.isClean();

    // A link works once.
    const second = await open({ signIn: false });
    second.expectsErrors = true;
    await second.goto(url + '/sign-in?token=' + /token=([0-9a-f]{64})/.exec(link)[1]);
    await second.getByText('was used already').waitFor();
    assert.equal(await second.getByRole('button', { name: 'Sign in as local administrator' }).count(), 0);
    await second.finish();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/\/sign-in/);
    await page.goto(url + '/');
    assert.match(page.url(), /\/sign-in/);
    await page.finish();
  });
});

describe('errors', () => {
  it('have a page with the way back', async () => {
    const page = await open();
    page.expectsErrors = true;
    for (const [address, status] of [['/nothing-here', 404], ['/tests/no-such-test', 404], ['/controls/ZZ-99', 404], ['/evidence/999999', 404], ['/tests?page=x', 400], ['/criteria/%2F', 400]]) {
      const answer = await page.goto(url + address);
      assert.equal(answer.status(), status, address);
      assert.ok(await page.getByRole('main').getByRole('link', { name: 'Overview' }).isVisible(), address);
    }
    await picture(page, 'error-1440-light', {});
    await page.finish();
  });
});

describe('the policy', () => {
  it('lets nothing inline run', async () => {
    const page = await open();
    const answer = await page.goto(url + '/');
    const headers = answer.headers();
    assert.match(headers['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    const html = await answer.text();
    assert.doesNotMatch(html, /<script(?![^>]* src=)/);
    assert.doesNotMatch(html, / style="/);
    assert.doesNotMatch(html, / on[a-z]+="/);
    await page.finish();
  });

  it('makes templates and views agree', () => {
    const log = fs.readFileSync(process.env.ASSAY_LOG, 'utf8');
    assert.deepEqual(log.split('\n').filter((l) => l.includes('why="template:')), []);
  });
});
