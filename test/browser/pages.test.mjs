// Every page, light and dark, wide and narrow: no console error, no failed request, nothing wider than the screen, axe finds nothing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { axeOn, colours } from './client.mjs';
import { addresses, end, launch, open, picture, url } from './site.mjs';

const widths = [360, 1440];
const themes = ['light', 'dark'];

let pages;

before(async () => {
  await launch();
  pages = await addresses();
});
after(end);

async function looksRight(page, name, width, theme) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`);
  await picture(page, `${name}-${width}-${theme}`);
}

describe('pages', () => {
  it('are clean in both themes and widths', async () => {
    for (const width of widths)
      for (const theme of themes) {
        const page = await open({ viewport: { width, height: 900 }, colorScheme: theme, hasTouch: width < 500 });
        for (const [name, address] of pages) {
          await page.goto(url + address, { waitUntil: 'load' });
          assert.ok(await page.locator('h1').count(), `${name} has no heading`);
          await looksRight(page, name, width, theme);
        }
        page.isClean();
        await page.finish();
      }
  });

  it('have nothing that axe objects to', async () => {
    const objected = []; // all pages are named at once
    for (const theme of themes) {
      const page = await open({ bypassCSP: true, colorScheme: theme });
      for (const [name, address] of [...pages, ['sign-in', '/sign-in?token=' + '0'.repeat(64)], ['missing', '/nothing-here']]) {
        page.expectsErrors = name === 'missing';
        await page.goto(url + address);
        await page.evaluate(() => document.querySelectorAll('details').forEach((d) => (d.open = true)));
        await axeOn(page, `${name} (${theme})`, theme === 'light' ? undefined : colours).catch((e) => objected.push(e.message));
      }
      await page.finish();
    }
    assert.deepEqual(objected, []);
  });

  it('stay within 60 KB', async () => {
    const page = await open();
    for (const [name, address] of pages) {
      const answer = await page.goto(url + address);
      const size = (await answer.body()).length;
      assert.ok(size <= 60_000, `${name} is ${size} bytes`);
    }
    await page.finish();
  });

  it('work without scripts', async () => {
    const page = await open({ javaScriptEnabled: false });
    for (const [name, address] of pages) {
      await page.goto(url + address);
      assert.ok(await page.locator('h1').isVisible(), name);
    }
    await page.goto(url + '/tests');
    await page.locator('#q').fill('ssh');
    await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
    assert.match(page.url(), /\/tests\?q=ssh/);
    await page.getByRole('button', { name: 'Dark' }).click();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    assert.match(page.url(), /\/tests\?q=ssh/);
    page.isClean();
    await page.finish();
  });

  it('print', async () => {
    const page = await open();
    await page.goto(url + '/');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('.side').isVisible(), false);
    await picture(page, 'overview-print');
    await page.finish();
  });
});
