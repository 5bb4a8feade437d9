// A client that has keys: it signs who it is (RFC 7523), and what it asks for (RFC 9101).

import assert from 'node:assert/strict';
import {
  ask, browse, client, isThePerson, jose, register, signIn, told, userInfo,
} from './openid_application.mjs';

const SCOPE = 'email groups openid profile read write';

// A key of an algorithm, as the library signs with it, and as it is registered.
async function key(alg) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
  const kid = `our ${alg}`;
  return { signing: { key: privateKey, kid }, jwk: { ...await jose.exportJWK(publicKey), kid, use: 'sig' } };
}

// A client that registers itself with such a key, and what it signs with.
async function keyed(alg, metadata, options) {
  const { signing, jwk } = await key(alg);
  const wanted = { token_endpoint_auth_method: 'private_key_jwt', scope: SCOPE, jwks: { keys: [jwk] }, ...metadata };
  return { config: await register(wanted, { auth: client.PrivateKeyJwt(signing, options) }), signing };
}

async function road(alg) {
  const { config } = await keyed(alg, { token_endpoint_auth_signing_alg: alg });
  assert.equal(config.clientMetadata().client_secret, undefined);
  const tokens = await signIn(config);
  const sub = isThePerson(tokens, config.clientMetadata());
  assert.deepEqual(await userInfo(config, tokens), told(sub));
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  await client.tokenRevocation(config, renewed.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token), { error: 'invalid_grant' });
}

// What must not pass: the library is told to sign something else.
async function bites(change) {
  const { config } = await keyed('ES256', {}, { [client.modifyAssertion]: (_, payload) => change(payload) });
  await assert.rejects(signIn(config), { status: 401 });
}

async function twice() {
  const { config } = await keyed('ES256', {}, { [client.modifyAssertion]: (_, payload) => { payload.jti = 'again'; } });
  const tokens = await signIn(config);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { status: 401 });
}

async function signedRequest(alg) {
  const own = { require_signed_request_object: true, request_object_signing_alg: alg };
  const { config, signing } = await keyed(alg, own);
  const claims = JSON.stringify({ id_token: { email: { essential: true } } });
  const { url, checks } = await ask(config, { claims, max_age: '600' });
  const signed = (by) => client.buildAuthorizationUrlWithJAR(config, url.searchParams, by);
  const browser = browse();
  const tokens = await client.authorizationCodeGrant(config, await browser.visit(await signed(signing)), checks);
  assert.equal(tokens.claims().email_verified, undefined);
  isThePerson(tokens, config.clientMetadata());
  // Without a signature, and with a stranger's, in which nothing is believed, the state neither.
  const unsigned = client.authorizationCodeGrant(config, await browser.visit(url), checks);
  await assert.rejects(unsigned, { error: 'invalid_request' });
  const { signing: stranger } = await key(alg);
  const { searchParams: answer } = await browser.visit(await signed({ ...stranger, kid: signing.kid }));
  assert.deepEqual([answer.get('error'), answer.get('state')], ['invalid_request_object', null]);
}

const flows = {
  'an assertion for somebody else is refused': () => bites((payload) => { payload.aud = 'https://else.example'; }),
  'an assertion that has ended is refused': () => bites((payload) => { payload.exp = payload.iat - 60; }),
  'an assertion is good once': twice,
};
for (const alg of ['RS256', 'PS256', 'ES256', 'Ed25519']) {
  flows[`the code flow of a client that signs ${alg}`] = () => road(alg);
  flows[`a request signed ${alg}`] = () => signedRequest(alg);
}
export { flows };
