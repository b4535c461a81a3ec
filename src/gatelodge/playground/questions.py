"""Three questions that choose the flow, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from gatelodge.playground.script import Script
from gatelodge.protocol.params import Params


@dataclass(frozen=True, slots=True)
class PossibleAnswer:
    """One answer to a question."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question; the first answer is meant if none is given."""

    name: str
    text: str
    answers: tuple[PossibleAnswer, ...]


QUESTIONS = (
    Question(
        "person",
        "Is a person there?",
        (
            PossibleAnswer("yes", "Yes", "Somebody signs in, and decides"),
            PossibleAnswer("no", "No", "A job, a daemon, a service"),
        ),
    ),
    Question(
        "secret",
        "Can the application keep a secret?",
        (
            PossibleAnswer("yes", "Yes, on a server", "Nobody who uses it can read it there"),
            PossibleAnswer("no", "No", "It runs in a browser, on a phone, on a desktop"),
        ),
    ),
    Question(
        "browser",
        "What is there to sign in with?",
        (
            PossibleAnswer("yes", "A browser, here", "The application can open one"),
            PossibleAnswer("no", "No browser", "A television, a printer, a remote terminal"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The flow to use, and what in the answers says so."""

    script: Script
    reasons: tuple[str, ...]


def answers_in(query: Params) -> dict[str, str]:
    """Return what was answered, the first answer where nothing, or nothing we know, was."""
    given = {question.name: query.get(question.name) for question in QUESTIONS}
    return {
        question.name: next((a.value for a in question.answers if a.value == given[question.name]), "yes")
        for question in QUESTIONS
    }


def advise(answers: Mapping[str, str], scripts: Iterable[Script]) -> Choice:
    """Return the flow that fits: the one whose advice names most of the answers, the first of several."""
    fitting = [
        (len(advice.answers), Choice(script, advice.reasons))
        for script in scripts
        for advice in script.advice
        if advice.answers.items() <= answers.items()
    ]
    return max(fitting, key=itemgetter(0))[1]
