// The WorkOS emulator, made by WorkOS, as a counterpart for tests.
//
//   node emulator.mjs REQUESTS
//
// Listens on a free port of 127.0.0.1 and says so in the first line of stdout: {"port":…}. Every request it has
// answered is appended to the file REQUESTS as one line of JSON, before the answer leaves.
//
// stdin is the customer's IT department: each line is one order, each answered by one line on stdout.
//
//   {"do":"createOrganization","name":NAME}      another customer is there already: POST /organizations, over HTTP
//   {"do":"createConnection","organization":ID}  an admin sets single sign-on up: POST /connections, likewise
//   {"do":"linkDirectory","organization":ID}     an admin links a directory with two users; no route does that
//   {"do":"joinDirectory","directory":ID,"user":{"email":…}}  somebody appears in the directory; no route does that
//   {"do":"changeInDirectory","user":ID,"changes":{…}}        somebody's role, state or address changes there
//   {"do":"leaveDirectory","user":ID}                         somebody is not there any more
//   {"do":"changeDomain","domain":ID,"changes":{…}}           WorkOS has found the DNS record, or given up on it
//   {"do":"get","path":"/organizations/ID"}      what the API says to somebody who looks
//   {"do":"post","path":PATH,"body":{…}}         what somebody else does by the API: users, members, invitations
//   {"do":"list","what":"organizations"}         what the emulator has: organizations, connections, events, …
//
// The emulator keeps events under names of its own, such as `directory_user.created`. What the orders do is also told
// as WorkOS tells it: `connection.activated`, `dsync.activated`, `dsync.user.created`, `.updated` and `.deleted`.
//
// Two things the emulator does otherwise than WorkOS publishes, in a way that nothing could go on from; these are done
// here, on the emulator's own store: an entry of the audit log has its own shape (`event`) and its answer, knows the
// key of a repeat, and a membership says whose it is (`user`).
//
// It ends when stdin is closed.

import { appendFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { serve } from '@hono/node-server';
// The package exports the emulator only as a whole, without its store: hence these paths.
import { createServer } from './node_modules/workos/dist/emulate/core/index.js';
import { getWorkOSStore, workosPlugin } from './node_modules/workos/dist/emulate/workos/index.js';

const APPLICATION_KEY = 'sk_test_default';
const ADMIN_KEY = 'sk_test_it_admin';

const requestsPath = process.argv[2];
if (!requestsPath) {
  process.stderr.write('usage: node emulator.mjs REQUESTS\n');
  process.exit(2);
}
writeFileSync(requestsPath, '');

const { app, store } = createServer(workosPlugin, {
  apiKeys: { [APPLICATION_KEY]: { environment: 'test' }, [ADMIN_KEY]: { environment: 'test' } },
});
workosPlugin.seed?.(store, 'http://127.0.0.1');
const workos = getWorkOSStore(store);

async function answer(request) {
  const url = new URL(request.url);
  const text = await request.clone().text();
  const response = await asPublished(request, url, text);
  const authorization = request.headers.get('authorization');
  // What the IT department does is not what the composition did.
  if (authorization !== `Bearer ${ADMIN_KEY}`) {
    const line = {
      method: request.method,
      path: url.pathname,
      query: [...url.searchParams],
      body: parsed(text),
      authorization,
      idempotencyKey: request.headers.get('idempotency-key'),
      status: response.status,
    };
    appendFileSync(requestsPath, `${JSON.stringify(line)}\n`);
  }
  return response;
}

async function asPublished(request, url, text) {
  const body = parsed(text);
  if (request.method === 'POST' && url.pathname === '/audit_logs/events' && body?.event) {
    return recorded(request, body);
  }
  const response = await app.fetch(request);
  if (url.pathname.startsWith('/user_management/organization_memberships') && response.ok && response.status !== 204) {
    const answer = await response.json();
    for (const membership of answer.data ?? [answer]) membership.user = workos.users.get(membership.user_id) ?? null;
    return Response.json(answer, { status: response.status });
  }
  return response;
}

const recordedKeys = new Set();

// The route is asked first, in its own shape: it says who may do this, and what is missing.
async function recorded(request, { organization_id, event }) {
  const key = request.headers.get('idempotency-key');
  if (key !== null && recordedKeys.has(key)) return Response.json({ success: true });
  const { action, ...rest } = event;
  const body = JSON.stringify({ organization_id, ...rest, action: { name: action } });
  const response = await app.fetch(new Request(request.url, { method: 'POST', headers: request.headers, body }));
  if (!response.ok) return response;
  if (key !== null) recordedKeys.add(key);
  return Response.json({ success: true });
}

function parsed(text) {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function call(method, path, body) {
  const response = await fetch(`http://127.0.0.1:${port()}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

// What happened, as WorkOS tells it; the emulator's own events have other names.
function happened(event, data) {
  workos.events.insert({ object: 'event', event, data, environment_id: null });
}

async function createConnection(organization) {
  const connection = await call('POST', '/connections', { organization_id: organization, connection_type: 'OktaSAML' });
  happened('connection.activated', connection);
  return connection;
}

function linkDirectory(organization) {
  if (!workos.organizations.get(organization)) throw new Error(`no organization ${organization}`);
  const directory = workos.directories.insert({
    object: 'directory',
    organization_id: organization,
    external_key: 'kP4wN8xR2',
    type: 'okta scim v2.0',
    state: 'linked',
    name: 'Okta',
    domain: 'acme.com',
  });
  happened('dsync.activated', directory);
  for (const [idp_id, first_name] of [['1', 'Ada'], ['2', 'Grace']]) {
    joinDirectory(directory.id, { idp_id, first_name, email: `${first_name.toLowerCase()}@acme.com` });
  }
  return directory;
}

function joinDirectory(directory, user) {
  const linked = workos.directories.get(directory);
  if (!linked) throw new Error(`no directory ${directory}`);
  const joined = workos.directoryUsers.insert({
    object: 'directory_user',
    directory_id: directory,
    organization_id: linked.organization_id,
    idp_id: user.email,
    first_name: null,
    last_name: null,
    state: 'active',
    raw_attributes: {},
    custom_attributes: {},
    groups: [],
    ...user,
  });
  happened('dsync.user.created', joined);
  return joined;
}

function changeInDirectory(id, changes) {
  const before = workos.directoryUsers.get(id);
  if (!before) throw new Error(`no directory user ${id}`);
  const changed = workos.directoryUsers.update(id, changes);
  const previous_attributes = Object.fromEntries(Object.keys(changes).map((name) => [name, before[name] ?? null]));
  happened('dsync.user.updated', { ...changed, previous_attributes });
  return changed;
}

function leaveDirectory(id) {
  const left = workos.directoryUsers.get(id);
  if (!left) throw new Error(`no directory user ${id}`);
  workos.directoryUsers.delete(id);
  happened('dsync.user.deleted', left);
  return left;
}

function changeDomain(id, changes) {
  const changed = workos.organizationDomains.update(id, changes);
  if (!changed) throw new Error(`no domain ${id}`);
  return changed;
}

async function obey(order) {
  switch (order.do) {
    case 'createOrganization':
      return call('POST', '/organizations', { name: order.name });
    case 'createConnection':
      return createConnection(order.organization);
    case 'linkDirectory':
      return linkDirectory(order.organization);
    case 'joinDirectory':
      return joinDirectory(order.directory, order.user);
    case 'changeInDirectory':
      return changeInDirectory(order.user, order.changes);
    case 'leaveDirectory':
      return leaveDirectory(order.user);
    case 'changeDomain':
      return changeDomain(order.domain, order.changes);
    case 'post':
      return call('POST', order.path, order.body);
    case 'get':
      return call('GET', order.path);
    case 'list': {
      const collection = Object.hasOwn(workos, order.what) ? workos[order.what] : undefined;
      if (!collection) throw new Error(`no collection ${order.what}`);
      return collection.all();
    }
    default:
      throw new Error(`no order ${order.do}`);
  }
}

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const server = serve({ fetch: answer, hostname: '127.0.0.1', port: 0 }, () => say({ port: port() }));

function port() {
  return server.address().port;
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    say({ ok: await obey(JSON.parse(line)) });
  } catch (error) {
    say({ error: error.message });
  }
}
process.exit(0);
