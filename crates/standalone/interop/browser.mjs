// A person's browser, as little as the pages need: cookies, redirects within the server, forms by their ids. It stops
// where it is sent elsewhere, because nobody is there.

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"' };

const unescape = (text) => text.replace(/&(?:#(\d+)|(\w+));/g, (entity, number, name) =>
  number ? String.fromCodePoint(number) : (NAMED[name] ?? entity));

const attribute = (tag, name) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
  return found && unescape(found[1]);
};

// The form with an id, as far as the server filled it in.
function formOf(html, id) {
  const found = new RegExp(`(<form [^>]*id="${id}"[^>]*>)([^]*?)</form>`).exec(html);
  if (!found) return null;
  const fields = new URLSearchParams();
  for (const [input] of found[2].matchAll(/<input [^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name) fields.append(name, attribute(input, 'value') ?? '');
  }
  return { action: attribute(found[1], 'action'), fields };
}

const heading = (html) => /<h1>([^<]*)/.exec(html)?.[1];

export class Browser {
  // How often the person entered their password, and said yes.
  signIns = 0;
  consents = 0;
  #cookies = new Map();

  constructor(origin, person) {
    this.origin = origin;
    this.person = person;
  }

  // Goes where an application sends it and does what the pages ask for: signs up, signs in, decides. Gives what arrives at the
  // redirect URI, a URL or, for a form that is posted there, a Request; or, when `until` is given, the page's form of
  // that id.
  async visit(url, { decision = 'allow', until } = {}) {
    let page = await this.#go(url);
    for (let steps = 0; steps < 10; steps++) {
      if (page.arrived) return page.arrived;
      if (until && formOf(page.html, until)) return formOf(page.html, until);
      const answer = formOf(page.html, 'answer-form');
      if (answer) return new Request(answer.action, { method: 'POST', body: answer.fields });
      if (formOf(page.html, 'signup-form')) {
        const { username, password } = this.person;
        page = await this.#submit(page, 'signup-form', { username, password });
      } else if (formOf(page.html, 'login-form')) {
        this.signIns++;
        const { username, password } = this.person;
        page = await this.#submit(page, 'login-form', { username, password });
      } else if (formOf(page.html, 'consent-form')) {
        this.consents++;
        page = await this.#submit(page, 'consent-form', { decision });
      } else {
        throw new Error(`nothing to do on this page (${page.status}): ${/id="sentence">([^<]*)/.exec(page.html)?.[1]}`);
      }
    }
    throw new Error(`asked the same over and over: ${page.url}`);
  }

  // The page for devices: compares the code that is filled in, continues, decides. Gives what the page says then.
  async connectDevice(url, { decision = 'allow' } = {}) {
    const form = await this.visit(url, { until: 'device-form' });
    const question = await this.#go(new URL(form.action, this.origin), form.fields);
    const page = await this.#submit(question, 'device-question-form', { decision });
    return heading(page.html);
  }

  // Goes where an application sends it to sign out, and answers the question. Loads the frames of the page after it,
  // and goes on by itself where the page says so. Gives what arrives at an application, or what the page says.
  async signOut(url, { decision = 'sign-out' } = {}) {
    const question = await this.#go(url);
    if (!formOf(question.html ?? '', 'end-session-form')) return { ...question, heading: heading(question.html ?? '') };
    const page = await this.#submit(question, 'end-session-form', { decision });
    if (page.arrived) return { arrived: page.arrived, frames: [] };
    const frames = [...page.html.matchAll(/<iframe [^>]*>/g)].map(([frame]) => attribute(frame, 'src'));
    for (const frame of frames) await (await fetch(frame)).body?.cancel();
    const onward = /^\d+; url=(.*)$/.exec(page.refresh ?? '')?.[1];
    return { frames, heading: heading(page.html), arrived: onward && new URL(onward) };
  }

  #submit(page, id, filled) {
    const { action, fields } = formOf(page.html, id);
    for (const [name, value] of Object.entries(filled)) fields.set(name, value);
    return this.#go(new URL(action, page.url), fields);
  }

  async #go(url, fields) {
    url = new URL(url);
    for (let hops = 0; hops < 10; hops++) {
      if (url.origin !== this.origin) return { arrived: url };
      const headers = { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
      // What Chromium sends from a page with `Referrer-Policy: no-referrer`.
      if (fields) Object.assign(headers, { origin: 'null', 'sec-fetch-site': 'same-origin' });
      const answer = await fetch(url, { method: fields ? 'POST' : 'GET', headers, body: fields, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
        if (/;\s*max-age=0/i.test(line)) this.#cookies.delete(name);
        else this.#cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      if (!location) {
        return { url, status: answer.status, refresh: answer.headers.get('refresh'), html: await answer.text() };
      }
      await answer.body?.cancel();
      url = new URL(location, url);
      fields = undefined;
    }
    throw new Error(`redirected over and over: ${url}`);
  }
}
