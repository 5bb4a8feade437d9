// What tokens are for and whom they name, the keys they are signed with, and who may see what.

import assert from 'node:assert/strict';
import { Browser } from './browser.mjs';
import {
  SCOPE, administer, ask, be, browse, client, isFor, isThePerson, issuer, oauth, person, published, signIn, told, until,
  userInfo, world,
} from './openid_application.mjs';

// A resource server that judges by the published keys (RFC 9068), as the library does it.
const judged = (config, token, audience = 'timetracker') => oauth.validateJwtAccessToken(
  config.serverMetadata(), new Request(world.api, { headers: { authorization: `Bearer ${token}` } }), audience,
  { [oauth.allowInsecureRequests]: true },
);

async function jwtAccess(alg) {
  const config = await be(`jwt-${alg}`);
  const tokens = await signIn(config);
  assert.equal(header(tokens.access_token).alg, alg);
  const claims = await judged(config, tokens.access_token);
  assert.deepEqual([claims.sub, claims.client_id], [tokens.claims().sub, world.clients[`jwt-${alg}`].client_id]);
  assert.deepEqual(claims.scope.split(' ').sort(), SCOPE.split(' '));
  await assert.rejects(judged(config, tokens.access_token, 'other'), (error) => isFor(error, /"aud"/));
  await assert.rejects(judged(config, tokens.id_token), (error) => isFor(error, /"typ"/));
  assert.deepEqual(await userInfo(config, tokens), told(claims.sub));
  const answer = await client.fetchProtectedResource(config, tokens.access_token, new URL('activities/', world.api), 'GET');
  assert.equal(answer.status, 200);
}

const header = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));

async function resources() {
  const [one, two] = ['https://one.example/', 'https://two.example/'];
  const config = await be('resources');
  const audience = async (tokens) => (await client.tokenIntrospection(config, tokens.access_token)).aud;
  assert.deepEqual(await audience(await signIn(config)), [one, two]);
  const narrowed = await signIn(config, { parameters: { resource: one } });
  assert.deepEqual([await audience(narrowed)].flat(), [one]);
  await assert.rejects(client.fetchUserInfo(config, narrowed.access_token, narrowed.claims().sub), { status: 403 });
  const wider = client.refreshTokenGrant(config, narrowed.refresh_token, { resource: two });
  await assert.rejects(wider, { error: 'invalid_target' });
  await assert.rejects(signIn(config, { parameters: { resource: 'https://three.example/' } }), { error: 'invalid_target' });
}

async function pairwise() {
  const subject = async (name, parameters) => {
    const config = await be(name);
    const tokens = await signIn(config, { parameters });
    const { sub } = tokens.claims();
    assert.deepEqual(await userInfo(config, tokens), told(sub));
    return sub;
  };
  const known = await subject('basic');
  const there = await subject('pairwise-there', { redirect_uri: world.redirect_uri_there });
  const here = [await subject('pairwise'), await subject('pairwise'), await subject('pairwise-too')];
  // One name per sector, and none of them the one that others know.
  assert.equal(new Set(here).size, 1);
  assert.equal(new Set([known, here[0], there]).size, 3);
}

// A new key is published before it signs; what a removed one signed has ended.
async function rotation() {
  const application = () => be('EdDSA', { metadata: { id_token_signed_response_alg: 'EdDSA' } });
  const config = await application();
  const before = await signIn(config);
  const { kid } = header(before.id_token);
  const known = await published('EdDSA');
  administer('key', 'rotate');
  await until(async () => (await published('EdDSA')).some((key) => !known.includes(key)));
  assert.equal(header((await signIn(config)).id_token).kid, kid);
  administer('key', 'remove', kid);
  await until(async () => !(await published('EdDSA')).includes(kid));
  const browser = browse();
  // As when the application starts again: it keeps the keys for a while.
  const later = await application();
  const after = await signIn(later, { browser });
  assert.notEqual(header(after.id_token).kid, kid);
  assert.equal(isThePerson(after, world.clients.EdDSA), before.claims().sub);
  const hinted = (id_token_hint) => signIn(later, { browser, parameters: { id_token_hint } });
  await hinted(after.id_token);
  await assert.rejects(hinted(before.id_token), { error: 'invalid_request' });
}

async function pages() {
  const [ours, theirs] = ['https://app.example.com', 'https://evil.example'];
  const config = await be('page');
  const { token_endpoint, userinfo_endpoint, introspection_endpoint, authorization_endpoint } = config.serverMetadata();
  const allowed = async (url, origin, options) =>
    (await fetch(url, { ...options, headers: { origin, ...options?.headers } })).headers.get('access-control-allow-origin');
  const preflight = {
    method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  };
  const exchange = {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `grant_type=refresh_token&refresh_token=x&client_id=${world.clients.page.client_id}`,
  };
  assert.deepEqual([await allowed(token_endpoint, ours, preflight), await allowed(token_endpoint, theirs, preflight)], [ours, null]);
  assert.deepEqual([await allowed(token_endpoint, ours, exchange), await allowed(token_endpoint, theirs, exchange)], [ours, null]);
  assert.equal(await allowed(`${issuer}/.well-known/openid-configuration`, theirs), '*');
  assert.equal(await allowed(config.serverMetadata().jwks_uri, theirs), '*');
  assert.notEqual(await allowed(userinfo_endpoint, theirs), null);
  for (const closed of [introspection_endpoint, authorization_endpoint]) {
    assert.equal(await allowed(closed, ours, preflight), null);
    assert.equal(await allowed(closed, ours), null);
  }
}

// From a 401 of the API alone to its data: the challenge leads to its metadata, that to the server (RFC 9728).
async function foundByTheApi() {
  const challenge = (await fetch(world.api)).headers.get('www-authenticate');
  const metadata = new URL(/resource_metadata="([^"]*)"/.exec(challenge)[1]);
  assert.equal(metadata.origin, world.origin);
  const resource = new URL(world.api.replace(/\/$/, ''));
  const asked = await oauth.resourceDiscoveryRequest(resource, { [oauth.allowInsecureRequests]: true });
  const { authorization_servers, scopes_supported } = await oauth.processResourceDiscoveryResponse(resource, asked);
  assert.deepEqual([authorization_servers, scopes_supported.slice(0, 2)], [[issuer], ['read', 'write']]);
  const config = await be('basic', { server: authorization_servers[0] });
  const { access_token } = await signIn(config);
  assert.equal((await client.fetchProtectedResource(config, access_token, new URL(world.api), 'GET')).status, 200);
}

async function narrower() {
  const config = await be('basic');
  const tokens = await signIn(config);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, { scope: 'read' });
  assert.equal(renewed.scope, 'read');
  const again = await client.refreshTokenGrant(config, renewed.refresh_token);
  assert.equal(again.scope, SCOPE);
  const narrow = await signIn(config, { parameters: { scope: 'openid read' } });
  const wider = client.refreshTokenGrant(config, narrow.refresh_token, { scope: 'openid read write' });
  await assert.rejects(wider, { error: 'invalid_scope' });
}

async function errors() {
  const wrong = await be('basic', { auth: () => client.ClientSecretBasic('another') });
  await assert.rejects(client.clientCredentialsGrant(wrong, {}), { status: 401 });
  const config = await be('basic');
  await assert.rejects(client.clientCredentialsGrant(config, { scope: 'admin' }), { error: 'invalid_scope' });
  await assert.rejects(client.clientCredentialsGrant(await be('post'), {}), { error: 'unauthorized_client' });
  await assert.rejects(client.genericGrantRequest(config, 'made-up', {}), { error: 'unsupported_grant_type' });
  await assert.rejects(signIn(config, { parameters: { scope: 'openid admin' } }), { error: 'invalid_scope' });
  await assert.rejects(signIn(config, { parameters: { redirect_uri: `${world.redirect_uri}/x` } }), /on this page \(400\)/);
  await assert.rejects(signIn(config, { parameters: { code_challenge_method: 'plain' } }), { error: 'invalid_request' });
}

// Two servers that an application knows: an answer of one is not taken to the other (RFC 9207).
async function mixUp() {
  const config = await be('basic');
  const { url, checks } = await ask(config);
  const arrived = await browse().visit(url);
  const other = await be('basic', { server: world.other.issuer });
  await assert.rejects(client.authorizationCodeGrant(other, arrived, checks), (error) => isFor(error, /"iss"/));
  await client.authorizationCodeGrant(config, arrived, checks);
}

async function userInfoByPost() {
  const config = await be('basic');
  const { access_token } = await signIn(config);
  const url = new URL(config.serverMetadata().userinfo_endpoint);
  const answer = await client.fetchProtectedResource(config, access_token, url, 'POST');
  assert.equal((await answer.json()).name, person.name);
  const { access_token: without } = await signIn(config, { parameters: { scope: 'read' }, checks: withoutIdToken });
  await assert.rejects(client.fetchProtectedResource(config, without, url, 'GET'), { status: 403 });
}

const withoutIdToken = { idTokenExpected: false, expectedNonce: undefined };

async function prompts() {
  const config = await be('remembered');
  const browser = browse();
  const first = await signIn(config, { browser });
  await signIn(config, { browser });
  const again = async (parameters) => {
    const [signIns, consents] = [browser.signIns, browser.consents];
    await signIn(config, { browser, parameters });
    return [browser.signIns - signIns, browser.consents - consents];
  };
  assert.deepEqual(await again({ display: 'popup', ui_locales: 'fr-CA fr', acr_values: '2 1', login_hint: 'bob' }), [0, 0]);
  assert.deepEqual(await again({ prompt: 'consent' }), [0, 1]);
  assert.deepEqual(await again({ prompt: 'select_account' }), [1, 0]);
  await assert.rejects(signIn(config, { browser, parameters: { prompt: 'none login' } }), { error: 'invalid_request' });
  // Somebody new, for whom the hint of the other is no good.
  const username = `grace${Date.now()}`;
  const newcomer = new Browser(world.origin, { ...person, username });
  const made = await signIn(config, { browser: newcomer, parameters: { prompt: 'create' } });
  assert.equal(newcomer.signIns, 0);
  assert.notEqual(made.claims().sub, first.claims().sub);
  assert.equal((await userInfo(config, made)).preferred_username, username);
  const hinted = { browser: newcomer, parameters: { prompt: 'none', id_token_hint: first.id_token } };
  await assert.rejects(signIn(config, hinted), { error: 'login_required' });
}

export const flows = {
  'a JWT access token signed RS256, judged by the library': () => jwtAccess('RS256'),
  'a JWT access token signed ES256, judged by the library': () => jwtAccess('ES256'),
  'a JWT access token signed EdDSA, judged by the library': () => jwtAccess('EdDSA'),
  'resource indicators': resources,
  'pairwise subjects': pairwise,
  'a refresh narrows, and never widens': narrower,
  'UserInfo by POST, and only for openid': userInfoByPost,
  'prompt=consent, select_account and create; hints that change nothing': prompts,
  'from a 401 of the API to its data': foundByTheApi,
  'pages of other origins': pages,
  'faults are told by their names': errors,
  'the answer of another server is refused': mixUp,
  'a new key between two ID tokens': rotation,
};
