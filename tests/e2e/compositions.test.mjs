// The compositions of specs/workos against the WorkOS emulator: what is asked of it, and what it has in the end.
//
//   NAFTIKO_BIN=target/debug/naftiko node --test tests/e2e/compositions.test.mjs
//
// Needs `npm ci` in this folder once. The onboarding of edition 0.1 has a test of its own, tests/tests/emulator.rs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const workspace = fileURLToPath(new URL('../..', import.meta.url));
const binary = resolve(workspace, process.env.NAFTIKO_BIN ?? 'target/debug/naftiko');
const place = mkdtempSync(join(tmpdir(), 'naftiko-e2e-'));
const requestsPath = join(place, 'requests');

let emulator;
let answers;
let port;
let seen;

before(async () => {
  const script = fileURLToPath(new URL('emulator.mjs', import.meta.url));
  emulator = spawn('node', [script, requestsPath], { stdio: ['pipe', 'pipe', 'inherit'] });
  answers = createInterface({ input: emulator.stdout })[Symbol.asyncIterator]();
  ({ port } = JSON.parse((await answers.next()).value));
});

beforeEach(() => {
  seen = requests().length;
});

after(() => {
  emulator.stdin.end();
  rmSync(place, { recursive: true });
});

async function order(order) {
  emulator.stdin.write(`${JSON.stringify(order)}\n`);
  const { ok, error } = JSON.parse((await answers.next()).value);
  assert.equal(error, undefined);
  return ok;
}

const list = (what) => order({ do: 'list', what });

function requests() {
  const lines = readFileSync(requestsPath, 'utf8').split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

// What was asked of the emulator since the last look.
function fresh() {
  const all = requests();
  const news = all.slice(seen);
  seen = all.length;
  return news;
}

const effects = () => fresh().filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);

// Runs a composition; `watch` is told of every event and may act meanwhile.
async function run(composition, inputs, { given = {}, watch = async () => {} } = {}) {
  const named = Object.entries(inputs).flatMap(([name, value]) => [
    '--input',
    `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  ]);
  const answered = Object.entries(given).flatMap(([step, value]) => ['--answer', `${step}=${JSON.stringify(value)}`]);
  const fixed = ['--base-url', `workos=http://127.0.0.1:${port}`, '--poll-every', '100ms', '--json', '--state', place];
  const child = spawn(binary, ['run', `specs/workos/${composition}`, ...named, ...answered, ...fixed], {
    cwd: workspace,
    env: { ...process.env, WORKOS_API_KEY: 'sk_test_default', NO_PROXY: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const code = new Promise((end) => child.on('close', end));
  let last;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line);
    await watch(last);
  }
  return { code: await code, outcome: last.outcome, outputs: last.outputs };
}

// The memberships of an organization, as `address role status`.
async function members(organization) {
  const users = new Map((await list('users')).map(({ id, email }) => [id, email]));
  const all = await list('organizationMemberships');
  const own = all.filter(({ organization_id }) => organization_id === organization);
  return own.map(({ user_id, role, status }) => `${users.get(user_id)} ${role.slug} ${status}`).sort();
}

const recorded = async (organization) =>
  (await list('auditLogEvents')).filter((entry) => entry.organization_id === organization).map(({ action }) => action.name);

test('a customer is onboarded while its admin works', async () => {
  const other = await order({ do: 'createOrganization', name: 'Initech' });
  await order({ do: 'createConnection', organization: other.id });
  await order({ do: 'linkDirectory', organization: other.id });
  fresh();
  const organization = async () => (await list('organizations')).find(({ name }) => name === 'Acme Inc.').id;
  const done = new Set();
  const acts = { 'await-connection': 'createConnection', 'await-directory': 'linkDirectory' };
  const { outcome, outputs } = await run(
    'b2b-enterprise-onboarding-0.2.yaml',
    { customer_id: 'c-1', organization_name: 'Acme Inc.', domains: 'acme.com,acme.org', admin_email: 'it@acme.com' },
    {
      given: {
        'await-sso-admin': { asked: true },
        'open-sso-portal': { opened: true },
        'await-directory-admin': { asked: true },
        'open-directory-portal': { opened: true },
      },
      watch: async ({ event, step }) => {
        if (event !== 'stepDelayed' || !(step in acts) || done.has(step)) return;
        done.add(step);
        await order({ do: acts[step], organization: await organization() });
      },
    },
  );
  assert.equal(outcome, 'succeeded');
  assert.equal(outputs.complete, true);
  const asked = fresh();
  assert.deepEqual(asked.filter(({ path }) => path === '/portal/generate_link').map(({ body }) => body.intent).sort(), ['dsync', 'sso']);
  for (const { path, query } of asked.filter(({ path }) => ['/connections', '/directories'].includes(path))) {
    assert.deepEqual(query, [['organization_id', outputs.organization_id]], path);
  }
  const own = async (what) => (await list(what)).filter(({ organization_id }) => organization_id === outputs.organization_id);
  assert.deepEqual((await own('connections')).map(({ id }) => id), [outputs.connection_id]);
  assert.deepEqual((await own('directories')).map(({ id }) => id), [outputs.directory_id]);
  assert.deepEqual((await own('organizationDomains')).map(({ domain, state }) => `${domain} ${state}`), ['acme.com pending', 'acme.org pending']);
});

// The folder of the compositions, whose document names the emulator itself: no `--base-url` approves it for the key.
function specsForEmulator() {
  const specs = join(place, 'specs');
  cpSync(join(workspace, 'specs/workos'), specs, { recursive: true });
  const document = join(specs, 'shared/workos.yaml');
  const text = readFileSync(document, 'utf8').replace('https://api.workos.com', `http://127.0.0.1:${port}`);
  writeFileSync(document, text);
  return specs;
}

// Runs a command, and kills it as soon as `dies` says so of an event.
async function killed(arguments_, dies = () => false) {
  const child = spawn(binary, [...arguments_, '--json', '--state', join(place, 'killed')], {
    cwd: workspace,
    env: { ...process.env, WORKOS_API_KEY: 'sk_test_default', NO_PROXY: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const end = new Promise((resolve_) => child.on('close', (code, signal) => resolve_({ code, signal })));
  let last;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line);
    if (dies(last)) child.kill('SIGKILL');
  }
  return { ...(await end), last, stderr };
}

test('processes that are killed onboard a customer once, and none sends the key before that is approved', async () => {
  const composition = join(specsForEmulator(), 'b2b-enterprise-onboarding-0.2.yaml');
  const allow = ['--allow-secret', `WORKOS_API_KEY=http://127.0.0.1:${port}`];
  const inputs = { customer_id: 'c-2', organization_name: 'Hooli', domains: 'hooli.com', admin_email: 'it@hooli.com' };
  const given = { 'await-sso-admin': 'asked', 'open-sso-portal': 'opened', 'await-directory-admin': 'asked', 'open-directory-portal': 'opened' };
  const answered = Object.entries(given).flatMap(([step, name]) => ['--answer', `${step}={"${name}":true}`]);
  const named = Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]);
  const begin = ['run', composition, ...named, ...answered, '--poll-every', '100ms'];
  const waits = (step) => (event) => event.event === 'stepDelayed' && event.step === step;
  const refused = ({ code, stderr }) => {
    assert.equal(code, 2);
    assert.ok(stderr.includes(allow.join(' ')), stderr);
    assert.deepEqual(fresh(), []);
  };
  fresh();

  refused(await killed(begin));
  const first = await killed([...begin, ...allow], waits('await-connection'));
  assert.equal(first.signal, 'SIGKILL');
  const asked = fresh();
  const { id } = (await list('organizations')).find(({ name }) => name === 'Hooli');

  const resume = ['resume', first.last.run, ...answered];
  refused(await killed(resume));
  await order({ do: 'createConnection', organization: id });
  const second = await killed([...resume, ...allow], waits('await-directory'));
  assert.equal(second.signal, 'SIGKILL');
  asked.push(...fresh());

  refused(await killed(resume));
  await order({ do: 'linkDirectory', organization: id });
  const third = await killed([...resume, ...allow]);
  assert.equal(third.code, 0, third.stderr);
  asked.push(...fresh());

  const { outcome, outputs } = third.last;
  assert.equal(outcome, 'succeeded');
  assert.equal(outputs.organization_id, id);
  const own = async (what) => (await list(what)).filter(({ organization_id }) => organization_id === id);
  assert.deepEqual((await own('connections')).map((one) => one.id), [outputs.connection_id]);
  assert.deepEqual((await own('directories')).map((one) => one.id), [outputs.directory_id]);
  assert.deepEqual((await own('organizationDomains')).map(({ domain }) => domain), ['hooli.com']);
  const made = asked.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  assert.equal(made.filter((request) => request === 'POST /organizations').length, 1, made.join('\n'));
  assert.equal(made.filter((request) => request === 'POST /organization_domains').length, 1, made.join('\n'));
});

test('an admin sets single sign-on up from within the product', async () => {
  const { id } = await order({ do: 'createOrganization', name: 'Umbrella' });
  fresh();
  let done = false;
  const { outputs } = await run(
    'admin-portal-self-serve.yaml',
    { organization_id: id, intent: 'sso', return_url: 'https://app.example.com' },
    {
      given: { 'first-visit/admin-asks': { asked: true }, 'first-visit/hand-over': { redirected: true } },
      watch: async ({ event }) => {
        if (event !== 'stepDelayed' || done) return;
        done = true;
        await order({ do: 'createConnection', organization: id });
      },
    },
  );
  assert.equal(outputs.set_up, true);
  assert.equal(outputs.links, 1);
  const event = (await list('events')).find((one) => one.id === outputs.event);
  assert.equal(event.event, 'connection.activated');
  assert.equal(event.data.organization_id, id);
  assert.deepEqual(effects(), ['POST /portal/generate_link']);
});

test('a domain is verified, and lets people in just in time', async () => {
  const { id } = await order({ do: 'createOrganization', name: 'Hooli' });
  const person = { email: 'ada@hooli.example', first_name: 'Ada', last_name: 'Byron' };
  const guard = async () => (await run('jit-guard.yaml', person)).outputs;
  assert.equal((await guard()).reason, 'no organization has this domain');
  await order({ do: 'post', path: '/organization_domains', body: { organization_id: id, domain: 'hooli.example' } });
  assert.equal((await guard()).reason, 'the organization has not verified the domain');
  assert.deepEqual(effects(), []);

  // The domain above waits for its proof and is not added twice; another one is new.
  const taken = await run('domain-verification.yaml', { organization_id: id, domain: 'hooli.example' });
  assert.equal(taken.code, 3);
  const given = { 'publish-record': { published: true } };
  const verified = await run('domain-verification.yaml', { organization_id: id, domain: 'hooli.test' }, { given });
  assert.equal(verified.outputs.state, 'verified');
  fresh();

  const first = (await run('jit-guard.yaml', { ...person, email: 'ada@hooli.test' })).outputs;
  assert.deepEqual([first.let_in, first.reason], [true, 'made a member']);
  assert.deepEqual(effects(), ['POST /user_management/users', 'POST /user_management/organization_memberships', 'POST /audit_logs/events']);
  const again = (await run('jit-guard.yaml', { ...person, email: 'ada@hooli.test' })).outputs;
  assert.equal(again.reason, 'is a member');
  assert.deepEqual(effects(), []);
  assert.deepEqual(await members(id), ['ada@hooli.test member active']);
  assert.deepEqual(await recorded(id), ['member.added']);
});

test('a team is invited, and nobody twice', async () => {
  const { id } = await order({ do: 'createOrganization', name: 'Globex' });
  await order({ do: 'post', path: '/user_management/invitations', body: { email: 'grace@globex.example', organization_id: id } });
  const user = await order({ do: 'post', path: '/user_management/users', body: { email: 'ada@globex.example' } });
  await order({ do: 'post', path: '/user_management/organization_memberships', body: { user_id: user.id, organization_id: id } });
  fresh();
  const people = ['ada', 'grace', 'mary'].map((name) => ({ email: `${name}@globex.example`, role: 'admin' }));
  const first = await run('invite-team.yaml', { organization_id: id, people });
  assert.deepEqual(first.outputs, { invited: ['mary@globex.example'], left_out: ['ada@globex.example', 'grace@globex.example'] });
  assert.deepEqual(effects(), ['POST /user_management/invitations', 'POST /audit_logs/events']);
  const second = await run('invite-team.yaml', { organization_id: id, people });
  assert.deepEqual(second.outputs.invited, []);
  assert.deepEqual(effects(), []);
  const own = (await list('invitations')).filter(({ organization_id }) => organization_id === id);
  assert.deepEqual(own.map(({ email }) => email).sort(), ['grace@globex.example', 'mary@globex.example']);
});

test('people join, move and leave, and running it twice changes nothing', async () => {
  const { id: organization_id } = await order({ do: 'createOrganization', name: 'Cyberdyne' });
  const directory = await order({ do: 'linkDirectory', organization: organization_id });
  const follow = async (after) => {
    const inputs = after === undefined ? { organization_id } : { organization_id, after };
    const { outcome, outputs } = await run('joiner-mover-leaver.yaml', inputs);
    assert.equal(outcome, 'succeeded');
    return outputs;
  };
  const changes = ({ changes }) => changes.map(({ change, email }) => `${change} ${email}`);

  const first = await follow();
  assert.deepEqual(changes(first), ['added ada@acme.com', 'added grace@acme.com']);

  const staff = new Map((await list('directoryUsers')).filter((one) => one.directory_id === directory.id).map((one) => [one.email, one.id]));
  await order({ do: 'changeInDirectory', user: staff.get('ada@acme.com'), changes: { role: { slug: 'admin' } } });
  await order({ do: 'changeInDirectory', user: staff.get('ada@acme.com'), changes: { first_name: 'Augusta' } });
  await order({ do: 'leaveDirectory', user: staff.get('grace@acme.com') });
  const mary = await order({ do: 'joinDirectory', directory: directory.id, user: { email: 'mary@acme.com', role: { slug: 'viewer' } } });
  const second = await follow(first.cursor);
  assert.deepEqual(changes(second).sort(), ['added mary@acme.com', 'deactivated grace@acme.com', 'role changed ada@acme.com']);
  const settled = ['ada@acme.com admin active', 'grace@acme.com member inactive', 'mary@acme.com viewer active'];
  assert.deepEqual(await members(organization_id), settled);

  // With the new cursor, with the old one, and from the beginning.
  fresh();
  for (const after of [second.cursor, first.cursor, undefined]) {
    assert.deepEqual(changes(await follow(after)), []);
    assert.deepEqual(effects(), []);
  }
  assert.deepEqual(await members(organization_id), settled);

  await order({ do: 'changeInDirectory', user: mary.id, changes: { email: 'mary.jackson@acme.com' } });
  const third = await follow(second.cursor);
  assert.deepEqual(changes(third), ['added mary.jackson@acme.com']);
  assert.deepEqual(third.former_addresses, [{ change: 'deactivated', email: 'mary@acme.com' }]);

  assert.equal((await recorded(organization_id)).length, 7);
  const keys = requests().filter(({ path }) => path === '/audit_logs/events').map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(keys.includes(null), false);
  assert.equal(new Set(keys).size, keys.length);
});
