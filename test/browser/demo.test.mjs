// The made company: every page of the program has something on it, as who leads compliance and as the auditor, and axe finds nothing wrong. Pages that look
// like one another (lists, records) are looked at once. The plain program fills and serves it, where there is one: a year of a company takes minutes under
// sanitizers, and the other files open the same pages with them. All that is wrong is told, of all pages.
//
// ASSAY_LOOK ("light", "light dark"): for whoever wants to see them, pictures at two widths in ASSAY_SHOTS. ASSAY_DEMO: see demo.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axeOn } from './client.mjs';
import { auditor, company, lead } from './demo.mjs';
import { end, launch, picture } from './site.mjs';

const asked = process.env.ASSAY_LOOK ?? '';
const looks = asked ? [[1440, 'light'], [360, 'light'], [1440, 'dark'], [360, 'dark']].filter(([, theme]) => asked.includes(theme)) : [[360, 'light']];
let browser, demo;
before(async () => {
  browser = await launch();
  demo = await company(browser, process.env.ASSAY_PLAIN || process.env.ASSAY_PROGRAM);
}, { timeout: 1_200_000 });
after(async () => {
  await demo?.stop();
  await end();
});

async function lookAt(page, who, name, address, say) {
  const answer = await page.goto(demo.url + address);
  if (answer.status() !== 200) return say(`answers ${answer.status()}`);
  const heading = await page.locator('h1').first().innerText();
  if (/sign-in|nothing at this/i.test(heading)) return say(`is "${heading}"`);
  await axeOn(page, name).catch((e) => say(e.message));
  for (const [width, colorScheme] of looks) {
    await page.setViewportSize({ width, height: 900 });
    if (asked) {
      await page.emulateMedia({ colorScheme });
      await picture(page, `demo-${who}-${name}-${width}-${colorScheme}`);
    }
    const sticks = await page.evaluate(() => {
      const over = (e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll');
      return document.documentElement.scrollWidth > innerWidth + 1 && [...document.querySelectorAll('main *')].filter(over).slice(0, 3).map((e) => e.outerHTML.slice(0, 160));
    });
    if (sticks) say(`is wider than ${width} px: ${sticks.join(' | ')}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function look(who, pages) {
  const context = await browser.newContext({ storageState: demo.people[who], viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const wrong = [];
  let address;
  const say = (words) => wrong.push(`${who}: ${address}: ${words}`);
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && say(`console: ${m.text()}`));
  page.on('pageerror', (e) => say(`script: ${e.message}`));
  for (const [name, where] of Object.entries(pages)) {
    address = where;
    await lookAt(page, who, name, address, say).catch((e) => say(e.message));
  }
  await context.close();
  assert.deepEqual(wrong, []);
}

test('who leads compliance opens every page', () => look('lead', lead));
test('the auditor opens the pages of the audit room', () => look('auditor', auditor));
test('an employee has a page of their own, and no other', async () => {
  const context = await browser.newContext({ storageState: demo.people.zoe });
  const page = await context.newPage();
  await page.goto(demo.url + '/my');
  assert.match(await page.locator('h1').innerText(), /My page/);
  await page.goto(demo.url + '/risks');
  assert.equal(await page.getByRole('heading', { name: 'Risks', exact: true }).count(), 0);
  await context.close();
});
