"""Three questions that choose the flow, and why."""

from dataclasses import dataclass

from gatelodge.protocol.params import Params


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question; the first answer is meant if none is given."""

    name: str
    text: str
    answers: tuple[Answer, ...]


QUESTIONS = (
    Question(
        "person",
        "Is a person there?",
        (
            Answer("yes", "Yes", "Somebody signs in, and decides"),
            Answer("no", "No", "A job, a daemon, a service"),
        ),
    ),
    Question(
        "secret",
        "Can the application keep a secret?",
        (
            Answer("yes", "Yes, on a server", "Nobody who uses it can read it there"),
            Answer("no", "No", "It runs in a browser, on a phone, on a desktop"),
        ),
    ),
    Question(
        "browser",
        "What is there to sign in with?",
        (
            Answer("yes", "A browser, here", "The application can open one"),
            Answer("no", "No browser", "A television, a printer, a remote terminal"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Advice:
    """The flow to use, and what in the answers says so."""

    flow: str
    reasons: tuple[str, ...]


def answers_in(query: Params) -> dict[str, str]:
    """Return what was answered, the first answer where nothing, or nothing we know, was."""
    given = {question.name: query.get(question.name) for question in QUESTIONS}
    return {
        question.name: next((a.value for a in question.answers if a.value == given[question.name]), "yes")
        for question in QUESTIONS
    }


def advise(answers: dict[str, str]) -> Advice:
    """Return the flow that fits."""
    match answers["person"], answers["secret"], answers["browser"]:
        case "no", "yes", _:
            return Advice("machine", (_NOBODY, "It can keep a secret, so it proves itself with that.", _NO_MATTER))
        case "no", _, _:
            return Advice("machine", (_NOBODY, _NO_PROOF, _NO_MATTER))
        case _, _, "no":
            return Advice("device", (_SOMEBODY, "No browser can open there, so the person uses one elsewhere."))
        case _, "yes", _:
            return Advice("code", (_SOMEBODY, _SECRET, _BROWSER))
        case _:
            return Advice("public", (_SOMEBODY, _NO_SECRET, _BROWSER))


_SOMEBODY = "A person is there, so the server asks that person, and never hands the password to the application."
_NOBODY = "Nobody is there to ask, so the application speaks for itself and gets what it is registered for."
_NO_MATTER = "A browser is of no use to it."
_SECRET = "It keeps a secret on a server, so it proves itself when it exchanges the code. PKCE comes on top, always."
_NO_SECRET = (
    "It can keep no secret, so it is a public client, and PKCE proves that who exchanges the code also asked for it."
)
_BROWSER = "A browser can carry the request and the answer, and the person sees the address of the server in it."
_NO_PROOF = (
    "But it cannot prove who it is without a secret: move the job to where it can keep one, or let a person sign in."
)
