// An application with openid-client. Its script's arguments: what run.py made (JSON), and the folder of packages.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Browser } from './browser.mjs';

// Debian 12 has Node 18, where this is not there by itself.
globalThis.crypto ??= webcrypto;
const [worldFile, packages] = process.argv.slice(2);
const fetched = (path) => import(pathToFileURL(join(packages, path)));
export const client = await fetched('openid-client/build/index.js');
// What is under it: resource servers' side, and JWTs that are neither ID tokens nor UserInfo.
export const oauth = await fetched('oauth4webapi/build/index.js');
export const jose = await fetched('jose/dist/webapi/index.js');
export const world = JSON.parse(await readFile(worldFile, 'utf8'));
export const { issuer, redirect_uri, person } = world;
// In the order in which the server names them.
export const SCOPE = 'email groups openid profile read write';

// Signatures are verified also where TLS would do.
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];

// A client of ours by its name, as the library is told to be it.
export async function be(name, { auth = client.ClientSecretBasic, server = issuer, metadata = {}, algorithm = 'oidc' } = {}) {
  const { client_id, client_secret } = world.clients[name];
  const method = client_secret ? auth(client_secret) : client.None();
  return client.discovery(new URL(server), client_id, metadata, method, { execute, algorithm });
}

// A client that registers itself, as the library is told to be it. Without being told it sends its secret in the form,
// and without being told otherwise a server takes it in the header only (RFC 7591 section 2).
export function register(metadata, { token = world.registration_token, server = issuer, auth } = {}) {
  const method = { token_endpoint_auth_method: 'client_secret_post' };
  const wanted = { client_name: 'Interop', redirect_uris: [redirect_uri], ...method, ...metadata };
  return client.dynamicClientRegistration(new URL(server), wanted, auth, { execute, initialAccessToken: token });
}

// What an administrator says at the command line.
export function administer(...said) {
  const { program, config } = world.command;
  return JSON.parse(execFileSync(program, ['--json', ...said], { env: { AUTHZ_CONFIG: config } }));
}

// The server notices within a quarter of a second what was said at the command line.
export async function until(holds) {
  const end = Date.now() + 5000;
  for (let found; ; await delay(50)) {
    if ((found = await holds())) return found;
    assert.ok(Date.now() < end, `never: ${holds}`);
  }
}

// The published keys of an algorithm, by their ids.
export async function published(alg) {
  const { keys } = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
  return keys.filter((key) => key.alg === alg).map((key) => key.kid);
}

// An authorization request, and what the library must be told to judge its answer.
export async function ask(config, parameters = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri, scope: SCOPE, state: expectedState, nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256', ...parameters,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

export const browse = () => new Browser(world.origin, person);

// From the question to the tokens.
export async function signIn(config, { browser = browse(), parameters, checks: more } = {}) {
  const { url, checks } = await ask(config, parameters);
  return client.authorizationCodeGrant(config, await browser.visit(url), { ...checks, ...more });
}

// What an ID token must say beside what the library has judged: who it is is asked of UserInfo, where profile and
// email are told.
export function isThePerson(tokens, { client_id }, scope = SCOPE) {
  const claims = tokens.claims();
  assert.equal(claims.iss, issuer);
  assert.equal(claims.aud, client_id);
  assert.deepEqual([claims.acr, claims.amr], ['1', ['pwd']]);
  assert.match(claims.sid, /./);
  assert.match(claims.at_hash, /./);
  assert.equal(tokens.scope, scope);
  return claims.sub;
}

export const told = (sub) => ({
  sub, name: person.name, preferred_username: person.username, email: person.email, email_verified: true, groups: ['staff'],
});

// Whether an error, or what it came of, says this: what is refused for another reason has not been refused.
export function isFor(error, reason) {
  const said = [];
  for (let each = error; each; each = each.cause) said.push(each.error, each.message, each.claim);
  assert.match(said.join(' '), reason);
  return true;
}

export async function userInfo(config, tokens) {
  const { updated_at, ...claims } = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  return claims;
}
