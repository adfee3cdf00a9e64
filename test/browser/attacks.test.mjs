// Attacks on the rooms, over the API as a program would try them: every test is a person who goes around a rule that another layer (a page, a command) keeps.
// What holds here holds for pages as well: they make the same changes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assay } from './client.mjs';
import { routes, session } from './routes.mjs';
import { end, launch, url } from './site.mjs';

const day = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
let who, root; // accounts by name: a person, a token, ask()

const ask = async (headers, method, path, body) => {
  const answer = await fetch(url + (path.startsWith('/api') || !/^\/(records|changes|search|people|evidence|record-types)/.test(path) ? path : '/api/v1' + path), {
    method, redirect: 'manual', headers: { ...headers, ...(body && !(body instanceof FormData) && { 'content-type': 'application/json' }) }, body: body instanceof FormData ? body : body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers, json: /^[[{]/.test(text) ? JSON.parse(text) : null };
};

before(async () => {
  await launch();
  const headers = await session();
  root = (...rest) => ask(headers, ...rest);
  who = {};
  for (const [name, roles] of [['lea', 'compliance_lead'], ['leo', 'compliance_lead'], ['owen', 'owner'], ['emma', 'employee'], ['erik', 'employee'], ['vic', 'viewer'], ['audrey', 'auditor'], ['connie', 'consultant'], ['xena', 'executive']]) {
    const person = (await root('POST', '/records/person', { values: { name: `${name} of the attacks`, email: `${name}@attacks.example`, kind: 'employee' } })).json;
    assert.ok(person.id, JSON.stringify(person));
    const added = await (async () => {
      try { return assay('user', 'add', name, '--roles', roles, '--person', person.id, '--until', '2099-01-01'); } catch { return null; }
    })();
    if (!added) continue; // a role that is not there
    const scope = roles === 'employee' ? 'own_page' : roles === 'auditor' ? 'own_page,examine' : roles === 'viewer' ? 'own_page,read' : 'own_page,read,records';
    const token = assay('token', 'add', name, '--label', 'attacks', '--scope', scope).trim();
    who[name] = (...rest) => ask({ authorization: 'Bearer ' + token }, ...rest);
    who[name].person = person.id;
  }
});
after(end);

const make = async (by, type, values, more = {}) => {
  const answer = await by('POST', `/records/${type}`, { values, ...more });
  assert.equal(answer.status, 201, `${type}: ${answer.text}`);
  return answer.json;
};
const move = async (by, one, transition, more = {}) => {
  const now = (await root('GET', `/records/${one.type}/${one.id}`)).json;
  return by('POST', `/records/${one.type}/${one.id}/moves`, { transition, version: now.version, ...more });
};
const state = async (one) => (await root('GET', `/records/${one.type}/${one.id}`)).json.state.id;
const evidence = { title: 'Proof', period_from: '2026-07-01', period_to: '2026-07-31', controls: ['AC-06'], link: 'https://example.org/x' };

describe('self-approval', () => {
  it('by a second account of the same person, by rewriting what another proposed, by values sent along, by undoing a refusal: all are refused', async () => {
    const second = assay('user', 'add', 'lea2', '--roles', 'compliance_lead', '--person', who.lea.person) && assay('token', 'add', 'lea2', '--label', 'x', '--scope', 'read,records').trim();
    const lea2 = (...rest) => ask({ authorization: 'Bearer ' + second }, ...rest);
    const own = await make(who.lea, 'evidence', evidence);
    for (const by of [who.lea, lea2]) {
      const answer = await move(by, own, 'accept');
      assert.equal(answer.status, 403, answer.text);
    }
    const theirs = await make(who.leo, 'evidence', evidence);
    const along = await move(who.lea, theirs, 'accept', { values: { title: 'Something else' } });
    assert.ok([403, 422].includes(along.status), along.text);
    await who.lea('PATCH', `/records/evidence/${theirs.id}`, { values: { title: 'Something else', link: 'https://example.org/other' }, version: 1 });
    assert.equal((await move(who.lea, theirs, 'accept')).status, 403);
    assert.equal((await who.lea('POST', '/changes', { changes: [{ type: 'evidence', act: 'move', id: theirs.id, version: 2, transition: 'accept' }] })).status, 422);
    assert.equal((await move(who.lea, theirs, 'accept', { why: 'x', sure: true })).status, 403);
    assert.equal(await state(theirs), 'received');
  });

  it('by giving away the ownership that stands in the way', async () => {
    const mine = await make(who.leo, 'evidence', { ...evidence, owner: who.lea.person });
    const given = await who.lea('PATCH', `/records/evidence/${mine.id}`, { values: { owner: who.leo.person }, version: 1 });
    assert.ok([200, 403].includes(given.status));
    assert.equal((await move(who.lea, mine, 'accept')).status, 403);
  });

  it('by a role that one gives oneself, or an account that one makes', async () => {
    for (const by of [who.lea, who.owen, who.emma, who.vic, who.connie]) {
      for (const path of ['/api/v1/users', '/api/v1/roles', '/settings/roles', '/settings/users']) {
        const answer = await by('POST', path, { login: 'made-up', roles: ['administrator'], id: 'made_up', label: 'x', words: 'x', permissions: ['users'] });
        assert.ok([403, 404, 405].includes(answer.status), `${path}: ${answer.status}`);
      }
      const token = await by('POST', '/api/v1/me/tokens', { label: 'more', scope: ['read', 'records', 'users', 'settings', 'keys'], days: '30' });
      assert.ok(token.status >= 400, 'a token makes no token with more than it has');
    }
  });

  it('a record says nothing of who made it, when, or in which state: only the program does', async () => {
    for (const extra of [{ state: 'accepted' }, { created_by: 'account:x' }, { version: 99 }, { id: 'EV-9999' }, { leaf: 1 }, { t: 1 }]) {
      const answer = await who.lea('POST', '/records/evidence', { values: { ...evidence, ...extra } });
      assert.equal(answer.status, 422, JSON.stringify(extra) + answer.text);
    }
    const beside = await who.lea('POST', '/records/evidence', { values: evidence, state: 'accepted', actor: 'account:x', step: 'passkey' });
    if (beside.status === 201) {
      assert.equal(beside.json.state.id, 'received');
      assert.notEqual(beside.json.created.by.id, 'account:x');
    }
  });
});

describe('a race', () => {
  it('of two approvals, of twenty changes, of a change and an approval: one wins, nobody writes over another', async () => {
    const one = await make(who.owen, 'evidence', evidence);
    const both = await Promise.all([who.lea, who.leo].map((by) => by('POST', `/records/evidence/${one.id}/moves`, { transition: 'accept', version: 1 })));
    assert.deepEqual(both.map((a) => (a.status === 200 ? 200 : 4)).sort(), [200, 4].sort(), both.map((a) => a.text).join('\n'));
    assert.equal((await root('GET', `/records/evidence/${one.id}`)).json.version, 2);

    const many = await make(who.owen, 'system', { name: 'Raced for', kind: 'tool' });
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => who.lea('PATCH', `/records/system/${many.id}`, { values: { name: `Raced for ${i}` }, version: 1 })));
    assert.equal(all.filter((a) => a.status === 200).length, 1);
    assert.ok(all.every((a) => [200, 409, 412].includes(a.status)));

    const two = await make(who.owen, 'evidence', evidence);
    const [changed, accepted] = await Promise.all([who.owen('PATCH', `/records/evidence/${two.id}`, { values: { title: 'Swapped' }, version: 1 }), who.leo('POST', `/records/evidence/${two.id}/moves`, { transition: 'accept', version: 1 })]);
    assert.equal([changed, accepted].filter((a) => a.status === 200).length, 1, `what was accepted is what was looked at: ${changed.text} ${accepted.text}`);
  });

  it('of the same two voters does not make a quorum', async () => {
    const { types } = (await root('GET', '/record-types')).json;
    for (const t of types.filter((x) => x.transitions?.some((m) => m.quorum > 1))) assert.ok(t.id, t.id); // built-in ones take their number from the record
    const policy = await root('POST', '/records/policy', { id: 'ATTACK-1', values: { title: 'Of the attacks', owner: who.leo.person, approvers: [who.lea.person, who.owen.person], approvals: 2 } });
    assert.equal(policy.status, 201, policy.text);
    const version = await who.leo('POST', '/records/policy_version', { values: { policy: 'ATTACK-1', number: 1, title: 'Of the attacks', text: 'Nobody attacks.', approvers: [who.lea.person, who.owen.person], approvals: 2, digest: sha256('Nobody attacks.'), rendered: 'Nobody attacks.' } });
    if (version.status !== 201) return assert.equal(version.status, 403); // versions are made by the room alone
    const one = version.json;
    const sent = await move(who.leo, one, 'submit');
    if (sent.status !== 200) return;
    await Promise.all([move(who.lea, one, 'approve'), move(who.lea, one, 'approve'), move(who.lea, one, 'approve')]);
    assert.equal(await state(one), 'in_review', 'one person three times is one person');
    assert.equal((await move(who.leo, one, 'approve')).status, 403, 'who sent it');
    await move(who.owen, one, 'approve');
    assert.equal(await state(one), 'approved');
  });
});

describe('policies', () => {
  it('a version takes as many approvals as its policy says, whatever its author writes into it', async () => {
    await make(root, 'policy', { title: 'Two must agree', owner: who.leo.person, approvals: 2 }, { id: 'ATTACK-2' });
    const version = await who.leo('POST', '/records/policy_version', { values: { policy: 'ATTACK-2', number: 1, title: 'One is enough', text: 'x', approvals: 1, digest: sha256('x'), rendered: 'x' } });
    if (version.status !== 201) return;
    await move(who.leo, version.json, 'submit');
    await move(who.lea, version.json, 'approve');
    assert.notEqual(await state(version.json), 'approved', 'one approval where the policy asks for two');
  });

  it('the digest that people sign is that of the text, not what the author typed', async () => {
    await make(root, 'policy', { title: 'Signed words', owner: who.leo.person }, { id: 'ATTACK-3' });
    const version = await who.leo('POST', '/records/policy_version', { values: { policy: 'ATTACK-3', number: 1, title: 'Signed words', text: 'What is read', digest: sha256('Another text'), rendered: 'What is read' } });
    if (version.status !== 201) return;
    const sent = await move(who.leo, version.json, 'submit');
    assert.notEqual(sent.status, 200, 'sent for approval with the digest of another text');
  });

  it('nobody signs for somebody else, nor another text than the one in force', async () => {
    const versions = (await root('GET', '/records/policy_version')).json.rows;
    const some = versions[0]?.id ?? 'PV-0001';
    for (const by of [who.emma, who.owen, who.vic, who.connie]) {
      const answer = await by('POST', '/records/acknowledgement', { values: { person: who.erik.person, policy_version: some, digest: sha256('x') } });
      assert.ok([403, 404, 422].includes(answer.status), `${answer.status} ${answer.text}`);
    }
    const lead = await who.lea('POST', '/records/acknowledgement', { values: { person: who.erik.person, policy_version: some, digest: sha256('not the text') } });
    assert.notEqual(lead.status, 201, 'a signature of somebody else, under another text, without a word of where it was given');
  });
});

describe('documents', () => {
  const WORD = 'xylophonequartz';
  let folder, secret, open;
  const upload = async (by, values, text) => {
    const form = new FormData();
    for (const [k, v] of Object.entries(values)) form.append('v.' + k, v);
    form.append('v.file', new Blob([text]), 'minutes.txt');
    return by('POST', '/api/v1/documents', form);
  };
  before(async () => {
    folder = await make(root, 'folder', { name: 'Board only', owner: who.leo.person, access: 'own', readers: [who.erik.person] });
    open = await make(root, 'folder', { name: 'For all', owner: who.leo.person });
    secret = await make(who.leo, 'document', { title: `Minutes ${WORD}`, folder: folder.id, description: `Talks about ${WORD}`, owner: who.leo.person });
  });

  it('are not read, listed, found, filtered, exported, referred to or guessed by whom their folder leaves out', async () => {
    for (const [name, by] of Object.entries(who).filter(([n]) => ['emma', 'vic', 'connie', 'owen', 'audrey'].includes(n))) {
      for (const path of [`/records/document/${secret.id}`, `/records/document/${secret.id}/history`, `/records/document/${secret.id}?at=now`, `/records/folder/${folder.id}`]) assert.ok([403, 404].includes((await by('GET', path)).status), `${name} ${path}`);
      for (const path of [`/records/document?q=${WORD}`, `/records/document?where=${encodeURIComponent(`title~"${WORD}"`)}`, `/records/document?f.folder=${folder.id}`, `/records/document?where=${encodeURIComponent('folder=' + folder.id)}`, `/search?q=${WORD}`, '/api/v1/search-index', `/records/document`, '/records/document/export.csv', '/documents', `/documents?q=${WORD}`, '/my', '/records/document/board', '/api/v1/records/document?sort=title', `/documents/search?q=${WORD}`]) {
        const answer = await by('GET', path);
        assert.ok(answer.status >= 400 || !answer.text.includes('Minutes ' + WORD), `${name} ${path} shows it`);
        assert.ok(answer.status >= 400 || !answer.text.includes('Board only'), `${name} ${path} names the folder`);
        if (answer.json && 'total' in answer.json && /q=|where=|f\./.test(path)) assert.equal(answer.json.total, 0, `${name} ${path} counts it`);
      }
      for (const [method, path, body] of [['PATCH', `/records/document/${secret.id}`, { values: { title: 'mine' }, version: 1 }], ['PATCH', `/records/folder/${folder.id}`, { values: { readers: [by.person] }, version: 1 }], ['POST', `/records/document/${secret.id}/undo`, { version: 1 }], ['DELETE', `/records/document/${secret.id}`, { why: 'x', version: 1 }]])
        assert.ok([403, 404].includes((await by(method, path, body)).status), `${name} ${method} ${path}`);
    }
    assert.equal((await who.erik('GET', `/records/document/${secret.id}`)).status, 200, 'who is named in the folder reads it');
  });

  it('are not read in the past by whom their folder leaves out today', async () => {
    const then = new Date().toISOString();
    const now = (await root('GET', `/records/folder/${folder.id}`)).json;
    await new Promise((r) => setTimeout(r, 50));
    const closed = await who.leo('PATCH', `/records/folder/${folder.id}`, { values: { readers: [] }, version: now.version });
    assert.equal(closed.status, 200, closed.text);
    assert.equal((await who.erik('GET', `/records/document/${secret.id}`)).status, 404);
    assert.equal((await who.erik('GET', `/records/document/${secret.id}?at=${then}`)).status, 404, 'nor as of when it was open');
    assert.ok(!(await who.erik('GET', `/records/document?at=${then}`)).text.includes(WORD));
  });

  it('are not put into, or taken to, a folder by whom it leaves out', async () => {
    const planted = await who.emma('POST', '/records/document', { values: { title: 'Planted', folder: folder.id, owner: who.emma.person } });
    assert.ok([403, 404, 422].includes(planted.status), `${planted.status} ${planted.text}`);
    const mine = await who.owen('POST', '/records/document', { values: { title: 'Mine', folder: open.id, owner: who.owen.person } });
    if (mine.status === 201) {
      const moved = await who.owen('PATCH', `/records/document/${mine.json.id}`, { values: { folder: folder.id }, version: 1 });
      assert.ok([403, 404, 422].includes(moved.status), `${moved.status} ${moved.text}`);
    }
    const under = await who.owen('POST', '/records/folder', { values: { name: 'Beneath', parent: folder.id, owner: who.owen.person } });
    assert.ok([403, 404, 422].includes(under.status), `a folder below one that one may not see: ${under.status} ${under.text}`);
  });

  it('are not learned about by naming them: a reference to what one may not read is refused as one to nothing', async () => {
    const words = async (id) => {
      const answer = await who.owen('POST', '/records/share_link', { values: { document: id, recipient: 'me', expires_on: day(5), secret: sha256('guess' + id) } });
      return [answer.status, answer.text.replaceAll(id, 'X')];
    };
    const [there, absent] = [await words(secret.id), await words('DOC-9999')];
    assert.notEqual(there[0], 201, 'a link to a document that one may not read');
    assert.deepEqual(there, absent, 'it tells what is there');
  });

  it('are not handed out by a link that one writes oneself', async () => {
    const mine = sha256('a secret that I know');
    for (const [name, by] of Object.entries(who).filter(([n]) => ['emma', 'vic', 'connie', 'owen'].includes(n))) {
      const link = await by('POST', '/records/share_link', { values: { document: secret.id, recipient: 'me', expires_on: day(5), allows: 'download', secret: mine } });
      assert.notEqual(link.status, 201, `${name} made a link`);
    }
    for (const path of ['/share/', '/s/', '/shared/']) {
      for (const guess of ['a secret that I know', mine, '0'.repeat(64), '', '../../config.json', encodeURIComponent("' or 1=1 --")]) {
        const answer = await ask({}, 'GET', path + guess);
        assert.ok([303, 400, 401, 403, 404, 405, 410, 429].includes(answer.status), `${path}${guess}: ${answer.status}`);
        assert.ok(!answer.text.includes(WORD));
      }
    }
  });

  it('are not destroyed by a step, by one person, or while a hold is on them', async () => {
    const kept = await make(who.leo, 'document', { title: 'Kept', owner: who.leo.person });
    for (const by of [root, who.lea, who.leo]) assert.ok([403, 404, 409, 422].includes((await move(by, kept, 'dispose', { why: 'x' })).status));
    const hold = await make(who.lea, 'legal_hold', { name: 'Matter', reason: 'They sue', documents: [kept.id], custodian: who.lea.person });
    for (const [by, what] of [[who.lea, 'who placed it'], [who.owen, 'an owner'], [who.emma, 'an employee']]) assert.ok([403, 404].includes((await move(by, hold, 'release', { why: 'x' })).status), what);
    assert.ok([403, 405, 409].includes((await who.lea('PATCH', `/records/legal_hold/${hold.id}`, { values: { documents: [] }, version: 1 })).status), 'a hold is not emptied');
    assert.ok([403, 409].includes((await who.lea('DELETE', `/records/legal_hold/${hold.id}`, { why: 'x', version: 1 })).status), 'nor deleted');
    const plan = await who.lea('POST', '/records/disposition', { values: { name: 'Away with it', documents: [kept.id], digest: sha256('x') } });
    if (plan.status === 201) {
      await move(who.leo, plan.json, 'approve');
      for (const by of [root, who.lea, who.leo]) assert.ok([403, 409, 422].includes((await move(by, plan.json, 'carry_out')).status), 'only the program carries it out');
      assert.notEqual(await state(kept), 'disposed');
    }
  });
});

describe('people', () => {
  it('an employee sees nobody else: no list, page, export, search or duty of others, and changes nothing of their own record', async () => {
    for (const path of ['/people', '/people.csv', '/people/joiners', '/people/reconcile', '/people/roster', `/people/${who.erik.person}`, `/records/person/${who.erik.person}`, '/records/background_check', '/records/device', '/api/v1/users']) {
      const answer = await who.emma('GET', path);
      assert.ok(answer.status >= 400 || answer.json?.total === 0, `${path}: ${answer.status}`);
      assert.ok(!answer.text.includes('erik of the attacks'), path);
    }
    for (const path of ['/my', '/search?q=erik', '/api/v1/search-index', '/records/person', '/calendar.ics', '/api/v1/my']) assert.ok(!(await who.emma('GET', path)).text.includes('erik of the attacks'), path);
    for (const values of [{ manager: null }, { left_on: null }, { email: 'lea@attacks.example' }, { kind: 'contractor' }]) assert.equal((await who.emma('PATCH', `/records/person/${who.emma.person}`, { values, version: 1 })).status, 403);
  });

  it('nobody but the program proves a step of a leaver, makes a completion, or signs a line of a review', async () => {
    const tries = [
      ['training_completion', { title: 'Done', person: who.emma.person, score: 100 }], ['access_line', { title: 'x' }], ['training_assignment', { title: 'x', person: who.emma.person }], ['difference', { title: 'x' }],
    ];
    for (const [type, values] of tries)
      for (const by of [who.emma, who.owen, who.vic, who.connie]) assert.ok([403, 404].includes((await by('POST', `/records/${type}`, { values })).status), `${type} was made by hand`);
    const life = await root('POST', '/records/lifecycle', { values: { title: 'Erik leaves', person: who.erik.person, kind: 'leaver', event_on: day(-3), owner: who.leo.person, due_on: day(-2) } });
    if (life.status === 201) for (const t of ['finish', 'claim']) for (const by of [root, who.lea, who.leo]) assert.ok([403, 404, 422].includes((await move(by, life.json, t, { values: { done_on: day(-3) } })).status), t);
  });
});

describe('access reviews', () => {
  it('lines are written and proven by the program alone, whoever says that an account is gone', async () => {
    for (const by of [root, ...Object.values(who)]) {
      const line = await by('POST', '/records/access_line', { values: { system: 'x', account: 'x', review: 'x', name: 'x' } });
      assert.ok([403, 404].includes(line.status), line.text);
    }
    for (const t of ['open', 'decide', 'prove']) {
      const review = await root('POST', '/records/access_review', { values: { title: 'By hand ' + t, owner: who.leo.person, reviewer: who.lea.person, due_on: day(10), systems: [] } });
      if (review.status === 201) assert.ok([403, 409, 422].includes((await move(who.leo, review.json, t)).status), t);
    }
  });
});

describe('risks', () => {
  it('an acceptance is given by an executive who neither owns nor asked, for at most a year', async () => {
    const risk = await root('POST', '/records/risk', { values: { title: 'Attacked', owner: who.owen.person, category: 'security' } });
    if (risk.status !== 201) return assert.equal(risk.status, 422);
    const asked = await who.lea('POST', '/records/risk_acceptance', { values: { title: 'Accept it', risk: risk.json.id, owner: who.owen.person, expires_on: day(3000), reason: 'x', why: 'x' } });
    if (asked.status !== 201) return assert.equal(asked.status, 422, asked.text);
    for (const [name, by] of Object.entries(who)) {
      const answer = await move(by, asked.json, 'accept');
      assert.notEqual(answer.status, 200, `${name} accepts for ten years`);
    }
    assert.equal(await state(asked.json), 'asked');
  });
});

const form = async (headers, address, fields) => {
  const answer = await fetch(url + address, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(fields) });
  return { status: answer.status, text: await answer.text() };
};
const has = (pattern) => routes.some((r) => r.pattern === pattern);

describe('concerns', { skip: !has('/concern') }, () => {
  const WORD = 'wallabyledger';
  let key;
  before(async () => {
    await make(root, 'concern_channel', { name: 'Concerns', open_to: 'anyone', handlers: [who.lea.person, who.leo.person], answer_days: 7 });
  });

  it('an anonymous one holds no account, person, session, address or time of whoever reported it, although they were signed in', async () => {
    const account = JSON.parse(assay('user', 'list', '--json')).find((u) => u.login === 'emma').id;
    const token = assay('token', 'add', 'emma', '--label', 'concern', '--scope', 'own_page').trim();
    const told = await form({ authorization: 'Bearer ' + token }, '/concern', { about: 'fraud', whom: 'leo of the attacks', text: `It was ${WORD}`, anonymous: '1' });
    assert.equal(told.status, 200, told.text.slice(0, 500));
    key = /[A-Z2-9]{4}(-[A-Z2-9]{4}){4}/.exec(told.text)[0];
    const box = fs.readFileSync(path.join(process.env.ASSAY_DATA_DIR, 'concerns')).toString('latin1');
    assert.ok(box.includes(WORD), 'it waits in the box');
    for (const trace of [account, who.emma.person, 'emma', '127.0.0.1', token, key]) assert.ok(!box.includes(trace), `the box holds ${trace}`);
    assert.ok(!assay('dump').includes(WORD), 'no leaf of it yet: its neighbours would tell when it came');
    for (const line of fs.readFileSync(process.env.ASSAY_LOG, 'utf8').split('\n').filter((l) => /path=\/concern\b/.test(l))) assert.ok(!/127[.]0[.]0[.]1|account:|emma/.test(line), line);
    assert.ok(!/"handlers":\[([^\]]*)\]/.exec(box)[1].includes(who.leo.person), 'whom it is about does not receive it');
  });

  it('is read and answered by those who receive it alone, made by nobody over the API, and its key is not guessed', async () => {
    for (const [name, by] of Object.entries(who)) {
      assert.equal((await by('POST', '/records/concern', { values: { title: 'x', about: 'fraud', text: 'x', anonymous: true, received_on: day(0), handlers: [by.person], key_digest: sha256('x') } })).status, 403, name);
      for (const address of ['/concerns', '/records/concern', '/api/v1/records/concern', '/records/concern/export.csv']) assert.ok(!(await by('GET', address)).text.includes(WORD), `${name} ${address}`);
    }
    assert.equal((await form({}, '/concern/follow', { key })).status, 200);
    let status = 0;
    for (let i = 0; i < 30 && status !== 429; i++) ({ status } = await form({}, '/concern/follow', { key: 'AAAA-BBBB-CCCC-DDDD-' + String(2222 + i).replace(/[01]/g, 'Z') }));
    assert.equal(status, 429, 'guessing keys slows down');
  });
});

describe('training', { skip: !has('/my/training/:id') }, () => {
  it('nobody reads, draws or hands in the quiz of somebody else, nor completes it by a step', async () => {
    await root('POST', '/training/campaigns', { title: 'Attacked', course: 'privacy', due_on: day(20), audience: 'all' });
    const headers = await session();
    await form(headers, '/training/campaigns', { title: 'Attacked', course: 'privacy', due_on: day(20), audience: 'all' });
    let mine;
    for (let i = 0; i < 100 && !mine; i++) {
      mine = (await who.emma('GET', '/records/training_assignment')).json?.rows?.[0];
      if (!mine) await new Promise((r) => setTimeout(r, 300));
    }
    if (!mine) return assert.fail('nobody was assigned');
    for (const [name, by] of Object.entries(who).filter(([n]) => ['erik', 'owen', 'vic'].includes(n))) {
      for (const address of [`/my/training/${mine.id}`, `/my/training/${mine.id}/quiz`, `/my/training/${mine.id}/result`]) assert.ok([303, 403, 404].includes((await by('GET', address)).status), `${name} ${address}`);
      for (const address of [`/my/training/${mine.id}/draw`, `/my/training/${mine.id}/quiz`]) {
        const answer = await by('POST', address, {});
        assert.ok(answer.status >= 400 && answer.status < 500, `${name} ${address}: ${answer.status}`);
      }
    }
    for (const t of ['begin', 'draw', 'complete']) for (const by of [who.emma, who.lea, root]) assert.ok([403, 409, 422].includes((await move(by, mine, t)).status), t);
    const early = await who.emma('POST', `/my/training/${mine.id}/quiz`, { attempt: 0, 'a.1': '1' });
    assert.ok(early.status >= 400 || early.status === 303, `${early.status}: a quiz that was not drawn`);
    assert.equal((await root('GET', '/records/training_completion')).json.total, 0);
  });
});

describe('sharing links', { skip: !has('/s/:secret') }, () => {
  it('are not guessed, and tell nothing of what they are not', async () => {
    const said = new Set();
    for (const guess of ['0'.repeat(64), 'x', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '..%2f..', '%00', "'%20or%201=1"])
      for (const tail of ['', '/file', '/raw']) {
        const answer = await ask({}, 'GET', `/s/${guess}${tail}`);
        assert.ok([400, 404, 410, 429].includes(answer.status), `${guess}${tail}: ${answer.status}`);
        said.add(answer.status);
      }
    assert.ok(said.size <= 3);
  });
});
