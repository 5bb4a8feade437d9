// An application with openid-client. Its script's arguments: what run.py made (JSON), and the folder of packages.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Browser } from './browser.mjs';

// Debian 12 has Node 18, where this is not there by itself.
globalThis.crypto ??= webcrypto;
const [worldFile, packages] = process.argv.slice(2);
export const client = await import(pathToFileURL(join(packages, 'openid-client/build/index.js')));
export const world = JSON.parse(await readFile(worldFile, 'utf8'));
export const { issuer, redirect_uri, person } = world;
// In the order in which the server names them.
export const SCOPE = 'email groups openid profile read write';

// A client of ours by its name, as the library is told to be it. Signatures are verified also where TLS would do.
export async function be(name, { auth = client.ClientSecretBasic, server = issuer, metadata = {}, algorithm = 'oidc' } = {}) {
  const { client_id, client_secret } = world.clients[name];
  const method = client_secret ? auth(client_secret) : client.None();
  const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
  return client.discovery(new URL(server), client_id, metadata, method, { execute, algorithm });
}

// An authorization request, and what the library must be told to judge its answer.
export async function ask(config, parameters = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri, scope: SCOPE, state: expectedState, nonce: expectedNonce, ...parameters,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
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
export function isThePerson(tokens, { client_id }) {
  const claims = tokens.claims();
  assert.equal(claims.iss, issuer);
  assert.equal(claims.aud, client_id);
  assert.deepEqual([claims.acr, claims.amr], ['1', ['pwd']]);
  assert.match(claims.sid, /./);
  assert.match(claims.at_hash, /./);
  assert.equal(tokens.scope, SCOPE);
  return claims.sub;
}

export const told = (sub) => ({
  sub, name: person.name, preferred_username: person.username, email: person.email, email_verified: true, groups: ['staff'],
});

export async function userInfo(config, tokens) {
  const { updated_at, ...claims } = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  return claims;
}
