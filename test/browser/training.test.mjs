// A course taken on a phone, by keyboard: assigned by a campaign, read lesson by lesson, failed, read again, passed; the certificate; what nobody changes.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { assay, axeOn } from './client.mjs';
import { admin, end, launch, open, picture, shots, signedIn, url } from './site.mjs';

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const phone = { viewport: { width: 360, height: 740 } };
let me, boss, link, token, campaign, state;

// From the source, as somebody who knows the course would answer; the pages do not say.
const pool = new Map();
for (const line of fs.readFileSync(new URL('../../content/courses/privacy.yaml', import.meta.url), 'utf8').split('\n')) {
  const q = line.match(/^- \{id: (\w+),.*?, text: "([^"]*)", right: "([^"]*)"/);
  if (q) pool.set(q[2], q[3]);
}

before(async () => {
  await launch();
  boss = await admin('POST', '/records/person', { values: { name: 'Berta Boss', email: 'berta@example.org', kind: 'employee' } });
  me = await admin('POST', '/records/person', { values: { name: 'Emil Employee', email: 'emil@example.org', kind: 'employee', manager: boss.id } });
  link = assay('user', 'add', 'emil', '--roles', 'employee', '--person', me.id).match(/http\S+/)[0];
  token = assay('token', 'add', 'emil', '--label', 'own', '--scope', 'own_page').trim();
});
after(end);

const get = async (path) => {
  const answer = await fetch(url + path, { headers: { authorization: 'Bearer ' + token } });
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: Buffer.from(await answer.arrayBuffer()) };
};
const until = async (what) => {
  for (let i = 0; i < 100; i++) {
    const found = await what();
    if (found) return found;
    await new Promise((r) => setTimeout(r, 200));
  }
  throw new Error('not within 20 s');
};
// Tab until this has the focus.
const tabTo = async (page, locator) => {
  for (let i = 0; i < 400; i++) {
    if (await locator.evaluate((n) => n === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the keyboard does not reach it');
};
const cookie = async () => (await signedIn()).cookies.map((c) => `${c.name}=${c.value}`).join('; ');
const employee = async (options) => open({ ...options, signIn: false, storageState: state });

describe('a campaign', () => {
  it('is begun on the page, and assigns everybody of its audience', async () => {
    const page = await open({ bypassCSP: true });
    await page.goto(url + '/training');
    await picture(page, 'training-empty');
    await page.getByLabel('Course', { exact: true }).selectOption('privacy');
    await page.getByLabel('Due on', { exact: true }).fill(day(20));
    await page.getByRole('button', { name: 'Begin and assign' }).click();
    await page.waitForURL('**/training/campaigns/CAMP-*');
    campaign = page.url().match(/CAMP-\d+/)[0];
    await axeOn(page, 'campaign');
    await picture(page, 'training-campaign');
    assert.match(await page.locator('main').innerText(), /Emil Employee/);
    for (const [kind, path] of [['training', '/training'], ['course', '/training/courses/privacy'], ['overdue', '/training/overdue']]) {
      await page.goto(url + path);
      await axeOn(page, kind);
      await picture(page, `training-${kind}`);
    }
    page.isClean();
    await page.finish();
    const csv = await (await fetch(`${url}/training/campaigns/${campaign}.csv`, { headers: { cookie: await cookie() } })).text();
    assert.match(csv, /State,Who,Manager,Due[\s\S]*Emil Employee,Berta Boss/);
    const list = await admin('GET', '/records/training_assignment');
    assert.equal(list.total, 2);
    const then = await admin('GET', '/training?at=now-1d');
    assert.ok(then.campaigns.length === 0 && then.sum.open === 0 && then.courses.length >= 3, 'yesterday there was no campaign');
    assert.match(JSON.stringify(await admin('GET', `/training/campaigns/${campaign}?at=now-1d`)), /there is none/);
    assert.equal((await admin('GET', '/training')).campaigns.length, 1, 'and today there is one again');
  });

  it('is shown late by manager once its day has passed', async () => {
    const one = (await admin('GET', `/records/training_assignment?f.person=${me.id}`)).rows[0];
    const refused = await admin('PATCH', `/records/training_assignment/${one.id}`, { values: { due_on: day(-5), lessons_read: 12 }, version: 1 }, { 'if-match': '"1"' });
    assert.match(JSON.stringify(refused), /changing it takes/, 'progress is nobody\'s to type');
    assert.equal((await admin('GET', '/training/overdue')).total, 0);
  });
});

describe('a course on a phone, by keyboard', () => {
  it('is read lesson by lesson', async () => {
    let page = await open({ signIn: false });
    page.expectsErrors = true;
    await page.goto(link.replace(/^http:\/\/[^/]+/, url));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForURL('**/settings/sign-in**');
    state = await page.context().storageState();
    await page.finish();

    page = await employee(phone);
    await page.goto(url + '/my');
    assert.match(await page.locator('main').innerText(), /Privacy/);
    await page.goto(url + '/my/training');
    await picture(page, 'my-training-360');
    await tabTo(page, page.getByRole('link', { name: 'Privacy', exact: true }));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/my/training/privacy');
    await picture(page, 'my-course-360');
    await tabTo(page, page.getByRole('link', { name: 'Begin', exact: true }));
    await page.keyboard.press('Enter');
    for (let n = 1; n <= 12; n++) {
      await page.getByText(`lesson ${n} of 12`).waitFor();
      assert.equal(await page.locator('figure.diagram svg').count(), 1);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth).catch(() => 360);
      assert.ok(wide <= 360, `lesson ${n} is ${wide} px wide`);
      if (n <= 4) await picture(page, `lesson-${n}-360`);
      await tabTo(page, page.locator('.lesson-steps button'));
      await page.keyboard.press('Enter');
    }
    await page.waitForURL('**/my/training/privacy#quiz');
    page.isClean();
    await page.finish();
  });

  const quiz = async (page, right) => {
    await page.goto(url + '/my/training/privacy');
    await tabTo(page, page.getByRole('button', { name: /quiz/i }));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/quiz');
    const html = await page.content();
    for (const word of ['is_right', 'class="right', 'data-right', 'seed']) assert.ok(!html.includes(word), word);
    const questions = page.locator('fieldset:has(input[type=radio])');
    assert.equal(await questions.count(), 20);
    for (let i = 0; i < 20; i++) {
      const text = (await questions.nth(i).locator('legend').innerText()).replace(/^\d+\. /, '').trim();
      const answer = pool.get(text);
      assert.ok(answer, `no such question: ${text}`);
      const labels = questions.nth(i).locator('label');
      for (let k = 0; k < (await labels.count()); k++) {
        const is = (await labels.nth(k).innerText()).trim() === answer;
        if (is !== right(i)) continue;
        await labels.nth(k).locator('input').focus();
        await page.keyboard.press('Space');
        break;
      }
    }
    return questions;
  };

  it('has a quiz that says nothing before it is handed in, and why afterwards', async () => {
    const page = await employee(phone);
    await quiz(page, (i) => i < 10);
    await picture(page, 'quiz-360');
    await tabTo(page, page.getByRole('button', { name: 'Hand in' }));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/result');
    assert.match(await page.locator('main').innerText(), /Not passed yet[\s\S]*10 of 20 right: 50 %/);
    await picture(page, 'quiz-failed-360');
    page.expectsErrors = true;
    const again = await page.request.post(url + '/my/training/privacy/quiz', { form: { attempt: '1', csrf: (await page.content()).match(/name="csrf" value="([0-9a-f]+)"/)[1] } });
    assert.equal(again.status(), 409, 'the same quiz is not handed in twice');
    await page.finish();
  });

  it('asks for what was left out, and keeps the rest', async () => {
    const page = await employee(phone);
    page.expectsErrors = true;
    await page.goto(url + '/my/training/privacy');
    await page.getByRole('button', { name: /quiz/i }).click();
    await page.waitForURL('**/quiz');
    const csrf = (await page.content()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
    const answer = await page.request.post(url + '/my/training/privacy/quiz', { form: { csrf, attempt: '2', 'a.3': '1' } });
    assert.equal(answer.status(), 422);
    const html = await answer.text();
    assert.match(html, /19 questions have no answer yet/);
    assert.equal(html.match(/ checked/g).length, 1);
    await page.finish();
  });

  it('is completed when enough is right, with a certificate that can be checked', async () => {
    const page = await employee(phone);
    const questions = await (async () => {
      await page.goto(url + '/my/training/privacy/quiz');
      return page.locator('fieldset:has(input[type=radio])');
    })();
    for (let i = 0; i < 20; i++) {
      const answer = pool.get((await questions.nth(i).locator('legend').innerText()).replace(/^\d+\. /, '').trim());
      await questions.nth(i).locator('label').filter({ has: page.getByText(answer, { exact: true }) }).locator('input').check();
    }
    await page.getByRole('button', { name: 'Hand in' }).click();
    await page.waitForURL('**/result');
    assert.match(await page.locator('main').innerText(), /Passed[\s\S]*20 of 20 right: 100 %/);
    await picture(page, 'quiz-passed-360');
    const href = await page.getByRole('link', { name: 'Certificate (PDF)' }).getAttribute('href');
    page.isClean();
    await page.finish();

    const pdf = await get(href);
    assert.equal(pdf.status, 200);
    assert.equal(pdf.type, 'application/pdf');
    assert.equal(pdf.bytes.subarray(0, 8).toString(), '%PDF-1.7');
    if (shots) fs.writeFileSync(`${shots}/certificate.pdf`, pdf.bytes);
    const same = await get(href);
    assert.ok(same.bytes.equals(pdf.bytes), 'the same certificate is the same bytes');
    const other = assay('token', 'add', 'emil', '--label', 'x', '--scope', 'own_page').trim();
    assert.ok(other);
    assert.equal((await get('/my/training/completions/DONE-9999.pdf')).status, 404);
  });

  it('leaves a completion that nobody changes', async () => {
    const done = (await admin('GET', `/records/training_completion?f.person=${me.id}`)).rows[0];
    assert.equal(done.values.score, 100);
    assert.equal(done.values.course_digest.length, 64);
    for (const [method, path, body] of [
      ['PATCH', '', { values: { score: 10 }, version: 1, why: 'x' }], ['DELETE', '', { version: 1, why: 'x' }], ['POST', '/undo', { version: 1 }], ['POST', '/moves', { transition: 'complete', version: 1 }],
    ]) {
      const answer = await admin(method, `/records/training_completion/${done.id}${path}`, body, { 'if-match': '"1"' });
      assert.ok(answer.status >= 400, `${method}${path}: ${JSON.stringify(answer).slice(0, 200)}`);
    }
    const made = await admin('POST', '/records/training_completion', { values: { ...done.values, score: 100 } });
    assert.ok(made.status >= 400, 'nobody makes one by hand');
    assert.equal((await admin('GET', `/records/training_completion/${done.id}`)).version, 1);
    const own = await admin('GET', `/records/training_assignment?f.person=${me.id}`);
    assert.equal(own.rows[0].state.id, 'completed');
  });

  it('looks well in the dark as well, and axe finds nothing', async () => {
    for (const theme of ['light', 'dark'])
      for (const [kind, path] of [['my-training', '/my/training'], ['my-course', '/my/training/security_awareness'], ['lesson', '/my/training/security_awareness/phishing'], ['result', '/my/training/privacy/result']])
        for (const width of [360, 1440]) {
          const page = await employee({ viewport: { width, height: 900 }, colorScheme: theme, bypassCSP: true });
          await page.goto(url + path);
          await axeOn(page, `${kind} ${theme} ${width}`);
          await picture(page, `${kind}-${theme}-${width}`);
          page.isClean();
          await page.finish();
        }
  });
});

describe('between campaigns', () => {
  const told = async () => {
    const page = await employee(phone);
    await page.goto(url + '/my');
    const text = await page.locator('main').innerText();
    if (text.includes('Good to know')) await axeOn(page, 'my with a message');
    page.isClean();
    await page.finish();
    return text;
  };

  it('a short message is written, sent, read by whom it is for, and taken back', async () => {
    const page = await open();
    await page.goto(url + '/records/awareness/new');
    await page.getByLabel('What it is about').fill('Invoices by telephone');
    await page.getByLabel('What people should know and do').fill('Somebody calls as **our bank**. Ring off; tell the help desk.');
    await page.getByLabel('Shown until').fill(day(10));
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForURL(/awareness\/AW-\d+/);
    const address = page.url().split('?')[0];
    assert.doesNotMatch(await told(), /Invoices by telephone/, 'a draft is nobody\'s to read');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Sent').first().waitFor();
    const text = await told();
    assert.match(text, /Good to know[\s\S]*Invoices by telephone[\s\S]*Somebody calls as our bank/);
    const { id } = await admin('POST', '/records/awareness', { values: { title: 'Parcels at the ramp', text: 'Ask for a name.', department: 'Warehouse, Post', shown_until: day(10) } });
    await admin('POST', `/records/awareness/${id}/moves`, { transition: 'send', version: 1 }, { 'if-match': '"1"' });
    assert.equal((await admin('GET', '/records/awareness/' + id)).state.id, 'sent');
    assert.doesNotMatch(await told(), /Parcels at the ramp/, 'it is for others');
    await admin('PATCH', '/records/person/' + me.id, { values: { department: 'post' } }, { 'if-match': (await admin('GET', '/records/person/' + me.id)).etag });
    assert.match(await told(), /Parcels at the ramp/, 'of that department now');
    await page.goto(address);
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.waitForLoadState();
    if (await page.getByLabel(/Why|Reason/).count()) {
      await page.getByLabel(/Why|Reason/).first().fill('The bank has warned everybody itself');
      await page.getByRole('button', { name: 'Take back' }).first().click();
      await page.waitForLoadState();
    }
    assert.equal((await admin('GET', '/records/awareness/' + address.split('/').pop())).state.id, 'ended');
    assert.doesNotMatch(await told(), /Invoices by telephone/);
    const past = await admin('POST', '/records/awareness', { values: { title: 'Too late', text: 'x', shown_until: day(-1) } });
    const refused = await admin('POST', `/records/awareness/${past.id}/moves`, { transition: 'send', version: 1 }, { 'if-match': '"1"' });
    assert.match(JSON.stringify(refused), /its last day lies before its first, or has passed/);
    assert.match(JSON.stringify(await admin('GET', `/records/awareness/${id}/history`)), /send/, 'what was said stays on record');
    page.isClean();
    await page.finish();
  });
});

describe('a course of ones own', () => {
  it('begins as a copy, and a mistake in it is named by line', async () => {
    const page = await open();
    await page.goto(url + '/training/courses/secure_development');
    await page.getByRole('button', { name: 'Make our own version' }).click();
    await page.waitForURL('**/records/course/secure_development**');
    const record = await admin('GET', '/records/course/secure_development');
    await admin('PATCH', '/records/course/secure_development', { values: { definition: record.values.definition.replace('"questions_drawn": 20', '"questions_drawn": 2000') }, version: 1 }, { 'if-match': '"1"' });
    await admin('POST', '/records/course/secure_development/moves', { transition: 'publish', version: 2 }, { 'if-match': '"2"' });
    await page.goto(url + '/training');
    assert.match(await page.locator('main').innerText(), /Course secure_development cannot be used: secure_development:\d+:\d+: course: "questions_drawn"/);
    page.isClean();
    await page.finish();
  });
});
