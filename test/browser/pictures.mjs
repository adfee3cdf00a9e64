// Pictures for README.md and doc/: pages of the made company, the upper part of each, small in bytes. script/pictures runs it.
import path from 'node:path';
import { company, lead } from './demo.mjs';
import { end, launch } from './site.mjs';

const [program, folder] = process.argv.slice(2);

const browser = await launch();
const demo = await company(browser, program);
const context = await browser.newContext({ storageState: demo.people.lead, viewport: { width: 1200, height: 960 } });
const page = await context.newPage();
await page.goto(demo.url + lead.overview);
const { window_from, window_to } = (await (await page.request.get(demo.url + '/api/v1/records/engagement/ENG-0002')).json()).values;
await page.getByText('Put these aside').first().click(); // what a newcomer does first
await page.waitForLoadState();
const pictures = { overview: lead.overview, control: `${lead['control-settings']}?from=${window_from}&to=${window_to}`, engagement: lead.engagement, sheet: lead.sheet, risks: lead.risks };
for (const [name, address] of Object.entries(pictures)) {
  await page.goto(demo.url + address);
  await page.screenshot({ path: path.join(folder, name + '.jpg'), type: 'jpeg', quality: 68 });
}
await demo.stop();
await end();
