// The API's description: it lints clean, and every address in it, asked rightly, with wrong types, without a session and with ids of nothing,
// answers 2xx or 4xx with a problem that says what is wrong - never 5xx.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { end, launch, signedIn, url } from './site.mjs';

let description, cookie, csrf;

before(async () => {
  await launch();
  const { cookies } = await signedIn();
  cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  csrf = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  description = await (await fetch(url + '/api/v1/openapi.json', { headers: { cookie } })).json();
});
after(end);

const ref = (o) => (o?.$ref ? o.$ref.slice(2).split('/').reduce((at, key) => at[key], description) : o);

// A value that the schema takes; ids of what has to be there come from `there`.
function sample(schema, name, there) {
  const s = ref(schema);
  if (s.anyOf) return sample(s.anyOf[0], name, there);
  if (s.enum) return s.enum[0];
  if (s.type === 'object') {
    const wanted = Object.entries(s.properties ?? {}).filter(([key]) => (s.required ?? []).includes(key));
    return Object.fromEntries(wanted.map(([key, value]) => [key, sample(value, key, there)]));
  }
  if (s.type === 'integer') return s.minimum ?? 1;
  if (s.type === 'boolean') return true;
  if (s.type === 'array') return [];
  if (s.format === 'date') return '2026-11-30';
  if (s.pattern?.startsWith('^-?')) return '1';
  const target = /id of a ([a-z_]+)/.exec(s.description ?? '')?.[1];
  if (target) return there[target] ?? `no-${target}`;
  return `some ${name}`.padEnd(s.minLength ?? 0, 'x').slice(0, s.maxLength ?? 200);
}

async function ask(method, path, { body, headers = {}, type = 'application/json', signIn = true } = {}) {
  const answer = await fetch(url + '/api/v1' + path, {
    method,
    redirect: 'manual',
    headers: { ...(signIn ? { cookie, 'x-csrf-token': csrf } : {}), ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  const media = answer.headers.get('content-type') ?? '';
  return { status: answer.status, text, media, json: media.includes('json') ? JSON.parse(text) : null };
}

function isCalm(answer, what) {
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
  if (answer.status < 400) return;
  assert.ok(answer.media.startsWith('application/problem+json'), `${what}: ${answer.status} ${answer.media}`);
  assert.equal(answer.json.status, answer.status, what);
  assert.ok(answer.json.detail, `${what}: nothing says why`);
}

function* operations() {
  for (const [path, item] of Object.entries(description.paths)) for (const [method, operation] of Object.entries(item)) yield [path, method.toUpperCase(), operation];
}
const schemaOf = (operation) => operation.requestBody?.content?.['application/json']?.schema;

describe('the API', () => {
  it('has a description that lints clean', async () => {
    const config = await createConfig({ extends: ['recommended'], rules: { 'operation-4xx-response': 'error', 'no-unused-components': 'error' } });
    const problems = await lintFromString({ source: JSON.stringify(description), absoluteRef: 'openapi.json', config });
    const words = problems.map((p) => `${p.severity} ${p.ruleId}: ${p.message} at ${p.location?.[0]?.pointer}`);
    assert.deepEqual(words, []);
  });

  it('describes every type of records with its own fields', () => {
    const system = description.components.schemas.new_system;
    assert.ok(system.required.includes('name') && system.properties.kind.enum.includes('database'));
    assert.equal(system.additionalProperties, false);
    assert.equal(description.components.schemas.values_scope.properties.review_on.format, 'date');
  });

  it('makes one record of every type from its schema, or says what is missing', async () => {
    const there = { control: 'AC-06', criterion: 'CC6.1', test: 'ssh-root-login' };
    const person = await ask('POST', '/records/person', { body: { values: { name: 'Api Tester', kind: 'employee' } } });
    assert.equal(person.status, 201, person.text);
    there.person = person.json.id;
    let made = 0, types = 0;
    for (let round = 0; round < 2; round++)
      for (const [path, method, operation] of operations()) {
        const type = /^\/records\/([a-z_]+)$/.exec(path)?.[1];
        if (method !== 'POST' || !type || there[`made_${type}`]) continue;
        types += round === 0;
        const body = sample(schemaOf(operation), type, there);
        if (ref(schemaOf(operation)).required.includes('id')) body.id = there[type] ?? `id-of-${type}`;
        const answer = await ask(method, path, { body });
        isCalm(answer, `${method} ${path}`);
        if (answer.status === 201) {
          made++;
          there[type] ??= answer.json.id;
          there[`made_${type}`] = answer.json.id;
        } else if (answer.status === 422) assert.ok(answer.json.errors.every((e) => e.field && e.detail), answer.text);
      }
    assert.ok(made >= types * 0.7, `only ${made} of ${types} types could be made from their schemas`);
  });

  it('never breaks on wrong types, ids of nothing, strangers and odd parameters', async () => {
    for (const [path, method, operation] of operations()) {
      if (path === '/openapi.json') continue;
      const nothing = path.replace(/\{[^}]+\}/g, 'nothing-is-called-this');
      const what = `${method} ${path}`;
      if (!(operation.security?.length === 0)) {
        const stranger = await ask(method, nothing, { signIn: false, body: method === 'GET' ? undefined : {} });
        assert.ok([401, 403].includes(stranger.status), `${what} for a stranger: ${stranger.status}`);
      }
      isCalm(await ask(method, nothing, method === 'GET' || method === 'DELETE' ? {} : { body: {} }), what);
      if (method === 'GET') {
        for (const query of ['?page=x', '?sort=%22%3B--', '?where=' + encodeURIComponent(`id='1' or 1=1`), '?state=nope', '?at=never', '?q=%22%20OR%20*', '?q=%ff', '?per_page=99999999999999999999'])
          isCalm(await ask(method, nothing + query), what + query);
        continue;
      }
      for (const body of ['', '{', '[]', 'null', '7', '"text"', '{"values":[]}', '{"values":{"name":{}}}', '{"values":{"name":null},"why":7}', '{"nothing":1}', '{"values":{"name":"\u0000"}}', '{"a":1,"a":2}'])
        isCalm(await ask(method, nothing, { body }), `${what} ${body}`);
      isCalm(await ask(method, nothing, { body: '\xff\xfe', type: 'application/octet-stream' }), `${what} as bytes`);
    }
  });

  it('names every field that is wrong', async () => {
    for (const [path, method, operation] of operations()) {
      const type = /^\/records\/([a-z_]+)$/.exec(path)?.[1];
      if (method !== 'POST' || !type) continue;
      const fields = ref(ref(schemaOf(operation)).properties.values).properties;
      for (const [name, field] of Object.entries(fields)) {
        const wrong = ref(field).type === 'object' || ref(field).type === 'boolean' ? 'x' : { wrong: true };
        const answer = await ask('POST', path, { body: { id: 'some-id', values: { [name]: wrong } } });
        isCalm(answer, `${path} ${name}`);
        if (answer.status === 403) break; /* not even an administrator makes one */
        assert.equal(answer.status, 422, `${path} ${name}: ${answer.text}`);
        assert.ok(answer.json.errors.some((e) => e.field === name), `${path}: ${name} is not named in ${answer.text}`);
      }
    }
  });

  it('takes nothing without the session token, nor from another site', async () => {
    const body = { values: { name: 'Mallory', kind: 'employee' } };
    assert.equal((await ask('POST', '/records/person', { body, headers: { 'x-csrf-token': '' } })).status, 403);
    assert.equal((await ask('POST', '/records/person', { body, headers: { origin: 'https://evil.example' } })).status, 403);
    assert.equal((await ask('POST', '/records/person', { body: 'name=x', type: 'text/plain' })).status, 415);
  });

  it('refuses 100 MB before reading them', async () => {
    const answer = await fetch(url + '/api/v1/records/person', { method: 'POST', headers: { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' }, body: Buffer.alloc(100 << 20, 32) }).catch(() => null);
    assert.ok(answer === null || answer.status === 413);
  });
});
