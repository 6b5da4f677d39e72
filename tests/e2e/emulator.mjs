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
//   {"do":"get","path":"/organizations/ID"}      what the API says to somebody who looks
//   {"do":"list","what":"organizations"}         what the emulator has: organizations, connections, directories, …
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
  const response = await app.fetch(request);
  const authorization = request.headers.get('authorization');
  // What the IT department does is not what the composition did.
  if (authorization !== `Bearer ${ADMIN_KEY}`) {
    const line = {
      method: request.method,
      path: url.pathname,
      query: [...url.searchParams],
      body: parsed(text),
      authorization,
      status: response.status,
    };
    appendFileSync(requestsPath, `${JSON.stringify(line)}\n`);
  }
  return response;
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
  for (const [idp_id, first_name] of [['1', 'Ada'], ['2', 'Grace']]) {
    workos.directoryUsers.insert({
      object: 'directory_user',
      directory_id: directory.id,
      organization_id: organization,
      idp_id,
      email: `${first_name.toLowerCase()}@acme.com`,
      first_name,
      last_name: null,
      state: 'active',
      raw_attributes: {},
      custom_attributes: {},
      groups: [],
    });
  }
  return directory;
}

async function obey(order) {
  switch (order.do) {
    case 'createOrganization':
      return call('POST', '/organizations', { name: order.name });
    case 'createConnection':
      return call('POST', '/connections', { organization_id: order.organization, connection_type: 'OktaSAML' });
    case 'linkDirectory':
      return linkDirectory(order.organization);
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
