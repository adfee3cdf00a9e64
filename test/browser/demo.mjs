// The made company over a server of its own: filled by `assay demo`, signed in by its one-time links. For its test and for the pictures in doc/images.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// {url, people: {lead, auditor, zoe, ceo: storage state}, stop()}. It is filled and thrown away. $ASSAY_DEMO: a folder with `data` and `made.json`, as
// `assay --data data demo --json >made.json` left them; a copy of it is served instead, so that its links are good again.
export async function company(browser, program) {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-demo-')), dir = path.join(place, 'data'), kept = process.env.ASSAY_DEMO;
  if (kept) execFileSync('cp', ['-a', path.join(kept, 'data'), dir]);
  const made = JSON.parse(kept ? fs.readFileSync(path.join(kept, 'made.json'), 'utf8') : execFileSync(program, ['--data', dir, 'demo', '--json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const server = spawn(program, ['--data', dir, 'serve', '--no-collect', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '', log = '';
  server.stderr.on('data', (piece) => (log += piece));
  const url = await new Promise((resolve, reject) => {
    server.stdout.on('data', (piece) => {
      said += piece;
      const found = said.match(/^Assay is at (\S+)/m);
      if (found) resolve(found[1]);
    });
    server.on('exit', () => reject(new Error('the server ended: ' + log)));
  });
  const people = {};
  for (const person of made.people) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(person.link.replace(/^http:..[^/]+/, url));
    await page.locator('main form button').first().click();
    await page.waitForLoadState();
    people[person.login] = await context.storageState();
    await context.close();
  }
  return {
    url, people, engagement: made.engagement, log: () => log,
    stop: async () => {
      const ended = new Promise((resolve) => server.on('exit', resolve));
      server.kill();
      await ended;
      fs.rmSync(place, { recursive: true, force: true });
    },
  };
}

// Every page of the program with something of the company on it, by a name: what the lead opens, and of those what an auditor may.
export const lead = {
  overview: '/', my: '/my', tasks: '/tasks', calendar: '/calendar', search: '/search?q=backup', onboarding: '/onboarding', settings: '/settings', 'settings-users': '/settings/users',
  criteria: '/criteria', criterion: '/criteria/CC6.2', completeness: '/criteria/completeness', controls: '/controls', 'control-settings': '/controls/AC-09', 'control-events': '/controls/AC-04',
  'control-changes': '/controls/CHG-02', 'control-own': '/controls/QM-01', topics: '/controls/topics', period: '/controls/period', adopt: '/controls/adopt', tests: '/tests', 'test-failing': '/tests/cron-download-run',
  'test-mended': '/tests/ssh-password-signin', evidence: '/evidence', 'evidence-uploads': '/evidence?group=uploads', 'evidence-one': '/records/evidence/EV-0010', parameters: '/parameters',
  gaps: '/gaps', 'gaps-register': '/gaps/register', 'gaps-plan': '/gaps/plan', 'gaps-goals': '/gaps/goals', 'gaps-readiness': '/gaps/readiness', risks: '/risks', risk: '/risks/R-0001',
  'risk-person': '/risks/R-0011', 'risk-matrix': '/risks/matrix', 'risk-campaign': '/risks/campaigns/RA-0001', people: '/people', person: '/people/P-0030', joiners: '/people/joiners',
  lifecycle: '/people/joiners/JML-0003', reconcile: '/people/reconcile', roster: '/people/roster', training: '/training', campaign: '/training/campaigns/CAMP-0001', 'training-overdue': '/training/overdue',
  course: '/training/courses/privacy', policies: '/policies', policy: '/policies/POL-08', 'policy-matrix': '/policies/matrix', handbook: '/handbook', narratives: '/narratives', documents: '/documents',
  document: '/documents/DOC-0001', 'documents-holds': '/documents/holds', 'documents-retention': '/documents/retention', access: '/access', 'access-review': '/access/AR-0004', 'access-lines': '/access/AR-0004/lines',
  'access-accounts': '/access/accounts', assets: '/assets', 'asset-stores': '/assets/stores', 'asset-encryption': '/assets/encryption', stakeholders: '/stakeholders', prepare: '/prepare', resources: '/resources',
  concerns: '/concerns', scope: '/scope', 'scope-profile': '/scope/profile', 'scope-boundary': '/scope/boundary', 'scope-categories': '/scope/categories', 'scope-commitments': '/scope/commitments',
  'scope-subservices': '/scope/subservices', 'scope-team': '/scope/team', 'scope-version': '/scope/version', audit: '/audit', 'audit-firms': '/audit/firms', 'audit-trend': '/audit/trend', engagement: '/audit/ENG-0002',
  'engagement-over': '/audit/ENG-0001', 'engagement-after': '/audit/ENG-0001/after', requests: '/audit/ENG-0002/requests', 'requests-all': '/audit/ENG-0002/requests?show=all', populations: '/audit/ENG-0002/populations',
  population: '/audit/ENG-0002/populations/POP-0024', samples: '/audit/ENG-0002/samples', sample: '/audit/ENG-0002/samples/SMP-0001', sheets: '/audit/ENG-0002/sheets', sheet: '/audit/ENG-0002/sheets/TS-0061',
  exceptions: '/audit/ENG-0002/exceptions', exception: '/audit/ENG-0002/exceptions/AEX-0001', 'reports-engagement': '/audit/ENG-0002/reports', 'report-type2': '/audit/ENG-0002/reports/type2', room: '/audit/ENG-0002/room', 'room-report': '/audit/ENG-0002/room/report?part=4',
  'room-log': '/audit/ENG-0002/room/log', reports: '/reports', 'report-readiness': '/reports/readiness', records: '/records', 'record-list': '/records/occurrence', 'record-board': '/records/gap/board',
  deviations: '/records/deviation', incidents: '/records/incident', exceptions_kept: '/records/exception', leaf: '/ledger/1000',
};
export const auditor = Object.fromEntries(['audit', 'engagement', 'requests', 'requests-all', 'populations', 'population', 'samples', 'sample', 'sheets', 'sheet', 'exceptions', 'exception', 'room', 'room-report', 'room-log', 'my'].map((name) => [name, lead[name]]));
