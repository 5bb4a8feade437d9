// An application's own server, as far as it hears of logouts.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

// The server is told at once, and goes out off the way of the request that ended the session.
const WITHIN = 10_000;

export class Listener {
  #server;
  #heard = [];
  #waiting = [];

  static async start() {
    const listener = new Listener();
    listener.#server = createServer(async (request, response) => {
      const heard = { method: request.method, path: request.url, body: await text(request) };
      response.writeHead(200, { 'cache-control': 'no-store' }).end();
      const waiting = listener.#waiting.shift();
      if (waiting) waiting(heard);
      else listener.#heard.push(heard);
    });
    await new Promise((resolve) => { listener.#server.listen(0, '127.0.0.1', resolve); });
    return listener;
  }

  url(path) {
    return `http://127.0.0.1:${this.#server.address().port}${path}`;
  }

  // The next request that arrives or has arrived.
  async next() {
    if (this.#heard.length) return this.#heard.shift();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new assert.AssertionError({ message: 'nothing was heard' })), WITHIN);
    });
    const heard = new Promise((resolve) => { this.#waiting.push(resolve); });
    return Promise.race([heard, late]).finally(() => clearTimeout(timer));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
