// Signing out at an application: the person is asked, goes back, and the other applications hear of it.

import assert from 'node:assert/strict';
import { Listener } from './listener.mjs';
import { be, browse, client, issuer, jose, register, signIn, world } from './openid_application.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const { post_logout_redirect_uri } = world;

async function asked() {
  const config = await register({ post_logout_redirect_uris: [post_logout_redirect_uri] });
  const browser = browse();
  const { id_token } = await signIn(config, { browser });
  const state = client.randomState();
  const url = client.buildEndSessionUrl(config, { id_token_hint: id_token, post_logout_redirect_uri, state });
  assert.equal((await browser.signOut(url, { decision: 'stay' })).heading, 'Nothing has changed');
  const silently = { browser, parameters: { prompt: 'none' } };
  await signIn(config, silently);
  const back = `${post_logout_redirect_uri}?state=${state}`;
  assert.equal((await browser.signOut(url)).arrived.href, back);
  await assert.rejects(signIn(config, silently), { error: 'login_required' });
  // Nobody is left to be asked.
  assert.equal((await browser.signOut(url)).arrived.href, back);
}

async function elsewhere() {
  const config = await be('basic');
  const browser = browse();
  const { id_token } = await signIn(config, { browser });
  const parameters = { id_token_hint: id_token, post_logout_redirect_uri: 'https://elsewhere.example/' };
  const page = await browser.signOut(client.buildEndSessionUrl(config, parameters));
  assert.deepEqual([page.status, page.arrived], [400, undefined]);
  const { id_token: other } = await signIn(await be('post'), { browser });
  const foreign = await browser.signOut(client.buildEndSessionUrl(config, { id_token_hint: other }));
  assert.equal(foreign.status, 400);
}

async function backChannel(alg) {
  const listener = await Listener.start();
  try {
    const metadata = { id_token_signed_response_alg: alg };
    const listening = { backchannel_logout_uri: listener.url('/told'), backchannel_logout_session_required: true };
    const config = await register({ ...metadata, ...listening });
    const browser = browse();
    const tokens = await signIn(config, { browser });
    const page = await browser.signOut(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token }));
    assert.equal(page.heading, 'You are signed out');
    const { method, path, body } = await listener.next();
    assert.deepEqual([method, path], ['POST', '/told']);
    const logoutToken = new URLSearchParams(body).get('logout_token');
    const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    const expected = {
      issuer, audience: config.clientMetadata().client_id, typ: 'logout+jwt', algorithms: [alg], maxTokenAge: 120,
      requiredClaims: ['iat', 'exp', 'jti', 'events', 'sid', 'sub'],
    };
    const { payload } = await jose.jwtVerify(logoutToken, keys, expected);
    const { sub, sid } = tokens.claims();
    assert.deepEqual([payload.sub, payload.sid, payload.nonce], [sub, sid, undefined]);
    assert.deepEqual(payload.events, { [EVENT]: {} });
    // Neither is taken for the other.
    await assert.rejects(jose.jwtVerify(tokens.id_token, keys, expected), { claim: 'typ' });
    const confused = await browser.signOut(client.buildEndSessionUrl(config, { id_token_hint: logoutToken }));
    assert.equal(confused.status, 400);
  } finally {
    listener.close();
  }
}

async function frontChannel() {
  const listener = await Listener.start();
  try {
    const config = await register({
      post_logout_redirect_uris: [post_logout_redirect_uri],
      frontchannel_logout_uri: listener.url('/out?a=1'), frontchannel_logout_session_required: true,
    });
    const browser = browse();
    const tokens = await signIn(config, { browser });
    const state = client.randomState();
    const parameters = { id_token_hint: tokens.id_token, post_logout_redirect_uri, state };
    const { frames, arrived } = await browser.signOut(client.buildEndSessionUrl(config, parameters));
    assert.equal(frames.length, 1);
    const { method, path } = await listener.next();
    const told = new URL(path, listener.url('/')).searchParams;
    assert.deepEqual([method, told.get('a'), told.get('iss'), told.get('sid')], ['GET', '1', issuer, tokens.claims().sid]);
    assert.equal(arrived.href, `${post_logout_redirect_uri}?state=${state}`);
  } finally {
    listener.close();
  }
}

export const flows = {
  'logout: asked, signed out, sent back with the state': asked,
  'logout to another address, or with a foreign hint, is refused': elsewhere,
  'back-channel logout, signed RS256': () => backChannel('RS256'),
  'back-channel logout, signed ES256': () => backChannel('ES256'),
  'back-channel logout, signed EdDSA': () => backChannel('EdDSA'),
  'front-channel logout': frontChannel,
};
