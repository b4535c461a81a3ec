"""A browser without a screen: keeps cookies, follows redirects on one server, and fills in forms."""

from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from bench import flows
from bench.http import Answer, Http
from bench.subject import ES256, PASSWORD, REDIRECT_URI, Facts

_MOST_STEPS = 12


class Form(HTMLParser):
    """The first form of a page: where it goes, and what it would send as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: list[tuple[str, str]] = []
        self.inputs: set[str] = set()
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action, self._open = given.get("action", ""), True
        elif tag == "input" and self._open:
            self.inputs.add(given.get("name", ""))
            if given.get("type") == "hidden" or "checked" in given:
                self.fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


class Browser:
    """One person's browser at one server."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._http = Http(facts.base)
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """What it would send as its Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def sign_in(self, user: str, password: str = PASSWORD) -> None:
        """Walk from an authorization request to its answer. Raises ValueError when a page is not understood."""
        answer = self._get(self._request())
        for _ in range(_MOST_STEPS):
            if answer.headers.get("location", "").startswith(REDIRECT_URI):
                self._http.close()
                return
            answer = self._next(answer, user, password)
        raise ValueError("sign-in goes round in circles")

    def open_sign_in(self) -> Form:
        """Return the sign-in form, with which `submit` can be tried again and again."""
        answer = self._get(self._request())
        return Form(self._follow(answer).body)

    def submit(self, form: Form, user: str, password: str = PASSWORD) -> Answer:
        """Send the sign-in form."""
        return self._post(form.action, [*form.fields, ("username", user), ("password", password)])

    def open_request(self, **more: str) -> str:
        """Send an authorization request and return where it leads."""
        return self._get(self._request(**more)).headers.get("location", "")

    def open(self, url: str) -> Answer:
        """Open a page that is there. Raises ValueError if it is not."""
        target = urlsplit(url)
        answer = self._get(f"{target.path}?{target.query}" if target.query else target.path)
        if answer.status != 200:
            raise ValueError(f"{url} answered {answer.status} {answer.headers.get('location', answer.body[:300])}")
        return answer

    def form_at(self, url: str) -> Form:
        """Return the form of a page."""
        return Form(self.open(url).body)

    def send(self, form: Form, **fields: str) -> Answer:
        """Send a form. Raises ValueError if it was not taken."""
        answer = self._post(form.action, [*form.fields, *fields.items()])
        if answer.status not in (200, 303):
            raise ValueError(f"{form.action} answered {answer.status} {answer.body[:300]}")
        return answer

    def _request(self, **more: str) -> str:
        known = {"code_challenge": flows.pkce().challenge, "state": "s"}
        query = flows.authorization_query(self._facts, ES256) | known | more
        return f"{self._facts.paths.authorize}?{urlencode(query)}"

    def _next(self, answer: Answer, user: str, password: str) -> Answer:
        if answer.status in (302, 303):
            return self._follow(answer)
        form = Form(answer.body)
        if answer.status != 200 or not form.action:
            raise ValueError(f"a page was not understood: {answer.status} {answer.body[:500]}")
        if "password" in form.inputs:
            return self.submit(form, user, password)
        return self._post(form.action, [*form.fields, ("decision", "allow")])

    def _follow(self, answer: Answer) -> Answer:
        target = urlsplit(answer.headers.get("location", ""))
        return self._get(f"{target.path}?{target.query}")

    def _get(self, path: str) -> Answer:
        return self._kept(self._http.get(path, {"Cookie": self.cookie}))

    def _post(self, action: str, fields: list[tuple[str, str]]) -> Answer:
        target = urlsplit(action)
        path = f"{target.path}?{target.query}"
        return self._kept(self._http.post(path, fields, {"Cookie": self.cookie, "Origin": self._facts.base}))

    def _kept(self, answer: Answer) -> Answer:
        self._cookies.update(answer.cookies)
        return answer
