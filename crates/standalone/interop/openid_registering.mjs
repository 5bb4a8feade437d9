// A client that registers itself (RFC 7591), and looks after that (RFC 7592).

import assert from 'node:assert/strict';
import {
  client, isFor, isThePerson, issuer, redirect_uri, register, signIn, told, userInfo, world,
} from './openid_application.mjs';

// Read and write are an administrator's to give to others.
const SCOPE = 'email groups openid profile read write';

async function road(metadata, auth) {
  const config = await register({ scope: SCOPE, ...metadata }, { auth });
  const registered = config.clientMetadata();
  assert.deepEqual([registered.redirect_uris, registered.client_name], [[redirect_uri], 'Interop']);
  assert.match(registered.registration_client_uri, new RegExp(`^${issuer}/register/`));
  const tokens = await signIn(config);
  const sub = isThePerson(tokens, registered);
  assert.deepEqual(await userInfo(config, tokens), told(sub));
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(renewed.claims().sub, sub);
}

// openid-client knows registering and not what comes after it: the application asks by itself.
async function managed() {
  const config = await register({});
  const {
    registration_client_uri: uri, registration_access_token: token, client_id, client_secret,
  } = config.clientMetadata();
  const manage = (method, { body, bearer = token } = {}) => fetch(uri, {
    method, headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const read = await (await manage('GET')).json();
  assert.deepEqual([read.client_id, read.client_name, read.client_secret], [client_id, 'Interop', undefined]);
  const { client_id: other, registration_access_token: foreign } = (await register({})).clientMetadata();
  assert.notEqual(other, client_id);
  assert.equal((await manage('GET', { bearer: foreign })).status, 401);

  const moved = `${redirect_uri}/moved`;
  const method = { token_endpoint_auth_method: 'client_secret_post' };
  const body = { client_id, client_secret, client_name: 'Interop moved', redirect_uris: [moved], ...method };
  const replaced = await manage('PUT', { body });
  assert.equal(replaced.status, 200);
  assert.deepEqual((await replaced.json()).redirect_uris, [moved]);
  assert.equal((await manage('PUT', { body: { ...body, client_id: other } })).status, 400);
  assert.equal((await manage('PUT', { body: { ...body, redirect_uris: ['javascript:alert(1)'] } })).status, 400);
  // To the old address nobody is sent, to the new one they are.
  await assert.rejects(signIn(config), /nothing to do on this page \(400\)/);
  const tokens = await signIn(config, { parameters: { redirect_uri: moved } });
  assert.equal(tokens.claims().aud, client_id);

  assert.equal((await manage('DELETE')).status, 204);
  assert.equal((await manage('GET')).status, 401);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { status: 401 });
}

async function withoutToken() {
  await assert.rejects(register({}, { token: null }), { status: 401 });
  await assert.rejects(register({}, { token: 'another' }), { status: 401 });
}

async function closed() {
  const metadata = await (await fetch(`${world.other.issuer}/.well-known/openid-configuration`)).json();
  assert.equal(metadata.registration_endpoint, undefined);
  await assert.rejects(register({}, { server: world.other.issuer }), (error) => isFor(error, /registration_endpoint/));
  const body = JSON.stringify({ redirect_uris: [redirect_uri] });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${world.registration_token}` };
  const answer = await fetch(`${world.other.issuer}/register/`, { method: 'POST', headers, body });
  assert.deepEqual([answer.status, (await answer.json()).error], [403, 'access_denied']);
}

async function refused() {
  const wrong = (metadata, error) => assert.rejects(register(metadata), { error });
  await wrong({ redirect_uris: ['https://client.example/cb#x'] }, 'invalid_redirect_uri');
  await wrong({ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri');
  await wrong({ grant_types: ['client_credentials'] }, 'invalid_client_metadata');
  await wrong({ id_token_signed_response_alg: 'HS256' }, 'invalid_client_metadata');
}

export const flows = {
  'registered with a token, then the code flow by Basic': () => road({ token_endpoint_auth_method: 'client_secret_basic' },
    (as, registered, ...rest) => client.ClientSecretBasic(registered.client_secret)(as, registered, ...rest)),
  'registered with a token, then the code flow by post': () => road({ token_endpoint_auth_method: 'client_secret_post' }),
  'registered with a token as a public client': () => road({ token_endpoint_auth_method: 'none' }, client.None()),
  'a registration is read, replaced and ended': managed,
  'registering what must not be is refused': refused,
  'registering without a token is refused': withoutToken,
  'registering where nobody may is refused': closed,
};
