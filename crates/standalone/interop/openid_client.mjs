// Every flow as an application on Node would go through it, with openid-client. Arguments: what run.py made (JSON), and
// the folder of packages.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  SCOPE, ask, be, browse, client, isFor, isThePerson, issuer, person, signIn, told, userInfo, world,
} from './openid_application.mjs';
import { flows as dpop } from './openid_dpop.mjs';
import { flows as front } from './openid_front.mjs';
import { flows as keys } from './openid_keys.mjs';
import { flows as leaving } from './openid_leaving.mjs';
import { flows as registering } from './openid_registering.mjs';
import { flows as tokens } from './openid_tokens.mjs';

async function code(name, options) {
  const config = await be(name, options);
  const tokens = await signIn(config);
  const sub = isThePerson(tokens, world.clients[name]);
  assert.deepEqual(await userInfo(config, tokens), told(sub));
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(renewed.claims().sub, sub);
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
  await client.tokenRevocation(config, renewed.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token), { error: 'invalid_grant' });
}

async function signed(alg) {
  const metadata = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg };
  const config = await be(alg, { metadata });
  const tokens = await signIn(config);
  const sub = isThePerson(tokens, world.clients[alg]);
  assert.equal(header(tokens.id_token).alg, alg);
  const { iss, aud, ...claims } = await userInfo(config, tokens);
  assert.deepEqual([iss, aud, claims], [issuer, world.clients[alg].client_id, told(sub)]);
}

const header = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));

async function discovery(algorithm) {
  const config = await be('basic', { algorithm });
  const server = config.serverMetadata();
  assert.equal(server.issuer, issuer);
  assert.ok(server.supportsPKCE());
  const { keys } = await (await fetch(server.jwks_uri)).json();
  assert.deepEqual([...new Set(keys.map((key) => key.alg))].sort(), ['ES256', 'EdDSA', 'RS256']);
}

async function api() {
  const config = await be('basic');
  const { access_token } = await signIn(config);
  const url = new URL('activities/', world.api);
  const body = JSON.stringify({ name: 'Reading' });
  const json = new Headers({ 'content-type': 'application/json' });
  const made = await client.fetchProtectedResource(config, access_token, url, 'POST', body, json);
  assert.equal(made.status, 201);
  const { name } = await made.json();
  const list = await (await client.fetchProtectedResource(config, access_token, url, 'GET')).json();
  assert.deepEqual([name, list.count], ['Reading', 1]);
  await assert.rejects(client.fetchProtectedResource(config, `${access_token}x`, url, 'GET'), { status: 401 });
}

async function introspection() {
  const config = await be('basic');
  const tokens = await signIn(config);
  const found = await client.tokenIntrospection(config, tokens.access_token);
  assert.deepEqual([found.active, found.username, found.client_id], [true, person.username, world.clients.basic.client_id]);
  assert.deepEqual([found.iss, found.scope, found.sub], [issuer, SCOPE, tokens.claims().sub]);
  await client.tokenRevocation(config, tokens.access_token);
  assert.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false });
}

async function clientCredentials() {
  const config = await be('basic');
  const { access_token, scope, refresh_token } = await client.clientCredentialsGrant(config, { scope: 'read' });
  assert.deepEqual([scope, refresh_token], ['read', undefined]);
  const { active, username } = await client.tokenIntrospection(config, access_token);
  assert.deepEqual([active, username], [true, undefined]);
}

async function password() {
  const config = await be('password');
  const asked = { username: person.username, password: person.password, scope: 'read write' };
  const tokens = await client.genericGrantRequest(config, 'password', asked);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.deepEqual([tokens.scope, renewed.scope], ['read write', 'read write']);
  const wrong = client.genericGrantRequest(config, 'password', { ...asked, password: 'another' });
  await assert.rejects(wrong, { error: 'invalid_grant' });
}

async function device() {
  const config = await be('device');
  const asked = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
  const polling = client.pollDeviceAuthorizationGrant(config, asked);
  const [tokens, heading] = await Promise.all([polling, browse().connectDevice(asked.verification_uri_complete)]);
  assert.equal(heading, 'Go back to your device');
  const sub = tokens.claims().sub;
  assert.deepEqual(await userInfo(config, tokens), told(sub));
}

async function refusedDevice() {
  const config = await be('device');
  const asked = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
  assert.equal(await browse().connectDevice(asked.verification_uri_complete, { decision: 'refuse' }), 'You refused');
  await assert.rejects(client.pollDeviceAuthorizationGrant(config, asked), { error: 'access_denied' });
}

async function silent() {
  const config = await be('remembered');
  const browser = browse();
  const none = { browser, parameters: { prompt: 'none' } };
  await assert.rejects(signIn(config, none), { error: 'login_required' });
  await signIn(await be('basic'), { browser });
  await assert.rejects(signIn(config, none), { error: 'consent_required' });
  const first = await signIn(config, { browser });
  const count = [browser.signIns, browser.consents];
  const again = await signIn(config, none);
  assert.deepEqual([browser.signIns, browser.consents], count);
  assert.deepEqual([again.claims().sub, again.claims().sid], [first.claims().sub, first.claims().sid]);
}

async function age() {
  const config = await be('basic');
  const browser = browse();
  const within = (maxAge) => signIn(config, { browser, parameters: { max_age: maxAge }, checks: { maxAge } });
  await within(600);
  await within(600);
  assert.equal(browser.signIns, 1);
  assert.equal(typeof (await within(0)).claims().auth_time, 'number');
  assert.equal(browser.signIns, 2);
}

async function login() {
  const config = await be('basic');
  const browser = browse();
  const first = await signIn(config, { browser });
  const again = await signIn(config, { browser, parameters: { prompt: 'login', login_hint: person.username } });
  assert.equal(browser.signIns, 2);
  const hinted = { browser, parameters: { prompt: 'none', id_token_hint: first.id_token } };
  assert.equal((await signIn(config, hinted)).claims().sub, again.claims().sub);
}

// What is told in the ID token, and not at UserInfo, because it was asked for by name.
async function claims() {
  const config = await be('basic');
  const parameters = { scope: 'openid', claims: JSON.stringify({ id_token: { email: { essential: true } } }) };
  const tokens = await signIn(config, { parameters });
  assert.equal(tokens.claims().email, person.email);
  assert.deepEqual(await userInfo(config, tokens), { sub: tokens.claims().sub });
}

async function refusal() {
  const config = await be('public');
  const { url, checks } = await ask(config);
  const arrived = await browse().visit(url, { decision: 'refuse' });
  await assert.rejects(client.authorizationCodeGrant(config, arrived, checks), { error: 'access_denied' });
}

// What must not pass: the address that came back is changed, or the library is told to expect something else.
async function bites(change, reason) {
  const config = await be('basic');
  const { url, checks } = await ask(config);
  const arrived = await browse().visit(url);
  change(arrived.searchParams, checks);
  await assert.rejects(client.authorizationCodeGrant(config, arrived, checks), (error) => isFor(error, reason));
}

async function replay() {
  const config = await be('basic');
  const { url, checks } = await ask(config);
  const arrived = await browse().visit(url);
  const tokens = await client.authorizationCodeGrant(config, arrived, checks);
  await assert.rejects(client.authorizationCodeGrant(config, arrived, checks), { error: 'invalid_grant' });
  assert.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false });
}

async function otherAlgorithm() {
  const config = await be('RS256', { metadata: { id_token_signed_response_alg: 'ES256' } });
  await assert.rejects(signIn(config), (error) => isFor(error, /alg/));
}

async function otherKeys() {
  const config = await be('basic');
  const { keys } = await (await fetch(config.serverMetadata().jwks_uri)).json();
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const ours = keys.filter((key) => key.alg === 'RS256').map(({ kid, alg, use }) => ({ ...other, kid, alg, use }));
  client.setJwksCache(config, { jwks: { keys: ours }, uat: Math.floor(Date.now() / 1000) });
  await assert.rejects(signIn(config), (error) => isFor(error, /signature/));
}

async function otherIssuer() {
  await assert.rejects(be('basic', { server: issuer.replace('localhost', '127.0.0.1') }), (error) => isFor(error, /issuer/));
}

const flows = {
  'the code flow by Basic: UserInfo, refresh, revocation': () => code('basic'),
  'the code flow by post: UserInfo, refresh, revocation': () => code('post', { auth: client.ClientSecretPost }),
  'the code flow of a public client: UserInfo, refresh, revocation': () => code('public'),
  'ID token and UserInfo signed RS256': () => signed('RS256'),
  'ID token and UserInfo signed ES256': () => signed('ES256'),
  'ID token and UserInfo signed EdDSA': () => signed('EdDSA'),
  'discovery as OpenID says, and the keys': () => discovery('oidc'),
  'discovery as RFC 8414 says, and the keys': () => discovery('oauth2'),
  'the API, with and without a good token': api,
  'introspection before and after revocation': introspection,
  'client credentials': clientCredentials,
  'a password': password,
  'a device': device,
  'a device that is refused': refusedDevice,
  'the code flow, posted as a form': async () => {
    isThePerson(await signIn(await be('basic'), { parameters: { response_mode: 'form_post' } }), world.clients.basic);
  },
  'prompt=none: refused, then silent': silent,
  'max_age: within it, and again': age,
  'prompt=login asks again; a hint is who it was': login,
  'claims asked for by name': claims,
  'the person refuses': refusal,
  'a wrong state is refused': () => bites((arrived) => arrived.set('state', 'other'), /"state"/),
  'a wrong nonce is refused': () => bites((_, checks) => { checks.expectedNonce = 'other'; }, /"nonce"/),
  'a wrong iss is refused': () => bites((arrived) => arrived.set('iss', `${issuer}x`), /"iss"/),
  'no iss is refused': () => bites((arrived) => arrived.delete('iss'), /"iss"/),
  'a wrong verifier is refused': () =>
    bites((_, checks) => { checks.pkceCodeVerifier = client.randomPKCECodeVerifier(); }, /invalid_grant/),
  'another algorithm is refused': otherAlgorithm,
  'other keys are refused': otherKeys,
  'another issuer is refused': otherIssuer,
  'a code is good once': replay,
  ...front,
  ...tokens,
  ...dpop,
  ...registering,
  ...keys,
  ...leaving,
};

for (const [name, flow] of Object.entries(flows)) {
  try {
    await flow();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${error.message}`.replaceAll('\n', ' '));
    console.error(error);
  }
}
console.log('end');
