// The API's description: it lints clean, and every address in it, asked rightly, with wrong types, without a session and with ids of nothing,
// answers 2xx or 4xx with a problem that says what is wrong - never 5xx. Nothing here is a list of addresses: the description is, and it is held against the
// program's own table of routes.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { assay } from './client.mjs';
import { routes } from './routes.mjs';
import { end, launch, signedIn, url } from './site.mjs';

let description, cookie, csrf;
const there = { control: 'AC-06', criterion: 'CC6.1' }, made = {}; // ids of what references may name; records by type

before(async () => {
  await launch();
  const { cookies } = await signedIn();
  cookie = cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  csrf = (await (await fetch(url + '/records/person/new', { headers: { cookie } })).text()).match(/name="csrf" value="([0-9a-f]+)"/)[1];
  description = await (await fetch(url + '/api/v1/openapi.json', { headers: { cookie } })).json();
});
after(end);

const ref = (o) => (o?.$ref ? o.$ref.slice(2).split('/').reduce((at, key) => at[key], description) : o);

// What a field refers to: "Owner: id of a person. …"
const targetOf = (s) => /^[^:]+: id of a ([a-z_]+)[.] /.exec(s.description ?? '')?.[1];

// Eight at a time: what the server does with one does not depend on the others.
const each = async (items, act) => {
  const rest = [...items];
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (rest.length) await act(rest.shift());
  }));
};

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
  const target = targetOf(s);
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
    await fetch(url + '/healthz').catch(() => null); // it took so long that the server has hung up; what was open is not used again
  });

  it('describes every type of records with its own fields', () => {
    const system = description.components.schemas.new_system;
    assert.ok(system.required.includes('name') && system.properties.kind.enum.includes('database'));
    assert.equal(system.additionalProperties, false);
    assert.equal(description.components.schemas.values_scope.properties.review_on.format, 'date');
    const takes = (schema) => 'signed' in ref(schema).properties, named = description.components.schemas;
    assert.deepEqual([named.create_sample, named.move_sample, named.move_test_sheet].map(takes), [true, true, true], 'where an auditor signs with a key of their own');
    assert.deepEqual([named.create_test_sheet, named.change_sample, named.create_system].map(takes), [false, false, false]);
    for (const path of ['/audit/{id}/samples', '/audit/{id}/samples/{one}']) assert.ok(takes(schemaOf(description.paths[path].post)), path);
  });

  it('makes one record of every type from its schema, or says what is missing', async () => {
    const person = await ask('POST', '/records/person', { body: { values: { name: 'Api Tester', kind: 'employee' } } });
    assert.equal(person.status, 201, person.text);
    there.test = (await ask('GET', '/tests?per_page=1')).json.rows[0].id;
    there.person = person.json.id;
    let types = 0;
    for (let round = 0; round < 2; round++)
      for (const [path, method, operation] of operations()) {
        const type = /^\/records\/([a-z_]+)$/.exec(path)?.[1];
        if (method !== 'POST' || !type || made[type]) continue;
        types += round === 0;
        const body = sample(schemaOf(operation), type, there);
        if (ref(schemaOf(operation)).required.includes('id')) body.id = there[type] ?? `id-of-${type}`;
        const answer = await ask(method, path, { body });
        isCalm(answer, `${method} ${path}`);
        if (answer.status === 403) types -= round === 0; // what only an auditor makes
        if (answer.status === 201) {
          there[type] ??= answer.json.id;
          made[type] = answer.json;
        } else if (answer.status === 422) assert.ok(answer.json.errors.every((e) => e.field && e.detail), answer.text);
      }
    const count = Object.keys(made).length;
    assert.ok(count >= types * 0.7, `only ${count} of ${types} types could be made from their schemas`);
  });

  it('is described whole: every route of the program, and what each takes', () => {
    const described = [...operations()].map(([path, method]) => `${method} ${path}`);
    for (const r of routes.filter((x) => x.isApi)) {
      const path = r.pattern.slice('/api/v1'.length).replace(/:(\w+)/g, '{$1}');
      const some = path.includes('/records/{type}') ? described.some((d) => d === `${r.method} ${path.replace('{type}', 'person')}`) : described.includes(`${r.method} ${path}`);
      assert.ok(some, `${r.name} is not described`);
    }
    for (const [path, method, operation] of operations()) {
      const content = operation.requestBody?.content ?? {}, [schema] = Object.values(content).map((c) => ref(c.schema));
      if (['GET', 'DELETE'].includes(method) || content['text/csv']) continue;
      assert.ok(schema && !schema.additionalProperties, `${method} ${path}: nothing says what it takes: let src/web/openapi_forms.c say it`);
    }
  });

  it('takes what the description says is right', async () => {
    const wrong = [];
    assay('user', 'add', 'right@example.org', '--roles', 'viewer');
    const known = { kind: 'control', name: 'password_length_min', leaf: (await ask('GET', '/evidence?per_page=100')).json.rows.map((r) => /^\/evidence\/(\d+)$/.exec(r.url)?.[1]).find(Boolean), x: '0'.repeat(64), type: 'person' };
    const ids = { '/criteria': 'CC6.1', '/controls': 'AC-06', '/impact/{kind}': 'AC-06', '/tests': there.test, '/policies': 'POL-08', '/gaps': made.gap?.id, '/risks': made.risk?.id, '/risks/campaigns': made.risk_campaign?.id, '/users': JSON.parse(assay('user', 'list', '--json'))[0]?.id, '/sign-in-sources': 'example' };
    await ask('POST', '/sign-in-sources', { body: { kind: 'ldap', id: 'example', label: 'Example', url: 'ldaps://ldap.example.org', base: 'dc=example', default_roles: 'employee', step_link: '' } });
    let asked = 0;
    for (const [path, method, operation] of operations()) {
      const type = /^\/records\/([a-z_]+)(\/|$)/.exec(path)?.[1], one = made[type];
      if (path === '/openapi.json' || (type && (!one || method === 'DELETE' || /undo|files/.test(path) || (method === 'POST' && !path.includes('{'))))) continue;
      const at = path.replace('/reports/{kind}/file', '/reports/readiness/file?format=json').replace('/reports/{kind}', '/reports/readiness').replace(/\{id\}/, type ? one.id : ids[path.split('/{id}')[0]] ?? 'none').replace(/\{(\w+)\}/g, (_, name) => known[name] ?? 'none');
      const form = Object.values(operation.requestBody?.content ?? {}).map((c) => ref(c.schema))[0];
      let options = {};
      if (method !== 'GET') {
        const body = type ? sample(form, type, there) : Object.fromEntries(Object.entries(form?.properties ?? {}).filter(([, f]) => 'example' in f).map(([k, f]) => [k, f.example]));
        if (type && !path.endsWith('/import')) body.version = (await ask('GET', `/records/${type}/${one.id}`)).json.version;
        if (path === '/changes') body.changes = [{ type: 'person', values: { name: 'By the description' } }];
        options = operation.requestBody?.content['text/csv'] ? { body: type ? 'title\n' : 'name,email\nFrom A Roster,roster@example.org\n', type: 'text/csv' } : path === '/gaps/import' ? { body: { findings: [{ title: 'From outside' }] } } : path === '/oscal' ? { body: JSON.parse(fs.readFileSync(new URL('../oscal/catalog.json', import.meta.url))) } : { body };
        if (operation.requestBody?.content['multipart/form-data']) {
          const data = new FormData();
          for (const [k, v] of Object.entries(body)) data.append(k, v);
          const answer = await fetch(url + '/api/v1' + path, { method, headers: { cookie, 'x-csrf-token': csrf }, body: data });
          assert.ok(path === '/evidence' ? answer.status === 201 : answer.status < 500, await answer.text());
          continue;
        }
      }
      const answer = await ask(method, at, options);
      asked++;
      const isFine = answer.status < 400 || answer.json?.code === 'exists' || (answer.status === 403 && answer.json?.code === 'step_up_required');
      /* A step may not be possible from here, and an example's id may name nothing: but nothing may be wrong with what was sent. */
      const mayNot = /moves$|import$/.test(path) ? [403, 404, 409, 422].includes(answer.status) : /documents\/disposition$/.test(path) ? answer.json?.detail?.includes('not there') : /decide|me\/|remove|record/.test(path) && [403, 404, 409].includes(answer.status);
      const isNone = (answer.status === 404 && /\/none(\/|$)|\/diff$|\/receipts\//.test(at)) || (answer.status === 403 && /^\/my\//.test(at)) || (answer.status === 400 && /^\/handbook\//.test(at)) /* for people with a record */; /* nothing is there yet that the address could name */
      if (!isFine && !mayNot && !isNone) wrong.push(`${method} ${at}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(asked > 100);
  });

  it('names every reference that leads nowhere, when a record is made, changed, or part of a list of changes', async () => {
    let tried = 0;
    for (const [path, method, operation] of operations()) {
      const type = /^\/records\/([a-z_]+)$/.exec(path)?.[1];
      if (method !== 'POST' || !type) continue;
      const fields = ref(ref(schemaOf(operation)).properties.values).properties;
      for (const [name, field] of Object.entries(fields)) {
        const s = ref(field);
        if (!targetOf(s)) continue;
        const values = { [name]: s.type === 'array' ? ['NOPE-9999'] : 'NOPE-9999' };
        const named = (answer, field, what) => {
          isCalm(answer, what);
          if (answer.status === 403) return;
          assert.equal(answer.status, 422, `${what}: ${answer.status} ${answer.text}`);
          assert.ok(answer.json.errors.some((e) => e.field === field && e.detail), `${what}: ${field} is not named in ${answer.text}`);
          tried++;
        };
        named(await ask('POST', path, { body: { id: 'some-id', values } }), name, `POST ${path} ${name}`);
        named(await ask('POST', '/changes', { body: { changes: [{ type, ...(ref(schemaOf(operation)).required.includes('id') ? { id: 'CC6.1' } : {}), values }] } }), `changes[0].values.${name}`, `/changes ${type} ${name}`);
        if (made[type]) named(await ask('PATCH', `${path}/${made[type].id}`, { body: { values, version: made[type].version } }), name, `PATCH ${path} ${name}`);
      }
    }
    assert.ok(tried > 50, `${tried} tried`);
  });

  it('lets each role do what the description and the types give it, and refuses the rest with a problem', async () => {
    const roles = (await ask('GET', '/roles')).json.rows;
    const may = (type, act) => new RegExp(`\\nmay:[^]*?\\b${act}: \\[([^\\]]*)\\]`).exec(fs.readFileSync(new URL(`../../content/records/${type}.yaml`, import.meta.url), 'utf8'))?.[1].split(', ') ?? [];
    const wrong = [], allPermissions = [...new Set(roles.flatMap((r) => r.permissions))];
    for (const role of ['viewer', 'employee', 'consultant']) {
      const permissions = roles.find((r) => r.id === role).permissions;
      assay('user', 'add', `api-${role}`, '--roles', role, '--until', '2099-01-01');
      const headers = { authorization: `Bearer ${assay('token', 'add', `api-${role}`, '--label', 'api', '--scope', permissions.join(',')).trim()}`, cookie: '', 'x-csrf-token': '' };
      for (const [path, method, operation] of operations()) {
        const type = /^\/records\/([a-z_]+)(\/|$)/.exec(path)?.[1];
        if (/me\/tokens|onboarding|openapi/.test(path) || /\/files\/|\/import$/.test(path)) continue;
        const at = path.replace('{id}', made[type]?.id ?? 'none').replace(/\{\w+\}/g, 'none');
        const body = method === 'GET' ? undefined : type ? { ...sample(schemaOf(operation), type, there), id: `by-${role}`, version: made[type]?.version ?? 1 } : path === '/changes' ? { changes: [{ type: 'person', values: { name: 'x' } }] } : {};
        const answer = await ask(method, at, { headers, body });
        const what = `${role} ${method} ${at}: ${answer.status}`;
        isCalm(answer, what);
        const gives = (act) => may(type, act).some((w) => w === role || w === '@everyone' || (act === 'change' && w === '@author'));
        const isRead = method === 'GET';
        if (!type && !/^\/(changes|search|record-types)/.test(path) && allPermissions.includes(operation['x-permission']) && !permissions.includes(operation['x-permission']) && answer.status !== 403) wrong.push(what);
        if (!isRead && type && answer.status < 300 && !path.includes('{') && !gives('create')) wrong.push(`${what}: it made one`);
        if (!isRead && type && answer.status < 300 && path.includes('{') && !gives('change') && !path.endsWith('/moves')) wrong.push(`${what}: it changed one`);
        if (isRead && role === 'employee' && type && path.includes('{') && answer.status === 200 && !path.includes('person')) wrong.push(`${what}: an employee sees a record that is not theirs`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('never breaks on wrong types, ids of nothing, strangers and odd parameters', async () => {
    await each(operations(), async ([path, method, operation]) => {
      if (path === '/openapi.json') return;
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
        return;
      }
      for (const body of ['', '{', '[]', 'null', '7', '"text"', '{"values":[]}', '{"values":{"name":{}}}', '{"values":{"name":null},"why":7}', '{"nothing":1}', '{"values":{"name":"\u0000"}}', '{"a":1,"a":2}'])
        isCalm(await ask(method, nothing, { body }), `${what} ${body}`);
      isCalm(await ask(method, nothing, { body: '\xff\xfe', type: 'application/octet-stream' }), `${what} as bytes`);
    });
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
