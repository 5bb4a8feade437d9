// Tokens that are bound to a key (RFC 9449), as openid-client asks for them and presents them.

import assert from 'node:assert/strict';
import { ask, be, browse, client, issuer, isThePerson, person, told, world } from './openid_application.mjs';

// openid-client says `dpop` in lower case.
const isBound = ({ token_type }) => assert.equal(token_type, 'dpop');

async function bound(name, alg) {
  const config = await be(name);
  assert.ok(config.serverMetadata().dpop_signing_alg_values_supported.includes(alg));
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg));
  const { url, checks } = await ask(config, { dpop_jkt: await DPoP.calculateThumbprint() });
  const arrived = await browse().visit(url);
  // The code is for that key: without a proof, or with another, it is not even used up.
  await assert.rejects(client.authorizationCodeGrant(config, arrived, checks), { error: 'invalid_grant' });
  const tokens = await client.authorizationCodeGrant(config, arrived, checks, {}, { DPoP });
  isBound(tokens);
  const sub = isThePerson(tokens, world.clients[name]);
  const { updated_at, ...claims } = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
  assert.deepEqual(claims, told(sub));
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub), { status: 401 });
  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg));
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: other }), { status: 401 });

  const activities = new URL('activities/', world.api);
  const fetched = (options) =>
    client.fetchProtectedResource(config, tokens.access_token, activities, 'GET', null, undefined, options);
  assert.equal((await fetched({ DPoP })).status, 200);
  await assert.rejects(fetched({}), { status: 401 });
  await assert.rejects(fetched({ DPoP: other }), { status: 401 });

  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
  isBound(renewed);
  assert.equal(renewed.claims().sub, sub);
}

async function demanded() {
  const config = await be('dpop-only');
  await assert.rejects(client.clientCredentialsGrant(config, { scope: 'read' }), { error: 'invalid_dpop_proof' });
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const tokens = await client.clientCredentialsGrant(config, { scope: 'read' }, { DPoP });
  isBound(tokens);
  const found = await client.tokenIntrospection(config, tokens.access_token);
  assert.deepEqual([found.active, found.token_type, found.iss], [true, 'DPoP', issuer]);
  assert.equal(found.cnf.jkt, await DPoP.calculateThumbprint());
}

async function password() {
  const config = await be('password');
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const asked = { username: person.username, password: person.password, scope: 'read' };
  isBound(await client.genericGrantRequest(config, 'password', asked, { DPoP }));
}

async function device() {
  const config = await be('device');
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const asked = await client.initiateDeviceAuthorization(config, { scope: 'read' });
  const polling = client.pollDeviceAuthorizationGrant(config, asked, {}, { DPoP });
  const [tokens] = await Promise.all([polling, browse().connectDevice(asked.verification_uri_complete)]);
  isBound(tokens);
}

export const flows = {
  'DPoP, ES256: the code flow of a public client, UserInfo, the API, refresh': () => bound('public', 'ES256'),
  'DPoP, Ed25519: the same of a confidential client': () => bound('basic', 'Ed25519'),
  'DPoP, PS256: the same, with JWT access tokens': () => bound('jwt-ES256', 'PS256'),
  'DPoP, RS256: the same': () => bound('basic', 'RS256'),
  'DPoP that a client registered for: client credentials, introspection': demanded,
  'DPoP and a password': password,
  'DPoP and a device': device,
};
