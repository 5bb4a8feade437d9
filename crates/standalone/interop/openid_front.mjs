// What the authorization endpoint itself hands out: each response type beyond `code`, as a fragment and as a form.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  ask, be, browse, client, isThePerson, issuer, jose, oauth, signIn, told, world,
} from './openid_application.mjs';

async function hybrid(parameters) {
  const config = await be('front');
  client.useCodeIdTokenResponseType(config);
  isThePerson(await signIn(config, { parameters }), world.clients.front);
}

async function implicit(parameters) {
  const config = await be('front');
  client.useIdTokenResponseType(config);
  const { url, checks } = await ask(config, { scope: 'openid', ...parameters });
  const arrived = await browse().visit(url);
  const { expectedNonce, ...others } = checks;
  const claims = await client.implicitAuthentication(config, arrived, expectedNonce, others);
  assert.equal(claims.aud, world.clients.front.client_id);
}

// openid-client leaves access tokens from this endpoint to others (RFC 9700 section 2.1.2): what is under it judges the
// answer, and jose the ID token. The code that came with them is exchanged as ever.
async function withAccess(response_type, response_mode) {
  const config = await be('front');
  const { url, checks } = await ask(config, { response_type, ...response_mode && { response_mode } });
  const arrived = await browse().visit(url);
  const answer = new URLSearchParams(response_mode ? await arrived.text() : arrived.hash.slice(1));
  const said = Object.fromEntries(answer);
  assert.deepEqual([said.state, said.iss, said.token_type], [checks.expectedState, issuer, 'Bearer']);
  let sub;
  if (said.id_token) {
    const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    const expected = { issuer, audience: world.clients.front.client_id, algorithms: ['RS256'], typ: 'JWT' };
    const { payload } = await jose.jwtVerify(said.id_token, keys, expected);
    assert.equal(payload.nonce, checks.expectedNonce);
    assert.equal(payload.at_hash, halfHash(said.access_token));
    assert.equal(payload.c_hash, said.code && halfHash(said.code));
    sub = payload.sub;
  }
  const { updated_at, ...claims } = await client.fetchUserInfo(config, said.access_token, sub ?? client.skipSubjectCheck);
  assert.deepEqual(claims, told(sub ?? claims.sub));
  if (!said.code) return;
  for (const name of ['access_token', 'id_token', 'token_type', 'expires_in', 'scope']) answer.delete(name);
  const as_query = new URL(`${world.redirect_uri}?${answer}`);
  const tokens = await client.authorizationCodeGrant(config, as_query, checks);
  assert.equal(isThePerson(tokens, world.clients.front), claims.sub);
}

const halfHash = (text) => createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');

// To a client that was not marked, nothing but a code.
async function unmarked(response_type) {
  const config = await be('basic');
  const { url, checks } = await ask(config, { response_type });
  const arrived = await browse().visit(url);
  const answer = new URLSearchParams(arrived.hash.slice(1));
  const judged = () => oauth.validateAuthResponse(config.serverMetadata(), { client_id: 'any' }, answer, checks.expectedState);
  assert.throws(judged, { error: 'unauthorized_client' });
}

export const flows = {
  'hybrid, code and ID token': () => hybrid({}),
  'hybrid, posted as a form': () => hybrid({ response_mode: 'form_post' }),
  'hybrid, code and access token': () => withAccess('code token'),
  'hybrid, code, ID and access token': () => withAccess('code id_token token'),
  'hybrid, all of it posted as a form': () => withAccess('code id_token token', 'form_post'),
  'implicit, an ID token': () => implicit({}),
  'implicit, posted as a form': () => implicit({ response_mode: 'form_post' }),
  'implicit, ID and access token': () => withAccess('id_token token'),
  'implicit, an access token': () => withAccess('token'),
  'an ID token to a client that is not marked for it is refused': () => unmarked('id_token'),
  'an access token to a client that is not marked for it is refused': () => unmarked('token'),
};
