"""A person's browser, as little as the pages need: cookies, redirects within the server, forms by their ids. It stops
where it is sent elsewhere, because nobody is there."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


class Page(HTMLParser):
    """Its forms by their ids, each an action and what the server filled in; and its words by the ids around them."""

    def __init__(self, url, answer):
        super().__init__()
        self.url, self.status = url, answer.status_code
        self.refresh = answer.headers.get("Refresh", "")
        self.forms, self.words, self.frames, self.form, self.reads = {}, {}, [], None, None
        self.feed(answer.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.reads = attributes.get("id") or tag
        if tag == "form":
            self.form = {}
            self.forms[attributes["id"]] = (urljoin(self.url, attributes["action"]), self.form)
        elif tag == "iframe":
            self.frames.append(attributes["src"])
        elif tag == "input" and self.form is not None and "name" in attributes:
            self.form[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag):
        self.reads = None
        if tag == "form":
            self.form = None

    def handle_data(self, data):
        if self.reads:
            self.words[self.reads] = self.words.get(self.reads, "") + data


class Arrived:
    """What came to the redirect URI: an address, or a form that was posted there."""

    def __init__(self, url, posted=None):
        self.url, self.posted = url, posted


class Browser:
    def __init__(self, origin, person):
        self.origin, self.person = origin, person
        self.http = requests.Session()
        # How often the person entered their password, and said yes.
        self.sign_ins = self.consents = 0

    def visit(self, url, decision="allow", until=None):
        """Goes where an application sends it and does what the pages ask for: signs up, signs in, decides. Gives
        what arrives at the redirect URI or, when `until` is given, the page with the form of that id."""
        page = self.go(url)
        for _ in range(10):
            if isinstance(page, Arrived) or until in page.forms:
                return page
            if "answer-form" in page.forms:
                return Arrived(*page.forms["answer-form"])
            if "signup-form" in page.forms:
                page = self.submit(page, "signup-form", username=self.person["username"], password=self.person["password"])
            elif "login-form" in page.forms:
                self.sign_ins += 1
                page = self.submit(page, "login-form", username=self.person["username"], password=self.person["password"])
            elif "consent-form" in page.forms:
                self.consents += 1
                page = self.submit(page, "consent-form", decision=decision)
            else:
                raise AssertionError(f"nothing to do on this page ({page.status}): {page.words.get('sentence')}")
        raise AssertionError(f"asked the same over and over: {page.url}")

    def connect_device(self, url, decision="allow"):
        """The page for devices: compares the code that is filled in, continues, decides. Gives what the page says."""
        page = self.visit(url, until="device-form")
        question = self.submit(page, "device-form")
        return self.submit(question, "device-question-form", decision=decision).words["h1"]

    def sign_out(self, url, decision="sign-out"):
        """Goes where an application sends it to sign out, and answers the question. Loads the frames of the page after
        it, and goes on by itself where the page says so. Gives what arrives at an application, or the page."""
        page = self.go(url)
        if isinstance(page, Page) and "end-session-form" in page.forms:
            page = self.submit(page, "end-session-form", decision=decision)
        if isinstance(page, Page):
            for frame in page.frames:
                requests.get(frame, timeout=10)
            if "; url=" in page.refresh:
                return Arrived(page.refresh.split("; url=", 1)[1])
        return page

    def submit(self, page, form, **filled):
        action, fields = page.forms[form]
        return self.go(action, {**fields, **filled})

    def go(self, url, fields=None):
        for _ in range(10):
            if "{0.scheme}://{0.netloc}".format(urlsplit(url)) != self.origin:
                return Arrived(url)
            # What Chromium sends from a page with `Referrer-Policy: no-referrer`.
            headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"} if fields is not None else {}
            answer = self.http.request("GET" if fields is None else "POST", url, data=fields, headers=headers,
                                       allow_redirects=False, timeout=10)
            if "Location" not in answer.headers:
                return Page(url, answer)
            url, fields = urljoin(url, answer.headers["Location"]), None
        raise AssertionError(f"redirected over and over: {url}")
